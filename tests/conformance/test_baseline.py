"""Baselines: what is accepted, until when, and what of a baseline is out of date."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.baseline import Baseline, fits, read
from conformance.catalogue import issue
from conformance.issue import Issue, Where

TODAY = date(2026, 11, 21)
FILE = """\
accept:
- code: JSON-0004
  file: guides/*.json
  path: Patient.extension[*].url
  reason: the guide's own example
  until: 2026-11-21
- {code: JSON-0003, reason: an old sender, until: 2026-11-20}
- {code: JSON-0002, message: '*UTF-8*', reason: 'no: longer', until: 2030-01-01}
"""


def _baseline(today: date = TODAY) -> Baseline:
    result = read(FILE, "base.yaml")
    assert result.issues == ()
    assert result.value is not None
    return Baseline(result.value, today)


def _issue(code: str, source: str = "guides/a.json", path: str = "Patient.extension[1].url") -> Issue:
    return issue(code, Where(source=source, path=path), found="secret")


def test_a_finding_is_accepted_by_code_file_path_and_message() -> None:
    baseline = _baseline()
    assert baseline.reason(_issue("JSON-0004")) == "the guide's own example"
    assert baseline.reason(_issue("JSON-0004", source="own/a.json")) is None
    assert baseline.reason(_issue("JSON-0004", path="Patient.extension.url")) is None
    assert baseline.reason(_issue("JSON-0005")) is None
    assert baseline.reason(_issue("JSON-0002", source="", path="")) == "no: longer"


def test_an_acceptance_ends_after_its_last_day() -> None:
    assert _baseline(date(2026, 11, 21)).reason(_issue("JSON-0004"))
    assert _baseline(date(2026, 11, 22)).reason(_issue("JSON-0004")) is None


def test_expired_and_unneeded_entries_are_told_with_their_line() -> None:
    baseline = _baseline()
    for code in ("JSON-0004", "JSON-0003", "JSON-0003"):
        baseline.reason(_issue(code))
    told = {one.code: one for one in baseline.review()}
    assert set(told) == {"BASE-0002", "BASE-0003"}
    assert (told["BASE-0002"].at.source, told["BASE-0002"].at.line) == ("base.yaml", 7)
    assert "2026-11-20; 2 of its findings" in told["BASE-0002"].message
    assert told["BASE-0003"].at.line == 8


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        ("[]", 1),
        ("accept: x", 1),
        ("accept: []\nalso: 1", 1),
        ("accept:\n- x", 2),
        ("accept:\n- {code: JSON-0004, until: 2027-01-01}", 2),
        ("accept:\n- {code: JSON-0004, reason: ' ', until: 2027-01-01}", 2),
        ("accept:\n- {code: JSON-0004, reason: x}", 2),
        ("accept:\n- {code: NO-1, reason: x, until: 2027-01-01}", 2),
        ("accept:\n- {code: JSON-0004, reason: x, until: soon}", 2),
        ("accept:\n- {code: JSON-0004, reason: x, until: 2027-02-30}", 2),
        ("accept:\n- {code: JSON-0004, reason: x, until: 20270101}", 2),
        ("accept:\n- {code: JSON-0004, reason: x, until: 2027-01-01, found: y}", 2),
        ("accept:\n- {code: JSON-0004, reason: [x], until: 2027-01-01}", 2),
        ("accept: [", 2),
    ],
)
def test_a_file_with_a_mistake_is_not_used(text: str, line: int | None) -> None:
    result = read(text, "base.yaml")
    assert result.value is None
    assert result.issues[0].at.source == "base.yaml"
    if line:
        assert result.issues[0].at.line == line


def test_every_mistake_is_told() -> None:
    result = read("accept:\n- {code: NO-1, until: soon}\n- {reason: x}", "b")
    assert [one.at.line for one in result.issues] == [2, 2, 2, 3, 3]


@given(st.lists(st.text(alphabet="ab[*", max_size=4), min_size=1, max_size=5), st.lists(st.text("ab["), max_size=6))
def test_a_pattern_fits_what_its_stars_stand_for(parts: list[str], between: list[str]) -> None:
    literal = [part.replace("*", "") for part in parts]
    texts = [*between, "", "", "", ""][: len(literal) - 1]
    text = "".join(one for pair in zip(literal, [*texts, ""], strict=False) for one in pair)
    assert fits("*".join(literal), text)


@given(st.text("ab*", max_size=6), st.text("ab", max_size=8))
def test_patterns_agree_with_the_definition(pattern: str, text: str) -> None:
    def slow(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return slow(pattern[1:], text) or (bool(text) and slow(pattern, text[1:]))
        return bool(text) and text[0] == pattern[0] and slow(pattern[1:], text[1:])

    assert fits(pattern, text) is slow(pattern, text)


def test_many_stars_take_no_time() -> None:
    assert not fits("*a" * 5_000 + "b", "a" * 20_000)
