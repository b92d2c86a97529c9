"""Where a cell stands, as users write it: `row 17, column D "Zip"`."""

from __future__ import annotations

from typing import Any

from conformance.issue import Where


def spot(name: str, row: Any, column: str) -> Where:
    """The place of a row's cell; of one that was made, not read, by the names of its table and column."""
    if getattr(row, "sheet", None) is None:
        return Where(path=f"{name}.{column}")
    where: Where = row.where(column)
    return where
