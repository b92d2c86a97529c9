"""A message of HL7 v2 for people: each field with its place, its name and what was sent."""

from __future__ import annotations

from collections.abc import Iterator

import click

from adapters.formats.hl7v2.escapes import decode
from adapters.formats.hl7v2.message import HEADERS, Delimiters, Message, Segment
from conformance.hl7v2.tables import field_name
from gateway.cli.report import printable

_NAME = 34
"""Width of the column of field names; longer ones are cut."""


def lines(message: Message) -> Iterator[str]:
    for segment in message.segments:
        same = message.all(segment.name)
        number = f"[{same.index(segment) + 1}]" if len(same) > 1 else ""
        yield click.style(segment.name + number, bold=True)
        for field, repetition, text in fields(message, segment):
            place = f"{segment.name}-{field}" + (f"[{repetition}]" if repetition > 1 else "")
            name = field_name(message.version, segment.name, field) if repetition == 1 else ""
            shown = text if field == 2 and segment.name in HEADERS else _shown(text, message.delimiters)
            yield f"  {place:<11}{_cut(name):<{_NAME}} {shown}"


def fields(message: Message, segment: Segment) -> Iterator[tuple[int, int, str]]:
    """Field, repetition and the text as sent, of all that hold something."""
    delimiters = message.delimiters
    header = segment.name in HEADERS
    fields = message.source_line(segment).split(delimiters.field)[1:]
    for number, text in enumerate(fields, 2 if header else 1):
        whole = header and number == 2
        for repetition, one in enumerate([text] if whole else text.split(delimiters.repetition or "\0"), 1):
            if one:
                yield number, repetition, one


def _shown(text: str, delimiters: Delimiters) -> str:
    """What was sent, and behind it what nulls and escapes mean."""
    note = ""
    if text == '""':
        note = "an explicit null: delete what you have"
    elif delimiters.escape and delimiters.escape in text:
        note = decode(text.replace(delimiters.escape, "\\")).replace("\n", " / ")
    return printable(text) + (click.style(f"  ({printable(note)})", dim=True) if note and note != text else "")


def _cut(name: str) -> str:
    return name if len(name) < _NAME else f"{name[: _NAME - 2]}…"
