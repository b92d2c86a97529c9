"""A folder: a file for each delivery, named by its key, written whole or not at all. A repeated one replaces itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from adapters.destinations import Accepted, Outcome, Payload, Retry, Sender
from conformance.catalogue import issue


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSettings:
    """`folder` must be there; each delivery is a file in it, named by its key."""

    folder: Path


class FilesSender:
    def __init__(self, settings: FilesSettings) -> None:
        self._folder = settings.folder

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        name = f"{key}{payload.suffix}"
        try:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                _write(folder, f"{name}.part", payload.body)
                os.replace(f"{name}.part", name, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            return Retry(issue=issue("NET-0301", reason=(error.strerror or type(error).__name__).lower()))
        return Accepted()

    def close(self) -> None:
        """Nothing is kept open."""


def _write(folder: int, name: str, body: bytes) -> None:
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640, dir_fd=folder)
    with os.fdopen(file, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(file)


class Files:
    name = "files"
    settings = FilesSettings
    formats: tuple[str, ...] = ()

    def open(self, settings: FilesSettings) -> Sender:
        return FilesSender(settings)


DESTINATION = Files()
