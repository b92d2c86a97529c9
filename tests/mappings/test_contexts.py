"""What repeats: segments, groups, repetitions and elements, in both directions."""

from __future__ import annotations

from tests.mappings.conftest import MakeSmall
from tests.mappings.small import bundle, codes, content, lines, resources, seg, statuses, url

PAT = "rules:\n- {make: Patient, name: pat, key: {v2: [PID-3]}, rules: [{v2: PID-3, fhir: identifier.value}]}\n"


def test_repetitions_become_elements_and_come_back(small: MakeSmall) -> None:
    m = small(
        """
parts: {cx: [{v2: "1", fhir: value}, {v2: "4.1", fhir: system}]}
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules: [{each: {v2: PID-3, fhir: identifier}, use: cx}]
"""
    )
    made = m.forward(seg("PID", {3: "1^^^A&x~~2^^^B"}))
    assert content(made, "Patient")["identifier"] == [{"value": "1", "system": "A"}, {"value": "2", "system": "B"}]
    assert lines(m.back(made.document)) == [seg("PID", {3: "1^^^A~2^^^B"})]
    assert statuses(made) == {
        "PID[1]-3[1].1": "mapped",
        "PID[1]-3[1].4.1": "mapped",
        "PID[1]-3[1].4.2": "unmapped",
        "PID[1]-3[3].1": "mapped",
        "PID[1]-3[3].4": "mapped",
    }


def test_a_field_without_each_means_its_first_repetition(small: MakeSmall) -> None:
    m = small("parts: {cx: [{v2: '1', fhir: value}]}\n" + PAT.replace("identifier.value", "identifier, use: cx"))
    made = m.forward(seg("PID", {3: "1~2"}))
    assert content(made, "Patient")["identifier"] == [{"value": "1"}]
    rows = {row.path: (row.status, row.reason) for row in made.ledger.rows() if row.path.startswith("PID")}
    assert rows == {"PID[1]-3[1]": ("mapped", ""), "PID[1]-3[2]": ("unmapped", "a further repetition")}


def test_repetitions_of_plain_values(small: MakeSmall) -> None:
    m = small(
        """
tables: {t: {rows: [[a, alpha], [b, beta]]}}
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules:
  - {each: {v2: PID-5, fhir: name.given}}
  - {each: {v2: PID-6, fhir: name.suffix}, table: t}
"""
    )
    made = m.forward(seg("PID", {3: "1", 5: "Ann~Bea", 6: "b~a"}))
    assert content(made, "Patient") == {"name": [{"given": ["Ann", "Bea"], "suffix": ["beta", "alpha"]}]}
    assert lines(m.back(made.document)) == [seg("PID", {5: "Ann~Bea", 6: "b~a"})]


def test_items_are_stamped_and_filtered(small: MakeSmall) -> None:
    m = small(
        """
names: {ssn: "http://ssn"}
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules:
  - {each: {v2: PID-19, fhir: identifier}, where: {fhir: {system: $ssn}}, rules: [{v2: ".", fhir: value}]}
  - {each: {v2: PID-3, fhir: identifier}, rules: [{v2: "1", fhir: value}]}
"""
    )
    made = m.forward(seg("PID", {3: "1", 19: "999"}))
    assert content(made, "Patient")["identifier"] == [{"value": "999", "system": "http://ssn"}, {"value": "1"}]
    assert lines(m.back(made.document)) == [seg("PID", {3: "1", 19: "999"})]


def test_an_element_belongs_to_the_first_rule_that_takes_it(small: MakeSmall) -> None:
    m = small(
        """
rules:
- make: Patient
  rules:
  - {each: {v2: PID-2, fhir: identifier}, where: {fhir: {use: {eq: old}}}, rules: [{v2: "1", fhir: value}]}
  - {v2: PID-3, fhir: identifier.value}
  - {each: {v2: PID-4, fhir: identifier}, rules: [{v2: "1", fhir: value}]}
"""
    )
    patient = {"resourceType": "Patient", "identifier": [{"value": "1"}, {"use": "old", "value": "2"}, {"value": "3"}]}
    made = m.back(bundle(patient))
    assert lines(made) == [seg("PID", {2: "2", 3: "1", 4: "1~3"})]


def test_segments_open_a_context_each(small: MakeSmall) -> None:
    m = small(
        PAT
        + """
- each: DG1
  rules:
  - make: Condition
    key: {under: pat, v2: [DG1-3]}
    rules:
    - {fhir: subject, ref: pat}
    - {v2: DG1-3.1, fhir: code.coding.code}
    - {v2: PID-18, fhir: note.text}
"""
    )
    made = m.forward(seg("PID", {3: "1", 18: "acc"}), "DG1|1||A", "DG1|2||B", "DG1|3")
    conditions = resources(made, "Condition")
    assert [each["code"]["coding"][0]["code"] for each in conditions[:2]] == ["A", "B"]
    assert all(each["subject"] == url(made, "Patient") for each in conditions)
    assert all(each["note"] == [{"text": "acc"}] for each in conditions)
    assert lines(m.back(made.document))[1:] == ["DG1|||A", "DG1|||B"]


def test_a_segment_written_beside_an_element(small: MakeSmall) -> None:
    m = small(
        PAT
        + """
- each: {v2: NK1, fhir: Patient.contact}
  where: {v2: {NK1-3.1: {in: [E, F]}}}
  rules:
  - {v2: NK1-2, fhir: name.text}
  - {v2: NK1-3.1, fhir: relationship.text}
"""
    )
    made = m.forward(seg("PID", {3: "1"}), "NK1|1|Firm|E", "NK1|2|Mother|M", "NK1|3|State|F")
    assert content(made, "Patient")["contact"] == [
        {"name": {"text": "Firm"}, "relationship": [{"text": "E"}]},
        {"name": {"text": "State"}, "relationship": [{"text": "F"}]},
    ]
    assert lines(m.back(made.document))[1:] == ["NK1||Firm|E", "NK1||State|F"]
    assert statuses(made)["NK1[2]-2[1]"] == "unmapped"
    assert statuses(made)["NK1[3]-2[1]"] == "mapped"


def test_groups_hold_their_segments_together(small: MakeSmall) -> None:
    m = small(
        PAT
        + """
- each: INSURANCE
  rules:
  - make: Coverage
    key: {under: pat, v2: [IN1-2]}
    rules:
    - {v2: IN1-2, fhir: type.text}
    - {v2: IN2-6, fhir: subscriberId}
    - {v2: PID-18, fhir: network}
"""
    )
    made = m.forward(seg("PID", {3: "1", 18: "acc"}), "IN1|1|X", "IN1|2|Y", seg("IN2", {6: "y6"}), "ZZZ|1", "IN1|3|Z")
    found = [(each["type"]["text"], each.get("subscriberId")) for each in resources(made, "Coverage")]
    assert found == [("X", None), ("Y", "y6"), ("Z", None)]
    assert {each["network"] for each in resources(made, "Coverage")} == {"acc"}
    back = lines(m.back(made.document))
    assert back[1:] == ["IN1||X", "IN1||Y", seg("IN2", {6: "y6"}), "IN1||Z"]
    assert back[0] == seg("PID", {3: "1", 18: "acc"})


def test_a_segment_behind_another(small: MakeSmall) -> None:
    m = small(
        """
rules:
- make: Encounter
  name: enc
  rules: [{v2: PV1-19, fhir: identifier.value}]
- make: Patient
  name: pat
  rules: [{v2: PID-3, fhir: identifier.value}]
- each: ROL
  after: [PID, PD1]
  rules:
  - make: RelatedPerson
    key: {under: pat, v2: [ROL-4]}
    rules: [{v2: ROL-4, fhir: name.text}, {fhir: patient, ref: pat}]
- each: ROL
  after: PV1
  rules:
  - {make: Practitioner, key: {under: enc, v2: [ROL-4]}, rules: [{v2: ROL-4, fhir: name.text}]}
"""
    )
    made = m.forward(
        seg("PID", {3: "1"}), seg("ROL", {4: "Ann"}), "ZRL|1", seg("ROL", {4: "Bea"}),
        seg("PV1", {19: "7"}), seg("ROL", {4: "Cid"}),
    )  # fmt: skip
    assert [each["name"][0]["text"] for each in resources(made, "RelatedPerson")] == ["Ann", "Bea"]
    assert [each["name"][0]["text"] for each in resources(made, "Practitioner")] == ["Cid"]
    assert lines(m.back(made.document)) == [
        seg("PID", {3: "1"}), seg("ROL", {4: "Ann"}), seg("ROL", {4: "Bea"}),
        seg("PV1", {19: "7"}), seg("ROL", {4: "Cid"}),
    ]  # fmt: skip


def test_a_segment_of_a_whole_part(small: MakeSmall) -> None:
    m = small(
        "parts:\n  dg1:\n  - make: Condition\n    key: {under: pat, v2: [DG1-3]}\n"
        "    rules: [{v2: DG1-3, fhir: code.text}]\n" + PAT + "- {each: DG1, use: dg1}\n- {use: rest}\n"
    )
    text = (m.folder / "small.yaml").read_text()
    (m.folder / "small.yaml").write_text(
        text.replace("parts:\n", "parts:\n  rest: [{v2: PID-8, fhir: Patient.gender}]\n")
    )
    made = m.forward(seg("PID", {3: "1", 8: "male"}), "DG1|||A")
    assert content(made, "Condition") == {"code": {"text": "A"}}
    assert content(made, "Patient")["gender"] == "male"
    assert lines(m.back(made.document)) == [seg("PID", {3: "1", 8: "male"}), "DG1|||A"]


def test_parts_work_on_components_too(small: MakeSmall) -> None:
    m = small(
        """
parts:
  hd: [{v2: "1", fhir: display}, {v2: "2", fhir: identifier.value}]
  cx: [{v2: "1", fhir: value}, {v2: "4", fhir: assigner, use: hd}]
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules:
  - {each: {v2: PID-3, fhir: identifier}, use: cx}
  - {v2: MSH-4, fhir: managingOrganization, use: hd}
"""
    )
    made = m.forward(seg("PID", {3: "1^^^Name&1.2.3&ISO"}))
    assert content(made, "Patient") == {
        "identifier": [{"value": "1", "assigner": {"display": "Name", "identifier": {"value": "1.2.3"}}}],
        "managingOrganization": {"display": "HOSP"},
    }
    assert lines(m.back(made.document)) == [seg("PID", {3: "1^^^Name&1.2.3"})]
    assert statuses(made)["PID[1]-3[1].4.3"] == "unmapped"


def test_a_part_on_the_same_object(small: MakeSmall) -> None:
    m = small(
        """
parts:
  hd: [{v2: "1", fhir: assigner.display}, {v2: "2", fhir: system}]
  cx: [{v2: "1", fhir: value}, {v2: "4", fhir: ".", use: hd}, {v2: "5", fhir: assigner.identifier.value}]
rules:
- {make: Patient, key: {v2: [PID-3]}, rules: [{each: {v2: PID-3, fhir: identifier}, use: cx}]}
"""
    )
    made = m.forward(seg("PID", {3: "1^^^N&sys^K"}))
    assert content(made, "Patient")["identifier"] == [
        {"value": "1", "assigner": {"display": "N", "identifier": {"value": "K"}}, "system": "sys"}
    ]
    assert lines(m.back(made.document)) == [seg("PID", {3: "1^^^N&sys^K"})]


def test_a_part_may_use_another_and_itself_it_may_not(small: MakeSmall) -> None:
    m = small(
        """
parts:
  inner: [{v2: "1", fhir: text}]
  outer: [{v2: ".", fhir: ".", use: inner}, {v2: "2", fhir: family}]
rules:
- {make: Patient, key: {v2: [PID-3]}, rules: [{v2: PID-5, fhir: name, use: outer}]}
"""
    )
    made = m.forward(seg("PID", {3: "1", 5: "a^b"}))
    assert content(made, "Patient")["name"] == [{"text": "a", "family": "b"}]
    assert lines(m.back(made.document)) == [seg("PID", {5: "a^b"})]


def test_conditions_of_a_whole_context(small: MakeSmall) -> None:
    m = small(
        PAT
        + """
- each: DG1
  when: {v2: DG1-6, eq: F}
  rules: [{make: Condition, key: {under: pat, v2: [DG1-3]}, rules: [{v2: DG1-3, fhir: code.text}]}]
- each: {v2: PID-5, fhir: Patient.name}
  when: {v2: "1", is: valued}
  rules: [{v2: "2", fhir: text}]
"""
    )
    made = m.forward(seg("PID", {3: "1", 5: "a^b~^c"}), "DG1|||A|||W", "DG1|||B|||F")
    assert content(made, "Condition") == {"code": {"text": "B"}}
    assert content(made, "Patient")["name"] == [{"text": "b"}]
    found = statuses(made)
    assert found["DG1[1]-3[1]"] == "unmapped"
    assert found["DG1[2]-3[1]"] == "mapped"
    assert found["PID[1]-5[2].2"] == "unmapped"


def test_nothing_is_left_behind_by_what_wrote_nothing(small: MakeSmall) -> None:
    m = small(PAT + "- {each: DG1, rules: [{make: Condition, rules: [{v2: DG1-9, fhir: code.text}]}]}\n")
    made = m.forward(seg("PID", {3: "1"}), "DG1|1||A")
    assert resources(made, "Condition") == []
    assert codes(made) == []
