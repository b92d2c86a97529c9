"""What is stored is worked: each process takes a share of the lanes, batch by batch, in the order of arrival."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.persons import Memory
from gateway.pipeline import Worked
from gateway.plan import Plan
from gateway.records import Envelope, Person, Visit
from gateway.store import Finished, Settled, Store
from gateway.workers import Worker

_log = logging.getLogger(__name__)

_BATCH = 32
_BATCH_UNDER_PRESSURE = 4
_LOOK = 1.0
"""Seconds after which a process looks for work by itself, should nobody have called it."""


class Known:
    """What the store knows of persons, for a worker that asks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def person(self, name: str) -> Person | None:
        with self._store.reading() as connection:
            return self._store.persons.person(connection, name)

    def visit(self, name: str) -> Visit | None:
        with self._store.reading() as connection:
            return self._store.persons.visit(connection, name)

    def holders(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        with self._store.reading() as connection:
            return self._store.identities.holders(connection, hashes)

    def told(self, channel: str, destination: str) -> Mapping[str, bytes]:
        with self._store.reading() as connection:
            return self._store.tellings.told(connection, channel, destination)


@dataclass(slots=True, eq=False)
class _Lane:
    """One worker process with the thread that feeds it a share of the lanes."""

    number: int
    worker: Worker
    thread: threading.Thread | None = None
    wake: threading.Event = field(default_factory=threading.Event)
    warm: bool = False


class Lanes:
    """`start`, then `close`. `worked` is told of each result once it is durable."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        *,
        clock: Callable[[], datetime],
        worked: Callable[[Worked], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._worked = worked
        self._memory: Memory = Known(store)
        self._closing = threading.Event()
        self._looking: set[_Lane] = set()
        """Those that must be told when there is more."""
        self._lanes = [_Lane(number, Worker.of(plan)) for number in range(plan.workers)]

    def start(self) -> None:
        for lane in self._lanes:
            lane.thread = threading.Thread(target=self._run, args=(lane,), name=f"work:{lane.number}", daemon=True)
            lane.thread.start()

    @property
    def warm(self) -> bool:
        """Whether every process has loaded what it needs."""
        return all(lane.warm for lane in self._lanes)

    def wake(self) -> None:
        """There is something to work."""
        if self._looking:
            for lane in list(self._looking):
                lane.wake.set()

    @property
    def workers(self) -> tuple[Worker, ...]:
        return tuple(lane.worker for lane in self._lanes)

    def close(self) -> None:
        """Ends at once: what is being worked is worked again after the next start."""
        self._closing.set()
        for lane in self._lanes:
            lane.wake.set()
            lane.worker.kill()
        for lane in self._lanes:
            if lane.thread is not None:
                lane.thread.join(5)
            lane.worker.close()

    def _run(self, lane: _Lane) -> None:
        """Works its share until the gateway closes."""
        lane.worker.warm()
        lane.warm = True
        while not self._closing.is_set():
            try:
                self._look(lane)
            except Exception as error:  # noqa: BLE001 - told; a lane that nobody works would be silent for ever
                if not self._closing.wait(_LOOK):
                    _log.error("work failed", extra={"error": type(error).__name__})

    def _look(self, lane: _Lane) -> None:
        """Works what there is, or waits to be called."""
        limit = _BATCH if self._gave_way() else _BATCH_UNDER_PRESSURE
        lane.wake.clear()
        self._looking.add(lane)
        with self._store.reading() as connection:
            batch = self._store.envelopes.received(
                connection, lane=lane.number, lanes=len(self._lanes), after=0, limit=limit
            )
        if not batch:
            lane.wake.wait(_LOOK)
        self._looking.discard(lane)
        self._work(lane, batch)

    def _gave_way(self) -> bool:
        """Lets those go first who wait for an acknowledgement: what is stored can wait a little. False when they are
        still many after a while; then some work is done all the same."""
        until = time.monotonic() + _LOOK
        while self._store.writer.pressed and not self._closing.is_set():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def _work(self, lane: _Lane, batch: list[Envelope]) -> None:
        """Commits each result of a batch; all are waited for, so that the next look finds none of them."""
        done: list[threading.Event] = []
        for envelope, worked in lane.worker.work(batch, self._memory):
            if self._closing.is_set():
                return
            done.append(self._finish(envelope, worked))
        for one in done:
            one.wait()

    def _finish(self, envelope: Envelope, worked: Worked) -> threading.Event:
        """Set once the result is durable."""
        durable = threading.Event()

        def committed(settled: bool | None, error: BaseException | None) -> None:
            durable.set()
            if settled:
                self._worked(worked)

        self._store.writer.submit(self._store.finish, _finished(envelope, worked, self._clock()), committed)
        _log.info(
            "worked",
            extra={
                "envelope": envelope.id,
                "channel": envelope.channel,
                "state": worked.state,
                "code": worked.reason or "",
                "count": len(worked.deliveries),
            },
        )
        return durable


def _finished(envelope: Envelope, worked: Worked, now: datetime) -> Finished:
    settled = Settled(
        seq=envelope.seq,
        id=envelope.id,
        generation=envelope.generation,
        state=worked.state,
        at=now,
        reason=worked.reason,
        event=worked.event,
        person=worked.person,
        issues=worked.issues,
    )
    return Finished(
        settled=settled,
        deliveries=worked.deliveries,
        persons=worked.persons,
        visits=worked.visits,
        told=worked.told,
        identities=worked.identities,
    )
