"""R4's primitive types: what a JSON value must be. https://hl7.org/fhir/R4/datatypes.html#primitive

Each check gives None for a good value, else the words of the problem. No expression here can take more than linear
time.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from conformance.profile.types import real_day

Primitive = Callable[[Any], str | None]

LONGEST = 1_048_576
"""Characters of a string: "strings SHALL NOT exceed 1MB in size"."""

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_CODE = re.compile(r"[^\s]+(?: [^\s]+)*")
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?", re.ASCII)
_ZONE = re.compile(r"Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_SPACE = re.compile(r"\s")
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
"""How an absolute URI begins: with its scheme. https://www.rfc-editor.org/rfc/rfc3986#section-3.1"""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _text(value: Any) -> str | None:
    if type(value) is not str:
        return "must be a JSON string"
    if not value or value.isspace():
        return "must not be blank"
    if len(value) > LONGEST:
        return "is longer than 1 MB"
    if not value.isprintable() and _CONTROL.search(value):
        return "has a control character"
    return None


def _xhtml(value: Any) -> str | None:
    """Characters that XML can't hold are found when it is read as XML; the limit of 1 MB is for strings only."""
    if type(value) is not str:
        return "must be a JSON string"
    return "must not be blank" if not value or value.isspace() else None


def _boolean(value: Any) -> str | None:
    return None if value is True or value is False else "must be true or false, without quotes"


def _number(least: int, most: int) -> Primitive:
    def check(value: Any) -> str | None:
        if type(value) is not int:
            return "must be a whole number, without quotes"
        return None if least <= value <= most else f"must be from {least} to {most}"

    return check


def _decimal(value: Any) -> str | None:
    if type(value) in (int, float):
        return None if value == value and abs(value) != float("inf") else "must be a number"
    return None if isinstance(value, Decimal) and value.is_finite() else "must be a number, without quotes"


def _matching(pattern: re.Pattern[str], words: str) -> Primitive:
    def check(value: Any) -> str | None:
        if type(value) is not str:
            return "must be a JSON string"
        return None if len(value) <= LONGEST and pattern.fullmatch(value) else words

    return check


def _uri(value: Any) -> str | None:
    if type(value) is not str:
        return "must be a JSON string"
    if not value:
        return "must not be blank"
    if _SPACE.search(value):
        return "must not contain white space"
    if value.startswith("urn:oid:") and not _OID.fullmatch(value):
        return "is not a valid OID"
    if value.startswith("urn:uuid:") and not _UUID.fullmatch(value.lower()):
        return "is not a valid UUID"
    if value.startswith(("oid:", "uuid:")):
        return "must begin with urn:"
    return None


def _canonical(value: Any) -> str | None:
    """Canonical URLs are absolute, or lead to what the resource contains. references.html#canonical"""
    problem = _uri(value)
    if problem is None and not value.startswith("#") and not ABSOLUTE.match(value):
        return "must be absolute, or # and the id of a contained resource"
    return problem


def _date(value: Any) -> str | None:
    if type(value) is not str:
        return "must be a JSON string"
    match = _DATE.fullmatch(value)
    if match is None:
        return "must be YYYY, YYYY-MM or YYYY-MM-DD"
    return None if real_day(*match.groups()) else "is not a day of the calendar"


def _date_time(value: Any) -> str | None:
    if type(value) is not str:
        return "must be a JSON string"
    day, at, rest = value.partition("T")
    problem = _date(day)
    if problem or not at:
        return problem
    if len(day) != 10:
        return "has a time without a day"
    match = _TIME.match(rest)
    if match is None:
        return "must have a time of hh:mm:ss"
    return None if _ZONE.fullmatch(rest, match.end()) else "must have a time zone"


def _instant(value: Any) -> str | None:
    problem = _date_time(value)
    if problem is None and "T" not in value:
        return "must have a time"
    return problem


def _base64(value: Any) -> str | None:
    if type(value) is not str:
        return "must be a JSON string"
    try:
        binascii.a2b_base64(value, strict_mode=True)
    except (ValueError, binascii.Error):
        return _wrapped_base64(value)
    return None if value and len(value) % 4 == 0 else _wrapped_base64(value)


def _wrapped_base64(value: str) -> str | None:
    """base64 in lines, as R4 still allows, or none."""
    squeezed = "".join(value.split())
    return None if squeezed and len(squeezed) % 4 == 0 and _BASE64.fullmatch(squeezed) else "is not base64"


CHECKS: dict[str, Primitive] = {
    "boolean": _boolean,
    "integer": _number(-(2**31), 2**31 - 1),
    "unsignedInt": _number(0, 2**31 - 1),
    "positiveInt": _number(1, 2**31 - 1),
    "decimal": _decimal,
    "string": _text,
    "markdown": _text,
    "xhtml": _xhtml,
    "code": _matching(_CODE, "must be a code: not blank, no white space but single spaces inside"),
    "id": _matching(_ID, "must be 1 to 64 of A-Z, a-z, 0-9, - and ."),
    "uri": _uri,
    "url": _uri,
    "canonical": _canonical,
    "oid": _matching(_OID, "is not a valid OID"),
    "uuid": _matching(_UUID, "is not a valid UUID"),
    "date": _date,
    "dateTime": _date_time,
    "instant": _instant,
    "time": _matching(_TIME, "must be a time of hh:mm:ss"),
    "base64Binary": _base64,
}
