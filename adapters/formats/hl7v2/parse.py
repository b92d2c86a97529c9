r"""From bytes to a `Message`: framing, character set, delimiters, segments (v2.8.2 chapters 2.5 to 2.7).

Whatever comes in, what can be read is read, and the rest is reported with its line. Time and memory are linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.formats.hl7v2 import charsets
from adapters.formats.hl7v2.delimiters import HEAD, canonical, declared
from adapters.formats.hl7v2.escapes import malformed
from adapters.formats.hl7v2.message import HEADERS, Message, Null, Segment
from adapters.formats.hl7v2.places import locate_offset
from conformance.document import Document
from conformance.hl7v2.report import Report
from conformance.issue import Result, Where

MAX_BYTES = 16 * 1024 * 1024
MAX_SEGMENTS = 50_000
MAX_PARTS = 250_000
"""Bounds of one message: its bytes, its segments; its fields, lines, escape characters and explicit nulls, each."""

_AROUND = " \t\r\n\x0b\x1c\x00\ufeff"
"""What may stand before and after a message: MLLP's blocks, a byte order mark, white space."""

_MSH = re.compile(r"(?:^|(?<=[ \t\r\n\x0b\x1c\x00\ufeff]))MSH(?![A-Za-z0-9\s])")
"""A message's beginning: first in the text or on a line, with something after it that could be a separator."""

_WRAPPERS = frozenset(("FHS", "BHS", "BTS", "FTS"))
_READ_APART = _WRAPPERS | {"MSH", "ADD", "DSC"}


def parse(raw: bytes, limit: int = MAX_BYTES) -> Result[Document]:
    """The message in `raw` (one; `split` cuts batches), or None with the reason when there is nothing to read."""
    report = Report()
    message = _message(raw, limit, report)
    if message is None:
        return Result(value=None, issues=report.issues())
    document = Document(format="hl7v2", version=message.version, root=message)
    return Result(value=document, issues=report.issues())


def _message(raw: bytes, limit: int, report: Report) -> Message | None:
    if len(raw) > limit:
        report.refuse("V2-0001", size=len(raw), limit=limit)
        return None
    text, charset = charsets.read(raw, _header(raw), lambda code, name: report.add(code, Where(path="MSH[1]-18"), name))
    found = _MSH.search(text)
    if found is None:
        report.refuse("V2-0003" if text.strip(_AROUND) else "V2-0002", found=text[:80])
        return None
    start = found.start()
    line = 1 + _breaks(text[:start])
    _before(text[:start].strip(_AROUND), report)
    delimiters = declared(text, start, line, report)
    if delimiters is None:
        return None
    body = _without_blanks(canonical(text, start, delimiters).rstrip("\r\n\x1c\x00"))
    if len(body) > MAX_PARTS and any(body.count(mark) > MAX_PARTS for mark in ("|", "~", '""', "\\", "\r", "\n")):
        report.refuse("V2-0004", limit=MAX_PARTS)
        return None
    segments = _segments(body, line, report)
    if segments is None:
        report.refuse("V2-0005", limit=MAX_SEGMENTS)
        return None
    nulls = _nulls(segments) if '""' in body else []
    escapes = body.find("\\", len(HEAD)) >= 0
    message = Message(raw, segments, charset, delimiters, escapes or bool(nulls), nulls)
    if escapes:
        _check_escapes(message, report)
    if segments[0].fields[14] and message.first("PID") is None:  # many senders fill MSH-14 with something else
        report.add("V2-0014", Where(path="MSH[1]-14", line=line))
    return message


def _without_blanks(body: str) -> str:
    """Without the blanks at the end of a value, which mean nothing (2A.3.74, ST): a value of blanks is none. Before an
    `&` they stay: in most places that is an unescaped one, part of the text."""
    for mark in "\r|~^":
        if " " + mark in body:
            body = mark.join(part.rstrip(" ") for part in body.split(mark))
    return body


def _header(raw: bytes) -> bytes:
    """The first MSH segment, for MSH-18, before the character set is known."""
    start = max(raw.find(b"MSH"), 0)
    end = raw.find(b"\r", start)
    return raw[start : end if end >= 0 else None].split(b"\n", 1)[0]


def _breaks(text: str) -> int:
    return text.count("\r") + text.count("\n") - text.count("\r\n")


def _before(head: str, report: Report) -> None:
    if head:
        report.add("V2-0011" if head[:3] in _WRAPPERS else "V2-0010", Where(line=1), head)


def _lines(body: str, line: int) -> Iterator[tuple[int, str, bool]]:
    """(line number, text, whether it may continue the line before).

    Segments end with CR, so among these a bare LF is data. Many senders end them with LF or CRLF instead; a line that
    follows a bare LF and looks like a segment is one.
    """
    if "\n" not in body:
        for number, text in enumerate(body.split("\r"), line):
            yield number, text, False
        return
    chunks = body.replace("\r\n", "\r").split("\r")
    for chunk in chunks:
        for place, text in enumerate(chunk.split("\n")):
            yield line, text, place > 0 and len(chunks) > 1
            line += 1


def _segments(body: str, line: int, report: Report) -> list[Segment] | None:
    """The segments in order; None when there are too many."""
    segments: list[Segment] = []
    continued: list[tuple[Segment, list[str]]] = []
    blank = 0
    for number, text, inside in _lines(body, line):
        name = text[:3]
        if (text[3:4] == "|" or len(text) == 3) and name.isalnum() and name.isupper():
            if name in _READ_APART and segments:
                if name == "ADD":
                    _continue(segments, continued, text[4:], number, report)
                    continue
                if name != "DSC":
                    _after(name, number, report)
                    break
                report.add("V2-0014", Where(path="DSC[1]", line=number))
            segments.append(Segment(name, len(segments), number, text))
            if len(segments) > MAX_SEGMENTS:
                return None
        elif inside and segments:
            report.add("V2-0013", Where(path=segments[-1].name, line=number), text)
            _join(segments[-1], continued, "\n" + text)
        elif not text or text.isspace():
            blank += 1
        else:
            report.add("V2-0012", Where(line=number), text)
    if blank:
        report.add("V2-0015", Where(), count=blank)
    for segment, parts in continued:
        segment.text += "".join(parts)
    return segments


def _continue(
    segments: list[Segment], continued: list[tuple[Segment, list[str]]], text: str, line: int, report: Report
) -> None:
    """ADD goes on where the segment before it stopped (2.10.2); after MSH it goes on with another message."""
    if len(segments) == 1:
        report.add("V2-0016", Where(path="ADD[1]", line=line), text)
    else:
        _join(segments[-1], continued, text)


def _join(segment: Segment, continued: list[tuple[Segment, list[str]]], text: str) -> None:
    if not continued or continued[-1][0] is not segment:
        continued.append((segment, []))
    continued[-1][1].append(text)


def _after(name: str, line: int, report: Report) -> None:
    report.add("V2-0007" if name == "MSH" else "V2-0011", Where(path=name, line=line))


def _nulls(segments: list[Segment]) -> list[Null]:
    """Blanks the explicit nulls and says where they were."""
    nulls: list[Null] = []
    for segment in segments:
        if '""' in segment.text:
            fields = segment.text.split("|")
            first = 2 if segment.name in HEADERS else 1
            for place in range(first, len(fields)):
                if '""' in fields[place]:
                    number = place + first - 1
                    fields[place] = _without_nulls(fields[place], segment.index, number, nulls)
            segment.text = "|".join(fields)
    return nulls


def _without_nulls(field: str, segment: int, number: int, nulls: list[Null]) -> str:
    repetitions = field.split("~")
    for r, repetition in enumerate(repetitions):
        if repetition == '""':
            nulls.append(Null(segment, number, r))
            repetitions[r] = ""
        elif '""' in repetition:
            components = repetition.split("^")
            for c, component in enumerate(components, 1):
                subcomponents = component.split("&")
                whole = len(subcomponents) == 1
                for s, leaf in enumerate(subcomponents, 1):
                    if leaf == '""':
                        nulls.append(Null(segment, number, r, c, 0 if whole else s))
                        subcomponents[s - 1] = ""
                components[c - 1] = "&".join(subcomponents)
            repetitions[r] = "^".join(components)
    return "~".join(repetitions)


def _check_escapes(message: Message, report: Report) -> None:
    for segment in message.segments:
        if "\\" in segment.text:
            start = len(HEAD) if segment.name == "MSH" else 0
            for offset, found in malformed(segment.text[start:]):
                _report_escape(message, segment, start + offset, found, report)


def _report_escape(message: Message, segment: Segment, offset: int, found: str, report: Report) -> None:
    report.add("V2-0017", lambda: locate_offset(message, segment, offset), found)
