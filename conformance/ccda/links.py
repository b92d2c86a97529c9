"""Links inside a document: from entries into the narrative, within it, and between entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.catalogue import issue
from conformance.ccda.node import Place, is_null
from conformance.issue import Issue, Where

_V3 = "{urn:hl7-org:v3}"
_ENTRY_REFERENCE = "2.16.840.1.113883.10.20.22.4.122"
_POINTERS = {f"{_V3}renderMultiMedia": "referencedObject", f"{_V3}footnoteRef": "IDREF", f"{_V3}linkHtml": "href"}
"""Elements of narratives that point to an ID, and by which attribute."""
_BLOCKS = frozenset((
    "text", "content", "linkHtml", "sub", "sup", "br", "footnote", "footnoteRef", "renderMultiMedia", "paragraph",
    "list", "item", "table", "caption", "col", "colgroup", "thead", "tbody", "tfoot", "tr", "th", "td",
))  # fmt: skip
"""Elements of a narrative block (CDA R2, section 4.3.5; NarrativeBlock.xsd)."""


class Places:
    """Places of elements that have no node, in the notation of those that have; positions are counted once."""

    def __init__(self) -> None:
        self._positions: dict[Any, dict[Any, int]] = {}

    def of(self, element: Any, attribute: str = "") -> Where:
        steps: list[str] = []
        here = element
        while here is not None:
            above = here.getparent()
            number = self._number(here, above) if above is not None else 0
            name = here.tag.removeprefix(_V3)
            steps.append(f"/{name}[{number}]" if number else f"/{name}")
            here = above
        path = "".join(reversed(steps)) + (f"/@{attribute}" if attribute else "")
        return Where(path=path, line=element.sourceline or None)

    def _number(self, element: Any, parent: Any) -> int:
        """The element's place among those of its name; 0 where it is the only one."""
        if parent not in self._positions:
            by_name: dict[Any, list[Any]] = {}
            for each in parent:
                by_name.setdefault(each.tag, []).append(each)
            repeated = [each for each in by_name.values() if len(each) > 1]
            self._positions[parent] = {each: number for every in repeated for number, each in enumerate(every, 1)}
        return self._positions[parent].get(element, 0)


def check(root: Any, ids: Mapping[str, int], place: Place) -> Iterator[Issue]:
    """IDs that are given twice or aren't any, pointers in narratives that lead nowhere, foreign markup."""
    tree, places = root.element, Places()
    if any(count > 1 for count in ids.values()) or any(not _is_name(name) for name in ids):
        yield from _ids(tree, places)
    for element in tree.iter(*_POINTERS):
        name = _POINTERS[element.tag]
        for target in (element.get(name) or "").split():
            local = target.removeprefix("#") if name == "href" else target
            if (name != "href" or target[0] == "#") and local not in ids:
                yield issue("CDA-0206", places.of(element, name), found=target)


def _ids(tree: Any, places: Places) -> Iterator[Issue]:
    seen: set[str] = set()
    for element in tree.iter():
        name = (element.get("ID") or "").strip()
        if name and name in seen:
            yield issue("CDA-0207", places.of(element, "ID"), found=name)
        elif name and not _is_name(name):
            yield issue("CDA-0228", places.of(element, "ID"), found=name)
        seen.add(name)


def _is_name(text: str) -> bool:
    """True for what XML lets be an ID: a letter or underscore, then letters, digits, points, hyphens, underscores."""
    rest = text.replace("-", "").replace(".", "").replace("_", "")
    return (text[0].isalpha() or text[0] == "_") and (not rest or rest.isalnum())


def narrative(node: Any) -> Iterator[Issue]:
    """Markup in a section's narrative that CDA doesn't have."""
    element = node.element
    if set(_tags(element)) <= _BLOCKS:
        return
    places = Places()
    for each in element.iter():
        if isinstance(each.tag, str) and (name := each.tag.removeprefix(_V3)) not in _BLOCKS:
            yield issue("CDA-0229", places.of(each), found=name)


def _tags(element: Any) -> Iterable[str]:
    return (each.tag.removeprefix(_V3) for each in element.iter("*"))


def reference(node: Any, ids: Mapping[str, int], place: Place) -> Iterator[Issue]:
    """A `reference` of a text leads to a narrative of the document, or out of it."""
    target = node.attributes.get("value", "")
    if target.startswith("#"):
        if target[1:] not in ids:
            yield issue("CDA-0206", place(node, "value"), found=target)
    elif target in ids:
        yield issue("CDA-0230", place(node, "value"), found=target)


def entry_reference(node: Any, known: Mapping[tuple[str, str], int], place: Place) -> Iterator[Issue]:
    """An entry reference has the id of an entry elsewhere in the document."""
    if _ENTRY_REFERENCE not in node.templates:
        return
    for each in node.kids.get("id", ()):
        pair = (each.attributes.get("root", ""), each.attributes.get("extension", ""))
        if not is_null(each) and pair[0] and known.get(pair, 0) < 2:
            yield issue("CDA-0231", place(each, ""))
