"""Rules of meaning: what must never be said, whatever a message looks like (docs/hl7v2.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.mappings.shipped.messages import (
    OF_PATIENT,
    VERIFIED,
    adt,
    back,
    code,
    everything,
    forward,
    one,
    resources,
    told,
)

PID = "PID|1||4711^^^GH^MR||Stone^Ada||19800203|F"
PV1 = "PV1|1|I|||||||||||||||||99^^^GH^VN"


def status(event: str, pv1: str = PV1) -> str:
    return str(one(forward(adt("EVN||20240301", PID, pv1, event=event)), "Encounter")["status"])


@pytest.mark.parametrize(
    ("event", "patient_class", "discharged", "expected"),
    [
        ("A01", "I", "", "in-progress"), ("A01", "", "", "in-progress"), ("A01", "P", "", "planned"),
        ("A01", "I", "20240302", "finished"), ("A03", "I", "", "finished"), ("A04", "O", "", "in-progress"),
        ("A04", "E", "", "in-progress"), ("A08", "I", "", "in-progress"), ("A08", "", "", "unknown"),
        ("A08", "U", "", "unknown"), ("A05", "I", "", "planned"), ("A14", "I", "", "planned"),
        ("A11", "I", "", "cancelled"), ("A27", "P", "", "cancelled"), ("A38", "P", "", "cancelled"),
        ("A13", "I", "20240302", "in-progress"), ("A23", "I", "", "entered-in-error"), ("A21", "I", "", "onleave"),
        ("A22", "I", "", "in-progress"),
    ],
)  # fmt: skip
def test_the_status_of_a_visit(event: str, patient_class: str, discharged: str, expected: str) -> None:
    assert status(event, f"PV1|1|{patient_class}" + "|" * 17 + "99^^^GH^VN" + "|" * 26 + discharged) == expected


def test_a_visit_that_ends_before_it_begins_keeps_its_end_as_text() -> None:
    made = forward(adt(PID, "PV1|1|I" + "|" * 42 + "20240302|20240301", event="A03"))
    encounter = one(made, "Encounter")
    original = {"url": "http://hl7.org/fhir/StructureDefinition/originalText", "valueString": "20240301"}
    assert encounter["period"] == {"start": "2024-03-02", "_end": {"extension": [original]}}
    assert [each.at.path for each in made.issues if each.code == "MAP-0208"] == ["PV1[1]-45[1]"]
    assert "MAP-0101" not in {each.code for each in made.issues}
    assert made.document is not None
    written = back(made.document).document
    assert written is not None
    assert written.root.first("PV1").fields[44:46] == ["20240302", "20240301"]


def test_a_cancelled_discharge_has_no_end() -> None:
    pv1 = "PV1|1|I" + "|" * 42 + "20240301|20240302"
    encounter = one(forward(adt(PID, pv1, event="A13")), "Encounter")
    assert encounter["period"] == {"start": "2024-03-01"}


def test_what_is_expected_is_not_what_was() -> None:
    pv2 = "PV2||||||||20240401|20240409"
    encounter = one(forward(adt(PID, "PV1|1|P", pv2, event="A05")), "Encounter")
    assert "period" not in encounter
    assert {"2024-04-01", "2024-04-09"} <= {node for node in everything(encounter) if isinstance(node, str)}


def test_nobody_elses_identity_reaches_the_patient() -> None:
    made = forward(
        adt(
            PID,
            "NK1|1|Kinsman^Kim|MTH|1 Kin St^^Kinville|555-0001|||||||||||||||||||||||||||||KIN1^^^GH^MR",
            PV1,
            "GT1|1|GUA1^^^GH|Guarantor^Gus||2 Gua St^^Guaville|555-0002||19500101|M||FTH|900-00-0001",
            "IN1|1|PLAN|PAYER1|Payer Inc||||||||||||Insured^Ina|SPO|19600101|3 Ins St|||||||||||||||||POLICY1",
        )
    )
    patient = json.dumps(one(made, "Patient"))
    assert not [word for word in ("Kin", "KIN1", "Gu", "GUA1", "900-00", "Ins", "POLICY1", "555") if word in patient]
    people = json.dumps(resources(made, "RelatedPerson"))
    assert [word in people for word in ("Kinsman", "Guarantor", "Insured")] == [True, True, True]
    assert one(made, "Coverage")["subscriberId"] == "POLICY1"


def test_a_contact_that_is_an_organization_is_a_contact_of_the_patient() -> None:
    made = forward(adt(PID, "NK1|1|Boss^Bo|E||555-0001|||||||Mill", PV1))
    assert one(made, "Patient")["contact"][0]["name"]["family"] == "Boss"
    assert resources(made, "RelatedPerson") == []


def test_one_practitioner_for_one_identity() -> None:
    pv1 = "PV1|1|I|||||D1^Who^Dot^^^^^^GH|D2^Ref^Ron^^^^^^GH|D1^Who^Dot^^^^^^GH||||||||D1^Who^Dot^^^^^^GH"
    made = forward(adt(PID, pv1))
    assert len(resources(made, "Practitioner")) == 2
    roles = [part["type"][0]["coding"][0]["code"] for part in one(made, "Encounter")["participant"]]
    assert sorted(roles) == ["ADM", "ATND", "CON", "REF"]


def test_a_place_hangs_on_the_place_around_it() -> None:
    made = forward(adt(PID, "PV1|1|I|4E^12^B^GH^^^TOWER^3"))
    places = {entry["fullUrl"]: entry["resource"] for entry in made.document.root["entry"]} if made.document else {}
    reference = one(made, "Encounter")["location"][0]["location"]["reference"]
    chain = []
    while reference:
        place = places[reference]
        chain.append(place.get("physicalType", {}).get("coding", [{}])[0].get("code"))
        reference = place.get("partOf", {}).get("reference")
    assert chain == ["bd", "ro", "lvl", None, "bu", "si"]


def test_a_merge_retires_one_patient_and_links_both() -> None:
    made = forward(adt("EVN||20240301", PID, "MRG|0815^^^GH^MR", event="A40"), "adt-a39")
    survivor, retired = resources(made, "Patient")
    urls = (
        [entry["fullUrl"] for entry in made.document.root["entry"] if entry["resource"]["resourceType"] == "Patient"]
        if made.document
        else []
    )
    assert survivor["link"] == [{"other": {"reference": urls[1]}, "type": "replaces"}]
    assert retired["link"] == [{"other": {"reference": urls[0]}, "type": "replaced-by"}]
    assert retired["active"] is False
    assert "active" not in survivor


def test_a_merge_with_itself_retires_nobody() -> None:
    made = forward(adt("EVN||20240301", PID, "MRG|4711^^^GH^MR", event="A40"), "adt-a39")
    assert "link" not in one(made, "Patient")
    assert "active" not in one(made, "Patient")


def test_a_merge_into_a_patient_who_has_the_number_already_retires_nobody() -> None:
    both = PID.replace("4711^^^GH^MR", "4712^^^GH^MR~4711^^^GH^MR")
    made = forward(adt("EVN||20240301", both, "MRG|4711^^^GH^MR", event="A40"), "adt-a39")
    assert "link" not in one(made, "Patient")
    assert "active" not in one(made, "Patient")
    assert made.ledger
    assert [row.status for row in made.ledger.rows() if row.path.startswith("MRG")] == ["unmapped"] * 3


def test_a_patient_is_not_linked_with_himself() -> None:
    made = forward(adt("EVN||20240301", PID, "MRG|4711^^^GH^MR", event="A24"), "adt-a24")
    assert "link" not in one(made, "Patient")


def test_one_number_of_two_hospitals_is_two_patients_to_merge() -> None:
    made = forward(adt("EVN||20240301", PID, "MRG|4711^^^OTHER^MR", event="A40"), "adt-a39")
    survivor, retired = resources(made, "Patient")
    assert survivor["link"] == [{"other": {"reference": f"urn:uuid:{retired['id']}"}, "type": "replaces"}]
    assert retired["active"] is False


@pytest.mark.parametrize("number", ["MRG||0815^^^GH^MR", "MRG||||0815^^^GH^MR"])
def test_a_retired_patient_may_stand_in_the_older_fields_alone(number: str) -> None:
    made = forward(adt("EVN||20240301", PID, number, event="A34"), "adt-a30")
    survivor, retired = resources(made, "Patient")
    assert [each["value"] for each in retired["identifier"]] == ["0815"]
    assert survivor["link"][0]["type"] == "replaces"


@pytest.mark.parametrize("event", ["A46", "A47", "A48"])
def test_an_old_number_in_mrg_1_is_that_of_the_changed_patient(event: str) -> None:
    patient = one(forward(adt("EVN||20240301", PID, "MRG|0815^^^GH^MR", event=event), "adt-a30"), "Patient")
    assert [each["value"] for each in patient["identifier"] if each.get("use") == "old"] == ["0815"]


def test_a_patient_keeps_its_id_through_a_merge() -> None:
    before = one(forward(adt(PID.replace("4711", "0815"), PV1)), "Patient")
    merged = resources(forward(adt("EVN||20240301", PID, "MRG|0815^^^GH^MR", event="A40"), "adt-a39"), "Patient")
    assert merged[1]["id"] == before["id"]
    assert merged[0]["id"] == one(forward(adt(PID, PV1)), "Patient")["id"]


def test_null_is_not_a_value() -> None:
    made = forward(adt('PID|1||4711^^^GH^MR||Stone^Ada||""|""|||""', PV1))
    patient = one(made, "Patient")
    assert '""' not in json.dumps(patient)
    assert {"birthDate", "address"}.isdisjoint(patient)


def test_a_code_that_no_table_knows_is_kept() -> None:
    made = forward(adt(PID, "PV1|1|I|||||||XYZ||||QQQ"))
    encounter = one(made, "Encounter")
    assert "QQQ" in json.dumps(encounter)
    assert forward(adt(PID, "PV1|1|K")).issues


@pytest.mark.parametrize(
    ("sent", "category", "text"),
    [
        ("H^Hispanic or Latino^CDCREC", "2135-2", "Hispanic or Latino"),
        ("2186-5^Not Hispanic^CDCREC", "2186-5", "Not Hispanic"),
        ("X^Declined^CDCREC", "", "Declined"),
    ],
)
def test_only_codes_of_cdcrec_are_called_so(sent: str, category: str, text: str) -> None:
    patient = one(forward(adt("PID|1||4711^^^GH^MR||Stone^Ada" + "|" * 17 + sent)), "Patient")
    ((found,),) = ([each["extension"] for each in patient["extension"]],)
    assert [each["valueCoding"]["code"] for each in found if "valueCoding" in each] == [category] * bool(category)
    assert [each["valueString"] for each in found if "valueString" in each] == [text]


def test_a_visit_whose_provider_claims_no_profile_claims_none() -> None:
    settings: dict[str, Any] = {"authorities": {"GH": "http://gh.example/ids"}}
    known = adt(PID, "PV1|1|I||E|||||||||||||||99^^^GH^VN", event="A01")
    claimed = [
        one(forward(text, **settings), "Encounter").get("meta", {}).get("profile")
        for text in (known, known.replace("99^^^GH^VN", "99^^^GH^VN" + "|" * 20 + "WEST"))
    ]
    assert claimed[0]
    assert claimed[1] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"resourceType": "Condition", "code": code("X1"), "verificationStatus": code("refuted", VERIFIED)},
        {"resourceType": "Procedure", "code": code("X1"), "status": "not-done"},
        {"resourceType": "Procedure", "code": code("X1"), "status": "entered-in-error"},
        {"resourceType": "AllergyIntolerance", **OF_PATIENT, "code": code("X1"), "verificationStatus": code("refuted")},
        {"resourceType": "Coverage", **OF_PATIENT, "subscriberId": "X1", "status": "entered-in-error"},
        {"resourceType": "Encounter", "identifier": [{"value": "X1"}], "status": "entered-in-error"},
    ],
)
def test_what_is_not_so_is_not_told_as_if_it_were(wrong: dict[str, Any]) -> None:
    assert "X1" not in "\r".join(told(wrong))
    right = {name: value for name, value in wrong.items() if name not in ("status", "verificationStatus")}
    assert "X1" in "\r".join(told(right))


def test_what_was_entered_in_error_is_told_with_the_code_that_says_so() -> None:
    assert told(
        {"resourceType": "Condition", "code": code("X1"), "verificationStatus": code("entered-in-error", VERIFIED)},
        {"resourceType": "Observation", "code": code("X2"), "status": "entered-in-error", "valueString": "a"},
    )[2:] == ["OBX|1|ST|X2||a||||||D", "DG1|1||X1" + "|" * 18 + "D"]


@pytest.mark.parametrize(("target", "pv1"), [("ADT_A01@2.8", ["PV1|1|U"]), ("ADT_A39@2.8", [])])
def test_a_structure_that_requires_a_visit_is_told_that_there_is_none(target: str, pv1: list[str]) -> None:
    assert told(target=target) == ["PID|1||||Stone", *pv1]


def test_a_payer_who_is_a_name_and_no_resource() -> None:
    coverage = {
        "resourceType": "Coverage",
        **OF_PATIENT,
        "payor": [{"display": "Aid Inc", "identifier": {"value": "7"}}],
    }
    assert told(coverage)[-1] == "IN1|1||7|Aid Inc"
