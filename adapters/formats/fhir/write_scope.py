"""Where a map writes in a FHIR tree (`conformance.syntax.WriteScope`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters.formats.fhir.paths import TYPED, Step, accepts, resolve, typed
from conformance.definitions import r4
from conformance.syntax import Code, MisfitError, PathError

_FIRST = re.compile(r"[^.(\[]+(?:\([^)]*\))?")


@dataclass(slots=True)
class FhirWrite:
    """Writes into an object. Objects on the way are made once per scope, when something is first written there."""

    code: Code
    var: str
    inside: str
    head: Code
    parent: FhirWrite | None = None
    base: int = 0
    """How many members the object has while nothing was written: 2 for a resource (type and id)."""
    made: dict[str, str] = field(default_factory=dict)
    """By place: the variable of the object that this context made there."""
    slots: dict[str, dict[int, str]] = field(default_factory=dict)
    """By list: index of `coding[2]` -> variable, None while nothing is written there."""

    planned: Counter[str] = field(default_factory=Counter)
    """How many sets of constants will be written to an element."""

    def filled(self) -> str:
        return f"len({self.var}) > {self.base}" if self.base else self.var

    def _home(self, path: str) -> tuple[FhirWrite | None, str, str]:
        """The scope that a path starts from, or None and the resource type to look for; and the rest."""
        match = TYPED.fullmatch(path)
        if match is None:
            return self, self.inside, path
        name, rest = match.groups()
        scope: FhirWrite | None = self
        while scope is not None:
            if scope.inside == name:
                return scope, name, rest
            scope = scope.parent
        if not r4.is_resource(name):
            raise PathError(f"`{name}` is no resource type")
        return None, name, rest

    def container(self, path: str) -> tuple[str, Step, bool]:
        """The variable of the object that holds the last step; whether it may be None (a resource not there)."""
        home, inside, rest = self._home(path)
        steps = resolve(inside, rest)
        if home is self or (home is not None and len(steps) == 1) or home is not None:
            var, maybe = home.var, False
        else:
            var, maybe = self._other(inside), True
        for depth in range(1, len(steps)):
            var = self._object(inside + "." + _prefix(steps[:depth]), var, steps[depth - 1], maybe)
        return var, steps[-1], maybe

    def _other(self, name: str) -> str:
        """A variable with the last made resource of a type, looked up here: it changes from rule to rule."""
        if name not in self.made:
            self.made[name] = self.code.new("o")
        self.code.add(f"{self.made[name]} = R.last({name!r})")
        return self.made[name]

    def _object(self, prefix: str, holder: str, step: Step, maybe: bool) -> str:
        var = self._own(prefix)
        guard = f" and {holder} is not None" if maybe else ""
        new = repr({"url": step.url}) if step.url else "{}"
        with self.code.block(f"if {var} is None{guard}:"):
            if step.many:
                self.code.add(f"{var} = {new}")
                self._append(holder, prefix, step, var)
            else:
                self.code.add(f"{var} = {holder}.setdefault({step.name!r}, {new})")
        return var

    def _append(self, holder: str, prefix: str, step: Step, expression: str) -> None:
        """Appends to a list; `coding[2]` stands behind `coding[1]` or `coding`, whichever is written first."""
        slots = self.slots.setdefault(prefix.rpartition("[")[0], {})
        if not step.index and not any(slots):  # nothing of this context stands in an order with it
            self.code.add(f"{holder}.setdefault({step.name!r}, []).append({expression})")
            if prefix in self.made:
                slots[0] = expression
            return
        var = self._own(prefix)
        before = [f"({other} is not None)" for index, other in slots.items() if index < step.index]
        slots[step.index] = var
        if var != expression:
            self.code.add(f"{var} = {expression}")
        self.code.add(f"{holder}.setdefault({step.name!r}, []).insert({' + '.join(before) or '0'}, {var})")

    def _place(self, path: str) -> str:
        _, inside, rest = self._home(path)
        return inside + "." + _prefix(resolve(inside, rest))

    def _own(self, prefix: str) -> str:
        """The variable of the object that this context has at a place; None while nothing is written there."""
        if prefix not in self.made:
            var = self.code.new("h")
            self.head.add(f"{var} = None")
            self.made[prefix] = var
        return self.made[prefix]

    def put(self, path: str, expression: str, *, gives: str = "", many: bool = False, weak: bool = False) -> None:
        if path == ".":
            self.code.add(f"merge({self.var}, {expression})")
            return
        var, step, maybe = self.container(path)
        if not accepts(step.type, gives):
            raise MisfitError(gives, step.type)
        if step.url:
            raise PathError("an extension is written by one of its values")
        with self.code.block(f"if {var} is not None:") if maybe else _nothing():
            if step.many and many and expression[:1] == "[":
                self.code.add(f"{var}.setdefault({step.name!r}, []).extend({expression})")
            elif step.many and many:
                self.code.add(f"add({var}, {step.name!r}, {expression})")
            elif step.many:
                self._append(var, self._place(path), step, expression)
            elif weak:
                self.code.add(f"{var}.setdefault({step.name!r}, {expression})")
            elif expression.isidentifier():
                test = f"{var}.setdefault({step.name!r}, {expression}) != {expression}"
                self.code.add(f"if {test}: R.conflict({path!r})")
            else:
                self.code.add(f"R.put({var}, {step.name!r}, {expression}, {path!r})")

    def later(self, path: str, name: str, url: str) -> None:
        """A reference that is set when all is made."""
        var, step, maybe = self.container(path)
        if step.type != "Reference":
            raise PathError("a reference is written to an element of type Reference")
        with self.code.block(f"if {var} is not None:") if maybe else _nothing():
            self.code.add(f"R.later.append(({var}, {step.name!r}, {step.many}, {name!r}, {url}))")

    def typed(self, path: str, value: Any) -> Any:
        """A constant of a map as the JSON value that stands at a path."""
        if path == ".":
            members = value if isinstance(value, dict) else {}
            return {name: typed(self.inside, name, each) for name, each in members.items()} or value
        _, inside, rest = self._home(path)
        return typed(inside, rest, value)

    def constant(self, path: str, value: Any) -> str:
        return repr(self.typed(path, value))

    def plan_constants(self, values: dict[str, Any]) -> None:
        """Constants that `put_constants` will write at the end of this context."""
        self.planned.update({_FIRST.match(path).group() for path in values})  # type: ignore[union-attr]

    def put_constants(self, values: dict[str, Any]) -> None:
        """Constants, where nothing else is yet: of an element that nothing else writes to, as one literal."""
        groups: dict[str, dict[str, Any]] = {}
        for path, value in values.items():
            groups.setdefault(_FIRST.match(path).group(), {})[path] = value  # type: ignore[union-attr]
        for name, group in groups.items():
            if literal := self._alone(name, group):
                self.code.add(literal)
                continue
            for path, value in group.items():
                self.put(path, repr(value), many=isinstance(value, list), weak=True)

    def _alone(self, name: str, group: dict[str, Any]) -> str:
        """The line that writes constants as one literal; empty where something else may write to the element."""
        if any(self._home(path)[0] is not self for path in group) or self.planned[name] > 1:
            return ""
        steps = {path: resolve(self.inside, path) for path in group}
        first = next(iter(steps.values()))[0]
        if any(step.index for each in steps.values() for step in each):
            return ""
        if any(place.startswith(f"{self.inside}.{first.name}(") for place in self.made):
            return ""
        literal = repr(_literal(steps, group))
        if first.many:
            return f"{self.var}.setdefault({first.name!r}, []).extend({literal})"
        return f"{self.var}.setdefault({first.name!r}, {literal})"

    def absent(self, path: str, original: str) -> None:
        var, step, maybe = self.container(path)
        with self.code.block(f"if {var} is not None:") if maybe else _nothing():
            self.code.add(f"absent({var}, {step.name!r}, {original})")

    def child(self, path: str) -> FhirWrite:
        _, inside, rest = self._home(path)
        step = resolve(inside, rest)[-1]
        var = self.code.new("x")
        self.code.add(f"{var} = {repr({'url': step.url}) if step.url else '{}'}")
        base = 1 if step.url else 0
        return FhirWrite(self.code, var, step.inside or step.type, self.code.hold(), self, base)

    def context(self, name: str, after: tuple[str, ...]) -> FhirWrite:
        """The same object in a new context of the other side: its elements of lists are its own."""
        return FhirWrite(self.code, self.var, self.inside, self.code.hold(), self, self.base)

    def attach(self, path: str, child: FhirWrite) -> None:
        """An element that was filled; where rules have written to its members, or will, it is one object with them."""
        var, step, maybe = self.container(path)
        with self.code.block(f"if {var} is not None:") if maybe else _nothing():
            if step.many and not step.index:
                self.code.add(f"{var}.setdefault({step.name!r}, []).append({child.var})")
                return
            own = self._own(self._place(path))
            with self.code.block(f"if {own} is None:"):
                self.code.add(f"{own} = {child.var}")
                if step.many:
                    self._append(var, self._place(path), step, own)
                else:
                    self.code.add(f"{own} = {var}.setdefault({step.name!r}, {child.var})")
            self.code.add(f"if {own} is not {child.var}: R.merge({own}, {child.var}, {path!r})")

    def describe(self, path: str) -> str:
        """A path for the ledger, from the resource type on; in an element it begins with a dot."""
        if TYPED.fullmatch(path):
            return path
        start = self.inside if r4.is_resource(self.inside) else ""
        return (start or ".") if path == "." else f"{start}.{path}"

    def type_at(self, path: str) -> str:
        if path == ".":
            return self.inside
        _, inside, rest = self._home(path)
        step = resolve(inside, rest)[-1]
        return step.inside or step.type


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _literal(steps: dict[str, tuple[Step, ...]], values: dict[str, Any]) -> Any:
    """What stands at the first step of paths that share it, with constants at their ends."""
    (first, *_), *_ = steps.values()
    content: Any = {"url": first.url} if first.url else {}
    for path, (_, *rest) in steps.items():
        if not rest:
            content = values[path]
            return content if not first.many or isinstance(content, list) else [content]
        node = content
        for step in rest[:-1]:
            new: dict[str, Any] = {"url": step.url} if step.url else {}
            if step.many:
                items = node.setdefault(step.name, [])
                found = next((each for each in items if each.get("url", "") == step.url), None)
                if found is None:
                    items.append(found := new)
                node = found
            else:
                node = node.setdefault(step.name, new)
        last, value = rest[-1], values[path]
        node[last.name] = value if not last.many or isinstance(value, list) else [value]
    return [content] if first.many else content


def _prefix(steps: tuple[Step, ...]) -> str:
    return ".".join(f"{step.name}({step.url})[{step.index}]" for step in steps)
