"""Calls that fire the codes of the area BASE."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from conformance.baseline import Baseline, read
from conformance.catalogue import issue
from conformance.issue import Issue

_ENTRY = "accept: [{code: JSON-0004, reason: known, until: 2026-01-01}]"


def _review(*found: Issue) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        baseline = Baseline(read(_ENTRY, "baseline.yaml").value or (), date(2026, 1, 2))
        for one in found:
            baseline.reason(one)
        return baseline.review()

    return fire


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "BASE-0001": lambda: read("accept: [{code: JSON-0004}]", "baseline.yaml").issues,
    "BASE-0002": _review(issue("JSON-0004")),
    "BASE-0003": _review(),
}
