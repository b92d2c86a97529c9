"""Single faults in a valid document are found, each at its place and alone."""

from __future__ import annotations

import pytest

from tests.conformance.ccda.summary import LN, SCT, SUMMARY, findings, spoilt, template

ID = '<id root="1.2.2"/>'
FAULTS: dict[str, tuple[str, str, str, str]] = {
    "no realm": ('<realmCode code="US"/>', "", "CDA-0201", "/ClinicalDocument"),
    "no type id": (
        '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>',
        "",
        "CDA-0201",
        "/ClinicalDocument",
    ),
    "no document id": ('<id root="2.16.840.1.113883.19.1" extension="d"/>', "", "CDA-0201", "/ClinicalDocument"),
    "two document ids": (
        '<id root="2.16.840.1.113883.19.1" extension="d"/>',
        '<id root="1.1"/><id root="1.2"/>',
        "CDA-0202",
        "/id[2]",
    ),
    "no title": ("<title>Summary</title>", "", "CDA-0201", "/ClinicalDocument"),
    "no time": ('<effectiveTime value="20240301101500-0500"/>', "", "CDA-0201", "/ClinicalDocument"),
    "no confidentiality": (
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>',
        "",
        "CDA-0201",
        "/ClinicalDocument",
    ),
    "no language": ('<languageCode code="en-US"/>', "", "CDA-0201", "/ClinicalDocument"),
    "no address": (
        '<addr nullFlavor="UNK"/><telecom nullFlavor="UNK"/><patient>',
        '<telecom nullFlavor="UNK"/><patient>',
        "CDA-0201",
        "/ClinicalDocument",
    ),
    "no birth time": ('<birthTime value="19700102"/>', "", "CDA-0201", "/ClinicalDocument"),
    "no gender": (
        '<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>',
        "",
        "CDA-0201",
        "/ClinicalDocument",
    ),
    "no author time": ('<time value="20240301"/>', "", "CDA-0201", "/ClinicalDocument"),
    "no custodian name": ("<name>K</name>", "", "CDA-0201", "/ClinicalDocument"),
    "a malformed document time": ("20240301101500-0500", "2024030110150-0500", "CDA-0209", "/effectiveTime/@value"),
    "a month 13": ('<low value="20120304"/>', '<low value="20121304"/>', "CDA-0209", "/low/@value"),
    "an offset of words": ('<low value="20120304"/>', '<low value="201203041200EST"/>', "CDA-0209", "/low/@value"),
    "title before code": (
        f'<code code="34133-9" {LN}/><title>Summary</title>',
        f'<title>Summary</title><code code="34133-9" {LN}/>',
        "CDA-0212",
        "/code",
    ),
    "an element of nobody": (
        '<languageCode code="en-US"/>',
        '<languageCode code="en-US"/><language/>',
        "CDA-0213",
        "/language",
    ),
    "value before time": (
        f'<effectiveTime value="20240101"/><value xsi:type="CD" code="266919005" {SCT}/>',
        f'<value xsi:type="CD" code="266919005" {SCT}/><effectiveTime value="20240101"/>',
        "CDA-0212",
        "/effectiveTime",
    ),
    "no problem id": (ID, "", "CDA-0201", "/observation"),
    "no problem value": (f'<value xsi:type="CD" code="38341003" {SCT}/>', "", "CDA-0201", "/observation"),
    "a problem not completed": (
        '<reference value="#p1"/></text><statusCode code="completed"/>',
        '<reference value="#p1"/></text><statusCode code="active"/>',
        "CDA-0203",
        "/statusCode/@code",
    ),
    "a concern of another code": (
        '<id root="1.2.1"/><code code="CONC"',
        '<id root="1.2.1"/><code code="X"',
        "CDA-0203",
        "/code/@code",
    ),
    "a concern without its time": ('<effectiveTime><low value="2012"/></effectiveTime>', "", "CDA-0201", "/act"),
    "an allergy code": ('code="ASSERTION"', 'code="48765-2"', "CDA-0203", "/code/@code"),
    "an allergy without onset": ('<effectiveTime><low value="1998"/></effectiveTime>', "", "CDA-0201", "/observation"),
    "an allergy status": (
        '<statusCode code="active"/><effectiveTime><low value="2010"/>',
        '<statusCode code="held"/><effectiveTime><low value="2010"/>',
        "CDA-0203",
        "/statusCode/@code",
    ),
    "a medication without a time": (
        '<effectiveTime xsi:type="IVL_TS"><low value="20200101"/></effectiveTime>',
        "",
        "CDA-0201",
        "/substanceAdministration",
    ),
    "a medication without a code": (
        '<code code="314076" codeSystem="2.16.840.1.113883.6.88"/>',
        "",
        "CDA-0201",
        "/manufacturedProduct",
    ),
    "a result without a code": (f'<code code="718-7" {LN}/>', "", "CDA-0201", "/observation"),
    "a result without a time": (
        '<effectiveTime value="20240101"/><value xsi:type="PQ" value="13.2"',
        '<value xsi:type="PQ" value="13.2"',
        "CDA-0201",
        "/observation",
    ),
    "a battery's status": (
        f'<code code="57021-8" {LN}/><statusCode code="completed"/>',
        f'<code code="57021-8" {LN}/><statusCode code="done"/>',
        "CDA-0203",
        "/statusCode/@code",
    ),
    "vital signs without a time": (
        f'<code code="46680005" {SCT}/><statusCode code="completed"/><effectiveTime value="20240101"/>',
        f'<code code="46680005" {SCT}/><statusCode code="completed"/>',
        "CDA-0201",
        "/organizer",
    ),
    "smoking without a value": (f'<value xsi:type="CD" code="266919005" {SCT}/>', "", "CDA-0201", "/observation"),
    "a value without a type": (
        f'<value xsi:type="CD" code="266919005" {SCT}/>',
        f'<value code="266919005" {SCT}/>',
        "CDA-0210",
        "/value",
    ),
    "a code without its system": (
        f'<value xsi:type="CD" code="266919005" {SCT}/>',
        '<value xsi:type="CD" code="266919005"/>',
        "CDA-0211",
        "/value/@code",
    ),
    "a root of words": ('<id root="1.5.2"/>', '<id root="our system"/>', "CDA-0208", "/id/@root"),
    "a root with a zero": ('<id root="1.5.2"/>', '<id root="1.05.2"/>', "CDA-0208", "/id/@root"),
    "a reference to nothing": ('value="#p1"', 'value="#p2"', "CDA-0206", "/reference/@value"),
    "an id twice": (
        '<item ID="p1">High</item>',
        '<item ID="p1">High</item><item ID="p1">Low</item>',
        "CDA-0207",
        "/ClinicalDocument",
    ),
    "no vital signs section": ('<code code="8716-3"', '<code code="10190-7"', "CDA-0204", "/ClinicalDocument"),
    "a section without a code": (f'<code code="8716-3" {LN}/>', "", "CDA-0214", "/section"),
}
"""What is replaced by what; the code that is found, and how its XPath ends."""


def test_the_summary_has_no_fault() -> None:
    assert findings(SUMMARY) == ()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_place(name: str) -> None:
    old, new, code, path = FAULTS[name]
    found = [each for each in spoilt(old, new) if each.code != "CDA-0204" or code == "CDA-0204"]
    assert [each.code for each in found] == [code]
    assert found[0].at.path.endswith(path)
    assert found[0].at.line


def test_a_care_plan_has_no_plan_of_treatment() -> None:
    plan = SUMMARY.replace(template("1.2"), template("1.15")).replace('code="8716-3"', 'code="18776-5"')
    assert {each.code for each in findings(plan)} == {"CDA-0204", "CDA-0205"}


def test_what_an_older_release_asks() -> None:
    older = SUMMARY.replace(template("1.2"), template("1.2", "")).replace('code="8716-3"', 'code="10190-7"')
    assert findings(older) == ()


def test_null_flavors_are_there() -> None:
    null = SUMMARY.replace('<id root="1.2.2"/>', '<id nullFlavor="NI"/>')
    null = null.replace('<statusCode code="completed"/>', '<statusCode nullFlavor="UNK"/>')
    assert findings(null) == ()
