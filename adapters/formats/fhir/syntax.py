"""FHIR's side of the map compiler: scopes that read and write JSON trees, and the ledger's view of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from adapters.formats.fhir import walk, withdraw
from adapters.formats.fhir.paths import Step, accepts, resolve, typed
from conformance.definitions import r4
from conformance.document import Document
from conformance.issue import Where
from conformance.syntax import Code, Leaf, MisfitError, PathError, Value

_FIRST = re.compile(r"[^.(\[]+(?:\([^)]*\))?")
_TYPED = re.compile(r"([A-Z][A-Za-z]+)\.(.+)")


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
        match = _TYPED.fullmatch(path)
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
        """A value; with `listed` all values of a list of primitives, for a conversion that takes them together."""
        if listed and path != ".":
            home, steps = self._steps(path)
            if steps[-1].many and not steps[-1].index and r4.is_primitive(steps[-1].type):
                var = self.code.new("v")
                self.code.add(f"{var} = every({home}, {self.code.constant(tuple(step.read for step in steps))}, T)")
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
    def contexts(self, name: str, after: tuple[str, ...], members: tuple[str, ...] = ()) -> Iterator[FhirRead]:
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
        match = _TYPED.fullmatch(path)
        return resolve(match.group(1), match.group(2)) if match else resolve(self.inside, path)

    def key(self, path: str, *, whole: bool) -> str:
        value = self.node(path)
        return value.var if whole else f"(text({value.var}) if {value.given} else '')"

    def where(self, path: str) -> tuple[Any, ...]:
        match = _TYPED.fullmatch(path)
        home = match.group(1) if match else self.inside if r4.is_resource(self.inside) else ""
        steps = () if path == "." else self._steps_of(path)
        return (home, tuple(step.read for step in steps), bool(match) and home != self._resource())

    def where_leaf(self, path: str) -> tuple[Any, ...]:
        return self.where(path)

    def _resource(self) -> str:
        """The type of the resource around."""
        scope: FhirRead | None = self
        while scope is not None and not r4.is_resource(scope.inside):
            scope = scope.parent
        return scope.inside if scope is not None else ""


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
        match = _TYPED.fullmatch(path)
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
            if step.many and many:
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
        if _TYPED.fullmatch(path):
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


class FhirSyntax:
    """FHIR's paths for the map compiler (`conformance.syntax.Syntax`)."""

    name = "fhir"
    variants: tuple[str, ...] = ("plain",)
    runtime: ClassVar[Mapping[str, Any]] = {
        "get": walk.get,
        "every": walk.every,
        "text": walk.text,
        "same": walk.same,
        "add": walk.add,
        "absent": walk.absent,
        "original": walk.original,
        "member": walk.member,
        "merge": walk.merge,
        "copied": walk.copied,
        "withdrawn": withdraw.withdrawn,
        "updated": withdraw.updated,
    }
    claims = True
    references = True
    has_contexts = False
    tree = True
    writes = True
    resources = staticmethod(walk.resources)
    index = staticmethod(walk.index)

    def is_context(self, path: str) -> bool:
        return False

    def item_reader(self, scope: FhirRead, value: Value) -> FhirRead:
        return FhirRead(scope.code, value.var, "", scope, exact=True)

    def resource(self, code: Code, var: str, kind: str, parent: FhirWrite) -> FhirWrite:
        """A resource that is being made."""
        if not r4.is_resource(kind):
            raise PathError(f"`{kind}` is no resource type")
        return FhirWrite(code, var, kind, code.hold(), parent, base=2)

    def start(self, root: str) -> dict[str, Any]:
        return {"resourceType": root}

    def finish(self, target: dict[str, Any], run: Any) -> Document:
        """The Bundle with what the run made as its entries."""
        for url, gone in run.fates.items():
            if gone and url in run.made:
                withdraw.withdraw(run.made[url])
        if run.made:
            target["entry"] = [{"fullUrl": url, "resource": resource} for url, resource in run.made.items()]
        return Document(format="fhir", version="4.0.1", root=target)

    def origin(self, root: Any) -> tuple[str, list[str]]:
        """What identifies a document among those of its sender, and the sender's facility (not known here)."""
        identifier = root.get("identifier") if type(root) is dict else None
        value = identifier.get("value") if type(identifier) is dict else None
        name = value if type(value) is str else str(root.get("id", "")) if type(root) is dict else ""
        return name, []

    def variant(self, root: Any) -> str:
        return "plain"

    def reader(self, code: Code, var: str, inside: str, variant: str) -> FhirRead:
        return FhirRead(code, var, inside)

    def part_reader(self, code: Code, var: str, level: str, inside: str, variant: str) -> FhirRead:
        return FhirRead(code, var, inside, exact=True)

    def writer(self, code: Code, var: str, inside: str) -> FhirWrite:
        return FhirWrite(code, var, inside, code.hold())

    def part_writer(self, code: Code, var: str, inside: str) -> FhirWrite:
        return FhirWrite(code, var, inside, code.hold())

    # ---- the ledger ------------------------------------------------------------------------------------------

    def leaves(self, root: Any) -> Iterator[Leaf]:
        """Primitive values; a key is the chain of (name, object id, index, an extension's URL) from the resource
        (or the Bundle) down."""
        if type(root) is dict and root.get("resourceType") == "Bundle":
            outer = {name: value for name, value in root.items() if name not in ("entry", "resourceType")}
            yield from _leaves(outer, "Bundle", (("Bundle", id(root), 0, ""),))
            entries = root.get("entry")
            for number, entry in enumerate(entries if type(entries) is list else ()):
                resource = entry.get("resource") if type(entry) is dict else None
                if type(resource) is dict:
                    yield from self._resource(resource, f"Bundle.entry[{number}].resource")
        elif type(root) is dict:
            yield from self._resource(root, str(root.get("resourceType")))

    def _resource(self, resource: dict[str, Any], path: str) -> Iterator[Leaf]:
        inner = {name: value for name, value in resource.items() if name not in ("resourceType", "id")}
        yield from _leaves(inner, path, ((str(resource.get("resourceType")), id(resource), 0, ""),))

    def covers(self, where: tuple[Any, ...], key: tuple[Any, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
        kind, steps, _ = where
        if kind:
            if full[0][0] != kind:
                return None
            key = full[1:]
        return _below(steps, key)

    def pattern(self, leaf: Leaf) -> str:
        """The path from its resource type on, without indexes: `Patient.name.family`."""
        return ".".join(step[0].lstrip("_") for step in leaf.key)

    def nulls(self, root: Any) -> list[str]:
        return []

    def once(self, where: tuple[Any, ...], full: tuple[Any, ...]) -> bool:
        return False

    def shape(self, full: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple((name, number, url) for name, _, number, url in full)

    def holders(self, full: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """The Bundle, the resource and the elements, by object id."""
        yield ()
        for _, each, _, _ in full:
            if each:
                yield (each,)

    def spread(self, at: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        return (at,)

    def anchor(self, where: tuple[Any, ...]) -> tuple[str, str] | None:
        kind, steps, _ = where
        return (kind, steps[0][0] if steps else "") if kind else None

    def anchors(self, full: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
        kind = full[0][0]
        return ((kind, ""), (kind, full[1][0])) if len(full) > 1 else ((kind, ""),)

    def afar(self, where: tuple[Any, ...]) -> bool:
        return bool(where[2])

    def locator(self, root: Any) -> Callable[[tuple[Any, ...], str], Where]:
        known: dict[int, str] = {}

        def found(at: tuple[Any, ...], path: str) -> Where:
            if not known:
                known[0] = ""
                for leaf in self.leaves(root):
                    _spots(leaf, known)
            parts = (known.get(at[0], ""), path if path != "." else "") if at else ()
            return Where(path=".".join(part for part in parts if part))

        return found


def _spots(leaf: Leaf, known: dict[int, str]) -> None:
    """Adds the paths of the objects that hold a leaf."""
    path = leaf.path
    for _, each, _, _ in reversed(leaf.key):
        if each:
            if each in known:
                return
            known[each] = path
        path = path.rpartition(".")[0]


def _below(steps: tuple[tuple[str, int, str], ...], key: tuple[Any, ...]) -> tuple[Any, ...] | None:
    if len(steps) > len(key):
        return None
    for (name, index, url), (has, _object, number, its) in zip(steps, key, strict=False):
        if name != has or (url and its != url) or (index and not url and number not in (0, index)):
            return None
    return key[len(steps) :]


def _leaves(node: dict[str, Any], path: str, key: tuple[Any, ...]) -> Iterator[Leaf]:
    for name, value in node.items():
        many = type(value) is list
        for number, item in enumerate(value if many else (value,)):
            below = f"{path}.{name}[{number}]" if many else f"{path}.{name}"
            inner = type(item) is dict
            step = (name, id(item) if inner else 0, number + 1 if many else 0, item.get("url", "") if inner else "")
            if type(item) is dict:
                yield from _leaves(item, below, (*key, step))
            elif item is not None:
                yield Leaf((*key, step), below, item)


SYNTAX = FhirSyntax()
