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
"""Elements that need no look by themselves."""
_HARMLESS = _ATTRIBUTES - {"id", "name", "href", "src"}
"""Attributes that need no look either."""


@dataclass(slots=True)
class Div:
    """What a narrative holds that other rules ask for, and what is wrong with it."""

    problems: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    content: bool = False


_START = f'<div xmlns="{XHTML}"'
_TAG = re.compile(r"<[A-Za-z!?][^>]*>")
"""Start tags, and what begins a comment, a declaration or an instruction."""
_NO_SCRIPT = r'="(?!\s*(?:#|javascript:|vbscript:))'
_SAID = rf'(?:{"|".join(sorted(name for name in _ATTRIBUTES - {"href", "src"} if " " not in name))}|xml:lang)="'
_URL = r'[^"<>&\s{}\\^`]*'
"""Surely a URL's characters, https://www.rfc-editor.org/rfc/rfc3986#section-2, and written without entities."""
_LED = rf'(?i:href{_NO_SCRIPT}){_URL}|(?i:src{_NO_SCRIPT})[^"<>&]*'
_ATTRIBUTES_THERE = rf'(?:\s+(?:{_SAID}[^"<>&]*|{_LED})")*\s*'
_REST = re.compile(rf"{_ATTRIBUTES_THERE}>")
_HARMLESS_TAG = re.compile(rf"<(?:{'|'.join(sorted(_ELEMENTS))}){_ATTRIBUTES_THERE}/?>")
_LINK = re.compile(rf'<a (?:name|href)="(?![\s#]|(?i:javascript|vbscript):){_URL}">')
_BLOCKS = frozenset({"p", "div", "table", "ul", "ol", "blockquote"})
"""What a paragraph can't hold: https://www.w3.org/TR/html401/struct/text.html#h-9.3.1"""
_NESTED = re.compile(
    rf"<p(?:\s[^>]*+)?+(?<!/)>[^<]*+(?:<(?!/p[\s>]|(?:{'|'.join(sorted(_BLOCKS))})[\s/>])[^<]*+)*+<(?!/)"
)
"""A paragraph that begins, and a block before it ends, in a text whose tags are harmless."""
_NO_URL = re.compile(r'[\s{}<>"\\^`]')
_OWN = re.compile(r'\s(?:href|src|id|name|title|alt)="')
_DECLARATION = re.compile(r"<!(?!--|\[CDATA\[)")
_CONTENT = re.compile(r">\s*[^<\s&]")
_REMEMBERED = 10_000
_known_tags: set[str] = set()
"""Tags in order, without what could be somebody's (links, ids, titles): the same few recur in every narrative."""


def plain(text: str) -> bool:
    """True for what surely has nothing wrong and no local links: found without a look at each element."""
    rest = _REST.match(text, len(_START)) if text.startswith(_START) else None
    if rest is None or _CONTENT.search(text) is None:
        return False
    if not all(map(_harmless, set(_TAG.findall(text, rest.end())) - _known_tags)) or _NESTED.search(text):
        return False
    try:
        expat.ParserCreate().Parse(text, True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


def _harmless(tag: str) -> bool:
    if _LINK.fullmatch(tag) is not None:
        return True
    if _HARMLESS_TAG.fullmatch(tag) is None:
        return False
    if len(_known_tags) < _REMEMBERED and len(tag) < 1000 and _OWN.search(tag) is None:
        _known_tags.add(tag)
    return True


@lru_cache(maxsize=64)
def read(text: str) -> Div:
    """Parses a div; every problem is found, the well-formedness error is the last."""
    div = Div()
    if _DECLARATION.search(text) is not None:
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
    paragraphs = 0

    def first(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] != "div":
            div.problems.append("must be a div")
        parser.StartElementHandler = start
        start(name, attributes)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal paragraphs
        if name not in _QUALIFIED or not _HARMLESS.issuperset(attributes):
            _element(div, name, attributes)
        local = name.rpartition(" ")[2]
        if paragraphs and local in _BLOCKS:
            div.problems.append("has a block inside a paragraph")
        paragraphs += local == "p"

    def end(name: str) -> None:
        nonlocal paragraphs
        paragraphs -= name.rpartition(" ")[2] == "p"

    def characters(data: str) -> None:
        if not data.isspace():
            div.content = True
            parser.CharacterDataHandler = None

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = first, end, characters
    parser.ProcessingInstructionHandler = lambda target, data: div.problems.append("has a processing instruction")
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        code = getattr(error, "code", 0)
        div.problems.append(f"is not well-formed ({expat.ErrorString(code) if code else 'encoding'})")


def _element(div: Div, name: str, attributes: dict[str, str]) -> None:
    space, _, local = name.rpartition(" ")
    if space != XHTML:
        div.problems.append("must be in the XHTML namespace")
    if local not in _ELEMENTS:
        div.problems.append("has an element that narratives may not have")
    for key, value in attributes.items():
        if key not in _HARMLESS:
            _attribute(div, local, key, value)
    div.content = div.content or local == "img"


def _attribute(div: Div, local: str, key: str, value: str) -> None:
    if key not in _ATTRIBUTES:
        div.problems.append("has an attribute that narratives may not have")
    if key == "id" or (key == "name" and local == "a"):
        div.ids.append(value)
    if key in ("href", "src") and value.strip().lower().startswith(("javascript:", "vbscript:")):
        div.problems.append("has a script")
    if key == "href" and _NO_URL.search(value.strip()):
        div.problems.append("has a link with characters that a URL can't have")
    if key == "href" and value.startswith("#"):
        div.links.append(value[1:])


_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"


def languages(text: str) -> set[str]:
    """What `lang` and `xml:lang` of the div and of the divs right below it say; empty for what isn't well-formed."""
    found: set[str] = set()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 1 or (depth == 2 and name == f"{XHTML} div"):
            found.update(filter(None, (attributes.get("lang"), attributes.get(_XML_LANG))))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return set()
    return found
