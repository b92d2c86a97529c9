"""The generated code against the interpreter: equal documents, issues and ledgers, in both directions."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT as HL7V2
from conformance.document import Document
from mappings.convert import Conversion
from mappings.run import Settings
from tests.mappings.any_adt import message
from tests.mappings.generated import segments
from tests.mappings.oracle import Interpreter
from tests.mappings.shipped.messages import catalog, converter
from tests.mappings.small import adt

MAPS = sorted(name for name, head in catalog().heads.items() if set(head.sides) == {"v2", "fhir"})
VERSIONS = ("2.3", "2.4", "2.5.1", "2.6", "2.8.2")


@cache
def interpreter(map_id: str, read: str, write: str) -> Interpreter:
    linked, issues = catalog().link(map_id)
    assert issues == ()
    return Interpreter(linked, read, write)


def agree(document: Document, map_id: str, read: str, write: str) -> Conversion:
    """Both ways of converting, their outcomes held against each other."""
    sender = Settings(
        target="2.5.1" if write == "v2" else "", authorities={"GH": "urn:oid:1.2.3.4"}, zone="Europe/Oslo"
    )
    made = converter(map_id, read, write)(document, sender)
    wanted = interpreter(map_id, read, write)(document, sender)
    assert content(made.document) == content(wanted.document)
    assert {(issue.code, issue.at.path) for issue in made.issues} == set(wanted.issues)
    return made


def content(document: Document | None) -> str:
    """The document as text, the order of its members included."""
    if document is None:
        return ""
    return (
        document.root.raw.decode() if document.format == "hl7v2" else json.dumps(document.root, default=str, indent=1)
    )


def there_and_back(document: Document, map_id: str) -> None:
    made = agree(document, map_id, "v2", "fhir")
    if made.document is not None:
        agree(made.document, map_id, "fhir", "v2")


def parsed(raw: bytes) -> Document:
    document = HL7V2.parse(raw).value
    assert document is not None
    return document


@pytest.mark.parametrize("map_id", MAPS)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000), version=st.sampled_from(VERSIONS))
def test_every_structure(map_id: str, seed: int, version: str) -> None:
    structure = catalog().heads[map_id].roots["v2"][seed % len(catalog().heads[map_id].roots["v2"])]
    there_and_back(parsed(message(seed, structure[4:], structure, version)), map_id)


@settings(max_examples=10, deadline=None)
@given(segments())
def test_segments_of_anything(given: list[str]) -> None:
    there_and_back(adt(*given), "adt-a01")
