"""Tables' side of the map compiler: scopes that read rows and write them, and the ledger's view of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from adapters.formats.tabular import draft, walk
from adapters.formats.tabular.paths import OF_ROW, Problem, nothing_known
from adapters.formats.tabular.places import spot
from adapters.formats.tabular.read_scope import TableRead
from adapters.formats.tabular.table import Dataset, Row, Table
from adapters.formats.tabular.write_scope import TableWrite
from conformance.document import Document
from conformance.issue import Where
from conformance.syntax import Code, Leaf, Value

_LEFT_OUT = ", left out ("


@cache
def columns_of(kind: str) -> Mapping[str, frozenset[str]]:
    """The columns of a shipped kind's tables; nothing for a kind of others."""
    from conformance.tabular.kinds import ids, shipped

    schema = shipped(kind).value if kind in ids() else None
    tables = schema.tables if schema is not None else ()
    return {table.name: frozenset(column.name for column in table.columns) for table in tables}


class TableSyntax:
    """Tables' paths for the map compiler (`conformance.syntax.Syntax`)."""

    name = "csv"
    variants: tuple[str, ...] = ("plain",)
    claims = False
    references = False
    has_contexts = True
    tree = False
    writes = True

    def __init__(self, problem: Problem = nothing_known) -> None:
        self._problem = problem

    def knowing(self, problem: Problem) -> TableSyntax:
        """The same, for maps of tables whose columns are known."""
        return TableSyntax(problem)

    @property
    def runtime(self) -> Mapping[str, Any]:
        return _RUNTIME

    def is_context(self, path: str) -> bool:
        return False

    def variant(self, root: Any) -> str:
        return "plain"

    def reader(self, code: Code, var: str, inside: str, variant: str) -> TableRead:
        return TableRead(code, var, code.hold(), problem=self._problem)

    def part_reader(self, code: Code, var: str, level: str, inside: str, variant: str) -> TableRead:
        if inside.startswith(OF_ROW):
            return TableRead(code, "", code.hold(), var, inside.removeprefix(OF_ROW), problem=self._problem)
        return TableRead(code, "", code.hold(), text=var)

    def item_reader(self, scope: TableRead, value: Value) -> TableRead:
        return scope

    def writer(self, code: Code, var: str, inside: str) -> TableWrite:
        return TableWrite(code, var, "data", inside, problem=self._problem)

    def part_writer(self, code: Code, var: str, inside: str) -> TableWrite:
        return TableWrite(code, var, inside or "cell", problem=self._problem)

    def start(self, root: str) -> draft.DataDraft:
        return draft.DataDraft(root)

    def finish(self, target: draft.DataDraft, run: Any) -> Document:
        """The dataset, its tables in the order in which rules wrote them."""
        kind = run.settings.target or target.kind
        known = columns_of(kind)
        data = Dataset(kind)
        for name, rows in target.tables().items():
            columns = known.get(name)
            kept = (row if columns is None else {key: row[key] for key in row if key in columns} for row in rows)
            data[name] = Table(name, map(Row, kept))
        return Document(format="csv", version=kind, root=data)

    def origin(self, root: Any) -> tuple[str, list[str]]:
        """A dataset is known by nothing but its rows."""
        return "", []

    # ---- the ledger ------------------------------------------------------------------------------------------

    def leaves(self, root: Any) -> Iterator[Leaf]:
        """Every populated cell; a key is (table, id of the row, column)."""
        for name, rows in root.items():
            for row in rows:
                for column, value in row.items():
                    yield Leaf((name, id(row), column), spot(name, row, column).path, value)
                for column, code in (getattr(row, "refused", None) or {}).items():
                    path = f"{spot(name, row, column).path}{_LEFT_OUT}{code})"
                    yield Leaf((name, id(row), f"{column} {code}"), path, row.raw(column))

    def nulls(self, root: Any) -> list[str]:
        return []

    def covers(self, where: tuple[Any, ...], key: tuple[Any, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
        table, column, _ = where
        if not table:
            return key
        if table != full[0]:
            return None
        return () if not column or full[2] == column or (type(column) is tuple and full[2] in column) else None

    def once(self, where: tuple[Any, ...], full: tuple[Any, ...]) -> bool:
        return False

    def shape(self, full: tuple[Any, ...]) -> tuple[str, str]:
        return full[0], full[2]

    def holders(self, full: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """The dataset, the row, the cell."""
        yield ()
        yield (full[1],)
        yield full[1:]

    def spread(self, at: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        return (at,)

    def anchor(self, where: tuple[Any, ...]) -> tuple[str, str] | None:
        table, column, _ = where
        return (table, column if type(column) is str else "*") if table else None

    def anchors(self, full: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
        return (full[0], full[2]), (full[0], "*"), (full[0], "")

    def afar(self, where: tuple[Any, ...]) -> bool:
        return bool(where[2])

    def pattern(self, leaf: Leaf) -> str:
        return f"{leaf.key[0]}.{leaf.key[2] if _LEFT_OUT not in leaf.path else leaf.key[2].rpartition(' ')[0]}"

    def locator(self, root: Any) -> Callable[[tuple[Any, ...], str], Where]:
        rows: dict[int, tuple[str, Any]] = {}

        def found(at: tuple[Any, ...], path: str) -> Where:
            if not rows:
                rows.update({id(row): (name, row) for name, table in root.items() for row in table})
            if not at or at[0] not in rows:
                return Where(path=path)
            name, row = rows[at[0]]
            return spot(name, row, at[1] if len(at) > 1 else path)

        return found


_RUNTIME: Mapping[str, Any] = {
    "table": walk.table,
    "first": walk.first,
    "indexed": walk.indexed,
    "grouped": walk.grouped,
    "unpivoted": walk.unpivoted,
    "pieces": walk.pieces,
    "looked": walk.looked,
    "EMPTY": walk.EMPTY,
    "Cell": draft.Cell,
    "Draft": draft.Draft,
}

SYNTAX = TableSyntax()
