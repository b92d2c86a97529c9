"""Single faults: what is replaced by what in a document, the code that is found, and how its XPath ends."""

from __future__ import annotations

from tests.conformance.ccda.summary import LN, SCT, template

_ID = '<id root="2.16.840.1.113883.19.1" extension="d"/>'
_FINDING = f'<value xsi:type="CD" code="38341003" {SCT}/>'
_SMOKING = f'<value xsi:type="CD" code="266919005" {SCT}/>'
_PQ = '<value xsi:type="PQ" value="13.2" unit="g/dL"/>'
_ONSET = '<effectiveTime><low value="1998"/></effectiveTime>'
_REFERENCE = (
    f'<entryRelationship typeCode="REFR"><act classCode="ACT" moodCode="EVN">{template("4.122", "")}'
    '<id root="1.2.{0}"/><code nullFlavor="NP"/><statusCode code="completed"/></act></entryRelationship>'
)

Fault = tuple[str, str, str, str]

HEADER: dict[str, Fault] = {
    "no realm": ('<realmCode code="US"/>', "", "CDA-0201", "/ClinicalDocument"),
    "two realms": (
        '<realmCode code="US"/>',
        '<realmCode code="US"/><realmCode code="US"/>',
        "CDA-0202",
        "/realmCode[2]",
    ),
    "no type id": (
        '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>',
        "",
        "CDA-0201",
        "/ClinicalDocument",
    ),
    "no document id": (_ID, "", "CDA-0201", "/ClinicalDocument"),
    "two document ids": (_ID, '<id root="1.1"/><id root="1.2"/>', "CDA-0216", "/id[2]"),
    "no title": ("<title>Summary</title>", "", "CDA-0201", "/ClinicalDocument"),
    "no time": ('<effectiveTime value="20240301101500-0500"/>', "", "CDA-0201", "/ClinicalDocument"),
    "a time without a day": ("20240301101500-0500", "2024", "CDA-0227", "/ClinicalDocument/effectiveTime"),
    "a malformed document time": ("20240301101500-0500", "2024030110150-0500", "CDA-0209", "/effectiveTime/@value"),
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
        "/patientRole",
    ),
    "no birth time": ('<birthTime value="19700102"/>', "", "CDA-0201", "/patient"),
    "no gender": (
        '<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>',
        "",
        "CDA-0201",
        "/patient",
    ),
    "no author time": ('<time value="20240301"/>', "", "CDA-0201", "/author"),
    "no custodian name": ("<name>K</name>", "", "CDA-0201", "/representedCustodianOrganization"),
    "title before code": ("<title>Summary</title>", '<title>Summary</title><id root="1.1"/>', "CDA-0212", "/id[2]"),
    "an element of nobody": (
        '<languageCode code="en-US"/>',
        '<languageCode code="en-US"/><language/>',
        "CDA-0213",
        "/language",
    ),
    "an attribute of nobody": (
        '<languageCode code="en-US"/>',
        '<languageCode code="en-US" lang="en"/>',
        "CDA-0217",
        "/languageCode",
    ),
    "text beside elements": ("<assignedCustodian>", "<assignedCustodian>Keeper", "CDA-0220", "/assignedCustodian"),
    "no city": ("<city>Troy</city>", "", "CDA-0227", "/addr"),
    "a state that is none": ("<state>NY</state>", "<state>ZZ</state>", "CDA-0227", "/addr"),
    "a postal code of letters": ("12180", "ABC", "CDA-0227", "/addr"),
    "a name without a family": ("<family>B</family>", "", "CDA-0227", "/name"),
    "a given name in no element": ("<given>A</given>", "A", "CDA-0227", "/name"),
}

_RANGE = "<referenceRange><observationRange><text>12 to 15</text></observationRange></referenceRange>"

ENTRIES: dict[str, Fault] = {
    "a vital sign without a unit": (' value="80" unit="/min"/>', ' value="80"/>', "CDA-0201", "/observation/value"),
    "a reference range in words": (_PQ, f"{_PQ}{_RANGE}", "CDA-0201", "/observationRange"),
    "a month 13": ('<low value="20120304"/>', '<low value="20121304"/>', "CDA-0209", "/low/@value"),
    "a 31st of April": ('<low value="20120304"/>', '<low value="20120431"/>', "CDA-0209", "/low/@value"),
    "an offset of words": ('<low value="20120304"/>', '<low value="201203041200EST"/>', "CDA-0209", "/low/@value"),
    "value before time": (
        f'<effectiveTime value="20240101"/>{_SMOKING}',
        f'{_SMOKING}<effectiveTime value="20240101"/>',
        "CDA-0212",
        "/effectiveTime",
    ),
    "no problem id": ('<id root="1.2.2"/>', "", "CDA-0201", "/observation"),
    "no problem value": (_FINDING, "", "CDA-0201", "/observation"),
    "a participant of no role": (
        _FINDING,
        _FINDING + '<participant typeCode="IND"/>',
        "CDA-0215",
        "/observation/participant",
    ),
    "two problem values": (_FINDING, _FINDING * 2, "CDA-0202", "/value[2]"),
    "a problem that is text": (_FINDING, '<value xsi:type="ST">High</value>', "CDA-0221", "/value"),
    "a problem not completed": (
        '<reference value="#p1"/></text><statusCode code="completed"/>',
        '<reference value="#p1"/></text><statusCode code="active"/>',
        "CDA-0203",
        "/statusCode/@code",
    ),
    "no class": (
        '<observation classCode="OBS" moodCode="EVN">',
        '<observation moodCode="EVN">',
        "CDA-0201",
        "/observation",
    ),
    "another mood": (
        '<organizer classCode="CLUSTER" moodCode="EVN">',
        '<organizer classCode="CLUSTER" moodCode="INT">',
        "CDA-0203",
        "/organizer/@moodCode",
    ),
    "a concern of another code": (
        '<id root="1.2.1"/><code code="CONC"',
        '<id root="1.2.1"/><code code="X"',
        "CDA-0203",
        "/code/@code",
    ),
    "a concern without its time": ('<effectiveTime><low value="2012"/></effectiveTime>', "", "CDA-0201", "/act"),
    "an allergy code": ('code="ASSERTION"', 'code="48765-2"', "CDA-0203", "/code/@code"),
    "an allergy without onset": (_ONSET, "", "CDA-0201", "/observation"),
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
        "/manufacturedMaterial",
    ),
    "a medicine of no template": (template("4.23"), "", "CDA-0223", "/manufacturedProduct"),
    "a dose of words": ('<doseQuantity value="1"/>', '<doseQuantity value="one"/>', "CDA-0218", "/doseQuantity/@value"),
    "a result without a code": (f'<code code="718-7" {LN}/>', "", "CDA-0201", "/observation"),
    "a result without a time": (f'<effectiveTime value="20240101"/>{_PQ}', _PQ, "CDA-0201", "/observation"),
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
    "a unit that UCUM doesn't have": ('value="80" unit="/min"', 'value="80" unit="bpm"', "CDA-0224", "/value/@unit"),
    "smoking without a value": (_SMOKING, "", "CDA-0201", "/observation"),
    "a value without a type": (_SMOKING, f'<value code="266919005" {SCT}/>', "CDA-0210", "/value"),
    "a type of nobody": (_PQ, '<value xsi:type="QTY" value="13.2"/>', "CDA-0219", "/value"),
    "a time of another type": (
        f'<effectiveTime value="20240101"/>{_PQ}',
        f'<effectiveTime xsi:type="PQ" value="1"/>{_PQ}',
        "CDA-0219",
        "/effectiveTime",
    ),
    "a code without its system": (_SMOKING, '<value xsi:type="CD" code="266919005"/>', "CDA-0211", "/value/@code"),
    "a code of two words": (_SMOKING, f'<value xsi:type="CD" code="266 919" {SCT}/>', "CDA-0218", "/value/@code"),
    "a system of words": (
        _SMOKING,
        '<value xsi:type="CD" code="1" codeSystem="SNOMED CT"/>',
        "CDA-0208",
        "/value/@codeSystem",
    ),
    "a null flavor of nobody": ('<id root="1.5.2"/>', '<id nullFlavor="NULL"/>', "CDA-0218", "/id/@nullFlavor"),
    "a negation that is neither": (
        f'<observation classCode="OBS" moodCode="EVN">{template("4.4")}',
        f'<observation classCode="OBS" moodCode="EVN" negationInd="no">{template("4.4")}',
        "CDA-0218",
        "/@negationInd",
    ),
    "a root of words": ('<id root="1.5.2"/>', '<id root="our system"/>', "CDA-0208", "/id/@root"),
    "a root with a zero": ('<id root="1.5.2"/>', '<id root="1.05.2"/>', "CDA-0208", "/id/@root"),
    "a reference to nothing": ('value="#p1"', 'value="#p2"', "CDA-0206", "/reference/@value"),
    "a reference without its mark": ('value="#p1"', 'value="p1"', "CDA-0230", "/reference/@value"),
    "a reference to no entry": (
        f"{_FINDING}</observation></entryRelationship>",
        f"{_FINDING}</observation></entryRelationship>{_REFERENCE.format(99)}",
        "CDA-0231",
        "/id",
    ),
    "an id twice": (
        '<item ID="p1">High</item>',
        '<item ID="p1">High</item><item ID="p1">Low</item>',
        "CDA-0207",
        "/item[2]/@ID",
    ),
    "an id that is none": (
        '<item ID="p1">High</item>',
        '<item ID="p1">High</item><item ID="1">Low</item>',
        "CDA-0228",
        "/@ID",
    ),
    "a picture of nothing": (
        '<item ID="p1">High</item>',
        '<item ID="p1">High<renderMultiMedia referencedObject="m"/></item>',
        "CDA-0206",
        "/renderMultiMedia/@referencedObject",
    ),
    "markup of the web": ('<item ID="p1">High</item>', '<item ID="p1"><b>High</b></item>', "CDA-0229", "/b"),
    "a section without a code": (f'<code code="8716-3" {LN}/>', "", "CDA-0214", "/section"),
    "a section without a title": ("<title>T8716-3</title>", "", "CDA-0201", "/section"),
    "a section without text": (
        "<title>T8716-3</title><text>Text</text>",
        "<title>T8716-3</title>",
        "CDA-0201",
        "/section",
    ),
    "a section of another code": (
        f'<code code="8716-3" {LN}/>',
        f'<code code="8716-4" {LN}/>',
        "CDA-0203",
        "/code/@code",
    ),
    "a section without its entries": (template("2.4.1"), template("2.2.1"), "CDA-0201", "/section"),
    "the concern's template on the observation": (template("4.4"), template("4.3"), "CDA-0233", "/observation"),
}
