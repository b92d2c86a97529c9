"""What can be seen of a message at once: who sent it, under which control id, about whom, and whether it can be worked.

The cheap checks of an acknowledgement (MSH-1, 2, 9, 10, 12, the event, the character set, PID-3), without parsing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

from adapters.formats.hl7v2 import charsets
from adapters.formats.hl7v2.acknowledge import Header, acknowledge, header, reply_to, verdict, wanted
from adapters.formats.hl7v2.continuation import is_part
from adapters.formats.hl7v2.parse import parse
from conformance.catalogue import issue
from conformance.document import Glance
from conformance.hl7v2.events import structure_of
from conformance.issue import Issue, Where

_WITHOUT_PATIENT = frozenset(("A20",))
_FRAMING = b" \t\r\n\x0b\x1c\x00\xef\xbb\xbf\xff\xfe"


class _Common:
    """What messages have in common whose headers differ in time and control id alone."""

    __slots__ = (
        "code", "delimiters", "event", "issues", "patient", "processing_id", "repetition", "sender", "separator",
    )  # fmt: skip

    def __init__(self, header: Header) -> None:
        self.sender = (header.fields[3], header.fields[4])
        self.processing_id = header.component(11)
        self.code, self.event = header.component(9), header.component(9, 2)
        self.issues = tuple(_of_header(header))
        self.separator, self.repetition = header.delimiters[0].encode(), header.delimiters[2].encode()
        self.delimiters = header.delimiters[1:].encode()
        self.patient = (b"\rPID" + self.separator, b"\nPID" + self.separator)
        """How the segment begins that says whom a message is about."""


_remembered = lru_cache(maxsize=512)(_Common)


def glance(raw: bytes) -> Glance:
    head = header(raw)
    common = _Common(head) if head.common is head else _remembered(head.common)
    begins = raw[:3] == b"MSH" or raw.lstrip(_FRAMING)[:3] == b"MSH" or bool(charsets.wide(raw))
    patient = _patient(raw, head.codec, common) if begins else None
    control_id = head.fields[10].strip()
    part = begins and is_part(raw, head, has_patient=patient is not None)
    return Glance(
        sender=common.sender,
        control_id=control_id,
        processing_id=common.processing_id,
        subject=patient.partition(common.repetition)[0] if patient else b"",
        issues=_findings(raw, head, common, control_id, b" " if part else patient) if begins else parse(raw).issues,
        reply=partial(reply_to, head),
        is_part=part,
    )


def _findings(raw: bytes, header: Header, common: _Common, control_id: str, patient: bytes | None) -> tuple[Issue, ...]:
    """`patient`: whom it is about; something for a part of a message, of which another may say it."""
    found, event = common.issues, common.event
    if header.fields[2] != header.delimiters[1:]:
        found = (*(one for one in parse(raw).issues if one.code in ("V2-0006", "V2-0009")), *found)
    if not control_id:
        found += (_empty("MSH-10"),)
    if common.code == "ADT" and not event and not structure_of("2.5.1", event := _event(raw, common.separator)):
        found += (_unknown(event),)
    if not raw.isascii():
        found += tuple(_charset(raw))
    if common.code == "ADT" and not patient and event not in _WITHOUT_PATIENT:
        found += (_absent("PID") if patient is None else _empty("PID-3"),)
    return found


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


def _patient(raw: bytes, codec: str, common: _Common) -> bytes | None:
    """PID-3 as sent, without its empty parts; None when there is no PID."""
    if codec != "latin-1":
        raw = raw.decode(codec, "replace").encode()
    for begin in common.patient:
        at = raw.find(begin)
        if at >= 0:
            end = raw.find(b"\r", at + 1)
            line = raw[at + 1 : end if end >= 0 else None].partition(b"\n")[0]
            fields = line.split(common.separator, 4)
            return b"" if len(fields) < 4 else fields[3].strip(common.delimiters)
    return None


def refuse(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """AR, or CE in the enhanced mode: not stored, to be sent again."""
    head = header(raw)
    return acknowledge(head, "CE" if head.component(15) else "AR", issues)


def answer(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """The application answer of the enhanced mode, once the message is worked; empty when MSH-16 wants none."""
    head, code = header(raw), verdict(issues)
    asked = head.component(16)
    return acknowledge(head, code, issues) if asked and wanted(asked, code) else b""
