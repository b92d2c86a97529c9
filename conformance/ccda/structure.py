"""An element against its class: attributes, text, elements, their order and number. What CDA's schemas say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue import issue
from conformance.ccda.layout import Layout, Member, layouts, lineage
from conformance.ccda.node import Node, Place, own_text
from conformance.ccda.primitives import PRIMITIVES
from conformance.issue import Issue

_ALWAYS = frozenset(("xsi:type", "xsi:schemaLocation", "xsi:nil"))
_CODES = {"uid": "CDA-0208", "dateTime": "CDA-0209"}
_ANY_TYPE = frozenset(("Observation.value", "ObservationRange.value", "Criterion.value", "CR.value"))
"""Values of any data type, which have to say of which."""


Missing = set[tuple[int, str]]
"""What a template's rule has told to be missing: the object id of the element that lacks it, and the name."""


def check(node: Node, layout: Layout, place: Place, told: Missing) -> Iterator[Issue]:
    """The findings of one element, not of those in it. What was `told` isn't told again."""
    if node.attributes or layout.demanded:
        yield from _attributes(node, layout, place, told)
    if not layout.text and own_text(node):
        yield issue("CDA-0220", place(node, ""), element=node.name)
    if node.children or layout.required:
        yield from _elements(node, layout, place, told)


def _attributes(node: Node, layout: Layout, place: Place, told: Missing) -> Iterator[Issue]:
    known = layout.attributes
    for name, value in node.attributes.items():
        primitive = known.get(name)
        if primitive is not None:
            if not primitive[1](value):
                code = _CODES.get(primitive[0], "CDA-0218")
                kind = PRIMITIVES[primitive[0]][1]
                yield issue(code, place(node, name), attribute=name, type=kind, found=value)
        elif name not in known and name not in _ALWAYS and not name.startswith(("sdtc:", "{")):
            yield issue("CDA-0217", place(node, ""), attribute=name, element=node.name)
    for name in layout.demanded:
        if name not in node.attributes and (id(node), f"@{name}") not in told:
            yield issue("CDA-0215", place(node, ""), part=f"@{name}", parent=node.name)


def _elements(node: Node, layout: Layout, place: Place, told: Missing) -> Iterator[Issue]:
    """Elements in order, none that the class doesn't have, none too often, all that it must have."""
    members = layout.members
    last, before = -1, ""
    for child in node.children:
        name = child.name
        member = members.get(name)
        if member is None:
            if name[0] != "{" and not name.startswith("sdtc:"):
                yield issue("CDA-0213", place(child, ""), element=name, parent=node.name)
        elif layout.ordered and name[:5] != "sdtc:":
            if member.place < last:
                yield issue("CDA-0212", place(child, ""), element=name, other=before)
            else:
                last, before = member.place, name
    for name, kids in node.kids.items():
        if len(kids) > 1 and (member := members.get(name)) is not None and 0 < member.most < len(kids):
            yield issue("CDA-0216", place(kids[member.most], ""), element=name, parent=node.name, most=member.most)
    for name in layout.required:
        if name not in node.kids and (id(node), name) not in told:
            yield issue("CDA-0215", place(node, ""), part=name, parent=node.name)


def layout_of(child: Node, parent: Layout, place: Place, found: list[Issue]) -> Layout | None:
    """The class of a child; None for one that isn't known. What is wrong with its `xsi:type` is `found`."""
    member = parent.members.get(child.name)
    if member is None:
        return None
    known = layouts()
    said = child.attributes.get("xsi:type")
    if said is None:
        return _unsaid(child, member, parent, place, found, known)
    if said not in known or not _allowed(said, member):
        allowed = ", ".join(member.types[:6]) + (" and others" if len(member.types) > 6 else "")
        found.append(issue("CDA-0219", place(child, ""), element=child.name, types=allowed, found=said))
    return known.get(said)


def _unsaid(
    child: Node, member: Member, parent: Layout, place: Place, found: list[Issue], known: Mapping[str, Layout]
) -> Layout | None:
    if len(member.types) == 1:
        return known.get(member.types[0])
    if f"{parent.name}.{child.name}" in _ANY_TYPE:
        if "nullFlavor" not in child.attributes and (child.attributes or child.children):
            found.append(issue("CDA-0210", place(child, "")))
        return None
    return known["SXCM_TS"] if "SXCM_TS" in member.types or "IVL_TS" in member.types else None


def _allowed(said: str, member: Member) -> bool:
    """True when the type is one that may stand there or extends it."""
    if len(member.types) > 20:
        return True
    return any(each in member.types for each in lineage(said))


def coded(node: Any, place: Place) -> Iterator[Issue]:
    """A value's code needs its system."""
    given = node.attributes
    if given.get("code") and not given.get("codeSystem") and given.get("xsi:type") in ("CD", "CE"):
        yield issue("CDA-0211", place(node, "code"))
