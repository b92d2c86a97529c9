"""What stands at a path as users write it: `PID-3[2].1`, `OBX[3]-5[1].2`, `PV1`, all 1-based."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from adapters.formats.hl7v2.escapes import decode
from adapters.formats.hl7v2.message import HEADERS, WIDTH, Message, Null, Segment
from adapters.formats.hl7v2.places import locate
from conformance.document import Document, Reader, Unreadable
from conformance.issue import Where

_PATH = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,5})\])?(?:-(\d{1,4})(?:\[(\d{1,5})\])?(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?)?"
)


class Path(NamedTuple):
    """A parsed path; 0 is what it leaves open: every occurrence, the whole segment, repetition or component."""

    segment: str
    occurrence: int = 0
    field: int = 0
    repetition: int = 0
    component: int = 0
    subcomponent: int = 0


@lru_cache(maxsize=4096)
def path_of(text: str) -> Path:
    """Unreadable for text that is no path."""
    match = _PATH.fullmatch(text)
    if not match:
        raise Unreadable(f"not an HL7 v2 path: {text!r} (examples: PID-3, PID-3[2].1, OBX[3]-5[1].2.1, PV1)")
    return Path(match[1], *(int(number or 0) for number in match.groups()[1:]))


def values(message: Message, text: str) -> list[tuple[str, Where]]:
    """The populated values at a path in document order, each with its place. A leaf is decoded; what has parts is
    given as it is, in canonical delimiters; an explicit null is `""`."""
    path = path_of(text)
    return [
        (value, locate(message, segment.index, path.field, repetition, path.component, path.subcomponent))
        for segment in _segments(message, path)
        for repetition, value in _read(message, segment, path)
        if value
    ]


@lru_cache(maxsize=4096)
def reader(text: str) -> Reader:
    """Reads the values at a path without their places."""
    path = path_of(text)
    name, occurrence, field, repetition, component, subcomponent = path
    plain = not occurrence and not repetition and 0 < field <= WIDTH and (field > 2 or name not in HEADERS)

    def read(document: Document) -> list[str]:
        message: Message = document.root
        if message.nulls or not plain:
            return [value for each in _segments(message, path) for _, value in _read(message, each, path) if value]
        found = []
        for segment in message.all(name):
            content = segment.fields[field]
            for part in content.split("~") if "~" in content else (content,):
                if part and (value := _part(part, component, subcomponent)):
                    found.append(value)
        return found

    return read


def _segments(message: Message, path: Path) -> list[Segment]:
    found = message.all(path.segment)
    return found[path.occurrence - 1 : path.occurrence] if path.occurrence else found


def _read(message: Message, segment: Segment, path: Path) -> Iterator[tuple[int, str]]:
    """(0-based repetition, value) of one segment; of the segment itself, its text."""
    if not path.field:
        yield 0, segment.text
        return
    fields = segment.fields
    text = fields[path.field] if path.field < len(fields) else ""
    if path.field < 3 and segment.name in HEADERS:
        yield 0, text if not (path.component or path.repetition > 1) else ""
        return
    nulls = [null for null in message.nulls if null.segment == segment.index and null.field == path.field]
    if not text and not nulls:
        return
    for repetition, content in enumerate(text.split("~")):
        if path.repetition in (0, repetition + 1):
            null = any(_is_null(one, repetition, path) for one in nulls)
            yield repetition, '""' if null else _part(content, path.component, path.subcomponent)


def _part(text: str, component: int, subcomponent: int) -> str:
    """A component or subcomponent; the first one of a text without parts is the text itself."""
    if component > 1 or (component and "^" in text):
        parts = text.split("^", component)
        text = parts[component - 1] if component <= len(parts) else ""
    if subcomponent > 1 or (subcomponent and "&" in text):
        parts = text.split("&", subcomponent)
        text = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
    return text if "\\" not in text or "^" in text or "&" in text else decode(text)


def _is_null(null: Null, repetition: int, path: Path) -> bool:
    """True when the path asks for the null, or for the first part of one."""
    return (
        null.repetition == repetition
        and (null.component or 1) == (path.component or 1)
        and (null.subcomponent or 1) == (path.subcomponent or 1)
        and (path.component > 0 or null.component == 0)
        and (path.subcomponent > 0 or null.subcomponent == 0)
    )
