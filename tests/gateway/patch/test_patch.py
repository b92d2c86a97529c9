"""Updates as patches, seen from the receiver: what a message says is so, what it takes away is gone, all else stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.api import Converted, convert
from gateway.config import site
from gateway.patch.operations import criterion
from gateway.persons import Nobody
from gateway.pipeline import work
from gateway.plan import Rule, Work
from tests.gateway.harness import channel, destination
from tests.gateway.patch.applier import applied
from tests.gateway.pipeline.test_pipeline import envelope

SETTINGS = """
senders:
  gh: {match: {MSH-4: GH}, updates: patch, authorities: {GH: "urn:oid:1.2.3"}}
  other: {match: {MSH-4: SH}}
"""
HEAD = "MSH|^~\\&|A|{facility}|||20240301081500+0000||ADT^{event}|C1|P|2.5.1\rEVN||20240301081500+0000\r"
MR = {"system": "urn:oid:1.2.3", "value": "7", "type": {"coding": [{"code": "MR"}]}}
CARD = {"system": "http://example.org/card", "value": "99"}
BEFORE: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "theirs",
    "meta": {"versionId": "3"},
    "identifier": [MR, CARD],
    "name": [{"family": "Rock", "given": ["Ann", "Bea"]}, {"family": "Reed", "use": "maiden"}],
    "telecom": [
        {"system": "phone", "value": "1", "use": "home"},
        {"system": "phone", "value": "2", "use": "home"},
        {"system": "email", "value": "a@b.c", "use": "home"},
        {"system": "phone", "value": "3", "use": "work"},
    ],
    "gender": "male",
    "birthDate": "1990-01-01",
    "address": [{"city": "Old Town"}],
    "maritalStatus": {"text": "married"},
    "deceasedBoolean": False,
}
VISIT: dict[str, Any] = {
    "resourceType": "Encounter",
    "id": "visit",
    "status": "in-progress",
    "class": {"code": "EMER"},
    "period": {"start": "2024-02-01T00:00:00Z", "end": "2024-02-02T00:00:00Z"},
    "hospitalization": {"admitSource": {"text": "home"}, "dischargeDisposition": {"text": "hospice"}},
    "participant": [{"type": [{"coding": [{"code": "ATND"}]}], "individual": {"reference": "Practitioner/old"}},
                    {"type": [{"coding": [{"code": "REF"}]}], "individual": {"reference": "Practitioner/ref"}}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gateway.yaml").write_text(SETTINGS)
    return tmp_path


def adt(pid: dict[int, str], pv1: dict[int, str] | None = None, event: str = "A08", facility: str = "GH") -> str:
    """An update of the person with MR 7."""
    person = {3: f"7^^^{facility}^MR"} | pid
    lines = ["|".join(["PID", *(person.get(number, "") for number in range(1, 31))])]
    if pv1 is not None:
        visit = {19: f"77^^^{facility}^VN"} | pv1
        lines.append("|".join(["PV1", *(visit.get(number, "") for number in range(1, 46))]))
    return HEAD.replace("{event}", event).replace("{facility}", facility) + "\r".join(lines)


def entry(made: Converted, target: str) -> dict[str, Any]:
    assert made.value["type"] == "transaction"
    (found,) = [each for each in made.value["entry"] if each["request"]["url"].startswith(target)]
    return dict(found)


def patient(folder: Path, fields: dict[int, str]) -> dict[str, Any]:
    """What becomes of the receiver's Patient."""
    found = entry(convert(adt(fields), "fhir", site=folder), "Patient")
    assert found["request"] == {"method": "PATCH", "url": "Patient?identifier=urn:oid:1.2.3|7"}
    return applied(BEFORE, found["resource"])


def visit(folder: Path, fields: dict[int, str]) -> dict[str, Any]:
    found = entry(convert(adt({}, fields), "fhir", site=folder), "Encounter")
    assert found["request"]["url"] == "Encounter?identifier=urn:oid:1.2.3|77"
    return applied(VISIT, found["resource"])


def without(node: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in names}


def test_an_empty_field_says_nothing(folder: Path) -> None:
    after = patient(folder, {})
    assert without(after, "identifier") == without(BEFORE, "identifier")
    assert [each["value"] for each in after["identifier"]] == ["99", "7"]


def test_a_valued_field_replaces(folder: Path) -> None:
    after = patient(folder, {7: "19800203", 8: "F", 16: "S"})
    assert (after["birthDate"], after["gender"]) == ("1980-02-03", "female")
    assert after["maritalStatus"]["coding"][0]["code"] == "S"
    assert without(after, "identifier", "birthDate", "gender", "maritalStatus") == without(
        BEFORE, "identifier", "birthDate", "gender", "maritalStatus"
    )


def test_a_null_deletes(folder: Path) -> None:
    after = patient(folder, {7: '""', 8: '""', 11: '""', 16: '""', 30: '""'})
    gone = {"birthDate", "gender", "address", "maritalStatus", "deceasedBoolean"}
    assert gone.isdisjoint(after)
    assert without(after, "identifier") == without(BEFORE, "identifier", *gone)


def test_a_repeating_field_replaces_what_its_items_stand_for(folder: Path) -> None:
    after = patient(folder, {13: "^PRN^PH^^1^555^1111111~^PRN^PH^^1^555^2222222", 5: "Stone^Ann"})
    phones = [each.get("value", "") for each in after["telecom"] if each["system"] == "phone" and each["use"] == "home"]
    assert len(phones) == 2
    assert {"1", "2"}.isdisjoint(phones)
    assert {"a@b.c", "3"} <= {each.get("value") for each in after["telecom"]}
    assert after["name"] == [{"family": "Reed", "use": "maiden"}, {"family": "Stone", "given": ["Ann"]}]


def test_a_null_takes_all_that_its_field_stood_for_and_no_other_fields(folder: Path) -> None:
    assert patient(folder, {13: '""'})["telecom"] == [{"system": "phone", "value": "3", "use": "work"}]
    assert [each["use"] for each in patient(folder, {14: '""'})["telecom"]] == ["home", "home", "home"]


def test_identifiers_of_others_stay(folder: Path) -> None:
    after = patient(folder, {3: "7^^^GH^MR~8^^^GH^PI"})
    assert [each["value"] for each in after["identifier"]] == ["99", "7", "8"]
    assert {each["value"] for each in patient(folder, {3: "7^^^GH^MR", 19: '""'})["identifier"]} == {"99", "7"}


def test_a_patch_applied_twice_does_no_more(folder: Path) -> None:
    message = adt({5: "Stone^Ann", 7: "1980", 8: '""', 13: "^PRN^PH^^1^555^1111111"})
    parameters = entry(convert(message, "fhir", site=folder), "Patient")["resource"]
    once = applied(BEFORE, parameters)
    assert applied(once, parameters) == once


def test_what_several_fields_write_to_keeps_what_they_leave_empty(folder: Path) -> None:
    after = visit(folder, {36: "01", 44: '""', 2: "I"})
    assert after["hospitalization"]["admitSource"] == {"text": "home"}
    assert after["hospitalization"]["dischargeDisposition"]["coding"][0]["code"] == "home"
    assert after["period"] == {"end": "2024-02-02T00:00:00Z"}
    assert after["class"]["code"] == "IMP"
    assert visit(folder, {14: '""'})["hospitalization"] == {"dischargeDisposition": {"text": "hospice"}}


def test_defaults_of_a_bundle_are_no_news(folder: Path) -> None:
    after = visit(folder, {})
    assert (after["status"], after["class"]) == ("in-progress", {"code": "EMER"})


def test_a_participant_takes_the_place_of_the_one_with_its_part(folder: Path) -> None:
    found = visit(folder, {7: "D1^Who^Dot^^^^^^GH"})["participant"]
    assert [each["type"][0]["coding"][0]["code"] for each in found] == ["REF", "ATND"]
    assert found[1]["individual"]["reference"].startswith("Practitioner/")


def test_references_in_what_is_sent_whole_find_the_receivers_own(folder: Path) -> None:
    made = convert(adt({}, {}) + "\rDG1|1||Z59.0^Homeless^I10|||A", "fhir", site=folder)
    condition = entry(made, "Condition/")
    assert condition["request"]["method"] == "PUT"
    assert condition["resource"]["subject"] == {"reference": "Patient?identifier=urn:oid:1.2.3|7"}


@pytest.mark.parametrize(("event", "facility"), [("A01", "GH"), ("A03", "GH"), ("A08", "SH")])
def test_other_events_and_other_senders_are_snapshots(folder: Path, event: str, facility: str) -> None:
    made = convert(adt({7: '""'}, {}, event, facility), "fhir", site=folder)
    assert made.value["type"] == "message"


def test_a_person_without_a_known_authority_is_named_by_our_own_id(folder: Path) -> None:
    found = entry(convert(adt({3: "7^^^ELSE^MR"}), "fhir", site=folder), "Patient")
    assert found["request"]["url"].startswith("Patient/")


def test_the_pipeline_sends_patches_to_destinations_of_fhir_and_alerts_as_ever(folder: Path) -> None:
    settings = site(folder).value
    assert settings is not None
    setup = Work(
        site=settings,
        channels={"adt": channel()},
        destinations={"hub": destination()},
        rules=(Rule(name="all", to=("hub",)),),
    )
    (delivery,) = work(envelope(adt({7: '""'}, {}).encode()), setup, Nobody()).deliveries
    assert b'"type":"transaction"' in delivery.payload
    assert b"Patient.birthDate" in delivery.payload


def test_texts_in_paths_are_quoted() -> None:
    assert criterion("Extension", {"url": "it's \\ odd"}) == "url = 'it\\'s \\\\ odd'"
