"""A small real gateway behind the HTTP side: a store on disk, an intake, and work done in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

from gateway import operations
from gateway.config import Site
from gateway.intake import Intake, Taken
from gateway.plan import Channel
from gateway.records import Delivery, Envelope, NewDelivery
from gateway.store import Filter, Finished, Settled, Store, Tried, Wanted, migrate
from gateway.web.services import Figure, UnavailableError
from gateway.web.settings import ApiKey, Settings, hash_of

ADT = files("gateway.samples").joinpath("discharge-a03.hl7").read_bytes()
PATIENT = b'{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1970-02-03"}'
MESSAGE = json.dumps(
    {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [
            {
                "fullUrl": "urn:uuid:3f1c8f0e-6d0c-4b52-9d3b-2f1b8a4f0a11",
                "resource": {
                    "resourceType": "MessageHeader",
                    "eventCoding": {"system": "urn:example:events", "code": "x"},
                    "source": {"endpoint": "urn:example:sender"},
                },
            }
        ],
    }
).encode()

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = {"feed": "k-feed-aaaaaaaaaaaaaaaaaaaaaaaa", "operator": "k-operator-bbbbbbbbbbbbbbbbbbbb"}

CHANNELS = {
    "adt": Channel(name="adt", transport="http", format="hl7v2", max_size=20000),
    "resources": Channel(name="resources", transport="http", format="fhir"),
}


class Small:
    """`Services` over a store in a folder. Work is done in this process, `unwell` says why it is not ready."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'gateway.db'}"
        migrate(url)
        self.store = Store(url, write=True)
        self.now = NOW
        self.unwell: list[str] = []
        self.computes: Callable[..., Any] = _in_this_process
        self.known: Mapping[str, Channel] = CHANNELS
        numbers = count(1)
        self.intake = Intake(
            self.store,
            CHANNELS,
            clock=self._clock,
            new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012}",
            validate=lambda body, channel, done: done(()),
            stored=lambda: None,
        )

    def _clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def channels(self) -> Mapping[str, Channel]:
        return self.known

    def accept(self, channel: str, body: bytes) -> Sequence[Taken]:
        answered: Future[list[Taken]] = Future()
        self.intake.accept(channel, body, answered.set_result)
        taken = answered.result(10)
        if any(one.stored is None for one in taken):
            raise UnavailableError
        return taken

    def messages(self, wanted: Filter) -> Sequence[Envelope]:
        with self.store.reading() as connection:
            return self.store.envelopes.listed(connection, wanted)

    def message(self, name: str) -> Envelope | None:
        with self.store.reading() as connection:
            return self.store.envelopes.find(connection, name)

    def deliveries(self, wanted: Wanted) -> Sequence[Delivery]:
        with self.store.reading() as connection:
            return self.store.deliveries.listed(connection, wanted)

    def delivery(self, name: str) -> tuple[Delivery, Sequence[Tried]] | None:
        with self.store.reading() as connection:
            found = self.store.deliveries.find(connection, name)
            return None if found is None else (found, self.store.deliveries.attempts(connection, found.seq))

    def replay(self, wanted: Filter, *, as_new: bool) -> int:
        return operations.replay(self.store, wanted, as_new=as_new)

    def resend(self, wanted: Wanted) -> int:
        return operations.resend(self.store, wanted, self._clock(), {})

    def site(self) -> Site:
        return Site()

    def compute(self, function: str, *arguments: Any) -> Any:
        return self.computes(function, *arguments)

    def problems(self) -> Sequence[str]:
        return self.unwell

    def figures(self) -> Iterator[Figure]:
        with self.store.reading() as connection:
            for state, number in self.store.envelopes.counts(connection).items():
                yield Figure(name="sdoh_messages", help="Messages", value=number, labels={"state": state})
        yield Figure(name="sdoh_attempts", help="Attempts", value=3, labels={"outcome": "dead"}, kind="counter")

    def work(self, *destinations: str) -> None:
        """Settles everything that was received: routed to these destinations, or quarantined without any."""
        with self.store.reading() as connection:
            found = self.store.envelopes.listed(connection, Filter(state="received"))
        for one in found:
            settled = Settled(
                seq=one.seq,
                id=one.id,
                generation=one.generation,
                state="routed" if destinations else "quarantined",
                at=self._clock(),
                event="A03",
                person="6a1d3c1e-0000-5000-8000-000000000001",
                reason=None if destinations else "GW-0103",
            )
            made = tuple(map(_delivery, destinations))
            self.store.writer.now(self.store.finish, Finished(settled=settled, deliveries=made))


def _in_this_process(function: str, *arguments: Any) -> Any:
    module, _, name = function.partition(":")
    return getattr(import_module(module), name)(*arguments)


def _delivery(destination: str) -> NewDelivery:
    return NewDelivery(
        destination=destination,
        route="all",
        order_key="",
        format="fhir",
        media_type="application/fhir+json",
        suffix=".json",
        payload=b"{}",
        lifetime=3600.0,
    )


def settings(**changes: Any) -> Settings:
    """Of an app without keys, with a clock that stands still and ids that count."""
    numbers = count(1)
    plain = Settings(clock=lambda: NOW, new_id=lambda: f"request-{next(numbers)}")
    return replace(plain, **changes)


def keyed() -> tuple[ApiKey, ...]:
    return (
        ApiKey(name="feed", hash=hash_of(KEYS["feed"]), may=("send",), channels=("adt",)),
        ApiKey(name="operator", hash=hash_of(KEYS["operator"])),
    )
