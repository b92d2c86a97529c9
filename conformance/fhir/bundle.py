"""Rules of Bundles: https://hl7.org/fhir/R4/bundle.html, sections 2.36.4 (references), 2.36.5 (documents),
messaging.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.definitions import r4
from conformance.fhir.fhirpath import Node, type_of
from conformance.fhir.fhirpath.references import RESTFUL, by_url, literals
from conformance.fhir.primitives import ABSOLUTE

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_FIRST = {"document": "Composition", "message": "MessageHeader"}
_UNNAMED = ("batch", "transaction", "batch-response", "transaction-response")
_UNIDENTIFIED = ("batch", "transaction", "transaction-response", "batch-response", "history")


def check(walk: Walk, node: Node) -> None:
    entries = list(_entries(node))
    kind = node.value.get("type")
    for entry in entries:
        _full_url(walk, entry, str(kind))
    _links(walk, node)
    if kind in _FIRST and entries:
        _first(walk, node, entries, _FIRST[kind])
        _closure(walk, node, entries, document=kind == "document")
    if kind == "searchset":
        _search(walk, node, entries)


class Entry:
    """An entry with its node, fullUrl and resource."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.url: str = node.value.get("fullUrl") if isinstance(node.value.get("fullUrl"), str) else ""
        resource = node.value.get("resource")
        self.resource: dict[str, Any] | None = resource if isinstance(resource, dict) else None
        self.type = type_of(self.resource)
        ident = self.resource.get("id") if self.resource is not None else None
        self.id = ident if isinstance(ident, str) else ""
        self.inside = Node(self.resource, self.type, node, "resource")


def _entries(node: Node) -> Iterator[Entry]:
    rows = node.value.get("entry")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            yield Entry(Node(row, "Bundle.entry", node, "entry", index))


def _full_url(walk: Walk, entry: Entry, kind: str) -> None:
    """A fullUrl is absolute, and a RESTful one agrees with the resource's type and id."""
    if not entry.url:
        if kind not in _UNNAMED and entry.resource is not None and not _told_by_search(entry, kind):
            walk.report("FHIR-0080", entry.node)
        return
    match = RESTFUL.fullmatch(entry.url)
    if not ABSOLUTE.match(entry.url):
        walk.report("FHIR-0081", entry.node, found=entry.url)
        return
    if match is None or not r4.is_resource(match[2]) or entry.resource is None or kind in _UNIDENTIFIED:
        return
    if not entry.id:
        walk.report("FHIR-0082", entry.node)
    elif (match[2], match[3]) != (entry.type, entry.id):
        walk.report("FHIR-0083", entry.node, found=entry.url)


def _told_by_search(entry: Entry, kind: str) -> bool:
    """True for what a search says of itself: it is nowhere to be found again, so it has no identity."""
    return kind == "searchset" and entry.type == "OperationOutcome"


def _links(walk: Walk, node: Node) -> None:
    rows = node.value.get("link")
    seen: set[str] = set()
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        relation = row.get("relation") if isinstance(row, dict) else None
        if isinstance(relation, str) and relation in seen:
            walk.report("FHIR-0084", f"{node.path}.link[{index}]", found=relation)
        seen.add(str(relation))


def _first(walk: Walk, node: Node, entries: list[Entry], wanted: str) -> None:
    if entries[0].type != wanted:
        walk.report("FHIR-0085", entries[0].node, wanted=wanted)


def _search(walk: Walk, node: Node, entries: list[Entry]) -> None:
    """What a search found has an id and is of the types searched for; what it says of itself is an outcome."""
    types = _searched(node.value.get("link"))
    for entry in entries:
        search = entry.node.value.get("search")
        mode = search.get("mode") if isinstance(search, dict) else None
        if entry.resource is None:
            continue
        if mode == "outcome":
            if entry.type != "OperationOutcome":
                walk.report("FHIR-0089", entry.inside, wanted="OperationOutcome", mode=mode)
            continue
        if not entry.id and (entry.type != "OperationOutcome" or mode is not None):
            walk.report("FHIR-0086", entry.inside)
        if mode == "match" and types and entry.type not in types:
            walk.report("FHIR-0089", entry.inside, wanted=", ".join(types), mode=mode)


def _searched(links: Any) -> tuple[str, ...]:
    """The types that the `self` link of a searchset says were searched for; none where it doesn't tell."""
    rows = [each for each in links if isinstance(each, dict)] if isinstance(links, list) else []
    url = next((each.get("url") for each in rows if each.get("relation") == "self"), None)
    if not isinstance(url, str) or "$" in url:
        return ()
    path, _, query = url.partition("?")
    named = path.removesuffix("/_search").rpartition("/")[2]
    if r4.is_resource(named):
        return (named,)
    asked = [part.removeprefix("_type=") for part in query.split("&") if part.startswith("_type=")]
    types = tuple(",".join(asked).replace("%2C", ",").split(",")) if asked else ()
    return types if all(map(r4.is_resource, types)) else ()


def _closure(walk: Walk, node: Node, entries: list[Entry], *, document: bool) -> None:
    """What the first resource refers to is in the Bundle; every entry hangs together with the first by references."""
    linked: dict[int, set[int]] = {number: set() for number in range(len(entries))}
    urls = by_url([entry.node.value for entry in entries]) if node.value is walk.root.value else {}
    first: dict[str, int] = {}
    for number, entry in enumerate(entries):
        linked[number].add(first.setdefault(entry.url, number) if entry.url else number)
        linked[first.get(entry.url, number)].add(number)  # versions of one resource
        for other in _targets(walk, entries, number, urls):
            linked[number].add(other)
            linked[other].add(number)
    reached, fresh = {0}, [0]
    while fresh:
        fresh = [other for number in fresh for other in linked[number] if other not in reached]
        reached |= set(fresh)
    for number, entry in enumerate(entries):
        if number not in reached:
            walk.report("FHIR-0088", entry.node, severity=None if document else "warning")


def _targets(walk: Walk, entries: list[Entry], number: int, urls: dict[str, int]) -> Iterator[int]:
    """The entries that an entry refers to; of the first one, what leads nowhere is told."""
    entry = entries[number]
    texts = literals(entry.resource or {})
    if all(isinstance(text, str) and text in urls for text in texts):
        yield from (urls[text] for text in texts)
        return
    places = {id(each.resource): place for place, each in enumerate(entries)}
    for reference, where in _references(entry.inside):
        target = walk.resolve(reference, where)
        if target is not None and id(target.value) in places:
            yield places[id(target.value)]
        elif number == 0 and target is None and not reference.startswith("#") and _local(reference):
            walk.report("FHIR-0087", where, found=reference)


def _local(reference: str) -> bool:
    """True for references that can only mean something in the Bundle: urn: and relative ones."""
    return reference.startswith("urn:") or not reference.startswith(("http:", "https:"))


def _references(start: Node) -> Iterator[tuple[str, Node]]:
    """Every literal reference below a node, with its place."""
    stack: list[tuple[Any, Node]] = [(start.value, start)]
    while stack:
        value, place = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("reference"), str):
                yield value["reference"], place
            stack += [
                (child, Node(child, "", place, key)) for key, child in value.items() if isinstance(child, (dict, list))
            ]
        elif isinstance(value, list):
            above = place.parent
            stack += [(child, Node(child, "", above, place.name, number)) for number, child in enumerate(value)]
