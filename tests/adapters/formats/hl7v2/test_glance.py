"""The cheap checks, seen from the sender: which acknowledgement it gets for what."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT
from adapters.formats.hl7v2.glance import anew

GOOD = (
    b"MSH|^~\\&|EPIC|GENERAL|GW|HUB|20261101120000||ADT^A03^ADT_A03|M1|P|2.5.1\r"
    b"EVN|A03|20261101120000\rPID|1||12345^^^GENERAL^MR~99^^^X^PI||Miller^Ann\rPV1|1|I\r"
)


def told(raw: bytes) -> tuple[str, list[str]]:
    """MSA-1, and the codes of table 0357 in ERR-3."""
    reply = FORMAT.reply(raw, FORMAT.glance(raw).issues).decode()
    lines = reply.split("\r")
    errors = [line.split("|")[3].split("^")[0] for line in lines if line.startswith("ERR")]
    return next(line.split("|")[1] for line in lines if line.startswith("MSA")), errors


def test_a_good_message_is_taken_and_known_by_its_header() -> None:
    glance = FORMAT.glance(GOOD)
    assert (glance.sender, glance.control_id, glance.processing_id) == (("EPIC", "GENERAL"), "M1", "P")
    assert glance.subject == b"12345^^^GENERAL^MR"
    assert told(GOOD) == ("AA", [])


@pytest.mark.parametrize(
    ("raw", "code", "errors"),
    [
        (GOOD.replace(b"ADT^A03^ADT_A03", b"ADT^Z99"), "AR", ["201"]),
        (GOOD.replace(b"|M1|", b"||"), "AE", ["101"]),
        (GOOD.replace(b"|P|2.5.1", b"||2.5.1"), "AE", ["101"]),
        (GOOD.replace(b"|P|2.5.1", b"|P"), "AE", ["101"]),
        (GOOD.replace(b"12345^^^GENERAL^MR~99^^^X^PI", b""), "AE", ["101"]),
        (GOOD.replace(b"12345^^^GENERAL^MR~99^^^X^PI", b"^^^~^"), "AE", ["101"]),
        (GOOD[: GOOD.index(b"PID")], "AE", ["100"]),
        (GOOD[: GOOD.index(b"PID")].replace(b"A03", b"A20"), "AA", []),
        (GOOD.replace(b"Miller", "Müller".encode("cp1252")), "AA", ["102"]),
        (GOOD.replace(b"|2.5.1", b"|2.5.1||||||8859/1").replace(b"Miller", b"M\xfcller"), "AA", []),
        (GOOD.replace(b"\r", b"\n"), "AA", []),
        (GOOD.replace(b"ADT^A03^ADT_A03", b"ADT"), "AA", []),
    ],
)
def test_what_is_seen_at_once_decides_the_acknowledgement(raw: bytes, code: str, errors: list[str]) -> None:
    assert told(raw) == (code, errors)


def test_other_delimiters_and_wide_characters_are_read_as_they_are() -> None:
    for raw in (GOOD.replace(b"|", b"#").replace(b"^", b"%"), GOOD.decode().encode("utf-16")):
        glance = FORMAT.glance(raw)
        assert (glance.control_id, glance.subject[:5], glance.issues) == ("M1", b"12345", ())


@pytest.mark.parametrize("raw", [b"", b"junk", b"MSH", b"MSH|", b"MSH|^~\\&", b"\x0b\x1c\r", b"PID|1\rMSH|^~\\&|"])
def test_what_is_no_message_is_answered_all_the_same(raw: bytes) -> None:
    glance = FORMAT.glance(raw)
    assert glance.issues
    assert b"MSA|A" in FORMAT.reply(raw, glance.issues)


@settings(max_examples=60)
@given(st.binary(max_size=300).map(lambda tail: GOOD[:40] + tail))
def test_anything_after_a_header_is_no_exception(raw: bytes) -> None:
    FORMAT.reply(raw, FORMAT.glance(raw).issues)


_FIELDS = st.lists(st.text("AB1^~\\& \x01\x1b\n\u00e9", max_size=4), max_size=18)


@settings(max_examples=200)
@given(
    _FIELDS,
    st.sampled_from(["|^~\\&", "#$%*@", "", "|", "||", "\x01^~\\&"]),
    st.sampled_from(["|P|2.5.1", "|P|2.3|||ER"]),
)
def test_what_is_remembered_of_a_sender_is_what_would_be_read_anew(fields: list[str], marks: str, end: str) -> None:
    drawn = marks[:1].join([f"MSH{marks}", *fields])
    usual = "|".join(["MSH|^~\\&", *[*fields, *"abcdefgh"][:8]]) + end
    body = "\rEVN|A01\rPID|1||7^^^A~8|X\r"
    for raw in ((drawn + body).encode(), (usual + body).encode("latin-1"), (drawn + body).encode("utf-16")):
        for _ in range(2):
            seen, known = FORMAT.glance(raw), anew(raw)
            assert seen.reply
            assert seen.reply(seen.issues) == FORMAT.reply(raw, known.issues)
            assert seen.reply(()) == FORMAT.reply(raw, ())
            for name in ("sender", "control_id", "processing_id", "subject", "issues"):
                assert getattr(seen, name) == getattr(known, name), name


def test_a_large_message_is_glanced_at_in_linear_time() -> None:
    large = GOOD + b"OBX|1|TX|x||" + b"y~" * 2_000_000 + b"\r"
    began = time.perf_counter()
    FORMAT.glance(large)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("asked", "issues", "expected"), [(b"", (), b""), (b"NE", (), b""), (b"AL", (), b"MSA|AA|M1"), (b"ER", (), b"")]
)
def test_the_application_answer_comes_when_msh_16_asks_for_it(asked: bytes, issues: tuple[()], expected: bytes) -> None:
    raw = GOOD.replace(b"|P|2.5.1", b"|P|2.5.1|||AL|" + asked)
    reply = FORMAT.answer(raw, issues)
    assert (expected in reply) if expected else reply == b""
