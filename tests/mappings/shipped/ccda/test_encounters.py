"""Visits: which of them are one, their class, types and diagnoses (CF-encounters)."""

from __future__ import annotations

from tests.mappings.shipped.ccda.clinical import SNOMED, T, codes, document, resources, section

CPT, ACT = "2.16.840.1.113883.6.12", "2.16.840.1.113883.5.4"


def encounter(time: str, code: str = "", inside: str = "", number: str = "7") -> str:
    return (
        f'<encounter classCode="ENC" moodCode="EVN"><templateId root="{T}49"/><id root="1.2.9" extension="{number}"/>'
        f"{code}{time}{inside}</encounter>"
    )


def day(value: str) -> str:
    return f'<effectiveTime value="{value}"/>'


def around(source: str, inside: str) -> str:
    """A document with an encounter around it."""
    visit = f'<encompassingEncounter><id root="1.2.9" extension="7"/>{inside}</encompassingEncounter>'
    body = "<component><structuredBody>"
    return source.replace(body, f"<componentOf>{visit}</componentOf>{body}")


def test_visits_of_other_days_under_one_id_stay_apart() -> None:
    """Some systems give all visits one id; two entries about one day are one visit."""
    source = document(
        section("46240-8", encounter(day("20200101")), encounter(day("20200301")), encounter(day("2020030110")))
    )
    found = resources(source, "Encounter")
    assert [each["period"]["start"][:10] for each in found] == ["2020-01-01", "2020-03-01"]
    assert {each["identifier"][0]["value"] for each in found} == {"7"}


def test_the_visit_around_the_document_is_the_one_of_its_days() -> None:
    stay = '<effectiveTime><low value="20200101"/><high value="20200105"/></effectiveTime>'
    inside = document(section("46240-8", encounter(day("20200103")), encounter(""), encounter(day("20200201"))))
    found = resources(around(inside, stay), "Encounter")
    assert [each["period"]["start"] for each in found] == ["2020-01-01", "2020-02-01"]


def visit(code: str, system: str, inside: str = "") -> str:
    return f'<code code="{code}" codeSystem="{system}">{inside}</code>'


def test_class_by_act_code_its_value_set_or_a_visit_code() -> None:
    for code, system, expected in (
        ("IMP", ACT, "IMP"),
        ("AMB", "2.16.840.1.113883.1.11.13955", "AMB"),
        ("99213", CPT, "AMB"),
        ("99222", CPT, "IMP"),
        ("99284", CPT, "EMER"),
        ("99412", CPT, "unknown"),
        ("AMB", SNOMED, "unknown"),
    ):
        (found,) = resources(document(section("46240-8", encounter(day("20200101"), visit(code, system)))), "Encounter")
        assert found["class"]["code"] == expected, code


def test_a_class_is_no_type_but_what_stands_beside_it_is() -> None:
    beside = f'<originalText>Wellness visit</originalText><translation code="185349003" codeSystem="{SNOMED}"/>'
    (found,) = resources(
        document(section("46240-8", encounter(day("20200101"), visit("AMB", ACT, beside)))), "Encounter"
    )
    assert found["type"] == [
        {"coding": [{"code": "185349003", "system": "http://snomed.info/sct"}], "text": "Wellness visit"}
    ]
    (bare,) = resources(document(section("46240-8", encounter(day("20200101"), visit("AMB", ACT)))), "Encounter")
    assert "type" not in bare


def test_further_visit_codes_are_types() -> None:
    act = f'<act classCode="ACT" moodCode="EVN">{visit("99408", CPT)}</act>'
    billed = f'<entryRelationship typeCode="REFR">{act}</entryRelationship>'
    (found,) = resources(
        document(section("46240-8", encounter(day("20200101"), visit("99394", CPT), billed))), "Encounter"
    )
    assert [each["coding"][0]["code"] for each in found["type"]] == ["99394", "99408"]


def test_one_diagnosis_act_may_hold_several_diagnoses() -> None:
    problems = "".join(
        f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><templateId root="{T}4"/>'
        f'<id root="1.2.3" extension="{code}"/><code code="55607006" codeSystem="{SNOMED}"/>'
        f'<value xsi:type="CD" code="{code}" codeSystem="{SNOMED}"/></observation></entryRelationship>'
        for code in ("235083001", "23997001")
    )
    act = f'<act classCode="ACT" moodCode="EVN"><templateId root="{T}80"/>{problems}</act>'
    held = f'<entryRelationship typeCode="COMP">{act}</entryRelationship>'
    source = document(section("46240-8", encounter(day("20200101"), inside=held)))
    (found,) = resources(source, "Encounter")
    conditions = resources(source, "Condition")
    assert len(found["diagnosis"]) == len(conditions) == 2
    assert {"235083001", "23997001"} <= codes(conditions)
