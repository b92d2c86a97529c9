"""Values at simple FHIRPaths, and lines and columns of FHIRPath locations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.fhir import FORMAT
from adapters.formats.fhir.positions import Lines, tokens
from conformance.document import Document

WHY = {"extension": [{"url": "urn:why", "valueCode": "unknown"}]}
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "message",
    "entry": [
        {"resource": {"resourceType": "MessageHeader", "eventCoding": {"code": "A03"}}},
        {
            "resource": {
                "resourceType": "Patient",
                "identifier": [{"system": "urn:a", "value": "1"}, {"system": "urn:b", "value": "2"}],
                "name": [{"family": "Ng", "given": ["Ana", None], "_given": [None, {"extension": [{"url": "x"}]}]}],
                "_birthDate": WHY,
                "extension": [{"url": "urn:race", "valueString": "r"}],
            }
        },
        {"resource": {"resourceType": "Observation", "valueQuantity": {"value": 1}, "valueString": "1"}},
    ],
}


PATIENT = "Bundle.entry[1].resource"


def at(path: str) -> list[tuple[Any, str]]:
    document = Document(format="fhir", version="4.0.1", root=BUNDLE)
    return [(value, where.path) for value, where in FORMAT.values(document, path)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Bundle.type", [("message", "Bundle.type")]),
        ("type", [("message", "Bundle.type")]),
        ("Patient.name", []),
        ("Resource.type", [("message", "Bundle.type")]),
        ("Bundle.entry.resource.ofType(Patient).name.family", [("Ng", "Bundle.entry[1].resource.name[0].family")]),
        ("Bundle.entry[0].resource.event.code", [("A03", "Bundle.entry[0].resource.event.ofType(Coding).code")]),
        (
            "Bundle.entry.resource.value.ofType(Quantity).value",
            [(1, "Bundle.entry[2].resource.value.ofType(Quantity).value")],
        ),
        ("Bundle.entry.resource.value.ofType(boolean)", []),
        (
            "Bundle.entry.resource.extension('urn:race').value.ofType(string)",
            [("r", f"{PATIENT}.extension[0].value.ofType(string)")],
        ),
        ("Bundle.entry.resource.identifier.where(system = 'urn:b').value", [("2", f"{PATIENT}.identifier[1].value")]),
        (
            "Bundle.entry.resource.birthDate.extension.value",
            [("unknown", f"{PATIENT}.birthDate.extension[0].value.ofType(code)")],
        ),
        ("Bundle.entry.resource.name.given.extension.url", [("x", f"{PATIENT}.name[0].given[1].extension[0].url")]),
        ("Bundle.entry.resource.birthDate", [(WHY, f"{PATIENT}.birthDate")]),
        ("Bundle.entry[7]", []),
    ],
)
def test_values_at_a_path(path: str, expected: list[tuple[Any, str]]) -> None:
    assert at(path) == expected


@pytest.mark.parametrize("path", ["a b", "..a", "a.", "a[", "a.where(b > )"])
def test_a_path_that_is_no_fhirpath_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="FHIRPath"):
        at(path)


PRETTY = json.dumps(BUNDLE, indent=1)


@pytest.mark.parametrize(
    ("location", "begins"),
    [
        ("Bundle.entry[1].resource.name[0].family", '"family": "Ng"'),
        ("Bundle.entry[1].resource.name[0].given[0]", '"Ana"'),
        ("Bundle.entry[1].resource.birthDate.extension[0]", '{\n       "url": "urn:why"'),
        ("Bundle.entry[1].resource.birthDate", '"_birthDate"'),
        ("Bundle.entry[2].resource.value", '"valueQuantity"'),
        ("Bundle.entry[2].resource.value.ofType(Quantity).value", '"value": 1'),
        ("Bundle.entry[2].resource.value.ofType(string)", '"valueString"'),
        ("Bundle.entry[1].resource.gender", '"resource"'),
        ("Bundle.entry[9].resource", '"entry"'),
        ("Bundle", "{"),
    ],
)
def test_a_location_has_a_line_and_column(location: str, begins: str) -> None:
    line, column = FORMAT.locator(PRETTY.encode())(location)
    rest = "\n".join([PRETTY.split("\n")[line - 1][column - 1 :], *PRETTY.split("\n")[line:]])
    assert rest.startswith(begins)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@settings(max_examples=100, deadline=None)
@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_token_holds_the_value_at_its_path(tree: Any, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    found = tokens(text)
    for token in found:
        node = tree
        for step in token.path:
            node = node[step]
        assert json.loads(text[token.start : token.end]) == node
    assert len(found) == _size(tree)


def _size(tree: Any) -> int:
    children = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return 1 + sum(map(_size, children))


def test_lines_and_columns_begin_at_one() -> None:
    assert [Lines("a\nbc\n").at(offset) for offset in range(5)] == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)]
