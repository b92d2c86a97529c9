"""Where a map reads in a dataset (`conformance.syntax.ReadScope`), as source text.

A path is a column of the row that is read, or of a row around it; `Table.Column` is that of a joined table, of a row
around by its table's name, or of the one row of a table that speaks of the whole dataset (`Export.ExportID`). In an
unpivoted item the names of `to` are paths too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters.formats.tabular import walk
from adapters.formats.tabular.paths import OF_ROW, SPLIT, Problem, nothing_known
from conformance.syntax import Code, PathError, Value


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
    problem: Problem = nothing_known

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
        match = SPLIT.fullmatch(path)
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
    def contexts(
        self, name: str, after: tuple[str, ...], members: tuple[str, ...] = (), per: str = ""
    ) -> Iterator[TableRead]:
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
        match = SPLIT.fullmatch(path)
        return self._covered(match.group(1) if match else path)

    def _covered(self, path: str) -> tuple[Any, ...]:
        if self.column and path == ".":
            return (self.table, self.columns, False)
        return self._found(path)[1]

    def where_leaf(self, path: str) -> tuple[Any, ...]:
        return self.where(path)
