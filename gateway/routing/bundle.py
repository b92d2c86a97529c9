"""Looking around in a Bundle: resources by type, references followed, values at a dotted path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Resource = dict[str, Any]


class Pivot:
    """A Bundle, or one resource by itself, indexed once."""

    def __init__(self, root: Resource) -> None:
        self.root = root
        self._by_reference: dict[str, Resource] = {}
        self._by_type: dict[str, list[Resource]] = {}
        for url, resource in _resources(root):
            kind, name = str(resource.get("resourceType", "")), resource.get("id")
            self._by_type.setdefault(kind, []).append(resource)
            for reference in (url, f"{kind}/{name}" if name else None):
                if reference:
                    self._by_reference.setdefault(str(reference), resource)

    def all(self, kind: str) -> list[Resource]:
        return self._by_type.get(kind, [])

    def first(self, kind: str) -> Resource | None:
        return next(iter(self.all(kind)), None)

    def resolved(self, reference: object) -> Resource | None:
        """The resource that a Reference leads to within the Bundle."""
        target = reference.get("reference") if isinstance(reference, dict) else None
        return self._by_reference.get(target) if isinstance(target, str) else None


def _resources(root: Resource) -> Iterator[tuple[object, Resource]]:
    if root.get("resourceType") != "Bundle":
        yield None, root
    entries = root.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield entry.get("fullUrl"), resource


def at(node: object, path: str) -> list[Any]:
    """The values at a dotted path, through lists: `coding.code`."""
    found = [node]
    for step in path.split("."):
        found = [inner for one in found for inner in _step(one, step)]
    return found


def _step(node: object, name: str) -> list[Any]:
    value = node.get(name) if isinstance(node, dict) else None
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
