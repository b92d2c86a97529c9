"""Lint knows the columns of tables: one that can't be there is an error at its line, with the one that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.issue import Issue
from gateway import formats
from mappings.lint import lint

SCHEMA = """\
schema: visits
title: Visits of our pantry
tables:
  clients:
    telling: [person_id]
    columns:
      person_id: {is: id, also: [Client ID, Card no]}
      household: id
      full_name: name
      mobile: phone
      snap: boolean
    key: [person_id]
  visits:
    telling: [visit_id]
    columns:
      visit_id: id
      person_id: id
      needs: text
    key: [visit_id]
"""
MAP = """\
map: visits
between: {{csv: visits, fhir: Bundle}}
rules:
- rows: {{from: clients}}
  rules:
  - make: Patient
    name: person
    key: {{csv: [person_id], as: row-key}}
    rules:
    - {{csv: last_name, fhir: name.family}}
    - {{csv: phone_note, fhir: "telecom.extension($note).valueString"}}
    - {{csv: person_id, fhir: identifier.value}}
{rule}
names: {{note: "http://example.org/note"}}
"""


def found(folder: Path, rule: str, schema: str = SCHEMA) -> list[Issue]:
    (folder / "maps").mkdir()
    (folder / "maps" / "visits.yaml").write_text(MAP.format(rule=rule))
    if schema:
        (folder / "maps" / "visits.columns.yaml").write_text(schema)
    return [one for one in lint((folder / "maps",), formats.syntax) if one.severity == "error"]


def test_columns_that_are_there_are_no_mistake(tmp_path: Path) -> None:
    assert found(tmp_path, "") == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("    - {csv: houshold, fhir: id}", "`clients` has no column `houshold`; did you mean `household`?"),
        ("    - {csv: Card no, fhir: id}", "`clients` has no column `Card no`: that header is read as `person_id`"),
        ("    - {csv: household, fhir: id, when: {csv: snapp, is: valued}}", "did you mean `snap`?"),
        ("    - {csv: zzz, fhir: id}", "`clients` has no column `zzz`"),
        ("    - {csv: visits.needs2, fhir: id}", "`visits` has no column `needs2`; did you mean `needs`?"),
        ("    - {each: {csv: 'houshold[;]', fhir: identifier}, rules: [{csv: ., fhir: value}]}", "`household`?"),
        ("- rows: {from: visit}\n  rules: []", "there is no table `visit`; did you mean `visits`?"),
        ("- rows: {from: visits, group: person}\n  rules: []", "did you mean `person_id`?"),
        ("- rows: {from: visits, join: {clients: {person_id: personid}}}\n  rules: []", "`clients` has no column"),
        ("- rows: {from: visits, retract: {gone: {is: valued}}}\n  rules: []", "`visits` has no column `gone`"),
        (
            "- rows: {from: visits}\n  rules:\n  - unpivot: {columns: {neds: {q: a}}, to: {q: q, answer: a}}\n"
            "    rules: []",
            "did you mean `needs`?",
        ),
    ],
)
def test_a_column_that_cannot_be_there_is_told_with_its_line(tmp_path: Path, rule: str, said: str) -> None:
    issues = found(tmp_path, rule)
    assert {one.code for one in issues} == {"MAP-0008"}
    assert any(said in one.message for one in issues), [one.message for one in issues]
    assert all(str(one.at.source).endswith("visits.yaml") for one in issues)
    assert {one.at.line for one in issues} <= {13, 14, 15, 16}


def test_a_kind_without_a_schema_is_not_judged(tmp_path: Path) -> None:
    assert found(tmp_path, "    - {csv: anything, fhir: id}", schema="") == []


def test_a_sites_rule_on_a_shipped_kind_is_judged_by_the_shipped_schema(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(
        "map: csv-roster\nrules+:\n- rows: {from: members}\n  rules:\n"
        "  - {make: Basic, key: {csv: [member_nr], as: row-key}, rules: [{csv: medicaid_id, fhir: id}]}\n"
    )
    issues = [one for one in lint((tmp_path,), formats.syntax) if one.severity == "error"]
    assert issues, "the column is called otherwise"
    assert {one.at.source for one in issues} == {str(tmp_path / "more.yaml")}
