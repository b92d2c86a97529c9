"""Dates and times as people and spreadsheets write them, as ISO 8601 text; never a guess.

The order of day and month is declared, or proven by the column itself. What can't be known stays a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from conformance.tabular.schema import Order

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )?"
_TIME = r"(?:[T ] ?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d{1,9})?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d))?)?"  # noqa: E501
_FORMS = tuple(
    re.compile(_WEEKDAY + form + _TIME, re.IGNORECASE | re.ASCII)
    for form in (
        r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})",
        r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d\d)",
        r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[- /.]{1,2}(?P<name>[A-Za-z]{3,9})[- ,/.]{1,2}(?P<y>\d{4}|\d\d)",
        r"(?P<name>[A-Za-z]{3,9})[- .]{1,2}(?P<d>\d{1,2})(?:st|nd|rd|th)?[- ,]{1,2}(?P<y>\d{4}|\d\d)",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    )
)
_MONTH = re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})|(?P<m2>\d{1,2})[-/](?P<y2>\d{4})", re.ASCII)
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_SERIAL = re.compile(r"(\d{4,5})(\.\d{1,12})?(?:0*)", re.ASCII)
_NO_DAY = re.compile(r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}(?:[T ][0:.]*)?|0{8}", re.ASCII)
_LONGEST = 64
STAND_INS = frozenset(
    ("1900-01-01", "1899-12-30", "1899-12-31", "1900-01-00", "0001-01-01", "1753-01-01", "1111-11-11", "1800-01-01",
     "1901-01-01", "9999-12-31", "2999-12-31", "9999-09-09")
)  # fmt: skip
"""Days that systems write where they know none."""
_FIRST_SERIAL, _LAST_SERIAL = 7306, 73415  # 1920 to 2100


class Day(NamedTuple):
    """What a text says. `code`: the finding; `value` may be there beside one (a two-digit year)."""

    value: str = ""
    code: str = ""
    precise: bool = False
    """True when a time of day was given."""


def read(text: str, order: Callable[[], Order], *, epoch1904: bool = False) -> Day:
    """A date or time as ISO 8601; `order` is asked where day and month could be either way round.

    Findings: CSV-0101 no such day or no date, CSV-0102 day and month may be either way round, CSV-0103 stands for
    unknown, CSV-0104 two-digit year, CSV-0105 time without offset, CSV-0106 a spreadsheet's number of days.
    """
    if len(text) > _LONGEST:
        return Day(code="CSV-0101")
    if _NO_DAY.fullmatch(text):
        return Day(code="CSV-0103")
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _dated(match, order)
    return _partial(text) or _serial(text, epoch1904) or Day(code="CSV-0101")


def _dated(match: re.Match[str], order: Callable[[], Order]) -> Day:
    found = match.groupdict()
    year, short = _year(found["y"])
    if "name" in found:
        month = _MONTHS.get(found["name"].lower(), 0)
        return _day(year, month, int(found["d"]), match, short)
    if "a" not in found:
        return _day(year, int(found["m"]), int(found["d"]), match, short)
    first, second = int(found["a"]), int(found["b"])
    if first == second:
        return _day(year, first, first, match, short)
    way = _way(first, second) or order()
    if way == "DMY":
        return _day(year, second, first, match, short)
    if way == "MDY":
        return _day(year, first, second, match, short)
    return Day(code="CSV-0102") if 0 < first <= 12 and 0 < second <= 12 else Day(code="CSV-0101")


def _way(first: int, second: int) -> Order:
    """The order that two numbers prove by themselves: no month is above 12."""
    if 12 < first <= 31 and 0 < second <= 12:
        return "DMY"
    if 12 < second <= 31 and 0 < first <= 12:
        return "MDY"
    return ""


def _year(text: str) -> tuple[int, bool]:
    """Two digits are read as spreadsheets do: 00 to 29 are of this century."""
    number = int(text)
    if len(text) == 4:
        return number, False
    return number + (2000 if number < 30 else 1900), True


def _day(year: int, month: int, day: int, match: re.Match[str], short: bool) -> Day:
    try:
        value = date(year, month, day).isoformat()
    except ValueError:
        return Day(code="CSV-0101")
    if value in STAND_INS and not short:
        return Day(code="CSV-0103")
    if match["hour"] is None:
        return Day(value, "CSV-0104" if short else "")
    time, zone = _time(match)
    if not time:
        return Day(code="CSV-0101")
    code = "CSV-0104" if short else "" if zone else "CSV-0105"
    return Day(f"{value}T{time}{zone}", code, precise=True)


def _time(match: re.Match[str]) -> tuple[str, str]:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    half = (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return "", ""
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return "", ""
    zone = (match["zone"] or "").upper()
    if zone in ("Z", "UTC", "GMT"):
        zone = "Z"
    elif zone:
        digits = zone[1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 14 or int(digits[2:]) > 59:
            return "", ""
        zone = f"{zone[0]}{digits[:2]}:{digits[2:]}"
    return f"{hour:02}:{minute:02}:{second:02}{match['fraction'] or ''}", zone


def _partial(text: str) -> Day | None:
    """A year, or a year and month: FHIR's dates may be so."""
    if _YEAR.fullmatch(text):
        return Day(text)
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    year, month = match["y"] or match["y2"], int(match["m"] or match["m2"])
    return Day(f"{year}-{month:02}") if 1 <= month <= 12 and _YEAR.fullmatch(year) else Day(code="CSV-0101")


def _serial(text: str, epoch1904: bool) -> Day | None:
    """A spreadsheet's number of days: 1900 counts a 29 February that never was, 1904 begins with 0."""
    match = _SERIAL.fullmatch(text)
    if match is None or not _FIRST_SERIAL <= int(match[1]) <= _LAST_SERIAL:
        return None
    start = date(1904, 1, 1) if epoch1904 else date(1899, 12, 30)
    day = (start + timedelta(days=int(match[1]))).isoformat()
    fraction = float(match[2]) if match[2] else 0.0
    if not fraction:
        return Day(day, "CSV-0106")
    seconds = round(fraction * 86400)
    if seconds >= 86400:
        return Day(code="CSV-0101")
    return Day(f"{day}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}", "CSV-0106", precise=True)


def proven(texts: Iterable[str]) -> Order:
    """The order that the dates of one column prove together: empty where none or both are."""
    ways: set[Order] = set()
    for text in texts:
        match = _FORMS[1].fullmatch(text.strip()) if len(text) <= _LONGEST else None
        if match is not None:
            ways.add(_way(int(match["a"]), int(match["b"])))
            if {"DMY", "MDY"} <= ways:
                return ""
    ways.discard("")
    return ways.pop() if len(ways) == 1 else ""
