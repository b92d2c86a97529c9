"""Tables for people: each with its file, its columns as they were read, and its first rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from gateway.cli.report import printable

_ROWS = 5
_WIDTH = 120


def lines(dataset: Any) -> Iterator[str]:
    """The kind; for each table its name, rows and source, which header was read as which column, and some rows."""
    yield click.style(f"{dataset.kind or 'tables of no known kind'}, {len(dataset)} tables", bold=True)
    for name, table in dataset.items():
        yield ""
        yield click.style(f"{name}: {len(table)} rows", bold=True)
        for sheet in table.sheets[:1]:
            yield f"  from {printable(sheet.source)}, header in row {sheet.row}"
            for head in sheet.heads:
                read = head.name if head.name and head.name != head.header else ""
                yield f"  {head.letter:>3}  {printable(head.header)}" + (f" -> {read}" if read else "")
        for row in table[:_ROWS]:
            yield f"  {row.number:>5}  {_row(row)}"
        if len(table) > _ROWS:
            yield f"         ... {len(table) - _ROWS} more"


def _row(row: Mapping[str, str]) -> str:
    return printable(" | ".join(f"{name}={' '.join(value.split())}" for name, value in row.items()))[:_WIDTH]
