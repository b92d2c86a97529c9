"""The nodes FHIRPath walks: JSON values that know their FHIR type and, when asked, their place.

A collection is a list of `Node` (something of the resource) and plain values (results: bool, int, Decimal, str,
`Temporal`, `Quantity`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from conformance.definitions import r4

Collection = list[Any]
Form = tuple[str, str, str, str]
"""JSON name, its sibling's, type, and step of a path."""


_LONGEST_NAME = 64


class Node:
    """`type` says where its children are defined: a type's name, or a path in one (`Patient.contact`)."""

    __slots__ = ("extra", "index", "name", "parent", "type", "value")

    def __init__(
        self, value: Any, type_: str, parent: Node | None = None, name: str = "", index: int = -1, extra: Any = None
    ) -> None:
        self.value = value
        self.type = type_
        self.parent = parent
        self.name = name
        """The step from the parent; at a root the whole path so far."""
        self.index = index
        self.extra = extra
        """The `_` sibling of a primitive: its id and extensions."""

    @property
    def path(self) -> str:
        """The FHIRPath of this very node: `Patient.name[0].given[1]`."""
        steps = []
        node: Node | None = self
        while node is not None:
            steps.append(node.name if node.index < 0 else f"{node.name}[{node.index}]")
            node = node.parent
        return ".".join(reversed(steps))

    @property
    def type_name(self) -> str:
        """The type as `is` knows it."""
        return type_name(self.type)

    def ancestors(self) -> Iterator[Node]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


def root(resource: Any, base: str = "", type_: str = "") -> Node:
    """A resource, or a part of one, as the start of a walk; `base` is its path."""
    kind = type_ or type_of(resource)
    return Node(resource, kind, None, base or kind)


def type_name(type_: str) -> str:
    """A type's name; of a path in a type, that of what stands there."""
    if "." not in type_:
        return type_
    found = r4.element(type_)
    return found.types[0] if found is not None else "BackboneElement"


def type_of(value: Any) -> str:
    kind = value.get("resourceType") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) and len(kind) <= _LONGEST_NAME else ""


@lru_cache(maxsize=8192)
def schema(type_: str) -> dict[str, tuple[Form, ...]]:
    """FHIRPath's name of each child to each of its forms; empty for unknown types."""
    found: dict[str, list[Form]] = {}
    for key, element in r4.children(type_).items():
        stem = element.choice.removesuffix("[x]")
        step = f"{stem}.ofType({element.types[0]})" if stem else key
        form = (key, "_" + key, element.inside, step)
        found.setdefault(stem or key, []).append(form)
        if stem:  # `valueQuantity` is no FHIRPath name, but published expressions use it
            found.setdefault(key, []).append(form)
    return {name: tuple(forms) for name, forms in found.items()}


def children(node: Node, name: str) -> Collection:
    """The children of that name, in order; primitives that have only extensions too."""
    value = node.value if isinstance(node.value, dict) else node.extra
    if not isinstance(value, dict):
        return []
    forms = schema(node.type).get(name)
    if forms is None:
        forms = () if r4.children(node.type) else ((name, "_" + name, "", name),)
    found: Collection = []
    for key, sibling, type_, step in forms:
        if key not in value and sibling not in value:
            continue
        inner, extra = value.get(key), value.get(sibling)
        if inner is None and extra is None:
            continue
        if isinstance(inner, list) or isinstance(extra, list):
            _items(found, node, inner, extra, type_, step)
        else:
            found.append(_child(inner, type_, node, step, -1, extra))
    return found


def _items(found: Collection, node: Node, inner: Any, extra: Any, type_: str, step: str) -> None:
    values = inner if isinstance(inner, list) else []
    extras = extra if isinstance(extra, list) else []
    for index in range(max(len(values), len(extras))):
        value = values[index] if index < len(values) else None
        sibling = extras[index] if index < len(extras) else None
        if value is not None or sibling is not None:
            found.append(_child(value, type_, node, step, index, sibling))


def _child(value: Any, type_: str, parent: Node, step: str, index: int, extra: Any) -> Node:
    if type_ in ("Resource", "") and isinstance(value, dict):
        type_ = type_of(value) or type_
    return Node(value, type_, parent, step, index, extra)


def all_children(node: Node) -> Collection:
    value = node.value if isinstance(node.value, dict) else node.extra
    if not isinstance(value, dict):
        return []
    forms = _forms(node.type)
    found: Collection = []
    for key, inner in value.items():
        form = forms.get(key)
        if form is not None and type(inner) is list:
            _items(found, node, inner, None, form[2], form[3])
        elif form is not None:
            found += [_child(inner, form[2], node, form[3], -1, None)] if inner is not None else []
        elif key != "resourceType":
            break  # a sibling, or an element that isn't defined
    else:
        return found
    names = dict.fromkeys(_stem(node.type, key.removeprefix("_")) for key in value if key != "resourceType")
    return [child for name in names for child in children(node, name)]


@lru_cache(maxsize=8192)
def _forms(type_: str) -> dict[str, Form]:
    """JSON name to its form."""
    return {form[0]: form for forms in schema(type_).values() for form in forms}


@lru_cache(maxsize=8192)
def _stem(type_: str, key: str) -> str:
    element = r4.children(type_).get(key)
    return element.choice.removesuffix("[x]") if element is not None and element.choice else key


def descendants(node: Node) -> Iterator[Node]:
    stack = list(reversed(all_children(node)))
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(all_children(node))


@lru_cache(maxsize=8192)
def lineage(type_: str) -> tuple[str, ...]:
    """A type and those it is derived from: `Age`, `Quantity`, `Element`."""
    return (type_, *lineage(parent)) if (parent := r4.parent(type_)) else (type_,)
