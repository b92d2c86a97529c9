"""What stands at a simple FHIRPath in a resource, each with its concrete place.

Understood: names, indexes (`name[0]`), choices (`Observation.value`), `ofType(T)`, `extension('url')`, and
`where(name = 'text')` with one equality. A leading type name filters the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.issue import Where

_STEP = re.compile(r"\.?([A-Za-z_]\w*)(?:\(([^()]{0,500})\))?(?:\[(\d{1,9})\])?")
_EQUALITY = re.compile(r"\s*([\w.]+)\s*=\s*'([^']*)'\s*")


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    argument: str | None
    """What stands in brackets: `Patient` in `ofType(Patient)`; None where there are none."""
    index: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """A node on the way: its value, its place, and the `_` sibling of a primitive."""

    value: Any
    path: str
    sibling: Any = None
    type: str = ""
    """The type that a choice's property name says: `Quantity` of `valueQuantity`."""


def values(root: Any, path: str) -> list[tuple[Any, Where]]:
    """Every value at the path, in order. A primitive with extensions only is there as its element, a dict."""
    items = [Item(root, _type(root))]
    for number, step in enumerate(parse(path)):
        if number == 0 and step.name[:1].isupper() and step.argument is None:
            items = [item for item in items if step.name in (_type(item.value), "Resource", "DomainResource")]
        else:
            items = [found for item in items for found in _step(item, step)]
            items = items if step.index is None else items[step.index : step.index + 1]
    return [(item.sibling if item.value is None else item.value, Where(path=item.path)) for item in items]


@lru_cache(maxsize=1024)
def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path; ValueError for what isn't simple, naming the column."""
    steps = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if not match or (at > 0) != (match.group().startswith(".")):
            raise ValueError(f"not a simple FHIRPath at column {at + 1}")
        name, argument, index = match.groups()
        if argument is not None and name not in _FUNCTIONS:
            raise ValueError(f"not a function of simple FHIRPath at column {at + 1}: {name}")
        steps.append(Step(name, argument, None if index is None else int(index)))
        at = match.end()
    return tuple(steps)


def _step(item: Item, step: Step) -> Iterable[Item]:
    if step.argument is None:
        return _children(item, step.name)
    return _FUNCTIONS[step.name](item, step.argument)


def _children(item: Item, name: str) -> Iterator[Item]:
    element = item.value if isinstance(item.value, dict) else item.sibling
    if not isinstance(element, dict):
        return
    base = f"{item.path}.{name}"
    for key, kind in _keys(element, name):
        value, sibling = element.get(key), element.get(f"_{key}")
        if isinstance(value, list) or isinstance(sibling, list):
            yield from _items(value, sibling, base, kind)
        else:
            yield Item(value, base, sibling, kind)


def _keys(element: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """The properties that FHIRPath calls `name`, with the type that a choice says."""
    if name in element or f"_{name}" in element:
        yield name, ""
        return
    size = len(name)
    for key in element:
        bare = key.removeprefix("_")
        if bare.startswith(name) and bare[size : size + 1].isupper() and not (key != bare and bare in element):
            yield bare, bare[size:]


def _items(value: Any, sibling: Any, base: str, kind: str) -> Iterator[Item]:
    values_, siblings = (part if isinstance(part, list) else [] for part in (value, sibling))
    for number in range(max(len(values_), len(siblings))):
        one = values_[number] if number < len(values_) else None
        other = siblings[number] if number < len(siblings) else None
        if one is not None or other is not None:
            yield Item(one, f"{base}[{number}]", other, kind)


def _of_type(item: Item, name: str) -> Iterator[Item]:
    name = name.strip().removeprefix("FHIR.")
    kind = item.type[:1].lower() + item.type[1:] if name[:1].islower() else item.type
    if name in (_type(item.value), kind):
        yield item


def _extension(item: Item, url: str) -> Iterator[Item]:
    url = url.strip().strip("'")
    for found in _children(item, "extension"):
        if isinstance(found.value, dict) and found.value.get("url") == url:
            yield found


def _where(item: Item, test: str) -> Iterator[Item]:
    match = _EQUALITY.fullmatch(test)
    if not match:
        raise ValueError("where() takes one equality in a simple FHIRPath: where(system = 'text')")
    name, text = match.groups()
    found = [item]
    for step in parse(name):
        found = [child for one in found for child in _step(one, step)]
    if any(one.value == text for one in found):
        yield item


_FUNCTIONS = {"ofType": _of_type, "extension": _extension, "where": _where}


def _type(node: Any) -> str:
    kind = node.get("resourceType") if isinstance(node, dict) else None
    return kind if isinstance(kind, str) else ""
