"""Batches: every message in its own bytes, wrappers gone, counts checked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2.batch import check, split
from adapters.formats.hl7v2.write import build
from tests.adapters.formats.hl7v2.messages import DISCHARGE, FORMAT, field_lists, parsed

ONE = DISCHARGE.encode()
TWO = ONE.replace(b"|M1|", b"|M2|")
HEAD = b"FHS|^~\\&|A\rBHS|^~\\&|A\r"


def test_a_single_message_is_left_as_it_is() -> None:
    for raw in (ONE, b"\x0b" + ONE + b"\x1c\r", b"\xef\xbb\xbf" + ONE, b"no message", b""):
        assert split(raw) == [raw]


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + ONE + TWO + b"BTS|2\rFTS|1\r",
        ONE + TWO,
        ONE + b"\r\n\r\n" + TWO,
        b"\x0b" + ONE + b"\x1c\r\x0b" + TWO + b"\x1c\r",
        b"BHS|^~\\&\r" + ONE + b"BTS|1\rBHS|^~\\&\r" + TWO + b"BTS|1\r",
        b"\xef\xbb\xbf" + HEAD + ONE + TWO + b"BTS|2",
        (HEAD + ONE + TWO + b"BTS|2\rFTS|1").replace(b"\r", b"\r\n"),
    ],
)
def test_each_message_of_a_batch_stands_alone(raw: bytes) -> None:
    messages = split(raw)
    assert len(messages) == 2
    for message, whole in zip(messages, (ONE, TWO), strict=True):
        result = FORMAT.parse(message)
        assert result.value is not None
        assert [one.text for one in result.value.root.segments] == [one.text for one in parsed(whole).segments]
        assert {issue.code for issue in result.issues} <= {"V2-0015"}


def test_wrappers_around_one_message_go_too() -> None:
    assert split(HEAD + ONE + b"BTS|1\rFTS|1\r") == [ONE]
    assert [issue.code for issue in FORMAT.parse(HEAD + ONE + b"BTS|1\rFTS|1\r").issues] == ["V2-0011", "V2-0011"]


FIRST = "MSH|^~\\&|A|B|||20240301||ADT^A01|M1|P|2.5.1{}\rPID|||1\rOBX|1|TX|1^Note||first part of a{}DSC|{}|F{}"
SECOND = "MSH|^~\\&|A|B|||20240301||ADT^A01|M2|P|2.5.1||{}\rADD| long text||||||F\rDG1|1||Z59.0\r"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_fragments_of_one_message_are_put_together(end: str) -> None:
    raw = (FIRST.format("", "\r", "C1", "\r") + SECOND.format("C1")).replace("\r", end).encode()
    (whole,) = split(raw)
    result = FORMAT.parse(whole)
    assert result.value is not None
    assert [one.name for one in result.value.root.segments] == ["MSH", "PID", "OBX", "DG1"]
    assert FORMAT.values(result.value, "OBX-5")[0][0] == "first part of a long text"
    assert {issue.code for issue in result.issues} <= {"V2-0015"}


@pytest.mark.parametrize(("pointer", "told"), [("C2", {"V2-0014", "V2-0016"}), ("", {"V2-0016"})])
def test_fragments_of_different_messages_are_not(pointer: str, told: set[str]) -> None:
    raw = (FIRST.format("", "\r", "C1", "\r") + SECOND.format(pointer)).encode()
    assert [{issue.code for issue in FORMAT.parse(one).issues} for one in split(raw)] == [{"V2-0014"}, told]


def test_fragments_find_each_other_across_frames_and_other_messages() -> None:
    one, two = ((FIRST.format("", "\r", name, "\r"), SECOND.format(name)) for name in ("C1", "C2"))
    middle = SECOND.format("C1").replace("DG1|1||Z59.0", "DSC|C3|F")
    last = SECOND.format("C3").replace("ADD| long text||||||F", "ZZZ|1")
    parts = (one[0], two[0], ONE.decode(), middle, two[1], last)
    whole = split(b"".join(b"\x0b" + part.encode() + b"\x1c\r" for part in parts))
    assert len(whole) == 3
    for message, names in zip(whole, (["OBX", "ZZZ", "DG1"], ["OBX", "DG1"]), strict=False):
        result = FORMAT.parse(message)
        assert result.value is not None
        assert [each.name for each in result.value.root.segments] == ["MSH", "PID", *names]
        assert FORMAT.values(result.value, "OBX-5")[0][0] == "first part of a long text"
        assert not [issue for issue in result.issues if issue.severity == "error"]


def test_wide_text_is_split_too() -> None:
    raw = (DISCHARGE + DISCHARGE.replace("|M1|", "|M2|")).encode("utf-16")
    messages = split(raw)
    assert [FORMAT.values(FORMAT.parse(one).value, "MSH-10")[0][0] for one in messages] == ["M1", "M2"]  # type: ignore[arg-type]


def test_text_before_the_first_message_is_reported_with_it() -> None:
    messages = split(b"log line\r" + ONE + TWO)
    assert [[issue.code for issue in FORMAT.parse(message).issues] for message in messages] == [["V2-0010"], []]


def test_counts_of_trailers_are_checked() -> None:
    assert check(HEAD + ONE + TWO + b"BTS|2\rFTS|1\r") == ()
    assert check(ONE) == ()
    found = check(HEAD + ONE + b"BTS|2\rFTS|3\r")
    assert [(issue.code, issue.at.path, issue.found) for issue in found] == [
        ("V2-0018", "BTS-1", "2"),
        ("V2-0018", "FTS-1", "3"),
    ]
    assert found[0].at.line == 2 + ONE.count(b"\r") + 1


@given(st.lists(field_lists(), min_size=2, max_size=4), st.booleans())
@settings(max_examples=40)
def test_splitting_a_batch_of_made_messages_gives_them_back(batch: list[list[list[str]]], wrapped: bool) -> None:
    messages = [build(segments).raw for segments in batch]
    raw = b"".join(messages)
    assert split(HEAD + raw + b"BTS|9\r" if wrapped else raw) == messages
