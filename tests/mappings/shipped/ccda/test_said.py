"""What is said in unusual forms isn't lost, and what isn't said isn't made: nulls, words beside nulls, refinements."""

from __future__ import annotations

from typing import Any

import pytest

from gateway import convert
from tests.mappings.shipped.ccda.clinical import LOINC, RXNORM, SNOMED, T, bundle, document, resources, section
from tests.mappings.shipped.ccda.facts import lost

NULL = 'nullFlavor="NI"'


def observation(template: str, code: str, value: str, inside: str = "", attributes: str = "") -> str:
    return (
        f'<observation classCode="OBS" moodCode="EVN"{attributes}><templateId root="{T}{template}"/>'
        f'<id root="1.2.8" extension="{template}"/>{code}<statusCode code="completed"/>{value}{inside}</observation>'
    )


def loinc(code: str) -> str:
    return f'<code code="{code}" codeSystem="{LOINC}"/>'


def snomed(code: str, inside: str = "") -> str:
    return f'<value xsi:type="CD" code="{code}" codeSystem="{SNOMED}">{inside}</value>'


def one(kind: str, code: str, *entries: str, text: str = "Text") -> dict[str, Any]:
    (found,) = resources(document(section(code, *entries, text=text)), kind)
    return found


def problem(value: str, inside: str = "") -> dict[str, Any]:
    return one("Condition", "11450-4", observation("4", '<code code="55607006"/>', value, inside))


def drug(inside: str = "", material: str = "", before: str = "") -> str:
    code = f'<code code="316342" codeSystem="{RXNORM}"/>'
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="INT"><templateId root="{T}16"/><id root="1.2.7"/>'
        f'<statusCode code="active"/>{before}<consumable><manufacturedProduct><templateId root="{T}23"/>'
        f"<manufacturedMaterial>{code}{material}</manufacturedMaterial>{inside}</manufacturedProduct></consumable>"
    )


# ---- drugs

MAKER = "<manufacturerOrganization><name>Maker</name></manufacturerOrganization>"
FORM = '<administrationUnitCode code="C42944" codeSystem="2.16.840.1.113883.3.26.1.1"/>'
VEHICLE = (
    f'<participant typeCode="CSM"><participantRole classCode="MANU"><templateId root="{T}24"/>'
    f'<code code="412307009" codeSystem="{SNOMED}"/><playingEntity classCode="MMAT">'
    f'<code code="324049" codeSystem="{RXNORM}"/></playingEntity></participantRole></participant>'
)
WHOLE = drug(MAKER, "<lotNumberText>L7</lotNumberText>", FORM) + VEHICLE + "</substanceAdministration>"


def test_maker_form_lot_and_vehicle_are_a_medication_beside_the_code() -> None:
    source = document(section("10160-0", WHOLE))
    (request,), (medication,) = (resources(source, kind) for kind in ("MedicationRequest", "Medication"))
    assert request["medicationCodeableConcept"]["coding"][0]["code"] == "316342"
    assert request["supportingInformation"] == [{"reference": f"urn:uuid:{medication['id']}"}]
    assert medication["form"]["coding"][0]["code"] == "C42944"
    assert medication["batch"] == {"lotNumber": "L7"}
    assert medication["ingredient"][0]["isActive"] is False
    assert medication["ingredient"][0]["itemCodeableConcept"]["coding"][0]["code"] == "324049"
    assert [each["name"] for each in resources(source, "Organization") if each["name"] == "Maker"]


def test_a_drug_that_is_known_by_its_code_alone_is_no_medication() -> None:
    assert resources(document(section("10160-0", drug() + "</substanceAdministration>")), "Medication") == []


@pytest.mark.parametrize("entry", [WHOLE, drug(MAKER) + "</substanceAdministration>"])
def test_a_medication_comes_back(entry: str) -> None:
    source = document(section("10160-0", entry))
    written = convert(source, to="ccda").value
    assert lost(bundle(source), bundle(written)) == {}


def test_doses_that_an_organizer_holds_are_requests() -> None:
    """A tapering dose: one statement for each part."""
    parts = "".join(f"<component>{drug()}</substanceAdministration></component>" for _ in range(2))
    group = f'<organizer classCode="CLUSTER" moodCode="EVN"><statusCode code="active"/>{parts}</organizer>'
    assert len(resources(document(section("10160-0", group)), "MedicationRequest")) == 2


def test_a_null_statement_about_anything_states_nothing() -> None:
    vaccine = f'<code nullFlavor="OTH"><translation code="71181003" codeSystem="{SNOMED}"/></code>'
    entry = (
        f'<substanceAdministration classCode="SBADM" moodCode="EVN" {NULL}><templateId root="{T}52"/>'
        '<statusCode code="completed"/><effectiveTime value="199911"/><consumable><manufacturedProduct>'
        f"<manufacturedMaterial>{vaccine}</manufacturedMaterial></manufacturedProduct></consumable>"
        "</substanceAdministration>"
    )
    assert resources(document(section("11369-6", entry)), "Immunization") == []


# ---- problems


def test_a_masked_problem_is_a_problem() -> None:
    found = problem('<value xsi:type="CD" nullFlavor="MSK"/>')
    assert found["code"]["extension"][0]["valueCode"] == "masked"


def test_qualifiers_refine_a_code() -> None:
    """What a code leaves open, as an expression of SNOMED CT beside it; a finding's context is its certainty."""
    qualifier = (
        '<qualifier><name code="{}" codeSystem="{}"/><value code="{}" codeSystem="' + SNOMED + '"/></qualifier>'
    ).format
    site = (
        f'<targetSiteCode code="30021000" codeSystem="{SNOMED}">{qualifier("272741003", SNOMED, "7771000")}'
        "</targetSiteCode>"
    )
    found = problem(snomed("8801005", qualifier("408729009", SNOMED, "415684004")), site)
    assert [each["code"] for each in found["code"]["coding"]] == ["8801005"]
    assert [each["code"] for each in found["bodySite"][0]["coding"]] == ["30021000", "30021000:272741003=7771000"]


def test_the_date_of_a_diagnosis() -> None:
    act = f'<act classCode="ACT" moodCode="EVN"><templateId root="{T}502"/>{loinc("77975-1")}'
    dated = f'{act}<statusCode code="completed"/><effectiveTime value="200802"/></act>'
    found = problem(snomed("38341003"), f'<entryRelationship typeCode="COMP">{dated}</entryRelationship>')
    assert found["extension"] == [
        {"url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": "2008-02"}
    ]


# ---- results


def organizer(*parts: str, code: str = '<code nullFlavor="NI" displayName="XR, sacrum"/>') -> str:
    inside = "".join(f"<component>{each}</component>" for each in parts)
    return (
        f'<organizer classCode="BATTERY" moodCode="EVN"><templateId root="{T}1"/><id root="1.2.6"/>{code}'
        f'<statusCode code="active"/>{inside}</organizer>'
    )


def at(value: str) -> str:
    return f'<effectiveTime value="{value}"/>'


def number(low: str, high: str) -> str:
    return f'<value xsi:type="IVL_PQ"><low value="{low}" unit="mg/dL"/><high value="{high}" unit="mg/dL"/></value>'


def test_the_time_of_a_report_is_that_of_its_results() -> None:
    first, second = (observation("2", loinc("718-7"), at(time)) for time in ("20120806", "20120808"))
    assert one("DiagnosticReport", "30954-2", organizer(first, second))["effectivePeriod"] == {
        "start": "2012-08-06",
        "end": "2012-08-08",
    }
    assert one("DiagnosticReport", "30954-2", organizer(first, first))["effectiveDateTime"] == "2012-08-06"


def test_nothing_measured_is_less_than_nothing() -> None:
    """HL7's table of intervals: from 0 to 200 is at most 200."""
    entries = [organizer(observation("2", loinc("718-7"), number(low, "200"))) for low in ("0", "0.5")]
    most, between = resources(document(section("30954-2", *entries)), "Observation")
    assert (most["valueQuantity"]["comparator"], str(most["valueQuantity"]["value"])) == ("<=", "200")
    assert "valueRange" in between


def test_a_name_beside_a_null_code_is_kept() -> None:
    assert one("DiagnosticReport", "30954-2", organizer())["code"]["text"] == "XR, sacrum"
    told = observation("13", f"<code {NULL}/>", f'<text><reference value="#x"/></text><value xsi:type="CD" {NULL}/>')
    found = one("Observation", "47519-4", told, text='<content ID="x">XR, spine</content>')
    assert found["code"] == {"text": "XR, spine"}
    value = '<value xsi:type="CD" nullFlavor="UNK" displayName="Straight"/>'
    absent = one("Observation", "29762-2", observation("38", loinc("76690-7"), value))["dataAbsentReason"]
    assert (absent["coding"][0]["code"], absent["text"]) == ("unknown", "Straight")


def test_an_observation_of_nothing_is_none() -> None:
    empty = observation("13", f"<code {NULL}/>", f'<value xsi:type="CD" {NULL}/>')
    words = observation("2", f"<code {NULL}/>", "<text>none</text>", attributes=' negationInd="true"')
    source = document(section("46264-8", empty), section("30954-2", organizer(words)))
    assert resources(source, "Observation") == []
    assert "result" not in resources(source, "DiagnosticReport")[0]


# ---- answers, means, death, coverage, procedures


def test_several_answers_to_one_question_are_components() -> None:
    """As US Core's screening assessments tell them; written as several values, they come back."""
    answers = "".join(
        f'<value xsi:type="CD" code="{code}" codeSystem="{LOINC}"/>' for code in ("LA31993-1", "LA31996-4")
    )
    item = observation("86", loinc("93031-3"), answers)
    scale = observation("69", loinc("93025-5"), "", f'<entryRelationship typeCode="COMP">{item}</entryRelationship>')
    source = document(section("29762-2", scale))
    (found,) = (each for each in resources(source, "Observation") if "component" in each)
    assert "valueCodeableConcept" not in found
    assert [each["valueCodeableConcept"]["coding"][0]["code"] for each in found["component"]] == [
        "LA31993-1",
        "LA31996-4",
    ]
    assert {each["code"]["coding"][0]["code"] for each in found["component"]} == {"93031-3"}
    assert lost(bundle(source), bundle(convert(source, to="ccda").value)) == {}


def test_the_mean_of_pressures_is_one_observation() -> None:
    parts = [
        observation("27", loinc(code), f'<value xsi:type="PQ" value="{value}" unit="mm[Hg]"/>')
        for code, value in (("96608-5", "122"), ("96609-3", "82"))
    ]
    mean = organizer(*parts, code=loinc("96607-7")).replace(f"{T}1", f"{T}512")
    found = one("Observation", "8716-3", mean)
    assert found["category"][0]["coding"][0]["code"] == "vital-signs"
    assert [str(each["valueQuantity"]["value"]) for each in found["component"]] == ["122", "82"]


@pytest.mark.parametrize(("negated", "dead"), [("", "2010-03-03"), (' negationInd="true"', None)])
def test_a_deceased_observation_is_about_the_patient(negated: str, dead: str | None) -> None:
    time = '<effectiveTime><low value="20100303"/></effectiveTime>'
    died = observation("79", '<code code="ASSERTION"/>', time + snomed("419099009"), attributes=negated)
    assert one("Patient", "11450-4", died).get("deceasedDateTime") == dead


def test_planned_coverage_covers_nothing_yet() -> None:
    policy = '<act classCode="ACT" moodCode="INT"><id root="1.2.5"/><code code="112"/><statusCode code="active"/></act>'
    entry = (
        f'<act classCode="ACT" moodCode="INT"><templateId root="{T}129"/>{loinc("52556-8")}<statusCode code="active"/>'
        f'<entryRelationship typeCode="COMP">{policy}</entryRelationship></act>'
    )
    source = document(section("18776-5", entry))
    assert [each["status"] for each in resources(source, "Coverage")] == ["draft"]
    assert resources(source, "ServiceRequest") == []


def test_a_procedure_in_vain_says_so() -> None:
    code = f'<code code="103709008" codeSystem="{SNOMED}"/>'
    failed = f'<act classCode="ACT" moodCode="EVN">{code}<text>Unreadable</text></act>'
    entry = (
        f'<procedure classCode="PROC" moodCode="EVN"><templateId root="{T}14"/><id root="1.2.4"/>'
        f'<code code="168731009" codeSystem="{SNOMED}"/><statusCode code="completed"/>'
        '<specimen><specimenRole><specimenPlayingEntity><code code="309226005"/></specimenPlayingEntity></specimenRole>'
        f'</specimen><entryRelationship typeCode="SUBJ">{failed}</entryRelationship></procedure>'
    )
    source = document(section("47519-4", entry))
    (found,) = resources(source, "Procedure")
    assert found["outcome"]["coding"][0]["code"] == "103709008"
    assert found["note"] == [{"text": "Unreadable"}]
    assert len(resources(source, "Specimen")) == 1


def test_a_caregiver_is_whom_a_statement_about_care_is_about() -> None:
    code = '<code code="MTH" codeSystem="2.16.840.1.113883.5.111"/>'
    role = f'<participantRole classCode="CAREGIVER">{code}</participantRole>'
    entry = observation(
        "72", '<code code="ASSERTION"/>', snomed("422615001"), f'<participant typeCode="IND">{role}</participant>'
    )
    source = document(section("29762-2", entry))
    (found,), (mother,) = (resources(source, kind) for kind in ("Observation", "RelatedPerson"))
    assert found["focus"] == [{"reference": f"urn:uuid:{mother['id']}"}]
    assert mother["relationship"][0]["coding"][0]["code"] == "MTH"
    assert mother["patient"]["reference"]


def test_nobody_stays_who_was_named_for_nothing_that_is_told() -> None:
    """The author of a part that becomes no resource."""
    author = (
        '<author><time value="20240101"/><assignedAuthor><id root="1.2.11" extension="9"/><assignedPerson><name>'
        "<family>Nowhere</family></name></assignedPerson></assignedAuthor></author>"
    )
    part = f'<act classCode="ACT" moodCode="EVN"><code code="1"/>{author}</act>'
    entry = observation("13", loinc("1"), "", f'<entryRelationship typeCode="SUBJ">{part}</entryRelationship>')
    people = resources(document(section("47519-4", entry)), "Practitioner")
    assert [each["name"][0]["family"] for each in people] == ["Author"]
