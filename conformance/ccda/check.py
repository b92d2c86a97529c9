"""A clinical document against CDA's classes, its templates, its type's sections, and its own links: one walk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Any

from conformance.catalogue import issue
from conformance.ccda import links, sections, structure, values
from conformance.ccda.codes import Codes
from conformance.ccda.expression import Around
from conformance.ccda.layout import Layout, layouts
from conformance.ccda.node import Node, Place
from conformance.ccda.templates import Templates
from conformance.issue import Issue
from conformance.terminology import Terminology

MOST = 10_000
"""Findings of a document that are told; what is hostile could have one for each of its bytes."""


def check(
    root: Node, ids: Mapping[str, int], place: Place, terminology: Terminology | None = None
) -> tuple[Issue, ...]:
    """All findings, by line. `ids`: the XML IDs of the document, with how often each is there."""
    walk = _Walk(root, ids, place, Codes(terminology))
    found = [*sections.check(root, place), *islice(links.check(root, ids, place), MOST)]
    walk.visit(root, layouts()["ClinicalDocument"], found)
    more = (issue("CDA-0234", limit=MOST),) if len(found) >= MOST else ()
    found = [*found[:MOST], *walk.templates.unknown.values()]
    return (*sorted(found, key=lambda each: each.at.line or 0), *more)


class _Walk:
    """What is known of the whole document while it is walked."""

    def __init__(self, root: Node, ids: Mapping[str, int], place: Place, codes: Codes) -> None:
        self.ids = ids
        self.place = place
        self.root = root
        self._named: dict[str, list[Any]] = {}
        self._entries: Counter[tuple[str, str]] | None = None
        around = Around(root, root, self.named, codes.member, lambda node, template: True)
        self.templates = Templates(place, around)
        self.templates.around = Around(root, root, self.named, codes.member, self.templates.conforms)

    def named(self, name: str) -> list[Any]:
        """All elements of a name, found once."""
        if not self._named:
            stack = [self.root]
            while stack:
                node = stack.pop()
                self._named.setdefault(node.name, []).append(node)
                stack += node.children
        return self._named.get(name, [])

    @property
    def entries(self) -> Counter[tuple[str, str]]:
        """The ids of all elements, with how often each is there."""
        if self._entries is None:
            given = (each.attributes for each in self.named("id"))
            self._entries = Counter((each.get("root", ""), each.get("extension", "")) for each in given)
        return self._entries

    def visit(self, node: Any, layout: Layout | None, found: list[Issue]) -> None:
        """An element, then those in it. Without a layout only templates and links are looked at."""
        if "templateId" in node.kids:
            found.extend(self.templates.check(node))
            found.extend(links.entry_reference(node, self.entries, self.place))
        elif node.name == "reference":
            found.extend(links.reference(node, self.ids, self.place))
        elif node.name == "value":
            found.extend(structure.coded(node, self.place))
        if layout is not None:
            found.extend(structure.check(node, layout, self.place, self.templates.told))
        found.extend(values.check(node, self.place))
        if node.name == "section":
            for text in node.kids.get("text", ()):
                found.extend(islice(links.narrative(text), MOST))
        if len(found) >= MOST:
            return
        inside = partial(structure.layout_of, parent=layout, place=self.place, found=found) if layout else None
        for child in node.children:
            self.visit(child, inside(child) if inside is not None else None, found)
