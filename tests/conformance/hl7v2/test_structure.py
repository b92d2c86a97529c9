"""Messages against their version: valid ones are clean, each fault is one finding at its place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT
from conformance.hl7v2.additions import EVENTS
from conformance.hl7v2.tables import VERSIONS
from conformance.issue import has_errors
from tests.conformance.hl7v2.valid import checked, document, valid

CASES = st.tuples(st.sampled_from(VERSIONS), st.sampled_from(EVENTS))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_valid_message_of_every_event_is_clean(version: str) -> None:
    for event in EVENTS:
        for full in (False, True):
            assert checked(valid(version, event, full=full)) == [], (version, event, full)


@given(CASES, st.data())
@settings(max_examples=60)
def test_a_missing_required_segment_is_one_error_that_names_it(case: tuple[str, str], data: st.DataObject) -> None:
    segments = valid(*case)
    others = [place for place, one in enumerate(segments) if one[0] not in ("MSH", "EVN")]
    place = data.draw(st.sampled_from(others or [1]))
    name = segments.pop(place)[0]
    found = [issue for issue in checked(segments) if issue.code == "V2-0110"]
    assert name in [issue.at.path for issue in found]


@given(CASES, st.data())
@settings(max_examples=60)
def test_an_empty_required_field_is_one_error_at_its_place(case: tuple[str, str], data: st.DataObject) -> None:
    segments = valid(*case)
    places = [
        (place, number)
        for place, one in enumerate(segments)
        for number, text in enumerate(one)
        if text and number and (place or number not in (1, 2, 9, 12))
    ]
    place, number = data.draw(st.sampled_from(places))
    segments[place][number] = ""
    name = segments[place][0]
    before = sum(one[0] == name for one in segments[: place + 1])
    found = checked(segments)
    assert [(issue.code, issue.at.path) for issue in found] == [("V2-0111", f"{name}[{before}]-{number}[1]")]
    assert found[0].spec.endswith(f"seg{name}.html")


BASE = valid("2.5.1", "A01")


def changed(name: str, number: int, text: str, version: str = "2.5.1") -> list[tuple[str, str]]:
    """(code, path) of what is found when one field of a valid A01 has that text."""
    segments = valid(version, "A01")
    row = next((one for one in segments if one[0] == name), None)
    if row is None:
        row = next(one for one in valid(version, "A01", full=True) if one[0] == name)
        row[1:] = [text if number in (1, 3) else "" for number, text in enumerate(row[1:], 1)]
        segments.append(row)
    row += [""] * (number + 1 - len(row))
    row[number] = text
    return [(issue.code, issue.at.path) for issue in checked(segments)]


@pytest.mark.parametrize(
    ("name", "number", "text", "code", "path"),
    [
        ("PID", 7, "19800231", "V2-0121", "PID[1]-7[1].1"),
        ("PID", 7, "03/17/1980", "V2-0121", "PID[1]-7[1].1"),
        ("PID", 7, "198002", "", ""),
        ("PID", 7, "19800229103015.1234-0500", "", ""),
        ("PID", 1, "first", "V2-0123", "PID[1]-1[1]"),
        ("PID", 25, "one", "V2-0122", "PID[1]-25[1]"),
        ("PID", 25, "-1.5", "", ""),
        ("PID", 30, "maybe", "V2-0124", "PID[1]-30[1]"),
        ("PID", 8, "local", "", ""),
        ("PID", 10, "local", "", ""),
        ("PID", 3, "1^^^A&1.2.3&NONE^MR", "V2-0124", "PID[1]-3[1].4.3"),
        ("PID", 3, "1^^^A^MR^B^20200101", "", ""),
        ("PID", 3, "1^^^A^MR^B^2020-01-01~2", "V2-0121", "PID[1]-3[1].7"),
        ("PID", 3, "1~2^^^A^MR^B^x", "V2-0121", "PID[1]-3[2].7"),
        ("PID", 7, "1980~1981", "V2-0116", "PID[1]-7[2]"),
        ("PID", 7, "1980~", "", ""),
        ("PID", 40, "x", "V2-0117", "PID[1]-40[1]"),
        ("PID", 3, "1^^^^^^^^^^11", "V2-0118", "PID[1]-3[1].11"),
        ("PID", 3, "1^^^A&B&ISO&D", "V2-0118", "PID[1]-3[1].4.4"),
        ("PID", 8, "M^Male", "V2-0118", "PID[1]-8[1].2"),
        ("PID", 23, "Smith & Sons", "V2-0119", "PID[1]-23[1].1.2"),
        ("PID", 11, "1 Main & Sons^^Albany", "", ""),
        ("EVN", 1, "A08", "V2-0104", "EVN[1]-1[1]"),
        ("MSH", 9, "ADT^A01^ADT_A03", "V2-0103", "MSH[1]-9[1].3"),
        ("MSH", 9, "ADT^A99", "V2-0102", "MSH[1]-9[1]"),
        ("MSH", 12, "9.9", "V2-0100", "MSH[1]-12[1]"),
        ("MSH", 12, "2.7.1", "V2-0101", "MSH[1]-12[1]"),
        ("MSH", 11, "X", "V2-0124", "MSH[1]-11[1].1"),
    ],
)
def test_one_fault_is_one_finding(name: str, number: int, text: str, code: str, path: str) -> None:
    found = changed(name, number, text)
    assert [one for one in found if one[0] not in ("V2-0120", "V2-0125")] == ([(code, path)] if code else [])


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("NM", "7.5", ""),
        ("NM", "7,5", "V2-0122"),
        ("DT", "20240230", "V2-0121"),
        ("CE", "1^x^LN", ""),
        ("CWE", "1^x^LN^^^^^^^^", ""),
        ("TX", "a^b", "V2-0118"),
        ("TX", "a & b", "V2-0119"),
        ("SN", ">^5", ""),
        ("QQQ", "a^b&c", "V2-0124"),
    ],
)
def test_obx_5_is_checked_by_the_type_that_obx_2_names(kind: str, value: str, code: str) -> None:
    segments = valid("2.5.1", "A01")
    segments.append(["OBX", "1", kind, "1^x^LN", "", value, "", "", "", "", "", "F"])
    assert [issue.code for issue in checked(segments)] == ([code] if code else [])


@pytest.mark.parametrize(
    ("version", "text", "path"),
    [
        ("2.8", "1^^^A", "PID[1]-3[1].5"),
        ("2.8", "1^^^A^MR~^^^A^MR", "PID[1]-3[2].1"),
        ("2.8", "1^^^A^MR", ""),
        ("2.5.1", "1^^^A", ""),
    ],
)
def test_a_component_that_is_required_and_missing_is_a_warning(version: str, text: str, path: str) -> None:
    segments = valid(version, "A01")
    next(one for one in segments if one[0] == "PID")[3] = text
    found = [(issue.code, issue.at.path, issue.severity) for issue in checked(segments)]
    assert found == ([("V2-0125", path, "warning")] if path else [])


def test_a_withdrawn_field_is_an_information_and_its_content_is_not_judged() -> None:
    segments = valid("2.7", "A01")
    patient = next(one for one in segments if one[0] == "PID")
    patient[2] = "123^^^x&y&z^^^^^^^^^^^^"
    assert [(issue.code, issue.severity) for issue in checked(segments)] == [("V2-0120", "information")]


def test_an_explicit_null_is_not_an_empty_field() -> None:
    segments = valid("2.5.1", "A01")
    next(one for one in segments if one[0] == "PID")[5] = '""'
    assert checked(segments) == []


def test_segments_out_of_place_too_often_or_unknown_are_warnings() -> None:
    segments = [*valid("2.5.1", "A01"), ["PV2", "", "", "x"], ["PV2", "", "", "y"], ["PD1", "", "", "z"]]
    segments += [["PRB", "AD", "20240101", "x", "x"], ["QQ7", "1"], ["ZZ1", "1"], ["NK1", "1"]]
    found = [(issue.code, issue.at.path, issue.severity) for issue in checked(segments)]
    assert found[:5] == [
        ("V2-0112", "PD1[1]", "warning"),
        ("V2-0112", "NK1[1]", "warning"),
        ("V2-0113", "PV2[2]", "warning"),
        ("V2-0114", "PRB[1]", "warning"),
        ("V2-0115", "QQ7[1]", "warning"),
    ]
    assert not any(path.startswith("ZZ1") for _, path, _ in found)


def test_segments_of_2_9_are_no_surprise_and_its_tables_are_said() -> None:
    segments = [*valid("2.8.2", "A01"), ["OH1", "1"]]
    segments[0][12] = "2.9"
    assert [issue.code for issue in checked(segments)] == ["V2-0101"]


def test_a_message_type_without_a_structure_has_its_segments_checked() -> None:
    segments = [["MSH", "|", "^~\\&", "", "", "", "", "2024", "", "XYZ^X01", "1", "P", "2.5.1"], ["PID", "1"]]
    assert [issue.code for issue in checked(segments)] == ["V2-0105", "V2-0111", "V2-0111"]


def test_findings_never_say_what_was_found() -> None:
    segments = valid("2.5.1", "A01")
    next(one for one in segments if one[0] == "PID")[7] = "Zebulon"
    found = checked(segments)
    assert [issue.found for issue in found] == ["Zebulon"]
    assert "Zebulon" not in found[0].message


def test_the_corpus_is_judged_without_drowning(shared: Path) -> None:
    for file in sorted((shared / "samples" / "hl7v2").iterdir()):
        result = FORMAT.parse(file.read_bytes())
        assert result.value is not None
        found = FORMAT.check(result.value)
        assert len([issue for issue in found if issue.severity != "information"]) < 25, file.name
    clean = FORMAT.parse((shared / "samples" / "hl7v2" / "a03_v251_53.hl7").read_bytes()).value
    assert clean is not None
    assert not has_errors(FORMAT.check(clean))


@pytest.mark.parametrize("name", ["IN1", "PV2", "ROL", "ZZ1", "QQ7", "OBX", "IN2"])
def test_forty_thousand_segments_are_checked_in_bounded_time(name: str) -> None:
    root = document(valid("2.5.1", "A01") + [[name, "1", "x", "x"]] * 40_000)
    started = time.perf_counter()
    found = FORMAT.check(root)
    assert time.perf_counter() - started < 20
    assert len(found) < 500
