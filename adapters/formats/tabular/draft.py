"""What generated source calls to write a dataset: rows that are being filled, put together at the end.

A row's joined rows get the columns that join them, and are one with others of the same key; the rows of a group get
what their group says; the items of an unpivoted row go to the columns that stand for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

Join = tuple[str, tuple[str, ...], tuple[str, ...]]
Columns = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
CodeRows = tuple[tuple[str, dict[str, str]], ...]
Spec = tuple[str, tuple[Join, ...], dict[str, CodeRows], Columns, str, str]
"""Table, joins, code tables by name, unpivoted columns, the name of their answers, what stands between items."""

NO_SPEC: Spec = ("", (), {}, (), "", "")


def text(value: Any) -> str:
    """A FHIR primitive as the text of a cell."""
    if value is True or value is False:
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


class Draft:
    """A row, or an item of one, that is being filled."""

    __slots__ = ("cells", "inner", "joined", "parent", "spec")

    def __init__(self, spec: Spec = NO_SPEC, parent: Draft | None = None) -> None:
        self.spec = spec
        self.parent = parent
        self.cells: dict[str, str] = {}
        self.joined: dict[str, Draft] = {}
        self.inner: list[Draft] = []

    def __bool__(self) -> bool:
        return bool(self.cells) or any(self.joined.values()) or any(self.inner)

    def put(self, column: str, value: Any) -> bool:
        """False when another value is there, which stays."""
        if value is None:
            return True
        written = text(value)
        return self.cells.setdefault(column, written) == written

    def take(self, other: Draft) -> bool:
        """What another draft of the same row holds; False when one of its cells has another value here."""
        put = [self.put(column, value) for column, value in other.cells.items()]  # all of them, whatever one says
        return all(put)

    def copy(self) -> Draft:
        made = Draft()
        made.cells = dict(self.cells)
        return made

    def beside(self, name: str) -> Draft:
        """The row of a joined table."""
        if name not in self.joined:
            self.joined[name] = Draft()
        return self.joined[name]

    def place(self, column: str, cell: Cell, mark: str) -> bool:
        """An item of a cell, behind those that are there."""
        there = self.cells.get(column)
        items = there.split(mark) if there else []
        if cell.text not in items:
            self.cells[column] = mark.join([*items, cell.text])
        return True


class Cell:
    """An item of a cell."""

    __slots__ = ("text",)

    def __init__(self) -> None:
        self.text = ""

    def __bool__(self) -> bool:
        return bool(self.text)

    def take(self, other: Cell) -> bool:
        return self.put(other.text) if other.text else True

    def copy(self) -> Cell:
        made = Cell()
        made.text = self.text
        return made

    def put(self, value: Any) -> bool:
        written = text(value)
        if self.text and self.text != written:
            return False
        self.text = written
        return True


class DataDraft:
    """A dataset that is being filled."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rows: list[Draft] = []
        self.single: dict[str, Draft] = {}

    def row(self, spec: Spec, parent: Draft | None) -> Draft:
        made = Draft(spec, parent)
        (self.rows if parent is None else parent.inner).append(made)
        return made

    def only(self, name: str) -> Draft:
        """The one row of a table that speaks of the whole dataset."""
        if name not in self.single:
            self.single[name] = Draft((name, (), {}, (), "", ""))
        return self.single[name]

    def tables(self) -> dict[str, list[dict[str, str]]]:
        """The rows by table, in the order of their making; joined rows are one with the row of their key."""
        found: dict[str, list[dict[str, str]]] = {}
        made = [each for draft in self.rows for each in _rows(draft, {}, "")]
        for name, key, cells in made:
            if not key:
                found.setdefault(name, []).append(cells)
        for name, draft in self.single.items():
            if draft.cells:
                first = found.setdefault(name, [{}])[0]
                first.update({column: value for column, value in draft.cells.items() if column not in first})
        known: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], dict[str, str]]] = {}
        for name, key, cells in made:
            if key:
                if (name, key) not in known:
                    known[(name, key)] = {_values(row, key): row for row in reversed(found.setdefault(name, []))}
                there = known[(name, key)].setdefault(_values(cells, key), cells)
                if there is cells:
                    found[name].append(cells)
                else:
                    there.update({column: value for column, value in cells.items() if column not in there})
        return found


def _values(row: dict[str, str], key: tuple[str, ...]) -> tuple[str, ...]:
    """What a row has in the columns of its key; all of it where it lacks one of them."""
    found = tuple(row.get(column, "") for column in key)
    return found if all(found) else tuple(f"{column}={value}" for column, value in row.items())


Made = tuple[str, tuple[str, ...], dict[str, str]]
"""Table, the columns that join it to another (empty for a row of its own), cells."""


def _rows(draft: Draft, around: dict[str, str], table: str) -> Iterator[Made]:
    """What a draft gives: its row with those beside it, or the rows of its group."""
    name = table if draft.spec[0] in ("", ".") else draft.spec[0]
    items = [inner for inner in draft.inner if inner and inner.spec[3]]
    for item in items:
        _fold(item, draft)
    _look_up(draft)
    cells = {**around, **draft.cells}
    members = [inner for inner in draft.inner if inner and not inner.spec[3]]
    same = [inner for inner in members if inner.spec[0] == "."]
    for inner in members:
        yield from _rows(inner, cells if inner.spec[0] == "." else {}, name)
    if not same and cells:
        yield name, (), cells
    for other, here, there in draft.spec[1]:
        beside = draft.joined.get(other)
        if beside and other not in draft.spec[2]:
            joined = {ours: cells[mine] for mine, ours in zip(here, there, strict=True) if mine in cells}
            yield other, there, {**joined, **beside.cells}


def _fold(item: Draft, row: Draft) -> None:
    """An unpivoted item as the cell of the column that stands for it."""
    _look_up(item)
    _, _, _, columns, answer, mark = item.spec
    said = item.cells
    fitting = [
        (column, constants)
        for column, constants in columns
        if all(said.get(name, value) == value for name, value in constants)
        and (not constants or any(name in said for name, _ in constants))
    ]
    for column, constants in fitting[:1]:
        ticked = [value for name, value in constants if name == answer]
        if ticked:
            row.cells.setdefault(column, ticked[0])
        elif answer in said:
            cell = Cell()
            cell.put(said[answer])
            row.place(column, cell, mark or ";")
    names = {name for _, constants in columns for name, _ in constants} | {answer}
    for name, value in said.items():
        if name not in names:
            row.cells.setdefault(name, value)


def _look_up(draft: Draft) -> None:
    """What was written under the name of a code table picks the first of its rows that fits, and so the codes here."""
    for name, here, _ in draft.spec[1]:
        wanted = draft.joined[name].cells if name in draft.joined and name in draft.spec[2] else {}
        if not wanted:
            continue
        for left, members in draft.spec[2][name]:
            parts = left.split("|")
            same = all(members.get(member) == value for member, value in wanted.items())
            if same and all(draft.cells.get(mine, part) == part for mine, part in zip(here, parts, strict=True)):
                for mine, part in zip(here, parts, strict=True):
                    draft.cells.setdefault(mine, part)
                break
