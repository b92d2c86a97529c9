"""One writing process for each store: a lock file beside it, which says who holds it and where to reach them."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path


class StoreLockedError(Exception):
    """Another process writes to this store. `control` is the socket on which it takes orders, if it has one."""

    def __init__(self, path: Path, pid: int, control: str | None) -> None:
        super().__init__(f"the store {path} is in use by process {pid}")
        self.pid = pid
        self.control = control


class Lock:
    """Held until released or the process ends, however it ends."""

    def __init__(self, store: Path) -> None:
        self._file = os.open(f"{store}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _read(self._file)
            os.close(self._file)
            raise StoreLockedError(store, int(holder.get("pid", 0)), holder.get("control")) from None
        self.tell(None)

    def tell(self, control: str | None) -> None:
        """Writes down where this process takes orders."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps({"pid": os.getpid(), "control": control}).encode(), 0)

    def release(self) -> None:
        os.close(self._file)


def control_of(store: Path) -> str | None:
    """Where the process that last wrote to a store took its orders; looks without taking the lock."""
    try:
        file = os.open(f"{store}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read(file).get("control")
    finally:
        os.close(file)


def _read(file: int) -> dict[str, str]:
    try:
        holder = json.loads(os.pread(file, 4096, 0))
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}
