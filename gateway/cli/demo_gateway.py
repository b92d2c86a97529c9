"""The demo's second half: the gateway itself, a hospital that sends to it, and a hub that is told, or not, and why."""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.samples import sample

if TYPE_CHECKING:
    from adapters.receivers import Hub
    from gateway.cli.demo import Page
    from gateway.server import Gateway

SETTINGS = """\
tenant: {{salt: demo-of-the-gateway}}
channels:
  hospital: {{transport: mllp, listen: {{port: 0}}, format: hl7v2, accept: [adt-cms-enotification]}}
destinations:
  hub:
    {{type: fhir_messaging, as: alerts@1.1.0, audience: hub, to: {{url: "{hub}", private_hosts: [127.0.0.1]}}}}
  practice:
    {{type: files, as: alerts@1.1.0, audience: practitioner, to: {{folder: practice}}}}
routes:
- {{name: admission, when: {{event: [A01, A04]}},          to: [hub]}}
- {{name: home,      when: {{event: A03, outreach: Y}},    to: [hub]}}
- {{name: notice,    when: {{event: A03}},                 to: [practice]}}
- {{name: death,     when: {{outreach: STOP}},             stop: [hub, cbo]}}
"""
"""Home alerts the hub. A death alerts no hub and no community organisation, but the practice gets its notice."""

STEPS = (
    ("admission-a01.hl7", "Ms. Reyes is admitted"),
    ("discharge-a03.hl7", "Ms. Reyes goes home"),
    ("death-a03.hl7", "Mr. Whitcomb has died"),
)
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class _Stage:
    gateway: Gateway
    hub: Hub
    folder: Path


@contextmanager
def _stage() -> Iterator[_Stage]:
    """A gateway on its embedded store and a hub, both on ports of loopback that were free."""
    from adapters.receivers import hub
    from gateway.config.plan import plan
    from gateway.server import Gateway, Options

    numbers = itertools.count(1)
    with tempfile.TemporaryDirectory(prefix="sdoh-demo-") as place, hub() as here:
        folder = Path(place)
        (folder / "practice").mkdir()
        (folder / "gateway.yaml").write_text(SETTINGS.format(hub=f"{here.url}/fhir"), encoding="utf-8")
        read = plan(folder)
        assert read.value is not None, read.issues
        gateway = Gateway(read.value, Options(new_id=lambda: f"demo-{next(numbers)}", grace=5.0))
        gateway.start()
        try:
            yield _Stage(gateway, here, folder)
        finally:
            gateway.close()


def show(page: Page) -> None:
    """Sends three messages over MLLP and shows what became of each."""
    page.heading(
        "6. The same through the running gateway",
        "Stored before it is acknowledged, converted, routed by rules, delivered: over MLLP to a hub of this demo.",
    )
    page.lines(SETTINGS.format(hub="http://127.0.0.1:PORT/fhir").splitlines())
    with _stage() as stage:
        for name, words in STEPS:
            _step(stage, sample(name), words)
        _deliveries(stage)


def _step(stage: _Stage, message: bytes, words: str) -> None:
    from adapters.mllp import Client

    host, _, port = stage.gateway.addresses()["hospital"].rpartition(":")
    client = Client(host=host, port=int(port))
    answer = client.exchange(message, _PATIENCE).decode()
    client.close()
    header = message.decode().split("\r")[0].split("|")
    click.echo(click.style(f"\n  {words}", bold=True))
    click.echo(f"    sent      {header[8].split('^ADT')[0]} {header[9]}")
    click.echo(f"    answered  {answer.split(chr(13))[1]}")
    _wait(lambda: _settled(stage))
    for line in _told(stage, message):
        click.echo(f"    {line}")


def _settled(stage: _Stage) -> bool:
    """Everything that came in is worked, and everything to be sent is sent."""
    store = stage.gateway.store
    with store.reading() as connection:
        waiting = store.envelopes.counts(connection).get("received", 0)
        states = {state for _, state in store.deliveries.counts(connection)}
    return not waiting and not states & {"queued", "sending", "waiting"}


def _wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)


def _told(stage: _Stage, message: bytes) -> Iterator[str]:
    from gateway.lanes import Known
    from gateway.pipeline import prepare

    plan = stage.gateway.plan
    prepared = prepare(message, plan.channels["hospital"], plan.work, Known(stage.gateway.store))
    if isinstance(prepared, tuple):
        yield from (f"set aside {one.code} {one.message}" for one in prepared)
        return
    control_id = message.split(b"|")[9].decode()
    for choice in prepared.routing.choices:
        if choice.stopped is not None:
            yield f"{choice.destination:9} nothing: rule {choice.rule} chose it, rule {choice.stopped} stopped it"
        else:
            yield f"{choice.destination:9} by rule {choice.rule}"
    got = [
        one for request in stage.hub.requests if (one := json.loads(request.body))["identifier"]["value"] == control_id
    ]
    for bundle in got:
        yield f"hub got   {_summary(bundle)}"
    if not got:
        by = ", ".join(f"{one.text}" for rule in prepared.routing.verdicts if rule.rule.stop and rule.matched
                       for one in rule.conditions)  # fmt: skip
        yield f"hub got   nothing, because {by or 'no rule chose it'}"


def _summary(bundle: dict[str, Any]) -> str:
    resources = [entry["resource"] for entry in bundle["entry"]]
    header = resources[0]
    kinds = ", ".join(dict.fromkeys(one["resourceType"] for one in resources[1:]))
    return f"{header['eventCoding']['code']} with {kinds}"


def _deliveries(stage: _Stage) -> None:
    from gateway.cli import report
    from gateway.store import Wanted

    store = stage.gateway.store
    with store.reading() as connection:
        found = store.deliveries.listed(connection, Wanted())
    click.echo("\n  Deliveries, as `sdoh-gateway deliveries` shows them:\n")
    head = ("  to", "rule", "state", "attempts")
    rows = [(f"  {one.destination}", one.route, one.state, str(one.attempts)) for one in found]
    report.grid(head, rows)
    waiting = len(list((stage.folder / "practice").iterdir()))
    click.echo(f"\n  The practice's folder holds {waiting} notices.")
