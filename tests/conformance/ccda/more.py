"""Further single faults: in entries of many kinds and in the header, one for each kind of statement of the guide."""

from __future__ import annotations

from tests.conformance.ccda.faults import Fault
from tests.conformance.ccda.summary import LN, SCT, template

_R = "2014-06-09"
_DONE = '<statusCode code="completed"/>'
_HIGH = '<value xsi:type="CD" code="CRITH" codeSystem="2.16.840.1.113883.5.1063"/>'
_ASSERTION = '<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>'
_NPI = '<id root="2.16.840.1.113883.4.6" extension="1234567893"/>'
_CVX = '<code code="88" codeSystem="2.16.840.1.113883.12.292"/>'
_PERIOD = '<period value="12" unit="h"/>'
_LOW = '<low value="20230101"/><high value="20240301"/>'

FURTHER: dict[str, Fault] = {
    "a reaction without a value": (f'<value xsi:type="CD" code="247472004" {SCT}/>', "", "CDA-0201", "/observation"),
    "a reaction that isn't turned": (
        '<entryRelationship typeCode="MFST" inversionInd="true">',
        '<entryRelationship typeCode="MFST">',
        "CDA-0201",
        "/entryRelationship[1]",
    ),
    "a reaction said to be a subject": (
        '<entryRelationship typeCode="MFST" inversionInd="true">',
        '<entryRelationship typeCode="XXXX" inversionInd="true">',
        "CDA-0218",
        "/entryRelationship[1]/@typeCode",
    ),
    "a severity of another code": ('<code code="SEV"', '<code code="SEVERE"', "CDA-0203", "/code/@code"),
    "a severity of nobody": (
        f'<value xsi:type="CD" code="6736007" {SCT}/>',
        f'<value xsi:type="CD" code="371923004" {SCT}/>',
        "CDA-0224",
        "/value/@code",
    ),
    "a criticality in another value set": (_HIGH, _HIGH.replace("CRITH", "HIGH"), "CDA-0224", "/value/@code"),
    "an allergen of no class": (
        '<participantRole classCode="MANU"><playingEntity classCode="MMAT">',
        '<participantRole><playingEntity classCode="MMAT">',
        "CDA-0201",
        "/participantRole",
    ),
    "an allergen without a code": (
        '<code code="2670" codeSystem="2.16.840.1.113883.6.88"/>',
        "",
        "CDA-0201",
        "/playingEntity",
    ),
    "two allergens' entities": (
        '<playingEntity classCode="MMAT">',
        '<playingEntity classCode="MMAT"/><playingEntity classCode="MMAT">',
        "CDA-0216",
        "/playingEntity[2]",
    ),
    "an author without an id": (
        f'{template("4.119", "")}<time value="20240101"/><assignedAuthor>{_NPI}',
        f'{template("4.119", "")}<time value="20240101"/><assignedAuthor>',
        "CDA-0201",
        "/assignedAuthor",
    ),
    "an author without a time": (
        f'{template("4.119", "")}<time value="20240101"/>',
        template("4.119", ""),
        "CDA-0201",
        "/author",
    ),
    "a period without a unit of time": (_PERIOD, '<period value="12" unit="mg"/>', "CDA-0218", "/period/@unit"),
    "a dose of a unit that is none": (
        '<doseQuantity value="1"/>',
        '<doseQuantity value="1" unit="tabs"/>',
        "CDA-0224",
        "/doseQuantity/@unit",
    ),
    "a dose as a range upside down": (
        '<doseQuantity value="1"/>',
        '<doseQuantity><low value="3"/><high value="1"/></doseQuantity>',
        "CDA-0235",
        "/doseQuantity",
    ),
    "an indication without a status": (
        f'<id root="1.11.2"/><code code="404684003" {SCT}/>{_DONE}',
        f'<id root="1.11.2"/><code code="404684003" {SCT}/>',
        "CDA-0201",
        "/observation",
    ),
    "an order that is an event": (
        f'<supply classCode="SPLY" moodCode="INT">{template("4.17", _R)}',
        f'<supply classCode="SPLY" moodCode="EVN">{template("4.17", _R)}',
        "CDA-0203",
        "/supply/@moodCode",
    ),
    "a dispense without an id": ('<id root="1.11.4"/>', "", "CDA-0201", "/supply"),
    "a dispense that is still active": (
        f'<id root="1.11.4"/>{_DONE}',
        '<id root="1.11.4"/><statusCode code="active"/>',
        "CDA-0224",
        "/statusCode/@code",
    ),
    "half a refill": ('<repeatNumber value="1"/>', '<repeatNumber value="1.5"/>', "CDA-0218", "/repeatNumber/@value"),
    "an immunization that doesn't say if refused": (
        '<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true">',
        '<substanceAdministration classCode="SBADM" moodCode="EVN">',
        "CDA-0201",
        "/substanceAdministration",
    ),
    "a vaccine without a code": (_CVX, "", "CDA-0201", "/manufacturedMaterial"),
    "a vaccine of another template": (template("4.54", _R), template("4.23", _R), "CDA-0223", "/manufacturedProduct"),
    "two consumables": (
        '</consumable><entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN">'
        + template("4.53", ""),
        '</consumable><consumable><manufacturedProduct/></consumable><entryRelationship typeCode="RSON">'
        '<observation classCode="OBS" moodCode="EVN">' + template("4.53", ""),
        "CDA-0216",
        "/consumable[2]",
    ),
    "a refusal's reason of nobody": ('code="PATOBJ"', 'code="NOTNOW"', "CDA-0224", "/code/@code"),
    "a procedure without a code": (f'<code code="80146002" {SCT}/>', "", "CDA-0201", "/procedure"),
    "a procedure of another status": (
        f'<code code="80146002" {SCT}/>{_DONE}',
        f'<code code="80146002" {SCT}/><statusCode code="done"/>',
        "CDA-0203",
        "/statusCode/@code",
    ),
    "a procedure that is an act": (
        f'<act classCode="ACT" moodCode="INT">{template("4.12", _R)}',
        f'<act classCode="PROC" moodCode="INT">{template("4.12", _R)}',
        "CDA-0203",
        "/act/@classCode",
    ),
    "a place of no kind": (
        '<code code="1160-1" codeSystem="2.16.840.1.113883.6.259"/>',
        "",
        "CDA-0201",
        "/participantRole",
    ),
    "a device's owner without an id": ('<id root="1.13.3"/>', "", "CDA-0201", "/scopingEntity"),
    "an encounter without a time": ('<effectiveTime value="20240105"/>', "", "CDA-0201", "/encounter"),
    "a diagnosis of nothing": (
        f'<value xsi:type="CD" code="233604007" {SCT}/>',
        "",
        "CDA-0201",
        "/observation",
    ),
    "a goal that is an event": (
        '<observation classCode="OBS" moodCode="GOL">',
        '<observation classCode="OBS" moodCode="EVN">',
        "CDA-0203",
        "/observation/@moodCode",
    ),
    "a concern of another code": (
        f'<code code="75310-3" {LN}/><statusCode',
        f'<code code="75310-4" {LN}/><statusCode',
        "CDA-0203",
        "/code/@code",
    ),
    "a plan that is over": (
        f'<code code="718-7" {LN}/><statusCode code="active"/>',
        f'<code code="718-7" {LN}/>{_DONE}',
        "CDA-0203",
        "/statusCode/@code",
    ),
    "a planned procedure in no mood": (
        '<procedure classCode="PROC" moodCode="RQO">',
        '<procedure classCode="PROC" moodCode="EVN">',
        "CDA-0224",
        "/procedure/@moodCode",
    ),
    "a function without a value": (f'<value xsi:type="CD" code="165245003" {SCT}/>', "", "CDA-0201", "/observation"),
    "a relative of no kin": (
        '<code code="FTH" codeSystem="2.16.840.1.113883.5.111"/>',
        "",
        "CDA-0201",
        "/relatedSubject",
    ),
    "a relative without a sex": (
        '<administrativeGenderCode code="M" codeSystem="2.16.840.1.113883.5.1"/>',
        "",
        "CDA-0201",
        "/subject",
    ),
    "an age in no unit of time": ('value="50" unit="a"', 'value="50" unit="kg"', "CDA-0224", "/value/@unit"),
    "a directive without its time": (
        '<effectiveTime><low value="20110213"/><high nullFlavor="NA"/></effectiveTime>',
        "",
        "CDA-0201",
        "/observation",
    ),
    "a directive without its end": ('<high nullFlavor="NA"/>', "", "CDA-0201", "/effectiveTime"),
    "a policy without a payer": (template("4.87", ""), "", "CDA-0201", "/act"),
    "a policy of nobody": ('<id root="1.21.4"/>', "", "CDA-0201", "/participantRole"),
    "a supply of no status": (
        f'<id root="1.22.1"/>{_DONE}',
        '<id root="1.22.1"/>',
        "CDA-0201",
        "/supply",
    ),
    "a note without an author's time": (
        '<effectiveTime value="20240109"/>',
        "",
        "CDA-0201",
        "/act",
    ),
    "a note without its text": ('<text><reference value="#n"/></text>', "", "CDA-0201", "/act"),
    "a note of no text": ('<reference value="#n"/>', '<reference value="#m"/>', "CDA-0206", "/reference/@value"),
    "a sex of nobody": (
        '<value xsi:type="CD" code="F" codeSystem="2.16.840.1.113883.5.1"/>',
        '<value xsi:type="CD" code="X" codeSystem="2.16.840.1.113883.5.1"/>',
        "CDA-0224",
        "/value/@code",
    ),
    "a habit without a time": ('<effectiveTime value="20240110"/>', "", "CDA-0201", "/observation"),
    "a habit in a unit that is none": ('unit="{drinks}/d"', 'unit="drinks/d"', "CDA-0224", "/value/@unit"),
    "a pregnancy of another value": (
        f'<value xsi:type="CD" code="77386006" {SCT}/>',
        '<value xsi:type="ST">yes</value>',
        "CDA-0221",
        "/value",
    ),
    "a signature of nobody": (
        '<signatureCode code="S"/>',
        '<signatureCode code="X"/>',
        "CDA-0203",
        "/signatureCode/@code",
    ),
    "a signature without a time": (
        '<legalAuthenticator><time value="20240301"/>',
        "<legalAuthenticator>",
        "CDA-0215",
        "/legalAuthenticator",
    ),
    "a performance without its start": (_LOW, '<high value="20240301"/>', "CDA-0201", "/effectiveTime"),
    "a care that ends before it begins": (
        _LOW,
        '<low value="20240301"/><high value="20230101"/>',
        "CDA-0235",
        "/effectiveTime",
    ),
    "a telephone of no use": (
        '<telecom use="WP" value="tel:+1(555)555-0100"/>',
        '<telecom use="XX" value="tel:+1(555)555-0100"/>',
        "CDA-0224",
        "/telecom/@use",
    ),
    "a sex in the words of a form": (
        '<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>',
        '<administrativeGenderCode code="Female" codeSystem="2.16.840.1.113883.5.1"/>',
        "CDA-0224",
        "/administrativeGenderCode/@code",
    ),
    "a language in words": (
        '<languageCode code="en-US"/>',
        '<languageCode code="English"/>',
        "CDA-0224",
        "/languageCode/@code",
    ),
    "a document replaced without its id": ('<id root="1.24.1"/>', "", "CDA-0215", "/parentDocument"),
    "a relation of documents of nobody": (
        'typeCode="RPLC"',
        'typeCode="REPL"',
        "CDA-0218",
        "/relatedDocument/@typeCode",
    ),
    "a document of another code": (
        f'<code code="34133-9" {LN}/>',
        f'<code code="34133-8" {LN}/>',
        "CDA-0203",
        "/code/@code",
    ),
}
