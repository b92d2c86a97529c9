"""A watched folder: a file that has stopped growing is handed over, then moved to `done` or `failed` below the folder.

Only regular files of the folder itself are read, through its own descriptor and never through a link (CWE-22, CWE-367).
Names that begin with a dot or end in `.part` are somebody else's work in progress. No file name is logged: people put
patients' names into them.
"""

from __future__ import annotations

import fnmatch
import logging
import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from adapters.transports import Answer, Listener, Receive, Received

_log = logging.getLogger(__name__)
_DONE, _FAILED = "done", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSettings:
    """`every`: seconds between looks; a file is taken when two looks in a row saw the same size and time, and then
    moved to `done` or, when it is larger than `max_size`, to `failed`. `pattern` is one of names, such as `*.hl7`;
    names that begin with a dot or end with `.part` are left alone."""

    folder: Path
    pattern: str = "*"
    every: float = 2.0
    max_size: int = 64 << 20


@dataclass(frozen=True, slots=True)
class _Seen:
    size: int
    modified: int
    inode: int


class FilesListener:
    def __init__(self, settings: FilesSettings, receive: Receive) -> None:
        self._settings = settings
        self._receive = receive
        self._folder = os.open(settings.folder, os.O_RDONLY | os.O_DIRECTORY)
        for name in (_DONE, _FAILED):
            (settings.folder / name).mkdir(exist_ok=True)
        self._seen: dict[str, _Seen] = {}
        self._handed: set[str] = set()
        self._idle = threading.Condition()
        self._running = threading.Event()
        self._running.set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="files", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return str(self._settings.folder)

    def _run(self) -> None:
        while not self._closing.wait(self._settings.every):
            if self._running.is_set():
                self._look()

    def _look(self) -> None:
        """One look at the folder: what stands still is handed over, by name, so that runs are alike."""
        try:
            found = {name: seen for name in sorted(os.listdir(self._folder)) if (seen := self._candidate(name))}
        except OSError:
            _log.warning("folder not readable", extra={"reason": "unreadable"})
            return
        ready = [name for name, seen in found.items() if self._seen.get(name) == seen and name not in self._handed]
        self._seen = found
        for name in ready:
            if self._closing.is_set() or not self._running.is_set():
                return
            self._hand_over(name)

    def _candidate(self, name: str) -> _Seen | None:
        if name.startswith(".") or name.endswith(".part") or not fnmatch.fnmatchcase(name, self._settings.pattern):
            return None
        try:
            status = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        regular = stat.S_ISREG(status.st_mode)
        return _Seen(status.st_size, status.st_mtime_ns, status.st_ino) if regular else None

    def _hand_over(self, name: str) -> None:
        try:
            body = self._read(name)
        except OSError:
            _log.warning("file not readable", extra={"reason": "unreadable"})
            return
        with self._idle:
            self._handed.add(name)
        if body is None:
            self._finish(name, _FAILED)
        else:
            self._receive(Received(body=body, peer=self.address), self._answer(name))

    def _read(self, name: str) -> bytes | None:
        """The file's bytes; None when there are too many."""
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._folder)
        with os.fdopen(file, "rb") as stream:
            body = stream.read(self._settings.max_size + 1)
        return body if len(body) <= self._settings.max_size else None

    def _answer(self, name: str) -> Answer:
        """A file that was not taken stays where it is and is handed over again at a later look."""

        def answer(reply: bytes | None) -> None:
            self._finish(name, None if reply is None else _DONE)

        return answer

    def _finish(self, name: str, into: str | None) -> None:
        try:
            if into is not None:
                self._move(name, into)
        except OSError:
            _log.warning("file not moved", extra={"reason": "unmovable"})
        finally:
            with self._idle:
                self._handed.discard(name)
                self._idle.notify_all()

    def _move(self, name: str, into: str) -> None:
        """Renames within the folder; a name that is taken there gets a number."""
        folder = os.open(into, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._folder)
        try:
            taken = set(os.listdir(folder))
            target = next(
                free for n in range(len(taken) + 1) if (free := name if n == 0 else f"{n}-{name}") not in taken
            )
            os.rename(name, target, src_dir_fd=self._folder, dst_dir_fd=folder)
        finally:
            os.close(folder)

    def pause(self) -> None:
        self._running.clear()

    def resume(self) -> None:
        self._running.set()

    def close(self, grace: float) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join(grace)
        with self._idle:
            self._idle.wait_for(lambda: not self._handed, grace)
        os.close(self._folder)


class Files:
    name = "files"
    settings = FilesSettings

    def open(self, settings: FilesSettings, receive: Receive) -> Listener:
        return FilesListener(settings, receive)


TRANSPORT = Files()
