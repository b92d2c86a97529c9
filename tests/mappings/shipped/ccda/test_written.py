"""What a source has otherwise than a template asks is written so that nothing is claimed that doesn't hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway import convert
from tests.mappings.shipped.ccda.test_writing import errors, written

LOINC = "http://loinc.org"
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "P1"}],
    "name": [{"given": ["Ada"], "family": "Byron"}],
    "gender": "female",
    "birthDate": "1970-01-02",
}
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d",
    "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
    "name": [{"given": ["Eve"], "family": "Moss"}],
}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def source(*resources: dict[str, Any], **composition: Any) -> dict[str, Any]:
    head = {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": coded(LOINC, "52521-2"),
        "subject": {"reference": "Patient/p"},
        "date": "2024-03-01T10:15:00-05:00",
        "author": [{"reference": "Practitioner/d"}],
        "title": "Plan",
        **composition,
    }
    entries = [{"fullUrl": f"https://x.org/{each['resourceType']}/{each['id']}", "resource": each}
               for each in (head, PATIENT, DOCTOR, *resources)]  # fmt: skip
    return {"resourceType": "Bundle", "type": "document", "timestamp": "2024-03-01T10:15:00-05:00", "entry": entries}


def document(bundle: dict[str, Any], kind: str) -> str:
    made = written(json.dumps(bundle).encode(), kind)
    assert errors(made) == []
    return made.decode()


def back(text: str, kind: str) -> list[dict[str, Any]]:
    made = convert(text.encode(), to="fhir").value
    assert made is not None
    return [each["resource"] for each in made["entry"] if each["resource"]["resourceType"] == kind]


def kind_of(text: str, reference: str) -> str:
    made = convert(text.encode(), to="fhir").value
    assert made is not None
    (found,) = [each["resource"]["resourceType"] for each in made["entry"] if each["fullUrl"] == reference]
    return str(found)


def party(text: str) -> str:
    """What kind of resource attests the document when it is read."""
    return kind_of(text, back(text, "Composition")[0]["attester"][0]["party"]["reference"])


def attests(reference: str) -> dict[str, Any]:
    return {"attester": [{"mode": "professional", "time": "2024-03-02", "party": {"reference": reference}}]}


def test_who_attests_a_care_plan_of_4_0_beside_the_patient_is_a_verifier() -> None:
    made = document(source(**attests("Practitioner/d")), "care-plan@4.0")
    assert "<authenticator>" not in made
    assert '<participant typeCode="VRF">' in made
    (who,) = [each for each in back(made, "Provenance") if each["agent"][0]["type"]["coding"][0]["code"] == "VRF"]
    assert kind_of(made, who["agent"][0]["who"]["reference"]) == "Practitioner"


@pytest.mark.parametrize("kind", ["care-plan@2.1", "ccd@4.0"])
def test_elsewhere_who_attests_authenticates(kind: str) -> None:
    made = document(source(**attests("Practitioner/d")), kind)
    assert "<authenticator>" in made
    assert party(made) == "Practitioner"


def test_the_patient_attests_a_care_plan() -> None:
    made = document(source(**attests("Patient/p")), "care-plan@4.0")
    assert 'code="ONESELF"' in made
    assert party(made) == "Patient"
    assert len(back(made, "Practitioner")) == 1


def test_a_dose_keeps_its_number_and_its_unit_in_words() -> None:
    drug = {
        "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "medicationCodeableConcept": coded("http://www.nlm.nih.gov/research/umls/rxnorm", "314076"),
        "subject": {"reference": "Patient/p"}, "authoredOn": "2024-02-01",
        "dosageInstruction": [{"text": "one", "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablets"}}]}],
    }  # fmt: skip
    made = document(source(drug), "ccd")
    assert '<doseQuantity value="2">' in made
    (read,) = back(made, "MedicationRequest")
    dose = read["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert (int(dose["value"]), dose["unit"], "code" in dose) == (2, "tablets", False)


def test_a_problem_recorded_when_it_was_over_has_a_concern_without_a_known_end() -> None:
    problem = {
        "resourceType": "Condition", "id": "m", "subject": {"reference": "Patient/p"},
        "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved"),
        "category": [coded("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")],
        "code": coded("http://snomed.info/sct", "233604007"),
        "onsetDateTime": "2010-01-01", "abatementDateTime": "2012-01-01", "recordedDate": "2015-01-01",
    }  # fmt: skip
    made = document(source(problem), "ccd")
    (read,) = back(made, "Condition")
    assert (read["onsetDateTime"], read["abatementDateTime"], read["recordedDate"]) == (
        "2010-01-01", "2012-01-01", "2015-01-01",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["ccd@2.1", "care-plan@2.1", "ccd@4.0", "care-plan@4.0"])
def test_what_is_written_of_the_documents_of_vendors_has_only_their_own_errors(shared: Path, kind: str) -> None:
    found: dict[str, list[str]] = {}
    for path in sorted((shared / "samples" / "ccda" / "documents").glob("*.xml")):
        made = convert(path.read_bytes(), to="fhir").value
        if made is not None and (wrong := errors(written(_json(made), kind))):
            found[path.name.partition("_")[0]] = wrong
    assert set(found) <= {"43"}  # intervals that end before they begin, three NPIs of one author
    assert all("above its high" in each or "4.0" in kind for each in found.get("43", ()))


def _json(made: dict[str, Any]) -> bytes:
    return json.dumps(made, default=float).encode()
