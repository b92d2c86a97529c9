"""What follows from an attempt: the next state, and when. No clock, no chance of its own: both are handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.destinations import Accepted, Dead, Outcome, Retry, Unknown
from conformance.catalogue import issue
from conformance.issue import Issue
from gateway.plan import Retry as Waits
from gateway.records import Delivery
from gateway.states import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """`gone`: the destination is to be switched off. `failed`: it counts against the destination's breaker."""

    state: DeliveryState
    at: datetime
    issue: Issue | None = None
    gone: bool = False
    failed: bool = False


def after(outcome: Outcome, delivery: Delivery, waits: Waits, now: datetime, chance: float) -> Next:
    """`chance` is from 0 to 1: waits are spread over the whole of their length (full jitter), so that deliveries that
    failed together don't come back together."""
    match outcome:
        case Accepted():
            return Next(state="delivered", at=now)
        case Dead(issue=found, gone=gone):
            return Next(state="dead", at=now, issue=found, gone=gone)
        case Retry(issue=found, after=asked):
            return _later(delivery, waits, now, chance, found, asked)
        case Unknown(issue=found):
            return _later(delivery, waits, now, chance, found, None)


def _later(delivery: Delivery, waits: Waits, now: datetime, chance: float, found: Issue, asked: float | None) -> Next:
    """When the receiver says how long to wait, that is the least."""
    longest = min(waits.most, waits.first * waits.factor ** min(delivery.attempts, 50))
    wait = max(longest * chance, asked or 0.0)
    time = now + timedelta(seconds=min(wait, 366 * 86400.0))
    if time > delivery.until:
        return Next(state="dead", at=now, issue=issue("GW-0401", code=found.code, reason=found.message), failed=True)
    return Next(state="waiting", at=time, issue=found, failed=True)


@dataclass(slots=True, kw_only=True)
class Breaker:
    """Spares a destination that fails: after some failures in a row nothing is tried for a while, then one delivery.

    While it is open no attempt is used up, so no delivery loses its lifetime to a receiver that isn't there.
    """

    failures_to_open: int = 5
    first: float = 5.0
    most: float = 300.0
    failures: int = 0
    open_until: datetime | None = None
    _wait: float = 0.0

    def allows(self, now: datetime, most: int) -> int:
        """How many deliveries may be tried now."""
        if self.open_until is None:
            return most
        return 1 if now >= self.open_until else 0

    def record(self, failed: bool, now: datetime, at_least: float = 0.0) -> bool:
        """True when this outcome opened it."""
        if not failed:
            self.failures, self.open_until, self._wait = 0, None, 0.0
            return False
        self.failures += 1
        if self.failures < self.failures_to_open or (self.open_until is not None and now < self.open_until):
            return False
        opened = self.open_until is None
        self._wait = min(max(self._wait * 2, self.first), self.most)
        self.open_until = now + timedelta(seconds=max(self._wait, at_least))
        return opened
