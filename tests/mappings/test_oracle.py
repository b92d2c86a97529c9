"""The generated code against the interpreter: equal documents, issues and ledgers, in both directions.

`ORACLE_EXAMPLES=300 pytest tests/mappings/test_oracle.py` looks longer: after a change of the compiler, for instance.
"""

from __future__ import annotations

import json
import os
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT as HL7V2
from conformance.document import Document
from conformance.issue import Issue
from mappings.convert import Conversion
from mappings.run import Settings
from tests.mappings.any_adt import message
from tests.mappings.generated import segments
from tests.mappings.oracle import Interpreter
from tests.mappings.shipped.messages import catalog, converter
from tests.mappings.small import adt

MAPS = sorted(name for name, head in catalog().heads.items() if set(head.sides) == {"v2", "fhir"})
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "5"))
VERSIONS = ("2.3", "2.4", "2.5.1", "2.6", "2.8.2")
SENDER = Settings(target="2.5.1", authorities={"GH": "urn:oid:1.2.3.4"}, zone="Europe/Oslo")


@cache
def interpreter(map_id: str, read: str, write: str) -> Interpreter:
    linked, issues = catalog().link(map_id)
    assert issues == ()
    return Interpreter(linked, read, write)


def agree(document: Document, map_id: str, read: str, write: str) -> Conversion:
    """Both ways of converting, their outcomes held against each other."""
    made = converter(map_id, read, write)(document, SENDER)
    wanted = interpreter(map_id, read, write)(document, SENDER)
    assert content(made.document) == content(wanted.document)
    assert {told(issue) for issue in made.issues} == set(wanted.issues)
    rows = [row for row in made.ledger.rows() if row.status != "null"]
    if made.document is not None:
        assert {row.path: str(row.status) for row in rows} == {path: row[0] for path, row in wanted.ledger.items()}
    if read == "v2" and made.document is not None:
        assert {row.path: (str(row.status), frozenset(row.targets)) for row in rows} == wanted.ledger
    return made


def told(issue: Issue) -> tuple[str, str]:
    """Code and place; of a profile that isn't claimed the element alone, without the type."""
    path = issue.at.path
    return issue.code, path.partition(".")[2] if issue.code == "MAP-0107" else path


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


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(MAPS), st.integers(0, 10_000), st.sampled_from(VERSIONS))
def test_messages_of_every_structure(map_id: str, seed: int, version: str) -> None:
    structures = catalog().heads[map_id].roots["v2"]
    structure = structures[seed % len(structures)]
    there_and_back(parsed(message(seed, structure[4:], structure, version)), map_id)


@settings(max_examples=EXAMPLES, deadline=None)
@given(segments())
def test_segments_of_anything(given: list[str]) -> None:
    there_and_back(adt(*given), "adt-a01")
