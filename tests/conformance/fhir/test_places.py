"""What is wrong and where, in the sender's own elements: one fault each, and the same without it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.fhir import validate
from tests.fires.fhir_validation import HL7, against, element, observation, patient, profile
from tests.fires.fhir_validation import validate as validate_with

Json = dict[str, Any]
BASE = "http://example.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"


def errors(found: Any) -> list[tuple[str, str]]:
    return [(each.code, each.at.path) for each in found if each.severity in ("error", "fatal")]


def told(content: str) -> Json:
    return patient(text={"status": "generated", "div": f'<div xmlns="{XHTML}">{content}</div>'})


def found(kind: str, mode: str, **more: Any) -> Json:
    """One result of a search for patients."""
    resource = {"resourceType": kind, "id": "1", **more}
    return {
        "resourceType": "Bundle", "type": "searchset", "link": [{"relation": "self", "url": f"{BASE}/Patient?name=a"}],
        "entry": [{"fullUrl": f"{BASE}/{kind}/1", "resource": resource, "search": {"mode": mode}}],
    }  # fmt: skip


OUTCOME: Json = {"issue": [{"severity": "warning", "code": "not-found"}]}
FEW_WORDS = {"resourceType": "QuestionnaireResponse", "status": "completed"}
NARROWED = observation(code={"coding": [{"system": "http://example.org/cs", "code": "a", "display": "A"}]})

FAULTS: dict[str, tuple[Json, str, str]] = {
    "an empty array": (patient(name=[]), "FHIR-0009", "Patient.name"),
    "the type of a data type": (patient(name=[{"resourceType": "HumanName", "text": "x"}]), "FHIR-0002",
                                "Patient.name[0]"),
    "a sibling of an object": (patient(_maritalStatus={"id": "a"}), "FHIR-0002", "Patient"),
    "an identifier's system": (patient(identifier=[{"system": "mrn", "value": "1"}]), "FHIR-0048",
                               "Patient.identifier[0]"),
    "an identifier that is no URI": (patient(identifier=[{"system": "urn:ietf:rfc:3986", "value": "1.2.3"}]),
                                     "FHIR-0056", "Patient.identifier[0]"),
    "a relative canonical": ({**FEW_WORDS, "questionnaire": "Questionnaire/1"}, "FHIR-0008",
                             "QuestionnaireResponse.questionnaire"),
    "a canonical of another kind": ({**FEW_WORDS, "questionnaire": "http://hl7.org/fhir/ValueSet/list-mode"},
                                    "FHIR-0070", "QuestionnaireResponse.questionnaire"),
    "a page as a system": (
        observation(code={"coding": [{"system": "http://hl7.org/fhir/R4/codesystem-list-mode.html", "code": "a"}]}),
        "FHIR-0057", "Observation.code.coding[0]"),
    "a second link of a relation": (
        {**found("Patient", "match"), "link": [{"relation": "self", "url": f"{BASE}/Patient"}] * 2},
        "FHIR-0084", "Bundle.link[1]"),
    "another type than searched for": (found("Group", "match", type="person", actual=True), "FHIR-0089",
                                       "Bundle.entry[0].resource"),
    "an outcome that is none": (found("Patient", "outcome"), "FHIR-0089", "Bundle.entry[0].resource"),
    "a paragraph in a paragraph": (told("<p>a<b><p>b</p></b></p>"), "FHIR-0090", "Patient.text.div"),
    "a list in a paragraph": (told("<p>a<ul><li>b</li></ul></p>"), "FHIR-0090", "Patient.text.div"),
    "a link that is no URL": (told('<a href="http://example.com/{a}">b</a>'), "FHIR-0090", "Patient.text.div"),
    "a supplement's own code": (
        {"resourceType": "CodeSystem", "status": "draft", "content": "supplement", "concept": [{"code": "z"}],
         "supplements": "http://hl7.org/fhir/list-mode"}, "FHIR-0042", "CodeSystem.concept[0]"),
}  # fmt: skip

SOUND: dict[str, Json] = {
    "a search's own words have no identity": {
        "resourceType": "Bundle", "type": "searchset", "entry": [
            {"resource": {"resourceType": "OperationOutcome", **OUTCOME}, "search": {"mode": "outcome"}}]},
    "what a search includes is of any type": found("Practitioner", "include"),
    "an operation's results are of any type": {
        **found("Practitioner", "match"), "link": [{"relation": "self", "url": f"{BASE}/Patient/1/$everything"}]},
    "a prediction without a probability": {
        "resourceType": "RiskAssessment", "status": "final", "subject": {"display": "x"},
        "prediction": [{"outcome": {"text": "unknown"}}]},
    "paragraphs one after the other": told("<p>a</p><p>b</p><p/><ul><li><p>c</p></li></ul>"),
    "a link with a query and brackets": told('<a href="http://example.com/[a]?b=c&amp;d=e#f">b</a>'),
    "an image's data in lines": told('<img alt="x" src="data:image/png;base64, AAAA"/>'),
    "a contained canonical": {
        **FEW_WORDS, "questionnaire": "#q", "contained": [
            {"resourceType": "Questionnaire", "id": "q", "status": "draft",
             "item": [{"linkId": "1", "type": "string"}]}]},
    "a supplement of known codes": {
        "resourceType": "CodeSystem", "status": "draft", "content": "supplement", "concept": [{"code": "working"}],
        "supplements": "http://hl7.org/fhir/list-mode"},
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_where_it_is(name: str) -> None:
    resource, code, path = FAULTS[name]
    assert errors(validate(resource)) == [(code, path)]


@pytest.mark.parametrize("name", SOUND)
def test_what_the_specification_allows_is_no_fault(name: str) -> None:
    assert errors(validate(SOUND[name])) == []


def test_a_fixed_value_is_compared_part_by_part() -> None:
    fixed = element("Observation.code", fixedCodeableConcept={"coding": [{"system": "http://example.org/cs",
                                                                          "code": "b"}], "text": "B"})  # fmt: skip
    assert errors(against(NARROWED, fixed)) == [
        ("FHIR-0020", "Observation.code.coding[0].code"),
        ("FHIR-0020", "Observation.code.coding[0].display"),
        ("FHIR-0020", "Observation.code.text"),
    ]


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [("regex", {"valueString": "[A-Z]'\\d{3}"}, "A'123"), ("minLength", {"valueInteger": 5}, "A'123")],
)
def test_what_a_definition_asks_of_a_text_by_extension(name: str, given: Json, wanted: str) -> None:
    asked = element("Patient.name.family", extension=[{"url": HL7 + name, **given}])
    assert errors(against(patient(name=[{"family": wanted}]), asked)) == []
    assert errors(against(patient(name=[{"family": "A'12"}]), asked)) == [("FHIR-0050", "Patient.name[0].family")]


def test_a_types_profile_is_of_that_type() -> None:
    def named(url: str) -> Json:
        return profile(
            "p", "Observation", element("Observation.value[x]", type=[{"code": "Quantity", "profile": [url]}])
        )

    place = "StructureDefinition.differential.element[1].type[0].profile[0]"
    assert ("FHIR-0103", place) in errors(validate_with(named(f"{HL7}Count")))
    assert errors(validate_with(named(f"{HL7}MoneyQuantity"))) == []
