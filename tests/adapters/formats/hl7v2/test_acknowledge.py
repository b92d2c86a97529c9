"""Acknowledgements as the sender gets them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2.acknowledge import Header, acknowledge, commit, reply, verdict, wanted
from conformance.catalogue import issue
from conformance.issue import Issue, Where
from tests.adapters.formats.hl7v2.messages import DISCHARGE, FORMAT, parsed

RAW = DISCHARGE.encode()
MISSING = issue("V2-0111", Where(path="PID[1]-3[1]"), field="Patient Identifier List")
UNKNOWN = issue("V2-0102", Where(path="MSH[1]-9[1]"))
WARNING = issue("V2-0124", Where(path="PV1[1]-2[1]"), found="secret", what="0004")


def with_modes(accept: str, application: str) -> bytes:
    return RAW.replace(b"|P|2.5.1", f"|P|2.5.1|||{accept}|{application}".encode())


def test_an_answer_goes_back_to_the_sender() -> None:
    answer = parsed(FORMAT.reply(RAW, []))
    header, told = answer.all("MSH")[0].fields, answer.all("MSA")[0].fields
    assert header[3:7] == ["GW", "HIE", "ADT", "GENERAL^2.16.840.1.113883.3.999^ISO"]
    assert header[7] == "20240317140500-0500"
    assert (header[9], header[11], header[12]) == ("ACK^A03^ACK", "P", "2.5.1")
    assert 0 < len(header[10]) <= 20
    assert told[1:3] == ["AA", "M1"]
    assert answer.all("ERR") == []


@pytest.mark.parametrize(
    ("issues", "code"),
    [([], "AA"), ([WARNING], "AA"), ([MISSING], "AE"), ([UNKNOWN], "AR"), ([MISSING, UNKNOWN, WARNING], "AR")],
)
def test_the_verdict_is_by_the_worst_code_of_table_0357(issues: list[Issue], code: str) -> None:
    assert verdict(issues) == code
    assert parsed(FORMAT.reply(RAW, issues)).all("MSA")[0].fields[1] == code


def test_each_problem_is_an_err_segment_without_what_was_found() -> None:
    reply_ = FORMAT.reply(RAW, [MISSING, WARNING])
    first, second = parsed(reply_).all("ERR")
    assert first.fields[2:5] == ["PID^1^3^1", "101^Required field missing^HL70357", "E"]
    assert "Patient Identifier List" in first.fields[8]
    assert second.fields[4] == "W"
    assert b"secret" not in reply_
    assert FORMAT.check(FORMAT.parse(reply_).value) == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("version", "kind"),
    [("2.1", "ACK"), ("2.2", "ACK^A03"), ("2.3", "ACK^A03"), ("2.3.1", "ACK^A03^ACK"), ("2.8", "ACK^A03^ACK")],
)
def test_the_answer_is_of_the_senders_version(version: str, kind: str) -> None:
    answer = parsed(FORMAT.reply(RAW.replace(b"|2.5.1", f"|{version}".encode()), [MISSING]))
    assert answer.all("MSH")[0].fields[9] == kind
    assert answer.version == version
    old = version.startswith(("2.1", "2.2", "2.3"))
    error = answer.all("ERR")[0].fields
    assert error[1 if old else 2] == ("PID^1^3^101&Required field missing&HL70357" if old else "PID^1^3^1")
    assert bool(answer.all("MSA")[0].fields[3]) is old


@pytest.mark.parametrize("raw", [b"", b"garbage", b"MSH", b"PID|1\r", b"\xff\xfe\x00"])
def test_what_cannot_be_read_is_answered_too(raw: bytes) -> None:
    answer = parsed(FORMAT.reply(raw, FORMAT.parse(raw).issues or [UNKNOWN]))
    assert answer.all("MSA")[0].fields[1] in ("AE", "AR")


def test_the_control_id_comes_back_even_when_the_rest_is_broken() -> None:
    raw = b"MSH|^^^^|A|B|C|D|2024||ADT^A01|CTRL7|P|2.5.1\rxx"
    assert parsed(FORMAT.reply(raw, FORMAT.parse(raw).issues)).all("MSA")[0].fields[2] == "CTRL7"


def test_the_senders_delimiters_are_used_and_our_text_is_escaped_in_them() -> None:
    raw = b"MSH$%*!?$A$B$C$D$2024$$ADT%A03%ADT_A03$7$P$2.5.1\r"
    told = issue("V2-0008", Where(path="MSH[1]-2[1]"))
    answer = FORMAT.reply(raw, [told])
    assert answer.startswith(b"MSH$%*!?$C$D$A$B$")
    assert "^~\\&" in FORMAT.values(FORMAT.parse(answer).value, "ERR-8")[0][0]  # type: ignore[arg-type]


@given(st.binary(max_size=80), st.integers(2, 18))
@settings(max_examples=150)
def test_nothing_that_is_echoed_can_begin_a_segment_or_a_frame(value: bytes, place: int) -> None:
    fields = [b"MSH", b"^~\\&", *[b"x"] * 17]
    fields[place] = value
    answer = FORMAT.reply(b"|".join(fields) + b"\r", [MISSING])
    assert not set(answer) & {0x0B, 0x1C, 0x0A, 0x00}
    names = [line[:3] for line in answer.split(b"\r") if line]
    assert names[:2] == [b"MSH", b"MSA"]
    assert set(names[2:]) <= {b"ERR"}


@pytest.mark.parametrize(
    ("condition", "to_good", "to_bad"),
    [("AL", True, True), ("NE", False, False), ("ER", False, True), ("SU", True, False), ("", True, True)],
)
def test_conditions_of_table_0155(condition: str, to_good: bool, to_bad: bool) -> None:
    assert (wanted(condition, "AA"), wanted(condition, "AE"), wanted(condition, "AR")) == (to_good, to_bad, to_bad)


@pytest.mark.parametrize(
    ("accept", "issues", "code"),
    [("AL", [], b"|CA|"), ("AL", [MISSING], b"|CE|"), ("AL", [UNKNOWN], b"|CR|"), ("ER", [MISSING], b"|CE|")],
)
def test_enhanced_mode_gets_an_accept_acknowledgement(accept: str, issues: list[Issue], code: bytes) -> None:
    assert code in FORMAT.reply(with_modes(accept, "NE"), issues)


@pytest.mark.parametrize(("accept", "issues"), [("NE", [UNKNOWN]), ("ER", []), ("SU", [MISSING])])
def test_enhanced_mode_gets_nothing_it_did_not_ask_for(accept: str, issues: list[Issue]) -> None:
    assert FORMAT.reply(with_modes(accept, "NE"), issues) == b""


def test_without_msh_15_the_answer_is_in_original_mode() -> None:
    raw = with_modes("", "AL")
    assert Header(raw).enhanced
    assert b"|AA|" in FORMAT.reply(raw, [])
    assert not Header(RAW).enhanced
    assert [commit(one) for one in ("AA", "AE", "AR")] == ["CA", "CE", "CR"]


def test_time_and_control_id_are_given_or_derived() -> None:
    assert FORMAT.reply(RAW, []) == FORMAT.reply(RAW, [])
    assert FORMAT.reply(RAW, []) != FORMAT.reply(RAW, [MISSING])
    answer = parsed(reply(RAW, [], now="20260101000000+0000", control_id="OURS1"))
    assert answer.all("MSH")[0].fields[7] == "20260101000000+0000"
    assert answer.all("MSH")[0].fields[10] == "OURS1"
    late = parsed(acknowledge(Header(RAW), "AE", [MISSING]))
    assert late.all("MSA")[0].fields[1:3] == ["AE", "M1"]


def test_the_senders_character_set_is_kept() -> None:
    raw = RAW.replace(b"|GENERAL^", b"|M\xfcnchen^")
    assert b"|M\xfcnchen^" in FORMAT.reply(raw, [])
    wide = DISCHARGE.replace("GENERAL^", "München^").encode("utf-16-le")
    assert "|München^" in FORMAT.reply(wide, []).decode("utf-16-le")


def test_a_warning_without_a_code_of_its_own_is_no_internal_error() -> None:
    warned = parsed(FORMAT.reply(RAW, [issue("GW-0004"), WARNING]))
    assert [error.fields[3] for error in warned.all("ERR")] == [
        "0^Message accepted^HL70357",
        "103^Table value not found^HL70357",
    ]
    assert warned.all("MSA")[0].fields[1] == "AA"
    failed = parsed(FORMAT.reply(RAW, [issue("GW-0005")]))
    assert failed.all("ERR")[0].fields[3].startswith("207^")
