"""FHIR becomes C-CDA: valid by our rules, linked with its narrative, and the same facts when it is read again."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from gateway import convert, validate
from tests.mappings.shipped.ccda.facts import facts
from tests.mappings.shipped.ccda.us_core import RESOURCES, bundle, of, ref

KINDS = ("ccd", "discharge-summary", "referral-note", "care-plan")
V3 = "{urn:hl7-org:v3}"


def written(source: bytes, kind: str = "ccd") -> bytes:
    made = convert(source, as_=kind)
    assert isinstance(made.value, bytes), [each.message for each in made.issues]
    return made.value


def errors(document: bytes) -> list[str]:
    found = validate(document)["issue"]
    return [str(each) for each in found if each["severity"] in ("error", "fatal")]


def again(kind: str = "ccd", *resources: dict[str, Any]) -> list[dict[str, Any]]:
    made = convert(written(bundle(*resources), kind), to="fhir")
    assert made.value is not None
    return [each["resource"] for each in made.value["entry"]]


def one(resources: list[dict[str, Any]], kind: str, code: str) -> dict[str, Any]:
    (found,) = [each for each in resources if each["resourceType"] == kind and code in str(each)]
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("release", ["2.1", "4.0"])
def test_what_is_written_is_valid(kind: str, release: str) -> None:
    assert errors(written(bundle(), f"{kind}@{release}")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_patient_alone_makes_a_document_that_says_what_it_does_not_know(kind: str) -> None:
    document = written(bundle(of("Patient", "p")), kind)
    assert errors(document) == []
    assert b'nullFlavor="NI"' in document


def test_same_input_same_bytes() -> None:
    assert written(bundle()) == written(bundle())


def test_rows_of_the_narrative_and_entries_are_linked() -> None:
    root = etree.fromstring(written(bundle()))
    names = [each.get("ID") for each in root.iter() if each.get("ID")]
    assert len(names) == len(set(names))
    for entry in root.iter(f"{V3}entry"):
        referred = [each.get("value", "")[1:] for each in entry.iter(f"{V3}reference")]
        assert set(referred) <= set(names)
        assert referred
    assert "Penicillin G" in "".join(map(str, root.itertext()))


def test_every_resource_has_a_place() -> None:
    """All but those that the document's header, other entries or the narrative tell."""
    kinds = {each["resourceType"] for each in RESOURCES} - {
        "Location",
        "Medication",
        "Device",
        "PractitionerRole",
        "CareTeam",
    }
    assert kinds <= {each["resourceType"] for each in again()}


def test_the_facts_of_entries_come_back() -> None:
    made = convert(written(bundle()), to="fhir")
    assert made.value is not None
    back = facts(made.value)
    said = (
        "Condition.code.coding.code",
        "AllergyIntolerance.code.coding.code",
        "Observation.code.coding.code",
        "Goal.description.coding.code",
        "Procedure.code.coding.code",
        "ServiceRequest.code.coding.code",
        "Immunization.vaccineCode.coding.code",
        "Observation.valueQuantity.value",
        "Observation.component.valueQuantity.value",
        "MedicationRequest.dosageInstruction.text",
        "Condition.onsetDateTime",
        "AllergyIntolerance.reaction.severity",
        "Observation.effectiveDateTime",
        "DocumentReference.content.attachment.data",
    )
    entries = [{"fullUrl": f"{each['resourceType']}/{each['id']}", "resource": each} for each in RESOURCES]
    before = facts({"entry": entries})
    assert [fact for fact in before - back if fact[0] in said] == []


def test_nothing_refused_refuted_or_forbidden_becomes_positive() -> None:
    made = again()
    assert "refuted" in str(one(made, "Condition", "73211009")["verificationStatus"])
    assert one(made, "Immunization", "207")["status"] == "not-done"
    assert one(made, "Procedure", "80146002")["status"] == "not-done"
    assert one(made, "MedicationRequest", "1191")["doNotPerform"] is True


def test_nothing_uncertain_becomes_certain() -> None:
    made = again()
    assert "unconfirmed" in str(one(made, "Condition", "195967001")["verificationStatus"])
    assert "unconfirmed" in str(one(made, "AllergyIntolerance", "102263004")["verificationStatus"])


def test_what_was_an_error_is_not_written() -> None:
    wrong = of(
        "Condition",
        "w",
        verificationStatus={"coding": [{"code": "entered-in-error"}]},
        code={"text": "Wrong patient"},
        subject=ref("Patient/p"),
    )
    assert b"Wrong patient" not in written(bundle(RESOURCES[0], wrong))


def test_what_is_about_another_patient_is_left_out_and_said() -> None:
    other = of("Condition", "o", code={"text": "Of somebody else"}, subject=ref("Patient/q"))
    made = convert(bundle(RESOURCES[0], of("Patient", "q"), other), as_="ccd")
    assert isinstance(made.value, bytes)
    assert b"Of somebody else" not in made.value
    assert "MAP-0112" in {each.code for each in made.issues}


def test_a_time_of_which_the_end_alone_is_known_begins_at_an_unknown_time() -> None:
    """A Medication Activity's time has a value or a low (CONF:1098-32890)."""
    code = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "861007"}]}
    ended = {"end": "2007-08-06"}
    medication = {"status": "completed", "medicationCodeableConcept": code, "subject": ref("Patient/p")}
    document = written(
        bundle(
            of("Patient", "p"),
            of("MedicationStatement", "m1", **medication, effectivePeriod=ended),
            of(
                "MedicationRequest",
                "m2",
                **medication,
                intent="order",
                dosageInstruction=[{"timing": {"repeat": {"boundsPeriod": ended}}}],
            ),
        )
    )
    assert errors(document) == []
    assert b"".join(document.split()).count(b'<lownullFlavor="UNK"/><highvalue="20070806"/>') == 2


def test_ids_are_kept_and_told_apart_from_those_without_a_root() -> None:
    patient = one(again(), "Patient", "Everywoman")
    assert {"system": "urn:oid:2.16.840.1.113883.19.5", "value": "12345"} in patient["identifier"]
    assert {"system": "http://hospital.example/mrn", "value": "A-1"} in patient["identifier"]


def test_a_reason_is_the_entry_itself() -> None:
    made = convert(written(bundle()), to="fhir")
    assert made.value is not None
    by_url = {each["fullUrl"]: each["resource"] for each in made.value["entry"]}
    (goal,) = [each for each in by_url.values() if each["resourceType"] == "Goal"]
    assert "733423003" in str(by_url[goal["addresses"][0]["reference"]]["code"])


def test_the_ledger_names_what_is_not_written() -> None:
    patient = {**RESOURCES[0], "photo": [{"url": "http://example.org/p.png"}]}
    ledger = convert(bundle(patient), as_="ccd").ledger
    assert ledger is not None
    rows = {row.path: row.status for row in ledger.rows()}
    assert rows["Bundle.entry[0].resource.photo[0].url"] == "unmapped"
    assert rows["Bundle.entry[0].resource.birthDate"] == "mapped"


A03 = "\r".join(
    (
        "MSH|^~\\&|ADT|GENHOSP^2.16.840.1.113883.19.5^ISO|SDOH|REG|20240305143000-0500||ADT^A03^ADT_A03|MSG1|P|2.5.1",
        "EVN|A03|20240305143000-0500",
        "PID|1||12345^^^GENHOSP&2.16.840.1.113883.19.5&ISO^MR||Everyman^Adam^A^^^^L||19620328|M",
        "PV1|1|I|2000^2012^01||||1234567893^Attend^Aaron^A^^^MD^^NPI&2.16.840.1.113883.4.6&ISO||||||||||||V10001",
        "DG1|1||Z59.41^Food insecurity^I10||20240301|F",
        "AL1|1|DA|7982^Penicillin^RXNORM|SV|Hives",
    )
).encode()


def test_a_discharge_message_becomes_a_discharge_summary_with_one_ledger() -> None:
    made = convert(A03, as_="discharge-summary")
    assert isinstance(made.value, bytes)
    assert errors(made.value) == []
    for said in (b"12345", b"Everyman", b"Z59.41", b"Penicillin", b"1234567893"):
        assert said in made.value
    assert made.ledger is not None
    paths = {row.path: row.status for row in made.ledger.rows()}
    assert any(path.startswith("PID") and status == "mapped" for path, status in paths.items())


def test_a_person_has_one_identity_in_messages_and_documents() -> None:
    """The id of whoever has the same NPI, or an organization the same OID, doesn't depend on the format."""
    message = convert(A03, to="fhir").value
    document = convert(written(A03, "discharge-summary"), to="fhir").value
    assert message is not None
    assert document is not None
    ids = [
        {(each["resource"]["resourceType"], each["resource"]["id"]) for each in made["entry"]}
        for made in (message, document)
    ]
    shared = {kind for kind, _ in ids[0] & ids[1]}
    assert {"Practitioner", "Organization"} <= shared
