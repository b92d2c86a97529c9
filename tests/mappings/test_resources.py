"""Resources: made, named, referred to, shared, identified; and found again on the way back."""

from __future__ import annotations

import uuid

import pytest

from mappings.run import NAMESPACE
from tests.mappings.conftest import MakeSmall
from tests.mappings.small import adt, bundle, codes, content, lines, resources, seg, statuses, url

PAT = "rules:\n- {make: Patient, name: pat, key: {v2: [PID-3]}, rules: [{v2: PID-3, fhir: identifier.value}]}\n"


def uuid5(salt: str, name: str) -> str:
    return str(uuid.uuid5(uuid.uuid5(NAMESPACE, salt), name))


# ---- identity ---------------------------------------------------------------------------------------------------


def test_ids_are_uuid5_of_salt_type_and_key(small: MakeSmall) -> None:
    m = small(PAT)
    made = m.forward(seg("PID", {3: "Zoë~2"}), salt="our town")
    assert resources(made)[0]["id"] == uuid5("our town", "Patient|Zoë~2")
    assert url(made, "Patient") == {"reference": "urn:uuid:" + uuid5("our town", "Patient|Zoë~2")}
    assert resources(m.forward(seg("PID", {3: "Zoë~2"}), salt="x"))[0]["id"] != resources(made)[0]["id"]


def test_one_resource_per_type_and_key(small: MakeSmall) -> None:
    m = small(
        "rules:\n- each: OBX\n  rules:\n  - make: Device\n    key: {v2: [OBX-18]}\n"
        + "    rules: [{v2: OBX-18, fhir: lotNumber}, {v2: OBX-3, fhir: partNumber}]\n"
    )
    made = m.forward(*(seg("OBX", {3: part, 18: lot}) for part, lot in (("a", "1"), ("b", "2"), ("c", "1"))))
    assert [(each["lotNumber"], each["partNumber"]) for each in resources(made)] == [("1", "a"), ("2", "b")]
    assert codes(made) == ["MAP-0106"]


def test_what_a_second_mention_adds_is_kept(small: MakeSmall) -> None:
    m = small(
        """
rules:
- each: OBX
  rules:
  - make: Device
    key: {v2: [OBX-18]}
    rules:
    - {v2: OBX-18, fhir: lotNumber}
    - {v2: OBX-3, fhir: partNumber}
    - {v2: OBX-5, fhir: note.text}
"""
    )
    made = m.forward(seg("OBX", {5: "x", 18: "1"}), seg("OBX", {3: "p", 5: "y", 18: "1"}))
    assert content(made, "Device") == {"lotNumber": "1", "partNumber": "p", "note": [{"text": "x"}, {"text": "y"}]}
    assert codes(made) == []


def test_a_natural_key_below_another_resource_counts_equals(small: MakeSmall) -> None:
    m = small(
        PAT
        + """
- each: DG1
  rules:
  - {make: Condition, key: {under: pat, v2: [DG1-3, DG1-6]}, rules: [{v2: DG1-3, fhir: code.text}]}
"""
    )
    made = m.forward(seg("PID", {3: "1"}), "DG1|||A|||F", "DG1|||A|||F", "DG1|||A|||W")
    owner = url(made, "Patient")["reference"]
    names = [f"Condition|{owner}|A|F", f"Condition|{owner}|A|F|2", f"Condition|{owner}|A|W"]
    assert [each["id"] for each in resources(made, "Condition")] == [uuid5("sdoh-gateway", name) for name in names]


def test_without_identity_the_message_identifies_it_with_an_issue(small: MakeSmall) -> None:
    m = small(
        "rules:\n- make: Patient\n  key: {v2: [PID-3], as: person-key}\n  rules: [{v2: PID-5, fhir: name.text}]\n"
    )
    convert = m.converter("v2", "fhir")
    one, two = (convert(adt(seg("PID", {5: "A"}), control=control)) for control in ("C1", "C2"))
    assert codes(one) == codes(two) == ["MAP-0104"]
    assert [issue.at.path for issue in one.issues] == ["PID-3"]
    assert resources(one)[0]["id"] != resources(two)[0]["id"]
    assert resources(one)[0]["id"] == uuid5("sdoh-gateway", "Patient||APP|HOSP|C1|")
    assert codes(m.forward(seg("PID", {3: "7^^^A^MR", 5: "A"}))) == []


def test_a_resource_without_a_key_is_the_messages_own_without_an_issue(small: MakeSmall) -> None:
    made = small("rules:\n- {make: MessageHeader, rules: [{v2: MSH-9.2, fhir: eventCoding.code}]}\n").forward()
    assert codes(made) == []


def test_nothing_is_made_of_nothing_and_constants_alone(small: MakeSmall) -> None:
    m = small(
        """
rules:
- {make: Patient, key: {v2: [PID-3]}, rules: [{v2: PID-8, fhir: gender}, {set: {fhir: {active: true}}}]}
"""
    )
    made = m.forward(seg("PID", {3: "1"}))
    assert made.document is not None
    assert made.document.root == {"resourceType": "Bundle"}


# ---- references --------------------------------------------------------------------------------------------------


REFERENCES = """
rules:
- make: MessageHeader
  name: head
  rules:
  - {v2: MSH-9.2, fhir: eventCoding.code}
  - {fhir: focus, ref: enc}
  - {fhir: focus, ref: pat}
  - {fhir: focus, ref: nobody}
- {make: Patient, name: pat, key: {v2: [PID-3]}, rules: [{v2: PID-3, fhir: identifier.value}]}
- make: Encounter
  name: enc
  key: {v2: [PV1-19]}
  rules: [{v2: PV1-19, fhir: identifier.value}, {fhir: subject, ref: pat}, {fhir: serviceProvider, ref: nobody}]
- make: List
  name: all
  rules: [{v2: MSH-10, fhir: title}, {fhir: entry.item, ref: "*"}]
- {make: Account, name: nobody, key: {v2: [PID-18]}, rules: [{v2: PID-18, fhir: name}]}
"""


def test_references_to_what_is_made_before_and_after(small: MakeSmall) -> None:
    made = small(REFERENCES).forward(seg("PID", {3: "1"}), seg("PV1", {19: "7"}))
    assert content(made, "MessageHeader")["focus"] == [url(made, "Encounter"), url(made, "Patient")]
    assert content(made, "Encounter")["subject"] == url(made, "Patient")
    assert "serviceProvider" not in content(made, "Encounter")


def test_a_star_refers_to_everything_made_but_itself(small: MakeSmall) -> None:
    m = small(
        "rules:\n- {make: Composition, name: c, rules: [{v2: MSH-10, fhir: title}, {fhir: section.entry, ref: '*'}]}\n"
        + PAT.removeprefix("rules:\n")
    )
    made = m.forward(seg("PID", {3: "1"}))
    assert content(made, "Composition")["section"] == [{"entry": [url(made, "Patient")]}]


def test_references_that_nothing_was_made_for_leave_nothing(small: MakeSmall) -> None:
    m = small(
        "rules:\n- {make: Composition, name: c, rules: [{v2: MSH-10, fhir: title}, {fhir: section.entry, ref: pat}]}\n"
        "- {make: Patient, name: pat, key: {v2: [PID-3]}, rules: [{v2: PID-5, fhir: name.text}]}\n"
    )
    assert content(m.forward(seg("PID", {3: "1"})), "Composition") == {"title": "C1"}


def test_going_back_the_resource_around_decides(small: MakeSmall) -> None:
    m = small(
        PAT
        + """
- each: DG1
  rules:
  - {make: Condition, key: {under: pat, v2: [DG1-3]}, rules: [{fhir: subject, ref: pat}, {v2: DG1-3, fhir: code.text}]}
"""
    )
    mine = {"resourceType": "Condition", "subject": {"reference": "Patient/p"}, "code": {"text": "mine"}}
    other = {"resourceType": "Condition", "subject": {"reference": "Patient/q"}, "code": {"text": "other"}}
    elsewhere = {"resourceType": "Condition", "subject": {"reference": "http://x/Patient/9"}, "code": {"text": "away"}}
    patients = [{"resourceType": "Patient", "id": name, "identifier": [{"value": name}]} for name in ("p", "q")]
    made = m.back(bundle(*patients, mine, other, elsewhere))
    assert lines(made) == [seg("PID", {3: "p"}), "DG1|||mine", "DG1|||away"]


def test_going_back_the_reference_beside_leads(small: MakeSmall) -> None:
    m = small(
        """
rules:
- make: Encounter
  name: enc
  key: {v2: [PV1-19]}
  rules:
  - {v2: PV1-19, fhir: identifier.value}
  - each: {v2: DG1, fhir: diagnosis}
    rules:
    - {fhir: condition, ref: cond}
    - {v2: DG1-15, fhir: rank, as: positive-int}
    - {make: Condition, name: cond, key: {under: enc, v2: [DG1-3]}, rules: [{v2: DG1-3, fhir: code.text}]}
"""
    )
    made = m.forward(seg("PV1", {19: "7"}), seg("DG1", {3: "A", 15: "2"}), seg("DG1", {3: "B", 15: "1"}))
    assert content(made, "Encounter")["diagnosis"] == [
        {"rank": 2, "condition": url(made, "Condition", 0)},
        {"condition": url(made, "Condition", 1), "rank": 1},
    ]
    assert made.document is not None
    made.document.root["entry"].reverse()
    assert lines(m.back(made.document))[1:] == [seg("DG1", {3: "A", 15: "2"}), seg("DG1", {3: "B", 15: "1"})]


# ---- shared resources ----------------------------------------------------------------------------------------------


TO = """
parts:
  xcn: [{v2: "1", fhir: identifier.value}, {v2: "2.1", fhir: name.family}, {v2: "3", fhir: name.given}]
rules:
- make: Encounter
  name: enc
  key: {v2: [PV1-19]}
  rules:
  - {v2: PV1-19, fhir: identifier.value}
  - each: {v2: PV1-7, fhir: participant}
    where: {fhir: {type.text: attending}}
    rules: [{v2: ".", fhir: individual, to: Practitioner, key: {v2: ["1"]}, use: xcn}]
  - each: {v2: PV1-9, fhir: participant}
    rules: [{v2: ".", fhir: individual, to: Practitioner, key: {v2: ["1"]}, use: xcn}]
"""


def test_mentions_share_a_resource(small: MakeSmall) -> None:
    m = small(TO)
    made = m.forward(seg("PV1", {7: "1^Day~2^Fox", 9: "1^^Ann~2^Wolf", 19: "7"}))
    assert [
        (each["name"][0].get("family"), each["name"][0].get("given")) for each in resources(made, "Practitioner")
    ] == [
        ("Day", None),
        ("Fox", None),
    ]
    participants = content(made, "Encounter")["participant"]
    assert participants[0] == {"individual": url(made, "Practitioner"), "type": [{"text": "attending"}]}
    assert [each["individual"] for each in participants[2:]] == [each["individual"] for each in participants[:2]]


def test_shared_resources_are_read_again_at_every_mention(small: MakeSmall) -> None:
    m = small(TO)
    segment = seg("PV1", {7: "1^Day^Ann~2^Fox^Bob", 9: "1^Day^Ann", 19: "7"})
    made = m.forward(segment)
    assert len(resources(made, "Practitioner")) == 2
    assert lines(m.back(made.document)) == [segment]
    assert set(statuses(made).values()) == {"mapped"}


def test_without_a_key_nothing_is_shared_and_the_ledger_says_so(small: MakeSmall) -> None:
    made = small(TO).forward(seg("PV1", {7: "^Day", 19: "7"}))
    assert resources(made, "Practitioner") == []
    assert "participant" not in content(made, "Encounter")
    assert statuses(made)["PV1[1]-7[1].2"] == "unmapped"


def test_a_list_of_references_to_shared_resources(small: MakeSmall) -> None:
    m = small(
        "parts: {xon: [{v2: '1', fhir: name}, {v2: '3', fhir: identifier.value}]}\n"
        + PAT.replace(
            "]}\n", ", {each: {v2: PD1-3, fhir: generalPractitioner}, to: Organization, key: {v2: ['3']}, use: xon}]}\n"
        )
    )
    made = m.forward(seg("PID", {3: "1"}), "PD1|||A^^1~B^^2~A^^1")
    assert [each["name"] for each in resources(made, "Organization")] == ["A", "B"]
    assert content(made, "Patient")["generalPractitioner"] == [
        url(made, "Organization", 0), url(made, "Organization", 1), url(made, "Organization", 0)
    ]  # fmt: skip
    assert lines(m.back(made.document))[1:] == ["PD1|||A^^1~B^^2~A^^1"]


def test_a_reference_that_leads_nowhere_is_an_issue_on_the_way_back(small: MakeSmall) -> None:
    m = small(TO)
    encounter = {"resourceType": "Encounter", "participant": [{"individual": {"reference": "Practitioner/none"}}]}
    made = m.back(bundle(encounter))
    assert codes(made) == ["MAP-0108"]
    assert made.issues[0].at.path == "Bundle.entry[0].resource.participant[0].individual"


def test_contained_resources_are_found(small: MakeSmall) -> None:
    m = small(TO)
    encounter = {
        "resourceType": "Encounter",
        "contained": [{"resourceType": "Practitioner", "id": "d", "identifier": [{"value": "9"}]}],
        "participant": [{"individual": {"reference": "#d"}}],
    }
    assert lines(m.back(bundle(encounter))) == [seg("PV1", {9: "9"})]


def test_the_type_of_what_a_reference_leads_to_counts(small: MakeSmall) -> None:
    m = small(
        """
parts:
  person: [{v2: "1", fhir: identifier.value}]
  firm: [{v2: "1", fhir: name}]
rules:
- make: Patient
  rules:
  - {each: {v2: PD1-4, fhir: generalPractitioner}, to: Practitioner, key: {v2: ["1"]}, use: person}
  - {each: {v2: PD1-3, fhir: generalPractitioner}, to: Organization, key: {v2: ["1"]}, use: firm}
"""
    )
    made = m.forward("PD1|||firm|person")
    assert lines(m.back(made.document)) == ["PD1|||firm|person"]


def test_what_follows_a_shared_resource_writes_to_it(small: MakeSmall) -> None:
    m = small(
        "parts: {hd: [{v2: '1', fhir: name}]}\n"
        "rules:\n- make: MessageHeader\n  rules:\n"
        "  - {v2: MSH-4, fhir: sender, to: Organization, key: {v2: ['1']}, use: hd}\n"
        "  - {v2: MSH-17, fhir: Organization.address.country}\n"
    )
    document = adt()
    assert content(m.converter("v2", "fhir")(document), "Organization") == {"name": "HOSP"}
    document.root.segments[0].fields[17] = "US"
    made = m.converter("v2", "fhir")(document)
    assert content(made, "Organization") == {"name": "HOSP", "address": [{"country": "US"}]}


# ---- profiles ------------------------------------------------------------------------------------------


PROFILE = """
names: {p: "http://profile"}
tables: {sex: {rows: [[F, female]], unmapped: absent}}
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules:
  - {profile: $p, needs: [identifier.system, [name.family, name.text], gender]}
  - {each: {v2: PID-3, fhir: identifier}, rules: [{v2: "1", fhir: value}, {v2: "4", fhir: system}]}
  - {v2: PID-5, fhir: name.text}
  - {v2: PID-8, fhir: gender, table: sex}
"""


def test_a_profile_is_claimed_by_what_was_written(small: MakeSmall) -> None:
    made = small(PROFILE).forward(seg("PID", {3: "1^^^a~2^^^b", 5: "Day", 8: "F"}))
    assert content(made, "Patient")["meta"] == {"profile": ["http://profile"]}
    assert codes(made) == []


@pytest.mark.parametrize(
    ("fields", "missing"),
    [({3: "1^^^a~2", 5: "Day", 8: "F"}, "identifier.system"), ({3: "1^^^a", 8: "F"}, "name.family or name.text"),
     ({3: "1^^^a", 5: "Day", 8: "X"}, "gender")],
)  # fmt: skip
def test_what_stood_in_the_way_of_a_profile_is_said(small: MakeSmall, fields: dict[int, str], missing: str) -> None:
    made = small(PROFILE).forward(seg("PID", fields))
    assert "meta" not in content(made, "Patient")
    (said,) = (issue for issue in made.issues if issue.code == "MAP-0107")
    assert missing in said.message
    assert said.at.path == f"Patient.{missing.split()[0]}"
    assert said.severity == "information"
