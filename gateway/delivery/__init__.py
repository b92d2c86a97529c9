"""Sends what is due: in order per person, again after failures, each destination by itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


@dataclass(slots=True)
class Counts:
    """For metrics: outcomes of attempts by name."""

    outcomes: dict[str, int] = field(default_factory=dict)


class Dispatcher:
    """One destination's own threads: one that claims, and those that send."""

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
        self._under_way = 0
        self._changed = threading.Condition()
        self._called = False
        self._closing = False
        self._pool = ThreadPoolExecutor(destination.concurrency, f"send:{destination.name}")
        self._thread = threading.Thread(target=self._run, name=f"deliver:{destination.name}", daemon=True)

    def start(self, *, off: bool) -> None:
        self._off = off
        self._thread.start()

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
            self._changed.wait_for(lambda: self._under_way == 0, grace)
        if self._thread.is_alive():
            self._thread.join(grace + 1)
        self._pool.shutdown(wait=self._under_way == 0, cancel_futures=True)
        self._sender.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                claimed = self._claim()
            except StoreFailedError:
                _log.error("store failed", extra={"destination": self.destination.name})
                return
            groups: dict[str, list[Delivery]] = {}
            for one in claimed:
                groups.setdefault(one.order_key, []).append(one)
            for group in groups.values():
                self._pool.submit(self._send_in_order, group)
            self._wait()

    def _claim(self) -> list[Delivery]:
        """Takes several for each thread, once half of what was taken is done: each claim is a commit."""
        now = self._clock()
        most = self.destination.concurrency * 8
        allowed = 0 if self._off else self.breaker.allows(now, most)
        if not allowed or self._under_way > (0 if allowed < most else most // 2):
            return []
        claim = Claim(destination=self.destination.name, now=now, limit=allowed - self._under_way)
        claimed = self._store.writer.now(self._store.deliveries.claim, claim)
        with self._changed:
            self._under_way += len(claimed)
        return claimed

    def _wait(self) -> None:
        """Until called, until something ends, or until the next one is due."""
        patience = self._patience()
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

    def _send_in_order(self, deliveries: list[Delivery]) -> None:
        """One person's deliveries: after one that must wait, the later ones are put back."""
        stopped = False
        for delivery in deliveries:
            if stopped or self._closing or not self.breaker.allows(self._clock(), 1):
                self._put_back(delivery, delivery.next_at)
            else:
                stopped = self._sent(delivery) == "waiting"

    def _sent(self, delivery: Delivery) -> str:
        """A mistake of ours must not keep a delivery, and with it its person's later ones, under way for ever."""
        try:
            return self._send(delivery)
        except Exception as mistake:  # noqa: BLE001 - told, and the delivery is put back
            _log.exception("send failed", extra={"delivery": delivery.id, "error": type(mistake).__name__})
            self._put_back(delivery, self._clock() + timedelta(seconds=self.destination.retry.first))
            return "waiting"

    def _send(self, delivery: Delivery) -> str:
        began, clocked = self._clock(), time.monotonic()
        outcome = self._judged(delivery, self._tried(delivery))
        took = timedelta(seconds=time.monotonic() - clocked)
        following = after(outcome, delivery, self.destination.retry, began + took, self._chance())
        name = type(outcome).__name__.lower()
        self._learn(name, following, began + took)
        attempt = Attempt(
            seq=delivery.seq,
            id=delivery.id,
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

    def _put_back(self, delivery: Delivery, due: datetime) -> None:
        self._record(
            Attempt(
                seq=delivery.seq,
                id=delivery.id,
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
        """Counts a delivery as ended only when that is durable, so that nothing later of its person overtakes it."""

        def recorded(_: object, error: BaseException | None) -> None:
            if error is not None:
                _log.error("attempt not recorded", extra={"destination": self.destination.name})
            with self._changed:
                self._under_way -= 1
                self._called = True
                self._changed.notify_all()

        try:
            self._store.writer.submit(self._store.deliveries.record, attempt, recorded)
        except StoreFailedError as error:
            recorded(None, error)
