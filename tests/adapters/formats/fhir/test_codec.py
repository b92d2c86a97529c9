"""FHIR JSON there and back, and what is said of JSON that other readers take without a word."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.fhir import FORMAT
from adapters.formats.fhir.reader import MAX_DEPTH
from adapters.formats.fhir.writer import digits, write
from conformance.document import Document

SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.decimals(-(10**15), 10**15, allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abü_", max_size=3), inner, max_size=4)
)


def parse(text: str) -> Any:
    result = FORMAT.parse(text.encode())
    assert result.value is not None, result.issues
    assert not result.issues
    return result.value.root


def codes(raw: bytes) -> list[str]:
    return [issue.code for issue in FORMAT.parse(raw).issues]


def same(one: Any, other: Any) -> bool:
    """Equality that tells 72.5 from 72.50 and true from 1."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one.as_tuple() == other.as_tuple()
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text("abcü", min_size=1, max_size=4), TREES, max_size=5), st.booleans())
def test_what_is_written_reads_back_the_same(members: dict[str, Any], indent: bool) -> None:
    root = {"resourceType": "Basic", **members}
    written = FORMAT.render(Document(format="fhir", version="4.0.1", root=root), indent=indent).value
    assert written is not None
    read = FORMAT.parse(written)
    assert read.value is not None
    assert not read.issues
    back = read.value.root
    assert same(back, json.loads(written, parse_float=Decimal, parse_int=_int)), "our reader agrees with the library's"
    assert same(_typed(root), _typed(back))


def _int(text: str) -> int | Decimal:
    return Decimal(text) if text == "-0" else int(text)


def _typed(node: Any) -> Any:
    """A whole Decimal is written as an integer and is read as one: `Decimal('5')` and 5 have the same JSON form."""
    if isinstance(node, dict):
        return {key: _typed(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_typed(item) for item in node]
    return Decimal(node) if type(node) is int else node


@pytest.mark.parametrize("text", ["72.50", "1.0", "0.0000001", "1E+5", "-0.0", "100", "1.10E-40", "0.00"])
def test_numbers_keep_their_digits(text: str) -> None:
    raw = b'{"resourceType":"Basic","v":%s}' % text.encode()
    document = FORMAT.parse(raw).value
    assert document is not None
    assert FORMAT.render(document).value == raw


@pytest.mark.parametrize(
    ("number", "text"), [("1E-7", "0.0000001"), ("1E5", "1E+5"), ("1E-31", "1E-31"), ("0E-3", "0.000")]
)
def test_exponents_are_written_only_where_they_must_be(number: str, text: str) -> None:
    assert digits(Decimal(number)) == text


def test_indented_output_is_for_people_and_ends_with_a_newline() -> None:
    assert write({"a": [Decimal("1.50")]}, indent=True).value == b'{\n  "a": [\n    1.50\n  ]\n}\n'


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "path"),
    [
        ('{"resourceType": "Patient",\n "gender": "male",\n "gender": "female"}', "JSON-0004", 3, 2, "gender"),
        ('{"resourceType": "Basic", "a": [1, {"b": NaN}]}', "JSON-0005", 1, 42, "a[1].b"),
        ('{"resourceType": "Basic", "a": -Infinity}', "JSON-0005", 1, 32, "a"),
        ('{"resourceType": "Basic",\n"a": 99999999999999999999}', "JSON-0006", 2, 6, "a"),
        ('{"resourceType": "Basic", "a": "\\ud83d"}', "JSON-0009", 1, 32, "a"),
        ('{"resourceType": "Basic", "a\\ud83d": 1}', "JSON-0009", 1, 27, "a\ud83d"),
    ],
)
def test_doubtful_json_is_read_and_said_with_its_place(text: str, code: str, line: int, column: int, path: str) -> None:
    result = FORMAT.parse(text.encode())
    (issue,) = result.issues
    assert (issue.code, issue.at.line, issue.at.column, issue.at.path) == (code, line, column, path)
    assert result.value is not None
    assert FORMAT.render(result.value).value is not None, "what was read can be written"


def test_the_last_of_duplicates_counts_and_big_integers_keep_their_digits() -> None:
    result = FORMAT.parse(b'{"resourceType": "Basic", "a": 1, "a": 99999999999999999999}')
    assert result.value is not None
    assert FORMAT.render(result.value).value == b'{"resourceType":"Basic","a":99999999999999999999}'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "JSON-0001"),
        (b"MSH|^~\\&|", "JSON-0001"),
        (b'{"a": 1,}', "JSON-0001"),
        (b'{"a": 1} // comment', "JSON-0001"),
        (b"\x00\xff\xfe", "JSON-0002"),
        (b"[" * 500_000, "JSON-0007"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "JSON-0007"),
        (b"[]", "JSON-0010"),
        (b"null", "JSON-0010"),
        (b'{"resourceType": 5}', "JSON-0010"),
    ],
)
def test_what_is_no_resource_gives_no_document_but_says_why(raw: bytes, code: str) -> None:
    result = FORMAT.parse(raw)
    assert result.value is None
    assert code in [issue.code for issue in result.issues]


def test_the_deepest_allowed_nesting_is_read_and_written() -> None:
    root: Any = 1
    for _ in range(MAX_DEPTH - 1):
        root = [root]
    text = json.dumps({"resourceType": "Basic", "a": root})
    document = FORMAT.parse(text.encode()).value
    assert document is not None
    assert FORMAT.render(document).value == text.replace(" ", "").encode()


def test_byte_order_mark_and_other_encodings_are_said() -> None:
    result = FORMAT.parse(b'\xef\xbb\xbf{"resourceType": "Basic",\n "a": "Jos\xe9"}')
    assert [(issue.code, issue.at.line, issue.at.column) for issue in result.issues] == [
        ("JSON-0003", 1, 1),
        ("JSON-0002", 2, 11),
    ]
    assert result.value is not None
    assert result.value.root["a"] == "Jos\ufffd"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_never_an_exception(raw: bytes) -> None:
    result = FORMAT.parse(raw)
    assert result.value is not None or result.issues


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        (b'{"a":1}\n{"a":2}\r\n\n{"a":3}\n', 3),
        (b'{"a":\n{"b":1}}', 1),
        (b'{"a":[\n{"b":1},\n{"b":2}]}', 1),
        (b'{\n  "a": 1\n}\n', 1),
        (b'{"a":1}\n{"a":\n{"a":3}\n', 3),
        (b"", 1),
    ],
)
def test_ndjson_is_told_from_json_in_lines(raw: bytes, count: int) -> None:
    assert len(FORMAT.split(raw)) == count


@pytest.mark.parametrize(
    ("head", "is_fhir"), [(b' {\n "resourceType"', True), (b"\xef\xbb\xbf{}", True), (b"MSH|^~", False), (b"{1", False)]
)
def test_sniffing(head: bytes, is_fhir: bool) -> None:
    assert FORMAT.sniff(head) is is_fhir


def test_a_value_without_a_json_form_is_an_issue_when_written() -> None:
    for value in (Decimal("NaN"), 2**70, object()):
        result = write({"a": value})
        assert result.value is None
        assert [issue.code for issue in result.issues] == ["JSON-0011"]


def test_the_reply_is_an_outcome_without_what_was_found() -> None:
    raw = b'{"resourceType": "Basic", "a": NaN}'
    outcome = json.loads(FORMAT.reply(raw, FORMAT.parse(raw).issues))
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["details"]["coding"][0]["code"] == "JSON-0005"
    assert "diagnostics" not in outcome["issue"][0]
