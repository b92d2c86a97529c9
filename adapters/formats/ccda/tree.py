"""A clinical document as it is read: lxml's tree, and beside it light nodes that paths walk.

A node's name is the element's local name, with `sdtc:` before those of HL7's extensions. Narrative blocks are one node:
their markup is read from the element when somebody asks. Attribute values are stripped of white space around them
(codes such as `46008-9 ` are common); the element keeps what was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
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


_WITH_ID = etree.XPath("descendant-or-self::*[@ID]")

_NONE: dict[str, Any] = {}
_NOBODY: list[Any] = []
"""What nodes without attributes or children share; never written into."""


class Node:
    """One element. `children` in document order; `kids` the same by name.

    What is above it is known weakly, so that a document goes when its tree does, without the collector: whoever holds a
    node to look upward holds the tree.
    """

    __slots__ = (
        "__weakref__",
        "_key",
        "_parent",
        "_positions",
        "_templates",
        "_top",
        "attributes",
        "children",
        "element",
        "kids",
        "name",
    )

    def __init__(self, name: str, element: etree._Element, parent: ref[Node] | None, top: ref[Tree]) -> None:
        self.name = name
        self.element = element
        self._parent = parent
        self._top = top
        self.attributes: dict[str, str] = _NONE
        self.children: list[Node] = _NOBODY
        self.kids: dict[str, list[Node]] = _NONE
        self._templates: dict[str, str] | None = None
        self._key = ""
        self._positions: dict[int, int] | None = None

    @property
    def parent(self) -> Node | None:
        return self._parent() if self._parent is not None else None

    @property
    def top(self) -> Tree:
        top = self._top()
        assert top is not None, "the tree is gone"
        return top

    @property
    def templates(self) -> dict[str, str]:
        """Roots of the templates that the element claims, with their extensions (versions)."""
        if self._templates is None and "templateId" not in self.kids:
            self._templates = _NONE
        if self._templates is None:
            found: dict[str, str] = {}
            for each in self.kids.get("templateId", ()):
                root = each.attributes.get("root", "")
                found[root] = max(found.get(root, ""), each.attributes.get("extension", ""))
            self._templates = found
        return self._templates

    @property
    def ids(self) -> tuple[tuple[str, str], ...]:
        """Roots and extensions of the element's ids, those without a root left out."""
        if "id" not in self.kids:
            return ()
        given = (each.attributes for each in self.kids.get("id", ()))
        return tuple((each["root"], each.get("extension", "")) for each in given if each.get("root"))

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
        if self._positions is None:
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
        self._names: dict[str, str] = {}
        self._xhtml: dict[int, str] = {}

    @cached_property
    def node(self) -> Node:
        """The root's node, and with it all others."""
        with uncollected():
            return self._build(self.element, None, ref(self))

    def _build(self, element: etree._Element, parent: ref[Node] | None, top: ref[Tree]) -> Node:
        """The node of an element, with all below it. Leaves, which most elements are, share their empty containers."""
        names = self._names
        tag: Any = element.tag
        node = Node(names.get(tag) or self._name(tag), element, parent, top)
        given: Any = element.items()
        if given:
            node.attributes = self._attributes(given)
        if len(element) == 0 or (node.name == "text" and _is_section(parent)):
            return node
        me = ref(node)
        children: list[Node] = []
        kids: dict[str, list[Node]] = {}
        node.children, node.kids = children, kids
        for child in element:
            tag = child.tag
            if type(tag) is not str:
                continue
            if len(child):
                made = self._build(child, me, top)
            else:
                made = Node(names.get(tag) or self._name(tag), child, me, top)
                given = child.items()
                if given:
                    made.attributes = self._attributes(given)
            children.append(made)
            if made.name in kids:
                kids[made.name].append(made)
            else:
                kids[made.name] = [made]
        return node

    def _attributes(self, given: list[tuple[str, str]]) -> dict[str, str]:
        """Attributes as paths name them, without white space around their values."""
        names = self._names
        found = {names.get(name) or self._name(name): value.strip() for name, value in given}
        if "xsi:type" in found:
            found["xsi:type"] = found["xsi:type"].rpartition(":")[2]
        return found

    def _name(self, tag: str) -> str:
        found = self._names[tag] = named(tag)
        return found

    def xhtml(self, node: Node) -> str:
        """A narrative block as FHIR's Narrative.div, made once."""
        if id(node) not in self._xhtml:
            self._xhtml[id(node)] = xhtml(node.element)
        return self._xhtml[id(node)]

    @cached_property
    def narrative(self) -> dict[str, etree._Element]:
        """Elements by their XML ID: what `reference` leads to."""
        found: dict[str, etree._Element] = {}
        with_id: Any = _WITH_ID(self.element)
        for element in with_id:
            found.setdefault(element.get("ID", "").strip(), element)
        found.pop("", None)
        return found

    @cached_property
    def by_id(self) -> dict[tuple[str, str], list[Node]]:
        """The entries' elements by root and extension of their ids. One id may name several elements."""
        found: dict[tuple[str, str], list[Node]] = {}
        for node in self.node.within():
            if ENTRY_REFERENCE not in node.templates:
                for pair in node.ids:
                    found.setdefault(pair, []).append(node)
        return found

    @cached_property
    def subject(self) -> str:
        """Whom the document is about, for keys: the patient's ids."""
        targets = self.node.kids.get("recordTarget", ())
        roles = [role for target in targets for role in target.kids.get("patientRole", ())]
        return "~".join(sorted(f"{root}^{extension}" for role in roles for root, extension in role.ids))

    def key(self, node: Node) -> str:
        """The text of an entry's identity: whose it is, its ids and its content, and an ordinal among equals."""
        if not node._key:
            content = hashlib.sha256(etree.tostring(node.element, with_tail=False)).hexdigest()
            ids = "~".join(f"{root}^{extension}" for root, extension in node.ids)
            text = f"{self.subject}|{node.name}|{ids}|{content}"
            number = self._equals[text] = self._equals.get(text, 0) + 1
            node._key = text if number == 1 else f"{text}|{number}"
        return node._key


def _is_section(node: ref[Node] | None) -> bool:
    held = node() if node is not None else None
    return held is not None and held.name == "section"


def named(tag: str) -> str:
    """lxml's `{namespace}name` as paths write it; names of foreign namespaces stay as they are."""
    if tag[0] != "{":
        return tag
    namespace, _, name = tag[1:].partition("}")
    prefix = _PREFIXES.get(namespace)
    return tag if prefix is None else prefix + name
