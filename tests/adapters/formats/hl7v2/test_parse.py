"""Reading HL7 v2: framing, delimiters, terminators, what is no segment, and what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2.message import WIDTH, Null
from adapters.formats.hl7v2.write import build
from tests.adapters.formats.hl7v2.messages import DISCHARGE, FORMAT, LINES, codes, document, field_lists, leaves, parsed


def test_a_message_is_segments_of_fields_numbered_as_in_the_standard() -> None:
    message = parsed(DISCHARGE)
    assert [segment.name for segment in message.segments] == ["MSH", "EVN", "PID", "PV1", "OBX", "ZPH"]
    header, patient = message.segments[0], message.all("PID")[0]
    assert header.fields[:4] == ["MSH", "|", "^~\\&", "ADT"]
    assert patient.fields[0] == "PID"
    assert patient.fields[3] == "123^^^GENERAL^MR~987^^^SSA^SS"
    assert all(patient.fields[number] == "" for number in range(12, WIDTH + 1))
    assert (message.version, message.code, message.event, message.structure) == ("2.5.1", "ADT", "A03", "ADT_A03")
    assert [segment.line for segment in message.segments] == [1, 2, 3, 4, 5, 6]
    assert message.first("XXX") is None
    assert message.all("XXX") == []


def test_a_clean_message_is_reported_clean() -> None:
    assert FORMAT.parse(DISCHARGE.encode()).issues == ()


@pytest.mark.parametrize(
    "framed",
    [
        b"\x0b%s\x1c\r",
        b"\xef\xbb\xbf%s",
        b"\r\n  \r\n%s",
        b"%s\x1c",
        b"\x00\x0b%s\n\n",
    ],
)
def test_framing_changes_nothing_but_line_numbers(framed: bytes) -> None:
    message = parsed(framed % DISCHARGE.encode())
    assert [segment.text for segment in message.segments] == [segment.text for segment in parsed(DISCHARGE).segments]
    assert codes(framed % DISCHARGE.encode()) == []


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\n\n"])
def test_any_line_end_ends_a_segment(end: str) -> None:
    message = parsed(end.join(LINES))
    assert [segment.text for segment in message.segments] == [segment.text for segment in parsed(DISCHARGE).segments]
    assert set(codes(end.join(LINES))) <= {"V2-0015"}


@given(field_lists(), st.sampled_from(("$%*!?", "^~|\\&", "|^~\\&", "#;:/@", "\\|^~&")))
@settings(max_examples=60)
def test_other_delimiters_say_the_same(segments: list[list[str]], marks: str) -> None:
    """The same content under other delimiters gives the same canonical message."""
    usual = build(segments)
    other = usual.raw.decode().translate(_to(marks))
    header = "MSH" + marks[0] + marks[1:]
    message = parsed(header + other[len(header) :])
    assert leaves(message) == leaves(usual)
    assert message.nulls == usual.nulls
    assert message.delimiters[:5] == tuple(marks)


def _to(marks: str) -> dict[int, str]:
    """Swaps the usual delimiters for others; an other one in the data becomes its hexadecimal escape."""
    escape = marks[3]
    data = {ord(one): f"{escape}X{ord(one):02X}{escape}" for one in marks}
    return data | {ord(usual): sent for usual, sent in zip("|^~\\&", marks, strict=True)}


def test_what_is_data_under_other_delimiters_is_escaped_in_canonical_text() -> None:
    message = parsed("MSH^~|\\&^A^B^^^^^ADT~A01^1^P^2.5\rPID^1^^7||8~x^^a*b\r")
    assert message.all("PID")[0].fields[3] == "7~~8^x"
    message = parsed("MSH$%*!?$A$B$$$$$ADT%A01$1$P$2.5\rPID$1$$7|8^9\\$$!F!\r")
    assert message.all("PID")[0].fields[3] == "7\\F\\8\\S\\9\\E\\"
    assert message.all("PID")[0].fields[5] == "\\F\\"
    assert [value for value, _ in FORMAT.values(document(message), "PID-3")] == ["7|8^9\\"]


def test_a_truncation_character_other_than_the_usual_is_decoded_as_declared() -> None:
    message = parsed("MSH|^~\\&%|A|B|||||ADT^A01|1|P|2.7\rPID|1||50\\P\\ of\r")
    assert message.delimiters.truncation == "%"
    assert FORMAT.values(document(message), "PID-3")[0][0] == "50% of"


def test_explicit_nulls_are_blanked_and_remembered_at_every_level() -> None:
    message = parsed('MSH|^~\\&|A\rPID|1|""|a~""|b^""^c|d^x&""|say ""hello""|""^""\r')
    assert message.nulls == [
        Null(1, 2),
        Null(1, 3, 1),
        Null(1, 4, 0, 2),
        Null(1, 5, 0, 2, 2),
        Null(1, 7, 0, 1),
        Null(1, 7, 0, 2),
    ]
    assert message.segments[1].text == 'PID|1||a~|b^^c|d^x&|say ""hello""|^'
    assert message.special


@pytest.mark.parametrize(("text", "special"), [("PID|1||x", False), ("PID|1||a\\T\\b", True), ('PID|1||""', True)])
def test_special_says_whether_escapes_or_nulls_are_there(text: str, special: bool) -> None:
    assert parsed(f"MSH|^~\\&|A\r{text}\r").special is special


def test_lines_that_are_no_segment_are_reported_with_their_line_and_left_out() -> None:
    raw = "MSH|^~\\&|A\nPID|1\nsecond line of an address\npv1|1\nPV1|1\n"
    result = FORMAT.parse(raw.encode())
    assert [(issue.code, issue.at.line, issue.found) for issue in result.issues] == [
        ("V2-0012", 3, "second line of an address"),
        ("V2-0012", 4, "pv1|1"),
    ]
    assert [segment.name for segment in parsed(raw).segments] == ["MSH", "PID", "PV1"]


def test_a_line_feed_among_carriage_returns_is_data() -> None:
    raw = "MSH|^~\\&|A\rNTE|1||first\nsecond\rPV1|1\r"
    message = parsed(raw)
    assert message.segments[1].fields[3] == "first\nsecond"
    assert [(segment.name, segment.line) for segment in message.segments] == [("MSH", 1), ("NTE", 2), ("PV1", 4)]
    assert codes(raw) == ["V2-0013"]


def test_addenda_go_on_with_the_segment_before_them() -> None:
    message = parsed("MSH|^~\\&|A\rOBX|1|TX|1||begin,\rADD| middle,\rADD| end||||F\rPV1|1\r")
    assert message.segments[1].fields[5] == "begin, middle, end"
    assert message.segments[1].fields[9] == "F"
    assert [segment.name for segment in message.segments] == ["MSH", "OBX", "PV1"]
    assert codes("MSH|^~\\&|A\rADD|more\rPV1|1\r") == ["V2-0016"]


def test_a_continuation_pointer_is_kept_and_reported() -> None:
    raw = "MSH|^~\\&|A\rPID|1\rDSC|4711|F\r"
    assert codes(raw) == ["V2-0014"]
    assert parsed(raw).all("DSC")[0].fields[1] == "4711"


def test_a_second_message_is_not_read_in_silence() -> None:
    assert codes(DISCHARGE + DISCHARGE) == ["V2-0007"]
    assert len(parsed(DISCHARGE + DISCHARGE).segments) == len(LINES)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "V2-0002"),
        (b"\x0b\x1c\r", "V2-0002"),
        (b"PID|1||123\r", "V2-0003"),
        (b'{"resourceType": "Patient"}', "V2-0003"),
        (b"MSH", "V2-0006"),
        (b"MSH\r\nPID|1", "V2-0003"),
    ],
)
def test_what_is_no_message_says_so(raw: bytes, code: str) -> None:
    result = FORMAT.parse(raw)
    assert result.value is None
    assert [issue.code for issue in result.issues] == [code]
    assert result.issues[0].severity == "fatal"
    assert result.issues[0].at.line == 1


@pytest.mark.parametrize(
    ("head", "code"),
    [("MSH|^~&|A", "V2-0008"), ("MSH||A", "V2-0009"), ("MSH|EPIC|A", "V2-0009"), ("MSH|^^~&|A", "V2-0009")],
)
def test_an_unusable_msh_2_is_reported_and_the_usual_one_taken(head: str, code: str) -> None:
    raw = f"{head}|B\rPID|1||7^8\r"
    assert codes(raw) == [code]
    assert parsed(raw).segments[1].fields[3] == "7^8"
    assert parsed(raw).segments[0].fields[3:5] == ["A", "B"]


def test_marks_that_msh_2_leaves_out_are_plain_data() -> None:
    message = parsed("MSH|^~|A\rPID|1||7^8||Smith & Sons \\ Co\r")
    assert message.segments[1].fields[3] == "7^8"
    assert FORMAT.values(document(message), "PID-5")[0][0] == "Smith & Sons \\ Co"


def test_the_event_is_msh_9_then_evn_1_and_the_structure_follows_it() -> None:
    assert parsed("MSH|^~\\&|||||||ADT|1|P|2.3\rEVN|A04|2024\r").structure == "ADT_A01"
    assert parsed("MSH|^~\\&|||||||ADT^A08|1|P|2.3\rEVN|A01|2024\r").event == "A08"
    assert parsed("MSH|^~\\&|||||||ADT^A03^ADT_A05|1|P|2.5.1\r").structure == "ADT_A03"
    assert parsed("MSH|^~\\&|||||||ADT^A31|1|P|2.3.1\r").structure == "ADT_A01"
    assert parsed("MSH|^~\\&|||||||ADT^A31|1|P|2.4\r").structure == "ADT_A05"
    assert parsed("MSH|^~\\&|||||||ACK^A03|1|P|2.5.1\r").structure == "ACK"
    assert parsed("MSH|^~\\&|||||||OML^O21^OML_O21|1|P|2.5.1\r").structure == "OML_O21"
    assert parsed("MSH|^~\\&|||||||ADT^Z99|1|P|2.5.1\r").structure == ""


def test_issues_of_a_kind_are_bounded_and_counted() -> None:
    result = FORMAT.parse(b"MSH|^~\\&|A\r" + b"no segment\r" * 5000)
    assert len(result.issues) < 100
    assert result.issues[-1].code == "V2-0029"
    assert "4950" in result.issues[-1].message


def test_every_sample_is_read_and_comes_back_byte_for_byte(shared: Path) -> None:
    for file in sorted((shared / "samples" / "hl7v2").iterdir()):
        raw = file.read_bytes()
        result = FORMAT.parse(raw)
        assert result.value is not None, file.name
        assert FORMAT.render(result.value).value == raw


@given(field_lists(), st.sampled_from((b"%s", b"\x0b%s\x1c\r", b"\xef\xbb\xbf%s", b"%s\n\n")))
@settings(max_examples=60)
def test_an_untouched_message_comes_back_byte_for_byte(segments: list[list[str]], framed: bytes) -> None:
    raw = framed % build(segments).raw
    result = FORMAT.parse(raw)
    assert result.value is not None
    assert FORMAT.render(result.value).value == raw
