"""New settings while the gateway runs: all of them or none, and maps that were edited count too."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.mllp import Client
from gateway.config.plan import plan
from gateway.server import Gateway, Options, RestartNeededError
from tests.gateway.harness import adt, client, free_port, wait_for

MAP = """
map: leave
between: {v2: [ADT_A60], fhir: Bundle}
rules:
- {set: {fhir: {type: message}}}
- make: MessageHeader
  key: {v2: MSH-10}
  rules: [{v2: MSH-9.2, fhir: eventCoding.code}, {set: {fhir: {source.name: "WORD"}}}]
"""


def settings(folder: Path, port: int, store: str = "gateway.db", more: str = "", work: str = "processes: 1") -> Any:
    (folder / "gateway.yaml").write_text(
        f"""
tenant: {{salt: reload-test}}
store: {{url: "sqlite:///{store}"}}
work: {{{work}}}
overlays: [maps]
channels:
  adt: {{transport: mllp, listen: {{port: {port}}}, format: hl7v2}}
{more}
destinations:
  out: {{type: files, to: {{folder: out}}}}
routes: [{{name: all, to: [out]}}]
"""
    )
    made = plan(folder).value
    assert made is not None
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("out", "maps"):
        (tmp_path / name).mkdir()
    (tmp_path / "maps" / "leave.yaml").write_text(MAP.replace("WORD", "before"))
    return tmp_path


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def running(folder: Path, port: int) -> Iterator[Gateway]:
    gateway = Gateway(settings(folder, port), Options(grace=2))
    gateway.start()
    yield gateway
    gateway.close()


def sent(port: int, number: int, event: str = "A60") -> None:
    sender: Client = client(port)
    assert b"MSA|AA" in sender.exchange(adt(number, event), 10.0)
    sender.close()


def written(folder: Path, word: bytes) -> bool:
    return any(word in one.read_bytes() for one in (folder / "out").glob("*.json"))


def test_an_edited_map_reaches_the_running_workers(running: Gateway, folder: Path, port: int) -> None:
    sent(port, 1)
    wait_for(lambda: written(folder, b"before"), 60.0, "the first map's work")
    (folder / "maps" / "leave.yaml").write_text(MAP.replace("WORD", "after"))
    running.reload(settings(folder, port))
    sent(port, 2)
    wait_for(lambda: written(folder, b"after"), 60.0, "the edited map's work")


def test_what_needs_a_restart_is_named_and_nothing_is_changed(running: Gateway, folder: Path, port: int) -> None:
    before = running.plan
    with pytest.raises(RestartNeededError, match=r"restart needed for store.url, work.processes"):
        running.reload(settings(folder, port, store="other.db", work="processes: 3"))
    assert running.plan is before
    sent(port, 3)


def test_a_plan_that_cannot_be_had_leaves_the_old_one_in_force(running: Gateway, folder: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = f"  other: {{transport: mllp, listen: {{port: {taken.getsockname()[1]}}}, format: hl7v2}}"
        with pytest.raises(OSError, match="in use"):
            running.reload(settings(folder, free_port(), more=busy))
    assert list(running.listeners) == ["adt"]
    sent(port, 4)


def test_limits_of_work_are_taken_over_by_every_process(running: Gateway, folder: Path, port: int) -> None:
    running.reload(settings(folder, port, work="processes: 1, time_limit: 7s"))
    workers = [running._helper, *running._lanes.workers]
    assert {one._time_limit for one in workers} == {7.0}
