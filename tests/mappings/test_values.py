"""Rules that carry one value: paths, conversions, tables, constants and defaults, in both directions."""

from __future__ import annotations

import pytest

from tests.mappings.conftest import MakeSmall
from tests.mappings.small import adt, bundle, codes, content, lines, resources, seg, statuses

PATIENT = "rules:\n- make: Patient\n  key: {v2: [PID-3]}\n  rules:\n  - "


def patient(rule: str, before: str = "") -> str:
    """A map that makes a Patient by one or more rules (those after the first indented by two)."""
    return before + PATIENT + rule + "\n"


def test_a_value_goes_there_and_back(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-23, fhir: extension(http://x).valueString}"))
    made = m.forward(seg("PID", {3: "1", 23: "Chicago"}))
    assert content(made, "Patient") == {"extension": [{"url": "http://x", "valueString": "Chicago"}]}
    assert lines(m.back(made.document)) == [seg("PID", {23: "Chicago"})]


def test_of_a_field_the_first_repetition_and_component_is_read_and_subcomponents_are_kept(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-23, fhir: address.city}"))
    made = m.forward(seg("PID", {3: "1", 23: "a&b^c~d"}))
    assert content(made, "Patient") == {"address": [{"city": "a&b"}]}


@pytest.mark.parametrize(
    ("path", "found"),
    [("PID-5.1", "Van&Berg"), ("PID-5.1.1", "Van"), ("PID-5.1.2", "Berg"), ("PID-5.2", "Ann"), ("PID-5.3.2", None),
     ("PID-5.2.1", "Ann"), ("PID-5.2.2", None), ("PID-5.9", None)],
)  # fmt: skip
def test_components_and_subcomponents(small: MakeSmall, path: str, found: str | None) -> None:
    m = small(patient(f"{{v2: {path}, fhir: name.text}}"))
    made = m.forward(seg("PID", {3: "1", 5: "Van&Berg^Ann^B^&~Other"}))
    assert [each["name"][0]["text"] for each in resources(made, "Patient")] == ([found] if found else [])


@pytest.mark.parametrize("path", ["PID-5.2", "PID-5.2.3", "PID-5"])
def test_written_back_to_component_and_subcomponent(small: MakeSmall, path: str) -> None:
    m = small(patient(f"{{v2: {path}, fhir: name.text}}"))
    source = bundle({"resourceType": "Patient", "id": "p", "name": [{"text": "A|B^C&D"}]})
    (line,) = lines(m.back(source))
    field = line.split("|")[5]
    assert field == {"PID-5.2": "^{}", "PID-5.2.3": "^&&{}", "PID-5": "{}"}[path].format("A\\F\\B\\S\\C\\T\\D")


def test_paths_through_one_list_meet_in_one_element(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-15.1, fhir: communication.language.coding.code}\n"
            "  - {v2: PID-15.2, fhir: communication.language.coding.display}\n"
            "  - {v2: PID-15.4, fhir: 'communication.language.coding[2].code'}"
        )
    )
    made = m.forward(seg("PID", {3: "1", 15: "en^English^L^eng"}))
    coding = [{"code": "en", "display": "English"}, {"code": "eng"}]
    assert content(made, "Patient")["communication"] == [{"language": {"coding": coding}}]
    assert lines(m.back(made.document)) == [seg("PID", {15: "en^English^^eng"})]


def test_an_index_keeps_its_place_whichever_is_written_first(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-16.4, fhir: 'maritalStatus.coding[2].code'}\n"
            "  - {v2: PID-16.1, fhir: 'maritalStatus.coding[1].code'}\n"
            "  - {v2: PID-5.4, fhir: 'name.suffix[2]'}\n  - {v2: PID-5.6, fhir: 'name.suffix[1]'}"
        )
    )
    made = m.forward(seg("PID", {3: "1", 5: "^^^two^^one", 16: "a^^^b"}))
    assert content(made, "Patient") == {
        "maritalStatus": {"coding": [{"code": "a"}, {"code": "b"}]},
        "name": [{"suffix": ["one", "two"]}],
    }
    assert lines(m.back(made.document)) == [seg("PID", {5: "^^^two^^one", 16: "a^^^b"})]


def test_an_extension_of_a_primitive_goes_to_its_sibling(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-7, fhir: birthDate.extension($time).valueDateTime, as: dateTime}", "names: {time: http://t}\n"
        )
    )
    made = m.forward(seg("PID", {3: "1", 7: "199001011230-0500"}))
    extension = [{"url": "http://t", "valueDateTime": "1990-01-01T12:30:00-05:00"}]
    assert content(made, "Patient") == {"_birthDate": {"extension": extension}}
    assert lines(m.back(made.document)) == [seg("PID", {7: "19900101123000-0500"})]


def test_nested_extensions(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-26.1, fhir: extension(http://c).extension(code).valueString}\n"
            "  - {v2: PID-26.2, fhir: extension(http://c).extension(text).valueString}"
        )
    )
    made = m.forward(seg("PID", {3: "1", 26: "US^United States"}))
    inner = [{"url": "code", "valueString": "US"}, {"url": "text", "valueString": "United States"}]
    assert content(made, "Patient") == {"extension": [{"url": "http://c", "extension": inner}]}
    assert m.there_and_back(seg("PID", {3: "1", 26: "US^States"})) == [seg("PID", {26: "US^States"})]


def test_a_conversion_that_gives_nothing_is_an_issue_and_unmapped(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-7, fhir: birthDate, as: date}\n  - {v2: PID-3, fhir: identifier.value}"))
    made = m.forward(seg("PID", {3: "1", 7: "19901345"}))
    assert codes(made) == ["MAP-0101"]
    (found,) = made.issues
    assert (found.at.path, found.at.line, found.found) == ("PID[1]-7[1]", 2, "19901345")
    assert statuses(made) == {"PID[1]-3[1]": "mapped", "PID[1]-7[1]": "unmapped"}


def test_a_conversion_of_several_paths(small: MakeSmall) -> None:
    m = small(patient("{v2: [PID-5.2, PID-5.3], fhir: name.given, as: given-names}"))
    made = m.forward(seg("PID", {3: "1", 5: "x^Ann^Mary Lou"}))
    assert content(made, "Patient") == {"name": [{"given": ["Ann", "Mary Lou"]}]}
    assert lines(m.back(made.document)) == [seg("PID", {5: "^Ann^Mary Lou"})]


# ---- tables ---------------------------------------------------------------------------------------------------

SEX = "tables:\n  sex:\n    rows: [[F, female], [M, male], [O, other], [A, other]]\n    unmapped: {unmapped}\n"


def sex(unmapped: str, rule: str = "{v2: PID-8, fhir: gender, table: sex}") -> str:
    return patient(rule, SEX.replace("{unmapped}", unmapped))


def test_a_table_there_and_back_first_row_wins(small: MakeSmall) -> None:
    m = small(sex("keep"))
    assert content(m.forward(seg("PID", {3: "1", 8: "A"})), "Patient") == {"gender": "other"}
    assert m.there_and_back(seg("PID", {3: "1", 8: "A"})) == [seg("PID", {8: "O"})]


@pytest.mark.parametrize(
    ("unmapped", "gender", "code"),
    [("keep", "X", "MAP-0103"), ("drop", None, "MAP-0102"), ("{fhir: unknown}", "unknown", "MAP-0102")],
)
def test_codes_without_a_row(small: MakeSmall, unmapped: str, gender: str | None, code: str) -> None:
    m = small(sex(unmapped, "{v2: PID-8, fhir: gender, table: sex}\n  - {v2: PID-3, fhir: identifier.value}"))
    made = m.forward(seg("PID", {3: "1", 8: "X"}))
    assert content(made, "Patient").get("gender") == gender
    assert codes(made) == [code]
    assert made.issues[0].found == "X"
    assert statuses(made)["PID[1]-8[1]"] == ("mapped" if code == "MAP-0103" else "unmapped")


def test_a_fallback_value_does_not_go_back_to_a_code(small: MakeSmall) -> None:
    m = small(sex("{fhir: unknown}"))
    assert m.there_and_back(seg("PID", {3: "1", 8: "X"})) == []


def test_absent_keeps_the_original_and_gives_it_back(small: MakeSmall) -> None:
    m = small(sex("absent"))
    made = m.forward(seg("PID", {3: "1", 8: "X"}))
    assert content(made, "Patient") == {
        "_gender": {
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unsupported"},
                {"url": "http://hl7.org/fhir/StructureDefinition/originalText", "valueString": "X"},
            ]
        }
    }
    assert lines(m.back(made.document)) == [seg("PID", {8: "X"})]


def test_a_row_with_an_empty_target_says_no_counterpart(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-8, fhir: gender, table: t}\n  - {v2: PID-3, fhir: identifier.value}",
            "tables: {t: {rows: [[F, female], [N, '']]}}\n",
        )
    )
    made = m.forward(seg("PID", {3: "1", 8: "N"}))
    assert codes(made) == ["MAP-0109"]
    assert "gender" not in content(made, "Patient")
    assert [row.reason for row in made.ledger.rows() if row.path == "PID[1]-8[1]"] == ["its code has no counterpart"]


def test_an_empty_source_writes_nothing_through_a_table(small: MakeSmall) -> None:
    m = small(sex("{fhir: unknown}", "{v2: PID-8, fhir: gender, table: sex}\n  - {v2: PID-3, fhir: identifier.value}"))
    made = m.forward(seg("PID", {3: "1"}))
    assert content(made, "Patient") == {"identifier": [{"value": "1"}]}
    assert codes(made) == []


def test_a_table_of_objects_from_csv(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-16, fhir: 'maritalStatus.coding[1]', table: marital}",
            "tables: {marital: {csv: m.csv, from: v2, to: {system: s, code: c, display: d}}}\n",
        )
    )
    (m.folder / "m.csv").write_text("# a remark\nv2,s,c,d\nM,http://m,M,Married\nS,http://m,S,\nU,,,\n")
    made = m.forward(seg("PID", {3: "1", 16: "M"}))
    coding = {"system": "http://m", "code": "M", "display": "Married"}
    assert content(made, "Patient") == {"maritalStatus": {"coding": [coding]}}
    assert lines(m.back(made.document)) == [seg("PID", {16: "M"})]
    assert content(m.forward(seg("PID", {3: "1", 16: "S"})), "Patient")["maritalStatus"]["coding"] == [
        {"system": "http://m", "code": "S"}
    ]
    assert codes(m.forward(seg("PID", {3: "1", 16: "U"}))) == ["MAP-0109"]
    kept = m.forward(seg("PID", {3: "1", 16: "Q"}))
    assert content(kept, "Patient") == {"maritalStatus": {"coding": [{"code": "Q"}]}}
    assert lines(m.back(kept.document)) == [seg("PID", {16: "Q"})]


def test_an_object_of_a_table_is_no_one_elses(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-16, fhir: 'maritalStatus.coding[1]', table: t}\n"
            "  - {v2: PID-17, fhir: 'maritalStatus.coding[1].version'}",
            "tables: {t: {rows: [[M, {code: M}]]}}\n",
        )
    )
    first = m.forward(seg("PID", {3: "1", 16: "M", 17: "v1"}))
    assert content(first, "Patient")["maritalStatus"]["coding"][0]["code"] == "M"
    assert content(m.forward(seg("PID", {3: "1", 16: "M"})), "Patient") == {
        "maritalStatus": {"coding": [{"code": "M"}]}
    }


def test_a_part_with_the_table_given_to_it(small: MakeSmall) -> None:
    m = small(
        "tables:\n  a: {rows: [[X, {code: ax}]]}\n  b: {rows: [[X, {code: bx}]]}\n"
        "parts:\n  coded:\n  - {v2: '1', fhir: 'coding[1]', table: given}\n"
        "  - {v2: '2', fhir: text, when: {v2: '1', in: given}}\n"
        + patient(
            "{v2: PID-16, fhir: maritalStatus, use: coded, table: a}\n"
            "  - {v2: PID-15, fhir: communication.language, use: coded, table: b}"
        )
    )
    made = m.forward(seg("PID", {3: "1", 15: "X^t", 16: "X^u"}))
    assert content(made, "Patient") == {
        "maritalStatus": {"coding": [{"code": "ax"}], "text": "u"},
        "communication": [{"language": {"coding": [{"code": "bx"}], "text": "t"}}],
    }
    assert lines(m.back(made.document)) == [seg("PID", {15: "X^t", 16: "X^u"})]


# ---- constants and defaults -----------------------------------------------------------------------------------


def test_set_is_written_only_beside_something(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-23, fhir: address.city}\n  - {set: {fhir: {active: true, address.country: US}}}"))
    assert resources(m.forward(seg("PID", {3: "1"})), "Patient") == []
    made = m.forward(seg("PID", {3: "1", 23: "Rome"}))
    assert content(made, "Patient") == {"address": [{"city": "Rome", "country": "US"}], "active": True}
    assert lines(m.back(made.document)) == [seg("PID", {23: "Rome"})]


def test_set_appends_to_lists(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-3, fhir: identifier.value}\n"
            "  - {set: {fhir: {meta.tag: [$a]}}}\n  - {set: {fhir: {meta.tag: [$b]}}}",
            "names: {a: {code: a}, b: {code: b}}\n",
        )
    )
    assert content(m.forward(seg("PID", {3: "1"})), "Patient")["meta"] == {"tag": [{"code": "a"}, {"code": "b"}]}


def test_set_on_the_v2_side(small: MakeSmall) -> None:
    m = small("rules:\n- {v2: MSH-10, fhir: identifier.value}\n- {set: {v2: {MSH-9.1: ADT, MSH-11: P}}}\n")
    made = m.back(bundle(identifier={"value": "77"}))
    assert made.document is not None
    assert made.document.root.segments[0].fields[9:12] == ["ADT^^ADT_A01", "77", "P"]


def test_default_is_for_an_empty_source_and_not_alone(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-8, fhir: gender, default: {fhir: unknown}}\n  - {v2: PID-23, fhir: address.city}"))
    assert resources(m.forward(seg("PID", {3: "1"})), "Patient") == []
    assert content(m.forward(seg("PID", {3: "1", 23: "Rome"})), "Patient")["gender"] == "unknown"
    assert content(m.forward(seg("PID", {3: "1", 8: "F", 23: "Rome"})), "Patient")["gender"] == "F"


def test_default_when_the_table_has_no_counterpart(small: MakeSmall) -> None:
    m = small(
        patient(
            "{v2: PID-8, fhir: gender, table: t, default: {fhir: unknown}}\n  - {v2: PID-3, fhir: identifier.value}",
            "tables: {t: {rows: [[F, female], [N, '']]}}\n",
        )
    )
    assert content(m.forward(seg("PID", {3: "1", 8: "N"})), "Patient")["gender"] == "unknown"


def test_default_as_an_object(small: MakeSmall) -> None:
    m = small(
        "names: {none: {system: 'http://d', code: unknown}}\nrules:\n- make: Encounter\n  rules:\n"
        "  - {v2: PV1-2, fhir: class.code, default: {fhir: x}}\n  - {v2: PV1-19, fhir: identifier.value}\n"
        "  - {v2: PV1-10, fhir: serviceType.coding, use: c, default: {fhir: $none}}\n"
        "parts: {c: [{v2: '1', fhir: code}]}\n"
    )
    made = m.forward(seg("PV1", {19: "7"}))
    assert content(made, "Encounter")["serviceType"] == {"coding": [{"system": "http://d", "code": "unknown"}]}


# ---- two rules for one place ------------------------------------------------------------------------------------


def test_two_values_for_one_place_are_an_issue_and_the_first_stays(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-8, fhir: gender}\n  - {v2: PID-22, fhir: gender}"))
    made = m.forward(seg("PID", {3: "1", 8: "male", 22: "female"}))
    assert content(made, "Patient") == {"gender": "male"}
    assert codes(made) == ["MAP-0106"]
    agreed = m.forward(seg("PID", {3: "1", 8: "male", 22: "male"}))
    assert codes(agreed) == []


def test_two_values_for_one_place_going_back(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-8, fhir: gender}\n  - {v2: PID-8, fhir: birthDate}"))
    made = m.back(bundle({"resourceType": "Patient", "gender": "male", "birthDate": "1990"}))
    assert lines(made) == [seg("PID", {8: "male"})]
    assert codes(made) == ["MAP-0106"]


def test_a_resource_further_out_is_written_and_read_by_its_type(small: MakeSmall) -> None:
    m = small(
        "rules:\n- {make: Encounter, name: e, rules: [{v2: PV1-19, fhir: identifier.value}]}\n"
        "- each: DG1\n  rules:\n  - {v2: DG1-1, fhir: Encounter.diagnosis.rank, as: positive-int}\n"
        "- {v2: PV1-2, fhir: Encounter.class.code}\n"
    )
    made = m.forward(seg("PV1", {2: "I", 19: "7"}), seg("DG1", {1: "1"}), seg("DG1", {1: "2"}))
    assert content(made, "Encounter") == {
        "identifier": [{"value": "7"}],
        "diagnosis": [{"rank": 1}, {"rank": 2}],
        "class": {"code": "I"},
    }
    assert codes(m.forward(seg("PV1", {2: "I"}))) == []
    assert resources(m.forward(seg("PV1", {2: "I"}))) == []


def test_derived_goes_forward_only_and_is_accounted_for_on_the_way_back(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-8, fhir: gender}\n  - {v2: PID-8, fhir: name.text, derived: it is in gender}"))
    made = m.forward(seg("PID", {3: "1", 8: "male"}))
    assert content(made, "Patient") == {"gender": "male", "name": [{"text": "male"}]}
    back = m.back(made.document)
    assert lines(back) == [seg("PID", {8: "male"})]
    assert set(statuses(back).values()) == {"mapped"}


def test_ignored_fields_say_why(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-3, fhir: identifier.value}\n  - {v2: [PID-1, PID-2], ignore: a number in the message}"))
    made = m.forward(seg("PID", {1: "1", 2: "2", 3: "3"}))
    rows = {row.path: (row.status, row.reason) for row in made.ledger.rows()}
    assert rows["PID[1]-1[1]"] == ("ignored", "a number in the message")
    assert rows["PID[1]-2[1]"][0] == "ignored"


def test_a_reading_does_not_change_its_source(small: MakeSmall) -> None:
    m = small(patient("{v2: PID-8, fhir: gender}"))
    document = adt(seg("PID", {3: "1", 8: "male"}))
    before = document.root.raw, [list(segment.fields) for segment in document.root.segments]
    m.converter("v2", "fhir")(document)
    assert (document.root.raw, [list(segment.fields) for segment in document.root.segments]) == before
