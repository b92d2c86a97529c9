"""Logs that hold nothing of the data: an event's name and fields from a list; everything else stays out.

One JSON object a line. An exception is told by its type and its place in our code, never by its text, which may
quote what was being worked on; what other libraries say is told by logger and level alone.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FIELDS = frozenset({
    "address", "bytes", "bytes_in", "bytes_out", "channel", "client", "code", "count", "delivery", "destination",
    "envelope", "error", "kind", "line", "method", "milliseconds", "outcome", "port", "reason", "request", "route",
    "rule", "seconds", "signal", "state", "status",
})  # fmt: skip
"""Fields that may be logged: codes, counts, our own ids and names of the configuration."""

_OURS = ("gateway", "adapters", "conformance", "mappings")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.partition(".")[0] in _OURS and not record.args:
            line["event"] = str(record.msg)
        line |= {name: value for name, value in vars(record).items() if name in FIELDS and _plain(value)}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["place"] = _place(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


_WORD = re.compile(r"[\w.:/{}$@+*,\[\]-]{1,120}")
"""What a field's text may look like: whatever has a space or a delimiter in it is no code, name or id of ours."""


def _plain(value: object) -> bool:
    return bool(_WORD.fullmatch(value)) if isinstance(value, str) else isinstance(value, (int, float))


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def start(level: str = "info") -> None:
    """From now on all logging goes to standard error in this form; warnings too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())
    logging.captureWarnings(True)
    logging.raiseExceptions = False
