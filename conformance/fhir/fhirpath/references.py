"""Follows references inside one resource: to what it contains, and to the other entries of its Bundle.

https://hl7.org/fhir/R4/bundle.html#references and references.html#contained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.fhir.fhirpath.node import Node, children

RESTFUL = re.compile(
    r"((?:https?://[A-Za-z0-9\-\\.:%$_/]+/)?)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(/_history/[A-Za-z0-9\-.]{1,64})?"
)


def resolver(root: Node) -> Callable[[str, Node], Node | None]:
    """Gives `resolve(reference, from)` for everything below a root; the index is made when first asked."""
    index: dict[str, list[Node]] = {}
    indexed = False
    held: dict[int, dict[str, Node]] = {}

    def resolve(reference: str, item: Node) -> Node | None:
        nonlocal indexed
        if reference.startswith("#"):
            return contained(reference[1:], item, held)
        if not indexed:
            for url, node in _entries(root):
                index.setdefault(url, []).append(node)
            indexed = True
        entry = entry_of(item) if index else None
        if entry is None:
            return None
        match = RESTFUL.fullmatch(reference)
        url = reference if match is None or match[1] else _base(entry) + reference
        if url in index:
            return index[url][0]
        there = index.get(url.partition("/_history/")[0], ()) if match is not None and match[4] else ()
        return next((node for node in there if _version(node) in ("", url.rpartition("/")[2])), None)

    return resolve


def _version(resource: Node) -> str:
    """Which version a resource says it is; empty where it doesn't."""
    meta = resource.value.get("meta") if isinstance(resource.value, dict) else None
    return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


def contained(ident: str, item: Node, held: dict[int, dict[str, Node]]) -> Node | None:
    """The contained resource of that id in the resource around an item; that resource itself for an empty id.

    `held` remembers what resources contain, by the identity of their values.
    """
    node: Node | None = item
    while node is not None:
        if isinstance(node.value, dict) and "resourceType" in node.value and node.name != "contained":
            if not ident:
                return node
            inner = held.get(id(node.value))
            if inner is None:
                inner = held[id(node.value)] = _contained(node)
            return inner.get(ident) or (node if node.value.get("id") == ident else None)
        node = node.parent
    return None


def _contained(node: Node) -> dict[str, Node]:
    """What a resource contains, by id: the first of each."""
    found: dict[str, Node] = {}
    for inner in children(node, "contained"):
        ident = inner.value.get("id") if isinstance(inner.value, dict) else None
        if isinstance(ident, str):
            found.setdefault(ident, inner)
    return found


def entry_of(item: Node) -> Node | None:
    """The Bundle entry around an item."""
    node: Node | None = item
    while node is not None and not (node.name == "entry" and node.parent is not None and node.parent.type == "Bundle"):
        node = node.parent
    return node


def _base(entry: Node) -> str:
    """The server's part of a RESTful fullUrl: what relative references in the entry begin with."""
    url = entry.value.get("fullUrl") if isinstance(entry.value, dict) else None
    match = RESTFUL.fullmatch(url) if isinstance(url, str) else None
    return match[1] if match else ""


def _entries(root: Node) -> Iterator[tuple[str, Node]]:
    if root.type != "Bundle":
        return
    for entry in children(root, "entry"):
        for resource in children(entry, "resource"):
            url = entry.value.get("fullUrl")
            if isinstance(url, str):
                yield url, resource
            else:
                yield from _named(resource)


def _named(resource: Node) -> Iterator[tuple[str, Any]]:
    ident = resource.value.get("id") if isinstance(resource.value, dict) else None
    if isinstance(ident, str):
        yield f"{resource.type}/{ident}", resource


def by_url(entries: Any) -> dict[str, int]:
    """The absolute fullUrls of a Bundle's entries with a resource, each with the place of the first that has it."""
    found: dict[str, int] = {}
    for place, entry in enumerate(entries if isinstance(entries, list) else ()):
        url = entry.get("fullUrl") if isinstance(entry, dict) and isinstance(entry.get("resource"), dict) else None
        if isinstance(url, str) and ":" in url and url[0] != "#":
            found.setdefault(url, place)
    return found


def literals(tree: Any) -> list[Any]:
    """What stands at each `reference` of a tree, in no order: a text, if all is well."""
    found: list[Any] = []
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if "reference" in item:
                found.append(item["reference"])
            if "_reference" in item:
                found.append(None)
            item = item.values()
        stack += [each for each in item if isinstance(each, (dict, list))]
    return found
