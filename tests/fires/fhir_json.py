"""Calls that fire the codes of the area JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapters.formats.fhir import FORMAT, reader
from adapters.formats.fhir.writer import write
from conformance.issue import Issue


def _parse(raw: bytes) -> Callable[[], Iterable[Issue]]:
    return lambda: FORMAT.parse(raw).issues


def _too_large() -> Iterable[Issue]:
    whole, reader.MAX_BYTES = reader.MAX_BYTES, 10
    try:
        return FORMAT.parse(b'{"resourceType": "Patient"}').issues
    finally:
        reader.MAX_BYTES = whole


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "JSON-0001": _parse(b'{"resourceType": "Patient",}'),
    "JSON-0002": _parse(b'{"resourceType": "Patient", "id": "\xe9"}'),
    "JSON-0003": _parse(b'\xef\xbb\xbf{"resourceType": "Patient"}'),
    "JSON-0004": _parse(b'{"resourceType": "Patient", "gender": "male", "gender": "female"}'),
    "JSON-0005": _parse(b'{"resourceType": "Observation", "value": NaN}'),
    "JSON-0006": _parse(b'{"resourceType": "Observation", "value": 99999999999999999999}'),
    "JSON-0007": _parse(b'{"a":' * 200 + b"1" + b"}" * 200),
    "JSON-0008": _too_large,
    "JSON-0009": _parse(b'{"resourceType": "Patient", "id": "\\ud83d"}'),
    "JSON-0010": _parse(b"[]"),
    "JSON-0011": lambda: write({"value": 2**70}).issues,
}
