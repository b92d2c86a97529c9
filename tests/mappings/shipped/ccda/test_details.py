"""What entries say beside their core: timing, dispenses, devices, specimens, relatives, policies, teams, directives."""

from __future__ import annotations

from typing import Any

from gateway import convert
from tests.mappings.shipped.ccda.clinical import CVX, LOINC, RXNORM, SNOMED, T, bundle, document, resources, section

DRUG = f'<manufacturedProduct><manufacturedMaterial><code code="316342" codeSystem="{RXNORM}"/></manufacturedMaterial>'
DRUG = f"<consumable>{DRUG}</manufacturedProduct></consumable>"


def administration(inside: str, template: str = "16", mood: str = "INT") -> str:
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="{mood}"><templateId root="{T}{template}"/>'
        f'<id root="1.2.7"/><statusCode code="active"/>{inside}</substanceAdministration>'
    )


def observed(template: str, code: str, value: str, inside: str = "", attributes: str = "") -> str:
    claimed = f'<templateId root="{template if template.startswith("2.") else T + template}"/>' if template else ""
    return (
        f'<observation classCode="OBS" moodCode="EVN"{attributes}>{claimed}<id root="1.2.8" extension="{code}"/>'
        f'<code code="{code}" codeSystem="{LOINC}"/><statusCode code="completed"/>{value}{inside}</observation>'
    )


def coded(code: str, name: str = "") -> str:
    return f'<value xsi:type="CD" code="{code}" codeSystem="{SNOMED}" displayName="{name}"/>'


def one(kind: str, code: str, *entries: str) -> dict[str, Any]:
    (found,) = resources(document(section(code, *entries)), kind)
    return found


def related(kind: str, inside: str) -> str:
    return f'<entryRelationship typeCode="{kind}">{inside}</entryRelationship>'


# ---- medications and immunizations


def timing(inside: str) -> Any:
    return one("MedicationRequest", "10160-0", administration(inside + DRUG))["dosageInstruction"][0]["timing"][
        "repeat"
    ]


def test_a_medication_that_is_not_named_is_unknown() -> None:
    """`name` stands there, but is empty: medication[x] is required, and nothing says which."""
    unnamed = '<manufacturedMaterial><code nullFlavor="NI"/><name/></manufacturedMaterial>'
    drug = f"<consumable><manufacturedProduct>{unnamed}</manufacturedProduct></consumable>"
    concept = one("MedicationRequest", "10160-0", administration(drug))["medicationCodeableConcept"]
    assert concept["extension"][0]["valueCode"] == "unknown"


NOBODY_KNOWS = f'''<act classCode="ACT" moodCode="EVN" nullFlavor="NI"><templateId root="{T}30"/><id root="1.2.3"/>
<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/><entryRelationship typeCode="SUBJ">
<observation classCode="OBS" moodCode="EVN" nullFlavor="NI"><templateId root="{T}7"/><id root="1.2.4"/>
<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><statusCode code="completed"/>{coded("419199007")}
PARTICIPANT</observation></entryRelationship></act>'''


def test_a_statement_that_nothing_is_known_states_nothing() -> None:
    """A nullFlavor on the statement itself: there is no allergy, drug or visit, unless one is named."""
    drug = "<consumable><manufacturedProduct><manufacturedMaterial>DRUG</manufacturedMaterial></manufacturedProduct>"
    administered = administration(drug + "</consumable>").replace(' moodCode="INT"', ' moodCode="INT" nullFlavor="NI"')
    visit = f'<encounter classCode="ENC" moodCode="EVN" nullFlavor="NI"><templateId root="{T}49"/><id root="1.2.5"/>'
    visit += "VISIT</encounter>"

    def made(*words: tuple[str, str]) -> list[str]:
        texts = [NOBODY_KNOWS, administered, visit]
        for old, new in words:
            texts = [each.replace(old, new) for each in texts]
        allergy, medication, encounter = texts
        source = document(section("48765-2", allergy), section("10160-0", medication), section("46240-8", encounter))
        kinds = ("AllergyIntolerance", "MedicationRequest", "Encounter")
        return [each["resourceType"] for kind in kinds for each in resources(source, kind)]

    unknown = '<code nullFlavor="NI"/>'
    assert made(("PARTICIPANT", ""), ("DRUG", unknown + "<name/>"), ("VISIT", unknown)) == []
    agent = "<participantRole><playingEntity><name>Peanut</name></playingEntity></participantRole>"
    named = f'<participant typeCode="CSM">{agent}</participant>'
    assert made(("PARTICIPANT", named), ("DRUG", unknown + "<name>Metformin</name>"), ("VISIT", unknown)) == [
        "AllergyIntolerance",
        "MedicationRequest",
    ]


def test_every_four_to_six_hours() -> None:
    period = '<period xsi:type="IVL_PQ"><low value="4" unit="h"/><high value="6" unit="h"/></period>'
    repeat = timing(f'<effectiveTime xsi:type="PIVL_TS" operator="A">{period}</effectiveTime>')
    assert (repeat["frequency"], int(repeat["period"]), int(repeat["periodMax"]), repeat["periodUnit"]) == (
        1,
        4,
        6,
        "h",
    )


def test_an_hour_and_a_half_before_dinner() -> None:
    event = '<event code="ACV"/><offset xsi:type="PQ" value="1.5" unit="h"/>'
    repeat = timing(f'<effectiveTime xsi:type="EIVL_TS" operator="A">{event}</effectiveTime>')
    assert (repeat["when"], repeat["offset"]) == (["ACV"], 90)


SUPPLY = (
    f'<supply classCode="SPLY" moodCode="INT"><templateId root="{T}17"/><id nullFlavor="NI"/><effectiveTime'
    ' xsi:type="IVL_TS"><high value="20250101"/></effectiveTime><repeatNumber value="3"/>'
    '<quantity value="30"/></supply>'
)
DISPENSE = (
    f'<supply classCode="SPLY" moodCode="EVN"><templateId root="{T}18"/><id root="1.2.9"/>'
    f'<statusCode code="completed"/>'
    '<effectiveTime value="20240105"/><quantity value="30"/><performer><assignedEntity>'
    '<id root="2.16.840.1.113883.4.6" extension="1999999992"/></assignedEntity></performer></supply>'
)


def test_a_prescription_and_what_was_dispensed_of_it() -> None:
    source = document(section("10160-0", administration(DRUG + related("REFR", SUPPLY) + related("REFR", DISPENSE))))
    made = bundle(source)["entry"]
    urls = {each["resource"]["resourceType"]: each["fullUrl"] for each in made}
    by_type = {each["resource"]["resourceType"]: each["resource"] for each in made}
    asked = by_type["MedicationRequest"]["dispenseRequest"]
    assert (asked["numberOfRepeatsAllowed"], asked["validityPeriod"]) == (2, {"end": "2025-01-01"})
    given = by_type["MedicationDispense"]
    assert given["medicationCodeableConcept"]["coding"][0]["code"] == "316342"
    assert given["authorizingPrescription"] == [{"reference": urls["MedicationRequest"]}]
    assert (given["status"], given["whenHandedOver"]) == ("completed", "2024-01-05")


def test_a_dose_of_a_series_and_the_reaction_to_it() -> None:
    vaccine = DRUG.replace("316342", "88").replace(RXNORM, CVX)
    reaction = observed("9", "29544-3", coded("95388000", "Rash"))
    entry = administration('<repeatNumber value="2"/>' + vaccine + related("CAUS", reaction), "52", "EVN")
    made = {each["resource"]["resourceType"]: each for each in bundle(document(section("11369-6", entry)))["entry"]}
    given = made["Immunization"]["resource"]
    assert given["protocolApplied"][0]["doseNumberPositiveInt"] == 2
    assert given["reaction"][0]["detail"] == {"reference": made["Observation"]["fullUrl"]}


def test_a_vaccine_without_a_template_is_one_in_its_section() -> None:
    entry = administration(DRUG.replace(RXNORM, CVX), "99999", "EVN")
    assert one("Immunization", "11369-6", entry)["status"] == "completed"


# ---- procedures, results, pregnancy


def test_a_procedure_has_place_device_and_complication() -> None:
    device = (
        '<participant typeCode="DEV"><participantRole><id root="2.16.840.1.113883.3.3719" extension="(01)1"/>'
        f'<playingDevice><code code="2461000" codeSystem="{SNOMED}"/></playingDevice></participantRole></participant>'
    )
    place = '<participant typeCode="LOC"><participantRole><playingEntity><name>Room 7</name></playingEntity>'
    place += "</participantRole></participant>"
    problem = observed("4", "64572001", coded("131148009", "Bleeding"))
    entry = (
        f'<procedure classCode="PROC" moodCode="EVN"><templateId root="{T}14"/><id root="1.2.10"/>'
        f'<code code="80146002" codeSystem="{SNOMED}"/><statusCode code="completed"/><effectiveTime value="2024"/>'
        f"{device}{place}{related('COMP', problem)}</procedure>"
    )
    made = bundle(document(section("47519-4", entry)))["entry"]
    by_type = {each["resource"]["resourceType"]: each for each in made}
    done = by_type["Procedure"]["resource"]
    assert done["focalDevice"][0]["manipulated"] == {"reference": by_type["Device"]["fullUrl"]}
    assert by_type["Device"]["resource"]["udiCarrier"] == [{"carrierHRF": "(01)1"}]
    assert done["location"] == {"reference": by_type["Location"]["fullUrl"]}
    assert done["complicationDetail"] == [{"reference": by_type["Condition"]["fullUrl"]}]


def test_results_share_a_specimen_and_only_the_normal_range_is_one() -> None:
    ranges = "".join(
        f'<referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="{low}"/></value>{sign}'
        "</observationRange></referenceRange>"
        for low, sign in ((1, '<interpretationCode code="N"/>'), (9, '<interpretationCode code="H"/>'))
    )
    result = observed("2", "718-7", '<value xsi:type="PQ" value="13" unit="g/dL"/>', ranges)
    specimen = (
        '<specimen><specimenRole><specimenPlayingEntity><code code="119297000" codeSystem="2.16.840.1.113883.6.96"/>'
    )
    specimen += "</specimenPlayingEntity></specimenRole></specimen>"
    panel = (
        f'<organizer classCode="BATTERY" moodCode="EVN"><templateId root="{T}1"/><id root="1.2.11"/>'
        f'<code code="58410-2" codeSystem="{LOINC}"/><statusCode code="completed"/>{specimen}'
        f"<component>{result}</component></organizer>"
    )
    made = {each["resource"]["resourceType"]: each for each in bundle(document(section("30954-2", panel)))["entry"]}
    blood = {"reference": made["Specimen"]["fullUrl"]}
    assert made["DiagnosticReport"]["resource"]["specimen"] == [blood]
    found = made["Observation"]["resource"]
    assert found["specimen"] == blood
    assert [int(each["low"]["value"]) for each in found["referenceRange"]] == [1]


def test_pregnancy_is_a_status_with_its_dates() -> None:
    due = observed("", "11778-8", '<value xsi:type="TS" value="20241001"/>')
    entry = observed("2.16.840.1.113883.10.20.15.3.8", "ASSERTION", coded("77386006"), related("REFR", due))
    made = one("Observation", "29762-2", entry)
    assert made["code"]["coding"][0]["code"] == "82810-3"
    assert made["component"][0]["valueDateTime"] == "2024-10-01"


def test_what_a_woman_intends_is_observed_not_ordered() -> None:
    entry = observed("281", "86645-9", coded("454381000124105")).replace('moodCode="EVN"', 'moodCode="INT"')
    assert one("Observation", "29762-2", entry)["code"]["coding"][0]["code"] == "86645-9"


def test_functional_status_is_a_category() -> None:
    made = one("Observation", "47420-5", observed("67", "54522-8", coded("371153006")))
    assert [each["coding"][0]["code"] for each in made["category"]] == ["functional-status"]


# ---- relatives, policies, teams, directives, encounters


def test_what_a_father_had_and_what_he_died_of() -> None:
    age = observed("31", "445518008", '<value xsi:type="PQ" value="57" unit="a"/>')
    death = observed("47", "ASSERTION", coded("419099009", "Dead"))
    had = observed("46", "64572001", coded("22298006", "Infarction"), related("SUBJ", age) + related("CAUS", death))
    not_had = observed("46", "64572001", coded("73211009", "Diabetes"), attributes=' negationInd="true"')
    father = (
        f'<organizer classCode="CLUSTER" moodCode="EVN"><templateId root="{T}45"/>'
        f'<statusCode code="completed"/><subject>'
        '<relatedSubject classCode="PRS"><code code="FTH" codeSystem="2.16.840.1.113883.5.111"/>'
        "</relatedSubject></subject>"
        f"<component>{had}</component><component>{not_had}</component></organizer>"
    )
    made = one("FamilyMemberHistory", "10157-6", father)
    (condition,) = made["condition"]
    assert (int(condition["onsetAge"]["value"]), condition["contributedToDeath"]) == (57, True)
    assert made["deceasedBoolean"] is True
    assert made["note"] == [{"text": "The source negates this: Diabetes."}]


def test_a_policy_in_its_order_with_holder_and_plan() -> None:
    holder = '<participant typeCode="HLD"><participantRole><id root="1.3" extension="H1"/><playingEntity><name>'
    holder += "<family>Holder</family></name></playingEntity></participantRole></participant>"
    covered = (
        '<participant typeCode="COV"><participantRole><id root="1.3" extension="M1"/></participantRole></participant>'
    )
    plan = '<act classCode="ACT" moodCode="DEF"><id root="1.4" extension="PL"/><text>Gold</text></act>'
    policy = (
        f'<act classCode="ACT" moodCode="EVN"><templateId root="{T}61"/><id root="1.5" extension="G1"/>'
        f'<statusCode code="completed"/>{covered}{holder}{related("REFR", plan)}</act>'
    )
    entry = (
        f'<act classCode="ACT" moodCode="EVN"><templateId root="{T}60"/><entryRelationship typeCode="COMP">'
        f'<sequenceNumber value="2"/>{policy}</entryRelationship></act>'
    )
    made = one("Coverage", "48768-6", entry)
    assert (made["order"], made["subscriberId"]) == (2, "H1")
    assert "M1" in [each["value"] for each in made["identifier"]]
    assert [(each["type"]["coding"][0]["code"], each["value"]) for each in made["class"]] == [
        ("group", "G1"),
        ("plan", "PL"),
    ]
    assert made["policyHolder"]


def test_a_member_of_a_team_has_role_and_time() -> None:
    member = (
        f'<act classCode="PCPR" moodCode="EVN"><templateId root="{T}500.1"/><effectiveTime><low value="2020"/>'
        '</effectiveTime><performer typeCode="PRF"><functionCode xmlns="urn:hl7-org:sdtc" code="PCP"'
        ' codeSystem="2.16.840.1.113883.5.88"/><assignedEntity>'
        '<id root="2.16.840.1.113883.4.6" extension="1999999992"/>'
        "</assignedEntity></performer></act>"
    )
    team = (
        f'<organizer classCode="CLUSTER" moodCode="EVN"><templateId root="{T}500"/><code code="86744-0"'
        f' codeSystem="{LOINC}"><originalText>Heart team</originalText></code><statusCode code="active"/>'
        f"<component>{member}</component></organizer>"
    )
    made = one("CareTeam", "85847-2", team)
    (participant,) = made["participant"]
    assert made["name"] == "Heart team"
    assert (participant["role"][0]["coding"][0]["code"], participant["period"]) == ("PCP", {"start": "2020"})


def test_a_directive_is_a_document_that_somebody_verified() -> None:
    verifier = (
        '<participant typeCode="VRF"><time value="20240102"/><participantRole><id root="2.16.840.1.113883.4.6"'
        ' extension="1999999992"/></participantRole></participant><reference typeCode="REFR"><externalDocument>'
        '<id root="1.6"/><text mediaType="application/pdf"><reference value="will.pdf"/></text>'
        "</externalDocument></reference>"
    )
    source = document(section("42348-3", observed("48", "75320-2", coded("304253006"), verifier)))
    made = bundle(source)["entry"]
    document_url = next(each["fullUrl"] for each in made if each["resource"]["resourceType"] == "DocumentReference")
    (directive,) = [each["resource"] for each in made if each["resource"]["resourceType"] == "Observation"]
    assert directive["derivedFrom"] == [{"reference": document_url}]
    verified = [each["resource"] for each in made if "VRF" in str(each["resource"].get("agent"))]
    assert [each["recorded"][:10] for each in verified] == ["2024-01-02"]


def test_an_encounter_without_a_template_is_one() -> None:
    place = '<participant typeCode="LOC"><time><low value="20240101"/></time><participantRole><playingEntity><name>Ward'
    place += "</name></playingEntity></participantRole></participant>"
    entry = (
        f'<encounter classCode="ENC" moodCode="EVN"><id root="1.7" extension="E1"/><code code="99213"'
        f' codeSystem="2.16.840.1.113883.6.12"/><effectiveTime value="20240101"/>{place}</encounter>'
    )
    made = one("Encounter", "46240-8", entry)
    assert (made["status"], made["location"][0]["period"]) == ("finished", {"start": "2024-01-01"})


def test_an_entry_without_a_template_that_nobody_knows_is_said() -> None:
    made = convert(
        document(section("11450-4", '<act classCode="ACT" moodCode="DEF"><id root="1.8"/></act>')), to="fhir"
    )
    assert [each.code for each in made.issues if each.code == "CDA-0101"] == ["CDA-0101"]


# ---- who is whose, and what must be there


def test_two_patients_with_kin_of_one_name_have_two() -> None:
    kin = '<informant><relatedEntity classCode="PRS"><relatedPerson><name><family>Kin</family></name></relatedPerson>'
    source = document(section("11450-4")).replace("<component>", kin + "</relatedEntity></informant><component>", 1)
    other = source.replace('extension="P1"', 'extension="P2"')
    assert resources(source, "RelatedPerson")[0]["id"] != resources(other, "RelatedPerson")[0]["id"]


def test_an_implant_is_its_patients() -> None:
    device = (
        '<participant typeCode="DEV"><participantRole><playingDevice>'
        f'<code code="2461000" codeSystem="{SNOMED}"/></playingDevice></participantRole></participant>'
    )
    entry = (
        f'<procedure classCode="PROC" moodCode="EVN"><templateId root="{T}14"/><id root="1.2.12"/><code code="80146002"'
        f' codeSystem="{SNOMED}"/><statusCode code="completed"/>{device}</procedure>'
    )
    source = document(section("47519-4", entry))
    (made,) = resources(source, "Device")
    assert made["patient"]
    assert made["id"] != resources(source.replace('extension="P1"', 'extension="P2"'), "Device")[0]["id"]
    assert not resources(source.replace('classCode="PROC"', 'classCode="PROC" negationInd="true"'), "Device")


def test_an_allergy_outside_of_an_act_is_active() -> None:
    entry = observed("7", "ASSERTION", coded("419199007"), "<participant/>")
    made = one("AllergyIntolerance", "48765-2", entry)
    assert made["clinicalStatus"]["coding"][0]["code"] == "active"


def test_an_organization_records_nothing_by_itself() -> None:
    author = (
        '<author><time value="2024"/><assignedAuthor><id nullFlavor="NI"/><representedOrganization><name>Org</name>'
    )
    author += "</representedOrganization></assignedAuthor></author>"
    made = one("Condition", "11450-4", observed("4", "64572001", coded("131148009"), author))
    assert "recorder" not in made


def test_what_is_said_of_an_entry_is_not_in_its_section() -> None:
    author = '<author><time value="2024"/><assignedAuthor><id root="1.2.13" extension="1"/></assignedAuthor></author>'
    tribe = observed("506", "95370-3", coded("68"), author)
    assert "entry" not in bundle(document(section("29762-2", tribe)))["entry"][0]["resource"]["section"][0]


# ---- categories


def categories(made: dict[str, Any]) -> list[str]:
    return [coding["code"] for each in made["category"] for coding in each["coding"]]


def test_a_code_of_socioeconomic_circumstances_is_a_social_need_even_without_a_domain() -> None:
    value = '<value xsi:type="CD" code="Z60.2" codeSystem="2.16.840.1.113883.6.90"/>'
    assert "sdoh" in categories(one("Condition", "11450-4", observed("4", "64572001", value)))


def test_a_category_that_an_entry_says_counts() -> None:
    said = '<sdtc:category code="survey" codeSystem="2.16.840.1.113883.4.642.1.1125"/>'
    entry = observed("67", "54522-8", coded("371153006"), said)
    assert categories(one("Observation", "47420-5", entry)) == ["survey"]


def test_what_a_referral_asks_for_in_detail() -> None:
    detail = observed("", "ASSERTION", coded("268528005", "Full care")).replace("EVN", "RQO")
    entry = (
        f'<act classCode="PCPR" moodCode="INT"><templateId root="{T}140"/><id root="1.2.14"/><code code="44383000"'
        f' codeSystem="{SNOMED}"/><statusCode code="active"/>{related("SUBJ", detail)}</act>'
    )
    made = one("ServiceRequest", "18776-5", entry)
    assert made["orderDetail"][0]["coding"][0]["code"] == "268528005"


# ---- vital signs


def vitals(*codes: tuple[str, str, str], time: str = '<effectiveTime value="20240102"/>') -> list[dict[str, Any]]:
    def said(code: str, value: str, more: str) -> str:
        return observed("27", code, f'{time}<value xsi:type="PQ" {value}/>', "", more)

    inside = "".join(f"<component>{said(*each)}</component>" for each in codes)
    panel = (
        f'<organizer classCode="CLUSTER" moodCode="EVN"><templateId root="{T}26"/><id root="1.2.15"/><code'
        f' code="46680005" codeSystem="{SNOMED}"/><statusCode code="completed"/>{time}{inside}</organizer>'
    )
    return resources(document(section("8716-3", panel)), "Observation")


SYSTOLIC, DIASTOLIC = ("8480-6", 'value="120" unit="mm[Hg]"', ""), ("8462-4", 'value="80" unit="mm[Hg]"', "")


def test_two_pressures_of_a_cluster_are_one_blood_pressure() -> None:
    panel, pressure, pulse = vitals(SYSTOLIC, DIASTOLIC, ("8867-4", 'value="70" unit="/min"', ""))
    assert pressure["code"]["coding"][0]["code"] == "85354-9"
    assert [each["code"]["coding"][0]["code"] for each in pressure["component"]] == ["8480-6", "8462-4"]
    assert [int(each["valueQuantity"]["value"]) for each in pressure["component"]] == [120, 80]
    assert [each["value"] for each in pressure["identifier"]] == ["8480-6", "8462-4"]
    assert len(panel["hasMember"]) == 2
    assert pulse["code"]["coding"][0]["code"] == "8867-4"


def test_pressures_that_are_no_pair_stay_apart() -> None:
    alone = vitals(SYSTOLIC)
    assert [each["code"]["coding"][0]["code"] for each in alone] == ["85353-1", "8480-6"]
    several = vitals(SYSTOLIC, DIASTOLIC, SYSTOLIC, DIASTOLIC)
    assert len(several) == 5
    denied = vitals(SYSTOLIC, (*DIASTOLIC[:2], ' negationInd="true"'))
    assert "component" not in str(denied)


def test_a_saturation_has_the_oxygen_that_was_inhaled() -> None:
    _, made = vitals(("59408-5", 'value="97" unit="%"', ""), ("3151-8", 'value="3" unit="L/min"', ""))
    assert {each["code"] for each in made["code"]["coding"]} == {"59408-5", "2708-6"}
    assert [each["code"]["coding"][0]["code"] for each in made["component"]] == ["3151-8"]
