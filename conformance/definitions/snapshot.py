"""Snapshots from differentials, as trees: https://hl7.org/fhir/R4/profiling.html#snapshot.

A tree node is an element with its facts (base and differential merged), its children when they are constrained here
or in a base (else those of its type count), and its slices. Trees of profiles share nothing mutable with those of their
bases.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.definitions.pack import Facts
from conformance.definitions.r4 import CANONICAL
from conformance.definitions.registry import Definition, Registry

_REPLACED = ("fixed", "pattern", "minValue", "maxValue")
_PROFILE_ELEMENT = "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element"
DEEPEST = 40
Named = dict[str, frozenset[str]]


class Tree:
    """An element. `name` is its step (`value[x]`); `slice` its slice's name, `a/b` for a reslice."""

    __slots__ = ("children", "facts", "loose", "many", "name", "origin", "slice", "slices")

    def __init__(self, name: str, facts: Facts, origin: str = "", slice_: str = "") -> None:
        self.name = name
        self.facts = facts
        self.origin = origin
        """The package whose definition spoke last of this element."""
        self.slice = slice_
        self.children: dict[str, Tree] | None = None
        self.slices: dict[str, Tree] = {}
        self.many = False
        """True where the type allows several: the element is an array in JSON, whatever a profile's max."""
        self.loose = False
        """True where a differential constrains the element as a whole after its slices were made."""

    def copy(self) -> Tree:
        made = Tree(self.name, self.facts, self.origin, self.slice)
        made.loose, made.many = self.loose, self.many
        if self.children is not None:
            made.children = {name: child.copy() for name, child in self.children.items()}
        made.slices = {name: child.copy() for name, child in self.slices.items()}
        return made

    @property
    def types(self) -> list[Facts]:
        return self.facts.get("type") or []

    @property
    def min(self) -> int:
        return int(self.facts.get("min", 0))

    @property
    def max(self) -> int | None:
        """None for `*`."""
        most = self.facts.get("max", "*")
        return None if most == "*" else int(most)

    def flat(self, path: str = "") -> Iterator[tuple[str, Tree]]:
        """Every element below with its id, in order."""
        here = (f"{path}." if path else "") + self.name + (f":{self.slice}" if self.slice else "")
        yield here, self
        for child in (self.children or {}).values():
            yield from child.flat(here)
        for child in self.slices.values():
            yield from child.flat(path)


class Snapshots:
    """Makes and keeps the trees of definitions.

    `problems` collects what stood in the way, by canonical; `shipped` why a published snapshot was used.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.problems: dict[str, list[str]] = {}
        self.shipped: dict[str, list[str]] = {}
        self._trees: dict[str, Tree | None] = {}
        self._types: dict[str, Tree | None] = {}

    def of_type(self, name: str) -> Tree | None:
        """The tree of one of R4's types."""
        if name not in self._types:
            definition = self.registry.type(name)
            self._types[name] = None if definition is None else self._derive(definition)
        return self._types[name]

    def of(self, canonical: str, near: str = "") -> Tree | None:
        """The tree of a definition; None when it isn't here (or derives from itself)."""
        definition = self.registry.find("StructureDefinition", canonical, near)
        return None if definition is None else self.tree(definition)

    def tree(self, definition: Definition) -> Tree | None:
        key = f"{definition.canonical} {definition.origin}"
        if key not in self._trees:
            self._trees[key] = None
            self._trees[key] = self._derive(definition)
        return self._trees[key]

    def problem(self, definition: Definition, text: str) -> None:
        self.problems.setdefault(definition.url, []).append(text)

    def _derive(self, definition: Definition) -> Tree | None:
        facts = definition.facts
        type_name = str(facts.get("type", "")).rpartition("/")[2]
        base_url = facts.get("baseDefinition")
        if self._lacks_base(definition):
            return self._published(definition, type_name)
        base = self._base(definition, base_url, type_name)
        tree = Tree(type_name, {}) if base is None else base.copy()
        tree.name = type_name
        return self._merge(definition, tree, facts["differential"])

    def _lacks_base(self, definition: Definition) -> bool:
        """True where only the published snapshot can say what a profile is."""
        facts = definition.facts
        if "differential" not in facts:
            return True
        base = facts.get("baseDefinition")
        return "snapshot" in facts and isinstance(base, str) and self.of(base, definition.origin) is None

    def _published(self, definition: Definition, type_name: str) -> Tree:
        """The published snapshot, over the type: JSON's arrays are the type's."""
        if "differential" in definition.facts:
            problem = f"its base {definition.facts['baseDefinition']} is not here"
            self.shipped.setdefault(definition.url, []).append(problem)
        base = self.of_type(type_name) if definition.facts.get("derivation") == "constraint" else None
        tree = Tree(type_name, {}) if base is None else base.copy()
        return self._merge(definition, tree, definition.facts.get("snapshot", ()))

    def _base(self, definition: Definition, url: Any, type_name: str) -> Tree | None:
        if not isinstance(url, str):
            return None
        if definition.facts.get("derivation") == "specialization" and url.startswith(CANONICAL):
            return self.of_type(url.removeprefix(CANONICAL))
        found = self.of(url, definition.origin)
        if found is None and definition.facts.get("derivation") == "constraint":
            self.problem(definition, f"its base {url} is not here")
            return self.of_type(type_name)
        return found

    def _merge(self, definition: Definition, tree: Tree, differential: Any) -> Tree:
        tree.children = tree.children if tree.children is not None else {}
        named = _named(differential)
        for facts in differential:
            steps = [_step(each) for each in _steps(str(facts["id"]))]
            if len(steps) > DEEPEST:
                continue
            try:
                node = self._reach(tree, steps[1:], definition, named)
            except LookupError as error:
                self.problem(definition, str(error))
                continue
            apply(node, facts, definition.origin)
            if definition.facts.get("derivation") != "constraint":
                node.many = facts.get("max", "*") not in ("0", "1")
        return tree

    def _reach(self, tree: Tree, steps: list[tuple[str, str]], definition: Definition, named: Named) -> Tree:
        """The node of an id, made where the base has it only through a type or as the whole of a slice."""
        node, path = tree, ""
        for name, slice_ in steps:
            if node.slices and not node.slice:
                node.loose = True
            sole = named.get(path, frozenset())
            node = self._child(node, name, definition, sole | {name + "!"} if ":" in path else sole)
            if slice_:
                node = _slice(node, slice_)
            path += f".{name}:{slice_}" if slice_ else f".{name}"
        return node

    def _child(self, node: Tree, name: str, definition: Definition, siblings: frozenset[str]) -> Tree:
        children = self.unfold(node, definition.origin)
        if name in children:
            return children[name]
        choice = _choice(children, name)
        if choice is not None:
            return _only(*choice) if _alone(choice[0], name, siblings) else _slice(choice[0], name)
        if definition.facts.get("derivation") == "constraint":
            raise LookupError(f"there is no element {name} in {node.name}")
        made = children[name] = Tree(name, {})
        return made

    def unfold(self, node: Tree, near: str) -> dict[str, Tree]:
        """The node's children, brought from its type, profile or contentReference when it has none of its own."""
        if node.children is None:
            source = self.content(node, near)
            node.children = {} if source is None else {n: c.copy() for n, c in (source.children or {}).items()}
        return node.children

    def content(self, node: Tree, near: str = "") -> Tree | None:
        """The tree that says what is inside an element: of its one profile, else of its one type."""
        if reference := node.facts.get("contentReference"):
            return self._referenced(str(reference).rpartition("#")[2])
        types = node.types
        if len(types) != 1:
            return self.of_type("Element") if types else None
        profiles = types[0].get("profile") or []
        if len(profiles) == 1 and (found := self.of(profiles[0], node.origin or near)) is not None:
            return self._part(found, types[0]) or found
        return self.of_type(str(types[0].get("code", "")))

    def _part(self, tree: Tree, type_: Facts) -> Tree | None:
        """The element of a profile that a type names by the extension profile-element, with or without a slice."""
        for extension in (type_.get("_profile") or [{}])[0].get("extension", ()):
            if extension.get("url") == _PROFILE_ELEMENT:
                wanted = str(extension.get("valueString"))
                return next((node for ident, node in tree.flat() if ident == wanted), None)
        return None

    def _referenced(self, ident: str) -> Tree | None:
        steps = ident.split(".")
        node = self.of_type(steps[0])
        for step in steps[1:]:
            if node is None:
                return None
            node = self.unfold(node, "").get(step)
        return node


def _steps(ident: str) -> list[str]:
    return ident.split(".")


def _step(text: str) -> tuple[str, str]:
    name, _, slice_ = text.partition(":")
    return name, slice_


def _choice(children: dict[str, Tree], name: str) -> tuple[Tree, str] | None:
    """`valueQuantity` where the element is `value[x]`: that element and the type."""
    for key, child in children.items():
        stem = key.removesuffix("[x]")
        if stem != key and name.startswith(stem) and name != stem:
            for each in child.types:
                code = str(each.get("code", ""))
                if name == stem + code[:1].upper() + code[1:]:
                    return child, code
    return None


def _alone(parent: Tree, name: str, siblings: frozenset[str]) -> bool:
    """True where `valueQuantity` speaks of the whole choice: it must be there, and no other type is named beside it."""
    if len(parent.types) == 1 and not parent.slices:
        return True
    stem = parent.name.removesuffix("[x]")
    others = {
        each.rstrip("!") for each in siblings if each.startswith(stem) and each[len(stem) : len(stem) + 1].isupper()
    }
    return not parent.slices and "slicing" not in parent.facts and others <= {name} and name + "!" in siblings


def _only(parent: Tree, type_: str) -> Tree:
    """The choice, narrowed to one type."""
    if len(parent.types) > 1:
        parent.facts = {**parent.facts, "type": [each for each in parent.types if each.get("code") == type_]}
        parent.children = None
    return parent


def _named(differential: Any) -> Named:
    """The steps named below each id (without its root) of a differential; with `!` too where they must be there."""
    found: dict[str, set[str]] = {}
    for facts in differential:
        path = ""
        for step in _steps(str(facts["id"]))[1:]:
            found.setdefault(path, set()).add(step.partition(":")[0])
            before, path = path, f"{path}.{step}"
        if facts.get("min") and path:
            found[before].add(step + "!")
    return {path: frozenset(steps) for path, steps in found.items()}


def _slice(node: Tree, name: str) -> Tree:
    """The slice of that name, made from the element (a reslice from its slice) where it is new; its min is then 0."""
    if name not in node.slices:
        parent, _, _ = name.rpartition("/")
        source = node.slices.get(parent, node)
        made = source.copy()
        made.slices = {}
        made.loose = False
        made.slice = name
        made.facts = {key: value for key, value in source.facts.items() if key not in ("slicing", "min")}
        if node.name.endswith("[x]"):
            _narrow(made, name)
        node.slices[name] = made
    return node.slices[name]


def _narrow(made: Tree, name: str) -> None:
    """A slice of a choice that is named like a type has that type: `value[x]:valueQuantity`."""
    stem = made.name.removesuffix("[x]")
    kept = [t for t in made.types if name == stem + str(t.get("code", ""))[:1].upper() + str(t.get("code", ""))[1:]]
    if kept:
        made.facts = {**made.facts, "type": kept}


def apply(node: Tree, facts: Facts, origin: str) -> None:
    """Puts a differential's facts over a node's."""
    if node.slices and not node.slice and any(k not in ("id", "slicing", "min", "max", "mustSupport") for k in facts):
        node.loose = True
    merged = {**node.facts}
    for key, value in facts.items():
        if key == "id":
            continue
        if key == "constraint":
            merged[key] = _constraints(merged.get(key) or [], value)
        elif key == "extension":
            merged[key] = [*merged.get(key, ()), *value]
        elif key == "type":
            _retype(node, merged, value)
        elif key == "binding":
            merged[key] = _binding(merged.get(key), value)
        else:
            for prefix in _REPLACED:
                if key.startswith(prefix):
                    for old in [old for old in merged if old.startswith(prefix)]:
                        del merged[old]
            merged[key] = value
    node.facts = merged
    node.origin = origin or node.origin


def _binding(before: Facts | None, after: Facts) -> Facts:
    """A later binding without a value set keeps the one before; additional bindings add up."""
    merged = {**(before or {}), **after}
    additional = [*(before or {}).get("additional", ()), *after.get("additional", ())]
    return {**merged, "additional": additional} if additional else merged


def _constraints(before: list[Facts], after: list[Facts]) -> list[Facts]:
    known = {(each.get("key"), each.get("expression")) for each in before}
    return [*before, *(each for each in after if (each.get("key"), each.get("expression")) not in known)]


def _retype(node: Tree, merged: Facts, types: list[Facts]) -> None:
    """New types replace the old ones. Children unfolded from another type or profile are given up if not
    constrained.
    """
    before = node.types
    merged["type"] = types
    if node.children is not None and before and [_key(t) for t in before] != [_key(t) for t in types]:
        if len(types) == 1 and len(before) == 1 and before[0].get("code") == types[0].get("code"):
            if types[0].get("profile") and before[0].get("profile") != types[0].get("profile"):
                node.children = None
        elif node.name.endswith("[x]"):
            node.children = None


def _key(type_: Facts) -> tuple[str, tuple[str, ...]]:
    return str(type_.get("code")), tuple(type_.get("profile") or ())
