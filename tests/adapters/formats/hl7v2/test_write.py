"""Writing: messages from field lists, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from adapters.formats.hl7v2.escapes import decode, encode
from adapters.formats.hl7v2.write import build, render
from tests.adapters.formats.hl7v2.messages import FORMAT, TEXT, document, field_lists, parsed

HEADER = ["MSH", "|", "^~\\&", "A", "B", "", "", "2024", "", "ADT^A04^ADT_A01", "1", "P", "2.5.1"]


def test_trailing_empty_fields_are_left_out_and_segments_end_with_cr() -> None:
    message = build([HEADER, ["PID", "1", "", "7^^^A^MR", "", ""], ["PV1"], ["PV2", "", ""]])
    assert message.raw == b"MSH|^~\\&|A|B|||2024||ADT^A04^ADT_A01|1|P|2.5.1\rPID|1||7^^^A^MR\rPV1|\rPV2|\r"
    assert render(document(message)).value == message.raw


@given(field_lists())
@settings(max_examples=80)
def test_what_is_built_is_what_is_read(segments: list[list[str]]) -> None:
    message = build(segments)
    again = parsed(message.raw)
    assert [one.text for one in again.segments] == [one.text for one in message.segments]
    assert again.nulls == message.nulls
    assert FORMAT.parse(message.raw).issues == ()


@given(TEXT)
def test_any_text_survives_a_message(text: str) -> None:
    again = parsed(build([HEADER, ["NTE", "1", "", encode(text)]]).raw)
    assert decode(again.all("NTE")[0].fields[3]) == text


def test_the_character_set_is_declared_when_it_matters() -> None:
    assert build([HEADER, ["PID", "1"]]).all("MSH")[0].fields[18] == ""
    assert build([HEADER, ["PID", "Müller"]]).all("MSH")[0].fields[18] == "UNICODE UTF-8"
    western = build([HEADER, ["PID", "Müller"]], charset="latin-1")
    assert western.raw.endswith(b"PID|M\xfcller\r")
    assert western.all("MSH")[0].fields[18] == "8859/1"


@pytest.mark.parametrize("charset", ["ascii", "latin-1", "cp1252"])
def test_a_character_set_that_cannot_hold_the_text_gives_way_to_utf_8(charset: str) -> None:
    header = [*HEADER, "", "", "", "", "", "8859/1"]
    message = build([header, ["PID", "山田"]], charset=charset)
    assert message.all("MSH")[0].fields[18] == "UNICODE UTF-8"
    assert parsed(message.raw).all("PID")[0].fields[1] == "山田"


def test_controls_in_text_given_as_escaped_cannot_begin_a_segment() -> None:
    message = build([HEADER, ["PID", "x\rPV1|1\x1c\r\x0bMSH|^~\\&|evil\ny"]])
    assert [segment.name for segment in message.segments] == ["MSH", "PID"]
    assert message.raw.count(b"\r") == 2


def test_a_lone_surrogate_is_written_as_a_question_mark() -> None:
    assert build([HEADER, ["PID", "\ud83d"]]).raw.endswith(b"PID|?\r")


def test_a_message_begins_with_msh() -> None:
    with pytest.raises(ValueError, match="MSH"):
        build([["PID", "1"]])
