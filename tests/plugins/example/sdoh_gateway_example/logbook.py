"""A destination that writes one line for each delivery into a file: its key and its size."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from adapters.destinations import Accepted, Outcome, Payload, Retry, Sender
from conformance.catalogue import issue


@dataclass(frozen=True, slots=True, kw_only=True)
class LogbookSettings:
    file: Path
    prefix: str = ""


class LogbookSender:
    def __init__(self, settings: LogbookSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        line = f"{self._settings.prefix}{key} {payload.body.hex()}\n"
        try:
            with self._lock, self._settings.file.open("a", encoding="utf-8") as stream:
                stream.write(line)
        except OSError as error:
            return Retry(issue=issue("NET-0301", reason=(error.strerror or "").lower()))
        return Accepted()

    def close(self) -> None:
        """Nothing is kept open."""


class Logbook:
    name = "logbook"
    settings = LogbookSettings
    formats: tuple[str, ...] = ()

    def open(self, settings: LogbookSettings) -> Sender:
        return LogbookSender(settings)


DESTINATION = Logbook()
