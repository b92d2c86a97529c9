"""Whether a kind of tables has a column: for those who write about tables without having one at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache

from conformance.tabular import kinds
from conformance.tabular.plain import plain
from conformance.tabular.schema import Schema, Table

PARTS: Mapping[str, tuple[str, ...]] = {
    "name": ("last_name", "first_name", "middle_name"),
    "phone": ("phone_note",),
}
"""By type: the columns that are read out of a cell beside its own (`conformance.tabular.values`)."""


class Known:
    """The tables and columns of one kind, in all its versions."""

    def __init__(self, schemas: Iterable[Schema]) -> None:
        self._tables: dict[str, dict[str, str]] = {}
        for schema in schemas:
            for table in schema.tables:
                self._tables.setdefault(table.name, {}).update(_names(table))

    def problem(self, table: str, column: str = "") -> str:
        """Why nothing can ever stand in a column, or in a table; empty where something can. Kinds share parts of maps,
        so that a column of another kind is no mistake."""
        names = self._tables.get(table)
        if names is None:
            return f"there is no table `{table}`{_near(table, self._tables)}"
        if not column or names.get(column) == column or column in _anywhere():
            return ""
        if (other := names.get(plain(column))) is not None:
            return f"`{table}` has no column `{column}`: that header is read as `{other}`"
        own = [name for name, meant in names.items() if name == meant]
        return f"`{table}` has no column `{column}`{_near(column, own)}"


@cache
def _anywhere() -> frozenset[str]:
    """Columns of any shipped kind."""
    schemas = (kinds.shipped(name).value for name in kinds.ids())
    tables = (table for schema in schemas if schema for table in schema.tables)
    return frozenset(name for table in tables for name, meant in _names(table).items() if name == meant)


def _names(table: Table) -> dict[str, str]:
    """The columns by their names, and by the headers that they go by."""
    found = {plain(header): column.name for column in table.columns for header in (column.name, *column.also)}
    parts = {part: part for column in table.columns for part in PARTS.get(column.type, ())}
    return found | parts | {column.name: column.name for column in table.columns}


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, [*known], n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""
