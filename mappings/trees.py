"""Trees of FHIR JSON, looked at and put right as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def there(node: Any, path: tuple[str, ...]) -> bool:
    """True when a path is there, in every element of the lists on its way; what ends in `?` may be absent."""
    for depth, name in enumerate(path, 1):
        if type(node) is not dict:
            return name[-1] == "?"
        value = node.get(name)
        if value is None:
            if name[-1] != "?":
                return False
            value = node.get(name[:-1])
            if value is None:
                return True
        if type(value) is list:
            if len(value) != 1:
                rest = path[depth:]
                return bool(value) and (not rest or all(there(each, rest) for each in value))
            value = value[0]
        node = value
    return True


def references(node: Any) -> Iterator[str]:
    """All `Reference.reference` inside a resource."""
    if type(node) is list:
        for each in node:
            yield from references(each)
    elif type(node) is dict:
        found = node.get("reference")
        if type(found) is str:
            yield found
        for each in node.values():
            if type(each) in (dict, list):
                yield from references(each)


def targets(node: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    """What the references at a path say."""
    nodes: list[Any] = [node]
    for name in path:
        found: list[Any] = []
        for each in nodes:
            if type(each) is dict and name in each:
                value = each[name]
                if type(value) is list:
                    found += value
                else:
                    found.append(value)
        nodes = found
    return [said for each in nodes if type(each) is dict and type(said := each.get("reference")) is str]


def copied(value: Any) -> Any:
    """A copy that shares no object with the original."""
    if type(value) is dict:
        return {name: each if type(each) is str else copied(each) for name, each in value.items()}
    if type(value) is list:
        return [each if type(each) is str else copied(each) for each in value]
    return value


def prune(node: Any) -> bool:
    """Removes empty objects and lists in place; True when nothing is left."""
    if type(node) is dict:
        for name in [name for name, value in node.items() if type(value) in (dict, list) and prune(value)]:
            del node[name]
        return not node
    if type(node) is list:
        node[:] = [each for each in node if type(each) not in (dict, list) or not prune(each)]
        return not node
    return False
