"""Dates, ids, nullFlavors, codes, labels and unknown entries: what a document says is what arrives."""

from __future__ import annotations

import pytest

from gateway import convert
from tests.mappings.shipped.ccda.clinical import LOINC, SNOMED, T, bundle, codes, document, resources, section


def problem(inside: str, ids: str = '<id root="1.2.3"/>') -> str:
    return (
        f'<observation classCode="OBS" moodCode="EVN"><templateId root="{T}4" extension="2099-01-01"/>{ids}'
        f'<code code="64572001" codeSystem="{SNOMED}"/><statusCode code="completed"/>{inside}</observation>'
    )


def condition(inside: str) -> dict[str, object]:
    (made,) = resources(document(section("11450-4", problem(inside))), "Condition")
    return made


VALUE = f'<value xsi:type="CD" code="38341003" codeSystem="{SNOMED}"/>'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2012", "2012"),
        ("201203", "2012-03"),
        ("20120304", "2012-03-04"),
        ("20120304050607-0800", "2012-03-04T05:06:07-08:00"),
        ("201203040506+0000", "2012-03-04T05:06:00+00:00"),
        ("2014032124536-0500", "2014-03-21"),
    ],
)
def test_times_keep_precision_and_offset(written: str, read: str) -> None:
    assert condition(f'<effectiveTime><low value="{written}"/></effectiveTime>{VALUE}')["onsetDateTime"] == read


def test_a_time_of_day_is_not_made_up() -> None:
    made = bundle(document(time="20240301"))
    assert made["entry"][0]["resource"]["date"] == "2024-03-01"


def test_an_end_that_is_unknown_is_an_end() -> None:
    made = condition(f'<effectiveTime><low value="2012"/><high nullFlavor="UNK"/></effectiveTime>{VALUE}')
    assert codes(made["clinicalStatus"]) == {"resolved"}
    assert made["_abatementDateTime"]


def test_an_end_of_which_nothing_is_said_is_none() -> None:
    made = condition(f'<effectiveTime><low value="2012"/><high nullFlavor="NI"/></effectiveTime>{VALUE}')
    assert "abatementDateTime" not in made
    assert "_abatementDateTime" not in made


def test_ids_that_repeat_collapse_nothing() -> None:
    other = f'<value xsi:type="CD" code="73211009" codeSystem="{SNOMED}"/>'
    entries = [problem(VALUE), problem(other), problem(VALUE)]
    found = resources(document(section("11450-4", *entries)), "Condition")
    assert len(found) == len({each["id"] for each in found}) == 3


def test_same_bytes_same_bundle() -> None:
    source = document(section("11450-4", problem(VALUE)))
    assert bundle(source) == bundle(source)


def test_a_null_flavor_is_no_code() -> None:
    translated = (
        '<value xsi:type="CD" nullFlavor="OTH"><translation code="I10" codeSystem="2.16.840.1.113883.6.90"/></value>'
    )
    made = condition(translated)
    assert made["code"] == {"coding": [{"code": "I10", "system": "http://hl7.org/fhir/sid/icd-10-cm"}]}


def test_a_null_value_is_a_reason() -> None:
    entry = (
        f'<observation classCode="OBS" moodCode="EVN"><templateId root="{T}38"/><id root="1.2"/>'
        f'<code code="93030-5" codeSystem="{LOINC}"/><statusCode code="completed"/>'
        '<value xsi:type="CD" nullFlavor="ASKU"/></observation>'
    )
    (made,) = resources(document(section("29762-2", entry)), "Observation")
    assert codes(made["dataAbsentReason"]) == {"asked-unknown"}


def test_unknown_oids_and_original_text() -> None:
    made = condition(
        '<value xsi:type="CD" code="X1" codeSystem="1.2.3.4.5"><originalText>As <b/>said</originalText></value>'
    )
    assert made["code"] == {"coding": [{"code": "X1", "system": "urn:oid:1.2.3.4.5"}], "text": "As said"}


def test_a_null_code_whose_text_leads_nowhere_says_why() -> None:
    said = '<originalText><reference value="#nowhere"/></originalText>'
    made = condition(f'<value xsi:type="CD" nullFlavor="NI">{said}</value><text>Said elsewhere</text>')
    assert made["code"]


def test_text_by_reference() -> None:
    said = '<originalText><reference value="#p1"/></originalText>'
    value = f'<value xsi:type="CD" code="38341003" codeSystem="{SNOMED}">{said}</value>'
    source = document(
        section("11450-4", problem(value), text='<list><item ID="p1">High <content>pressure</content></item></list>')
    )
    (made,) = resources(source, "Condition")
    assert made["code"]["text"] == "High pressure"


def test_restricted_sections_label_their_entries() -> None:
    restricted = section("11450-4", problem(VALUE)).replace(
        "<title>", '<title>R</title><confidentialityCode code="R" codeSystem="2.16.840.1.113883.5.25"/><title>', 1
    )
    (made,) = resources(document(restricted), "Condition")
    assert [each["code"] for each in made["meta"]["security"]] == ["R"]


def test_an_unknown_entry_stops_nothing_and_is_said() -> None:
    odd = '<act classCode="ACT" moodCode="DEF"><templateId root="9.9.9"/></act>'
    made = convert(document(section("11450-4", odd, problem(VALUE))), to="fhir")
    assert made.value is not None
    (found,) = [each for each in made.issues if each.code == "CDA-0101"]
    assert found.at.line
    assert [each["resource"]["resourceType"] for each in made.value["entry"]].count("Condition") == 1
    assert "Text" in made.value["entry"][0]["resource"]["section"][0]["text"]["div"]


def test_an_entry_reference_is_the_entry_itself() -> None:
    goal = (
        f'<observation classCode="OBS" moodCode="GOL"><templateId root="{T}121"/><id root="1.9"/>'
        f'<code code="8689-2" codeSystem="{LOINC}"/><statusCode code="active"/>'
        f'<value xsi:type="CD" code="1078229009" codeSystem="{SNOMED}"/><entryRelationship typeCode="RSON">'
        f'<act classCode="ACT" moodCode="EVN"><templateId root="{T}122"/><id root="1.2.3"/>'
        '<code nullFlavor="NP"/></act>'
        "</entryRelationship></observation>"
    )
    made = bundle(document(section("11450-4", problem(VALUE)), section("61146-7", goal)))
    by_type = {each["resource"]["resourceType"]: each for each in made["entry"]}
    assert by_type["Goal"]["resource"]["addresses"] == [{"reference": by_type["Condition"]["fullUrl"]}]


def test_the_ledger_names_each_populated_place_once() -> None:
    ledger = convert(document(section("11450-4", problem(VALUE))), to="fhir").ledger
    assert ledger is not None
    rows = ledger.rows()
    paths = [row.path for row in rows]
    assert len(paths) == len(set(paths))
    value = next(row for row in rows if row.path.endswith("/value/@code"))
    assert value.status == "mapped"
    assert any(target.startswith("Condition.code") for target in value.targets)


def test_the_ledger_tells_what_of_an_entry_is_left_out() -> None:
    odd = (
        '<act classCode="ACT" moodCode="DEF"><templateId root="9.9.9"/><id root="1.2.3"/>'
        f'<code code="1" codeSystem="{SNOMED}"/><text>Said</text></act>'
    )
    ledger = convert(document(section("11450-4", odd, problem(VALUE))), to="fhir").ledger
    assert ledger is not None
    left = {row.path.rpartition("entry[1]/")[2] for row in ledger.rows() if row.status == "unmapped"}
    assert left >= {"act/code/@code", "act/code/@codeSystem", "act/text"}


def test_the_ledger_tells_what_became_of_what_is_read_in_a_further_part() -> None:
    vital = f'<templateId root="{T}27"/><id root="1.2.4"/><code code="8302-2" codeSystem="{LOINC}"/>'
    vital += '<statusCode code="completed"/><value xsi:type="PQ" value="170" unit="cm"/>'
    inside = f'<component><observation classCode="OBS" moodCode="EVN">{vital}</observation></component>'
    panel = f'<organizer classCode="CLUSTER" moodCode="EVN"><templateId root="{T}26"/>{inside}</organizer>'
    ledger = convert(document(section("8716-3", panel)), to="fhir").ledger
    assert ledger is not None
    (row,) = [row for row in ledger.rows() if row.path.endswith("/value/@value")]
    assert row.status == "mapped"
    assert any("valueQuantity.value" in target for target in row.targets)


def test_who_said_it_and_when() -> None:
    author = (
        '<author><time value="20240102"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1999999992"/>'
        "</assignedAuthor></author>"
    )
    made = bundle(document(section("11450-4", problem(VALUE + author))))
    by_url = {each["fullUrl"]: each["resource"] for each in made["entry"]}
    said = [each for each in by_url.values() if each["resourceType"] == "Provenance"]
    targets = sorted(by_url[each["target"][0]["reference"]]["resourceType"] for each in said)
    assert targets == ["Composition", "Condition"]


def test_an_author_of_nothing_that_was_made_leaves_no_provenance() -> None:
    odd = (
        '<act classCode="ACT" moodCode="DEF"><templateId root="9.9.9"/><author><time value="20240102"/><assignedAuthor>'
        '<id root="2.16.840.1.113883.4.6" extension="1999999992"/></assignedAuthor></author></act>'
    )
    (only,) = resources(document(section("11450-4", odd)), "Provenance")
    assert only["target"][0]["reference"] == bundle(document(section("11450-4", odd)))["entry"][0]["fullUrl"]
