"""A clinical document against the rules: one walk, rules found by element name and by template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from conformance.catalogue import issue
from conformance.ccda.rules import Asked, Sections, documents, order, templates
from conformance.issue import Issue, Where

_TIMES = frozenset(("effectiveTime", "time", "birthTime", "low", "high", "center"))

_ANY = ("observation", "observationRange", "criterion")
"""Elements whose value may be of any data type, and has to say of which."""


class Node(Protocol):
    """An element of the document (the codec's nodes are such)."""

    name: str
    attributes: dict[str, str]

    @property
    def children(self) -> Sequence[Any]: ...

    @property
    def kids(self) -> Mapping[str, Sequence[Any]]: ...

    @property
    def templates(self) -> Mapping[str, str]:
        """Roots with versions."""


Place = Callable[[Any, str], Where]
"""The place of a node, or of its attribute."""


def check(root: Node, names: Counter[str], place: Place) -> tuple[Issue, ...]:
    """All findings, in document order. `names`: the XML IDs of the document, with how often each is there."""
    found = list(_sections(root, place))
    found += (issue("CDA-0207", place(root, ""), found=name) for name, count in names.items() if count > 1)
    for node in _within(root):
        found += _order(node, place)
        found += _asked(node, place)
        found += _types(node, place)
        found += _links(node, names, place)
    return tuple(found)


def _within(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from _within(child)


def _order(node: Any, place: Place) -> Iterator[Issue]:
    """Elements in the schema's order, none that it doesn't know."""
    places = order().get(node.name)
    if places is None:
        return
    last, before = -1, ""
    for child in node.children:
        if ":" in child.name:
            continue
        here = places.get(child.name)
        if here is None:
            yield issue("CDA-0213", place(child, ""), element=child.name, parent=node.name)
        elif here < last:
            yield issue("CDA-0212", place(child, ""), element=child.name, other=before)
        else:
            last, before = here, child.name


def _asked(node: Any, place: Place) -> Iterator[Issue]:
    """What the templates that the element claims ask of it. An element with a nullFlavor is there."""
    if "templateId" not in node.kids:
        return
    for root in node.templates:
        for asked in templates().get(root, ()):
            yield from _cardinality(node, asked, place)


def _cardinality(node: Any, asked: Asked, place: Place) -> Iterator[Issue]:
    *steps, last = asked.path
    nodes = [node]
    for step in steps if last.startswith("@") else asked.path:
        nodes = [kid for each in nodes for kid in each.kids.get(step, ())]
    path = "/".join(asked.path)
    if len(nodes) < asked.least:
        yield issue("CDA-0201", place(node, ""), path=path, template=asked.template)
    elif asked.most and len(nodes) > asked.most:
        yield issue("CDA-0202", place(nodes[asked.most], ""), path=path, template=asked.template, most=asked.most)
    for each in nodes if asked.values else ():
        said = each.attributes.get(last[1:])
        if said is None and "nullFlavor" not in each.attributes:
            yield issue("CDA-0201", place(each, ""), path=path, template=asked.template)
        elif said is not None and said not in asked.values:
            values = ", ".join(sorted(asked.values))
            yield issue(
                "CDA-0203", place(each, last[1:]), path=path, template=asked.template, values=values, found=said
            )


def _types(node: Any, place: Place) -> Iterator[Issue]:
    """Data types: ids, times, values and codes that can be read."""
    given = node.attributes
    root = given.get("root")
    if root is not None and node.name in ("id", "templateId", "setId", "typeId") and not _is_root(root):
        yield issue("CDA-0208", place(node, "root"), found=root)
    value = given.get("value")
    if value is not None and node.name in _TIMES and given.get("xsi:type", "TS")[-2:] == "TS" and not _is_time(value):
        yield issue("CDA-0209", place(node, "value"), found=value)
    for each in node.kids.get("value", ()) if node.name in _ANY else ():
        said = each.attributes
        if "xsi:type" not in said and "nullFlavor" not in said and (said or each.children):
            yield issue("CDA-0210", place(each, ""))
    if given.get("xsi:type") in ("CD", "CE") and given.get("code") and not given.get("codeSystem"):
        yield issue("CDA-0211", place(node, "code"))


def _is_root(text: str) -> bool:
    """An OID, a UUID or an RUID (CDA data type UID)."""
    if text[:1].isdigit() and "." in text:
        return all(part.isdecimal() and (part == "0" or part[0] != "0") for part in text.split("."))
    parts = text.split("-")
    if [len(part) for part in parts] == [8, 4, 4, 4, 12]:
        return all(char in "0123456789abcdefABCDEF" for part in parts for char in part)
    return bool(text) and text[0].isalpha() and text.replace("-", "").isalnum()


def _is_time(text: str) -> bool:
    """`YYYY[MM[DD[HH[MM[SS[.f]]]]]][+-ZZZZ]`; pairs of digits, none of them impossible."""
    digits = text
    for sign in "+-":
        digits, mark, offset = digits.partition(sign)
        if mark:
            if not (offset.isdecimal() and len(offset) in (2, 4) and offset[:2] <= "14"):
                return False
            break
    digits, dot, fraction = digits.partition(".")
    if not digits.isdecimal() or len(digits) not in (4, 6, 8, 10, 12, 14) or (dot and not fraction.isdecimal()):
        return False
    bounds = (("01", "12"), ("01", "31"), ("00", "23"), ("00", "59"), ("00", "60"))
    pairs = (digits[start : start + 2] for start in range(4, len(digits), 2))
    return all(low <= pair <= high for pair, (low, high) in zip(pairs, bounds, strict=False))


def _links(node: Any, names: Counter[str], place: Place) -> Iterator[Issue]:
    """References into the narrative lead somewhere."""
    target = node.attributes.get("value", "")
    if node.name == "reference" and target.startswith("#") and target[1:] not in names:
        yield issue("CDA-0206", place(node, "value"), found=target)


def _sections(root: Any, place: Place) -> Iterator[Issue]:
    """The sections that the document's type asks for, by the version that the document claims."""
    bodies = [body for each in root.kids.get("component", ()) for body in each.kids.get("structuredBody", ())]
    top = [
        section
        for body in bodies
        for each in body.kids.get("component", ())
        for section in each.kids.get("section", ())
    ]
    by_code: dict[str, Any] = {}
    for section in top:
        for code in section.kids.get("code", ()):
            by_code.setdefault(code.attributes.get("code", ""), section)
    for template, version in root.templates.items():
        for asked in documents().get(template, ()):
            if bodies and version >= asked.since:
                yield from _section(root, asked, by_code, place)
    for section in top:
        if "code" not in section.kids:
            yield issue("CDA-0214", place(section, ""))


def _section(root: Any, asked: Sections, by_code: Mapping[str, Any], place: Place) -> Iterator[Issue]:
    there = next((by_code[code] for code in sorted(asked.codes) if code in by_code), None)
    codes = " or ".join(sorted(asked.codes))
    if asked.forbidden and there is not None:
        yield issue("CDA-0205", place(there, ""), title=asked.title, code=codes, document=asked.document)
    elif not asked.forbidden and there is None:
        yield issue("CDA-0204", place(root, ""), title=asked.title, code=codes, document=asked.document)
