"""Names, lines, numbers and attachments in FHIR's shapes, and back."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.conversions import REGISTRY
from tests.mappings.conversions.asking import Asking

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


def forward(name: str, given_: Any) -> Any:
    return REGISTRY[name].forward(given_, Asking())


def back(name: str, value: Any) -> Any:
    backward = REGISTRY[name].backward
    assert backward is not None
    return backward(value, Asking())


def test_every_conversion_says_what_it_is() -> None:
    for name, conversion in REGISTRY.items():
        assert conversion.name == name
        assert conversion.doc
        if conversion.backward is None:
            assert conversion.gives == "key" or "one-way" in conversion.doc.lower(), name


@given(PRINTABLE, PRINTABLE)
def test_given_names_come_back(first: str, second: str) -> None:
    assert back("given-names", forward("given-names", [first, second])) == [first, second]


def test_a_second_name_alone_becomes_the_first() -> None:
    assert forward("given-names", ["", "M"]) == ["M"]
    assert back("given-names", ["Ada", "M", "L"]) == ["Ada", "M L"]
    assert forward("given-names", ["", ""]) is None


@pytest.mark.parametrize(
    "parts",
    [
        ["1 Mill Lane", "", "", "", ""],
        ["1 Mill Lane", "", "", "Flat 2", ""],
        ["1000", "Hospital Lane", "", "Ste. 123", ""],
        ["a", "b", "c", "d", ""],
        ["a", "b", "c", "d", "e"],
    ],
)
def test_address_lines_come_back(parts: list[str]) -> None:
    assert back("address-lines", forward("address-lines", parts)) == parts


@given(st.lists(PRINTABLE, min_size=1, max_size=5))
def test_lines_stay_the_same_lines(lines: list[str]) -> None:
    assert forward("address-lines", back("address-lines", lines)) == lines


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        (["1", "555", "5550123", ""], "+1 555 5550123"),
        (["1", "555", "5550123", "12"], "+1 555 5550123 X12"),
        (["", "270", "6009800", ""], "270 6009800"),
        (["", "", "1111", ""], "1111"),
        (["+44", "20", "7", ""], "+44 20 7"),
        (["1", "555", "", ""], None),
    ],
)
def test_a_phone_number_from_its_parts(parts: list[str], value: str | None) -> None:
    assert forward("xtn-value", parts) == value


@given(PRINTABLE)
def test_narrative_is_escaped_and_comes_back(text: str) -> None:
    div = forward("narrative-div", text)
    assert "<script" not in div.replace("<div", "")
    assert back("narrative-div", div) == text


def test_only_own_narratives_are_read() -> None:
    assert back("narrative-div", '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>') is None


def test_one_text_for_all_codes() -> None:
    field = [[["2106-3"], ["White"], ["CDCREC"]], [["2028-9"]], [[""], ["Other"]], [[""]]]
    assert forward("coded-text", field) == "White, 2028-9, Other"


@pytest.mark.parametrize("text", ["72.50", "0", "-3", "+5", ".5", "5.", "007", "123456789012345678901234567890"])
def test_numbers_keep_their_digits(text: str) -> None:
    assert forward("decimal", text) == Decimal(text)


@pytest.mark.parametrize("text", ["", "1e5", "NaN", "Infinity", "1,5", "1.2.3", "--1", "٣", "9" * 100])
def test_not_a_number(text: str) -> None:
    assert forward("decimal", text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_decimals_come_back(number: Decimal) -> None:
    assert back("decimal", forward("decimal", format(number, "f"))) == format(number, "f")


def test_whole_numbers() -> None:
    assert forward("positive-int", "0") is None
    assert forward("positive-int", "7") == 7
    assert forward("integer", "7.5") is None
    assert forward("integer", "99999999999") is None
    assert forward("unsigned-decimal", "-1") is None
    assert back("positive-int", 7) == "7"


def test_attachments() -> None:
    assert forward("mime-type", ["TEXT", "HTML"]) == "text/html"
    assert forward("mime-type", ["", "PDF"]) == "application/pdf"
    assert forward("mime-type", ["", "jpeg"]) == "image/jpeg"
    assert forward("mime-type", ["Application", "application/pdf"]) == "application/pdf"
    assert forward("mime-type", ["", ""]) is None
    assert back("mime-type", "application/pdf") == ["application", "pdf"]
    assert forward("encapsulated-data", ["Base64", "aGV\nsbG8="]) == "aGVsbG8="
    assert forward("encapsulated-data", ["Hex", "68656c6c6f"]) == "aGVsbG8="
    assert forward("encapsulated-data", ["A", "hello"]) == "aGVsbG8="
    assert forward("encapsulated-data", ["Base64", "not base64!"]) is None
    assert forward("encapsulated-data", ["Hex", "xyz"]) is None
    assert forward("encapsulated-data", ["Base64", ""]) is None


@given(st.binary(max_size=40))
def test_data_comes_back(raw: bytes) -> None:
    text = base64.b64encode(raw).decode()
    if text:
        assert back("encapsulated-data", forward("encapsulated-data", ["Base64", text])) == ["Base64", text]


@given(PRINTABLE)
def test_text_as_data_comes_back(text: str) -> None:
    assert back("text-data", forward("text-data", text)) == text
    assert back("text-data", "=") is None


def test_small_conversions() -> None:
    assert forward("concat", ["<>", "10", "", ""]) == "<> 10"
    assert forward("range-text", ["1", "5"]) == "1-5"
    assert back("range-text", "1-5") == ["1", "5"]
    assert forward("sampled-data", [[["1"], ["2"], [""]], [["3"]]]) == "1 2 U 3"
    assert back("sampled-data", "1 2 U") == [[["1"], ["2"], [""]]]
    assert forward("either", ["", "b"]) == "b"
    assert forward("other-county", ["25", "25"]) is None
    assert forward("other-county", ["25", "26"]) == "25"
    assert forward("name-text", ["Ms", "Ada", "", "Rivers", "", ""]) == "Ms Ada Rivers"
    assert back("name-text", "Ada Rivers") == ["", "", "", "Ada Rivers", "", ""]
    assert forward("code-modifier", ["27447", "RT"]) == "27447:RT"
    assert forward("code-modifier", ["27447", ""]) is None
    assert back("code-modifier", "27447:RT") == ["27447", "RT"]
