"""Small documents of each type without a fault, for tests that put faults into them."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.issue import Issue

T = "2.16.840.1.113883.10.20.22."
SCT, LN = 'codeSystem="2.16.840.1.113883.6.96"', 'codeSystem="2.16.840.1.113883.6.1"'


def template(root: str, version: str = "2015-08-01") -> str:
    extension = f' extension="{version}"' if version else ""
    return f'<templateId root="{T}{root}"{extension}/>'


def section(code: str, root: str, *entries: str, text: str = "Text") -> str:
    inside = "".join(f"<entry>{each}</entry>" for each in entries)
    head = f'{template(root)}<code code="{code}" {LN}/><title>T{code}</title><text>{text}</text>'
    return f"<component><section>{head}{inside}</section></component>"


PROBLEM = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.3")}<id root="1.2.1"/><code code="CONC" '
    'codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/><effectiveTime><low value="2012"/></effectiveTime>'
    f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">{template("4.4")}'
    f'<id root="1.2.2"/><code code="64572001" {SCT}/><text><reference value="#p1"/></text>'
    '<statusCode code="completed"/>'
    f'<effectiveTime><low value="20120304"/></effectiveTime><value xsi:type="CD" code="38341003" {SCT}/></observation>'
    "</entryRelationship></act>"
)
ALLERGY = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.30")}<id root="1.3.1"/><code code="CONC" '
    'codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/><effectiveTime><low value="2010"/></effectiveTime>'
    f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">{template("4.7")}'
    '<id root="1.3.2"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>'
    f'<effectiveTime><low value="1998"/></effectiveTime><value xsi:type="CD" code="419199007" {SCT}/></observation>'
    "</entryRelationship></act>"
)
MEDICATION = (
    f'<substanceAdministration classCode="SBADM" moodCode="EVN">{template("4.16")}<id root="1.4.1"/>'
    '<statusCode code="active"/><effectiveTime xsi:type="IVL_TS"><low value="20200101"/></effectiveTime>'
    f'<doseQuantity value="1"/><consumable><manufacturedProduct classCode="MANU">{template("4.23")}'
    '<manufacturedMaterial><code code="314076" codeSystem="2.16.840.1.113883.6.88"/></manufacturedMaterial>'
    "</manufacturedProduct></consumable></substanceAdministration>"
)
RESULT = (
    f'<organizer classCode="BATTERY" moodCode="EVN">{template("4.1")}<id root="1.5.1"/><code code="57021-8" {LN}/>'
    f'<statusCode code="completed"/><component><observation classCode="OBS" moodCode="EVN">{template("4.2")}'
    f'<id root="1.5.2"/><code code="718-7" {LN}/><statusCode code="completed"/><effectiveTime value="20240101"/>'
    '<value xsi:type="PQ" value="13.2" unit="g/dL"/></observation></component></organizer>'
)
VITALS = (
    f'<organizer classCode="CLUSTER" moodCode="EVN">{template("4.26")}<id root="1.6.1"/><code code="46680005" {SCT}/>'
    '<statusCode code="completed"/><effectiveTime value="20240101"/><component>'
    f'<observation classCode="OBS" moodCode="EVN">{template("4.27")}<id root="1.6.2"/><code code="8867-4" {LN}/>'
    '<statusCode code="completed"/><effectiveTime value="20240101"/><value xsi:type="PQ" value="80" unit="/min"/>'
    "</observation></component></organizer>"
)
SMOKING = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.78")}<id root="1.7.1"/><code code="72166-2" {LN}/>'
    f'<statusCode code="completed"/><effectiveTime value="20240101"/><value xsi:type="CD" code="266919005" {SCT}/>'
    "</observation>"
)

_HEAD = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><realmCode code="US"/>'
    '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>'
)
_PEOPLE = (
    '<effectiveTime value="20240301101500-0500"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>'
    '<languageCode code="en-US"/><recordTarget><patientRole><id root="2.16.840.1.113883.19.2" extension="1"/>'
    '<addr nullFlavor="UNK"/><telecom nullFlavor="UNK"/><patient><name><given>A</given><family>B</family></name>'
    '<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19700102"/>'
    '<raceCode nullFlavor="UNK"/><ethnicGroupCode nullFlavor="UNK"/></patient>'
    '</patientRole></recordTarget><author><time value="20240301"/><assignedAuthor><id root="2.16.840.1.113883.4.6" '
    'extension="1234567893"/><addr use="WP"><streetAddressLine>1 Elm</streetAddressLine><city>Troy</city>'
    "<state>NY</state><postalCode>12180</postalCode><country>US</country></addr>"
    '<telecom nullFlavor="UNK"/><assignedPerson><name>N</name>'
    "</assignedPerson></assignedAuthor></author><custodian><assignedCustodian><representedCustodianOrganization>"
    '<id root="2.16.840.1.113883.19.3"/><name>K</name><telecom nullFlavor="UNK"/><addr nullFlavor="UNK"/>'
    "</representedCustodianOrganization></assignedCustodian></custodian>"
)
_SERVICE = (
    '<documentationOf><serviceEvent classCode="PCPR"><effectiveTime><low value="20230101"/><high value="20240301"/>'
    '</effectiveTime><performer typeCode="PRF"><assignedEntity><id root="2.16.840.1.113883.4.6" '
    'extension="1234567893"/><addr nullFlavor="UNK"/><telecom nullFlavor="UNK"/><assignedPerson><name>N</name>'
    "</assignedPerson></assignedEntity></performer></serviceEvent></documentationOf>"
)
_READER = "<informationRecipient><intendedRecipient><informationRecipient><name>R</name></informationRecipient>"
_READER += "</intendedRecipient></informationRecipient>"
_ORDER = '<inFulfillmentOf><order><id root="2.16.840.1.113883.19.4"/></order></inFulfillmentOf>'
_VISIT = (
    '<componentOf><encompassingEncounter><id root="2.16.840.1.113883.19.5"/><effectiveTime><low value="20240301"/>'
    '<high value="20240302"/></effectiveTime><location><healthCareFacility><id root="2.16.840.1.113883.19.6"/>'
    "</healthCareFacility></location></encompassingEncounter></componentOf>"
)


def document(root: str, code: str, version: str, *sections: str, context: str = "") -> str:
    """A document of a type; `context`: what its header says beyond the people."""
    return (
        f"{_HEAD}{template('1.1', version)}{template(root, version)}"
        f'<id root="2.16.840.1.113883.19.1" extension="d"/><code code="{code}" {LN}/><title>Summary</title>'
        f"{_PEOPLE}{context}<component><structuredBody>{''.join(sections)}</structuredBody></component>"
        "</ClinicalDocument>"
    )


def plain(*codes: str) -> str:
    """Sections of narrative alone."""
    return "".join(
        f'<component><section><code code="{code}" {LN}/><title>T</title><text>T</text></section></component>'
        for code in codes
    )


_ALLERGIES = section("48765-2", "2.6.1", ALLERGY)
_MEDICATIONS = section("10160-0", "2.1.1", MEDICATION)
_PROBLEMS = section("11450-4", "2.5.1", PROBLEM, text='<list><item ID="p1">High</item></list>')
_RESULTS = section("30954-2", "2.3.1", RESULT)
_SOCIAL = section("29762-2", "2.17", SMOKING)
_VITALS = section("8716-3", "2.4.1", VITALS)
_ALL = (_ALLERGIES, _MEDICATIONS, _PROBLEMS, _RESULTS, _SOCIAL, _VITALS)

SUMMARY = document("1.2", "34133-9", "2015-08-01", *_ALL, context=_SERVICE)

DOCUMENTS: dict[str, str] = {
    "Continuity of Care Document 2.1": SUMMARY,
    "Continuity of Care Document 1.1": document("1.2", "34133-9", "", *_ALL, context=_SERVICE),
    "Continuity of Care Document 4.0": document("1.2", "34133-9", "2024-05-01", *_ALL, context=_SERVICE),
    "Discharge Summary": document(
        "1.8", "18842-5", "2015-08-01", *_ALL, plain("8648-8", "11535-2", "18776-5"), context=_VISIT
    ),
    "Referral Note": document(
        "1.14", "57133-1", "2015-08-01", *_ALL, plain("42349-1", "51847-2"), context=_READER
    ),
    "Transfer Summary": document(
        "1.13", "18761-7", "2015-08-01", *_ALL, plain("42349-1", "51847-2"), context=_SERVICE
    ),
    "Consultation Note": document(
        "1.4", "11488-4", "2015-08-01", *_ALL, plain("10164-2", "42349-1", "51847-2"), context=_ORDER + _VISIT
    ),
    "History and Physical": document(
        "1.3", "34117-2", "2015-08-01", *_ALL,
        plain("10157-6", "10210-3", "11348-0", "29545-1", "10187-3", "51847-2", "10154-3"), context=_VISIT,
    ),
    "Progress Note": document("1.9", "11506-3", "2015-08-01", *_ALL, plain("51848-0", "18776-5"), context=_VISIT),
    "Care Plan": document("1.15", "52521-2", "2015-08-01", *_ALL, plain("75310-3", "61146-7"), context=_SERVICE),
}  # fmt: skip
"""By name. None has a finding as bad as an error."""


def findings(source: str) -> tuple[Issue, ...]:
    from adapters.formats.ccda import FORMAT

    document = FORMAT.parse(source.encode()).value
    assert document is not None
    return FORMAT.check(document)


def spoilt(old: str, new: str) -> Iterable[Issue]:
    """The findings of the summary with one thing replaced."""
    assert SUMMARY.count(old) >= 1, old
    return findings(SUMMARY.replace(old, new, 1))
