"""Cells of tables, which the format has normalised: times are ISO 8601, and identifiers are a column's own."""

from __future__ import annotations

import re
from collections.abc import Callable

from mappings.conversions.conversion import Conversion, Run
from mappings.conversions.numbers import decimal_backward, decimal_forward
from mappings.conversions.times import datetime_forward, instant_forward, local


def same_backward(value: str, run: Run) -> str:
    """A time as FHIR writes it is one that tables take."""
    return value


def iso_forward(text: str, run: Run) -> str | None:
    """A time of day gets its offset; a date, which reading tables has checked, is one already."""
    if len(text) == 10 and text[4] == text[7] == "-" and "01" <= text[5:7] <= "12" and "01" <= text[8:] <= "28":
        return text if (text[:4] + text[5:7] + text[8:]).isdecimal() else None
    return datetime_forward(text, run)


def clock_backward(value: str, run: Run) -> str:
    """A time of day as those write it who have one zone: the zone's own, `2026-01-05 08:00:00`."""
    return sheet_time(local(value, run))


def sheet_time(value: str) -> str:
    return value[:19].replace("T", " ")


def stay_forward(texts: list[str], run: Run) -> str | None:
    """The last day of a stay, beside its first; none where it comes before that."""
    end, start = texts
    if end and start and end[:10] < start[:10]:
        run.say("MAP-0210", end)
        return None
    return end or None


_CLOCK = re.compile(
    r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?(?:\.\d{1,9})? ?([AaPp])?\.?[Mm]?\.?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def clock_forward(text: str, run: Run) -> str | None:
    """`9:00`, `5 PM`, `17:00:00-05:00` -> a time of day; FHIR's has no offset."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None or (match[2] is None and match[4] is None):
        return None
    hour, half = int(match[1]), (match[4] or "").upper()
    if hour > (12 if half else 23) or int(match[2] or 0) > 59 or int(match[3] or 0) > 59:
        return None
    hour = hour % 12 + (12 if half == "P" else 0) if half else hour
    return f"{hour:02}:{match[2] or '00'}:{match[3] or '00'}"


def row_key(texts: list[str] | str, run: Run) -> str | None:
    """What columns say of a thing, at this sender; None when the first of them is empty."""
    parts = texts if isinstance(texts, list) else [texts]
    return "|".join([*parts, run.settings.sender]) if parts and parts[0] else None


def lines_forward(texts: list[str], run: Run) -> list[str] | None:
    """Columns of one list, such as the lines of an address, without those that are empty."""
    return [text for text in texts if text] or None


def _lines_backward(count: int) -> Callable[[list[str], Run], list[str]]:
    def backward(value: list[str], run: Run) -> list[str]:
        """What is more than the columns goes to the last of them."""
        head, rest = value[: count - 1], value[count - 1 :]
        return [*head, *[""] * (count - 1 - len(head)), " ".join(rest)]

    return backward


def dollars_forward(text: str, run: Run) -> object:
    """An amount with all its digits."""
    return decimal_forward(text.replace(",", "").lstrip("$").strip(), run)


_RACES = (
    "American Indian or Alaska Native",
    "Asian",
    "Black or African American",
    "Native Hawaiian or Other Pacific Islander",
    "White",
    "Middle Eastern or North African",
)


def races_forward(texts: list[str], run: Run) -> str | None:
    """HMIS columns of races (1: yes), as words."""
    return ", ".join(name for name, text in zip(_RACES, texts, strict=False) if text == "1") or None


_HITS = {"LA6270-8": 1, "LA10066-1": 2, "LA10082-8": 3, "LA16644-9": 4, "LA6482-9": 5}
_HITS_CONCERN = 10
"""AHC-HRSN, questions on safety: a sum above it shows a concern."""


_UNSAFE = (
    {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R", "display": "restricted"},
    {
        "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "code": "SDV",
        "display": "sexual assault, abuse, or domestic violence information sensitivity",
    },
)


def _unsafe(texts: list[str]) -> bool:
    """Whether the answers to the four questions on safety, all given, sum up to a concern."""
    scores = [_HITS.get(text, 0) for text in texts]
    return all(scores) and sum(scores) > _HITS_CONCERN


def hits_forward(texts: list[str], run: Run) -> str | None:
    return "Concern for safety (HITS)" if _unsafe(texts) else None


def labels_forward(texts: list[str], run: Run) -> list[dict[str, str]] | None:
    return [dict(label) for label in _UNSAFE] if _unsafe(texts) else None


def _system(name: str, what: str) -> Conversion:
    def forward(text: str, run: Run) -> str | None:
        """The URI that the site names for this kind of identifier, at this sender or at all."""
        known = run.settings.authorities
        return known.get(f"{run.settings.sender}.{what}") or known.get(what)

    return Conversion(
        name=name,
        forward=forward,
        backward=None,
        gives="uri",
        quiet=True,
        doc=f"One-way: the URI that the site's authorities have under `{what}`.",
    )


CONVERSIONS = (
    Conversion(
        name="iso-dateTime",
        forward=iso_forward,
        backward=same_backward,
        gives="dateTime",
        lossy=True,
        doc="A cell's date or time, as reading tables left it; a time without an offset gets the sender's.",
    ),
    Conversion(
        name="iso-instant",
        forward=instant_forward,
        backward=same_backward,
        gives="instant",
        lossy=True,
        doc="A cell's time of day with its date; a date alone is no instant.",
    ),
    Conversion(
        name="clock-instant",
        forward=instant_forward,
        backward=clock_backward,
        gives="instant",
        lossy=True,
        doc="The same; going back it is the sender's clock, without an offset.",
    ),
    Conversion(
        name="clock-code",
        forward=lambda text, run: text,
        backward=lambda value, run: sheet_time(value),
        gives="code",
        lossy=True,
        doc="A time of day that is kept as it was typed.",
    ),
    Conversion(
        name="stay-end",
        forward=stay_forward,
        backward=lambda value, run: [value, ""],
        gives="dateTime",
        quiet=True,
        doc="The last day of a stay, and its first to compare it with.",
    ),
    Conversion(
        name="clock-time",
        forward=clock_forward,
        backward=None,
        gives="time",
        doc="One-way: a time of day as people write it; the table's own text comes back beside it.",
    ),
    Conversion(name="row-key", forward=row_key, backward=None, gives="key", doc="Columns at this sender."),
    Conversion(
        name="two-lines",
        forward=lines_forward,
        backward=_lines_backward(2),
        gives="string",
        lossy=True,
        doc="Two columns of a street's lines; going back, further lines stand in the second.",
    ),
    Conversion(
        name="amount",
        forward=dollars_forward,
        backward=decimal_backward,
        gives="decimal",
        lossy=True,
        doc="An amount of money, with or without its sign and separators.",
    ),
    Conversion(
        name="hmis-races",
        forward=races_forward,
        backward=None,
        gives="string",
        quiet=True,
        doc="One-way: the categories come back.",
    ),
    Conversion(
        name="hits-concern",
        forward=hits_forward,
        backward=None,
        gives="string",
        quiet=True,
        doc="One-way: what the answers to the four questions of HITS together show; nothing up to a sum of 10.",
    ),
    Conversion(
        name="hits-labels",
        forward=labels_forward,
        backward=None,
        gives="Coding",
        quiet=True,
        doc="One-way: the labels of a person for whose safety the same answers show a concern.",
    ),
    _system("system-of-person", "person_id"),
    _system("system-of-member", "member_id"),
    _system("system-of-medicaid", "medicaid_id"),
    _system("system-of-referral", "referral_id"),
    _system("system-of-organization", "organization_id"),
)
