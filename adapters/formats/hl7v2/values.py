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


_NOTHING = frozenset(("", '""'))
"""What carries no information: a blank, an explicit null."""


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


@lru_cache(maxsize=64)
def reader(texts: tuple[str, ...]) -> Reader:
    """Reads many paths at once: a field without escapes and nulls, as most are, is looked at once for all of them."""
    paths = {text: path for text in texts if (path := _path_or_none(text)) is not None}
    plan: dict[str, dict[int, list[tuple[str, int]]]] = {}
    apart = [text for text, path in paths.items() if not _is_plain(path)]
    for text, path in paths.items():
        if _is_plain(path):
            plan.setdefault(path.segment, {}).setdefault(path.field, []).append((text, path.component))

    def read(document: Document) -> dict[str, list[str]]:
        message: Message = document.root
        if message.nulls:
            return {text: _carried(message, path) for text, path in paths.items()}
        found: dict[str, list[str]] = {text: [] for text in paths}
        for name, fields in plan.items():
            for segment in message.all(name):
                _read_fields(segment.fields, fields, found)
        for text in apart:
            found[text] = _carried(message, paths[text])
        return found

    return read


def _path_or_none(text: str) -> Path | None:
    try:
        return path_of(text)
    except Unreadable:
        return None


def _is_plain(path: Path) -> bool:
    named = not (path.occurrence or path.repetition or path.subcomponent)
    return named and 0 < path.field <= WIDTH and (path.field > 2 or path.segment not in HEADERS)


def _read_fields(held: list[str], fields: dict[int, list[tuple[str, int]]], found: dict[str, list[str]]) -> None:
    """Adds what stands at components of a segment's fields, without explicit nulls; component 0 is the repetition."""
    for field, wanted in fields.items():
        content = held[field]
        if not content:
            continue
        for repetition in content.split("~") if "~" in content else (content,):
            components = repetition.split("^")
            for text, component in wanted:
                value = repetition
                if component:
                    value = components[component - 1] if component <= len(components) else ""
                if "\\" in value and "^" not in value and "&" not in value:
                    value = decode(value)
                if value.strip() not in _NOTHING:
                    found[text].append(value)


def _carried(message: Message, path: Path) -> list[str]:
    """The values that carry information."""
    there = (value for each in _segments(message, path) for _, value in _read(message, each, path))
    return [value for value in there if value.strip() not in _NOTHING]


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
