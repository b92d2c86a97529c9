"""Who gave an identifier or a code: by configuration, by OID, else by name; no URI is made up."""

from __future__ import annotations

import pytest

from mappings.conversions import REGISTRY
from mappings.conversions.systems import CODING_SYSTEMS
from tests.mappings.conversions.asking import Asking

OID = "2.16.840.1.113883.19.4.6"


@pytest.mark.parametrize(
    ("parts", "uri"),
    [
        (["GH", OID, "ISO"], f"urn:oid:{OID}"),
        (["", OID, ""], f"urn:oid:{OID}"),
        (["", "426D2726-51fc-89fe-a946-8596e80a80eb", "UUID"], "urn:uuid:426d2726-51fc-89fe-a946-8596e80a80eb"),
        (["", "http://a.example/x", "URI"], "http://a.example/x"),
        (["GH", "gh.example", "UUID"], None),
        (["GH", "426D2726-51fc-89fe-a946-8596e80a80e", "GUID"], None),
        (["GH", "", ""], None),
        (["GH", "1.Edu", "ISO"], None),
        (["GH", "9.8", "ISO"], None),
        (["", "gh.example", "DNS"], None),
        (["NPI", "", ""], "http://hl7.org/fhir/sid/us-npi"),
        (["", "2.16.840.1.113883.4.1", "ISO"], "http://hl7.org/fhir/sid/us-ssn"),
    ],
)
def test_an_authority(parts: list[str], uri: str | None) -> None:
    assert REGISTRY["authority-uri"].forward(parts, Asking()) == uri


def test_configuration_comes_first_by_name_or_oid() -> None:
    run = Asking(authorities={"GH": "http://gh.example/mrn", OID: "http://gh.example/all"})
    assert REGISTRY["authority-uri"].forward(["GH", "", ""], run) == "http://gh.example/mrn"
    assert REGISTRY["authority-uri"].forward(["GH", OID, "ISO"], run) == "http://gh.example/all"


@pytest.mark.parametrize(
    "uri", [f"urn:oid:{OID}", "urn:uuid:426d2726-51fc-89fe-a946-8596e80a80eb", "http://a.example/x"]
)
def test_a_system_comes_back_as_an_authority(uri: str) -> None:
    backward = REGISTRY["authority-uri"].backward
    assert backward is not None
    assert REGISTRY["authority-uri"].forward(backward(uri, Asking()), Asking()) == uri


def test_a_configured_name_comes_back() -> None:
    run = Asking(authorities={"GH": "http://gh.example/mrn", OID: "http://gh.example/all"})
    backward = REGISTRY["authority-uri"].backward
    assert backward is not None
    assert backward("http://gh.example/mrn", run) == ["GH", "", ""]
    assert backward("http://gh.example/all", run) == ["", OID, "ISO"]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("LN", "http://loinc.org"),
        ("ln", "http://loinc.org"),
        ("SNM", "http://snomed.info/sct"),
        ("I10C", "http://hl7.org/fhir/sid/icd-10-cm"),
        ("ICD-10-CM", "http://hl7.org/fhir/sid/icd-10-cm"),
        ("I10", "http://hl7.org/fhir/sid/icd-10"),
        ("HL70063", "http://terminology.hl7.org/CodeSystem/v2-0063"),
        ("HL7283", "http://terminology.hl7.org/CodeSystem/v2-0283"),
        ("CDCREC", "urn:oid:2.16.840.1.113883.6.238"),
        (OID, f"urn:oid:{OID}"),
        ("http://a.example/cs", "http://a.example/cs"),
    ],
)
def test_a_coding_system(name: str, uri: str) -> None:
    run = Asking()
    assert REGISTRY["coding-system-uri"].forward(name, run) == uri
    assert run.codes() == []


def test_local_and_unknown_systems_have_no_uri() -> None:
    run = Asking()
    assert REGISTRY["coding-system-uri"].forward("L", run) is None
    assert run.codes() == []
    assert REGISTRY["coding-system-uri"].forward("99ABC", run) is None
    assert REGISTRY["coding-system-uri"].forward("99DEF", run) is None
    assert run.codes() == ["MAP-0205"]
    assert REGISTRY["coding-system-uri"].forward("99ABC", Asking(authorities={"99ABC": "http://a.example"})) is not None


@pytest.mark.parametrize("name", sorted(set(CODING_SYSTEMS) - {"I9", "I9CDX", "I9CP"}))
def test_names_of_systems_come_back(name: str) -> None:
    backward = REGISTRY["coding-system-uri"].backward
    assert backward is not None
    assert backward(CODING_SYSTEMS[name], Asking()) == name


@pytest.mark.parametrize(
    "uri", ["http://terminology.hl7.org/CodeSystem/v2-0063", f"urn:oid:{OID}", "http://a.example/x"]
)
def test_other_systems_come_back_too(uri: str) -> None:
    backward = REGISTRY["coding-system-uri"].backward
    assert backward is not None
    assert REGISTRY["coding-system-uri"].forward(backward(uri, Asking()), Asking()) == uri


def test_an_npi_has_one_system_when_its_check_digit_is_right() -> None:
    run = Asking()
    forward = REGISTRY["provider-system"].forward
    assert forward(["GH", "", "", "NPI", "1234567893"], run) == "http://hl7.org/fhir/sid/us-npi"
    assert forward(["NPI", "", "", "", "1234567893"], run) == "http://hl7.org/fhir/sid/us-npi"
    assert run.codes() == []
    assert forward(["NPI", "", "", "", "1234567890"], run) is None
    assert run.codes() == ["MAP-0207"]
    assert forward(["", OID, "ISO", "DN", "7"], run) == f"urn:oid:{OID}"


def test_a_units_code_needs_its_system() -> None:
    forward = REGISTRY["unit-code"].forward
    assert forward(["mg", "UCUM"], Asking()) == "mg"
    assert forward(["mg", "99X"], Asking()) is None
    assert forward(["mg", ""], Asking()) is None


def test_endpoints() -> None:
    forward, backward = REGISTRY["endpoint-url"].forward, REGISTRY["endpoint-url"].backward
    assert backward is not None
    for parts in (["", OID, "ISO"], ["", "adt.gh.example", "DNS"]):
        assert backward(forward(parts, Asking()), Asking()) == parts
    assert forward(["ADT", "", ""], Asking()) is None
