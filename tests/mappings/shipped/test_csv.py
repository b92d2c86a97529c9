"""The tables of the development corpus through the shipped maps: their facts, there and back, whole FHIR."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gateway import convert
from gateway.config import Site
from gateway.conversion import convert as convert_document
from gateway.targets import target
from tests.conftest import shared_folder

SHARED = shared_folder()
FOLDERS = sorted(path.name for path in (SHARED / "samples" / "csv").iterdir()) if SHARED else []

EMPTY_AGAIN = frozenset(("false", "0", "N"))
"""A flag that is not set may come back empty."""
NORMALISED = frozenset(("SSN", "DateCreated", "DateUpdated", "DateDeleted", "ExportDate", "screening_date"))
"""Times get the sender's offset; when a row was typed, and what is no whole number of anybody, isn't carried."""


def read(folder: str) -> Any:
    from adapters.formats.tabular import parse

    assert SHARED is not None
    return parse(SHARED / "samples" / "csv" / folder).value


@pytest.mark.parametrize(
    "folder", ["ny1115", "ahc-wide", "prapare-redcap", "roster", "pantry-xlsx", "hsds", "hmis-fy2024"]
)
def test_there_and_back_is_the_same(folder: str, shared: Path) -> None:
    source = read(folder)
    site = Site(default_zone="America/New_York")
    pivot = convert_document(source, target("fhir"), site).document
    assert pivot is not None
    again = convert_document(pivot, target("csv", source.version), site).document
    assert again is not None
    deleted = {row.get("PersonalID") for row in source.root.get("Client", ()) if "DateDeleted" in row}
    for name, table in source.root.items():
        kept = [row for row in table if row.get("PersonalID") not in deleted or name != "Client"]
        for column in {column for row in kept for column in row} - NORMALISED:
            before = Counter(row[column] for row in kept if column in row)
            after = Counter(row[column] for row in again.root[name] if column in row)
            lost = {value: count for value, count in (before - after).items() if value not in EMPTY_AGAIN}
            described = column.endswith(("_DESCRIPTION", "_SYSTEM"))  # words and systems of FHIR's own codes
            assert not lost or described, f"{name}.{column}: {lost}"


@pytest.mark.skipif(not FOLDERS, reason="the development corpus is not beside the project (../shared)")
@pytest.mark.parametrize("folder", ["ny1115", "hmis-fy2026", "hsds", "roster", "ahc-wide"])
def test_what_tables_become_is_valid(folder: str) -> None:
    from gateway import validate

    assert SHARED is not None
    made = convert(SHARED / "samples" / "csv" / folder, to="fhir").value
    found = validate(made, found=True)["issue"]
    assert [each for each in found if each["severity"] in ("error", "fatal")] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_cell_is_missing_from_the_ledger(folder: str, shared: Path) -> None:
    source = read(folder)
    made = convert_document(source, target("fhir"), Site(default_zone="America/New_York"))
    assert made.ledger is not None
    rows = made.ledger.rows()
    cells = sum(len(row) + len(row.refused or ()) for table in source.root.values() for row in table)
    assert len(rows) == cells  # those too that couldn't be read, and so are mapped nowhere
    assert all(row.reason for row in rows if row.status != "mapped")


def test_facts_that_any_correct_reading_gives(shared: Path) -> None:
    from bench.expected_csv import results

    failed = [(name, fact["what"]) for name, held in results(shared, []) for fact, result in held if not result]
    assert failed == []
