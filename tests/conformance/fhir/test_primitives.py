"""R4's primitives: what is one, what is not, and that no text takes long."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from conformance.fhir.narrative import plain, read
from conformance.fhir.primitives import CHECKS

GOOD: list[tuple[str, Any]] = [
    ("boolean", True), ("integer", -5), ("unsignedInt", 0), ("positiveInt", 1), ("decimal", Decimal("72.50")),
    ("decimal", 1), ("string", " a "), ("code", "a b"), ("id", "A-1.b"), ("uri", "urn:oid:1.2.3"), ("uri", "a/b"),
    ("oid", "urn:oid:2.16.840"), ("uuid", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"), ("date", "2024"),
    ("date", "2024-02"), ("date", "2024-02-29"), ("dateTime", "2024-02-29T23:59:60Z"), ("time", "23:59:59.999"),
    ("dateTime", "2024-02-29T10:00:00.123456+14:00"), ("instant", "2024-02-29T10:00:00-05:00"),
    ("base64Binary", "aGk="), ("base64Binary", "aG\n k="),
]  # fmt: skip
BAD: list[tuple[str, Any]] = [
    ("boolean", "true"), ("boolean", 1), ("integer", 2**31), ("integer", True), ("integer", 1.0), ("unsignedInt", -1),
    ("positiveInt", 0), ("decimal", "1.0"), ("decimal", Decimal("NaN")), ("string", ""), ("string", "  "),
    ("string", 1), ("string", "a\x00"), ("code", " a"), ("code", "a  b"), ("id", "a_b"), ("id", "x" * 65),
    ("uri", "a b"),
    ("oid", "urn:oid:3.1"), ("uuid", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"), ("date", "2023-02-29"),
    ("date", "2024-13"), ("date", "24-01-01"), ("dateTime", "2024-02-29T10:00Z"), ("dateTime", "2024-02-29T10:00:00"),
    ("dateTime", "2024-02T10:00:00Z"), ("instant", "2024-02-29"), ("time", "24:00:00"), ("base64Binary", "aGk"),
    ("base64Binary", "a=Gk"), ("base64Binary", "YXNhcs2Rhc2Q="), ("date", "２０２４"), ("uri", "oid:1.2.3"),
    ("uri", "uuid:c757873d-ec9a-4326-a141-556f43239520"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value"), GOOD)
def test_what_is_one(type_: str, value: Any) -> None:
    assert CHECKS[type_](value) is None


@pytest.mark.parametrize(("type_", "value"), BAD)
def test_what_is_none(type_: str, value: Any) -> None:
    assert CHECKS[type_](value)


@pytest.mark.parametrize("type_", CHECKS)
def test_a_long_text_takes_no_long_time(type_: str) -> None:
    start = time.process_time()
    for unit in ("a", " ", "=", "1.", "A" * 7 + "\n", "-", "urn:oid:1."):
        CHECKS[type_](unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 2


def div(inside: str, start: str = '<div xmlns="http://www.w3.org/1999/xhtml">') -> str:
    return f"{start}{inside}</div>"


@pytest.mark.parametrize(
    "inside",
    ["text", "<p>a &amp; b</p>", '<img src="x.png" alt="x"/>', "<table><tr><td>1</td></tr></table>", "&#160;a"],
)
def test_narratives(inside: str) -> None:
    assert read(div(inside)).problems == []


@pytest.mark.parametrize(
    "text",
    [div(""), div("<p> </p>"), div("<script>x</script>"), div("<form>x</form>"), div('<p onclick="x">x</p>'),
     div("&nbsp;"), div("<p>x"), div('<a href="javascript:x">x</a>'), div('<a href="JaVaScript:x">x</a>'),
     div("x", "<div>"),
     div("<!DOCTYPE x>x"), "<p xmlns='http://www.w3.org/1999/xhtml'>x</p>", div("<b:p>x</b:p>")],
)  # fmt: skip
def test_what_narratives_may_not_have(text: str) -> None:
    assert read(text).problems
    assert not plain(text)


def test_local_links_are_kept_for_a_closer_look() -> None:
    text = div('<a href="#x">x</a><a name="x">y</a>')
    assert not plain(text)
    assert (read(text).links, read(text).ids) == (["x"], ["x"])
