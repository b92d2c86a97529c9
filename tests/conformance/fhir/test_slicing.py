"""Slicing: by value, pattern, existence, type, profile and position; nested, re-sliced, ordered, closed, undecided."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions.registry import SHIPPED, Registry
from conformance.fhir import Validator

Json = dict[str, Any]
URL = "http://example.org/StructureDefinition/p"
HL7 = "http://hl7.org/fhir/StructureDefinition/"


def element(ident: str, **facts: Any) -> Json:
    path = ".".join(step.partition(":")[0] for step in ident.split("."))
    name = ident.rpartition(".")[2].partition(":")[2]
    return {"id": ident, "path": path, **({"sliceName": name} if name else {}), **facts}


def slicing(*discriminators: tuple[str, str], **more: Any) -> Json:
    rows = [{"type": kind, "path": path} for kind, path in discriminators]
    return {"discriminator": rows, "rules": "open", **more}


def codes(resource: Json, *elements: Json, extra: tuple[Json, ...] = ()) -> list[str]:
    profile = {
        "resourceType": "StructureDefinition", "url": URL, "type": resource["resourceType"], "kind": "resource",
        "derivation": "constraint", "baseDefinition": HL7 + resource["resourceType"],
        "differential": {"element": list(elements)},
    }  # fmt: skip
    validator = Validator(Registry(resources=[profile, *extra], shipped=SHIPPED[:1]))
    return [each.code for each in validator.validate(resource, profiles=[URL]) if each.code.startswith("FHIR-003")]


def patient(**elements: Any) -> Json:
    return {"resourceType": "Patient", **elements}


def telecom(*systems: str) -> Json:
    return patient(telecom=[{"system": system, "value": "1"} for system in systems])


BY_VALUE = (
    element("Patient.telecom", slicing=slicing(("value", "system"))),
    element("Patient.telecom:phone", min=1, max="1"),
    element("Patient.telecom:phone.system", fixedCode="phone"),
)


@pytest.mark.parametrize(
    ("systems", "expected"),
    [
        (["phone"], []),
        (["email"], ["FHIR-0030"]),
        (["phone", "phone"], ["FHIR-0031"]),
        (["phone", "email"], []),
        ([], []),
    ],
)
def test_by_value(systems: list[str], expected: list[str]) -> None:
    resource = telecom(*systems) if systems else patient(telecom=[{"value": "1", "system": "phone"}])
    assert codes(resource, *BY_VALUE) == expected


def test_a_required_slice_of_an_absent_element() -> None:
    assert codes(patient(active=True), *BY_VALUE) == ["FHIR-0030"]


def test_by_pattern_in_a_child() -> None:
    rules = (
        element("Observation.category", slicing=slicing(("pattern", "$this"))),
        element("Observation.category:vitals", min=1, patternCodeableConcept={"coding": [{"code": "vital-signs"}]}),
    )
    head = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    assert codes({**head, "category": [{"coding": [{"code": "vital-signs"}]}]}, *rules) == []
    assert codes({**head, "category": [{"coding": [{"code": "other"}]}]}, *rules) == ["FHIR-0030"]


def test_by_several_discriminators_of_which_one_is_left_open() -> None:
    rules = (
        element("Patient.telecom", slicing=slicing(("value", "system"), ("value", "use"))),
        element("Patient.telecom:work", max="1"),
        element("Patient.telecom:work.system", fixedCode="phone"),
        element("Patient.telecom:work.use", fixedCode="work"),
        element("Patient.telecom:mail", min=1),
        element("Patient.telecom:mail.system", fixedCode="email"),
    )
    two = [{"system": "phone", "use": "work", "value": "1"}] * 2
    assert codes(patient(telecom=[*two, {"system": "email", "value": "a"}]), *rules) == ["FHIR-0031"]


def test_by_existence() -> None:
    rules = (
        element("Patient.name", slicing=slicing(("exists", "period"))),
        element("Patient.name:dated", max="1"),
        element("Patient.name:dated.period", min=1),
        element("Patient.name:undated", max="1"),
        element("Patient.name:undated.period", max="0"),
    )
    dated, undated = {"family": "a", "period": {"start": "2020"}}, {"family": "b"}
    assert codes(patient(name=[dated, undated]), *rules) == []
    assert codes(patient(name=[dated, dated, undated, undated]), *rules) == ["FHIR-0031", "FHIR-0031"]


BUNDLE = (
    element("Bundle.entry", slicing=slicing(("type", "resource"), rules="closed")),
    element("Bundle.entry:patient", min=1, max="1"),
    element("Bundle.entry:patient.resource", type=[{"code": "Patient"}]),
)


def bundle(*types: str) -> Json:
    entries = [{"fullUrl": f"urn:x:{n}", "resource": {"resourceType": t, "active": True}} for n, t in enumerate(types)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_by_type_and_closed() -> None:
    assert codes(bundle("Patient"), *BUNDLE) == []
    assert codes(bundle("Practitioner"), *BUNDLE) == ["FHIR-0032", "FHIR-0030"]
    assert codes(bundle("Patient", "Patient"), *BUNDLE) == ["FHIR-0031"]


def test_by_profile() -> None:
    named = {
        "resourceType": "StructureDefinition", "url": "http://example.org/named", "type": "Patient", "kind": "resource",
        "derivation": "constraint", "baseDefinition": HL7 + "Patient",
        "differential": {"element": [element("Patient.name", min=1)]},
    }  # fmt: skip
    rules = (
        element("Bundle.entry", slicing=slicing(("profile", "resource"))),
        element("Bundle.entry:named", min=1),
        element("Bundle.entry:named.resource", type=[{"code": "Patient", "profile": ["http://example.org/named"]}]),
    )
    resource = bundle("Patient")
    assert codes(resource, *rules, extra=(named,)) == ["FHIR-0030"]
    resource["entry"][0]["resource"]["name"] = [{"family": "a"}]
    assert codes(resource, *rules, extra=(named,)) == []


def test_by_position() -> None:
    rules = (
        element("Patient.name", slicing=slicing(("position", "$this"), rules="closed")),
        element("Patient.name:first", min=1),
        element("Patient.name:second", max="1"),
    )
    name = {"family": "a"}
    assert codes(patient(name=[name, name]), *rules) == []
    assert codes(patient(name=[name, name, name]), *rules) == ["FHIR-0032"]


def test_ordered() -> None:
    rules = (
        element("Patient.telecom", slicing=slicing(("value", "system"), ordered=True)),
        element("Patient.telecom:phone.system", fixedCode="phone"),
        element("Patient.telecom:email.system", fixedCode="email"),
    )
    assert codes(telecom("phone", "email"), *rules) == []
    assert codes(telecom("email", "phone"), *rules) == ["FHIR-0033"]


def test_a_reslice_counts_for_its_slice() -> None:
    rules = (
        *BY_VALUE[:1],
        element("Patient.telecom:phone", min=2, slicing=slicing(("value", "use"))),
        element("Patient.telecom:phone.system", fixedCode="phone"),
        element("Patient.telecom:phone/work", max="1"),
        element("Patient.telecom:phone/work.use", fixedCode="work"),
    )
    work, home = ({"system": "phone", "use": use, "value": "1"} for use in ("work", "home"))
    assert codes(patient(telecom=[work, home]), *rules) == []
    assert codes(patient(telecom=[work]), *rules) == ["FHIR-0030"]
    assert codes(patient(telecom=[work, work]), *rules) == ["FHIR-0031"]


def test_what_cannot_be_decided_is_neither_missing_nor_there() -> None:
    rules = (
        element("Patient.telecom", slicing=slicing(("value", "system"))),
        element("Patient.telecom:known", min=1),
        element("Patient.telecom:known.system", min=1,
                binding={"strength": "required", "valueSet": "http://example.org/unknown"}),
    )  # fmt: skip
    assert codes(telecom("phone"), *rules) == ["FHIR-0034"]
