"""Places in a message as people write them, `OBX[3]-5[1].2`, with line and column of the source; made on demand."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from adapters.formats.hl7v2.message import HEADERS, Message, Segment
from conformance.issue import Where

MOST_COUNTED = 200
"""Repetitions behind this one have no column: finding it would take as long as there are repetitions before it."""


def path(
    message: Message, segment: Segment, field: int = 0, repetition: int = 0, component: int = 0, subcomponent: int = 0
) -> str:
    """`PID[1]-3[2].1.1`, as far as asked: field 0 is the segment, component 0 the whole repetition (0-based)."""
    occurrence = 1 + bisect_left(message.all(segment.name), segment.index, key=attrgetter("index"))
    text = f"{segment.name}[{occurrence}]"
    if field:
        text += f"-{field}[{repetition + 1}]"
    if component:
        text += f".{component}"
    return f"{text}.{subcomponent}" if subcomponent else text


def locate(
    message: Message,
    segment_index: int,
    field: int = 0,
    repetition: int = 0,
    component: int = 0,
    subcomponent: int = 0,
) -> Where:
    """The place of a segment, field, repetition (0-based), component and subcomponent (1-based, 0 for the whole).
    The column is None where the source has no such text (it is shorter, or goes on in a later line) or too
    much of it."""
    segment = message.segments[segment_index]
    return Where(
        path=path(message, segment, field, repetition, component, subcomponent),
        line=segment.line,
        column=_column(message, segment, field, repetition, component, subcomponent),
    )


def _column(message: Message, segment: Segment, field: int, repetition: int, component: int, sub: int) -> int | None:
    if repetition > MOST_COUNTED:
        return None
    text, marks = message.source_line(segment), message.delimiters
    if segment.name in HEADERS and field in (1, 2):
        return field + 3
    at, end = 0, len(text)
    steps = (
        (marks.field, field - 1 if segment.name in HEADERS and field else field),
        (marks.repetition, repetition),
        (marks.component, max(component - 1, 0)),
        (marks.subcomponent, max(sub - 1, 0)),
    )
    for mark, count in steps:
        for _ in range(count):
            following = text.find(mark, at, end) if mark else -1
            if following < 0:
                return None
            at = following + 1
        stop = text.find(mark, at, end) if mark else -1
        end = stop if stop >= 0 else end
    return at + 1


def locate_offset(message: Message, segment: Segment, offset: int) -> Where:
    """The place of the leaf that holds a 0-based offset of a segment's canonical text."""
    before = segment.text[:offset]
    shift = 1 if segment.name in HEADERS else 0
    field = before.count("|") + shift
    within = before[before.rfind("|") + 1 :]
    repetition = within.count("~")
    within = within[within.rfind("~") + 1 :]
    component = within.count("^") + 1
    subcomponent = within[within.rfind("^") + 1 :].count("&") + 1
    whole_field = segment.text[before.rfind("|") + 1 :].split("|", 1)[0]
    deep = any(mark in whole_field for mark in "^&")
    return locate(message, segment.index, field, repetition, component if deep else 0, subcomponent if deep else 0)
