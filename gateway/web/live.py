"""`Services` by a running gateway."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway.config import Site
from gateway.intake import Taken
from gateway.plan import Channel
from gateway.records import Delivery, Envelope
from gateway.store import Filter, StoreFailedError, Tried, Wanted
from gateway.web.services import Figure, GaveUpError, MistakeError, UnavailableError
from gateway.workers import Worker, WorkerLostError

if TYPE_CHECKING:
    from gateway.server import Gateway

_PATIENCE = 30.0
"""Seconds that a sender waits for the store before it is told to try again."""
_TURN = 10.0
"""Seconds that a request waits for its turn to compute."""
_WAITING = 4
"""Requests that may wait for that at a time: the other threads stay free for messages and probes."""


class Live:
    """Its own worker process computes, so that conversions on the side never delay the messages of the channels."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.worker = Worker.of(gateway.plan)
        threading.Thread(target=self.worker.warm, name="warm", daemon=True).start()
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._turn = threading.Lock()

    def channels(self) -> Mapping[str, Channel]:
        return self._gateway.plan.channels

    def accept(self, channel: str, body: bytes) -> Sequence[Taken]:
        if self._gateway.problems():
            raise UnavailableError
        answered: Future[list[Taken]] = Future()
        self._gateway.intake.accept(channel, body, answered.set_result)
        try:
            taken = answered.result(_PATIENCE)
        except FutureTimeout:
            raise UnavailableError from None
        if any(one.stored is None for one in taken):
            raise UnavailableError
        return taken

    def messages(self, wanted: Filter) -> Sequence[Envelope]:
        store = self._gateway.store
        with store.reading() as connection:
            return store.envelopes.listed(connection, wanted)

    def message(self, name: str) -> Envelope | None:
        store = self._gateway.store
        with store.reading() as connection:
            return store.envelopes.find(connection, name)

    def deliveries(self, wanted: Wanted) -> Sequence[Delivery]:
        store = self._gateway.store
        with store.reading() as connection:
            return store.deliveries.listed(connection, wanted)

    def delivery(self, name: str) -> tuple[Delivery, Sequence[Tried]] | None:
        store = self._gateway.store
        with store.reading() as connection:
            found = store.deliveries.find(connection, name)
            return None if found is None else (found, store.deliveries.attempts(connection, found.seq))

    def replay(self, wanted: Filter, *, as_new: bool) -> int:
        return self._writing(lambda: self._gateway.operations.replay(wanted, as_new=as_new))

    def resend(self, wanted: Wanted) -> int:
        return self._writing(lambda: self._gateway.operations.resend(wanted))

    def _writing(self, operation: Callable[[], int]) -> int:
        try:
            return operation()
        except StoreFailedError as error:
            raise UnavailableError from error

    def site(self) -> Site:
        return self._gateway.plan.site

    def compute(self, function: str, *arguments: Any) -> Any:
        with self._my_turn():
            try:
                return self.worker.call(function, *arguments)
            except WorkerLostError as error:
                mistake = str(error).replace(" at ", "@")
        if mistake and not mistake.startswith("MemoryError"):
            raise MistakeError(mistake)
        raise GaveUpError

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise UnavailableError
        try:
            if not self._turn.acquire(timeout=_TURN):
                raise UnavailableError
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._waiting.release()

    def problems(self) -> Sequence[str]:
        starting = [] if self._gateway.warm and self.worker.warmed else ["workers are starting"]
        return [*self._gateway.problems(), *starting]

    def figures(self) -> Iterator[Figure]:
        gateway, store = self._gateway, self._gateway.store
        with store.reading() as connection:
            envelopes = store.envelopes.counts(connection)
            deliveries = store.deliveries.counts(connection)
        for state, count in sorted(envelopes.items()):
            yield Figure(name="sdoh_messages", help="Messages in each state", value=count, labels={"state": state})
        for (destination, state), count in sorted(deliveries.items()):
            labels = {"destination": destination, "state": state}
            yield Figure(name="sdoh_deliveries", help="Deliveries in each state", value=count, labels=labels)
        yield Figure(name="sdoh_store_backlog", help="Writes that wait", value=store.writer.backlog)
        yield Figure(name="sdoh_ready", help="Whether messages are taken", value=not gateway.problems())
        yield from self._destinations()

    def _destinations(self) -> Iterator[Figure]:
        for name, one in sorted(self._gateway.dispatchers.items()):
            labels = {"destination": name}
            yield Figure(name="sdoh_destination_off", help="Switched off by its receiver", value=one.off, labels=labels)
            for outcome, count in sorted(one.counts.outcomes.items()):
                yield Figure(
                    name="sdoh_attempts",
                    help="Attempts to deliver, by outcome, since the start",
                    value=count,
                    labels={**labels, "outcome": outcome},
                    kind="counter",
                )

    def close(self) -> None:
        """Ends what is being computed."""
        self.worker.kill()
        self.worker.close()
