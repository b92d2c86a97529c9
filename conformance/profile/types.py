"""The values that a profile's `type` accepts, by the standards' own names of types.

HL7 v2: NM, SI, DT, TM, DTM (and TS). FHIR: the names of R4's primitives, as written in JSON. Every day is a real one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

_V2_TIME = r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d(?:\.\d{1,4})?)?)?"
_V2_ZONE = r"(?:[+-](?:0\d|1[0-4])[0-5]\d)?"
_FHIR_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?"
_FHIR_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"


_MONTHS = frozenset(f"{number:02}" for number in range(1, 13))


def real_day(year: str, month: str | None, day: str | None) -> bool:
    """True when the calendar has that year, month and day, as far as they are given (of four, two and two digits)."""
    if month in _MONTHS and day is not None and "01" <= day <= "28":  # in every month, and most days are
        return year != "0000"
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return False
    return True


def _whole(pattern: str) -> Callable[[str], bool]:
    match = re.compile(pattern, re.ASCII).fullmatch
    return lambda value: match(value) is not None


def _dated(pattern: str) -> Callable[[str], bool]:
    """A pattern with three groups, year, month and day, the last two optional."""
    compiled = re.compile(pattern, re.ASCII)

    def holds(value: str) -> bool:
        match = compiled.fullmatch(value)
        return match is not None and real_day(*match.groups())

    return holds


_V2_DAY = r"(\d{4})(?:(\d\d)(?:(\d\d)"
_FHIR_DAY = r"(\d{4})(?:-(\d\d)(?:-(\d\d)"
_DTM = _dated(rf"{_V2_DAY}(?:{_V2_TIME})?)?)?{_V2_ZONE}")

TYPES: dict[str, Callable[[str], bool]] = {
    "NM": _whole(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"),
    "SI": _whole(r"\d{1,4}"),
    "DT": _dated(_V2_DAY + ")?)?"),
    "TM": _whole(_V2_TIME + _V2_ZONE),
    "DTM": _DTM,
    "TS": _DTM,
    "boolean": _whole("true|false"),
    "integer": _whole(r"0|-?[1-9]\d{0,9}"),
    "positiveInt": _whole(r"[1-9]\d{0,9}"),
    "unsignedInt": _whole(r"0|[1-9]\d{0,9}"),
    "decimal": _whole(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?"),
    "date": _dated(_FHIR_DAY + ")?)?"),
    "dateTime": _dated(rf"{_FHIR_DAY}(?:T{_FHIR_TIME}{_FHIR_ZONE})?)?)?"),
    "instant": _dated(rf"(\d{{4}})-(\d\d)-(\d\d)T{_FHIR_TIME}{_FHIR_ZONE}"),
    "time": _whole(_FHIR_TIME),
    "code": _whole(r"[^\s]+(?: [^\s]+)*"),
    "id": _whole(r"[A-Za-z0-9\-.]{1,64}"),
    "uri": _whole(r"\S+"),
    "oid": _whole(r"urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+"),
    "uuid": _whole(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
}
