"""Calls that fire what is said of characters that FHIR can't hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.issue import Issue
from gateway import convert
from tests.mappings.shipped.messages import adt

FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "MAP-0213": lambda: convert(adt("PID|1||4711^^^GH^MR||St\x0bone"), "fhir").issues,
}
