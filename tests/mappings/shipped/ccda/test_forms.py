"""Forms that were filled in, care plans, and panels in panels become entries, and nothing that they say is lost."""

from __future__ import annotations

from typing import Any

import pytest

from gateway import convert
from tests.mappings.shipped.ccda.test_writing import KINDS, errors, written
from tests.mappings.shipped.ccda.us_core import RESOURCES, bundle, of, ref

PATIENT, DOCTOR = RESOURCES[0], RESOURCES[1]


def resource(ident: str) -> dict[str, Any]:
    return next(each for each in RESOURCES if each["id"] == ident)


def read(document: bytes, kind: str) -> list[dict[str, Any]]:
    made = convert(document, to="fhir").value
    assert made is not None
    return [each["resource"] for each in made["entry"] if each["resource"]["resourceType"] == kind]


def question(link: str, text: str, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"linkId": link, "text": text, "answer": list(answers), **more}


def answer(code: str, display: str) -> dict[str, Any]:
    return {"valueCoding": {"system": "http://loinc.org", "code": code, "display": display}}


def form(ident: str, authored: str, status: str = "completed") -> dict[str, Any]:
    items = [
        question("/88121-9/88122-7", "Food ran out", answer("LA28397-0", "Often true")),
        question("own-2", "How many live there?", {"valueInteger": 6}),
        {
            "linkId": "/93042-0",
            "text": "Family and home",
            "item": [question("/93042-0/56799-0", "Address", {"valueString": "Broadway"})],
        },
    ]
    return of(
        "QuestionnaireResponse",
        ident,
        status=status,
        questionnaire="http://forms.example/hunger",
        subject=ref("Patient/p"),
        source=ref("Patient/p"),
        authored=authored,
        item=items,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("release", ["2.1", "4.0"])
def test_a_form_is_an_assessment_scale(kind: str, release: str) -> None:
    document = written(bundle(PATIENT, form("one", "2024-02-03"), form("two", "2024-03-04")), f"{kind}@{release}")
    assert errors(document) == []
    made = read(document, "Observation")
    said = {each["code"].get("text"): each for each in made}
    assert [each["code"] for each in said["Food ran out"]["valueCodeableConcept"]["coding"]] == ["LA28397-0"]
    assert [each["code"] for each in said["Food ran out"]["code"]["coding"]] == ["88122-7"]
    assert said["How many live there?"]["valueInteger"] == 6
    assert "coding" not in said["How many live there?"]["code"]
    assert len(said["Family and home"]["hasMember"]) == 1
    addresses = [each["effectiveDateTime"] for each in made if each["code"].get("text") == "Address"]
    assert sorted(addresses) == ["2024-02-03", "2024-03-04"]  # each answer has the time of its own form
    assert b"http://forms.example/hunger" in document


def test_a_form_that_is_being_filled_in_is_not_said_to_be_complete() -> None:
    document = written(bundle(PATIENT, form("one", "2024-02-03", "in-progress")))
    assert errors(document) == []
    assert {each["status"] for each in read(document, "Observation")} == {"registered"}


DETAIL = {"code": {"text": "Visit at home"}, "status": "scheduled", "description": "On Monday"}


def plan(**more: Any) -> dict[str, Any]:
    return of(
        "CarePlan",
        "cp",
        status="active",
        intent="plan",
        title="Food plan",
        description="Get her fed",
        subject=ref("Patient/p"),
        addresses=[ref("Condition/hunger")],
        activity=[{"reference": ref("ServiceRequest/referral")}, {"detail": DETAIL}],
        **more,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("release", ["2.1", "4.0"])
@pytest.mark.parametrize("goals", [[ref("Goal/fed")], []])
def test_a_care_plan_is_what_is_planned_and_for_which_goals(kind: str, release: str, goals: list[Any]) -> None:
    beside = [resource(each) for each in ("hunger", "fed", "referral")]
    document = written(bundle(PATIENT, DOCTOR, *beside, plan(goal=goals)), f"{kind}@{release}")
    assert errors(document) == []
    planned = {
        each["code"].get("text") or each["code"]["coding"][0]["code"] for each in read(document, "ServiceRequest")
    }
    assert planned == {"Visit at home", "713109004"}  # each once, and no request made of the plan itself
    for said in (b"Get her fed", b"On Monday", *([b"Food plan"] if goals else [])):
        assert said in document


def test_an_entry_reference_names_the_entry_and_nobody_else() -> None:
    document = written(
        bundle(PATIENT, DOCTOR, resource("hunger"), resource("fed"), resource("referral"), plan(goal=[ref("Goal/fed")]))
    )
    references = document.split(b"2.16.840.1.113883.10.20.22.4.122")[1:]
    assert references
    assert all(b"1234567893" not in each.split(b"</act>")[0] for each in references)


def test_a_pressure_in_a_panel_keeps_both_values() -> None:
    pressure = resource("pressure")
    members = [ref("Observation/pressure"), ref("Observation/weight")]
    code = {"coding": [{"system": "http://loinc.org", "code": "85353-1"}]}
    panel = of(
        "Observation",
        "v",
        status="final",
        category=pressure["category"],
        code=code,
        hasMember=members,
        subject=ref("Patient/p"),
    )
    document = written(bundle(PATIENT, panel, pressure, resource("weight")))
    assert errors(document) == []
    (made,) = [each for each in read(document, "Observation") if "85354-9" in str(each["code"])]
    assert len(made["component"]) == 2


def test_a_dispense_is_part_of_what_it_answers() -> None:
    pill = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "314076"}]}
    request = of(
        "MedicationRequest",
        "r",
        status="active",
        intent="order",
        medicationCodeableConcept=pill,
        subject=ref("Patient/p"),
    )
    given = of(
        "MedicationDispense",
        "d",
        status="completed",
        medicationCodeableConcept=pill,
        subject=ref("Patient/p"),
        authorizingPrescription=[ref("MedicationRequest/r")],
        whenHandedOver="2024-02-03",
    )
    document = written(bundle(PATIENT, request, given))
    assert errors(document) == []
    assert len(read(document, "MedicationRequest")) == 1
