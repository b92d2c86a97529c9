"""HL7 v2 TS, DTM, DT, TM and FHIR's date, dateTime, instant and time: precision and clock digits stay as sent.

HL7 v2.9 chapter 2A.3.22 (DTM): `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`. FHIR R4 datatypes: a time of day
needs seconds and an offset, so missing ones are filled: minutes and seconds with zeros (that is what a v2 time to the
minute says in FHIR), the offset from the sender's zone, with a warning.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from datetime import date as calendar_date
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.conversions.conversion import Conversion, Run, once

_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LONGEST = 32
"""More than any time needs: `YYYYMMDDHHMMSS.SSSSSSSSS+ZZZZ` has 29."""


def date_forward(text: str, run: Run) -> str | None:
    """A DT, or the date of a DTM: a date stays a date, a time of day belongs to another rule."""
    if len(text) == 8 and (known := _DAY_OF.get(text)) is not None:
        return known
    digits, _, _ = _split(text)
    return _met_day(digits[:8])


def datetime_forward(text: str, run: Run) -> str | None:
    """A DTM in its own precision; with a time of day also its offset."""
    if (whole := _WHOLE.get(text)) is not None:
        return whole
    if (sure := _usual(text, run)) is not None:
        return sure
    digits, fraction, offset = _split(text)
    day = _met_day(digits[:8])
    if day is None or (len(digits) <= 8 and fraction):
        return None
    return day if len(digits) <= 8 else _moment(day, digits[8:], fraction, offset, text, run)


_DAY_OF: dict[str, str] = {}
_CLOCK_OF: dict[str, str] = {}
_OFFSET_OF: dict[str, str] = {}
"""The calendar's days, the day's seconds and the offsets that were met, as HL7 v2 and as FHIR write them."""

_MOST_MET = 50_000

_WHOLE: dict[str, str] = {}
"""Times with their own offset that were met lately: one message says the same moment in many places."""
_MOST_WHOLE = 500


def _usual(text: str, run: Run) -> str | None:
    """The forms that nearly all times have, `YYYYMMDD`, `YYYYMMDDHHMMSS` and `YYYYMMDDHHMMSS+ZZZZ`, of days, seconds
    and offsets that were met before; None leaves it to the whole reading."""
    day = _DAY_OF.get(text[:8])
    if day is None:
        return None
    length = len(text)
    if length == 8:
        return day
    clock = _CLOCK_OF.get(text[8:14])
    if clock is None:
        return None
    if length == 14:
        return f"{day}T{clock}{_assumed(day, clock, text, run)}"
    offset = _OFFSET_OF.get(text[14:])
    if offset is None:
        return None
    if len(_WHOLE) >= _MOST_WHOLE:
        _WHOLE.clear()
    whole = _WHOLE[text] = f"{day}T{clock}{offset}"
    return whole


def _met(known: dict[str, str], text: str, value: str) -> None:
    if len(known) < _MOST_MET:
        known[text] = value


def instant_forward(text: str, run: Run) -> str | None:
    """A DTM that reaches the time of day; a date alone is no instant, and midnight isn't made up."""
    value = datetime_forward(text, run)
    return value if value is not None and "T" in value else None


def time_forward(text: str, run: Run) -> str | None:
    """A TM without its offset, for which FHIR's time has no place."""
    digits, fraction, _ = _split(text)
    return None if digits[:2] == "24" else _clock(digits, fraction)


def end_forward(texts: list[str], run: Run) -> str | None:
    """Start and minutes -> end (PR1-5 and PR1-7), with the start's own offset and precision of seconds."""
    start, minutes = datetime_forward(texts[0], run), texts[1].strip()
    if start is None or "T" not in start or not (minutes.isdecimal() and len(minutes) < 8):
        return None
    try:
        return (datetime.fromisoformat(start) + timedelta(minutes=int(minutes))).isoformat()
    except (ValueError, OverflowError):
        return None


def visit_end_forward(texts: list[str], run: Run) -> str | None:
    """The end of a visit (PV1-45) beside its beginning (PV1-44); none where it is first (per-1), which is reported."""
    end, start = texts
    value = datetime_forward(end, run) if end else None
    if value is None or not _reversed(end, start):
        return value
    run.say("MAP-0208", end)
    return None


def reversed_end_forward(texts: list[str], run: Run) -> str | None:
    """The text of an end before its beginning, for which FHIR has no period."""
    end, start = texts
    return end if _reversed(end, start) else None


def _reversed(end: str, start: str) -> bool:
    return bool(end and start) and _precedes(end, start)


def visit_end_backward(value: str, run: Run) -> list[str] | None:
    end = datetime_backward(value, run)
    return [end, ""] if end else None


def reversed_end_backward(value: str, run: Run) -> list[str]:
    return [value, ""]


def _precedes(one: str, other: str) -> bool:
    """True when a DTM is before another in their common precision, which is days where offsets differ."""
    (first, _, east), (second, _, west) = _split(one), _split(other)
    common = min(len(first), len(second), 14 if east == west else 8)
    return first[:common] < second[:common]


def date_backward(value: str, run: Run) -> str | None:
    return value[:10].replace("-", "") or None


def datetime_backward(value: str, run: Run) -> str | None:
    """`2024-03-17T14:05:00-05:00` -> `20240317140500-0500`; Z is +0000."""
    day, mark, clock = value.partition("T")
    if not mark:
        return day.replace("-", "") or None
    if clock.endswith("Z"):
        clock = clock[:-1] + "+00:00"
    head, dot, fraction = clock.partition(".")
    if dot:  # DTM has four digits at most
        digits = len(fraction) - len(fraction.lstrip("0123456789"))
        clock = f"{head}.{fraction[: min(digits, 4)]}{fraction[digits:]}"
    return (day.replace("-", "") + clock).replace(":", "")


def time_backward(value: str, run: Run) -> str | None:
    return value.replace(":", "") or None


def _split(text: str) -> tuple[str, str, str]:
    """Digits, fraction and offset of a time; `2024-03-17T14:05:00` is read like `20240317140500`."""
    text = text.strip()[:_LONGEST]
    if text[4:5] == "-" and text[7:8] in ("-", ""):
        text = text[:10].replace("-", "") + text[11:].replace(":", "")
    if text.endswith("Z"):
        text = text[:-1] + "+0000"
    sign = max(text.find("+"), text.find("-"))
    body, offset = (text, "") if sign < 0 else (text[:sign], text[sign:])
    digits, dot, fraction = body.partition(".")
    if not dot and 14 < len(digits) <= 18:  # `20110613122406637`: milliseconds without their point
        digits, dot, fraction = digits[:14], ".", digits[14:]
    return (digits, fraction if dot else "", offset) if not dot or fraction.isdecimal() else ("", "", "")


def _day(digits: str) -> str | None:
    """`YYYY-MM-DD` in the precision of the digits, or None where the calendar has no such day."""
    if not (digits.isdecimal() and digits.isascii()) or len(digits) not in (4, 6, 8) or digits[:4] == "0000":
        return None
    if len(digits) == 4:
        return digits
    month = int(digits[4:6])
    if not 1 <= month <= 12:
        return None
    if len(digits) == 6:
        return f"{digits[:4]}-{digits[4:]}"
    day, year = int(digits[6:]), int(digits[:4])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _DAYS[month] or (month == 2 and day == 29 and not leap):
        return None
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _met_day(digits: str) -> str | None:
    day = _day(digits)
    if day is not None and len(day) == 10:
        _met(_DAY_OF, digits, day)
    return day


def _clock(digits: str, fraction: str) -> str | None:
    """`hh:mm:ss[.fff]` of HH, HHMM or HHMMSS; 24:00 only as such."""
    if not (digits.isdecimal() and digits.isascii()) or len(digits) not in (2, 4, 6):
        return None
    full = digits.ljust(6, "0")
    if full[:2] > "23" and full != "240000":
        return None
    if full[2:4] > "59" or full[4:] > "60" or (fraction and (len(digits) != 6 or full[:2] == "24")):
        return None
    return f"{full[:2]}:{full[2:4]}:{full[4:]}" + (f".{fraction}" if fraction else "")


def _moment(day: str, digits: str, fraction: str, offset: str, text: str, run: Run) -> str | None:
    clock = _clock(digits, fraction)
    if clock is None or len(day) != 10:
        return None
    if clock.startswith("24"):
        try:
            day, clock = (calendar_date.fromisoformat(day) + timedelta(days=1)).isoformat(), "00:00:00"
        except OverflowError:
            return None
    elif len(digits) == 6 and not fraction:
        _met(_CLOCK_OF, digits, clock)
    return f"{day}T{clock}{_offset(offset, text, run) or _assumed(day, clock, text, run)}"


def _offset(offset: str, text: str, run: Run) -> str | None:
    """`+hh:mm` of `+ZZZZ` or `+ZZ`; None without one, or with one that no place on earth has."""
    if not offset:
        return None
    hours, minutes = offset[1:3], offset[3:] or "00"
    numbers = (hours + minutes).isdecimal() and len(hours) == len(minutes) == 2
    if numbers and minutes < "60" and (hours < "14" or (hours, minutes) == ("14", "00")):
        found = f"{offset[0]}{hours}:{minutes}"
        _met(_OFFSET_OF, offset, found)
        return found
    run.say("MAP-0201", text)
    return None


def _assumed(day: str, clock: str, text: str, run: Run) -> str:
    """The offset of a time without one, in the sender's zone, else the default zone, else UTC."""
    name = run.settings.zone or run.settings.default_zone
    once(run, "MAP-0202", text)
    zone = _zone(name) if name else UTC
    if zone is UTC:
        return "+00:00"
    seconds = min(clock[6:8], "59")
    local = datetime.fromisoformat(f"{day}T{clock[:6]}{seconds}")
    return _local_offset(local, zone, text, run)


def local(value: str, run: Run) -> str:
    """A FHIR time as the clocks of the sender's zone (else the default zone) show it; without one its own digits."""
    name = run.settings.zone or run.settings.default_zone
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if moment.tzinfo is not None and name:
        moment = moment.astimezone(_zone(name))
    return moment.replace(tzinfo=None).isoformat()


@cache
def _zone(name: str) -> tzinfo:
    """The zone; UTC for an unknown name, which the configuration's own check has reported."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _local_offset(local: datetime, zone: tzinfo, text: str, run: Run) -> str:
    """The zone's offset at a local time; around a change of the clocks the earlier one, reported."""
    early = local.replace(tzinfo=zone).utcoffset() or timedelta()
    late = local.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    if early != late:
        run.say("MAP-0204" if early < late else "MAP-0203", text)
    minutes = int(early.total_seconds() // 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


CONVERSIONS = (
    Conversion(
        name="date",
        forward=date_forward,
        backward=date_backward,
        gives="date",
        doc="DT, or the date part of a DTM, in its own precision.",
    ),
    Conversion(
        name="dateTime",
        forward=datetime_forward,
        backward=datetime_backward,
        gives="dateTime",
        lossy=True,
        doc="DTM in its own precision; a time of day comes back with seconds and the offset that it got.",
    ),
    Conversion(
        name="instant",
        forward=instant_forward,
        backward=datetime_backward,
        gives="instant",
        lossy=True,
        doc="DTM with a time of day, like dateTime.",
    ),
    Conversion(
        name="visit-end",
        forward=visit_end_forward,
        backward=visit_end_backward,
        gives="dateTime",
        lossy=True,
        doc="PV1-45 like dateTime, where it isn't before PV1-44.",
    ),
    Conversion(
        name="reversed-end",
        forward=reversed_end_forward,
        backward=reversed_end_backward,
        gives="string",
        quiet=True,
        doc="PV1-45 as text, where it is before PV1-44.",
    ),
    Conversion(
        name="end-after-minutes",
        forward=end_forward,
        backward=None,
        gives="dateTime",
        doc="One-way: the end of a period from its start and minutes; going back only the start is known here.",
    ),
    Conversion(
        name="time",
        forward=time_forward,
        backward=time_backward,
        gives="time",
        lossy=True,
        doc="TM; FHIR's time has seconds and no offset.",
    ),
)
