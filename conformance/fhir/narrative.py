"""Narrative: the XHTML that R4 allows in a `div`. https://hl7.org/fhir/R4/narrative.html#xhtml"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"

_ELEMENTS = frozenset(
    """
    a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em h1 h2
    h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strike strong sub sup table tbody td tfoot th
    thead tr tt u ul var
    """.split()  # noqa: SIM905 -- a table
)
_ATTRIBUTES = frozenset(
    """
    abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff
    charset cite class color colspan compact coords datetime dir face frame headers height href hreflang hspace
    id lang longdesc name noshade nowrap rel rev rowspan rules scope shape size span src start style summary
    tabindex title type valign value vspace width
    """.split()  # noqa: SIM905 -- a table
) | {"http://www.w3.org/XML/1998/namespace lang", "http://www.w3.org/XML/1998/namespace space"}
_QUALIFIED = frozenset(f"{XHTML} {name}" for name in _ELEMENTS - {"img"})
"""Elements that need no look where they have no attributes."""


@dataclass(slots=True)
class Div:
    """What a narrative holds that other rules ask for, and what is wrong with it."""

    problems: list[str] = field(default_factory=list)
    language: tuple[str, str] = ("", "")
    """`lang` and `xml:lang` of the div."""
    sections: list[tuple[str, str]] = field(default_factory=list)
    """The same of each div directly below."""
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    content: bool = False


_START = f'<div xmlns="{XHTML}"'
_NAME = re.compile(r"<([A-Za-z][A-Za-z0-9]*)")
_ATTRIBUTE = re.compile(r"""\s([A-Za-z][\w:.\-]*)\s*=\s*["']""")
_ODD = re.compile(r"<[^A-Za-z/]")
_CONTENT = re.compile(r">\s*[^<\s]")
_USUAL = frozenset(name for name in _ATTRIBUTES if " " not in name) | {"xmlns", "xml:lang", "xml:space"}


def plain(text: str) -> bool:
    """True for what surely has nothing wrong and no local links: found without looking at each element."""
    if not text.startswith(_START) or text.count("xmlns") != 1 or '="#' in text or "='#" in text:
        return False
    if _ODD.search(text) or not _CONTENT.search(text) or "script:" in text.lower():
        return False
    if not _ELEMENTS.issuperset(_NAME.findall(text)) or not _USUAL.issuperset(_ATTRIBUTE.findall(text)):
        return False
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(text.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


@lru_cache(maxsize=64)
def read(text: str) -> Div:
    """Parses a div; every problem is found, the well-formedness error is the last."""
    div = Div()
    if "<!" in text.replace("<!--", ""):
        div.problems.append("has a document type or another declaration")
        return div
    _parse(div, text)
    if not div.content and not div.problems:
        div.problems.append("has no content")
    return div


def problems(text: str) -> Iterator[str]:
    yield from read(text).problems


def _parse(div: Div, text: str) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth <= 2 or attributes or name not in _QUALIFIED:
            _element(div, name, attributes, depth)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def characters(data: str) -> None:
        if not data.isspace():
            div.content = True
            parser.CharacterDataHandler = None

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.ProcessingInstructionHandler = lambda target, data: div.problems.append("has a processing instruction")
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        code = getattr(error, "code", 0)
        div.problems.append(f"is not well-formed ({expat.ErrorString(code) if code else 'encoding'})")


_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"


def _element(div: Div, name: str, attributes: dict[str, str], depth: int) -> None:
    space, _, local = name.rpartition(" ")
    languages = attributes.get("lang", ""), attributes.get(_XML_LANG, "")
    if depth == 1:
        div.language = languages
        if local != "div":
            div.problems.append("must be a div")
    elif depth == 2 and local == "div":
        div.sections.append(languages)
    if space != XHTML:
        div.problems.append("must be in the XHTML namespace")
    if local not in _ELEMENTS:
        div.problems.append("has an element that narratives may not have")
    for key, value in attributes.items():
        _attribute(div, local, key, value)
    div.content = div.content or local == "img"


def _attribute(div: Div, local: str, key: str, value: str) -> None:
    if key not in _ATTRIBUTES:
        div.problems.append("has an attribute that narratives may not have")
    if key == "id" or (key == "name" and local == "a"):
        div.ids.append(value)
    if key in ("href", "src") and value.strip().lower().startswith(("javascript:", "vbscript:")):
        div.problems.append("has a script")
    if key == "href" and value.startswith("#"):
        div.links.append(value[1:])
