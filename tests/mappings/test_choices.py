"""Rules that are taken or not: tests, cases, choices, in both directions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mappings.conftest import MakeSmall
from tests.mappings.small import bundle, codes, content, lines, resources, seg, statuses

PATIENT = """
tables:
  known: {rows: [[A, alpha], [B, beta]]}
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules:
  - {v2: PID-3, fhir: identifier.value}
"""


def patient(*rules: str) -> str:
    return PATIENT + "".join(f"  - {rule}\n" for rule in rules)


# ---- tests of the source ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "met", "unmet"),
    [
        ("{v2: PID-8, is: valued}", "x", ""),
        ("{v2: PID-8, is: empty}", "", "x"),
        ("{v2: PID-8, eq: x}", "x", "xx"),
        ("{v2: PID-8, in: [x, y]}", "y", "z"),
        ("{v2: PID-8, in: known}", "B", "alpha"),
        ("{v2: PID-8, match: '[0-9]+'}", "12", "12a"),
        ("{v2: PID-8, length: 3}", "abc", "ab"),
        ("{v2: PID-8, count: 2}", "a~b", "a"),
        ("{v2: PID-8, count: 0}", "", "a"),
        ("{v2: PID-8.2, eq: x}", "a^x", "x"),
        ("{v2: PID-8.2.2, is: valued}", "a^x&y", "a^x"),
        ("{not: {v2: PID-8, eq: x}}", "y", "x"),
        ("{all: [{v2: PID-8, is: valued}, {not: {v2: PID-8, eq: x}}]}", "y", "x"),
        ("{any: [{v2: PID-8, eq: x}, {v2: PID-8, eq: y}]}", "y", "z"),
        ("{v2: PV1, is: empty}", "y", None),
        ("{v2: PID, count: 1}", "y", None),
        ("{v2: PV2, is: valued}", None, "x"),
    ],
)  # fmt: skip
def test_tests_of_hl7_v2(small: MakeSmall, test: str, met: str | None, unmet: str | None) -> None:
    m = small(patient(f"{{v2: PID-23, fhir: name.text, when: {test}}}"))
    for value, expected in ((met, [{"text": "Rome"}]), (unmet, None)):
        if value is not None:
            made = m.forward(seg("PID", {3: "1", 8: value, 23: "Rome"}))
            assert content(made, "Patient").get("name") == expected
            assert statuses(made)["PID[1]-23[1]"] == ("mapped" if expected else "unmapped")


@pytest.mark.parametrize(
    ("test", "met", "unmet"),
    [
        ("{fhir: gender, is: valued}", {"gender": "male"}, {}),
        ("{fhir: gender, is: empty}", {}, {"gender": "male"}),
        ("{fhir: gender, eq: male}", {"gender": "male"}, {"gender": "female"}),
        ("{fhir: gender, in: known}", {"gender": "beta"}, {"gender": "B"}),
        ("{fhir: active, eq: true}", {"active": True}, {"active": False}),
        ("{fhir: multipleBirthInteger, eq: '2'}", {"multipleBirthInteger": 2}, {"multipleBirthInteger": 3}),
        ("{fhir: telecom, count: 2}", {"telecom": [{"value": "1"}, {"value": "2"}]}, {"telecom": [{"value": "1"}]}),
        ("{fhir: telecom.use, eq: home}", {"telecom": [{"use": "work"}, {"use": "home"}]}, {"telecom": [{"use": "x"}]}),
        ("{fhir: birthDate, match: '1990.*'}", {"birthDate": "1990-01"}, {"birthDate": "1991"}),
        ("{fhir: birthDate, length: 5}", {"birthDate": "1990-01"}, {"birthDate": "1991"}),
        ("{fhir: extension(http://x).valueCode, eq: c}", {"extension": [{"url": "http://x", "valueCode": "c"}]},
         {"extension": [{"url": "http://y", "valueCode": "c"}]}),
        ("{fhir: Encounter, is: empty}", {}, None),
    ],
)  # fmt: skip
def test_tests_of_fhir(small: MakeSmall, test: str, met: dict[str, Any], unmet: dict[str, Any] | None) -> None:
    m = small(patient(f"{{v2: PID-23, fhir: name.text, when: {test}}}"))
    for members, expected in ((met, [seg("PID", {23: "Rome"})]), (unmet, [])):
        if members is not None:
            made = m.back(bundle({"resourceType": "Patient", "name": [{"text": "Rome"}], **members}))
            assert lines(made) == expected


def test_a_test_speaks_only_of_the_side_that_is_read(small: MakeSmall) -> None:
    both = "{all: [{v2: PID-8, eq: x}, {fhir: gender, eq: male}]}"
    m = small(patient("{v2: PID-8, fhir: gender}", f"{{v2: PID-23, fhir: name.text, when: {both}}}"))
    made = m.forward(seg("PID", {3: "1", 8: "x", 23: "Rome"}))
    assert content(made, "Patient")["name"] == [{"text": "Rome"}]
    assert lines(m.back(made.document)) == [seg("PID", {3: "1", 8: "x"})]
    source = {"resourceType": "Patient", "gender": "male", "name": [{"text": "Rome"}]}
    assert lines(m.back(bundle(source))) == [seg("PID", {8: "male", 23: "Rome"})]


def test_any_with_a_member_of_the_other_side_decides_nothing(small: MakeSmall) -> None:
    either = "{any: [{v2: PID-8, eq: x}, {fhir: gender, eq: male}]}"
    m = small(patient(f"{{v2: PID-23, fhir: name.text, when: {either}}}"))
    assert "name" in content(m.forward(seg("PID", {3: "1", 8: "y", 23: "Rome"})), "Patient")


def test_a_whole_map_may_not_apply(small: MakeSmall) -> None:
    m = small("when: {v2: MSH-9.2, in: [A03]}\n" + patient())
    made = m.forward(seg("PID", {3: "1"}))
    assert made.document is None
    assert codes(made) == ["MAP-0105"]
    back = m.back(bundle({"resourceType": "Patient", "identifier": [{"value": "1"}]}))
    assert lines(back) == [seg("PID", {3: "1"})]


# ---- cases ---------------------------------------------------------------------------------------------------------


CASES = patient(
    """each: {v2: PID-11, fhir: extension}
    cases:
    - {where: {v2: {"5": S}, fhir: {url: "http://s"}}, rules: [{v2: "1", fhir: valueString}]}
    - {where: {fhir: {url: "http://d"}}, when: {v2: "1", match: "[0-9]{8}"},
       rules: [{v2: "1", fhir: valueDate, as: date}]}
    - {use: rest}"""
)
PARTS = "parts: {rest: [{v2: '1', fhir: valueCode}, {v2: '2', fhir: url}]}\n"


def test_the_first_case_whose_tests_hold_takes_the_item_and_stamps_it(small: MakeSmall) -> None:
    m = small(PARTS + CASES)
    made = m.forward(seg("PID", {3: "1", 11: "a^^^^S~19900203~b^u~c^^^^S"}))
    assert content(made, "Patient")["extension"] == [
        {"valueString": "a", "url": "http://s"},
        {"valueDate": "1990-02-03", "url": "http://d"},
        {"valueCode": "b", "url": "u"},
        {"valueString": "c", "url": "http://s"},
    ]
    assert lines(m.back(made.document)) == [seg("PID", {3: "1", 11: "a^^^^S~19900203~b^u~c^^^^S"})]


def test_the_ledger_follows_the_case_that_was_taken(small: MakeSmall) -> None:
    m = small(PARTS + CASES)
    made = m.forward(seg("PID", {3: "1", 11: "a^x^^^S~b^u"}))
    found = {row.path: (row.status, row.targets) for row in made.ledger.rows()}
    assert found["PID[1]-11[1].1"] == ("mapped", ("Patient.extension.valueString",))
    assert found["PID[1]-11[1].2"][0] == "unmapped"
    assert found["PID[1]-11[1].5"][0] == "mapped"
    assert found["PID[1]-11[2].1"] == ("mapped", ("Patient.extension.valueCode",))
    assert found["PID[1]-11[2].2"] == ("mapped", ("Patient.extension.url",))


def test_no_case_that_holds_is_an_entry_in_the_ledger(small: MakeSmall) -> None:
    m = small(patient("cases:\n    - {when: {v2: PID-8, eq: x}, v2: PID-23, fhir: name.text}"))
    made = m.forward(seg("PID", {3: "1", 8: "y", 23: "Rome"}))
    rows = {row.path: (row.status, row.reason) for row in made.ledger.rows()}
    assert rows["PID[1]-23[1]"] == ("unmapped", "its condition isn't met")


def test_going_back_a_case_without_a_test_is_taken_when_it_gives_something(small: MakeSmall) -> None:
    m = small(
        patient(
            "cases:\n    - {when: {v2: PID-8, eq: x}, v2: PID-23, fhir: name.text}\n"
            "    - {when: {v2: PID-8, eq: y}, v2: PID-24, fhir: name.family}\n"
            "    - {v2: PID-25, fhir: name.text}"
        )
    )
    assert lines(m.back(bundle({"resourceType": "Patient", "name": [{"text": "T"}]}))) == [seg("PID", {23: "T"})]
    both = {"resourceType": "Patient", "name": [{"text": "T", "family": "F"}]}
    assert lines(m.back(bundle(both))) == [seg("PID", {23: "T"})]
    assert lines(m.back(bundle({"resourceType": "Patient", "name": [{"family": "F"}]}))) == [seg("PID", {24: "F"})]


def test_constants_in_cases(small: MakeSmall) -> None:
    m = small(
        patient(
            "cases:\n    - {when: {v2: PID-8, eq: x}, set: {fhir: {gender: male}}}\n"
            "    - {set: {fhir: {gender: unknown}}}"
        )
    )
    assert content(m.forward(seg("PID", {3: "1", 8: "x"})), "Patient")["gender"] == "male"
    assert content(m.forward(seg("PID", {3: "1"})), "Patient")["gender"] == "unknown"


def test_a_part_that_refuses_leaves_the_item_to_the_next_case(small: MakeSmall) -> None:
    m = small(
        """
parts:
  bed:
  - cases: [{where: {fhir: {physicalType.text: bd}}, rules: [{v2: "3", fhir: name}]}]
  room:
  - cases: [{where: {fhir: {physicalType.text: ro}}, rules: [{v2: "2", fhir: name}]}]
rules:
- make: Encounter
  key: {v2: [PV1-19]}
  rules:
  - {v2: PV1-19, fhir: identifier.value}
  - each: {v2: PV1-3, fhir: location}
    rules:
    - cases:
      - {when: {v2: "3", is: valued}, v2: ".", fhir: location, to: Location, key: {v2: ["2", "3"]}, use: bed}
      - {when: {v2: "2", is: valued}, v2: ".", fhir: location, to: Location, key: {v2: ["2"]}, use: room}
"""
    )
    made = m.forward(seg("PV1", {3: "^^b~^r", 19: "7"}))
    assert [(each["name"], each["physicalType"]["text"]) for each in resources(made, "Location")] == [
        ("b", "bd"),
        ("r", "ro"),
    ]
    assert lines(m.back(made.document)) == [seg("PV1", {3: "^^b~^r", 19: "7"})]


# ---- choice ------------------------------------------------------------------------------------------


CHOICE = """
parts:
  cwe: [{v2: "1", fhir: coding.code}, {v2: "2", fhir: coding.display}]
rules:
- each: OBX
  rules:
  - make: Observation
    key: {v2: [OBX-1]}
    rules:
    - {v2: OBX-3, fhir: code.text}
    - choice: {v2: OBX-2}
      cases:
        NM: {v2: OBX-5, fhir: valueQuantity.value, as: decimal}
        ST: {v2: OBX-5, fhir: valueString}
        CWE: {v2: OBX-5, fhir: valueCodeableConcept, use: cwe}
      other: {v2: OBX-5, fhir: note.text}
"""


def test_a_choice_by_the_code_that_is_read(small: MakeSmall) -> None:
    m = small(CHOICE)
    segments = [
        "OBX|1|NM|w||72.50",
        "OBX|2|ST|s||a\\T\\b",
        "OBX|3|CWE|c||1^one",
        "OBX|4|ED|x||data",
        "OBX|5|NM|n||many",
    ]
    made = m.forward(*segments)
    found = resources(made, "Observation")
    assert str(found[0]["valueQuantity"]["value"]) == "72.50"
    assert found[1]["valueString"] == "a&b"
    assert found[2]["valueCodeableConcept"] == {"coding": [{"code": "1", "display": "one"}]}
    assert found[3]["note"] == [{"text": "data"}]
    assert set(found[4]) == {"resourceType", "id", "code"}
    assert codes(made) == ["MAP-0101"]
    assert statuses(made)["OBX[5]-5[1]"] == "unmapped"


def test_a_choice_going_back_is_the_first_case_that_finds_something(small: MakeSmall) -> None:
    m = small(CHOICE)
    segments = ["OBX|1|NM|w||72.50", "OBX|2|ST|s||a\\T\\b", "OBX|3|CWE|c||1^one", "OBX|4|ED|x||data"]
    back = lines(m.back(m.forward(*segments).document))
    assert back == ["OBX||NM|w||72.50", "OBX||ST|s||a\\T\\b", "OBX||CWE|c||1^one", "OBX|||x||data"]


def test_a_choice_without_a_case_is_an_entry_in_the_ledger(small: MakeSmall) -> None:
    m = small(CHOICE.replace("      other: {v2: OBX-5, fhir: note.text}\n", ""))
    made = m.forward("OBX|4|ED|x||data")
    assert statuses(made) == {
        "OBX[1]-1[1]": "unmapped",
        "OBX[1]-2[1]": "mapped",
        "OBX[1]-3[1]": "mapped",
        "OBX[1]-5[1]": "unmapped",
    }
