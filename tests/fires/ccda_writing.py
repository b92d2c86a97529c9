"""Calls that fire the codes of writing clinical documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.issue import Issue
from gateway import convert
from tests.mappings.shipped.ccda.us_core import bundle, of, ref


def _of_another() -> Iterable[Issue]:
    problem = of("Condition", "c", code={"text": "Asthma"}, subject=ref("Patient/b"))
    return convert(bundle(of("Patient", "a"), problem), as_="ccd").issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {"MAP-0112": _of_another}
