"""What generated source calls to read the rows of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Cells = Mapping[str, str]
"""A row: canonical name of a column -> normalised text; only populated cells."""

EMPTY: dict[str, str] = {}
"""The row that isn't there."""

KNOWN = ""
"""In a code table: under this key all first parts of its keys."""

Codes = Mapping[Any, Any]


def table(data: Mapping[str, Sequence[Cells]], name: str) -> Sequence[Cells]:
    """The rows of a table; none where the dataset lacks it."""
    return data.get(name, ())


def first(data: Mapping[str, Sequence[Cells]], name: str) -> Cells:
    """The one row of a table that speaks of the whole dataset."""
    rows = data.get(name)
    return rows[0] if rows else EMPTY


def indexed(rows: Iterable[Cells], columns: tuple[str, ...]) -> dict[Any, Cells]:
    """Rows by what stands in columns; of several the last, rows without it left out."""
    if len(columns) == 1:
        (column,) = columns
        return {row[column]: row for row in rows if column in row}
    return {key: row for row in rows if all(key := tuple(row.get(column, "") for column in columns))}


def grouped(rows: Iterable[Cells], columns: tuple[str, ...]) -> Iterator[list[Cells]]:
    """Rows that agree in columns, in the order of their first; a row without them is alone."""
    groups: dict[Any, list[Cells]] = {}
    for row in rows:
        key = tuple(row.get(column) for column in columns)
        groups.setdefault(key if None not in key else id(row), []).append(row)
    return iter(groups.values())


def fold(text: str) -> str:
    """A text as code tables are asked for it: without regard to case and space."""
    return " ".join(text.casefold().split())


def codes(rows: Iterable[tuple[str, Any]]) -> dict[Any, Any]:
    """The rows of a code table by their folded keys; the first of several wins."""
    found: dict[Any, Any] = {}
    known: dict[str, bool] = {}
    for left, members in rows:
        sent = tuple(left.split("|"))
        parts = tuple(map(fold, sent))
        known[parts[0]] = True
        found.setdefault(parts, members)
        found.setdefault(sent, found[parts])  # what is written as in the table is found at once
    found[KNOWN] = known
    return found


def looked(table: Codes, parts: tuple[str | None, ...]) -> Cells | None:
    """The row of a code table for these texts; a code may stand before its display (`Z59.41 - Food insecurity`).
    None where the table knows the first text and not the rest; EMPTY where it has nothing to say of it, as of
    several answers in one cell."""
    if (sure := table.get(parts)) is not None:
        return sure  # type: ignore[no-any-return]
    if None in parts:
        return EMPTY
    folded = tuple(fold(part or "") for part in parts)
    found = table.get(folded)
    if found is None and " - " in folded[-1]:
        head, _, tail = folded[-1].partition(" - ")
        found = table.get((*folded[:-1], head)) or table.get((*folded[:-1], tail))
    if found is None:
        known = len(parts) > 1 and folded[0] in table[KNOWN] and ";" not in folded[-1]
        return None if known else EMPTY
    return found  # type: ignore[no-any-return]


_TICKED = frozenset(("true", "1", "yes", "x"))


def unpivoted(
    row: Cells, spec: tuple[tuple[str, tuple[tuple[str, str], ...]], ...], answer: str, mark: str
) -> Iterator[tuple[dict[str, str], str]]:
    """Items of a row with the column of each: what the column says by itself, and the text of the cell. A column that
    says the answer too is one to be ticked."""
    for column, constants in spec:
        text = row.get(column)
        if text is None:
            continue
        said = dict(constants)
        if answer in said:
            if text.casefold() in _TICKED:
                yield said, column
            continue
        for piece in pieces(text, mark) if mark else (text,):
            yield {**said, answer: piece}, column


def pieces(text: str | None, mark: str) -> list[str]:
    """The items of one cell."""
    return [piece for part in (text or "").split(mark) if (piece := part.strip())]
