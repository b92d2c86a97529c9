"""FHIRPath's Date, DateTime and Time, with the precision they were written with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from conformance.fhir.fhirpath.syntax import FhirPathError

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(T)?(?:(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?)?(Z|[+-]\d\d:\d\d)?"
)
_TIME = re.compile(r"T?(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?")
_DAY = 86_400_000
_STEPS = {"week": 7 * _DAY, "day": _DAY, "hour": 3_600_000, "minute": 60_000, "second": 1000, "millisecond": 1}


@dataclass(frozen=True, slots=True)
class Temporal:
    """`parts` from the year (of a time: the hour) to the last one given; `offset` in minutes, None where not given."""

    kind: str
    parts: tuple[Decimal, ...]
    offset: int | None = None
    text: str = field(default="", compare=False)
    """As it was written."""

    def utc(self) -> tuple[Decimal, ...]:
        """The parts at offset zero; unchanged without an offset or without a time."""
        if self.offset is None or len(self.parts) < 5:
            return self.parts
        year, month, day, hour, minute = map(int, self.parts[:5])
        try:
            moment = datetime(year, month, day, hour, minute) - timedelta(minutes=self.offset)
        except (ValueError, OverflowError):
            return self.parts
        fields = (moment.year, moment.month, moment.day, moment.hour, moment.minute)
        return (*map(Decimal, fields), *self.parts[5:])


def parse(text: str) -> Temporal | None:
    """A date, dateTime, instant or time as written in FHIR or after `@`; None for anything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        return _time(text)
    *day, at, hour, minute, second, zone = match.groups()
    if (hour or zone) and not at:
        return None
    parts = tuple(Decimal(part) for part in (*day, hour, minute, second) if part is not None)
    offset = None
    if zone:
        offset = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[4:])) * (-1 if zone[0] == "-" else 1)
    return Temporal("dateTime" if at or zone else "date", parts, offset, text)


def _time(text: str) -> Temporal | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    return Temporal("time", tuple(Decimal(part) for part in match.groups() if part is not None), None, text)


def compare(left: Temporal, right: Temporal) -> int | None:
    """-1, 0, 1; None where the precisions leave it open."""
    if (left.kind == "time") != (right.kind == "time"):
        raise FhirPathError("a time can't be compared with a date")
    ours, theirs = left.parts, right.parts
    if left.offset is not None and right.offset is not None:
        ours, theirs = left.utc(), right.utc()
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            return -1 if one < other else 1
    return 0 if len(ours) == len(theirs) else None


def add(moment: Temporal, amount: Decimal, unit: str) -> Temporal:
    """A moment moved by a number of calendar units, at its own precision."""
    if moment.kind == "time":
        raise FhirPathError("arithmetic on times is not supported")
    parts = list(moment.parts)
    if unit in ("year", "month"):
        months = int(amount) * (12 if unit == "year" else 1)
        total = int(parts[0]) * 12 + (int(parts[1]) - 1 if len(parts) > 1 else 0) + months
        parts[0] = Decimal(total // 12)
        if len(parts) > 1:
            parts[1] = Decimal(total % 12 + 1)
        if len(parts) > 2:
            parts[2] = min(parts[2], Decimal(_days(int(parts[0]), int(parts[1]))))
        return Temporal(moment.kind, tuple(parts), moment.offset)
    if unit not in _STEPS:
        raise FhirPathError("only calendar durations can be added to a date")
    full = [*map(int, parts), 1, 1][:3] if len(parts) < 3 else [*map(int, parts[:5]), 0, 0][:5]
    try:
        start = datetime(*full)  # type: ignore[arg-type]
        start += timedelta(seconds=float(parts[5]) if len(parts) > 5 else 0)
        end = start + timedelta(milliseconds=float(amount * _STEPS[unit]))
    except (ValueError, OverflowError) as error:
        raise FhirPathError("no such date") from error
    second = Decimal(end.second) + Decimal(end.microsecond) / 1_000_000
    fields = (*map(Decimal, (end.year, end.month, end.day, end.hour, end.minute)), second)
    return Temporal(moment.kind, fields[: len(parts)], moment.offset)


def _days(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
