"""The operations of a FHIRPath Patch: what is valued replaces, what is gone is deleted, all else stays.

A patch deletes one element at a time, if it is there, and adds to what is there. So a value is written by deleting and
adding: that holds whatever the receiver has, and twice does no more than once. Elements of a list replace those that
they stand for: identifiers of their system and type, telecoms of their system and use, names and addresses of their
use. An object that several fields write to (Encounter.hospitalization) is written element by element.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.definitions import r4

Resource = dict[str, Any]

REPEATS = 3
"""So many elements of a list that stand for the same are deleted; a receiver with more keeps the rest."""

_KEPT = frozenset(("resourceType", "id", "meta", "text", "contained"))
"""The receiver's own."""


def operations(said: Resource, gone: Resource) -> list[Resource]:
    """The parameters of a patch: `said` is the resource with the elements that a message speaks of, `gone` has those
    that it takes away, as they might be."""
    kind = str(said["resourceType"])
    return list(_object(kind, kind, said, gone))


def _object(path: str, inside: str, node: Resource, gone: Resource) -> Iterator[Resource]:
    for name in dict.fromkeys(each.lstrip("_") for each in (*node, *gone)):
        element = r4.children(inside).get(name)
        if element is None or name in _KEPT:
            continue
        base = element.choice.removesuffix("[x]") or name
        here = f"{path}.{base}"
        value, missing = node.get(name, "" if "_" + name in node else None), gone.get(name)
        if element.many:
            yield from _items(path, base, element, value or [], missing or [])
        elif _shared(element, value):
            yield from _object(here, element.inside, value or {}, missing if isinstance(missing, dict) else {})
        elif value is not None or missing is not None:
            yield _operation("delete", here)
            if value is not None:
                yield _operation("add", path, base, _valued(element, value, node.get("_" + name)))


def _shared(element: r4.Element, value: Any) -> bool:
    """True for an object that several fields write to: what they leave empty stays."""
    whole = element.types == ("Period",) and isinstance(value, dict) and {"start", "end"} <= value.keys()
    return element.types in (("BackboneElement",), ("Period",)) and not whole


def _items(path: str, name: str, element: r4.Element, values: list[Any], missing: list[Any]) -> Iterator[Resource]:
    """The elements of a list, in groups of those that stand for the same."""
    kind = element.types[0]
    groups = [*(criterion(kind, each) for each in values), *(wide(kind, each) for each in missing)]
    for criteria in dict.fromkeys(groups):
        for _ in range(REPEATS):
            yield _operation("delete", f"{path}.{name}.where({criteria})[0]" if criteria else f"{path}.{name}[0]")
    for each in values:
        yield _operation("add", path, name, _valued(element, each, None))


def wide(kind: str, item: Any) -> str:
    """What tells the elements that a field without a value stood for: of those that a field's own values vary in,
    nothing."""
    if isinstance(item, dict) and kind in ("ContactPoint", "HumanName", "Address"):
        return _equal("use", item) if "use" in item else ""
    if isinstance(item, dict) and kind == "Identifier":
        return _typed(item)
    return criterion(kind, item)


def criterion(kind: str, item: Any) -> str:
    """What tells the element of a list that another stands for; empty where any does."""
    if not isinstance(item, dict):
        return ""
    if kind == "Extension":
        return _equal("url", item)
    if kind == "Identifier":
        return f"{_equal('system', item)} and {_typed(item)}"
    if kind == "ContactPoint":
        return f"{_equal('system', item)} and {_equal('use', item)}"
    if kind in ("HumanName", "Address"):
        return _equal("use", item)
    return _typed(item) if isinstance(item.get("type"), list) else ""


def _typed(item: Resource) -> str:
    types = item.get("type", [])
    codings = [coding for each in (types if isinstance(types, list) else [types]) for coding in each.get("coding", [])]
    found = [coding["code"] for coding in codings if "code" in coding]
    return f"type.coding.where(code = {_text(found[0])}).exists()" if found else "type.empty()"


def _equal(name: str, item: Resource) -> str:
    return f"{name} = {_text(item[name])}" if name in item else f"{name}.empty()"


def _text(value: object) -> str:
    """A string of FHIRPath."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _operation(kind: str, path: str, name: str = "", value: Resource | None = None) -> Resource:
    parts: list[Resource] = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    if name:
        parts.append({"name": "name", "valueString": name})
    return {"name": "operation", "part": [*parts, value] if value is not None else parts}


def _valued(element: r4.Element, value: Any, sibling: Any, name: str = "value") -> Resource:
    """A value as a part: `value[x]` of its data type, or, for an element without one, parts of its own."""
    kind = element.types[0]
    if kind in ("BackboneElement", "Element") and isinstance(value, dict):
        return {"name": name, "part": list(_parts(element.inside, value))}
    member = "value" + kind[:1].upper() + kind[1:]
    made: Resource = {"name": name}
    if value != "":
        made[member] = value
    if sibling is not None:
        made["_" + member] = sibling
    return made


def _parts(inside: str, node: Resource) -> Iterator[Resource]:
    for name, value in node.items():
        element = r4.children(inside).get(name)
        if element is not None:
            base = element.choice.removesuffix("[x]") or name
            for each in value if isinstance(value, list) else [value]:
                yield _valued(element, each, node.get("_" + name), base)
