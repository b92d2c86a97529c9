"""Where a map writes in an HL7 v2 message (`conformance.syntax.WriteScope`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from adapters.formats.hl7v2.paths import Path, group_of, parse_path
from conformance.syntax import Code, PathError


@dataclass(slots=True)
class V2Write:
    """Where paths are written: the message or a group instance, a segment, or an item (`Cells`)."""

    code: Code
    var: str
    kind: str
    parent: V2Write | None = None
    segment: str = ""
    inside: str = ""
    level: str = "component"
    members: tuple[str, ...] = ()

    def filled(self) -> str:
        return self.var

    def _target(self, at: Path) -> str:
        """The expression of the segment draft that a path writes to."""
        if self.kind == "segment" and self.segment == at.segment:
            return self.var
        if self.kind == "message":
            return f"{self.var}.segment({at.segment!r})"
        if self.kind == "group" and at.segment in self._members():
            return f"D.segment({at.segment!r}, {self.var})"
        if self.parent is None:
            raise PathError(f"a data type knows no segment `{at.segment}`")
        return self.parent._target(at)

    def _members(self) -> Collection[str]:
        found = None if self.members else group_of(self.inside, self.segment)
        return found[1] if found else self.members

    def put(self, path: str, expression: str, *, gives: str = "", many: bool = False, weak: bool = False) -> None:
        at = parse_path(path)
        if at.segment:
            call = f"{self._target(at)}.put({at.field}, {at.component or 1}, {at.subcomponent}, {expression})"
        elif self.kind != "item":
            raise PathError("a component path outside a field")
        else:
            call = f"{self.var}.put({at.component or 1}, {at.subcomponent}, {expression})"
        self.code.add(call if weak else f"if not {call}: R.conflict({path!r})")

    def put_whole(self, path: str, expression: str) -> None:
        """All repetitions of a field, as nested lists."""
        at = parse_path(path)
        self.code.add(f"if not {self._target(at)}.whole({at.field}, {expression}): R.conflict({path!r})")

    def describe(self, path: str) -> str:
        return path if path[:1].isupper() or path == "." else f".{path}"

    def typed(self, path: str, value: Any) -> Any:
        """A constant of a map, which is a text here."""
        del path
        return value

    def constant(self, path: str, value: Any) -> str:
        if not isinstance(value, str):
            raise PathError("a constant of HL7 v2 is a text")
        return repr(value)

    def plan_constants(self, values: dict[str, Any]) -> None:
        """Constants that `put_constants` will write."""

    def put_constants(self, values: dict[str, Any]) -> None:
        """Constants, where nothing else is yet."""
        for path, value in values.items():
            self.put(path, repr(value), weak=True)

    def absent(self, path: str, original: str) -> None:
        raise PathError("HL7 v2 has no data-absent-reason")

    def child(self, path: str) -> V2Write:
        at = parse_path(path)
        var = self.code.new("x")
        if at.segment and not at.field:
            group = self._group()
            self.code.add(f"{var} = D.new({at.segment!r}, {group})")
            return V2Write(self.code, var, "segment", self, at.segment)
        self.code.add(f"{var} = Cells()")
        return V2Write(self.code, var, "item", self, level="subcomponent" if at.component else "component")

    def _group(self) -> str:
        scope: V2Write | None = self
        while scope is not None:
            if scope.kind == "group":
                return scope.var
            scope = scope.parent
        return "None"

    def context(self, name: str, after: tuple[str, ...], members: tuple[str, ...] = ()) -> V2Write:
        """A new segment, alone or with those that belong to it, or group instance."""
        var = self.code.new("x")
        name = name.partition("[")[0]
        if members:
            members = (name, *members)
            self.code.add(f"{var} = D.span({name!r}, {members!r}, {self._group()})")
            return V2Write(self.code, var, "group", self, name, self._root(), members=members).context(name, after)
        if len(name) == 3:
            self.code.add(f"{var} = D.new({name!r}, {self._group()}, {after!r})")
            return V2Write(self.code, var, "segment", self, name)
        self.code.add(f"{var} = D.span({name!r})")
        return V2Write(self.code, var, "group", self, name, self._root())

    def _root(self) -> str:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope.inside

    def attach(self, path: str, child: V2Write) -> None:
        at = parse_path(path)
        if at.segment and not at.field:
            return
        if at.segment:
            call = f"{self._target(at)}.place({at.field}, {at.component}, {child.var})"
        elif not at.component:
            call = f"{self.var}.take({child.var})"
        else:
            call = f"{self.var}.place({at.component}, {at.subcomponent}, {child.var})"
        self.code.add(f"if not {call}: R.conflict({path!r})")

    def type_at(self, path: str) -> str:
        return self.level if path == "." else ("subcomponent" if parse_path(path).component else "component")
