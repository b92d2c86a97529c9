"""Calls that fire the codes of reading HL7 v2, V2-00xx."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapters.formats.hl7v2 import FORMAT
from adapters.formats.hl7v2 import parse as reading
from adapters.formats.hl7v2.batch import check
from conformance.issue import Issue

HEAD = b"MSH|^~\\&|A|B|||2024||ADT^A04|1|P|2.5.1\r"
PATIENT = b"PID|1||7||M\xc3\xbcller\r"


def _parse(raw: bytes) -> Callable[[], Iterable[Issue]]:
    return lambda: FORMAT.parse(raw).issues


def _declared(charset: bytes, patient: bytes = PATIENT) -> Callable[[], Iterable[Issue]]:
    return _parse(HEAD.rstrip() + b"||||||" + charset + b"\r" + patient)


def _too_large() -> Iterable[Issue]:
    return reading.parse(HEAD, limit=10).issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "V2-0001": _too_large,
    "V2-0002": _parse(b"\x0b\x1c\r"),
    "V2-0003": _parse(b"PID|1||12345\r"),
    "V2-0004": _parse(HEAD + b"|" * (reading.MAX_PARTS + 1)),
    "V2-0005": _parse(HEAD + b"PV2\r" * (reading.MAX_SEGMENTS + 1)),
    "V2-0006": _parse(b"MSH"),
    "V2-0007": _parse(HEAD + HEAD),
    "V2-0008": _parse(HEAD.replace(b"\\", b"")),
    "V2-0009": _parse(b"MSH||A|B\r"),
    "V2-0010": _parse(b"2024-01-01 INFO received\r" + HEAD),
    "V2-0011": _parse(b"BHS|^~\\&\r" + HEAD),
    "V2-0012": _parse(HEAD + b"second line of an address\r"),
    "V2-0013": _parse(HEAD + b"NTE|1||first\nsecond\r"),
    "V2-0014": _parse(HEAD + b"DSC|4711|F\r"),
    "V2-0015": _parse(HEAD + b"\r\rPID|1\r"),
    "V2-0016": _parse(HEAD + b"ADD|more\r"),
    "V2-0017": _parse(HEAD + b"PID|1||C:\\temp\r"),
    "V2-0018": lambda: check(b"BHS|^~\\&\r" + HEAD + b"BTS|12\r"),
    "V2-0020": _declared(b"KLINGON"),
    "V2-0021": _declared(b"8859/1"),
    "V2-0022": _declared(b"8859/1", b"PID|1||7||O\x92Brien\r"),
    "V2-0023": _declared(b"UNICODE UTF-8", b"PID|1||7||M\xfcller\r"),
    "V2-0024": _declared(b"", b"PID|1||7||M\xfcller\r"),
    "V2-0029": _parse(HEAD + b"no segment\r" * 100),
}
