"""Fires every code of the area GW by a real message, worker or delivery."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.destinations import Outcome, Payload, Retry
from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue
from gateway.delivery import Dispatcher
from gateway.delivery.policy import after
from gateway.intake import Intake, Taken
from gateway.persons import apply
from gateway.pipeline import work
from gateway.plan import Retry as Waits
from gateway.plan import Rule
from gateway.records import Delivery, Person
from gateway.targets import target
from gateway.workers import Worker
from tests.gateway.delivery.test_dispatcher import deliveries, fill, states
from tests.gateway.harness import NOW, FakeClock, a_store, adt, bundle, channel, destination, wait_for
from tests.gateway.intake.test_intake import accept, door
from tests.gateway.intake.test_parts import envelopes, parts
from tests.gateway.pipeline.test_pipeline import ALERTS, setup, worked
from tests.gateway.pipeline.test_pipeline import envelope as an_envelope
from tests.gateway.pipeline.test_sequences import VISIT, Mind, pid
from tests.gateway.pipeline.test_workers import Killing, Known


def _taken(*bodies: bytes, **fields: Any) -> Callable[[], Iterable[Issue]]:
    """The issues that intake gives these messages."""

    def fire() -> Iterable[Issue]:
        numbers = count(1)
        found: list[Issue] = []
        answered = threading.Semaphore(0)

        def done(taken: list[Taken]) -> None:
            found.extend(one for each in taken if each.stored for one in each.stored.issues)
            answered.release()

        with TemporaryDirectory() as folder, a_store(Path(folder)) as store:
            clock = FakeClock()
            intake = Intake(
                store, {"adt": channel(**fields)}, clock=clock, new_id=lambda: f"id-{next(numbers)}",
                validate=lambda *_: None, stored=lambda: None,
            )  # fmt: skip
            for body in bodies:
                intake.accept("adt", body, done)
                answered.acquire()
        return found

    return fire


def _refused() -> Iterable[Issue]:
    """What a sender is told when the store is closed: the code stands in ERR."""
    told: list[bytes] = []
    with TemporaryDirectory() as folder, a_store(Path(folder)) as store:
        intake = Intake(
            store, {"adt": channel(reject_when_store_fails=True)}, clock=FakeClock(), new_id=lambda: "id",
            validate=lambda *_: None, stored=lambda: None,
        )  # fmt: skip
        store.writer.close()
        intake.accept("adt", adt(1), lambda taken: told.extend(one.reply or b"" for one in taken))
    return [issue("GW-0005")] if b"GW-0005" in told[0] else []


def _lost() -> Iterable[Issue]:
    worker = Worker(setup(**ALERTS), time_limit=5.0, memory_limit=2 << 30)
    try:
        pid = worker.call("os:getpid")
        return [one for _, found in worker.work([an_envelope(adt(1))], Killing(pid)) for one in found.issues]
    finally:
        worker.close()


def _broken() -> Iterable[Issue]:
    """A worker whose settings don't know a rule's destination: a mistake of the gateway's own."""
    plan = setup(**ALERTS)
    worker = Worker(replace(plan, destinations={}), time_limit=5.0, memory_limit=2 << 30)
    try:
        return [one for _, found in worker.work([an_envelope(adt(1))], Known()) for one in found.issues]
    finally:
        worker.close()


def _nothing() -> Iterable[Issue]:
    return worked(adt(1, "A99"), setup(**ALERTS)).issues


class _Mind(Known):
    def __init__(self, **persons: Person) -> None:
        super().__init__()
        self._persons = persons

    def person(self, name: str) -> Person | None:
        return self._persons.get(name)


def _known(root: dict[str, Any], **persons: Person) -> Callable[[], Iterable[Issue]]:
    return lambda: apply(Document(format="fhir", version="4.0.1", root=root), _Mind(**persons)).issues


def _joined() -> Iterable[Issue]:
    with TemporaryDirectory() as folder, door(Path(folder)) as (intake, store):
        for part in parts():
            accept(intake, part)
        return [one for each in envelopes(store) for one in each.issues]


def _renumbered() -> Iterable[Issue]:
    mind = Mind()
    mind.see("A50", pid(1), "MRG|1^^^GH^MR||||54^^^GH^VN", VISIT)
    return mind.see("A08", pid(1), VISIT.replace("55", "54"), minute=1).issues


def _visitless() -> dict[str, Any]:
    root = bundle(1)
    root["entry"] = [one for one in root["entry"] if one["resource"]["resourceType"] != "Encounter"]
    return root


def _gap() -> Iterable[Issue]:
    unended = adt(1, "A03", disposition="01").replace(b"-0500\rDG1", b"\rDG1").replace(b"|20261101080100\r", b"|\r")
    return worked(unended, setup(**ALERTS)).issues


def _unmapped() -> Iterable[Issue]:
    """A Bundle of no event can't become an ADT."""
    root = b'{"resourceType":"Bundle","type":"searchset","entry":[]}'
    plan = setup(Rule(name="all", to=("hub",)), channel_={"format": "fhir"}, as_=target(None, "adt"), wanted="adt")
    return worked(root, plan).issues


def _given_up() -> Iterable[Issue]:
    delivery = Delivery(
        seq=1, id="d", envelope="e", destination="hub", route="r", order_key="p", format="fhir", media_type="x",
        suffix=".json", state="sending", held=None, attempts=9, created_at=NOW, next_at=NOW,
        until=NOW + timedelta(seconds=1), last_code=None,
    )  # fmt: skip
    found = after(Retry(issue=issue("NET-0105")), delivery, Waits(), NOW, 1.0).issue
    return [found] if found else []


class _Refusing:
    """A receiver that never can."""

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        return Retry(issue=issue("NET-0202", code="AE"), most=2)

    def close(self) -> None:
        """Nothing is open."""


def _refused_too_often() -> Iterable[Issue]:
    with TemporaryDirectory() as folder, a_store(Path(folder)) as store:
        fill(store, 1)
        hub = destination(retry=Waits(first=0.0))
        dispatcher = Dispatcher(hub, _Refusing(), store, clock=lambda: datetime.now(UTC), chance=lambda: 0.0)
        dispatcher.start(off=False)
        wait_for(lambda: states(store) == {"dead": 1})
        dispatcher.close(5.0)
        found = deliveries(store)[0].last_issue
    return [found] if found else []


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "GW-0001": _taken(adt(1), max_size=100),
    "GW-0002": _taken(adt(1), format="fhir"),
    "GW-0003": _taken(adt(1), processing_ids=("T",)),
    "GW-0004": _taken(adt(1), adt(1, name="Other^Name")),
    "GW-0005": _refused,
    "GW-0101": _lost,
    "GW-0102": _broken,
    "GW-0103": _nothing,
    "GW-0104": lambda: work(replace(an_envelope(adt(1)), channel="gone"), setup(**ALERTS), Known()).issues,
    "GW-0201": _known(_visitless(), p1=Person(id="p1", event="A03", event_at=NOW + timedelta(days=1))),
    "GW-0106": _taken(adt(1, extra="DSC|C1|F")),
    "GW-0107": _joined,
    "GW-0205": _renumbered,
    "GW-0202": _known(bundle(1), p1=Person(id="p1", survivor="p2")),
    "GW-0203": _known(bundle(1), p1=Person(id="p1", survivor="p2"), p2=Person(id="p2", survivor="p1")),
    "GW-0301": _gap,
    "GW-0302": _unmapped,
    "GW-0401": _given_up,
    "GW-0402": _refused_too_often,
}
