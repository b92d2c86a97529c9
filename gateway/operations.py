"""What an operator may have done, whether by command, over HTTP or through the running gateway's socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.store import Again, Filter, Move, Store, Wanted, file_of

if TYPE_CHECKING:
    from gateway.server import Gateway

_MANY = 500
"""Ids that are moved in one commit: others get their turn in between."""


class NotFoundError(LookupError):
    """There is no such message, delivery or destination."""


def replay(store: Store, wanted: Filter, *, as_new: bool = False) -> int:
    """Has messages worked again, in the order in which they came; how many. Their deliveries keep their keys, so that
    receivers recognise what they had already, unless they are sent `as_new`."""
    with store.reading() as connection:
        names = store.envelopes.names(connection, wanted)
    return sum(
        store.writer.now(store.again, Again(ids=tuple(names[at : at + _MANY]), as_new=as_new))
        for at in range(0, len(names), _MANY)
    )


def resend(store: Store, wanted: Wanted, now: datetime, lifetimes: Mapping[str, float]) -> int:
    """Puts deliveries back into the queue: dead ones, delivered ones, and held ones, which are released."""
    count = 0
    for destination, names in _by_destination(store, wanted).items():
        for at in range(0, len(names), _MANY):
            ids = tuple(names[at : at + _MANY])
            move = Move(ids=ids, to="queued", at=now, lifetime=lifetimes.get(destination, 72 * 3600.0))
            count += store.writer.now(store.deliveries.move, move)
    return count


def withdraw(store: Store, wanted: Wanted, now: datetime) -> int:
    """Stops deliveries for good."""
    names = [name for group in _by_destination(store, wanted).values() for name in group]
    return store.writer.now(store.deliveries.move, Move(ids=tuple(names), to="withdrawn", at=now)) if names else 0


def _by_destination(store: Store, wanted: Wanted) -> dict[str, list[str]]:
    with store.reading() as connection:
        return store.deliveries.names_by_destination(connection, wanted)


class Operations:
    """The same on a running gateway, with those it concerns called afterwards."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def orders(self) -> dict[str, Callable[..., Any]]:
        """By name, with plain arguments: what the local socket takes."""
        return {
            "replay": lambda wanted, as_new=False: self.replay(filter_of(wanted), as_new=as_new),
            "resend": lambda wanted: self.resend(wanted_of(wanted)),
            "withdraw": lambda wanted: self.withdraw(wanted_of(wanted)),
            "resume": self.resume,
            "backup": self.backup,
            "alive": lambda: True,
        }

    def replay(self, wanted: Filter, *, as_new: bool = False) -> int:
        count = replay(self._gateway.store, wanted, as_new=as_new)
        self._gateway.wake_workers()
        return count

    def resend(self, wanted: Wanted) -> int:
        gateway = self._gateway
        lifetimes = {name: one.lifetime for name, one in gateway.plan.destinations.items()}
        count = resend(gateway.store, wanted, gateway.options.clock(), lifetimes)
        for dispatcher in list(gateway.dispatchers.values()):
            dispatcher.call()
        return count

    def withdraw(self, wanted: Wanted) -> int:
        count = withdraw(self._gateway.store, wanted, self._gateway.options.clock())
        for dispatcher in list(self._gateway.dispatchers.values()):
            dispatcher.call()
        return count

    def resume(self, destination: str) -> bool:
        """Switches a destination on again that was switched off, and forgets its failures."""
        store = self._gateway.store
        if destination not in self._gateway.dispatchers:
            raise NotFoundError(f"there is no destination {destination}")
        was_off = store.writer.now(store.destinations.resume, destination)
        self._gateway.dispatchers[destination].resume()
        return was_off

    def backup(self, target: str) -> int:
        from gateway.store.backup import backup

        path = file_of(self._gateway.store.url)
        if path is None:
            raise NotFoundError("this store is a server's: use its own backup")
        return backup(path, Path(target))


def wanted_of(plain: Mapping[str, Any]) -> Wanted:
    """From an order's plain values."""
    return Wanted(**_tuples(plain))


def filter_of(plain: Mapping[str, Any]) -> Filter:
    values = _tuples(plain)
    for name in ("since", "before"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    return Filter(**values)


def _tuples(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
