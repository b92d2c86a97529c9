"""What attributes of the classes may say, and values against each other: enumerations, units of time, intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue import issue
from conformance.ccda.node import Node, Place
from conformance.ccda.primitives import is_decimal, is_time
from conformance.issue import Issue

_ENTRIES = ["XCRPT", "COMP", "RSON", "SPRT", "CAUS", "GEVL", "MFST", "REFR", "SAS", "SUBJ"]
_MOODS = ["INT", "APT", "ARQ", "DEF", "EVN", "PRMS", "PRP", "RQO"]
_DRUGS = ["INT", "EVN", "PRMS", "PRP", "RQO"]

ENUMERATED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("relatedDocument", "typeCode"): ("APND", "RPLC", "XFRM"),
    ("entryRelationship", "typeCode"): tuple(_ENTRIES),
    ("act", "moodCode"): (*_MOODS, "PERM", "EVN.CRT"),
    ("encounter", "moodCode"): tuple(_MOODS),
    ("procedure", "moodCode"): tuple(_MOODS),
    ("substanceAdministration", "moodCode"): tuple(_DRUGS),
    ("supply", "moodCode"): tuple(_DRUGS),
    ("observation", "moodCode"): (*_MOODS, "GOL", "PERM", "EVN.CRT"),
}
"""Codes that CDA's schema lists for an attribute of an element (x_ActRelationship…, x_Document…Mood)."""
_TIMES = frozenset(("a", "mo", "wk", "d", "h", "min", "s", "ms", "us"))


def check(node: Node, place: Place) -> Iterator[Issue]:
    """The findings of one element by the codes of its attributes, the unit of a period, and the ends of an interval."""
    for name in ("typeCode", "moodCode"):
        said = node.attributes.get(name)
        allowed = ENUMERATED.get((node.name, name)) if said is not None else None
        if allowed and said not in allowed:
            yield issue("CDA-0218", place(node, name), attribute=name, type=f"one of {', '.join(allowed)}", found=said)
    if node.name == "period" and (unit := node.attributes.get("unit")) is not None and unit not in _TIMES:
        kind = "a unit of time (a, mo, wk, d, h, min, s)"
        yield issue("CDA-0218", place(node, "unit"), attribute="unit", type=kind, found=unit)
    if "low" in node.kids and "high" in node.kids and _turned(node.kids["low"][0], node.kids["high"][0]):
        yield issue("CDA-0235", place(node, ""), element=node.name)


def _turned(low: Any, high: Any) -> bool:
    """Whether an interval ends before it begins; times are compared as far as both are told and alike in their zone."""
    start, end = low.attributes.get("value", ""), high.attributes.get("value", "")
    if low.attributes.get("unit") != high.attributes.get("unit"):
        return False
    if "unit" not in low.attributes and is_time(start) and is_time(end):
        return _day(start)[: len(_day(end))] > _day(end)[: len(_day(start))]
    return is_decimal(start) and is_decimal(end) and float(start) > float(end)


def _day(time: str) -> str:
    """The day of a time, so that zones don't matter."""
    return time[:8].partition("-")[0].partition("+")[0]
