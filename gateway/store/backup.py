"""A whole copy of a SQLite store while it is being written, and back. PostgreSQL has its own tools for both."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine

from gateway.store.lock import Lock
from gateway.store.migration import SchemaError, check, revision


class BackupError(Exception):
    """The file is no whole store."""


def backup(store: Path, target: Path) -> int:
    """Copies a store to a file that must not exist yet, and checks the copy before it gets its name; its size."""
    if target.exists():
        raise FileExistsError(f"there is a file {target} already")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE").close()
    _inspect(part)
    _sync(part)
    os.replace(part, target)
    _sync(target.parent)
    return target.stat().st_size


def restore(source: Path, store: Path) -> None:
    """Puts a backup in a store's place. The store that was there is kept beside it, with `.before-restore` in its name.

    StoreLockedError while a gateway runs on it.
    """
    _inspect(source)
    lock = Lock(store)
    try:
        part = store.with_name(f"{store.name}.part")
        with closing(sqlite3.connect(source)) as backed_up, closing(sqlite3.connect(part)) as copy:
            backed_up.backup(copy)
        _sync(part)
        for suffix in ("", "-wal", "-shm"):
            old = Path(f"{store}{suffix}")
            if old.exists():
                os.replace(old, f"{store}.before-restore{suffix}")
        os.replace(part, store)
        _sync(store.parent)
    finally:
        lock.release()


def _inspect(file: Path) -> None:
    """BackupError unless the file is a whole SQLite database that holds a store of ours."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            found = revision(connection)
            if found is not None:
                check(connection)
    except SchemaError:
        found, verdict = "another", "ok"  # an older store is whole too: it can be restored, then migrated
    except Exception as error:
        raise BackupError(f"the file {file} can't be read: {type(error).__name__}") from error
    finally:
        engine.dispose()
    if found is None or verdict != "ok":
        raise BackupError(f"the file {file} is no whole store")


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
