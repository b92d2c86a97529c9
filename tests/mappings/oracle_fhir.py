"""FHIR as the interpreter reads and writes it: plain trees, every path walked anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from adapters.formats.fhir.paths import Step, resolve, typed
from adapters.formats.fhir.syntax import SYNTAX
from adapters.formats.fhir.walk import absent, copied, index, original, resources, same, text
from conformance.definitions import r4
from mappings.source import DIRECTORY
from tests.mappings.oracle_state import At, Node, State, Waiting
from tests.mappings.oracle_v2 import Found

TYPED = re.compile(r"([A-Z][A-Za-z]+)\.(.+)")


class Source:
    """A document that is read: its resources, and the path of every object in it."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.resources = list(resources(root))
        self.index = index(root)
        self.leaves = [leaf.path for leaf in SYNTAX.leaves(root)]
        self.paths: dict[int, str] = {}
        self.spoken: dict[tuple[int, str], Node] = {}
        self._below: dict[str, tuple[str, ...]] = {}
        for number, entry in enumerate(root.get("entry", ())):
            self._walk(entry.get("resource"), f"Bundle.entry[{number}].resource")
        for name, value in root.items():
            if name != "entry":
                self._walk(value, f"Bundle.{name}")
        self.paths[id(root)] = "Bundle"

    def _walk(self, node: Any, path: str) -> None:
        if isinstance(node, dict):
            self.paths[id(node)] = path
            for name, value in node.items():
                self._walk(value, f"{path}.{name}")
        elif isinstance(node, list):
            for number, value in enumerate(node):
                self._walk(value, f"{path}[{number}]")

    def below(self, path: str) -> tuple[str, ...]:
        if path not in self._below:
            inside = (path + ".", path + "[")
            self._below[path] = tuple(leaf for leaf in self.leaves if leaf == path or leaf.startswith(inside))
        return self._below[path]

    def resolve(self, reference: Any, holder: Any) -> Node | None:
        target = reference.get("reference") if isinstance(reference, dict) else None
        if not isinstance(target, str):
            return None
        if target.startswith("#"):
            inner = [each for each in holder.get("contained", ()) if each.get("id") == target[1:]]
            return inner[0] if inner else None
        return self.index.get(target)

    def follow(self, reference: Any, holder: Any, kind: str) -> Node | None:
        """What a reference leads to; where it leads nowhere, a resource of what it says itself."""
        found = self.resolve(reference, holder)
        if found is not None or not isinstance(reference, dict) or _said(reference) not in ("", kind):
            return found
        made: Node = {}
        display = reference.get("display")
        if isinstance(display, str) and display.strip():
            if kind in ("Organization", "Location"):
                made["name"] = display
            elif kind in ("Practitioner", "RelatedPerson"):
                made["name"] = [{"text": display}]
        if isinstance(reference.get("identifier"), dict):
            made["identifier"] = [reference["identifier"]]
        return self.spoken.setdefault((id(reference), kind), {"resourceType": kind, **made}) if made else None


def _said(reference: Node) -> str:
    """The type of what a reference leads to, as far as it says so."""
    steps = str(reference.get("reference", "")).split("/")
    said = steps[-2] if len(steps) > 1 and steps[-2].isalpha() else reference.get("type")
    return said if isinstance(said, str) else ""


@dataclass
class FhirRead:
    """An object that is read, in the contexts that are open around it."""

    state: State
    source: Source
    node_: Any
    inside: str
    parent: FhirRead | None = None
    path: str = ""
    """Where it is, when it isn't an object."""

    @property
    def var(self) -> Any:
        return self.node_

    @property
    def at(self) -> At:
        return (id(self.node_),)

    @property
    def root_var(self) -> Any:
        scope = self
        while scope.parent is not None and not r4.is_resource(scope.inside):
            scope = scope.parent
        return scope.node_

    def _home(self, path: str) -> tuple[Any, tuple[Step, ...]]:
        match = TYPED.fullmatch(path)
        if match is None:
            return self.node_, resolve(self.inside, path)
        name, rest = match.groups()
        scope: FhirRead | None = self
        while scope is not None and scope.inside != name:
            scope = scope.parent
        if scope is not None:
            return scope.node_, resolve(name, rest)
        if name in DIRECTORY:
            return self.state.recent.get(name), resolve(name, rest)
        return next((each for each in self.source.resources if each["resourceType"] == name), None), resolve(name, rest)

    def _where(self, node: Any) -> str:
        return self.path if node is self.node_ and self.path else self.source.paths.get(id(node), "?")

    def _one(self, path: str) -> tuple[Any, str]:
        """What stands at a path and where; of a list the first that no rule has taken."""
        node, steps = self._home(path)
        where = self._where(node)
        for step in steps:
            value = node.get(step.name) if isinstance(node, dict) else None
            where += f".{step.name}"
            if isinstance(value, list):
                items = [(each, f"{where}[{number}]") for number, each in enumerate(value)]
                if step.url:
                    items = [each for each in items if isinstance(each[0], dict) and each[0].get("url") == step.url]
                elif not step.index:
                    items = [each for each in items if not isinstance(each[0], dict) or self._free(each[0])]
                node, where = items[max(step.index - 1, 0)] if len(items) >= max(step.index, 1) else (None, where)
            else:
                node = value if step.index < 2 else None
        return node, where

    def _free(self, node: Any) -> bool:
        return id(node) not in self.state.taken

    def _every(self, path: str) -> list[tuple[Any, str]]:
        """All that stands at a path, and where."""
        node, steps = self._home(path)
        found = [(node, self._where(node))]
        for step in steps:
            inner: list[tuple[Any, str]] = []
            for each, where in found:
                value = each.get(step.name) if isinstance(each, dict) else None
                if isinstance(value, list):
                    items = [(item, f"{where}.{step.name}[{number}]") for number, item in enumerate(value)]
                    if step.url:
                        items = [item for item in items if isinstance(item[0], dict) and item[0].get("url") == step.url]
                    inner += items[step.index - 1 : step.index] if step.index else items
                elif value is not None:
                    inner.append((value, f"{where}.{step.name}"))
            found = inner
        return [each for each in found if each[0] is not None]

    def _untaken(self, path: str) -> list[tuple[Any, str]]:
        return [each for each in self._every(path) if not isinstance(each[0], dict) or self._free(each[0])]

    def leaf(self, path: str, listed: bool = False) -> Found:
        if listed and path != ".":
            node, steps = self._home(path)
            last = steps[-1]
            if last.many and not last.index and r4.is_primitive(last.type):
                found = self._untaken(path)
                leaves = tuple(leaf for _, where in found for leaf in self.source.below(where))
                return Found([value for value, _ in found] or None, (id(node),), leaves=leaves)
        return self.node(path)

    def node(self, path: str) -> Found:
        if path == ".":
            return Found(self.node_, self.at, leaves=self.source.below(self._where(self.node_)))
        home, steps = self._home(path)
        value, where = self._one(path)
        leaves = self.source.below(where) if value is not None else ()
        if value is None and steps[-1].type == "code" and len(steps) == 1:
            value = original(home, steps[-1].name)
        return Found(value, (id(home),), where, leaves)

    def items(self, path: str) -> Iterator[FhirRead]:
        _, steps = self._home(path)
        for value, where in self._untaken(path):
            yield FhirRead(self.state, self.source, value, steps[-1].inside or steps[-1].type, self, where)

    def free(self, kind: str) -> list[FhirRead]:
        """The resources of a type that no rule has taken."""
        found = [each for each in self.source.resources if each["resourceType"] == kind and self._free(each)]
        return [FhirRead(self.state, self.source, each, kind, self) for each in found]

    def pointed(self, path: str, kind: str) -> list[FhirRead]:
        found = self.source.resolve(self.node(path).value, self.root_var)
        if found is None or found["resourceType"] != kind or not self._free(found):
            return []
        return [FhirRead(self.state, self.source, found, kind, self)]

    def points(self, path: str, wanted: Any) -> bool:
        """True unless a reference here leads to another than the one wanted; of several one must, or none to another of
        its type."""
        if wanted is None:
            return True
        _, steps = self._home(path)
        found = [self.source.resolve(value, self.node_) for value, _ in self._every(path)]
        known = [each for each in found if each is not None]
        if any(step.many for step in steps):
            known = [each for each in known if each["resourceType"] == wanted["resourceType"]]
        return not known or any(each is wanted for each in known)

    def referred(self, kind: str, path: str) -> bool:
        """True when a resource of a type refers to this one by a path."""
        holders = [
            FhirRead(self.state, self.source, each, kind, self)
            for each in self.source.resources
            if each["resourceType"] == kind
        ]
        return any(
            self.source.resolve(value, each.node_) is self.node_ for each in holders for value, _ in each._every(path)
        )

    def leads(self, kind: str) -> bool:
        return self.leads_from(self.node_, self.parent.root_var if self.parent is not None else None, kind)

    def leads_from(self, reference: Any, holder: Any, kind: str) -> bool:
        found = self.source.resolve(reference, holder)
        if found is not None:
            return bool(found["resourceType"] == kind)
        return not isinstance(reference, dict) or _said(reference) in ("", kind)

    def part(self, found: Found, kind: str) -> FhirRead:
        return FhirRead(self.state, self.source, found.value, kind, None, found.level)

    def is_segment(self) -> bool:
        return False

    def type_at(self, path: str) -> str:
        if path == ".":
            return self.inside
        step = self._home(path)[1][-1]
        return step.inside or step.type

    def test(self, path: str, operator: str, operand: Any) -> bool:
        if path != "." and path[:1].isupper() and "." not in path:
            return any(each["resourceType"] == path for each in self.source.resources) == bool(operand == "valued")
        found = [self.node_] if path == "." else [value for value, _ in self._every(path)]
        if operator == "is":
            return bool(found) == bool(operand == "valued")
        if operator == "count":
            return len(found) == int(operand)
        if operator == "leads":
            value = self.node(path).value
            return value is not None and self.leads_from(value, self.root_var, operand)
        if operator == "eq" and path != ".":
            operand = typed(*self._typed_home(path), operand)
        return any(self._meets(each, operator, operand) for each in found)

    def _typed_home(self, path: str) -> tuple[str, str]:
        match = TYPED.fullmatch(path)
        return (match.group(1), match.group(2)) if match else (self.inside, path)

    def _meets(self, value: Any, operator: str, operand: Any) -> bool:
        if operator == "eq":
            return same(value, operand)
        if operator == "in":
            return text(value) in operand
        if operator == "match":
            return re.fullmatch(str(operand), text(value)) is not None
        return len(text(value)) >= int(operand)

    def same(self, path: str, other: str) -> bool:
        return bool(self.leaf(path).value) and bool(self.leaf(path).value == self.leaf(other).value)

    def equals(self, path: str, value: Any) -> bool:
        """True when a constant of the map stands at a path."""
        home, steps = self._home(path)
        wanted = typed(*self._typed_home(path), value)
        if steps[-1].many and not isinstance(wanted, list):
            wanted = [wanted]
        holder = home if len(steps) == 1 else self._one(path.rpartition(".")[0])[0]
        return isinstance(holder, dict) and bool(holder.get(steps[-1].name) == wanted)

    def leaves(self, path: str, leaf: bool = False) -> tuple[str, ...]:
        if path == ".":
            return self.source.below(self._where(self.node_))
        return tuple(leaf for _, where in self._every(path) for leaf in self.source.below(where))


# ---- writing -----------------------------------------------------------------------------------------------------


@dataclass
class FhirWrite:
    """An object that is written. `own`: the objects that this context made on the way, by place."""

    state: State
    target: Node
    inside: str
    parent: FhirWrite | None = None
    base: int = 0
    own: dict[str, Any] = field(default_factory=dict)
    slots: dict[str, dict[int, Any]] = field(default_factory=dict)

    @property
    def var(self) -> Node:
        return self.target

    def filled(self) -> bool:
        return len(self.target) > self.base

    def _home(self, path: str) -> tuple[Node | None, str, str]:
        match = TYPED.fullmatch(path)
        if match is None:
            return self.target, self.inside, path
        name, rest = match.groups()
        scope: FhirWrite | None = self
        while scope is not None and scope.inside != name:
            scope = scope.parent
        return (scope.target if scope is not None else self.state.of_type.get(name)), name, rest

    def _container(self, path: str) -> tuple[Node | None, Step, str]:
        """The object that holds the last step (None: a resource that isn't there), the step, and its place."""
        node, inside, rest = self._home(path)
        steps = resolve(inside, rest)
        place = inside
        for step in steps[:-1]:
            place += f".{step.name}({step.url})[{step.index}]"
            if place not in self.own and node is not None:
                new = {"url": step.url} if step.url else {}
                if step.many:
                    self.own[place] = new
                    self._append(node, place, step, new)
                else:
                    self.own[place] = node.setdefault(step.name, new)
            node = self.own.get(place) if node is not None else None
        return node, steps[-1], place + f".{steps[-1].name}({steps[-1].url})[{steps[-1].index}]"

    def _append(self, holder: Node, place: str, step: Step, value: Any) -> None:
        """Appends to a list; `coding[2]` stands behind `coding[1]` or `coding`, whichever is written first."""
        slots = self.slots.setdefault(place.rpartition("[")[0], {})
        if not step.index and not any(slots):
            holder.setdefault(step.name, []).append(value)
        else:
            before = sum(1 for number in slots if number < step.index)
            holder.setdefault(step.name, []).insert(before, value)
        if step.index or slots or place in self.own:
            slots[step.index] = value

    def put(self, path: str, value: Any, many: bool = False, weak: bool = False) -> None:
        if path == ".":
            for name, each in value.items():
                self.target.setdefault(name, copied(each))
            return
        node, step, place = self._container(path)
        if node is None:
            return
        if step.many and many:
            node.setdefault(step.name, []).extend(value if isinstance(value, list) else [value])
        elif step.many:
            self._append(node, place, step, value)
        elif node.setdefault(step.name, value) != value and not weak:
            self.state.conflicts.append(path)

    def later(self, path: str, name: str, urls: Any) -> None:
        node, step, _ = self._container(path)
        if node is not None:
            self.state.waiting.append(Waiting(node, step.name, step.many, name, urls))

    def typed(self, path: str, value: Any) -> Any:
        if path == ".":
            return {name: typed(self.inside, name, each) for name, each in value.items()}
        _, inside, rest = self._home(path)
        return typed(inside, rest, value)

    def absent(self, path: str, text: str) -> None:
        node, step, _ = self._container(path)
        if node is not None:
            absent(node, step.name, text)

    def child(self, path: str) -> FhirWrite:
        _, inside, rest = self._home(path)
        step = resolve(inside, rest)[-1]
        new = {"url": step.url} if step.url else {}
        return FhirWrite(self.state, new, step.inside or step.type, self, 1 if step.url else 0)

    def context(self, name: str, after: tuple[str, ...]) -> FhirWrite:
        """The same object in a new context of the other side: its elements of lists are its own."""
        return FhirWrite(self.state, self.target, self.inside, self, self.base)

    def part(self, target: Any, kind: str) -> FhirWrite:
        return FhirWrite(self.state, target, kind)

    def attach(self, path: str, child: FhirWrite) -> None:
        node, step, place = self._container(path)
        if node is None:
            return
        if step.many and not step.index:
            node.setdefault(step.name, []).append(child.target)
            return
        if place not in self.own:
            self.own[place] = child.target
            if step.many:
                self._append(node, place, step, child.target)
            else:
                self.own[place] = node.setdefault(step.name, child.target)
        if self.own[place] is not child.target:
            self.state.merge(self.own[place], child.target, path)

    def describe(self, path: str) -> str:
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
