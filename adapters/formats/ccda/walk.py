"""What generated source calls to read a document's nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.formats.ccda.narrative import plain
from adapters.formats.ccda.paths import ATTRIBUTE, CHILD, EQUALS, FUNCTION, INDEX, OUTWARD, PARENT, ROOT, TEMPLATE, Step
from adapters.formats.ccda.tree import ENTRY_REFERENCE, Node

Steps = tuple[Step, ...]

STATEMENTS = frozenset(
    ("act", "encounter", "observation", "organizer", "procedure", "substanceAdministration", "supply")
)
"""Elements that may stand for another of the same id where they say nothing else."""


def every(node: Node, steps: Steps) -> list[Any]:
    """All that stands at a path, in document order: nodes, or texts where the path ends in an attribute."""
    nodes: list[Any] = [node]
    for kind, name, tests in steps:
        found: list[Any] = []
        for each in nodes:
            found.extend(_next(each, kind, name, tests))
        if not found:
            return found
        nodes = found
    return nodes


def get(node: Node, steps: Steps, depth: int = 0) -> Any:
    """The first thing at a path; None when there is none."""
    if depth == len(steps):
        return node
    kind, name, tests = steps[depth]
    if kind == ATTRIBUTE:
        return node.attributes.get(name) or None
    if kind == CHILD and not tests:
        found: Any = node.children if name == "*" else node.kids.get(name)
        if found is None:
            return None
    else:
        found = _next(node, kind, name, tests)
    depth += 1
    for each in found:
        value = each if depth == len(steps) else get(each, steps, depth)
        if value is not None:
            return value
    return None


def _next(node: Node, kind: int, name: str, tests: tuple[Any, ...]) -> list[Any]:
    """What one step leads to."""
    if kind == CHILD:
        found = node.children if name == "*" else node.kids.get(name, [])
    elif kind == ATTRIBUTE:
        value = node.attributes.get(name)
        return [value] if value else []
    elif kind == OUTWARD:
        return outward(node, name, tests)
    elif kind == PARENT:
        found = [node.parent] if node.parent is not None else []
    elif kind == ROOT:
        return [node.top.node]
    elif kind == FUNCTION:
        return [value] if (value := getattr(node.top, name.removesuffix("()"))(node)) else []
    return found if not tests else _tested(found, tests)


def outward(node: Node, name: str, tests: tuple[Any, ...]) -> list[Node]:
    """The nearest of a name: children of this node, else of one around it; or a node around."""
    here: Node | None = node
    while here is not None:
        if here.name == name and (found := _tested([here], tests)):
            return found
        if found := _tested(here.kids.get(name, []), tests):
            return found
        here = here.parent
    return []


def _tested(nodes: list[Any], tests: tuple[Any, ...]) -> list[Any]:
    for test in tests:
        if test[0] == INDEX:
            nodes = nodes[test[2] - 1 : test[2] or None]
        else:
            nodes = [each for each in nodes if holds(each, test)]
    return nodes


def holds(node: Node, test: tuple[Any, ...]) -> bool:
    """True when a node meets a test in brackets."""
    kind, negated, operand = test[:3]
    if kind == TEMPLATE:
        templates = node.templates
        met = any(root in templates for root in operand)
    elif kind == EQUALS:
        met = any(text(each) in test[3] for each in every(node, operand))
    else:
        met = bool(every(node, operand))
    return met is not negated


def text(value: Any) -> str | None:
    """The text of a leaf: an attribute's, an element's own, or that of the narrative its reference leads to."""
    if value is None or type(value) is str:
        return value
    element = value.element
    if not value.children:
        if len(element):
            return plain(element) or None
        own = element.text
        return " ".join(own.split()) or None if own else None
    if value.attributes.get("representation") == "B64":
        return "".join(element.xpath("text()")).strip() or None
    references = (each.attributes.get("value") for each in value.kids.get("reference", ()))
    referred = next(filter(None, references), None)
    if referred is not None and referred.startswith("#generated-") and not referred.endswith("-text"):
        return None  # a row that was made of this very entry
    if referred is not None:
        target = value.top.narrative.get(referred.removeprefix("#"))
        found = plain(target) if target is not None else ""
        if found:
            return found
    return plain(element) or None


def valued(value: Any) -> bool:
    """True for a text, and for an element that isn't null."""
    return value is not None and (type(value) is str or "nullFlavor" not in value.attributes)


def key(node: Node) -> str:
    """The text of a node's identity."""
    return node.top.key(node)


class Parts:
    """Nodes as plain dicts for conversions, made when they are asked for: attributes by `@name`, children by name as
    lists, text as `#`. Many a key is known by its first part."""

    __slots__ = ("_nodes",)

    def __init__(self, nodes: Iterable[Any]) -> None:
        self._nodes = nodes

    def __iter__(self) -> Iterator[Any]:
        return iter([each if type(each) is str else each.parts or _parts(each) for each in self._nodes])


def _parts(node: Node) -> dict[str, Any]:
    made: dict[str, Any] = {_MARKED.get(name) or f"@{name}": value for name, value in node.attributes.items()}
    for name, kids in node.kids.items():
        made[name] = [each.parts or _parts(each) for each in kids]
    own = text(node)
    if own:
        made["#"] = own
    node.parts = made
    return made


_MARKED = {
    name: f"@{name}"
    for name in ("root", "extension", "nullFlavor", "value", "use", "code", "codeSystem", "displayName")
}


def referred(nodes: Iterable[Node]) -> list[Node]:
    """The nodes themselves; for entry references, and acts that say nothing but an id, those that have the id."""
    found: dict[int, Node] = {}
    for node in nodes:
        known: list[Node] = []
        if ENTRY_REFERENCE in node.templates or (not node.templates and node.name in STATEMENTS):
            known = [each for pair in node.ids for each in node.top.by_id.get(pair, ()) if each is not node]
        for each in known or (node,):
            found[id(each)] = each
    return list(found.values())
