"""A dataset as a tree: tables of rows. Rows hold canonical column names and normalised texts, populated cells only.

`Document.root` is a `Dataset`: a dict of table name to `Table`; a table is a list of rows from one or several files
(days of one export, the sheets of a workbook); a row knows where it stands and what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from conformance.issue import Where
from conformance.tabular import schema


def letter(position: int) -> str:
    """The spreadsheet's name of a column, counted from 0: A, Z, AA."""
    text = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column of one file. `name`: the canonical name, or the header as sent; empty where the column isn't read."""

    name: str
    header: str
    position: int

    @property
    def letter(self) -> str:
        return letter(self.position)

    def __str__(self) -> str:
        return f'column {self.letter} "{self.header}"' if self.header else f"column {self.letter}"


@dataclass(slots=True, kw_only=True)
class Sheet:
    """One file, or one sheet of a workbook (`pantry.xlsx#Visits`): where rows come from."""

    source: str
    heads: tuple[Head, ...] = ()
    row: int = 1
    """The row of the header, as a spreadsheet counts."""
    by_name: dict[str, Head] = field(default_factory=dict)
    parts: dict[str, Head] = field(default_factory=dict)
    """Cells that were part of another one: a name's parts, the words beside a number."""
    day: str = ""
    """The date in the file's name: a later export takes the place of an earlier one."""

    def where(self, line: int, number: int, name: str = "") -> Where:
        """The place of a row, or of its cell by the column's canonical name."""
        head = self.by_name.get(name) or self.parts.get(name)
        return Where(source=self.source, path=f"row {number}, {head}" if head else f"row {number}", line=line)


class Row(dict[str, str]):
    """Canonical column name to normalised text. `line`: physical line (in a workbook the row) where it begins;
    `number`: which row it is, as a spreadsheet counts them; `cells`: its texts as sent; `refused`: the columns whose
    cells were left out, with the code of the finding."""

    __slots__ = ("cells", "line", "number", "refused", "sheet")
    line: int
    number: int
    cells: Sequence[str]
    sheet: Sheet
    refused: dict[str, str] | None

    @classmethod
    def made(cls, values: Iterable[tuple[str, str]], sheet: Sheet, line: int, number: int, cells: Sequence[str]) -> Row:
        row = cls(values)
        row.sheet, row.line, row.number, row.cells, row.refused = sheet, line, number, cells, None
        return row

    def refuse(self, name: str, code: str) -> None:
        """Leaves a cell out, which the ledger still tells of."""
        self.pop(name, None)
        self.refused = {**(self.refused or {}), name: code}

    def where(self, name: str = "") -> Where:
        """`row 17, column D "Zip"`, with file and line."""
        return self.sheet.where(self.line, self.number, name)

    def raw(self, name: str) -> str:
        """A cell's text as sent; empty where the row has none."""
        head = self.sheet.by_name.get(name) or self.sheet.parts.get(name)
        return self.cells[head.position] if head and head.position < len(self.cells) else ""


class Table(list[Row]):
    """Rows of one table, in the order of their files. `heads`: its columns as the first file has them."""

    __slots__ = ("name", "schema", "sheets")

    def __init__(self, name: str, rows: Iterable[Row] = (), schema_: schema.Table | None = None) -> None:
        super().__init__(rows)
        self.name = name
        self.schema = schema_
        self.sheets: list[Sheet] = []

    @property
    def source(self) -> str:
        return self.sheets[0].source if self.sheets else ""

    @property
    def heads(self) -> tuple[Head, ...]:
        return self.sheets[0].heads if self.sheets else ()


class Dataset(dict[str, Table]):
    """Tables by name. `kind`: `hmis@fy2026`, empty for an unknown one. `kept_out`: rows that a mend would let in."""

    __slots__ = ("kept_out", "kind", "schema")

    def __init__(self, kind: str = "", schema_: schema.Schema | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.schema = schema_
        self.kept_out: list[KeptOut] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOut:
    """A row that can't be used: its cells as sent, and why. `column` is empty where it is the whole row."""

    sheet: Sheet
    table: str
    line: int
    number: int
    cells: tuple[str, ...]
    code: str
    reason: str
    column: str = ""
