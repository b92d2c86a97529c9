"""Hostile and broken input: issues, never an exception, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import parse as reading
from adapters.formats.hl7v2.batch import check, split
from conformance.issue import Result
from tests.adapters.formats.hl7v2.messages import DISCHARGE, FORMAT

HEAD = b"MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5.1\r"


def read(raw: bytes) -> Result[object]:
    """Everything that is done with bytes that come in."""
    result = FORMAT.parse(raw)
    assert result.value is not None or any(issue.severity == "fatal" for issue in result.issues)
    assert len(result.issues) < 2000
    for message in split(raw)[:3]:
        FORMAT.parse(message)
    check(raw)
    FORMAT.reply(raw, result.issues)
    seen = FORMAT.glance(raw)
    if seen.reply is not None:
        seen.reply(seen.issues)
    FORMAT.refuse(raw, seen.issues)
    FORMAT.answer(raw, seen.issues)
    FORMAT.sniff(raw[:4096])
    if result.value is not None:
        FORMAT.check(result.value)
        FORMAT.values(result.value, "PID-3.1")
        assert FORMAT.render(result.value).value == raw
    return result


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_random_bytes(raw: bytes) -> None:
    read(raw)


@given(st.binary(max_size=120), st.binary(max_size=120))
@settings(max_examples=150)
def test_random_bytes_after_a_header(inside: bytes, after: bytes) -> None:
    read(HEAD.replace(b"|B|", b"|" + inside + b"|") + after)


@given(st.text(alphabet='MSHPID|^~\\&\r\n"#AX0 .Zz\x0b\x1c', max_size=200))
@settings(max_examples=200)
def test_soup_of_what_matters(text: str) -> None:
    read(text.encode())


@given(st.sampled_from([b"MSH", b"MSH|", b"MSH\r", b"MSH|^~\\&\r", b"\x0bMSH", b"FHS|\rMSH"]), st.binary(max_size=60))
@settings(max_examples=150)
def test_headers_that_break_off(head: bytes, after: bytes) -> None:
    read(head + after)


def test_a_message_cut_anywhere() -> None:
    raw = DISCHARGE.encode()
    for end in range(len(raw) + 1):
        read(raw[:end])


def test_a_message_with_any_byte_changed() -> None:
    raw = DISCHARGE.encode()
    for at in range(0, len(raw), 3):
        for byte in b"|\r\\\x00\xff":
            read(raw[:at] + bytes((byte,)) + raw[at + 1 :])


MEGA = 10 * 1024 * 1024


UNITS = (
    *(b"A", b"|", b"^", b"~", b"&", b"\\", b"\r", b"\n", b"\xe9", b"\x00", b'""', b'""|', b"\\F", b"\\X4", b"x\n"),
    *(b"MSH", b"MSH|\r", b"PID|1\r", b"ADD|x\r", b"ZZZ", b"OBX|1|NM|||x\r", b"BTS|1\r", b"PV2|\r", b"IN1|\r"),
)


@pytest.mark.parametrize("unit", UNITS)
def test_ten_megabytes_of_anything(unit: bytes) -> None:
    raw = HEAD + b"OBX|1|TX|x||" + unit * (MEGA // len(unit))
    started = time.perf_counter()
    FORMAT.parse(raw)
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("unit", [b"A", b"MSH", b"MSH ", b"\r", b"\x00", b"M\x00S\x00H\x00"])
def test_ten_megabytes_that_are_no_message(unit: bytes) -> None:
    started = time.perf_counter()
    read(unit * (MEGA // len(unit)))
    assert time.perf_counter() - started < 20


def test_the_bounds_are_said() -> None:
    assert [issue.code for issue in FORMAT.parse(HEAD + b"A" * reading.MAX_BYTES).issues] == ["V2-0001"]
    assert [issue.code for issue in FORMAT.parse(HEAD + b"|" * (reading.MAX_PARTS + 1)).issues] == ["V2-0004"]
    assert [issue.code for issue in FORMAT.parse(HEAD + b"PV2\r" * (reading.MAX_SEGMENTS + 1)).issues] == ["V2-0005"]


def test_a_large_document_inside_a_message_is_no_problem() -> None:
    raw = HEAD + b"OBX|1|ED|PDF||^application^pdf^Base64^" + b"QUJD" * (2 * 1024 * 1024) + b"|||||F\r"
    result = FORMAT.parse(raw)
    assert result.value is not None
    assert result.issues == ()
