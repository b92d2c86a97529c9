"""Connections: one that writes, durably, and others that can't write at all."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from gateway.store import bulk

_BUSY = "PRAGMA busy_timeout = 10000"
_WRITER = (
    _BUSY,
    "PRAGMA page_size = 8192",  # of a new store; half as many to write as of 4096, where bodies are of a few kilobytes
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged message survives a power cut; groups of writes make it cheap
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",  # else each INSERT of many rows makes a file, for undoing it halfway
    "PRAGMA wal_autocheckpoint = 2048",  # pages: copying them into the file often would cost more than the writes
)
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(type(None), lambda none: none)
"""The driver stores both as they are, but looks for how to adapt each of them, and to find nothing takes it longer."""

_READER = (_BUSY, "PRAGMA query_only = ON")


def writing(url: str) -> Engine:
    return _engine(url, _WRITER, "BEGIN IMMEDIATE", pool_size=1, max_overflow=1)


def reading(url: str) -> Engine:
    return _engine(url, _READER, "BEGIN", pool_size=8, max_overflow=8)


def _engine(url: str, pragmas: tuple[str, ...], begin: str, **pool: int) -> Engine:
    made: URL = make_url(url)
    engine = create_engine(made, hide_parameters=True, **pool)
    if made.get_backend_name() == "sqlite":
        _prepare(engine, pragmas, begin)
    return engine


def _prepare(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    """Takes the transactions into our own hands: the driver would begin them late and without the lock."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        bulk.run(connection, begin)
