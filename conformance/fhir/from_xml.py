"""FHIR XML to the shape of FHIR JSON, with what only XML can get wrong. https://hl7.org/fhir/R4/xml.html"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.parsers import expat

from lxml import etree

from conformance.catalogue import issue
from conformance.definitions import r4
from conformance.issue import Issue, Result, Where
from conformance.xml import parse

FHIR = "{http://hl7.org/fhir}"
XHTML = "{http://www.w3.org/1999/xhtml}"
DEEPEST = 150

_ENCODINGS = frozenset({"UTF-8", "UTF8", "US-ASCII", "ASCII"})
_NUMBERS = frozenset({"integer", "unsignedInt", "positiveInt"})
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,18})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,199})(?:\.\d{1,200})?(?:[eE][+-]?\d{1,4})?", re.ASCII)
"""Numbers as R4 writes them, without idle zeros. https://hl7.org/fhir/R4/datatypes.html#primitive"""
_INDEX = re.compile(r"\[(\d+)\]")


def read(raw: bytes) -> Result[dict[str, Any]]:
    """A resource as JSON would hold it; issues of the XML form have FHIRPath places and lines."""
    parsed = parse(raw)
    root = parsed.value
    if root is None:
        return Result(value=None, issues=parsed.issues)
    reader = _Reader()
    name = etree.QName(root).localname
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() not in _ENCODINGS:
        reader.report("XML-0015", root, name)
    if not str(root.tag).startswith(FHIR):
        reader.report("XML-0010", root, name)
    return Result(value=reader.resource(root, name), issues=(*parsed.issues, *reader.issues))


def locator(raw: bytes) -> Callable[[str], tuple[int, int]]:
    """Line and column of a FHIRPath location in an XML resource: where the start tag of the element begins."""
    root = parse(raw).value
    starts = _starts(raw)
    order = {} if root is None else {each: place for place, each in enumerate(root.iter(etree.Element))}

    def locate(path: str) -> tuple[int, int]:
        element = root
        for step in path.split(".")[1:]:
            inner = None if element is None else _step(element, step)
            if inner is None:
                break
            element = inner
        place = len(starts) if element is None else order[element]
        return starts[place] if place < len(starts) else (_line(element) or 1, 1)

    return locate


def _starts(raw: bytes) -> list[tuple[int, int]]:
    """Line and column (1-based) of every start tag, in the order of the document: libxml2 keeps lines only."""
    found: list[tuple[int, int]] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((parser.CurrentLineNumber, parser.CurrentColumnNumber + 1))

    parser.StartElementHandler = start
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        return found  # of an encoding that expat doesn't know: as far as it came
    return found


def _line(element: etree._Element | None) -> int | None:
    line = None if element is None else element.sourceline
    return line if isinstance(line, int) else None


def _step(element: etree._Element, step: str) -> etree._Element | None:
    if step.startswith("ofType("):
        return element
    name = step.partition("[")[0]
    match = _INDEX.search(step)
    wanted = [child for child in element if isinstance(child.tag, str) and _called(etree.QName(child).localname, name)]
    number = int(match[1]) if match else 0
    if number >= len(wanted):
        return None
    found = wanted[number]
    inside = [child for child in found if isinstance(child.tag, str)]
    return inside[0] if name in ("resource", "contained") and inside else found


def _called(tag: str, name: str) -> bool:
    return tag == name or (tag.startswith(name) and tag[len(name) : len(name) + 1].isupper())


class _Reader:
    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.depth = 0

    def report(self, code: str, at: etree._Element, path: str, **words: Any) -> None:
        self.issues.append(issue(code, Where(path=path, line=_line(at)), **words))

    def resource(self, element: etree._Element, path: str) -> dict[str, Any]:
        kind = etree.QName(element).localname
        return {"resourceType": kind, **self.object(element, kind, path, resource=True)}

    def object(self, element: etree._Element, kind: str, path: str, *, resource: bool = False) -> dict[str, Any]:
        """The properties of an element whose children R4 defines at `kind`."""
        self.depth += 1
        found: dict[str, Any] = {}
        self._attributes(element, kind, path, found, resource=resource)
        self._text(element, path)
        known = r4.children(kind)
        order = {name: place for place, name in enumerate(known)}
        last = -1
        counts: dict[str, int] = {}
        for child in element if self.depth < DEEPEST else ():
            if not isinstance(child.tag, str):
                continue
            name = etree.QName(child).localname
            if not child.tag.startswith((FHIR, XHTML)):
                self.report("XML-0010", child, path)
            if (name == "id" and not resource) or (name == "url" and kind == "Extension"):
                self.report("XML-0016", child, path, name=name)
            place = order.get(name, last)
            if place < last:
                self.report("XML-0013", child, path, element=name if name in order else "An element")
            last = max(last, place)
            self._child(child, name, known.get(name), path, found, counts)
        self.depth -= 1
        return found

    def _child(
        self, child: etree._Element, name: str, definition: r4.Element | None, path: str, found: dict[str, Any],
        counts: dict[str, int],
    ) -> None:  # fmt: skip
        number = counts[name] = counts.get(name, -1) + 1
        step = self._named(name, definition) + (f"[{number}]" if definition is not None and definition.many else "")
        value, extra = self._value(child, definition, f"{path}.{step}")
        if definition is None or not definition.many:
            if number:
                self.report("XML-0014", child, path, element=name if definition is not None else "An element")
                return
            if value is not None:
                found[name] = value
            if extra:
                found["_" + name] = extra
            elif value is None:
                found[name] = {}
            return
        found.setdefault(name, []).append(value)
        if extra or "_" + name in found:
            siblings = found.setdefault("_" + name, [None] * number)
            siblings += [None] * (number - len(siblings)) + [extra or None]

    def _named(self, name: str, definition: r4.Element | None) -> str:
        if definition is not None and definition.choice:
            return f"{definition.choice.removesuffix('[x]')}.ofType({definition.types[0]})"
        return name

    def _value(
        self, child: etree._Element, definition: r4.Element | None, path: str
    ) -> tuple[Any, dict[str, Any] | None]:
        """The JSON value of an element, and for primitives what goes into the `_` sibling."""
        if child.tag == f"{XHTML}div":
            return etree.tostring(child, encoding="unicode", with_tail=False), None
        kind = definition.inside if definition is not None else ""
        if kind == "Resource":
            inner = [each for each in child if isinstance(each.tag, str)]
            for each in inner[1:]:
                self.report("XML-0014", each, path, element="A resource")
            return (self.resource(inner[0], path) if inner else {}), None
        if not r4.is_primitive(kind):
            return self._unknown(child, path) if definition is None else (self.object(child, kind, path), None)
        extra = self.object(child, kind, path)
        value = extra.pop("value", None)
        return None if value is None else _typed(str(value), kind), extra or None

    def _unknown(self, child: etree._Element, path: str) -> tuple[Any, None]:
        value = child.get("value")
        return (value if value is not None else {"_": None}), None

    def _attributes(
        self, element: etree._Element, kind: str, path: str, found: dict[str, Any], *, resource: bool
    ) -> None:
        for key, value in element.attrib.items():
            name = str(key)
            if name.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
                continue
            allowed = name == "value" if r4.is_primitive(kind) else name == "url" and kind == "Extension"
            if allowed or (name == "id" and not resource):
                found[name] = value
            else:
                self.report("XML-0011", element, path, name=name if name in ("value", "id", "url") else "of that name")

    def _text(self, element: etree._Element, path: str) -> None:
        texts = [element.text, *(child.tail for child in element)]
        if any(text and text.strip() for text in texts):
            self.report("XML-0012", element, path)


def _typed(value: str, kind: str) -> Any:
    """The attribute's text as JSON would type it; unchanged where it can't be, for the validator to tell."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    try:
        if kind in _NUMBERS:
            return int(value) if _WHOLE.fullmatch(value) else value
        if kind == "decimal":
            return Decimal(value) if _DECIMAL.fullmatch(value) else value
    except InvalidOperation:
        return value
    return value
