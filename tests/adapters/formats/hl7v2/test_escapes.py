"""Escape sequences: each of the standard, malformed ones, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2.escapes import decode, encode, malformed
from tests.adapters.formats.hl7v2.messages import FORMAT, TEXT

ESCAPE = "\\"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"a\F\b", "a|b"),
        (r"a\S\b", "a^b"),
        (r"a\T\b", "a&b"),
        (r"a\R\b", "a~b"),
        (r"a\E\b", "a\\b"),
        (r"a\P\b", "a#b"),
        (r"\H\bold\N\ text", "bold text"),
        (r"a\.br\b", "a\nb"),
        (r"a\.BR\b", "a\nb"),
        (r"a\.ce\b", "a\nb"),
        (r"a\.sp\b", "a\nb"),
        (r"a\.sp3\b", "a\n\n\nb"),
        (r"a\.sp+2\b", "a\n\nb"),
        (r"a\.sk4\b", "a    b"),
        (r"\.fi\a\.nf\b\.in+4\c\.ti-2\d", "abcd"),
        (r"\X0D0A\x", "\r\nx"),
        (r"\XC3A9\t\XC3\\XA9\ ", "étré "[:1] + "té "),
        (r"caf\XE9\ ", "café "),
        (r"\X93\quoted\X94\ ", "“quoted” "),
        (r"\X81\ ", "\x81 "),
        (r"\M2442\$3$s\C2842\ x", "こん x"),
        (r"\Zab\x", r"\Zab\x"),
        ("no escape", "no escape"),
        ("", ""),
    ],
)
def test_each_sequence_is_decoded(text: str, plain: str) -> None:
    assert decode(text) == plain


@pytest.mark.parametrize(
    ("text", "plain", "places"),
    [
        (r"C:\temp\new", r"C:\temp\new", [2, 7]),
        (r"C:\dir \F\ x", r"C:\dir | x", [2]),
        ("ends with \\", "ends with \\", [10]),
        (r"\X0\ ", r"\X0\ ", [0, 3]),
        (r"\.sp999\ ", r"\.sp999\ ", [0, 7]),
        (r"\.xx\ ", r"\.xx\ ", [0, 4]),
        (r"\C12\ ", r"\C12\ ", [0, 4]),
        (r"\\", r"\\", [0, 1]),
    ],
)
def test_what_is_no_sequence_stays_and_is_found(text: str, plain: str, places: list[int]) -> None:
    assert decode(text) == plain
    assert [offset for offset, _ in malformed(text)] == places


def test_a_character_set_that_is_not_known_stays_as_it_is() -> None:
    assert decode(r"\C7F7F\abc") == r"\C7F7F\abc"
    assert malformed(r"\C7F7F\abc") == []


@given(TEXT)
def test_what_was_encoded_decodes_to_the_same(text: str) -> None:
    assert decode(encode(text)) == text


@given(TEXT)
def test_encoded_text_can_end_neither_field_nor_segment_nor_frame(text: str) -> None:
    encoded = encode(text)
    assert not set(encoded) & set("|^~&\r\n\x0b\x1c\x00")
    assert malformed(encoded) == []
    assert encoded != '""'


@given(st.text(alphabet="\\XFE.brsp0123C24 |", max_size=40))
@settings(max_examples=300)
def test_any_soup_of_escapes_decodes_without_loss_of_plain_text(text: str) -> None:
    assert isinstance(decode(text), str)
    assert len(decode(text)) <= len(text) * 99
    if ESCAPE not in text:
        assert decode(text) == text


def test_a_malformed_sequence_is_reported_where_it_stands() -> None:
    result = FORMAT.parse(b"MSH|^~\\&|A\rPID|1||7^8^C:\\temp~9||b&\\F\\&\\q\r")
    assert [(issue.code, issue.at.path, issue.at.line, issue.at.column) for issue in result.issues] == [
        ("V2-0017", "PID[1]-3[1].3.1", 2, 12),
        ("V2-0017", "PID[1]-5[1].1.3", 2, 29),
    ]
    assert result.issues[0].found == "\\temp~9||b&"
