"""The one place where the truth is kept: what came in, what became of it, and what is still to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from gateway.records import Identity, NewDelivery, Person, Told, Visit
from gateway.store import engine
from gateway.store.deliveries import Attempt, Claim, Deliveries, Move, Tried, Wanted
from gateway.store.destinations import Destinations, Off
from gateway.store.envelopes import Again, Envelopes, Filter, Settled
from gateway.store.identities import Identities
from gateway.store.lock import Lock, StoreLockedError
from gateway.store.migration import SchemaError, check, migrate
from gateway.store.persons import Persons
from gateway.store.pruning import Prune, prune
from gateway.store.seal import Clear, Seal
from gateway.store.tellings import Tellings
from gateway.store.writer import StoreFailedError, Writer

__all__ = [
    "Again", "Attempt", "Claim", "Filter", "Finished", "Move", "Off", "Prune", "SchemaError", "Settled", "Store",
    "StoreFailedError", "StoreLockedError", "Tried", "Wanted", "file_of", "migrate",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An envelope worked: its new state, its deliveries and what was learnt of persons, all committed together."""

    settled: Settled
    deliveries: tuple[NewDelivery, ...] = ()
    persons: tuple[Person, ...] = ()
    visits: tuple[Visit, ...] = ()
    told: tuple[Told, ...] = ()
    identities: tuple[Identity, ...] = ()


class Store:
    """Opened for reading by anybody, for writing by one process. `writer` takes the writes of all threads."""

    def __init__(self, url: str, *, tenant: str = "default", seal: Seal | None = None, write: bool = False) -> None:
        """StoreLockedError when another process writes; SchemaError when the schema is not this code's."""
        sealing = seal or Clear()
        self.url = url
        self._tenant = tenant
        self.envelopes = Envelopes(tenant, sealing)
        self.deliveries = Deliveries(tenant, sealing)
        self.persons = Persons(tenant)
        self.tellings = Tellings(tenant)
        self.identities = Identities(tenant)
        self.destinations = Destinations(tenant)
        self.lock = Lock(path) if write and (path := file_of(url)) is not None else None
        self._reading = engine.reading(url)
        self._writing = engine.writing(url) if write else None
        self._writer: Writer | None = None
        try:
            with (self._writing or self._reading).connect() as connection:
                check(connection)
        except BaseException:
            self.close()
            raise
        if self._writing is not None:
            self._writer = Writer(self._writing, urgent=self.envelopes.add)

    @property
    def writer(self) -> Writer:
        if self._writer is None:
            raise StoreFailedError("the store is open for reading only")
        return self._writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which everything seen is of one moment."""
        with self._reading.connect() as connection, connection.begin():
            yield connection

    def finish(self, connection: Connection, finished: Sequence[Finished]) -> list[bool]:
        """Commits what became of envelopes; False for one that is not waiting to be worked any more."""
        return [self._finish(connection, one) for one in finished]

    def _finish(self, connection: Connection, one: Finished) -> bool:
        settled = one.settled
        if not self.envelopes.settle(connection, [settled])[0]:
            return False
        self.deliveries.make(connection, settled.seq, settled.id, settled.generation, settled.at, one.deliveries)
        self.persons.save(connection, one.persons, one.visits)
        self.tellings.save(connection, one.told)
        self.identities.save(connection, one.identities)
        return True

    def again(self, connection: Connection, requests: Sequence[Again]) -> list[int]:
        """Has envelopes worked again; how many of each request. What their tables told is told anew."""
        for one in requests:
            self.tellings.forget(connection, one.ids)
        return self.envelopes.again(connection, requests)

    def prune(self, connection: Connection, requests: Sequence[Prune]) -> list[int]:
        """Forgets messages that are over and done with; how many of each request."""
        return prune(connection, self._tenant, requests)

    def close(self) -> None:
        """Writes what was handed over, and lets go of everything."""
        if self._writer is not None:
            self._writer.close()
        for one in (self._reading, self._writing):
            if one is not None:
                one.dispose()
        if self.lock is not None:
            self.lock.release()
            self.lock = None


def file_of(url: str) -> Path | None:
    """The file of a SQLite store; None for a server."""
    made = make_url(url)
    return Path(made.database) if made.get_backend_name() == "sqlite" and made.database else None
