"""Terminology of a user's own: what is understood, what is passed over, and that it then decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.definitions.registry import Registry
from conformance.issue import Result
from conformance.terminology import Terminology
from conformance.terminology.added import Naming, read
from conformance.terminology.vocabulary import Vocabulary

SNOMED = "http://snomed.info/sct"
HOUSING = "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.113762.1.4.1247.80"
LISTED = """\
Value Set Name,Homelessness Diagnoses
OID,2.16.840.1.113762.1.4.1247.80
Definition Version,20260101

Code,Descriptor,Code System,Code System Version,Code System OID
32911000,Homeless,SNOMEDCT,2025-09,2.16.840.1.113883.6.96
Z59.01,"Sheltered homelessness, any",ICD10CM,2026,2.16.840.1.113883.6.90
"""
SVS = """<?xml version="1.0"?>
<ns0:RetrieveMultipleValueSetsResponse xmlns:ns0="urn:ihe:iti:svs:2008">
  <ns0:DescribedValueSet ID="2.16.840.1.113762.1.4.1247.80" displayName="Homelessness Diagnoses" version="20260101">
    <ns0:ConceptList>
      <ns0:Concept code="32911000" codeSystem="2.16.840.1.113883.6.96" codeSystemName="SNOMEDCT"
        codeSystemVersion="2025-09" displayName="Homeless"/>
      <ns0:Concept code="Z59.01" codeSystem="2.16.840.1.113883.6.90" codeSystemName="ICD10CM" displayName="Sheltered"/>
    </ns0:ConceptList>
  </ns0:DescribedValueSet>
</ns0:RetrieveMultipleValueSetsResponse>
"""
EXPANDED: dict[str, Any] = {
    "resourceType": "ValueSet",
    "url": HOUSING,
    "status": "active",
    "compose": {
        "include": [{"system": SNOMED, "filter": [{"property": "concept", "op": "is-a", "value": "32911000"}]}]
    },
    "expansion": {
        "timestamp": "2026-01-01",
        "total": 2,
        "contains": [
            {"system": SNOMED, "code": "32911000", "display": "Homeless"},
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.01"},
        ],
    },
}


def _terminology(tmp_path: Path, result: Result[tuple[dict[str, Any], ...]]) -> Terminology:
    assert result.value is not None
    vocabulary = Vocabulary(tmp_path / "terminology")
    vocabulary.add(result.value)
    packed = vocabulary.pack()
    assert packed is not None
    assert packed.value is not None
    return Terminology(Registry([packed.value]))


@pytest.mark.parametrize(
    "text",
    [
        LISTED,
        LISTED.replace(",", "\t").replace("homelessness\t any", "homelessness, any"),
        "\ufeff" + LISTED.replace("\n", "\r\n"),
        SVS,
        json.dumps(EXPANDED),
        json.dumps(
            {"resourceType": "Bundle", "entry": [{"resource": EXPANDED}, {"resource": {"resourceType": "List"}}]}
        ),
    ],
    ids=["csv", "tabs", "bom", "svs", "fhir", "bundle"],
)
def test_an_export_of_a_value_set_decides_membership(text: str, tmp_path: Path) -> None:
    result = read(text.encode(), "export")
    assert result.issues == ()
    terminology = _terminology(tmp_path, result)
    assert terminology.member(HOUSING, SNOMED, "32911000") is True
    assert terminology.member(HOUSING, "http://hl7.org/fhir/sid/icd-10-cm", "Z59.01") is True
    assert terminology.member(HOUSING, SNOMED, "Z59.01") is False
    assert terminology.member(HOUSING, None, "Z59.01") is True


def test_a_part_of_an_expansion_can_not_say_no(tmp_path: Path) -> None:
    part = {**EXPANDED, "expansion": {**EXPANDED["expansion"], "total": 300}}
    result = read(json.dumps(part).encode(), "part.json")
    assert [one.code for one in result.issues] == ["PKG-0104"]
    terminology = _terminology(tmp_path, result)
    assert terminology.member(HOUSING, SNOMED, "32911000") is True
    assert terminology.member(HOUSING, SNOMED, "1") is None


def test_a_list_of_codes_is_a_code_system_or_a_value_set(tmp_path: Path) -> None:
    text = b"code;display\nA;Alpha\nB;Beta\n"
    system = "https://example.org/codes"
    fragment = _terminology(tmp_path, read(text, "codes.csv", Naming(system=system)))
    assert fragment.has(system, "A") is True
    assert fragment.has(system, "C") is None
    whole = _terminology(tmp_path, read(text, "codes.csv", Naming(system=system, version="2", complete=True)))
    assert whole.has(f"{system}|2", "C") is False
    assert whole.displays(f"{system}|2", "B") == ("Beta",)
    chosen = _terminology(tmp_path, read(text, "codes.csv", Naming(system=system, url="https://example.org/set")))
    assert chosen.member("https://example.org/set", system, "B") is True
    assert chosen.member("https://example.org/set", system, "C") is False


def test_a_table_may_hold_several_value_sets(tmp_path: Path) -> None:
    text = (
        "Value Set OID|Value Set Name|Code|Code System OID\n"
        "1.2.3.4|One|a|2.16.840.1.113883.6.1\n"
        "1.2.3.5|Two|b|2.16.840.1.113883.6.999\n"
        "|Two|c|2.16.840.1.113883.6.1\n"
        "1.2.3.5|Two||2.16.840.1.113883.6.1\n"
        "1.2.3.5|Two|d|some system\n"
        "|||\n"
    )
    result = read(text.encode(), "sets.txt")
    assert [(one.code, one.at.line) for one in result.issues] == [
        ("PKG-0103", 3),
        ("PKG-0102", 4),
        ("PKG-0102", 5),
        ("PKG-0102", 6),
    ]
    terminology = _terminology(tmp_path, result)
    assert terminology.member("http://cts.nlm.nih.gov/fhir/ValueSet/1.2.3.4", "http://loinc.org", "a") is True
    assert terminology.member("http://cts.nlm.nih.gov/fhir/ValueSet/1.2.3.5", "urn:oid:2.16.840.1.113883.6.999", "b")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{}",
        b'{"resourceType": "Patient"}',
        b'{"resourceType": "ValueSet"}',
        b'{"resourceType": "Bundle", "entry": 1}',
        b"[" * 10,
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"PK\x03\x04",
        b"\xff\xfe",
        b"Name,Value\n1,2\n",
        b"Code,Display\n",
        b"Code\nA\n",
    ],
)
def test_what_is_no_terminology_is_said_to_be_none(raw: bytes) -> None:
    result = read(raw, "x")
    assert result.value is None
    assert result.issues


def test_the_vocabulary_lists_and_removes(tmp_path: Path) -> None:
    vocabulary = Vocabulary(tmp_path / "t")
    assert vocabulary.held() == ()
    assert vocabulary.pack() is None
    added = vocabulary.add(read(LISTED.encode(), "x").value or ())
    assert added == (f"{HOUSING}|20260101",)
    vocabulary.add(read(json.dumps(EXPANDED).encode(), "y").value or ())
    vocabulary.add(read(json.dumps(EXPANDED).encode(), "y").value or ())
    assert [(one.kind, one.canonical, one.codes) for one in vocabulary.held()] == [
        ("ValueSet", HOUSING, 2),
        ("ValueSet", f"{HOUSING}|20260101", 2),
    ]
    assert vocabulary.remove(f"{HOUSING}|20260101") == (f"{HOUSING}|20260101",)
    assert vocabulary.remove(HOUSING) == (HOUSING,)
    assert vocabulary.remove(HOUSING) == ()


@settings(max_examples=80)
@given(st.binary(max_size=300) | st.text("Code,\n\t|;\"'{}<>[]:a1.").map(str.encode), st.booleans())
def test_anything_is_read_or_refused(raw: bytes, named: bool) -> None:
    naming = Naming(system="urn:x:y", url="urn:x:z") if named else None
    result = read(raw, "x", naming)
    assert (result.value is None) <= bool(result.issues)
