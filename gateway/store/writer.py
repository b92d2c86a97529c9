"""The single writer: one thread, one connection, and as many writes in a commit as came while the last one ran."""

from __future__ import annotations

import logging
import math
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

_log = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")

Write = Callable[[Connection, Sequence[Item]], Sequence[T]]
"""Does all of these items in the open transaction; one result each, in their order."""

Done = Callable[[Any, BaseException | None], None]
"""Called once, in the writer's thread, after the commit: with the result, or with why there is none."""

MAX_BATCH = 256
_MANY = 16
_A_WHILE = 0.05
"""Seconds for which a large group tells that more is to come: who was answered sends the next."""
_A_BIT = 0.0003


class StoreFailedError(Exception):
    """The store can't be written: nothing may be acknowledged any more."""


_Job = tuple[Callable[..., Sequence[Any]], Any, Done]
"""A write, its item, and whom to tell: a plain tuple, because one is made for every message."""
_WRITE, _ITEM = itemgetter(0), itemgetter(1)


class Writer:
    """Commits in groups; a write is done only when its group is on disk."""

    def __init__(self, engine: Engine, urgent: Callable[..., Sequence[Any]]) -> None:
        """`urgent`: the write for which somebody outside waits."""
        self._engine = engine
        self._urgent = urgent
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._pressed_until = 0.0
        self.failure: BaseException | None = None
        """Set when the disk has failed under a commit. What it holds is then unknown, so nothing is written again."""
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        return self._jobs.qsize()

    @property
    def pressed(self) -> bool:
        """Whether many urgent writes came together a moment ago."""
        return time.monotonic() < self._pressed_until

    def submit(self, write: Write[Item, T], item: Item, done: Done) -> None:
        """Hands over a write; many of the same kind that wait together are done together."""
        if self._closed:
            raise StoreFailedError("the store is closed")
        self._jobs.put((write, item, done))

    def now(self, write: Write[Item, T], item: Item) -> T:
        """The same, and waits until it is durable."""
        future: Future[T] = Future()

        def done(result: Any, error: BaseException | None) -> None:
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.submit(write, item, done)
        return future.result()

    def close(self) -> None:
        """Writes what was handed over, then ends."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            ended = False
            while not ended:
                batch, ended = self._taken()
                if [*map(_WRITE, batch)].count(self._urgent) >= _MANY:
                    self._pressed_until = math.inf
                self._commit(connection, batch)
                self._pressed_until = min(self._pressed_until, time.monotonic() + _A_WHILE)

    def _taken(self) -> tuple[list[_Job], bool]:
        """What waits, at least one; and whether nothing will come any more. Where many came a moment ago, the first few
        are the beginning of as many: a commit of few costs nearly as much."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        if self.pressed and self._jobs.qsize() < _MANY:
            time.sleep(_A_BIT)
        while job is not None:
            jobs.append(job)
            if len(jobs) == MAX_BATCH or self._jobs.empty():
                return jobs, False
            job = self._jobs.get()
        return jobs, True

    def _commit(self, connection: Connection, batch: list[_Job]) -> None:
        """All in one transaction; when that fails, each in its own, so that a bad one fails alone."""
        if self.failure is not None:
            _tell(batch, [None] * len(batch), _failed(self.failure))
            return
        try:
            results = self._transact(connection, batch)
        except Exception as error:  # noqa: BLE001 - it is handed to whoever waits for the write
            self._give_up_on(error)
            if len(batch) == 1:
                _tell(batch, [None], _failed(error))
                return
            for job in batch:
                self._commit(connection, [job])
        else:
            _tell(batch, results, None)

    def _transact(self, connection: Connection, batch: list[_Job]) -> list[Any]:
        results: list[Any] = []
        with connection.begin():
            for write, jobs in groupby(batch, key=_WRITE):
                results.extend(write(connection, [*map(_ITEM, jobs)]))
        return results

    def _give_up_on(self, error: BaseException) -> None:
        """After an input/output error (a failed fsync among them) a later success would prove nothing."""
        cause = error.orig if isinstance(error, DBAPIError) else None
        code = getattr(cause, "sqlite_errorcode", 0) or 0
        if code & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            self.failure = error


def _tell(batch: list[_Job], results: list[Any], problem: BaseException | None) -> None:
    """A mistake of one who waited must not keep the others waiting for ever."""
    for (_, _, done), result in zip(batch, results, strict=True):
        try:
            done(result, problem)
        except Exception as mistake:  # noqa: BLE001 - told; the writer goes on
            _log.exception("write not told", extra={"error": type(mistake).__name__})


def _failed(error: BaseException) -> BaseException:
    """The store's own errors under one name, without the statement and its values; bugs as they are."""
    if not isinstance(error, DBAPIError):
        return error
    failed = StoreFailedError(getattr(error.orig, "sqlite_errorname", None) or type(error.orig).__name__)
    failed.__cause__ = None
    return failed
