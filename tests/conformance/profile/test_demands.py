"""StructureDefinitions and YAML profiles are two notations of one thing: they find the same faults."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import profile
from conformance.definitions.registry import Registry
from conformance.document import Document
from conformance.fhir import Validator

URL = "http://example.org/StructureDefinition/registered"
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
STRUCTURE: dict[str, Any] = {
    "resourceType": "StructureDefinition", "url": URL, "name": "Registered", "status": "active", "kind": "resource",
    "abstract": False, "type": "Patient", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "derivation": "constraint",
    "differential": {"element": [
        {"id": "Patient", "path": "Patient", "constraint": [
            {"key": "named", "severity": "error", "human": "a name or an identifier",
             "expression": "name.exists() or identifier.exists()"}]},
        {"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1},
        {"id": "Patient.gender", "path": "Patient.gender", "min": 1,
         "binding": {"strength": "required", "valueSet": GENDER}},
        {"id": "Patient.photo", "path": "Patient.photo", "max": "0"},
        {"id": "Patient.name", "path": "Patient.name", "max": "1"},
        {"id": "Patient.name.family", "path": "Patient.name.family", "maxLength": 12},
    ]},
}  # fmt: skip
YAML = f"""
profile: registered
title: The same in our notation
format: fhir
checks:
- {{id: named, holds: name.exists() or identifier.exists()}}
- {{id: born, path: Patient.birthDate, usage: R}}
- {{id: gender, path: Patient.gender, usage: R, value_set: "{GENDER}"}}
- {{id: photo, path: Patient.photo, usage: X}}
- {{id: one-name, path: Patient.name, max: 1}}
- {{id: short, path: Patient.name.family, length: 0..12}}
"""
GOOD: dict[str, Any] = {
    "resourceType": "Patient", "birthDate": "1984-03-12", "gender": "female", "name": [{"family": "Quill"}],
}  # fmt: skip
SAME = {"FHIR-0050": "PRO-0110", "FHIR-0004": "PRO-0101", "FHIR-0006": "PRO-0104", "FHIR-0005": "PRO-0103",
        "FHIR-0040": "PRO-0106", "FHIR-0015": "PRO-0108"}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"name": None}, ["FHIR-0050"]),
        ({"birthDate": None, "gender": None}, ["FHIR-0004", "FHIR-0004"]),
        ({"gender": "woman"}, ["FHIR-0040"]),
        ({"photo": [{"title": "face"}]}, ["FHIR-0006"]),
        ({"name": [{"family": "Quill"}, {"family": "Ashby"}]}, ["FHIR-0005"]),
        ({"name": [{"family": "Quillfeather-Ashby"}]}, ["FHIR-0015"]),
    ],
)
def test_both_notations_find_the_same(change: dict[str, Any], codes: list[str]) -> None:
    resource = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    structured = Validator(Registry([], [STRUCTURE])).validate(resource, profiles=[URL])
    loaded = profile.read(YAML.encode(), "registered.yaml").value
    assert loaded is not None
    written = profile.check(loaded, Document(format="fhir", version="4.0.1", root=resource))
    errors = sorted(each.code for each in structured if each.severity == "error")
    assert errors == codes
    assert sorted(each.code for each in written) == sorted(SAME[code] for code in codes)
