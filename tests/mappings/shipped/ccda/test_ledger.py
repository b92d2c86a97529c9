"""The ledger names each attribute and text that entries have, mapped or not: a naive scan of the document beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.formats.ccda import FORMAT
from adapters.formats.ccda.paths import parse
from adapters.formats.ccda.syntax import SYNTAX
from gateway import convert
from tests.conformance.ccda.summary import SUMMARY
from tests.mappings.shipped.ccda.sdoh import DOCUMENT
from tests.mappings.shipped.ccda.test_writing import V3, written
from tests.mappings.shipped.ccda.us_core import bundle

STRUCTURE = ("classCode", "moodCode", "typeCode", "type", "nullFlavor", "inversionInd", "contextConductionInd", "unit")
"""Attributes that say what an element is, and no fact of their own."""


def place(element: Any) -> str:
    """XPath of an element as the ledger writes it."""
    around = element.getparent()
    name = ("sdtc:" if "sdtc" in element.tag else "") + element.tag.rpartition("}")[2]
    if around is None:
        return f"/{name}"
    beside = [each for each in around if each.tag == element.tag]
    return f"{place(around)}/{name}" + (f"[{beside.index(element) + 1}]" if len(beside) > 1 else "")


def refers(element: Any) -> bool:
    """True for the status of an entry reference, which its template fixes."""
    templates = (each.get("root") for each in element.itersiblings(f"{V3}templateId", preceding=True))
    return element.tag == f"{V3}statusCode" and "2.16.840.1.113883.10.20.22.4.122" in templates


def populated(root: Any) -> Iterator[str]:
    """Paths of what entries say: attributes and texts."""
    for element in (each for entry in root.iter(f"{V3}entry") for each in entry.iter()):
        if not isinstance(element.tag, str) or element.tag == f"{V3}templateId" or refers(element):
            continue
        for name, value in element.attrib.items():
            if value and str(name).rpartition("}")[2] not in STRUCTURE:
                yield f"{place(element)}/@{str(name).rpartition('}')[2]}"
        if element.text and element.text.strip():
            yield place(element)


def unnamed(source: bytes) -> list[str]:
    ledger = convert(source, to="fhir").ledger
    assert ledger is not None
    named = {row.path for row in ledger.rows()}
    return [path for path in populated(etree.fromstring(source)) if path not in named]


@pytest.mark.parametrize("source", [DOCUMENT.encode(), SUMMARY.encode()], ids=["social", "summary"])
def test_everything_that_entries_say_is_in_the_ledger(source: bytes) -> None:
    assert unnamed(source) == []


def test_so_is_everything_that_was_written() -> None:
    assert unnamed(written(bundle())) == []


@pytest.mark.parametrize("number", ["22", "43", "48"])
def test_and_what_others_wrote(number: str, shared: Path) -> None:
    for file in (shared / "samples" / "ccda" / "documents").glob(f"{number}_*"):
        assert unnamed(file.read_bytes()) == []


def test_what_no_map_knows_is_named_wherever_it_stands() -> None:
    root = etree.fromstring(DOCUMENT.encode())
    statements = [each.getparent() for entry in root.iter(f"{V3}entry") for each in entry.iter(f"{V3}statusCode")]
    for statement in statements:
        assert statement is not None
        etree.SubElement(statement, f"{V3}languageCode").set("code", "zz")
    ledger = convert(etree.tostring(root), to="fhir").ledger
    assert ledger is not None
    rows = {row.path: row.status for row in ledger.rows()}
    assert {rows.get(f"{place(each)}/languageCode/@code") for each in statements} == {"unmapped"}


def test_rules_are_told_apart_by_what_they_begin_to_read() -> None:
    """So that not each rule has to be asked about each field."""
    parsed = FORMAT.parse(SUMMARY.encode()).value
    assert parsed is not None
    node = parsed.root.node
    assert SYNTAX.begins((node,)) == "ClinicalDocument"
    assert SYNTAX.begins((node, "code")[1:]) == "@code"
    assert SYNTAX.begins(()) == ""
    assert [SYNTAX.lead(parse(each)) for each in ("code/@code", "@code", "../code", "/code", "*", ".")] == [
        "code", "@code", None, None, None, None,
    ]  # fmt: skip
