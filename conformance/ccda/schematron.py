"""A Schematron file as an XSLT 3.0 stylesheet: ISO/IEC 19757-3 with XPath 2, as C-CDA's official files use it.

The stylesheet writes a line for each assertion that fails (or report that holds): its number, a tab, the XPath of its
node, in the notation of our own findings. What an assertion says stays in Python, and with it whatever `value-of` would
have shown of the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from conformance.xml import parse

_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_CONF = re.compile(r"CONF:\s?([0-9]{2,5}(?:-[0-9]{2,6})?)")

_OURS = ("xsl", "xs", "_o")
_HEAD = """<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:_o="urn:sdoh-gateway:places" {namespaces}>
<xsl:output method="text" encoding="UTF-8"/>
<xsl:function name="_o:path"><xsl:param name="node"/>
<xsl:value-of select="string-join(for $e in $node/ancestor-or-self::* return concat('/',
 if (namespace-uri($e) = 'urn:hl7-org:sdtc') then 'sdtc:' else '', local-name($e),
 if (count($e/../*[node-name(.) = node-name($e)]) gt 1)
 then concat('[', count($e/preceding-sibling::*[node-name(.) = node-name($e)]) + 1, ']') else ''), '')"/></xsl:function>
"""
_FAILED = (
    '<xsl:variable name="_holds" as="item()?"><xsl:try select="boolean({test})"><xsl:catch select="0"/></xsl:try>'
    '</xsl:variable><xsl:if test="{wanted}"><xsl:value-of select="concat({number}, if ($_holds instance of xs:boolean) '
    "then '' else '?', '&#9;', _o:path(.), '&#10;')\"/></xsl:if>"
)


class SchematronError(ValueError):
    """A Schematron file can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an assertion of a Schematron file says, and how bad it is."""

    text: str
    conf: str
    warning: bool


@dataclass(slots=True)
class Stylesheet:
    """A Schematron file, translated."""

    xslt: str
    assertions: list[Assertion]


def translate(file: Path) -> Stylesheet:
    """The stylesheet of a Schematron file; SchematronError for a file that isn't one."""
    read = parse(file.read_bytes(), file.name)
    if read.value is None or read.value.tag != f"{_SCH}schema":
        raise SchematronError(f"{file.name} is no ISO Schematron file")
    return _Translation(read.value).stylesheet(file.resolve().as_uri())


class _Translation:
    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.assertions: list[Assertion] = []
        self.abstract = {each.get("id"): each for each in schema.iter(f"{_SCH}rule") if each.get("abstract") == "true"}
        self.warnings = {
            active.get("pattern")
            for phase in schema.iter(f"{_SCH}phase")
            if "warning" in (phase.get("id") or "").lower()
            for active in phase.iter(f"{_SCH}active")
        }

    def stylesheet(self, base: str) -> Stylesheet:
        """`base`: where the file lies, for documents that it names beside itself."""
        given = self.schema.findall(f"{_SCH}ns")
        uris = {each.get("prefix"): escape(each.get("uri", "")) for each in given}
        namespaces = " ".join(f'xmlns:{name}="{uri}"' for name, uri in uris.items() if name not in _OURS)
        out = [_HEAD.format(namespaces=f'{namespaces} xml:base="{escape(base)}"')]
        out += self._lets(self.schema)
        patterns = [each for each in self.schema.iter(f"{_SCH}pattern") if each.get("abstract") != "true"]
        for number, pattern in enumerate(patterns):
            out += self._pattern(pattern, f"p{number}")
        calls = "".join(f'<xsl:apply-templates select="/" mode="p{number}"/>' for number in range(len(patterns)))
        out.append(f'<xsl:template match="/">{calls}</xsl:template></xsl:stylesheet>')
        return Stylesheet("\n".join(out), self.assertions)

    def _lets(self, holder: Any) -> Iterator[str]:
        for each in holder.findall(f"{_SCH}let"):
            yield f'<xsl:variable name="{each.get("name")}" select="{escape(each.get("value", ""))}"/>'

    def _pattern(self, pattern: Any, mode: str) -> Iterator[str]:
        """Of the rules of a pattern the first that matches a node is its rule."""
        if pattern.get("is-a"):
            raise SchematronError("patterns that are made of abstract ones are not supported")
        yield from self._lets(pattern)
        yield f'<xsl:mode name="{mode}" on-no-match="shallow-skip"/>'
        mild = pattern.get("id") in self.warnings or "warning" in (pattern.get("role") or "")
        rules = [each for each in pattern.findall(f"{_SCH}rule") if each.get("abstract") != "true"]
        for place, rule in enumerate(rules):
            context = escape(rule.get("context", ""))
            yield f'<xsl:template match="{context}" mode="{mode}" priority="{len(rules) - place}">'
            yield from self._rule(rule, mild, 0)
            yield f'<xsl:apply-templates select="@*, node()" mode="{mode}"/></xsl:template>'

    def _rule(self, rule: Any, mild: bool, depth: int) -> Iterator[str]:
        """A rule's variables and assertions, those of the rules that it extends first."""
        yield from self._lets(rule)
        for each in rule:
            if each.tag == f"{_SCH}extends":
                extended = self.abstract.get(each.get("rule"))
                if extended is None or depth > 10:
                    raise SchematronError("a rule extends one that isn't there")
                yield from self._rule(extended, mild, depth + 1)
            elif each.tag in (f"{_SCH}assert", f"{_SCH}report"):
                yield self._assertion(each, mild)

    def _assertion(self, node: Any, mild: bool) -> str:
        text = " ".join("".join(_said(node)).split())
        conf = _CONF.search(text) or _CONF.search(f"CONF:{(node.get('id') or '').removeprefix('a-')}")
        mild = mild or "warning" in (node.get("role") or node.get("flag") or "")
        self.assertions.append(Assertion(text, conf[1] if conf else "", mild))
        wanted = "not($_holds = false())" if node.tag == f"{_SCH}report" else "not($_holds = true())"
        wanted = f"not($_holds instance of xs:boolean) or {wanted}"
        test = escape(node.get("test", ""))
        failed = _FAILED.format(test=test, wanted=wanted, number=len(self.assertions) - 1)
        return f'<xsl:for-each select=".">{failed}</xsl:for-each>'


def _said(node: Any) -> Iterator[str]:
    """An assertion's own words, without what it would show of a document."""
    yield node.text or ""
    for each in node:
        if each.tag not in (f"{_SCH}value-of", f"{_SCH}name"):
            yield "".join(each.itertext())
        yield each.tail or ""
