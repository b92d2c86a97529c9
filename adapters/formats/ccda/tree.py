"""A clinical document as it is read: lxml's tree, and beside it light nodes that paths walk.

A node's name is the element's local name, with `sdtc:` before those of HL7's extensions. Narrative blocks are one node:
their markup is read from the element when somebody asks. Attribute values are stripped of white space around them
(codes such as `46008-9 ` are common); the element keeps what was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any
from weakref import ref

from lxml import etree

from adapters.formats.ccda.narrative import xhtml
from conformance.collecting import uncollected

V3 = "urn:hl7-org:v3"
SDTC = "urn:hl7-org:sdtc"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

_PREFIXES = {V3: "", SDTC: "sdtc:", XSI: "xsi:"}

ENTRY_REFERENCE = "2.16.840.1.113883.10.20.22.4.122"
"""Template of an act that stands for an entry elsewhere in the document, by its id."""


_HOLDERS = ("component", "structuredBody", "section", "entry")
"""Elements between a document and its entries."""

_NONE: dict[str, Any] = {}
_NOBODY: list[Any] = []
"""What nodes without attributes or children share; never written into."""


class Node:
    """One element. `children` in document order; `kids` the same by name.

    What is above it is known weakly, so that a document goes when its tree does, without the collector: whoever holds a
    node to look upward holds the tree.
    """

    __slots__ = ("__weakref__", "_key", "_parent", "_positions", "_top", "attributes", "children", "element", "kids",
                 "name", "parts", "templates")  # fmt: skip

    _key: str
    _positions: dict[int, int]

    def __init__(
        self, name: str, element: etree._Element, parent: ref[Node] | None, top: ref[Tree], attributes: dict[str, str]
    ) -> None:
        self.name = name
        self.element = element
        self._parent = parent
        self._top = top
        self.attributes = attributes
        self.children: list[Node] = _NOBODY
        self.kids: dict[str, list[Node]] = _NONE
        self.parts: dict[str, Any] | None = None
        """What conversions see of the element, once one has asked."""
        self.templates: dict[str, str] = _NONE
        """Roots of the templates that the element claims, with their extensions (versions)."""

    @property
    def parent(self) -> Node | None:
        return self._parent() if self._parent is not None else None

    @property
    def top(self) -> Tree:
        top = self._top()
        assert top is not None, "the tree is gone"
        return top

    @property
    def ids(self) -> tuple[tuple[str, str], ...]:
        """Roots and extensions of the element's ids, those without a root left out."""
        given = [each.attributes for each in self.kids.get("id", ())]
        return tuple([(each["root"], each.get("extension", "")) for each in given if each.get("root")])

    def path(self) -> str:
        """The element's XPath with positions where a name repeats: `/ClinicalDocument/component/.../entry[2]/act`."""
        steps: list[str] = []
        node: Node | None = self
        while node is not None:
            number = node.parent.positions.get(id(node)) if node.parent is not None else None
            steps.append(f"/{node.name}[{number}]" if number else f"/{node.name}")
            node = node.parent
        return "".join(reversed(steps))

    @property
    def positions(self) -> dict[int, int]:
        """By object id: the place of each child among those of its name, where there are several."""
        try:
            return self._positions
        except AttributeError:
            repeated = [kids for kids in self.kids.values() if len(kids) > 1]
            self._positions = {id(kid): number for kids in repeated for number, kid in enumerate(kids, 1)}
            return self._positions

    def within(self) -> Iterator[Node]:
        """The node and all below it, in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            if node.children:
                stack.extend(reversed(node.children))


class Tree:
    """A document: lxml's root element, the bytes it came from (None once it was changed), and nodes made when asked."""

    def __init__(self, element: etree._Element, raw: bytes | None = None) -> None:
        self.element = element
        self.raw = raw
        self._equals: dict[str, int] = {}
        self._names = _Names()
        self._xhtml: dict[int, str] = {}
        self._told: dict[int, list[etree._Element]] = {}
        """By object id of a narrative block's node: the elements in it that have an XML ID."""
        self._marked: list[Node] = []
        """Narrative blocks, and elements elsewhere that have an XML ID, in document order."""

    @cached_property
    def node(self) -> Node:
        """The root's node, and with it all others."""
        with uncollected():
            top = ref(self)
            given: Any = self.element.items()
            attributes = {self._names[name]: value.strip() for name, value in given}
            node = Node(self._names[self.element.tag], self.element, None, top, attributes)
            self._fill(node, top)
            return node

    def _fill(self, node: Node, top: ref[Tree]) -> None:
        """Makes what is below a node. Leaves, which most elements are, share their empty containers; attributes are as
        paths name them, without white space around their values."""
        names = self._names
        me = ref(node)
        children: list[Node] = []
        kids: dict[str, list[Node]] = {}
        node.children, node.kids = children, kids
        if "ID" in node.attributes:
            self._marked.append(node)
        narrated = node.name == "section"
        child: Any
        for child in node.element:
            name = names[child.tag]
            if not name:
                continue
            given = child.items()
            attributes: dict[str, str] = _NONE
            if given:
                attributes = {}
                for key, value in given:
                    attributes[names[key]] = value.strip()
                if "xsi:type" in attributes:
                    attributes["xsi:type"] = attributes["xsi:type"].rpartition(":")[2]
            made = Node(name, child, me, top, attributes)
            children.append(made)
            if name in kids:
                kids[name].append(made)
            else:
                kids[name] = [made]
            if len(child) and not (narrated and name == "text"):
                self._fill(made, top)
            elif name == "text" or "ID" in made.attributes:
                self._marked.append(made)
        if "templateId" in kids:
            node.templates = _templates(kids["templateId"])

    def xhtml(self, node: Node) -> str:
        """A narrative block as FHIR's Narrative.div, made once."""
        if id(node) not in self._xhtml:
            marked = self._told[id(node)] = []
            self._xhtml[id(node)] = xhtml(node.element, marked)
        return self._xhtml[id(node)]

    @cached_property
    def narrative(self) -> dict[str, etree._Element]:
        """Elements by their XML ID: what `reference` leads to. Those of narrative are found as it is told."""
        found: dict[str, etree._Element] = {}
        for node in self._marked:
            found.setdefault(node.attributes.get("ID", ""), node.element)
            if not node.children:
                self.xhtml(node)
                for element in self._told[id(node)]:
                    found.setdefault(element.get("ID", "").strip(), element)
        found.pop("", None)
        return found

    @cached_property
    def by_id(self) -> dict[tuple[str, str], list[Node]]:
        """The entries' elements by root and extension of their ids. One id may name several elements."""
        found: dict[tuple[str, str], list[Node]] = {}
        for node in self.node.within():
            if "id" in node.kids and ENTRY_REFERENCE not in node.templates:
                for pair in node.ids:
                    found.setdefault(pair, []).append(node)
        return found

    @cached_property
    def subject(self) -> str:
        """Whom the document is about, for keys: the patient's ids."""
        targets = self.node.kids.get("recordTarget", ())
        roles = [role for target in targets for role in target.kids.get("patientRole", ())]
        return "~".join(sorted(f"{root}^{extension}" for role in roles for root, extension in role.ids))

    def visit(self, node: Node) -> str:
        """Which visit of those that share its id an encounter tells of: empty for the first one, else `2`, `3`, ..."""
        return self._visits.get(id(node), "")

    @cached_property
    def _visits(self) -> dict[int, str]:
        """By object id: encounters of other days than the first one of their id, counted by day. An encounter without
        a time, or of a day within the first one's, is the first."""
        found: dict[int, str] = {}
        first: dict[tuple[str, str], tuple[str, str]] = {}
        days: dict[tuple[tuple[str, str], str], str] = {}
        for node in self._encounters():
            began, ended = _days(node)
            for pair in node.ids[:1]:
                known = first.setdefault(pair, (began, ended))
                if began and known[0] and not known[0] <= began <= known[1]:
                    found[id(node)] = days.setdefault((pair, began), str(len(days) + 2))
        return found

    def _encounters(self) -> Iterator[Node]:
        """That around the document, then those that are entries, in document order."""
        for around in self.node.kids.get("componentOf", ()):
            yield from around.kids.get("encompassingEncounter", ())
        waiting = [each for each in self.node.kids.get("component", ()) if "structuredBody" in each.kids]
        while waiting:
            node = waiting.pop()
            if node.name == "entry":
                yield from node.kids.get("encounter", ())
            waiting.extend(kid for name in _HOLDERS for kid in reversed(node.kids.get(name, ())))

    def key(self, node: Node) -> str:
        """The text of an entry's identity: whose it is, its ids and its content, and an ordinal among equals."""
        try:
            return node._key
        except AttributeError:
            content = hashlib.sha256(etree.tostring(node.element, with_tail=False)).hexdigest()
            ids = "~".join(f"{root}^{extension}" for root, extension in node.ids)
            text = f"{self.subject}|{node.name}|{ids}|{content}"
            number = self._equals[text] = self._equals.get(text, 0) + 1
            node._key = text if number == 1 else f"{text}|{number}"
            return node._key


def _days(node: Node) -> tuple[str, str]:
    """The first and the last day of an encounter, the same where one alone is told; empty where none is."""
    for time in node.kids.get("effectiveTime", ()):
        ends = [each.attributes.get("value", "")[:8] for name in ("low", "high") for each in time.kids.get(name, ())]
        told = [day for day in (time.attributes.get("value", "")[:8], *ends) if day]
        if told:
            return told[0], told[-1]
    return "", ""


def _templates(claimed: list[Node]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in claimed:
        root = each.attributes.get("root", "")
        found[root] = max(found.get(root, ""), each.attributes.get("extension", ""))
    return found


class _Names(dict[Any, str]):
    """Names by lxml's tags; empty for comments and processing instructions."""

    def __missing__(self, tag: Any) -> str:
        found = self[tag] = named(tag) if type(tag) is str else ""
        return found


def named(tag: str) -> str:
    """lxml's `{namespace}name` as paths write it; names of foreign namespaces stay as they are."""
    return _known(tag) if len(tag) < LONGEST_KNOWN else _named(tag)


def _named(tag: str) -> str:
    if tag[0] != "{":
        return tag
    namespace, _, name = tag[1:].partition("}")
    prefix = _PREFIXES.get(namespace)
    return tag if prefix is None else prefix + name


_known = lru_cache(maxsize=2048)(_named)
LONGEST_KNOWN = 200
"""Characters of a tag that is remembered for other documents."""
