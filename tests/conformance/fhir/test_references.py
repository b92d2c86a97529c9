"""References in Bundles: to versions, by conditions, by urn; and ids of elements, which references lead to."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.fhir import validate

Json = dict[str, Any]
BASE = "http://example.org/fhir"
URN = "urn:uuid:3d2c4bd6-9a0e-4c3b-8d6c-4b8d52bb8a01"
OTHER = "urn:uuid:3d2c4bd6-9a0e-4c3b-8d6c-4b8d52bb8a02"


def told(resource: Json, *codes: str) -> list[tuple[str, str, str]]:
    """The findings of these codes: code, severity, path."""
    return [(each.code, each.severity, each.at.path) for each in validate(resource) if each.code in codes]


def entry(url: str, resource: Json, **more: Any) -> Json:
    return {"fullUrl": url, "resource": resource, **more}


def observation(**elements: Any) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **elements}


def document(*sections: str, versions: tuple[str | None, ...]) -> Json:
    """A document whose sections refer to Observation/o, which is there in these versions."""
    composition = {
        "resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "t"}, "date": "2024-12-01",
        "title": "t", "author": [{"reference": "Practitioner/p"}],
        "section": [{"title": "s", "entry": [{"reference": each} for each in sections]}],
    }  # fmt: skip
    held = [observation(id="o", **({} if each is None else {"meta": {"versionId": each}})) for each in versions]
    return {
        "resourceType": "Bundle", "type": "document", "timestamp": "2024-12-01T00:00:00Z",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": URN},
        "entry": [
            entry(f"{BASE}/Composition/c", composition),
            entry(f"{BASE}/Practitioner/p", {"resourceType": "Practitioner", "id": "p"}),
            *[entry(f"{BASE}/Observation/o", each) for each in held],
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "versions", "lost"),
    [
        (("Observation/o/_history/1", "Observation/o/_history/2"), ("1", "2"), []),
        (("Observation/o/_history/2",), ("1", "2"), []),
        (("Observation/o",), ("1", "2"), []),
        (("Observation/o/_history/3", "Observation/o"), ("1", "2"), [0]),
        ((f"{BASE}/Observation/o/_history/1", f"{BASE}/Observation/o"), ("2",), []),
        (("Observation/o", "Observation/o/_history/1"), ("2",), [1]),
        (("Observation/o/_history/1",), (None,), []),
    ],
)
def test_a_version_is_found_by_its_id(
    sections: tuple[str, ...], versions: tuple[str | None, ...], lost: list[int]
) -> None:
    path = "Bundle.entry[0].resource.section[0].entry[{}]"
    found = told(document(*sections, versions=versions), "FHIR-0087", "FHIR-0088")
    assert found == [("FHIR-0087", "error", path.format(number)) for number in lost]


@pytest.mark.parametrize(
    ("reference", "kind", "expected"),
    [
        ("Device?identifier=1234", "transaction", []),
        ("Device?identifier=http://x.org|1&status=active", "transaction", []),
        ("Device?identifier=1234", "batch", [("FHIR-0073", "warning")]),
        ("Device?identifier=1234&?==", "transaction", [("FHIR-0073", "error")]),
        ("Device?", "transaction", [("FHIR-0073", "error")]),
        ("Gadget?identifier=1234", "transaction", [("FHIR-0073", "error")]),
        ("Patient?identifier=1234", "transaction", [("FHIR-0070", "error")]),
        (URN, "transaction", [("FHIR-0070", "error")]),
        (OTHER, "transaction", [("FHIR-0087", "warning")]),
    ],
)
def test_what_a_transaction_may_refer_to(reference: str, kind: str, expected: list[tuple[str, str]]) -> None:
    one = entry(URN, observation(device={"reference": reference}), request={"method": "POST", "url": "Observation"})
    found = told(
        {"resourceType": "Bundle", "type": kind, "entry": [one]}, "FHIR-0070", "FHIR-0073", "FHIR-0074", "FHIR-0087"
    )
    assert found == [(code, severity, "Bundle.entry[0].resource.device") for code, severity in expected]


def test_a_reference_names_the_type_that_it_leads_to() -> None:
    patient = {"resourceType": "Patient", "id": "1", "generalPractitioner": [{"reference": "Practitioner/2"}]}
    entries = [
        entry(f"{BASE}/Patient/1", patient),
        entry(f"{BASE}/Practitioner/2", {"resourceType": "Organization", "id": "2", "name": "a"}),
    ]
    found = told({"resourceType": "Bundle", "type": "collection", "entry": entries}, "FHIR-0070", "FHIR-0074")
    assert found == [("FHIR-0074", "error", "Bundle.entry[0].resource.generalPractitioner[0]")]


def test_ids_of_elements() -> None:
    contained = {"resourceType": "Practitioner", "id": "p", "name": [{"id": "a", "family": "C"}]}
    patient = {
        "resourceType": "Patient", "id": "a", "contained": [contained], "generalPractitioner": [{"reference": "#p"}],
        "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]},
        "name": [{"id": "a", "family": "A", "_given": [{"id": "b"}], "given": ["G"]}, {"id": "c d", "family": "B"}],
        "birthDate": "1990-01-01", "_birthDate": {"id": "a"},
    }  # fmt: skip
    assert told(patient, "FHIR-0008", "FHIR-0018") == [
        ("FHIR-0008", "error", "Patient.name[1].id"),
        ("FHIR-0018", "warning", "Patient.birthDate.id"),
    ]


def test_a_code_without_a_system_is_told_once_a_resource() -> None:
    codings = [{"code": "a"}, {"code": "b"}, {"display": "no code"}, {"code": "c", "system": "http://x.org/c"}]
    found = told(observation(code={"coding": codings}, bodySite={"coding": [{"code": "d"}]}), "FHIR-0055")
    assert found == [("FHIR-0055", "warning", "Observation.code.coding[0]")]


@pytest.mark.parametrize(
    ("attachment", "codes"),
    [
        ({"data": "aGVsbG8=", "hash": "qvTGHdzF6KLavt4PO0gs2a6pQ00=", "size": 5}, []),
        ({"data": "aGVs\nbG8=", "hash": "qvTGHdzF6KLavt4PO0gs2a6pQ00="}, []),
        ({"data": "aGVsbG8h", "hash": "qvTGHdzF6KLavt4PO0gs2a6pQ00=", "size": 5}, ["FHIR-0110", "FHIR-0111"]),
        ({"url": "http://x.org/a.txt", "hash": "qvTGHdzF6KLavt4PO0gs2a6pQ00=", "size": 5}, []),
    ],
)
def test_what_an_attachment_says_of_its_data(attachment: Json, codes: list[str]) -> None:
    media = {"resourceType": "Media", "status": "completed", "content": {"contentType": "text/plain", **attachment}}
    assert [code for code, _, _ in told(media, "FHIR-0110", "FHIR-0111")] == codes


@pytest.mark.parametrize(
    ("labels", "places"),
    [
        ([("a", "R"), ("b", "R"), ("a", "N"), (None, "R")], []),
        ([("a", "R"), ("b", "R"), ("a", "R"), ("a", "R")], [2, 3]),
        ([("a", None), ("a", None)], []),
    ],
)
def test_security_labels_are_a_set(labels: list[tuple[str | None, str | None]], places: list[int]) -> None:
    security = [
        {key: each for key, each in (("system", system and f"http://x.org/{system}"), ("code", code)) if each}
        for system, code in labels
    ]
    found = told({"resourceType": "Patient", "meta": {"security": security}}, "FHIR-0019")
    assert found == [("FHIR-0019", "error", f"Patient.meta.security[{place}]") for place in places]
