"""The published v2-to-FHIR tables against the shipped maps: every code row, and every field row that has a target."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mappings.catalog import Catalog
from mappings.compiled import Cover
from mappings.compiler import compile_map
from mappings.conversions import REGISTRY
from tests.mappings.shipped.messages import SYNTAXES

TABLES = {
    "AddressType_to_Type": "address-type", "AddressType_to_Use": "address-use", "AdministrativeSex": "sex",
    "AdmissionType": "admission-type", "AllergenType_to_AllergyIntoleranceCategory": "allergy-category",
    "AllergenType_to_AllergyIntoleranceOriginalCategory": "allergen-type",
    "AllergySeverity_to_AllergyIntolerance.criticality": "allergy-criticality",
    "AllergySeverity_to_AllergyIntolerance.criticality-original": "allergy-severity",
    "AllergySeverity_to_AllergyIntolerance.reaction.severity": "allergy-reaction-severity",
    "AllergyType": "allergy-type",
    "AmbulatoryStatus": "ambulatory-status", "BedStatus": "bed-status", "ContactRole": "contact-role",
    "DegreeLicenseCertificate": "degree", "DiagnosisType": "diagnosis-type", "EncounterPriority": "encounter-priority",
    "EventReason": "event-reason", "HospitalService": "hospital-service", "IdentifierType": "identifier-type",
    "InterpretationCodes": "interpretation", "LivingWillCode": "living-will", "MaritalStatus": "marital-status",
    "ModeOfArrivalCode": "mode-of-arrival", "NameAssemblyOrder": "name-assembly", "NameType": "name-use",
    "NatureOfAbnormalTesting": "nature-of-abnormal",
    "ObservationResultStatusCodesInterpretation": "observation-status", "Participation": "participation",
    "PatientClass_to_EncounterClass": "patient-class", "PractitionerIDNumberType": "practitioner-id-type",
    "ProcessingID": "processing-id", "ProcessingMode": "processing-mode", "ProviderRole": "provider-role",
    "ReadmissionIndicator": "readmission", "Relationship": "relationship", "Religion": "religion",
    "TelecommunicationEquipmentType": "telecom-system", "TelecommunicationUseCode": "telecom-use",
    "UniversalIDType": "universal-id-type", "YesNoIndicator": "yes-no",
}  # fmt: skip

DECIDED = {
    ("TelecommunicationEquipmentType", "CP"): "`mobile` is a use, not a system: phone, with the use mobile",
    ("AdministrativeSex", "A"): "the published row says other as well, under another name",
}

UNREAD = {
    "IAM-15": "a RelatedPerson of a name and a relationship alone; it only chooses the recorder",
    "PRT-23": "the preferred contact of a role: six extensions of telecom that no receiver was seen to read",
    "PRT-2": "an operation on the receiver's data is not data; deleted participations (D) are left out",
}
"""Fields with a published target that no rule writes (docs/hl7v2.md)."""

OTHERS = ("MSA",)
OTHER_TARGETS = ("Appointment-Comment", "DocumentReference", "ServiceRequest")
"""Segments and resources of other messages than ADT."""

UNTAKEN = {
    "SFT_to_MessageHeader": "the message maps of ADT make a Device of SFT",
    "MSH_to_Encounter": "the event decides by the table of docs/hl7v2.md, Status",
    "PRT_to_Observation-Location": "the message maps of ADT name no map of PRT behind an OBX",
    "PRT_to_RelatedPerson": "the message maps of ADT name it nowhere",
    "ROL_to_RelatedPerson": "the message maps of ADT name it nowhere",
    "PV1_to_Basic-EncounterHistory PV1-11": "the classification of PV1-43 stands in a row of PV1-11",
    "PID_to_Patient PID-21": "the mother is a RelatedPerson, as the row's data type map says",
    "MSH_to_Provenance-Source MSH-3": "the MessageHeader's source says it",
}
"""Published maps, or rows of them, that ADT doesn't reach or that aren't taken, by file and field (docs/hl7v2.md)."""

TYPE = re.compile(
    r"\b(Account|AllergyIntolerance|Basic|Bundle|CareTeam|Condition|Coverage|Device|Encounter|EpisodeOfCare|Location|Organization"
    r"|MessageHeader|Observation|Patient|Practitioner|PractitionerRole|Procedure|Provenance|RelatedPerson)\b"
)
STRUCTURES = ("adt-a01", "adt-a06", "adt-a30", "adt-a39", "adt-a60")


def rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in list(csv.reader(file))[2:]:
            yield [" ".join(cell.split()) for cell in [*row, *[""] * (20 - len(row))]]


def test_every_published_code_means_what_its_row_says(shared: Path) -> None:
    linked, _ = Catalog().link("adt-a01")
    assert linked is not None
    wrong = []
    for name, ours in TABLES.items():
        table = dict(linked.tables[ours].rows)
        for row in rows(shared / "maps" / "v2-to-fhir" / "codesystems" / f"{name}.csv"):
            code, target = row[0], row[6]
            if not code or (name, code) in DECIDED:
                continue
            held = table.get(code, "")
            held = held.get("code", "") if isinstance(held, dict) else held
            if str(held) != target and str(held).lower() != target:
                wrong.append((name, code, target, held))
    assert not wrong


def covers(found: list[Cover] | tuple[Cover, ...], read: dict[str, set[str]]) -> None:
    for cover in found:
        where = cover.where
        if where and len(where) >= 3 and isinstance(where[0], str) and not cover.ignored:
            read.setdefault(f"{where[0]}-{where[2]}", set()).update(target for target in cover.targets if target)
        covers(cover.below, read)


@cache
def read_fields() -> dict[str, set[str]]:
    read: dict[str, set[str]] = {}
    catalog = Catalog()
    for name in STRUCTURES:
        linked, _ = catalog.link(name)
        assert linked is not None
        compiled, _ = compile_map(linked, "v2", "fhir", SYNTAXES, REGISTRY)
        assert compiled is not None
        covers(compiled.covers, read)
        for part in compiled.parts.values():
            covers(part, read)
    return read


def test_every_published_field_is_read_or_accounted_for(shared: Path) -> None:
    read = read_fields()
    missing = set()
    for path in sorted((shared / "maps" / "v2-to-fhir" / "segments").glob("*.csv")):
        segment, _, target = path.stem.partition("_to_")
        if segment in OTHERS or target in OTHER_TARGETS:
            continue
        missing |= {
            row[1] for row in rows(path) if re.fullmatch(r"[A-Z0-9]{3}-\d+", row[1]) and row[9] and not read.get(row[1])
        }
    assert missing == set(UNREAD)


def test_every_published_field_reaches_its_resource(shared: Path) -> None:
    """Also the ones that a row names inside: `payor[1](Organization)` is the Coverage's or the Organization's."""
    read = read_fields()
    missing = set()
    for path in sorted((shared / "maps" / "v2-to-fhir" / "segments").glob("*.csv")):
        segment, _, target = path.stem.partition("_to_")
        if segment in OTHERS or target in OTHER_TARGETS:
            continue
        wanted: dict[str, set[str]] = {}
        for row in rows(path):
            if re.fullmatch(r"[A-Z0-9]{3}-\d+", row[1]) and row[9] and row[1] not in UNREAD:
                wanted.setdefault(row[1], {target.split("-")[0]}).update(TYPE.findall(row[9]))
        for field, kinds in wanted.items():
            reached = {kind for each in read.get(field, ()) for kind in TYPE.findall(each)}
            inside = any(each.startswith(".") for each in read.get(field, ()))
            if not inside and not kinds & reached:
                missing.add(path.stem if path.stem in UNTAKEN else f"{path.stem} {field}")
    assert missing == set(UNTAKEN)


def test_the_documentation_names_each_field_that_is_read_or_left_out() -> None:
    text = (Path(__file__).parents[3] / "docs" / "hl7v2.md").read_text("utf-8")
    listed = set(re.findall(r"^\| ([A-Z0-9]{3}-\d+) \|", text, flags=re.MULTILINE))
    read = {field for field, targets in read_fields().items() if targets and re.fullmatch(r"[A-Z0-9]{3}-\d+", field)}
    assert listed == read | set(UNREAD)
