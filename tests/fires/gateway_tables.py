"""Fires the codes of the area GW that tables on their way can give, by real exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.issue import Issue
from tests.gateway.pipeline.test_exports import ANN, CY, KNOWN, Mind, roster, setup, worked


def _told_before() -> Iterable[Issue]:
    mind = Mind()
    worked(roster(ANN), setup(), mind)
    return worked(roster(ANN), setup(), mind).issues


def _known_elsewhere() -> Iterable[Issue]:
    mind, plan = Mind(), replace(setup(), site=KNOWN)
    head = "MemberID,SubscriberID,MedicaidID,LastName"
    worked(f"{head}\nM1,S1,AA12345A,Hill\n", plan, mind)
    return worked(f"{head}\nM2,S1,AA12345A,Hill\n", plan, mind).issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "GW-0105": lambda: worked(roster(ANN, ANN.replace("M1", "1.2E+11")), setup()).issues,
    "GW-0204": _known_elsewhere,
    "GW-0303": lambda: worked(roster(ANN, CY), setup()).issues,
    "GW-0304": _told_before,
}
