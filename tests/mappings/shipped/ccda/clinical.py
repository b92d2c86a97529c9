"""Clinical documents made for tests: a header, and sections with entries."""

from __future__ import annotations

from typing import Any

from gateway import convert

T = "2.16.840.1.113883.10.20.22.4."
"""Templates of entries."""
SNOMED, LOINC, RXNORM = "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.88"
CVX = "2.16.840.1.113883.12.292"

HEADER = """<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><realmCode code="US"/>
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
<id root="2.16.840.1.113883.19.1" extension="doc"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
<title>Summary</title><effectiveTime value="{time}"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
<recordTarget><patientRole><id root="2.16.840.1.113883.19.2" extension="P1"/><patient>
<name><given>Ada</given><family>Test</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="{birth}"/>
</patient></patientRole></recordTarget>
<author><time value="20240101"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/>
<assignedPerson><name><given>Ann</given><family>Author</family></name></assignedPerson></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><id root="2.16.840.1.113883.19.3"/><name>Keeper</name>
</representedCustodianOrganization></assignedCustodian></custodian>"""


def document(*sections: str, time: str = "20240301101500-0500", birth: str = "19700102") -> str:
    body = "".join(f"<component>{each}</component>" for each in sections)
    head = HEADER.format(time=time, birth=birth)
    return f"{head}<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"


def section(code: str, *entries: str, text: str = "Text") -> str:
    inside = "".join(f"<entry>{each}</entry>" for each in entries)
    head = f'<code code="{code}" codeSystem="{LOINC}"/><title>Section</title><text>{text}</text>'
    return f"<section>{head}{inside}</section>"


def bundle(source: str) -> dict[str, Any]:
    """The Bundle of a document; the test fails where there is none."""
    made = convert(source, to="fhir")
    assert made.value is not None, [each.message for each in made.issues]
    found: dict[str, Any] = made.value
    return found


def resources(source: str, kind: str) -> list[dict[str, Any]]:
    return [each["resource"] for each in bundle(source)["entry"] if each["resource"]["resourceType"] == kind]


def codes(node: Any) -> set[str]:
    """Every `code` in a tree."""
    if isinstance(node, dict):
        own = {node["code"]} if isinstance(node.get("code"), str) else set()
        return own.union(*(codes(each) for each in node.values()))
    return set().union(*(codes(each) for each in node)) if isinstance(node, list) else set()
