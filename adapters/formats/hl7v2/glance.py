"""What can be seen of a message at once: who sent it, under which control id, about whom, and whether it can be worked.

The cheap checks of an acknowledgement (MSH-1, 2, 9, 10, 12, the event, the character set, PID-3), without parsing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial

from adapters.formats.hl7v2 import charsets
from adapters.formats.hl7v2.acknowledge import Header, acknowledge, reply, replying, verdict, wanted
from adapters.formats.hl7v2.continuation import is_part
from adapters.formats.hl7v2.parse import parse
from conformance.catalogue import issue
from conformance.document import Glance
from conformance.hl7v2.events import structure_of
from conformance.issue import Issue, Where

_WITHOUT_PATIENT = frozenset(("A20",))
_FRAMING = b" \t\r\n\x0b\x1c\x00\xef\xbb\xbf\xff\xfe"


_HEADER = re.compile(rb"(MSH\|(?:[^|\r\n]*\|){5})([!-{}~]+)(\|[^|\r\n]*\|[^|\r\n]*\|)([!-{}~]+)(\|[^\r\n]*)\r").match
"""A header of the usual kind: MSH-7, MSH-10, and what stands around them."""
_PATIENT = re.compile(rb"\rPID\|[^|\r\n]*\|[^|\r\n]*\|([0-9A-Za-z][^|~\r\n]*)").search
"""PID-3 of the usual kind: its first repetition."""
_LONGEST = 1024
"""Bytes of a header that is remembered."""


class _Sender:
    """What messages have in common whose headers differ in time and control id alone."""

    __slots__ = ("header", "is_plain", "issues", "name", "processing_id", "replying")

    def __init__(self, header: Header) -> None:
        self.header = header
        self.name = (header.fields[3], header.fields[4])
        self.processing_id = header.component(11)
        self.issues = tuple(_of_header(header))
        marks = header.fields[2]
        usual = marks == header.delimiters[1:] and marks[:2] == "^~"
        self.is_plain = usual and header.component(9, 2) != "" and not header.fields[14]
        """Whether no more can be wrong with the header of one of them than what is wrong with all."""
        self.replying = replying(header)

    def reply(self, raw: bytes, time: bytes, control_id: bytes, issues: Iterable[Issue]) -> bytes:
        return reply(raw, issues) if issues else self.replying(time, control_id)


@lru_cache(maxsize=512)
def _sender(before: bytes, between: bytes, after: bytes) -> _Sender:
    return _Sender(Header(b"".join((before, between, after))))


def glance(raw: bytes) -> Glance:
    """`anew`. What a sender's messages have in common is looked at once."""
    parts, patient = _HEADER(raw, 0, _LONGEST), _PATIENT(raw)
    if parts is None or patient is None or raw.rfind(b"DSC", -512) >= 0:
        return anew(raw)
    before, time, between, control_id, after = parts.groups()
    sender = _sender(before, between, after)
    if not sender.is_plain:
        return anew(raw)
    issues = sender.issues if raw.isascii() else (*sender.issues, *_charset(raw))
    reply = partial(sender.reply, raw, time, control_id)
    return Glance(sender.name, control_id.decode(), sender.processing_id, patient[1], issues, reply)


def anew(raw: bytes) -> Glance:
    header = Header(raw)
    patient = _patient(raw, header)
    begins = raw.lstrip(_FRAMING)[:3] == b"MSH" or bool(charsets.wide(raw))
    part = begins and is_part(raw, header, has_patient=patient is not None)
    return Glance(
        sender=(header.fields[3], header.fields[4]),
        control_id=header.fields[10].strip(),
        processing_id=header.component(11),
        subject=patient.partition(header.delimiters[2].encode())[0] if patient else b"",
        issues=tuple(_findings(raw, header, b" " if part else patient)) if begins else parse(raw).issues,
        reply=partial(reply, raw),
        is_part=part,
    )


def _findings(raw: bytes, header: Header, patient: bytes | None) -> Iterator[Issue]:
    """`patient`: whom it is about; something for a part of a message, of which another may say it."""
    code, event = header.component(9), header.component(9, 2)
    if header.fields[2] != header.delimiters[1:]:
        yield from (one for one in parse(raw).issues if one.code in ("V2-0006", "V2-0009"))
    yield from _of_header(header)
    if not header.fields[10].strip():
        yield _empty("MSH-10")
    if code == "ADT" and not event and not structure_of("2.5.1", event := _event(raw, header.delimiters[0].encode())):
        yield _unknown(event)
    if not raw.isascii():
        yield from _charset(raw)
    if code == "ADT" and not patient and event not in _WITHOUT_PATIENT:
        yield _absent("PID") if patient is None else _empty("PID-3")


def _of_header(header: Header) -> Iterator[Issue]:
    """What is wrong with fields that those messages have in common."""
    fields, code, event = header.fields, header.component(9), header.component(9, 2)
    for number in (9, 11, 12):
        if not fields[number] or fields[number].isspace():
            yield _empty(f"MSH-{number}")
    if code == "ADT" and event and not structure_of("2.5.1", event):
        yield _unknown(event)


def _empty(field: str) -> Issue:
    return issue("V2-0111", Where(path=field), field=field)


def _absent(segment: str) -> Issue:
    return issue("V2-0110", Where(path=segment), segment=segment, where="an ADT message")


def _unknown(event: str) -> Issue:
    return issue("V2-0102", Where(path="MSH-9"), found=event)


def _charset(raw: bytes) -> Iterator[Issue]:
    """What reading the bytes as text would report; each is readable by the fallback, so none stops the message."""
    end = raw.find(b"\r")
    found: list[Issue] = []
    charsets.read(raw, raw[: end if end >= 0 else None], lambda code, name: found.append(_at_charset(code, name)))
    yield from found


def _at_charset(code: str, name: str | None) -> Issue:
    return issue(code, Where(path="MSH-18"), found=name)


def _event(raw: bytes, separator: bytes) -> str:
    """EVN-1, for senders whose MSH-9 is `ADT` alone."""
    _, _, rest = raw.partition(b"EVN" + separator)
    return rest[:3].decode("ascii", "replace")


def _patient(raw: bytes, header: Header) -> bytes | None:
    """PID-3 as sent, without what is empty at its beginning; None when there is no PID."""
    if header.codec != "latin-1":
        raw = raw.decode(header.codec, "replace").encode()
    separator = header.delimiters[0].encode()
    at = raw.find(b"\rPID" + separator)
    if at < 0 and (at := raw.find(b"\nPID" + separator)) < 0:
        return None
    line = raw[at + 1 :].partition(b"\r")[0].partition(b"\n")[0]
    fields = line.split(separator, 4)
    return b"" if len(fields) < 4 else fields[3].lstrip(header.delimiters[1:].encode())


def refuse(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """AR, or CE in the enhanced mode: not stored, to be sent again."""
    head = Header(raw)
    return acknowledge(head, "CE" if head.component(15) else "AR", issues)


def answer(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """The application answer of the enhanced mode, once the message is worked; empty when MSH-16 wants none."""
    head, code = Header(raw), verdict(issues)
    asked = head.component(16)
    return acknowledge(head, code, issues) if asked and wanted(asked, code) else b""
