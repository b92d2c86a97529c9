"""Tables' side of the map compiler: scopes that read rows and write them, and the ledger's view of a dataset.

A path is a column of the row that is read, or of a row around it; `Table.Column` is that of a joined table, of a row
around by its table's name, or of the one row of a table that speaks of the whole dataset (`Export.ExportID`). In an
unpivoted item the names of `to` are paths too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from adapters.formats.tabular import draft, walk
from adapters.formats.tabular.places import spot
from adapters.formats.tabular.table import Dataset, Row, Table
from conformance.document import Document
from conformance.issue import Where
from conformance.syntax import Code, Leaf, PathError, Value

_SPLIT = re.compile(r"(.*)\[(.+)\]")
"""A column whose cells are split: `Needs[;]`."""

Problem = Callable[[str, str], str]
"""Why nothing can ever stand in a table, or in its column; empty where something can, or nobody knows."""


def _nothing_known(table: str, column: str = "") -> str:
    del table, column
    return ""


_LEFT_OUT = ", left out ("

OF_ROW = "row "
"""How the type of a row begins, for a part that reads one."""


@dataclass(slots=True)
class Beside:
    """What a join put beside a row: a variable, and for a code table the columns that were looked up."""

    var: str
    table: str = ""
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class TableRead:
    """Reads from a dataset, from a row of it, or from an item of a row."""

    code: Code
    data: str
    """Variable of the dataset."""
    head: Code
    var: str = ""
    """Variable of the row."""
    table: str = ""
    parent: TableRead | None = None
    joined: dict[str, Beside] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Of an item: name -> expression."""
    column: str = ""
    """Of an item: variable of the column it stands in."""
    columns: tuple[str, ...] = ()
    """Of an item: the columns that it may stand in."""
    group: str = ""
    """Variable of the rows of a group."""
    text: str = ""
    """Variable of a text: a part that reads a cell."""
    problem: Problem = _nothing_known

    def _inner(self, **fields: Any) -> TableRead:
        """A scope within this one."""
        return TableRead(self.code, self.data, self.head, parent=self, problem=self.problem, **fields)

    def _check(self, table: str, column: str = "") -> None:
        if table and (problem := self.problem(table, column)):
            raise PathError(problem)

    @property
    def at(self) -> str:
        if self.text:
            return "at"
        if self.column:
            return f"(id({self.var}), {self.column})"
        return f"(id({self.var}),)" if self.var else "()"

    # ---- finding -----------------------------------------------------------------------------------------------

    def _found(self, path: str) -> tuple[str, tuple[Any, ...]]:
        """The expression of a path, and what reading it covers."""
        if self.text:
            if path != ".":
                raise PathError("a cell has no columns")
            return self.text, ("", "", False)
        name, dot, column = path.partition(".")
        if dot and path != ".":
            return self._elsewhere(name, column)
        scope: TableRead | None = self
        while scope is not None:
            if path in scope.names:
                return scope.names[path], (scope.table, scope.columns, False)
            if scope.var and not scope.column:
                self._check(scope.table, path)
                return f"{scope.var}.get({path!r})", (scope.table, path, False)
            scope = scope.parent
        raise PathError(f"`{path}` is no column here: `rows` opens a table")

    def _elsewhere(self, name: str, column: str) -> tuple[str, tuple[Any, ...]]:
        scope: TableRead | None = self
        while scope is not None:
            if name in scope.joined:
                beside = scope.joined[name]
                self._check(beside.table, column)
                where = (beside.table, column, True) if beside.table else (self.table, beside.columns, False)
                return f"{beside.var}.get({column!r})", where
            if name == scope.table and not scope.column:
                self._check(name, column)
                return f"{scope.var}.get({column!r})", (name, column, scope is not self)
            scope = scope.parent
        if not self.data:
            raise PathError(f"`{name}` isn't beside this row")
        self._check(name, column)
        var = self.code.new("f")
        self.head.add(f"{var} = first({self.data}, {name!r})")
        return f"{var}.get({column!r})", (name, column, True)

    # ---- reading -----------------------------------------------------------------------------------------------

    def leaf(self, path: str, *, listed: bool = False) -> Value:
        """The text of a cell."""
        del listed
        if self._is_row(path):
            return Value(self.var, self.var, self.at)
        expression, where = self._found(path)
        if expression.isidentifier():
            return Value(expression, expression, self.at)
        var = self.code.new("v")
        self.code.add(f"{var} = {expression}")
        own = self.var and not self.column and where[0] == self.table and type(where[1]) is str
        return Value(var, var, f"(id({self.var}), {where[1]!r})" if own else self.at)

    def _is_row(self, path: str) -> bool:
        return path == "." and bool(self.var) and "." not in self.names

    def node(self, path: str) -> Value:
        return self.leaf(path)

    @contextmanager
    def rows(self, over: Any, tables: Mapping[str, Any], site: int) -> Iterator[TableRead]:
        """A loop over the rows, groups or items that a rule reads."""
        if over.columns:
            with self._items(over) as scope:
                self._beside(scope, over, tables, site)
                yield scope
            return
        var = self.code.new("r")
        if over.table == ".":
            holder = self._grouped()
            with self.code.block(f"for {var} in {holder.group}:"):
                scope = self._inner(var=var, table=holder.table)
                self._beside(scope, over, tables, site)
                yield scope
            return
        self._check(over.table)
        rows = f"table({self.data}, {over.table!r})"
        scope = self._inner(var=var, table=over.table)
        for column in over.group:
            self._check(over.table, column)
        if over.group:
            scope.group = self.code.new("g")
            with self.code.block(f"for {scope.group} in grouped({rows}, {self.code.constant(over.group)}):"):
                self.code.add(f"{var} = {scope.group}[-1]")
                self._beside(scope, over, tables, site)
                yield scope
        else:
            with self.code.block(f"for {var} in {rows}:"):
                self._beside(scope, over, tables, site)
                yield scope

    def _grouped(self) -> TableRead:
        scope: TableRead | None = self
        while scope is not None and not scope.group:
            scope = scope.parent
        if scope is None:
            raise PathError("`from: .` reads the rows of a group, and there is none around")
        return scope

    @contextmanager
    def _items(self, over: Any) -> Iterator[TableRead]:
        row = self._row()
        item, column = self.code.new("i"), self.code.new("c")
        spec = self.code.constant(over.columns)
        columns = tuple(name for name, _ in over.columns)
        for name in columns:
            self._check(row.table, name)
        names = {name for _, constants in over.columns for name, _ in constants} | {over.answer}
        call = f"unpivoted({row.var}, {spec}, {over.answer!r}, {over.split!r})"
        with self.code.block(f"for {item}, {column} in {call}:"):
            scope = self._inner(var=row.var, table=row.table, column=column, columns=columns)
            for name in sorted(names):
                var = self.code.new("v")
                self.code.add(f"{var} = {item}.get({name!r})")
                scope.names[name] = var
            yield scope

    def _row(self) -> TableRead:
        scope: TableRead | None = self
        while scope is not None and (not scope.var or scope.column):
            scope = scope.parent
        if scope is None:
            raise PathError("`unpivot` stands inside `rows`")
        return scope

    def _beside(self, scope: TableRead, over: Any, tables: Mapping[str, Any], site: int) -> None:
        for join in over.joins:
            var = self.code.new("j")
            if join.name in tables:
                scope.joined[join.name] = self._looked(scope, join, tables[join.name], var, site)
                continue
            for column in join.there:
                self._check(join.name, column)
            index = self.code.new("n")
            self.head.add(f"{index} = indexed(table({self.data}, {join.name!r}), {join.there!r})")
            keys = [scope._found(column)[0] for column in join.here]
            key = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
            self.code.add(f"{var} = {index}.get({key}, EMPTY)")
            scope.joined[join.name] = Beside(var, join.name)

    def _looked(self, scope: TableRead, join: Any, rows: Any, var: str, site: int) -> Beside:

        constant = self.code.constant(walk.codes(rows))
        found = [scope._found(column) for column in join.here]
        key = "".join(f"{expression}, " for expression, _ in found)
        last = found[-1][0]
        self.code.add(f"{var} = looked({constant}, ({key}))")
        self.code.add(f"if {var} is None: {var} = EMPTY; R.unknown({scope.at}, {site}, {last})")
        columns = tuple(
            name for _, where in found for name in (where[1] if isinstance(where[1], tuple) else (where[1],))
        )
        return Beside(var, "", columns)

    @contextmanager
    def items(self, path: str) -> Iterator[TableRead]:
        """A loop over the items of a cell: `Needs[;]`; over the cell alone without a mark."""
        match = _SPLIT.fullmatch(path)
        column, mark = match.groups() if match else (path, "")
        expression, where = self._found(column)
        var = self.code.new("t")
        call = f"pieces({expression}, {mark!r})" if mark else f"filter(None, ({expression},))"
        with self.code.block(f"for {var} in {call}:"):
            if self.text:
                yield TableRead(self.code, "", self.head, text=var)
                return
            name = where[1] if type(where[1]) is str else column
            yield self._inner(var=self.var, table=self.table, column=repr(name), columns=(name,), names={".": var})

    @contextmanager
    def contexts(self, name: str, after: tuple[str, ...], members: tuple[str, ...] = ()) -> Iterator[TableRead]:
        raise PathError("the rows of a table are read by `rows`")
        yield self

    @contextmanager
    def pointed(self, path: str, kind: str) -> Iterator[TableRead]:
        raise PathError("rows refer to one another by `join`")
        yield self

    def made(self, path: str) -> str:
        raise PathError("rows refer to one another by `join`, what they made by `ref`")

    def test(self, path: str, operator: str, operand: Any) -> str:
        value = self._found(path)[0]
        if operator == "is":
            return value if operand == "valued" else f"not {value}"
        tests: Mapping[str, Callable[[], str]] = {
            "eq": lambda: f"{value} == {str(operand)!r}",
            "in": lambda: f"{value} in {self.code.constant({str(each): True for each in operand})}",
            "match": lambda: f"matches({self.code.constant(str(operand))}, {value} or '')",
            "length": lambda: f"len({value} or '') >= {int(operand)}",
        }
        if operator not in tests:
            raise PathError(f"a cell can't be tested with `{operator}`")
        return tests[operator]()

    def equals(self, path: str, value: Any) -> str:
        return self.test(path, "eq", value)

    def key(self, path: str, *, whole: bool) -> str:
        del whole
        if path[:1] == path[-1:] == "'":  # what tells keys of different things apart
            return repr(path[1:-1])
        return f"({self._found(path)[0]} or '')"

    def root_var(self) -> str:
        return self.var

    def is_segment(self) -> bool:
        return False

    def type_at(self, path: str, value: Value) -> str:
        return OF_ROW + self.table if self._is_row(path) else "cell"

    def where(self, path: str) -> tuple[Any, ...]:
        if self._is_row(path):
            return (self.table, "", False)
        match = _SPLIT.fullmatch(path)
        return self._covered(match.group(1) if match else path)

    def _covered(self, path: str) -> tuple[Any, ...]:
        if self.column and path == ".":
            return (self.table, self.columns, False)
        return self._found(path)[1]

    def where_leaf(self, path: str) -> tuple[Any, ...]:
        return self.where(path)


@dataclass(slots=True)
class TableWrite:
    """Where paths are written: the dataset, a row or an item of it, or an item of a cell."""

    code: Code
    var: str
    kind: str
    inside: str = ""
    parent: TableWrite | None = None
    names: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    problem: Problem = _nothing_known

    @property
    def _table(self) -> str:
        """The table of a row; that of the rows around for one of a group."""
        return self.parent._table if self.inside == "." and self.parent is not None else self.inside

    def _check(self, table: str, column: str) -> None:
        if table and (problem := self.problem(table, column)):
            raise PathError(problem)

    def filled(self) -> str:
        return self.var

    def _target(self, path: str) -> tuple[str, str]:
        """The expression of the draft that a path writes to, and the column."""
        name, dot, column = path.partition(".")
        scope: TableWrite = self
        if not dot:
            while scope.parent is not None and (
                scope.kind == "cell" or (scope.kind == "item" and path not in scope.names)
            ):
                scope = scope.parent
            if scope.kind == "row":
                self._check(scope._table, path)
            return scope.var, path
        while scope.kind != "data":
            if name in scope.joined:
                return f"{scope.var}.beside({name!r})", column
            if name == scope.inside:
                self._check(name, column)
                return scope.var, column
            if scope.parent is None:
                raise PathError(f"`{name}` isn't beside this row")
            scope = scope.parent
        return f"D.only({name!r})", column

    def put(self, path: str, expression: str, *, gives: str = "", many: bool = False, weak: bool = False) -> None:
        del gives, many
        if self.kind == "cell" and path == ".":
            call = f"{self.var}.put({expression})"
        elif self.kind == "data" and "." not in path:
            raise PathError(f"`{path}` is no column here: `rows` opens a table")
        else:
            target, column = self._target(path)
            call = f"{target}.put({column!r}, {expression})"
        self.code.add(call if weak else f"if not {call}: R.conflict({path!r})")

    def put_whole(self, path: str, expression: str) -> None:
        self.put(path, expression)

    def row(self, over: Any, tables: Mapping[str, Any]) -> TableWrite:
        """A new row, or an item of the row that is written."""
        joins = tuple((join.name, join.here, join.there) for join in over.joins)
        codes = {name: tuple(rows) for name, rows in tables.items()}
        spec = (over.table, joins, codes, over.columns, over.answer, over.split)
        names = {name for _, constants in over.columns for name, _ in constants} | {over.answer}
        var = self.code.new("x")
        parent = self.var if self.kind in ("row", "item") else "None"
        self.code.add(f"{var} = D.row({self.code.constant(spec)}, {parent})")
        joined = frozenset(join.name for join in over.joins)
        kind = "item" if over.columns else "row"
        items = frozenset(names if over.columns else ())
        return TableWrite(self.code, var, kind, over.table, self, items, joined, self.problem)

    def typed(self, path: str, value: Any) -> Any:
        """A constant of a map, which is a text here."""
        del path
        return value

    def constant(self, path: str, value: Any) -> str:
        return repr(value)

    def plan_constants(self, values: dict[str, Any]) -> None:
        """Constants that `put_constants` will write."""

    def put_constants(self, values: dict[str, Any]) -> None:
        """Constants, where nothing else is yet."""
        for path, value in values.items():
            self.put(path, repr(value), weak=True)

    def absent(self, path: str, original: str) -> None:
        raise PathError("a cell has no data-absent-reason")

    def child(self, path: str) -> TableWrite:
        var = self.code.new("x")
        if path == "." and self.kind != "cell":
            self.code.add(f"{var} = Draft()")
            return TableWrite(self.code, var, "row", self.inside, self, problem=self.problem)
        self.code.add(f"{var} = Cell()")
        return TableWrite(self.code, var, "cell", parent=self, problem=self.problem)

    def attach(self, path: str, child: TableWrite) -> None:
        if path == ".":
            self.code.add(f"if not {self.var}.take({child.var}): R.conflict({child.inside!r})")
            return
        match = _SPLIT.fullmatch(path)
        target, column = self._target(match.group(1) if match else path)
        if match:
            self.code.add(f"{target}.place({column!r}, {child.var}, {match.group(2)!r})")
        else:
            self.code.add(f"if not {target}.put({column!r}, {child.var}.text): R.conflict({path!r})")

    def context(self, name: str, after: tuple[str, ...]) -> TableWrite:
        raise PathError("the rows of a table are written by `rows`")

    def later(self, path: str, name: str, url: str) -> None:
        raise PathError("rows refer to one another by `join`")

    def type_at(self, path: str) -> str:
        return "row" if path == "." and self.kind != "cell" else "cell"

    def describe(self, path: str) -> str:
        match = _SPLIT.fullmatch(path)
        return match.group(1) if match else path


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

    def __init__(self, problem: Problem = _nothing_known) -> None:
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
