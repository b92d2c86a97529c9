"""A document without a fault that has entries of many kinds, for tests that put faults into it."""

from __future__ import annotations

from tests.conformance.ccda.summary import LN, SCT, document, template

_R = "2014-06-09"
_DONE = '<statusCode code="completed"/>'
_ACTIVE = '<statusCode code="active"/>'
_NPI = '<id root="2.16.840.1.113883.4.6" extension="1234567893"/>'
_PERSON = "<name><given>Ada</given><family>Byron</family></name>"
_WHERE = (
    '<addr use="WP"><streetAddressLine>1 Elm</streetAddressLine><city>Troy</city><state>NY</state>'
    "<postalCode>12180</postalCode><country>US</country></addr>"
)
_BY = (
    f"<assignedEntity>{_NPI}{_WHERE}"
    f'<telecom use="WP" value="tel:+1(555)555-0100"/><assignedPerson>{_PERSON}</assignedPerson></assignedEntity>'
)
_AUTHOR = f'<author>{template("4.119", "")}<time value="20240101"/><assignedAuthor>{_NPI}</assignedAuthor></author>'
_RX = 'codeSystem="2.16.840.1.113883.6.88"'
_ACT = 'codeSystem="2.16.840.1.113883.5.4"'


def _wide(code: str, root: str, version: str, *entries: str) -> str:
    inside = "".join(f"<entry>{each}</entry>" for each in entries)
    head = f'{template(root, version)}<code code="{code}" {LN}/><title>T{code}</title><text>Text</text>'
    return f"<component><section>{head}{inside}</section></component>"


def _inside(kind: str, entry: str, more: str = "") -> str:
    return f'<entryRelationship typeCode="{kind}"{more}>{entry}</entryRelationship>'


_INV = ' inversionInd="true"'
_SEVERITY = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.8", _R)}<code code="SEV" {_ACT}/>{_DONE}'
    f'<value xsi:type="CD" code="6736007" {SCT}/></observation>'
)
_REACTION = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.9", _R)}<id root="1.10.3"/>'
    f'<code code="ASSERTION" {_ACT}/>{_DONE}<effectiveTime><low value="1998"/></effectiveTime>'
    f'<value xsi:type="CD" code="247472004" {SCT}/>{_inside("SUBJ", _SEVERITY, _INV)}</observation>'
)
_CRITICALITY = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.145", "")}<code code="82606-5" {LN}/>{_DONE}'
    f'<value xsi:type="CD" code="CRITH" codeSystem="2.16.840.1.113883.5.1063"/></observation>'
)
ALLERGY = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.30")}<id root="1.10.1"/><code code="CONC" '
    f'codeSystem="2.16.840.1.113883.5.6"/>{_ACTIVE}<effectiveTime><low value="2010"/></effectiveTime>'
    + _inside(
        "SUBJ",
        f'<observation classCode="OBS" moodCode="EVN">{template("4.7")}<id root="1.10.2"/>'
        f'<code code="ASSERTION" {_ACT}/>{_DONE}<effectiveTime><low value="1998"/></effectiveTime>'
        f'<value xsi:type="CD" code="416098002" {SCT}/>{_AUTHOR}<participant typeCode="CSM">'
        '<participantRole classCode="MANU">'
        f'<playingEntity classCode="MMAT"><code code="2670" {_RX}/></playingEntity></participantRole></participant>'
        f"{_inside('MFST', _REACTION, _INV)}{_inside('SUBJ', _CRITICALITY, _INV)}</observation>",
    )
    + "</act>"
)
_PRODUCT = (
    f'<manufacturedProduct classCode="MANU">{template("4.23", _R)}<manufacturedMaterial>'
    f'<code code="314076" {_RX}/></manufacturedMaterial></manufacturedProduct>'
)
_INDICATION = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.19", _R)}<id root="1.11.2"/>'
    f'<code code="404684003" {SCT}/>'
    f'{_DONE}<value xsi:type="CD" code="38341003" {SCT}/></observation>'
)
_ORDER = (
    f'<supply classCode="SPLY" moodCode="INT">{template("4.17", _R)}<id root="1.11.3"/>{_ACTIVE}'
    '<effectiveTime xsi:type="IVL_TS"><low value="20240101"/></effectiveTime><repeatNumber value="1"/>'
    f'<quantity value="30"/><product>{_PRODUCT}</product></supply>'
)
_DISPENSED = (
    f'<supply classCode="SPLY" moodCode="EVN">{template("4.18", _R)}<id root="1.11.4"/>{_DONE}'
    f'<effectiveTime value="20240102"/><quantity value="30"/><product>{_PRODUCT}</product></supply>'
)
_CONDITION = (
    f'<precondition typeCode="PRCN"><criterion>{template("4.25", _R)}<code code="ASSERTION" {_ACT}/>'
    f'<value xsi:type="CD" code="56018004" {SCT}/></criterion></precondition>'
)
MEDICATION = (
    f'<substanceAdministration classCode="SBADM" moodCode="EVN">{template("4.16", _R)}<id root="1.11.1"/>{_ACTIVE}'
    '<effectiveTime xsi:type="IVL_TS"><low value="20200101"/></effectiveTime>'
    '<effectiveTime xsi:type="PIVL_TS" institutionSpecified="true" operator="A"><period value="12" unit="h"/>'
    "</effectiveTime>"
    '<routeCode code="C38288" codeSystem="2.16.840.1.113883.3.26.1.1"/><doseQuantity value="1"/>'
    f"<consumable>{_PRODUCT}</consumable>{_AUTHOR}{_inside('RSON', _INDICATION)}{_inside('REFR', _ORDER)}"
    f"{_inside('REFR', _DISPENSED)}{_CONDITION}</substanceAdministration>"
)
_REFUSED = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.53", "")}<id root="1.12.2"/>'
    f'<code code="PATOBJ" codeSystem="2.16.840.1.113883.5.8"/>{_DONE}</observation>'
)
IMMUNIZATION = (
    f'<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true">{template("4.52")}'
    f'<id root="1.12.1"/>{_DONE}<effectiveTime value="20240103"/><consumable><manufacturedProduct classCode="MANU">'
    f'{template("4.54", _R)}<manufacturedMaterial><code code="88" codeSystem="2.16.840.1.113883.12.292"/>'
    f"<lotNumberText>1</lotNumberText></manufacturedMaterial></manufacturedProduct></consumable>"
    f"{_inside('RSON', _REFUSED)}</substanceAdministration>"
)
_PLACE = (
    f'<participant typeCode="LOC"><participantRole classCode="SDLOC">{template("4.32", "")}<id root="1.13.9"/>'
    f'<code code="1160-1" codeSystem="2.16.840.1.113883.6.259"/>{_WHERE}<telecom nullFlavor="UNK"/>'
    '<playingEntity classCode="PLC"><name>Ward</name></playingEntity></participantRole></participant>'
)
PROCEDURE = (
    f'<procedure classCode="PROC" moodCode="EVN">{template("4.14", _R)}<id root="1.13.1"/><code code="80146002" {SCT}/>'
    f'{_DONE}<effectiveTime value="20240104"/><targetSiteCode code="66754008" {SCT}/><performer>{_BY}</performer>'
    f'<participant typeCode="DEV"><participantRole classCode="MANU">{template("4.37", "")}<id root="1.13.2"/>'
    f'<playingDevice><code code="14106009" {SCT}/></playingDevice><scopingEntity><id root="1.13.3"/></scopingEntity>'
    f"</participantRole></participant>{_PLACE}</procedure>"
)
ACT = (
    f'<act classCode="ACT" moodCode="INT">{template("4.12", _R)}<id root="1.13.4"/><code code="274025005" {SCT}/>'
    f'{_DONE}<effectiveTime value="20240104"/></act>'
)
_DIAGNOSIS = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.80")}<code code="29308-4" {LN}/>'
    + _inside(
        "SUBJ",
        f'<observation classCode="OBS" moodCode="EVN">{template("4.4")}<id root="1.14.3"/><code code="282291009" {SCT}>'
        f'<translation code="29308-4" {LN}/></code>{_DONE}<effectiveTime><low value="20240105"/></effectiveTime>'
        f'<value xsi:type="CD" code="233604007" {SCT}/></observation>',
    )
    + "</act>"
)
ENCOUNTER = (
    f'<encounter classCode="ENC" moodCode="EVN">{template("4.49")}<id root="1.14.1"/>'
    '<code code="99213" codeSystem="2.16.840.1.113883.6.12"/><effectiveTime value="20240105"/>'
    f"<performer>{_BY}</performer>{_PLACE}{_inside('COMP', _DIAGNOSIS)}</encounter>"
)
GOAL = (
    f'<observation classCode="OBS" moodCode="GOL">{template("4.121", "")}<id root="1.15.1"/><code code="8867-4" {LN}/>'
    f'{_ACTIVE}<effectiveTime><low value="20240106"/></effectiveTime><value xsi:type="PQ" value="70" unit="/min"/>'
    f"{_AUTHOR}</observation>"
)
CONCERN = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.132")}<id root="1.16.1"/><code code="75310-3" {LN}/>{_ACTIVE}'
    "</act>"
)
PLANNED = (
    f'<observation classCode="OBS" moodCode="RQO">{template("4.44", _R)}<id root="1.17.1"/><code code="718-7" {LN}/>'
    f'{_ACTIVE}<effectiveTime value="20250101"/></observation>',
    f'<encounter classCode="ENC" moodCode="INT">{template("4.40", _R)}<id root="1.17.2"/><code code="185349003" {SCT}/>'
    f'{_ACTIVE}<effectiveTime value="20250102"/></encounter>',
    f'<procedure classCode="PROC" moodCode="RQO">{template("4.41", _R)}<id root="1.17.3"/><code code="73761001" {SCT}/>'
    f'{_ACTIVE}<effectiveTime value="20250103"/></procedure>',
    f'<act classCode="ACT" moodCode="INT">{template("4.20", _R)}<code code="311401005" {SCT}/>{_DONE}</act>',
)
FUNCTION = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.67", _R)}<id root="1.18.1"/><code code="54522-8" {LN}/>'
    f'{_DONE}<effectiveTime value="20240107"/><value xsi:type="CD" code="165245003" {SCT}/></observation>'
)
FAMILY = (
    f'<organizer classCode="CLUSTER" moodCode="EVN">{template("4.45")}<id root="1.19.1"/>{_DONE}'
    '<subject><relatedSubject classCode="PRS"><code code="FTH" codeSystem="2.16.840.1.113883.5.111"/>'
    '<subject><administrativeGenderCode code="M" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="1930"/>'
    f'</subject></relatedSubject></subject><component><observation classCode="OBS" moodCode="EVN">{template("4.46")}'
    f'<id root="1.19.2"/><code code="64572001" {SCT}><translation code="75315-2" {LN}/></code>{_DONE}'
    '<effectiveTime value="1980"/>'
    f'<value xsi:type="CD" code="22298006" {SCT}/>'
    + _inside(
        "SUBJ",
        f'<observation classCode="OBS" moodCode="EVN">{template("4.31", "")}<code code="445518008" {SCT}/>{_DONE}'
        '<value xsi:type="PQ" value="50" unit="a"/></observation>',
        _INV,
    )
    + "</observation></component></organizer>"
)
DIRECTIVE = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.48")}<id root="1.20.1"/><code code="304251008" {SCT}>'
    f'<translation code="75320-2" {LN}/></code>{_DONE}<effectiveTime><low value="20110213"/><high nullFlavor="NA"/>'
    f'</effectiveTime><value xsi:type="CD" code="304253006" {SCT}/></observation>'
)
_POLICY = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.61")}<id root="1.21.2"/>'
    f'<code code="12" codeSystem="2.16.840.1.113883.3.221.5"/>{_DONE}<performer typeCode="PRF">{template("4.87", "")}'
    '<assignedEntity><id root="1.21.3"/><code code="PAYOR" codeSystem="2.16.840.1.113883.5.110"/></assignedEntity>'
    f'</performer><participant typeCode="COV">{template("4.89", "")}<participantRole><id root="1.21.4"/>'
    '<code code="SELF" codeSystem="2.16.840.1.113883.5.111"/></participantRole></participant></act>'
)
COVERAGE = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.60")}<id root="1.21.1"/><code code="48768-6" {LN}/>{_DONE}'
    f"{_inside('COMP', _POLICY)}</act>"
)
DEVICE = (
    f'<supply classCode="SPLY" moodCode="EVN">{template("4.50", _R)}<id root="1.22.1"/>{_DONE}'
    '<effectiveTime xsi:type="IVL_TS"><high value="20240108"/></effectiveTime><quantity value="1"/></supply>'
)
NOTE = (
    f'<act classCode="ACT" moodCode="EVN">{template("4.202", "2016-11-01")}<code code="34109-9" {LN}>'
    f'<translation code="11488-4" {LN}/></code><text><reference value="#n"/></text>{_DONE}'
    f'<effectiveTime value="20240109"/>{_AUTHOR}</act>'
)
SEX = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.200", "2016-06-01")}<code code="76689-9" {LN}/>'
    f'{_DONE}<value xsi:type="CD" code="F" codeSystem="2.16.840.1.113883.5.1"/></observation>'
)
SOCIAL = (
    f'<observation classCode="OBS" moodCode="EVN">{template("4.38")}<id root="1.23.1"/><code code="160573003" {SCT}>'
    f'<translation code="74013-4" {LN}/></code>{_DONE}<effectiveTime value="20240110"/>'
    '<value xsi:type="PQ" value="2" unit="{drinks}/d"/></observation>'
)
PREGNANCY = (
    f'<observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.15.3.8"/>'
    f'<id root="1.23.2"/><code code="ASSERTION" {_ACT}/>{_DONE}<effectiveTime><low value="20240111"/></effectiveTime>'
    f'<value xsi:type="CD" code="77386006" {SCT}/></observation>'
)

_CONTEXT = (
    f'<legalAuthenticator><time value="20240301"/><signatureCode code="S"/>{_BY}</legalAuthenticator>'
    '<participant typeCode="IND"><associatedEntity classCode="NOK"><code code="MTH" '
    f'codeSystem="2.16.840.1.113883.5.111"/><associatedPerson>{_PERSON}</associatedPerson></associatedEntity>'
    "</participant>"
    '<documentationOf><serviceEvent classCode="PCPR"><effectiveTime><low value="20230101"/><high value="20240301"/>'
    f'</effectiveTime><performer typeCode="PRF">{_BY}</performer></serviceEvent></documentationOf>'
    '<relatedDocument typeCode="RPLC"><parentDocument><id root="1.24.1"/></parentDocument></relatedDocument>'
)

_TEXT = '<paragraph ID="n">Seen.</paragraph>'

WIDE = document(
    "1.2", "34133-9", "2015-08-01",
    _wide("48765-2", "2.6.1", "2015-08-01", ALLERGY),
    _wide("10160-0", "2.1.1", _R, MEDICATION),
    _wide("11450-4", "2.5", "2015-08-01"),
    _wide("30954-2", "2.3", "2015-08-01"),
    _wide("8716-3", "2.4", "2015-08-01"),
    _wide("29762-2", "2.17", "2015-08-01", SEX, SOCIAL, PREGNANCY),
    _wide("11369-6", "2.2.1", "2015-08-01", IMMUNIZATION),
    _wide("47519-4", "2.7.1", _R, PROCEDURE, ACT),
    _wide("46240-8", "2.22.1", "2015-08-01", ENCOUNTER),
    _wide("61146-7", "2.60", "", GOAL),
    _wide("75310-3", "2.58", "2015-08-01", CONCERN),
    _wide("18776-5", "2.10", _R, *PLANNED),
    _wide("47420-5", "2.14", _R, FUNCTION),
    _wide("10157-6", "2.15", "2015-08-01", FAMILY),
    _wide("42348-3", "2.21.1", "2015-08-01", DIRECTIVE),
    _wide("48768-6", "2.18", "2015-08-01", COVERAGE),
    _wide("46264-8", "2.23", _R, DEVICE),
    _wide("34109-9", "2.65", "2016-11-01", NOTE).replace("<text>Text</text>", f"<text>{_TEXT}</text>"),
    context=_CONTEXT,
)  # fmt: skip
