"""The catalogue of issue codes: every code is fired by a call in `tests/fires/`, and its row is fit to be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from conformance.catalogue import Code, IssueType, areas, codes
from conformance.issue import SEVERITIES, Issue

Fire = Callable[[], Iterable[Issue]]


def fires() -> dict[str, list[Fire]]:
    """Code to the calls that are said to fire it."""
    found: dict[str, list[Fire]] = {}
    for path in sorted((Path(__file__).parent / "fires").glob("*.py")):
        for code, fire in import_module(f"tests.fires.{path.stem}").FIRES.items():
            found.setdefault(code, []).append(fire)
    return found


FIRES = fires()


def test_every_code_is_fired_and_no_other() -> None:
    assert set(FIRES) == {row.code for row in codes()}


@pytest.mark.parametrize("code", sorted(FIRES))
def test_a_code_is_fired_by_a_real_call(code: str) -> None:
    for fire in FIRES[code]:
        issues = list(fire())
        assert code in {issue.code for issue in issues}
        assert not any(re.search(r"\{\w*\}", issue.message) for issue in issues if issue.code == code)


@pytest.mark.parametrize("row", codes(), ids=lambda row: row.code)
def test_a_row_is_fit_to_be_read(row: Code) -> None:
    assert re.fullmatch(rf"({'|'.join(areas())})-\d{{4}}", row.code)
    assert row.severity in SEVERITIES
    assert row.type in get_args(IssueType)
    assert row.title[:1].isupper() or not row.title.partition(" ")[0].islower(), "a capital, or an element's own name"
    assert not row.title.endswith(".")
    assert row.why.endswith((".", "?", "!")), "why is a sentence"
    list(Formatter().parse(row.message))


def test_codes_and_titles_are_unique() -> None:
    rows = codes()
    assert len({row.code for row in rows}) == len(rows)
