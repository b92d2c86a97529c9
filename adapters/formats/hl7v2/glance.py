"""What can be seen of a message at once: who sent it, under which control id, about whom, and whether it can be worked.

The cheap checks of an acknowledgement (MSH-1, 2, 9, 10, 12, the event, the character set, PID-3), without parsing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from adapters.formats.hl7v2 import charsets
from adapters.formats.hl7v2.acknowledge import Header, acknowledge, header, reply_to, verdict, wanted
from adapters.formats.hl7v2.parse import parse
from conformance.catalogue import issue
from conformance.document import Glance
from conformance.hl7v2.events import structure_of
from conformance.issue import Issue, Where

_WITHOUT_PATIENT = frozenset(("A20",))
_FRAMING = b" \t\r\n\x0b\x1c\x00\xef\xbb\xbf\xff\xfe"


def glance(raw: bytes) -> Glance:
    head = header(raw)
    begins = raw[:3] == b"MSH" or raw.lstrip(_FRAMING)[:3] == b"MSH" or bool(charsets.wide(raw))
    patient = _patient(raw, head) if begins else None
    issues = _findings(raw, head, patient) if begins else parse(raw).issues
    fields = head.fields
    return Glance(
        sender=(fields[3], fields[4]),
        control_id=fields[10].strip(),
        processing_id=head.component(11),
        subject=(patient or b"").partition(head.delimiters[2].encode())[0],
        issues=issues,
        reply=partial(reply_to, head),
    )


def _findings(raw: bytes, header: Header, patient: bytes | None) -> tuple[Issue, ...]:
    common = header.common
    if common.findings is None:
        common.findings = tuple(_of_header(common))
    found, code, event = common.findings, header.component(9), header.component(9, 2)
    if header.fields[2] != header.delimiters[1:]:
        found = (*(one for one in parse(raw).issues if one.code in ("V2-0006", "V2-0009")), *found)
    if not header.fields[10].strip():
        found += (_empty("MSH-10"),)
    if code == "ADT" and not event and not structure_of("2.5.1", event := _event(raw, header)):
        found += (_unknown(event),)
    if not raw.isascii():
        found += tuple(_charset(raw))
    if code == "ADT" and not patient and event not in _WITHOUT_PATIENT:
        found += (_absent("PID") if patient is None else _empty("PID-3"),)
    return found


def _of_header(header: Header) -> Iterator[Issue]:
    """What is wrong with fields that all messages of a sender have in common."""
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


def _event(raw: bytes, header: Header) -> str:
    """EVN-1, for senders whose MSH-9 is `ADT` alone."""
    separator = header.delimiters[0].encode()
    _, _, rest = raw.partition(b"EVN" + separator)
    return rest[:3].decode("ascii", "replace")


def _patient(raw: bytes, header: Header) -> bytes | None:
    """PID-3 as sent, without its empty parts; None when there is no PID."""
    if header.codec != "latin-1":
        raw = raw.decode(header.codec, "replace").encode()
    separator = header.delimiters[0].encode()
    for end in (b"\r", b"\n"):
        at = raw.find(end + b"PID" + separator)
        if at >= 0:
            fields = raw[at + 1 : _end_of(raw, at + 1)].split(separator, 4)
            return b"" if len(fields) < 4 else fields[3].strip(header.delimiters[1:].encode())
    return None


def _end_of(raw: bytes, at: int) -> int:
    """Where the segment that begins here ends."""
    end = raw.find(b"\r", at)
    newline = raw.find(b"\n", at, end if end >= 0 else len(raw))
    return newline if newline >= 0 else end if end >= 0 else len(raw)


def refuse(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """AR, or CE in the enhanced mode: not stored, to be sent again."""
    head = header(raw)
    return acknowledge(head, "CE" if head.component(15) else "AR", issues)


def answer(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """The application answer of the enhanced mode, once the message is worked; empty when MSH-16 wants none."""
    head, code = header(raw), verdict(issues)
    asked = head.component(16)
    return acknowledge(head, code, issues) if asked and wanted(asked, code) else b""
