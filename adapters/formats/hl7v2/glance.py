"""What can be seen of a message at once: who sent it, under which control id, about whom, and whether it can be worked.

The cheap checks of an acknowledgement (MSH-1, 2, 9, 10, 12, the event, the character set, PID-3), without parsing.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.formats.hl7v2 import charsets
from adapters.formats.hl7v2.acknowledge import Header, acknowledge, verdict, wanted
from adapters.formats.hl7v2.parse import parse
from conformance.catalogue import issue
from conformance.document import Glance
from conformance.hl7v2.events import structure_of
from conformance.issue import Issue, Where

_WITHOUT_PATIENT = frozenset(("A20",))
_FRAMING = b" \t\r\n\x0b\x1c\x00\xef\xbb\xbf\xff\xfe"


def glance(raw: bytes) -> Glance:
    header = Header(raw)
    begins = raw.lstrip(_FRAMING)[:3] == b"MSH" or bool(charsets.wide(raw))
    patient = _patient(raw, header) if begins else None
    issues = tuple(_findings(raw, header, patient)) if begins else parse(raw).issues
    fields = header.fields
    return Glance(
        sender=(fields[3], fields[4]),
        control_id=fields[10].strip(),
        processing_id=header.component(11),
        subject=(patient or b"").split(header.delimiters[2].encode(), 1)[0],
        issues=issues,
    )


def _findings(raw: bytes, header: Header, patient: bytes | None) -> Iterator[Issue]:
    if header.fields[2] != header.delimiters[1:]:
        yield from (one for one in parse(raw).issues if one.code in ("V2-0006", "V2-0009"))
    code, event = header.component(9), header.component(9, 2) or _event(raw, header)
    for number in (9, 10, 11, 12):
        if not header.fields[number].strip():
            yield issue("V2-0111", Where(path=f"MSH-{number}"), field=f"MSH-{number}")
    if code == "ADT" and not structure_of("2.5.1", event):
        yield issue("V2-0102", Where(path="MSH-9"), found=event)
    if not raw.isascii():
        yield from _charset(raw)
    if code == "ADT" and event not in _WITHOUT_PATIENT and not patient:
        if patient is None:
            yield issue("V2-0110", Where(path="PID"), segment="PID", where="an ADT message")
        else:
            yield issue("V2-0111", Where(path="PID-3"), field="PID-3")


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
    if charsets.wide(raw):
        raw = raw.decode(header.codec, "replace").encode()
    separator = header.delimiters[0].encode()
    for end in (b"\r", b"\n"):
        at = raw.find(end + b"PID" + separator)
        if at >= 0:
            fields = raw[at + 1 :].split(separator, 4)
            return b"" if len(fields) < 4 or end in fields[3] else fields[3].strip(header.delimiters[1:].encode())
    return None


def refuse(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """AR, or CE in the enhanced mode: not stored, to be sent again."""
    header = Header(raw)
    return acknowledge(header, "CE" if header.component(15) else "AR", issues)


def answer(raw: bytes, issues: tuple[Issue, ...]) -> bytes:
    """The application answer of the enhanced mode, once the message is worked; empty when MSH-16 wants none."""
    header, code = Header(raw), verdict(issues)
    asked = header.component(16)
    return acknowledge(header, code, issues) if asked and wanted(asked, code) else b""
