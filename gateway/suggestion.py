"""A draft for a new export: its columns read as they are, profiled, and written as schema, map and test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.targets import Misuse

FIRST_ROWS = 5
"""How many rows the draft of a test has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is shown, and what is written. `known`: the shipped kind that reads the file; empty for none."""

    table: tuple[tuple[str, ...], ...]
    files: Mapping[str, str]
    known: str


def suggested(file: Path, name: str) -> Draft:
    """The draft of a file's first table. Misuse where it has none."""
    from adapters.formats.tabular import parse
    from mappings import suggest

    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "export"
    document = parse(file).value
    sheets = [sheet for table in document.root.values() for sheet in table.sheets] if document else []
    if document is None or not sheets:
        raise Misuse(f"{str(file)!r} has no table with rows")
    rows = [row for table in document.root.values() for row in table if row.sheet is sheets[0]]
    headers = [head.header for head in sheets[0].heads]
    cells = [list(row.cells) for row in rows[: suggest.MOST_ROWS]]
    found = suggest.guesses(suggest.profiles(headers, cells))
    files = {
        f"{plain}.columns.yaml": suggest.schema(plain, found),
        f"{plain}.yaml": suggest.map_(plain, found),
        f"{plain}.test.yaml": suggest.test(plain, _text(headers, cells[:FIRST_ROWS])),
    }
    return Draft(table=tuple(suggest.table(found)), files=files, known=document.version)


def _text(headers: list[str], rows: list[list[str]]) -> str:
    """The first rows as CSV, a line each."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows([" ".join(cell.split()) for cell in row] for row in rows)
    return text.getvalue()
