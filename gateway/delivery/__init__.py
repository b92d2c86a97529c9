"""Sends what is due: in order per person, again after failures, each destination by itself."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.destinations import Dead, Outcome, Payload, Retry, Sender, Unknown
from conformance.catalogue import issue
from gateway.delivery.policy import Breaker, Next, after
from gateway.plan import Destination
from gateway.records import Delivery
from gateway.store import Attempt, Claim, Off, Store, StoreFailedError

_log = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds after which a dispatcher looks by itself, should nobody have called it."""
_ATTEMPTS = 5
"""How many attempts of full length a lease has room for; what isn't begun by then is put back."""


@dataclass(slots=True)
class Counts:
    """For metrics: outcomes of attempts by name."""

    outcomes: dict[str, int] = field(default_factory=dict)


class Dispatcher:
    """One destination's own threads: one that claims, and those that send.

    What is claimed is leased, in the store and here. Whatever keeps a thread from saying what became of a delivery, it
    is claimed anew when its lease has run out, with the same key, and another thread stands in for the lost one.
    """

    def __init__(
        self,
        destination: Destination,
        sender: Sender,
        store: Store,
        *,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self.destination = destination
        self.breaker = Breaker(first=max(destination.retry.first, 0.05))
        self.counts = Counts()
        self._sender = sender
        self._store = store
        self._clock = clock
        self._chance = chance
        self._off = False
        self._lease = timedelta(seconds=destination.timeout * _ATTEMPTS)
        self._leased: dict[int, datetime] = {}
        """What is under way, by `seq`, and until when."""
        self._sending: dict[int, threading.Thread] = {}
        self._changed = threading.Condition()
        self._called = False
        self._closing = False
        self._groups: queue.SimpleQueue[tuple[list[Delivery], datetime] | None] = queue.SimpleQueue()
        self._senders: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._run, name=f"deliver:{destination.name}", daemon=True)

    def start(self, *, off: bool) -> None:
        self._off = off
        for _ in range(self.destination.concurrency):
            self._begin_sender()
        self._thread.start()

    def _begin_sender(self) -> None:
        thread = threading.Thread(target=self._send_groups, name=f"send:{self.destination.name}", daemon=True)
        self._senders.add(thread)
        thread.start()

    @property
    def off(self) -> bool:
        """Switched off: the receiver said that it is gone for good."""
        return self._off

    def call(self) -> None:
        """There may be something due."""
        with self._changed:
            self._called = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Switches on again and forgets past failures."""
        self._off = False
        self.breaker.record(False, self._clock())
        self.call()

    def close(self, grace: float) -> None:
        """Claims nothing more, lets what is under way end within `grace` seconds, and lets go of the receiver."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._leased, grace)
        if self._thread.is_alive():
            self._thread.join(grace + 1)
        for _ in self._senders:
            self._groups.put(None)
        self._sender.close()

    def _run(self) -> None:
        """Whatever goes wrong, tries again: a destination for which nobody claims would be silent for ever."""
        while not self._closing:
            try:
                self._claim()
                self._wait()
            except Exception as error:  # noqa: BLE001 - told; the store's failure ends the process elsewhere
                _log.error("claim failed", extra={"destination": self.destination.name, "error": type(error).__name__})
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, _LOOK)

    def _claim(self) -> None:
        """Takes several for each thread, once half of what was taken is done: each claim is a commit."""
        now = self._clock()
        self._give_up(now)
        most = self.destination.concurrency * 8
        allowed, under_way = 0 if self._off else self.breaker.allows(now, most), len(self._leased)
        if not allowed or under_way > (0 if allowed < most else most // 2):
            return
        lease = now + self._lease
        claim = Claim(destination=self.destination.name, now=now, limit=allowed - under_way, lease=lease)
        claimed = self._store.writer.now(self._store.deliveries.claim, claim)
        groups: dict[str, list[Delivery]] = {}
        with self._changed:
            for one in claimed:
                self._leased[one.seq] = lease
                groups.setdefault(one.order_key, []).append(one)
        for group in groups.values():
            self._groups.put((group, lease))

    def _give_up(self, now: datetime) -> None:
        """What was leased for too long is under way no more; threads that still try to send such are replaced."""
        with self._changed:
            overdue = [seq for seq, lease in self._leased.items() if lease <= now]
            for seq in overdue:
                del self._leased[seq]
                if (lost := self._sending.pop(seq, None)) in self._senders:
                    self._senders.discard(lost)
                    self._begin_sender()
        if overdue:
            _log.error("overdue", extra={"destination": self.destination.name, "count": len(overdue)})

    def _wait(self) -> None:
        """Until called, until something ends, or until the next one is due."""
        patience = 0.0 if self._called else self._patience()
        with self._changed:
            if not self._called and not self._closing:
                self._changed.wait(patience)
            self._called = False

    def _patience(self) -> float:
        if self._off:
            return _LOOK
        now = self._clock()
        if self.breaker.open_until is not None and now < self.breaker.open_until:
            return min(max((self.breaker.open_until - now).total_seconds(), 0.01), _LOOK)
        with self._store.reading() as connection:
            due = self._store.deliveries.next_due(connection, self.destination.name, now)
        return _LOOK if due is None else min(max((due - now).total_seconds(), 0.01), _LOOK)

    def _send_groups(self) -> None:
        """The work of one thread, until it is over, or until another has taken this one's place."""
        this = threading.current_thread()
        while this in self._senders and (taken := self._groups.get()) is not None:
            self._send_in_order(*taken)

    def _send_in_order(self, deliveries: list[Delivery], lease: datetime) -> None:
        """One person's deliveries: after one that must wait, the later ones are put back."""
        stopped = False
        for delivery in deliveries:
            now = self._clock()
            late = now + timedelta(seconds=self.destination.timeout) > lease
            if stopped or late or self._closing or not self.breaker.allows(now, 1):
                self._put_back(delivery, lease, delivery.next_at)
            else:
                stopped = self._sent(delivery, lease) == "waiting"

    def _sent(self, delivery: Delivery, lease: datetime) -> str:
        """A mistake of ours must not keep a delivery, and with it its person's later ones, until its lease runs out."""
        this = self._sending[delivery.seq] = threading.current_thread()
        try:
            return self._send(delivery, lease)
        except Exception as mistake:  # noqa: BLE001 - told, and the delivery is put back
            _log.exception("send failed", extra={"delivery": delivery.id, "error": type(mistake).__name__})
            self._put_back(delivery, lease, self._clock() + timedelta(seconds=self.destination.retry.first))
            return "waiting"
        finally:
            with self._changed:
                if self._sending.get(delivery.seq) is this:
                    del self._sending[delivery.seq]

    def _send(self, delivery: Delivery, lease: datetime) -> str:
        began, clocked = self._clock(), time.monotonic()
        outcome = self._judged(delivery, self._tried(delivery))
        took = timedelta(seconds=time.monotonic() - clocked)
        following = after(outcome, delivery, self.destination.retry, began + took, self._chance())
        name = type(outcome).__name__.lower()
        self._learn(name, following, began + took)
        attempt = Attempt(
            seq=delivery.seq,
            id=delivery.id,
            lease=lease,
            number=delivery.attempts + 1,
            at=began,
            took=took,
            outcome=name,
            state=following.state,
            next_at=following.at,
            issue=following.issue,
        )
        self._record(attempt)
        _log.info(
            "attempt",
            extra={
                "delivery": delivery.id,
                "destination": self.destination.name,
                "outcome": name,
                "state": following.state,
                "code": following.issue.code if following.issue else None,
                "milliseconds": round(took.total_seconds() * 1000),
            },
        )
        return following.state

    def _tried(self, delivery: Delivery) -> Outcome:
        payload = Payload(
            body=delivery.payload, format=delivery.format, media_type=delivery.media_type, suffix=delivery.suffix
        )
        try:
            return self._sender.send(payload, delivery.id, self.destination.timeout)
        except Exception as error:  # noqa: BLE001 - an adapter's mistake: what the receiver got is not known
            _log.exception(
                "adapter failed", extra={"destination": self.destination.name, "error": type(error).__name__}
            )
            return Unknown(issue=issue("NET-0105"))

    def _judged(self, delivery: Delivery, outcome: Outcome) -> Outcome:
        """An answer that a receiver has given too often becomes its last word."""
        if not isinstance(outcome, Retry) or outcome.most is None or delivery.attempts + 1 < outcome.most:
            return outcome
        with self._store.reading() as connection:
            tried = self._store.deliveries.attempts(connection, delivery.seq)
        same = sum(1 for one in tried[-delivery.attempts :] if one.code == outcome.issue.code)
        return outcome if same + 1 < outcome.most else Dead(issue=issue("GW-0402", count=same + 1))

    def _learn(self, name: str, following: Next, now: datetime) -> None:
        with self._changed:
            self.counts.outcomes[name] = self.counts.outcomes.get(name, 0) + 1
            wait = (following.at - now).total_seconds() if name == "retry" else 0.0
            if self.breaker.record(following.failed, now, min(wait, self.breaker.most)):
                _log.warning("breaker opened", extra={"destination": self.destination.name})
        if following.gone and not self._off:
            self._off = True
            off = Off(name=self.destination.name, since=now, code=following.issue.code if following.issue else "")
            self._store.writer.submit(self._store.destinations.switch_off, off, lambda *_: None)
            _log.error("destination switched off", extra={"destination": self.destination.name, "code": off.code})

    def _put_back(self, delivery: Delivery, lease: datetime, due: datetime) -> None:
        self._record(
            Attempt(
                seq=delivery.seq,
                id=delivery.id,
                lease=lease,
                number=0,
                at=self._clock(),
                took=timedelta(0),
                outcome="put back",
                state="waiting",
                next_at=due,
                issue=delivery.last_issue,
            )
        )

    def _record(self, attempt: Attempt) -> None:
        """Counts a delivery as ended only when that is durable, so that nothing later of its person overtakes it; one
        that can't be recorded stays under way until its lease has run out."""

        def recorded(_: object, error: BaseException | None) -> None:
            if error is not None:
                _log.error("attempt not recorded", extra={"destination": self.destination.name})
            with self._changed:
                if error is None and self._leased.get(attempt.seq) == attempt.lease:
                    del self._leased[attempt.seq]
                self._called = True
                self._changed.notify_all()

        try:
            self._store.writer.submit(self._store.deliveries.record, attempt, recorded)
        except StoreFailedError as error:
            recorded(None, error)
