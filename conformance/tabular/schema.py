"""A kind of export, as it is used: its tables, their columns, and the rules that hold between cells and rows.

A schema says nothing of encodings, delimiters or title lines: reading takes care of these for every file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Order = Literal["", "YMD", "MDY", "DMY"]
"""In which order a date's numbers stand; empty where only the column itself can prove it."""

TYPES = (
    "text", "id", "date", "datetime", "boolean", "code", "answer", "integer", "decimal", "zip", "phone", "email",
    "name", "choices",
)  # fmt: skip
"""`answer`: to the question whose LOINC code the column has; `choices`: ticked boxes, a column each (`NAME___1`)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One column. `values`: what a cell may say, simplified (`plain`), to the code that it means."""

    name: str
    type: str = "text"
    also: tuple[str, ...] = ()
    """Other headers that mean it, whatever their case, spaces and punctuation."""
    asks: tuple[str, ...] = ()
    """Words that a header has which is the question itself."""
    required: bool = False
    key: bool = False
    """Part of what identifies the row: without it the row can't be used."""
    unique: bool = False
    """One value for each row key: the same for two keys is a mistake."""
    alone: bool = False
    """No two rows have the same value."""
    values: Mapping[str, str] | None = None
    other: Literal["drop", "tell", "keep"] = "drop"
    """What becomes of a value that isn't among `values`: left out and reported, kept and reported, kept."""
    unknown: frozenset[str] = frozenset()
    """What stands for unknown here, beside what does so everywhere; simplified."""
    order: Order = ""
    separator: str = ""
    """What joins several values in a cell."""
    pattern: str = ""
    example: str = ""
    """What a value looks like, for messages: `AA99999A`."""
    refers: tuple[str, str] | None = None
    """The table and column in which the value must be."""
    system: str = ""
    """Code system whose check digits and rules codes of this column keep: loinc, snomed, icd10cm."""
    question: str = ""
    """LOINC code of the question that an `answer` answers."""
    least: int | None = None
    most: int | None = None
    shortest: int = 0
    longest: int | None = None
    """How many characters."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A rule over several cells of a row, or over all rows: `name` says which, `words` its columns and constants."""

    name: str
    words: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """One table of a kind. `files`: patterns of file and sheet names that hold it."""

    name: str
    files: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    rules: tuple[Rule, ...] = ()
    latest: tuple[str, ...] = ()
    """Columns by which the later of two rows of one key is told; a later file's row is later anyway."""
    many: bool = False
    """Rows of one key may differ: only the very same row twice is a mistake."""
    deleted: str = ""
    """Column that is valued (or true) in a row that was deleted."""
    telling: tuple[str, ...] = ()
    """Columns that a table must have to be this one."""

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """A kind of export. `id` is its kind and version: `hmis@fy2026`."""

    id: str
    title: str = ""
    spec: str = ""
    order: Order = ""
    encoding: str = ""
    unknown: frozenset[str] = frozenset()
    tables: tuple[Table, ...] = ()
    closed: bool = False
    """Columns that the schema doesn't name are a finding of their own (tables of a standard)."""
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What tells this version from others of the kind: `table.column` to beginnings of its value."""
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Named lists of values."""
    panel: str = ""
    """LOINC code of the instrument whose answers the columns hold."""
    person: str = ""
    """Column by which rows of all tables belong to one person: large datasets are taken apart by it."""
    things: tuple[str, ...] = ()
    """Columns, by the first filled of which rows belong to one thing, where they are about nobody: the same."""
    everywhere: tuple[str, ...] = ()
    """Tables that the rows of all things look up."""
    offsets: bool = False
    """Times must say their offset from UTC."""

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)
