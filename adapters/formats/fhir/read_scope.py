"""Where a map reads in a FHIR tree (`conformance.syntax.ReadScope`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from adapters.formats.fhir.paths import TYPED, Step, resolve, typed
from conformance.definitions import r4
from conformance.syntax import Code, PathError, Value


@dataclass(slots=True)
class FhirRead:
    """Reads from an object. `open` are the resources that contexts around this one have open, innermost first."""

    code: Code
    var: str
    inside: str
    parent: FhirRead | None = None
    exact: bool = False
    """True for an item of its own: `.` is its value."""

    @property
    def at(self) -> str:
        return f"(id({self.var}),)"

    def _home(self, path: str) -> tuple[str, str, str]:
        """The variable and type that a path starts from, and the rest of the path."""
        match = TYPED.fullmatch(path)
        if match is None:
            return self.var, self.inside, path
        name, rest = match.groups()
        scope: FhirRead | None = self
        while scope is not None:
            if scope.inside == name:
                return scope.var, name, rest
            scope = scope.parent
        if not r4.is_resource(name):
            raise PathError(f"`{name}` is no resource type")
        var = self.code.new("o")
        self.code.add(f"{var} = R.near({name!r})")
        return var, name, rest

    def _steps(self, path: str) -> tuple[str, tuple[Step, ...]]:
        var, inside, rest = self._home(path)
        return var, resolve(inside, rest)

    def leaf(self, path: str, *, listed: bool = False) -> Value:
        """A value; with `listed` all values of a list of primitives, for a conversion that takes them together: those
        of the first element that holds such a list, since two people's names or two addresses aren't one."""
        if listed and path != ".":
            home, steps = self._steps(path)
            if steps[-1].many and not steps[-1].index and r4.is_primitive(steps[-1].type):
                var = self.code.new("v")
                *around, last = (step.read for step in steps)
                holder = f"get({home}, {self.code.constant(tuple(around))}, T)" if around else home
                self.code.add(f"{var} = every({holder}, {self.code.constant((last,))}, T)")
                return Value(var, var, f"(id({home}),)")
        return self.node(path)

    def node(self, path: str) -> Value:
        if path == ".":
            return Value(self.var, f"{self.var} is not None", self.at)
        home, steps = self._steps(path)
        var = self.code.new("v")
        self.code.add(f"{var} = get({home}, {self.code.constant(tuple(step.read for step in steps))}, T)")
        if steps[-1].type == "code":
            self.code.add(f"if {var} is None: {var} = original({home}, {steps[-1].name!r})" if len(steps) == 1 else "")
        return Value(var, f"{var} is not None", f"(id({home}),)")

    @contextmanager
    def items(self, path: str) -> Iterator[FhirRead]:
        home, steps = self._steps(path)
        var = self.code.new("o")
        with self.code.block(
            f"for {var} in every({home}, {self.code.constant(tuple(step.read for step in steps))}, T):"
        ):
            yield FhirRead(self.code, var, steps[-1].inside or steps[-1].type, self, exact=True)

    @contextmanager
    def contexts(
        self, name: str, after: tuple[str, ...], members: tuple[str, ...] = (), per: str = ""
    ) -> Iterator[FhirRead]:
        if not r4.is_resource(name):
            raise PathError(f"`{name}` is no resource type")
        with self.among(name, f"R.resources({name!r})") as scope:
            yield scope

    @contextmanager
    def among(self, name: str, resources: str) -> Iterator[FhirRead]:
        """A loop over the resources of a type that an expression gives."""
        var = self.code.new("o")
        with self.code.block(f"for {var} in {resources}:"):
            yield FhirRead(self.code, var, name, self)

    def test(self, path: str, operator: str, operand: Any) -> str:
        if operator == "section":
            return self._listed(operand)
        if operator == "leads":
            value = self.node(path)
            return f"{value.given} and R.leads({value.var}, {self.root_var()}, {str(operand)!r})"
        if path != "." and path[:1].isupper() and "." not in path:
            var = self.code.new("o")
            self.code.add(f"{var} = R.resource({path!r})")
            return f"{var} is {'not ' if operand == 'valued' else ''}None"
        if operator == "count":
            home, steps = self._steps(path)
            return (
                f"len(every({home}, {self.code.constant(tuple(step.read for step in steps))}, NONE)) == {int(operand)}"
            )
        return self._test(path, operator, operand)

    def _listed(self, operand: Any) -> str:
        """A test: the resource is listed in the section of a Composition that is read around it."""
        scope: FhirRead | None = self
        while scope is not None and scope.inside != "Composition.section":
            scope = scope.parent
        if operand != "here" or scope is None:
            raise PathError("`section: here` is a test inside a section of a Composition")
        return f"R.section_of({self.var}) is {scope.var}"

    def _test(self, path: str, operator: str, operand: Any) -> str:
        """A test on a path holds when one of the values there meets it."""
        wanted: Any = operand
        if path == ".":
            values = f"({self.var},)"
        else:
            home, inside, rest = self._home(path)
            steps = self.code.constant(tuple(step.read for step in resolve(inside, rest)))
            values = f"every({home}, {steps}, NONE)"
            wanted = typed(inside, rest, operand) if operator == "eq" else operand
        if operator == "is":
            return f"{'' if operand == 'valued' else 'not '}{values}"
        condition = {
            "eq": lambda: f"same(x, {self.code.constant(wanted)})",
            "in": lambda: f"text(x) in {self.code.constant(frozenset(operand))}",
            "match": lambda: f"matches({self.code.constant(str(operand))}, text(x))",
            "length": lambda: f"len(text(x)) >= {int(operand)}",
        }[operator]()
        return f"any({condition} for x in {values})"

    def equals(self, path: str, value: Any) -> str:
        """An expression: what stands at a path is this constant of a map."""
        home, inside, rest = self._home(path)
        steps = resolve(inside, rest)
        wanted = typed(inside, rest, value)
        if steps[-1].many and not isinstance(wanted, list):
            wanted = [wanted]
        last = self.code.constant(steps[-1].name)
        holder = home
        if len(steps) > 1:
            holder = self.code.new("v")
            self.code.add(
                f"{holder} = get({home}, {self.code.constant(tuple(step.read for step in steps[:-1]))}, NONE)"
            )
        return f"member({holder}, {last}) == {self.code.constant(wanted)}"

    @contextmanager
    def pointed(self, path: str, kind: str) -> Iterator[FhirRead]:
        """The resource that a reference leads to, when it is of a type and no other rule's."""
        value = self.node(path)
        var = self.code.new("o")
        with (
            self.code.block(f"for {var} in (R.resolve({value.var}, {self.root_var()}),):"),
        ):
            self.code.add(f"if {var} is None or {var}['resourceType'] != {kind!r} or id({var}) in T: continue")
            yield FhirRead(self.code, var, kind, self)

    def root_var(self) -> str:
        """The resource around, for contained resources."""
        scope: FhirRead = self
        while scope.parent is not None and not r4.is_resource(scope.inside):
            scope = scope.parent
        return scope.var

    def is_segment(self) -> bool:
        return False

    def type_at(self, path: str, value: Value) -> str:
        if path == ".":
            return self.inside
        step = self._steps_of(path)[-1]
        return step.inside or step.type

    def _steps_of(self, path: str) -> tuple[Step, ...]:
        match = TYPED.fullmatch(path)
        return resolve(match.group(1), match.group(2)) if match else resolve(self.inside, path)

    def key(self, path: str, *, whole: bool) -> str:
        value = self.node(path)
        return value.var if whole else f"(text({value.var}) if {value.given} else '')"

    def where(self, path: str) -> tuple[Any, ...]:
        match = TYPED.fullmatch(path)
        home = match.group(1) if match else self.inside if r4.is_resource(self.inside) else ""
        steps = () if path == "." else self._steps_of(path)
        return (home, tuple(step.read for step in steps), bool(match) and home != self._resource())

    def where_leaf(self, path: str) -> tuple[Any, ...]:
        """Where one value is read: of lists of elements on the way in the first."""
        home, steps, afar = self.where(path)
        known = () if path == "." else self._steps(path)[1]
        first = [
            (name, 1, url) if step.many and not (index or url or r4.is_primitive(step.type)) else (name, index, url)
            for (name, index, url), step in zip(steps, known, strict=True)
        ]
        return home, tuple(first), afar

    def _resource(self) -> str:
        """The type of the resource around."""
        scope: FhirRead | None = self
        while scope is not None and not r4.is_resource(scope.inside):
            scope = scope.parent
        return scope.inside if scope is not None else ""
