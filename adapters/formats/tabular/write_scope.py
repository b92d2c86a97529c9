"""Where a map writes in a dataset (`conformance.syntax.WriteScope`), as source text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.formats.tabular.paths import SPLIT, Problem, nothing_known
from conformance.syntax import Code, PathError


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
    problem: Problem = nothing_known

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
        match = SPLIT.fullmatch(path)
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
        match = SPLIT.fullmatch(path)
        return match.group(1) if match else path
