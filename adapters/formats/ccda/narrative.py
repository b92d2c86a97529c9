"""Narrative blocks (CDA R2, section 4.3.5): as plain text, and as the XHTML of FHIR's Narrative.

What has no counterpart in XHTML keeps its content: nothing that a reader sees is dropped. Links are kept when they lead
to the web or into the document; scripts and styles can't come out of it, since only known names are written.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any
from urllib.parse import quote

from lxml import etree

_ELEMENTS = {
    "paragraph": "p",
    "content": "span",
    "linkHtml": "a",
    "item": "li",
    "footnote": "p",
    "footnoteRef": "span",
    "br": "br",
    "sub": "sub",
    "sup": "sup",
    **{name: name for name in ("table", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col")},
}
_TAGS = {f"{{urn:hl7-org:v3}}{name}": tag for name, tag in _ELEMENTS.items()}
"""By full name, for those that are always the same."""
_NOT_IN_PARAGRAPHS = [f"{{urn:hl7-org:v3}}{name}" for name in ("paragraph", "footnote", "list", "table", "caption")]
_NO_URL = re.compile(r'[\s{}<>"\\^`]')
"""What can't stand in a URL: https://www.rfc-editor.org/rfc/rfc3986#section-2"""
_SPANS, _CELLS, _VOID = ("colspan", "rowspan"), ("td", "th"), ("br", "col")
_ENCLOSING = {name: tag for name, tag in _TAGS.items() if tag not in _VOID}
_BLOCKS = frozenset(("paragraph", "item", "tr", "td", "th", "br", "caption", "list", "table", "title"))
_CAPTIONS = {"table": "caption", "list": "li"}
_FRAMES = frozenset(("table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "colgroup"))
"""Elements that hold no text of their own."""
_EMPHASIS = {"Bold": "b", "Italics": "i", "Underline": "u"}


def plain(element: etree._Element) -> str:
    """The text with white space collapsed; blocks are words apart."""
    if len(element) == 0:
        return " ".join((element.text or "").split())
    out: list[str] = []
    _gather(element, out)
    return " ".join("".join(out).split())


def _gather(element: Any, out: list[str]) -> None:
    tag = element.tag
    if type(tag) is not str:
        return
    block = tag.rpartition("}")[2] in _BLOCKS
    if block:
        out.append(" ")
    if text := element.text:
        out.append(text)
    if len(element):
        for child in element:
            _gather(child, out)
            if tail := child.tail:
                out.append(tail)
    if block:
        out.append(" ")


def xhtml(element: etree._Element, marked: list[etree._Element]) -> str:
    """The block as a `div`; empty where it holds no text. What has an XML ID in it is added to `marked`, in order."""
    if not any(text.strip() for text in element.itertext()):
        marked.extend(each for each in element.iterdescendants("*") if each.get("ID"))
        return ""
    out = ['<div xmlns="http://www.w3.org/1999/xhtml">']
    _inside(element, out, marked)
    out.append("</div>")
    return "".join(out)


def _inside(element: etree._Element, out: list[str], marked: list[etree._Element]) -> None:
    text = element.text
    if text:
        out.append(text if text.isspace() else _escaped(text))
    child: Any
    for child in element:
        tag = _ENCLOSING.get(child.tag)
        if tag is not None and not child.items():  # most are of these
            tag = "div" if tag == "p" and _holds_blocks(child) else tag
            out.append(f"<{tag}>")
            _inside(child, out, marked)
            out.append(f"</{tag}>")
        elif type(child.tag) is str:
            _markup(child, out, marked)
        text = child.tail
        if text:
            out.append(text if text.isspace() else _escaped(text))


def _escaped(text: str) -> str:
    if "&" in text or "<" in text or ">" in text:
        return escape(text, quote=False)
    return text


def _markup(element: Any, out: list[str], marked: list[etree._Element]) -> None:
    tag = _TAGS.get(element.tag) or _tag(element, _local(element))
    tag = "div" if tag == "p" and _holds_blocks(element) else tag
    given = dict(element.items())
    attributes = _attributes(given, tag) if given else ""
    if "ID" in given:
        marked.append(element)
    if tag in _VOID:
        out.append(f"<{tag}{attributes}/>")
        return
    out.append(f"<{tag}{attributes}>")
    style = given.get("styleCode") if tag not in _FRAMES else None
    emphasis = [_EMPHASIS[word] for word in style.split() if word in _EMPHASIS] if style else ()
    out.extend(f"<{each}>" for each in emphasis)
    _inside(element, out, marked)
    if emphasis:
        out.extend(f"</{each}>" for each in reversed(emphasis))
    out.append(f"</{tag}>")


def _holds_blocks(element: etree._Element) -> bool:
    """Whether a paragraph holds what one of XHTML can't: https://www.w3.org/TR/html401/struct/text.html#h-9.3.1"""
    return len(element) > 0 and next(element.iterdescendants(*_NOT_IN_PARAGRAPHS), None) is not None


def _tag(element: etree._Element, name: str) -> str:
    """The XHTML element for one of the narrative's that has not always the same."""
    if name == "list":
        return "ol" if element.get("listType") == "ordered" else "ul"
    if name == "caption":
        return _CAPTIONS.get(_local(element.getparent()), "p")
    return _ELEMENTS.get(name, "span")


def _attributes(given: dict[str, str], tag: str) -> str:
    """Those of an element that XHTML has too, as they stand in a tag."""
    made = ""
    if (name := given.get("ID")) and name.strip():
        made = f' id="{escape(name.strip())}"'
    if tag in _CELLS:
        for span in _SPANS:
            if given.get(span, "").isdecimal():
                made += f' {span}="{given[span]}"'
    elif tag == "a":
        target = given.get("href", "")
        if target.startswith(("http://", "https://", "#", "mailto:")):
            made += f' href="{escape(_NO_URL.sub(lambda found: quote(found[0]), target.strip()))}"'
    return made


def _local(element: etree._Element | None) -> str:
    """The local name; empty for comments and processing instructions."""
    return element.tag.rpartition("}")[2] if element is not None and isinstance(element.tag, str) else ""
