"""The one hardened parse of XML: no document types, no entities, no network, bounded size and depth."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from conformance.catalogue import issue
from conformance.issue import Result, Where

LARGEST = 64 * 1024 * 1024
"""Bytes of a document."""

LONGEST, DEEPEST = 10_000_000, 256
"""Bytes of one text or attribute, and levels of elements: libxml2's own bounds."""

MOST_TAGS = 2_000_000
"""Tags of a document, start and end."""


def parse(raw: bytes, source: str = "") -> Result[etree._Element]:
    """The root element, each element with its line; None and the reason when it isn't to be used.

    A document type is refused whatever it says: it is how entities are defined, and no clinical format needs one.
    """
    if len(raw) > LARGEST:
        return Result(value=None, issues=(issue("XML-0003", Where(source=source), limit=LARGEST),))
    if len(raw) > MOST_TAGS and raw.count(b"<") > MOST_TAGS:
        return Result(value=None, issues=(issue("XML-0004", Where(source=source), limit=MOST_TAGS),))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=False, recover=False
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        if root_type(raw):
            return Result(value=None, issues=(issue("XML-0002", Where(source=source, path="(xml)")),))
        where = Where(source=source, path="(xml)", line=line or None, column=column or None)
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            limits = {"length": LONGEST, "depth": DEEPEST}
            return Result(value=None, issues=(issue("XML-0005", where, found=None, **limits),))
        return Result(value=None, issues=(issue("XML-0001", where, problem=_kind(error)),))
    except ValueError:
        where = Where(source=source, path="(xml)")
        return Result(value=None, issues=(issue("XML-0001", where, problem="its encoding is not what it says"),))
    if root.getroottree().docinfo.internalDTD is not None or root_type(raw):
        return Result(value=None, issues=(issue("XML-0002", Where(source=source, path="(xml)")),))
    return Result(value=root)


def schema(file: Path) -> etree.XMLSchema:
    """An XML Schema with what it includes from its own folders; SchemaError for a file that isn't one.

    The file is the user's own; documents never name one. Nothing is fetched from a network.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.XMLSchema(etree.parse(str(file), parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError, OSError) as error:
        raise SchemaError(f"{file.name} is no XML Schema that can be used: {type(error).__name__}") from error


class SchemaError(ValueError):
    """A schema can't be used; the text says why."""


def text(root: etree._Element) -> str:
    """An element with all that is in it, as XML without a declaration."""
    return etree.tostring(root, encoding="unicode", with_tail=False)


def root_type(raw: bytes) -> bool:
    """True when a document type stands before the root element."""
    head = raw[:65_536]
    start = head.find(b"<!DOCTYPE")
    return start >= 0 and b"<" not in _without_prolog(head[:start])


def _without_prolog(head: bytes) -> bytes:
    """What stands before a document type, less the declaration, comments and processing instructions."""
    while (start := head.find(b"<")) >= 0:
        end = head.find(b"-->" if head.startswith(b"<!--", start) else b">", start)
        if not head.startswith((b"<?", b"<!--"), start) or end < 0:
            return head[start:]
        head = head[end + 1 :]
    return b""


def _kind(error: etree.XMLSyntaxError) -> str:
    """libxml2's name of the error, which carries nothing of the data: ERR_TAG_NAME_MISMATCH."""
    code = getattr(error, "code", None)
    return str(etree.ErrorTypes._getName(code, "syntax error")) if isinstance(code, int) else "syntax error"
