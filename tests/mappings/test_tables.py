"""`rows`, `unpivot` and `split`: tables read and written by one small map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.formats.tabular.syntax import SYNTAX
from adapters.formats.tabular.table import Dataset, Row, Table
from conformance.document import Document
from mappings.catalog import Catalog
from mappings.convert import Conversion
from mappings.lint import lint
from tests.mappings.small import SYNTAXES

MAP = """\
map: small
between: {csv: people, fhir: Bundle}
tables:
  answers:
    rows:
    - ["q1|never true", {code: LA1, positive: N}]
    - ["q1|often true", {code: LA2, positive: Y}]
    - ["q2|yes", {code: LA3, positive: Y}]
rules:
- {set: {fhir: {type: collection}}}
- rows: {from: people, join: {places: place_id}, group: id, retract: {gone: {eq: "true"}}}
  rules:
  - make: Patient
    name: person
    key: {csv: [id, "'person'"], as: row-key}
    rules:
    - {csv: id, fhir: identifier.value}
    - {csv: place_id, fhir: address.postalCode}
    - {csv: places.city, fhir: address.city}
    - {csv: Source.name, fhir: managingOrganization.display}
    - {each: {csv: nick, fhir: name}, split: ';', rules: [{csv: ., fhir: text}]}
    - unpivot: {columns: {r1: {race: White, answer: "1"}, r2: {race: Black, answer: "1"}}, to: {answer: answer}}
      fhir: communication
      rules: [{csv: race, fhir: language.text}]
  - make: Observation
    name: panel
    key: {csv: [id, date], as: row-key}
    where: {fhir: {code.text: panel}}
    rules:
    - {set: {fhir: {status: final}}}
    - {fhir: subject, ref: person}
    - {csv: date, fhir: effectiveDateTime}
    - {fhir: hasMember, ref: answer}
  - unpivot: {columns: {a1: q1, a2: q2}, to: {question: question, answer: answer}, join: {answers: [question, answer]}}
    rules:
    - make: Observation
      name: answer
      key: {csv: [id, date, question], as: row-key}
      where: {fhir: {category.text: answer}}
      rules:
      - {set: {fhir: {status: final}}}
      - {fhir: subject, ref: person}
      - {csv: question, fhir: code.coding.code}
      - cases:
        - {when: {csv: answers.code, is: valued}, csv: answers.code, fhir: valueCodeableConcept.coding.code}
        - {csv: answer, fhir: valueCodeableConcept.text}
    - make: Condition
      derived: follows from the answer
      when: {csv: answers.positive, eq: Y}
      key: {csv: [id, date, question], as: row-key}
      rules:
      - {fhir: subject, ref: person}
      - {fhir: evidence.detail, ref: answer}
"""

ONE = {"id": "1", "place_id": "p", "nick": "A;B", "date": "2026-01-01", "a1": "Often  true", "r1": "1"}
TWO = {"id": "2", "place_id": "p", "date": "2026-01-02", "a1": "never true", "a2": "perhaps", "r2": "1"}


def dataset(*rows: dict[str, str]) -> Document:
    data = Dataset("people")
    data["people"] = Table("people", map(Row, rows))
    data["places"] = Table("places", [Row(place_id="p", city="Rome")])
    data["Source"] = Table("Source", [Row(name="Shelter")])
    return Document(format="csv", version="people", root=data)


def syntaxes(name: str) -> Any:
    return SYNTAX if name == "csv" else SYNTAXES[name]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "small.yaml").write_text(MAP)
    assert [one.message for one in lint((tmp_path,), syntaxes, tmp_path / "none")] == []
    return Catalog((tmp_path,), tmp_path / "none")


def run(catalog: Catalog, document: Document, *, back: bool = False) -> Conversion:
    sides = ("fhir", "csv") if back else ("csv", "fhir")
    converter = catalog.converter("small", *sides, syntaxes)
    assert converter is not None, catalog.issues
    return converter(document)


def resources(made: Conversion, kind: str) -> list[dict[str, Any]]:
    assert made.document is not None
    entries = [entry["resource"] for entry in made.document.root.get("entry", ())]
    return [each for each in entries if each["resourceType"] == kind]


def test_a_row_with_what_is_joined_split_and_unpivoted(catalog: Catalog) -> None:
    made = run(catalog, dataset(ONE))
    (person,) = resources(made, "Patient")
    assert person["address"] == [{"postalCode": "p", "city": "Rome"}]
    assert person["managingOrganization"] == {"display": "Shelter"}
    assert person["name"] == [{"text": "A"}, {"text": "B"}]
    assert person["communication"] == [{"language": {"text": "White"}}]


def test_items_find_their_codes_without_regard_to_case_and_space(catalog: Catalog) -> None:
    made = run(catalog, dataset(ONE))
    panel, answer = resources(made, "Observation")
    assert answer["valueCodeableConcept"] == {"coding": [{"code": "LA2"}]}
    assert panel["hasMember"] == [{"reference": f"urn:uuid:{answer['id']}"}]
    (need,) = resources(made, "Condition")
    assert need["evidence"] == [{"detail": [{"reference": f"urn:uuid:{answer['id']}"}]}]


def test_each_panel_has_its_own_answers(catalog: Catalog) -> None:
    made = run(catalog, dataset(ONE, TWO))
    panels = [each for each in resources(made, "Observation") if "hasMember" in each]
    assert [len(panel["hasMember"]) for panel in panels] == [1, 2]


def test_an_answer_that_no_table_knows_is_kept_and_reported_at_its_cell(catalog: Catalog) -> None:
    made = run(catalog, dataset(TWO))
    texts = [each.get("valueCodeableConcept", {}).get("text") for each in resources(made, "Observation")]
    assert "perhaps" in texts
    assert [(one.code, one.at.path, one.found) for one in made.issues] == [("MAP-0103", "people.a2", "perhaps")]


def test_there_and_back_is_the_same(catalog: Catalog) -> None:
    made = run(catalog, dataset(ONE, TWO))
    assert made.document is not None
    again = run(catalog, made.document, back=True)
    assert again.document is not None
    assert again.document.root["people"] == [{**ONE, "a1": "often true"}, TWO]
    assert again.document.root["places"] == [{"place_id": "p", "city": "Rome"}]
    assert again.document.root["Source"] == [{"name": "Shelter"}]


def test_every_cell_is_in_the_ledger(catalog: Catalog) -> None:
    made = run(catalog, dataset(ONE, TWO))
    assert {row.status for row in made.ledger.rows()} == {"mapped"}
    extra = run(catalog, dataset({**ONE, "shoe_size": "9"}))
    assert [row.path for row in extra.ledger.rows() if row.status == "unmapped"] == ["people.shoe_size"]


def test_a_later_row_of_a_group_replaces_earlier_ones(catalog: Catalog) -> None:
    made = run(catalog, dataset(ONE, {**ONE, "nick": "C"}))
    (person,) = resources(made, "Patient")
    assert person["name"] == [{"text": "C"}]


def test_a_row_flagged_deleted_takes_back_what_it_said(catalog: Catalog) -> None:
    made = run(catalog, dataset({**ONE, "gone": "true"}))
    (person,) = resources(made, "Patient")
    assert person["active"] is False
    assert "name" not in person
    assert {each["status"] for each in resources(made, "Observation")} == {"entered-in-error"}
    assert made.document is not None
    again = run(catalog, made.document, back=True)
    assert again.document is not None
    assert again.document.root["people"][0]["gone"] == "true"


def test_ids_are_the_same_whatever_stands_around_a_row(catalog: Catalog) -> None:
    alone = resources(run(catalog, dataset(ONE)), "Patient")[0]["id"]
    among = [each["id"] for each in resources(run(catalog, dataset(TWO, ONE)), "Patient")]
    assert alone in among


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{csv: id, fhir: id}", "rows` opens a table"),
        ("{rows: {from: .}, rules: []}", "there is none around"),
        ("{unpivot: {columns: {a: b}, to: {}}, rules: []}", "stands inside `rows`"),
    ],
)
def test_lint_says_where_a_rule_of_tables_makes_no_sense(tmp_path: Path, rule: str, said: str) -> None:
    (tmp_path / "bad.yaml").write_text(f"map: bad\nbetween: {{csv: people, fhir: Bundle}}\nrules:\n- {rule}\n")
    found = [one for one in lint((tmp_path,), syntaxes, tmp_path / "none") if one.code == "MAP-0008"]
    assert any(said in one.message and one.at.line == 4 for one in found)
