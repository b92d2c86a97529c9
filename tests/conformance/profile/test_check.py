"""Checks on documents: each fault alone gives its finding, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT as HL7V2
from conformance import profile
from conformance.document import Document
from conformance.issue import Issue, Where

Fields = dict[str, list[str]]

DISCHARGE: Fields = {
    "MSH-2": ["^~\\&"], "MSH-3.1": ["ADT1"], "MSH-4.1": ["ASHBYGEN"], "MSH-7.1": ["20240317140500-0500"],
    "MSH-9.1": ["ADT"], "MSH-9.2": ["A03"], "MSH-10": ["W1"], "MSH-11.1": ["P"], "MSH-12.1": ["2.5.1"],
    "EVN-2.1": ["20240317140000"], "PID-3.1": ["1"], "PID-3.4": ["CHC"], "PID-5.1": ["Quillfeather"],
    "PID-5.2": ["Marisol"], "PID-7.1": ["19840312"], "PID-8": ["F"], "PV1-2": ["I"], "PV1-3": ["5W"],
    "PV1-7.2": ["Okonjo"], "PV1-19.1": ["V1"], "PV1-36": ["01"], "PV1-45.1": ["20240317140000"],
}  # fmt: skip


class Read:
    """Values by the paths themselves."""

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        return [(value, Where(path=path)) for value in document.root.get(path, [])]


def run(fields: Fields, name: str = "adt-cms-enotification") -> tuple[Issue, ...]:
    loaded = profile.load(name).value
    assert loaded is not None
    return profile.check(loaded, Document(format="hl7v2", version="2.5.1", root=fields), Read())


def rule(text: str, fields: Fields) -> list[tuple[str, str]]:
    loaded = profile.read(f"profile: p\ntitle: t\nformat: hl7v2\nchecks:\n- {{id: a, {text}}}\n".encode(), "p.yaml")
    assert loaded.value is not None, loaded.issues
    found = profile.check(loaded.value, Document(format="hl7v2", version="2.5.1", root=fields), Read())
    return [(each.code, each.severity) for each in found]


def test_a_complete_discharge_is_clean() -> None:
    assert run(DISCHARGE) == ()


@pytest.mark.parametrize("path", [path for path in DISCHARGE if path not in ("MSH-9.1", "MSH-9.2", "PV1-3")])
def test_each_missing_essential_is_told_where_it_is_missing(path: str) -> None:
    found = run({**DISCHARGE, path: []})
    assert len(found) == (1 if path != "MSH-4.1" else 2)
    assert path in (found[0].at.path, "PV1-7.2", "MSH-4.1")


def test_a_null_is_no_name() -> None:
    (found,) = run({**DISCHARGE, "PID-5.1": ['""']})
    assert (found.code, found.severity) == ("PRO-0101", "error")


def test_other_ways_of_naming_the_practitioner() -> None:
    for path in ("PV1-17.2", "ROL-4.2", "PRT-5.2"):
        assert run({**DISCHARGE, "PV1-7.2": [], path: ["Okonjo"]}) == ()


def test_an_admission_needs_no_disposition() -> None:
    fields = {**DISCHARGE, "MSH-9.2": ["A01"], "PV1-36": [], "PV1-45.1": [], "PV1-44.1": ["2024"]}
    assert run(fields) == ()


def test_another_kind_of_message_is_not_spoken_of() -> None:
    (found,) = run({**DISCHARGE, "MSH-9.1": ["ORU"]})
    assert (found.code, found.severity) == ("PRO-0002", "information")


@pytest.mark.parametrize(
    ("text", "values", "code"),
    [
        ("path: X, usage: R", [], "PRO-0101"),
        ("path: X, min: 2", ["a"], "PRO-0102"),
        ("path: X, max: 1", ["a", "b"], "PRO-0103"),
        ("path: X, usage: X", ["a"], "PRO-0104"),
        ("path: X, type: DTM", ["20230231"], "PRO-0105"),
        ("path: X, in: [M, F]", ["Z"], "PRO-0106"),
        ("path: X, pattern: '[a-z]+'", ["a1"], "PRO-0107"),
        ("path: X, length: 2..3", ["abcd"], "PRO-0108"),
        ("'any_of': [{X: a}, {X: b}]", ["c"], "PRO-0109"),
        ("path: X, usage: C(R/X), when: {X: a}", ["b"], "PRO-0104"),
    ],
)
def test_each_kind_of_check_can_fail(text: str, values: list[str], code: str) -> None:
    assert rule(text, {"X": values}) == [(code, "error")]


def test_severity_and_words_are_the_profiles() -> None:
    assert rule("path: X, usage: R, severity: warning", {}) == [("PRO-0101", "warning")]


def test_tests_join() -> None:
    either = "{any: [{C: {count: 2}}, {D: {match: 'd+'}}]}"
    text = f"path: X, usage: R, when: {{all: [{{A: {{is: valued}}}}, {{not: {{B: b}}}}, {either}]}}"
    assert rule(text, {"A": ["a"], "D": ["dd"]}) == [("PRO-0101", "error")]
    assert rule(text, {"A": ["a"], "C": ["1", "2"]}) == [("PRO-0101", "error")]
    assert rule(text, {"A": ["a"], "B": ["b"], "D": ["d"]}) == []
    assert rule(text, {"D": ["d"]}) == []


@given(st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_an_answer(value: str) -> None:
    codes = {code for code, _ in rule("path: X, type: DTM, in: [a], pattern: '[a-z]*', length: 1..5", {"X": [value]})}
    assert codes <= {"PRO-0105", "PRO-0106", "PRO-0107", "PRO-0108"}


def test_found_text_is_never_in_the_message() -> None:
    found = run({**DISCHARGE, "PV1-2": ["SECRET"], "PV1-3": []})
    assert found[0].found == "SECRET"
    assert all("SECRET" not in each.message for each in found)


class ReadAndPlaced(Read):
    """The same, and how often places were asked for."""

    placed = 0

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        self.placed += 1
        return super().values(document, path)

    def reader(self, paths: tuple[str, ...]) -> Callable[[Document], dict[str, list[Any]]]:
        return lambda document: {path: [*filter(None, document.root.get(path, ()))] for path in paths}


def test_places_are_found_out_for_findings_only() -> None:
    loaded, format_ = profile.load("adt-cms-enotification").value, ReadAndPlaced()
    assert loaded is not None
    document = Document(format="hl7v2", version="2.5.1", root=DISCHARGE)
    assert profile.check(loaded, document, format_) == ()
    assert format_.placed == 0
    several = {**DISCHARGE, "PID-7.1": ["", "1984", "19840231", "1984-03-12"]}
    found = profile.check(loaded, Document(format="hl7v2", version="2.5.1", root=several), format_)
    assert [(each.code, each.at.path, each.found) for each in found] == [
        ("PRO-0105", "PID-7.1", "19840231"),
        ("PRO-0105", "PID-7.1", "1984-03-12"),
    ]
    assert format_.placed == 1


def test_a_rule_that_a_document_cannot_be_asked_is_told_and_stops_no_other() -> None:
    text = (
        "profile: p\ntitle: t\nformat: fhir\nchecks:\n"
        "- {id: a, holds: Patient.name.family is string, message: mine, severity: information}\n"
        "- {id: b, each: 'name.select(family.single())', path: $this, usage: R}\n"
        "- {id: c, path: Patient.gender, usage: R}\n"
    )
    loaded = profile.read(text.encode(), "p.yaml")
    assert loaded.value is not None, loaded.issues
    root = {"resourceType": "Patient", "name": [{"family": ["A", "SECRET"]}, {"family": "C"}]}
    found = profile.check(loaded.value, Document(format="fhir", version="4.0.1", root=root))
    assert [(each.code, each.severity) for each in found] == [
        ("PRO-0112", "warning"),
        ("PRO-0112", "warning"),
        ("PRO-0101", "error"),
    ]
    assert all("SECRET" not in each.message and "mine" not in each.message for each in found)


def test_what_is_no_path_of_hl7_v2_is_told() -> None:
    head = "profile: p\ntitle: t\nformat: hl7v2\n"
    message = HL7V2.parse(b"MSH|^~\\&|A\r").value
    assert message is not None
    for text in (
        "checks:\n- {id: a, path: PID.5, usage: R}\n",
        "applies: {PID.5: x}\nchecks:\n- {id: a, path: PID, usage: R}\n",
    ):
        loaded = profile.read((head + text).encode(), "p.yaml").value
        assert loaded is not None
        assert [each.code for each in profile.check(loaded, message, HL7V2)] == ["PRO-0112"]
