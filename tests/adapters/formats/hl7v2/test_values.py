"""Paths as users write them, and the places they lead to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from adapters.formats.hl7v2.paths import parse_path
from adapters.formats.hl7v2.places import locate
from adapters.formats.hl7v2.values import path_of
from adapters.formats.hl7v2.write import build
from conformance.syntax import PathError
from tests.adapters.formats.hl7v2.messages import FORMAT, document, field_lists, parsed

RAW = (
    "MSH|^~\\&|ADT|GEN||||x|ADT^A08^ADT_A01|1|P|2.5.1\r"
    'PID|1||123^^^GEN&1.2&ISO^MR~""~987||Miller^Anne^^^^^L~Mil^""^&\r'
    "OBX|1|TX|a||one\rOBX|2|TX|b||two~a\\T\\b\r"
)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("PID-3", [("123^^^GEN&1.2&ISO^MR", "PID[1]-3[1]"), ('""', "PID[1]-3[2]"), ("987", "PID[1]-3[3]")]),
        ("PID-3[3]", [("987", "PID[1]-3[3]")]),
        ("PID-3.1", [("123", "PID[1]-3[1].1"), ('""', "PID[1]-3[2].1"), ("987", "PID[1]-3[3].1")]),
        ("PID-3[1].4.2", [("1.2", "PID[1]-3[1].4.2")]),
        ("PID-3.1.1", [("123", "PID[1]-3[1].1.1"), ('""', "PID[1]-3[2].1.1"), ("987", "PID[1]-3[3].1.1")]),
        ("PID-5.2", [("Anne", "PID[1]-5[1].2"), ('""', "PID[1]-5[2].2")]),
        ("PID-5[2].3", [("&", "PID[1]-5[2].3")]),
        ("PID-5.99", []),
        ("PID[2]-3", []),
        ("PID-80", []),
        ("OBX-5", [("one", "OBX[1]-5[1]"), ("two", "OBX[2]-5[1]"), ("a&b", "OBX[2]-5[2]")]),
        ("OBX[2]-5[2]", [("a&b", "OBX[2]-5[2]")]),
        ("OBX[1]", [("OBX|1|TX|a||one", "OBX[1]")]),
        ("MSH-1", [("|", "MSH[1]-1[1]")]),
        ("MSH-2", [("^~\\&", "MSH[1]-2[1]")]),
        ("MSH-9.2", [("A08", "MSH[1]-9[1].2")]),
        ("ZZZ-1", []),
    ],
)
def test_a_path_gives_every_populated_value_with_its_place(path: str, values: list[tuple[str, str]]) -> None:
    found = FORMAT.values(document(parsed(RAW)), path)
    assert [(value, where.path) for value, where in found] == values
    assert FORMAT.reader((path,))(document(parsed(RAW))) == {path: [value for value, _ in values if value != '""']}


PATHS = tuple(
    f"{segment}{occurrence}{field}"
    for segment in ("MSH", "PID", "OBX", "ZZ1")
    for occurrence in ("", "[1]", "[2]")
    for field in ("", "-1", "-2", "-3", "-3[1]", "-3[2]", "-3.1", "-3.2", "-3.1.1", "-3.2.2", "-5[2].1.2", "-80", "-81")
)


def test_what_escapes_stand_for_may_be_nothing() -> None:
    there = document(parsed("MSH|^~\\&|A\rPID|1|\\.br\\|\\X2222\\^\\T\\|\\Zx\\\r"))
    assert FORMAT.reader(("PID-2", "PID-3.1", "PID-3.2", "PID-4"))(there) == {
        "PID-2": [],
        "PID-3.1": [],
        "PID-3.2": ["&"],
        "PID-4": ["\\Zx\\"],
    }


@given(field_lists())
@settings(max_examples=40)
def test_a_reader_reads_the_same_without_places_as_far_as_it_says_something(segments: list[list[str]]) -> None:
    there = document(build(segments))
    read = FORMAT.reader((*PATHS, "PID.3"))(there)
    assert read.keys() == set(PATHS)
    for path, values in read.items():
        assert values == [value for value, _ in FORMAT.values(there, path) if value.strip() not in ("", '""')], path


@pytest.mark.parametrize(
    "path", ["", "PID.3", "pid-3", "PID-", "PID-3[x]", "PID-3.1.1.1", "PIDX-1", "PID-3 ", "PID-3\n"]
)
def test_a_path_that_is_none_is_the_fault_of_who_wrote_it(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        path_of(path)


def test_places_have_line_and_column_of_the_source() -> None:
    message = parsed(RAW)
    found = FORMAT.values(document(message), "PID-3[1].4.2")[0][1]
    line = RAW.split("\r")[found.line - 1] if found.line else ""
    assert found.column is not None
    assert line[found.column - 1 :].startswith("1.2&ISO")
    assert (locate(message, 2).line, locate(message, 2).column) == (3, 1)
    assert locate(message, 1, 40).column is None


@given(field_lists())
@settings(max_examples=60)
def test_each_place_points_at_what_stands_there(segments: list[list[str]]) -> None:
    """Walk every leaf of a built message: the source at its line and column begins with the leaf."""
    message = build(segments)
    lines = message.raw.decode().split("\r")
    for segment, sent in zip(message.segments[1:], lines[1:], strict=False):
        for number, field in enumerate(sent.split("|")[1:], 1):
            for repetition, text in enumerate(field.split("~")):
                for component, part in enumerate(text.split("^"), 1):
                    where = locate(message, segment.index, number, repetition, component)
                    assert where.line == segment.line
                    assert where.column is not None
                    assert sent[where.column - 1 :].startswith(part)


def test_a_map_is_told_of_a_field_that_no_segment_has() -> None:
    assert parse_path("ZZZ-80.1").field == 80
    with pytest.raises(PathError, match="1 to 80"):
        parse_path("ZZZ-81")
