"""`conformance.document.Format` for C-CDA: CDA R2 documents in XML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.document import Document, Unreadable
from conformance.issue import Issue, Result, Where

if TYPE_CHECKING:
    from conformance.syntax import Syntax
    from conformance.terminology import Terminology

_ROOT = re.compile(rb"<(?:[A-Za-z0-9_]{1,20}:)?ClinicalDocument[\s>/]")

_VERSION = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_RELEASES = (("2024-05-01", "4.0"), ("2023-05-01", "3.0"), ("2015-08-01", "2.1"), ("2014-06-09", "2.0"))
"""Extension of the newest document template, and the release of C-CDA that brought it."""


class Ccda:
    """Clinical documents; any template, any release."""

    name = "ccda"
    suffixes = (".xml", ".ccda", ".ccd", ".cda")
    media_type = "application/xml"

    def sniff(self, head: bytes) -> bool:
        """True when the root element is a ClinicalDocument, behind a declaration and comments."""
        text = head.decode("utf-16", "ignore").encode() if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
        return text.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" and _ROOT.search(text) is not None

    def split(self, raw: bytes) -> list[bytes]:
        return [raw]

    def parse(self, raw: bytes) -> Result[Document]:
        from adapters.formats.ccda.tree import V3, Tree
        from conformance.xml import parse

        result = parse(raw)
        if result.value is None:
            return Result(value=None, issues=result.issues)
        if result.value.tag != f"{{{V3}}}ClinicalDocument":
            return Result(value=None, issues=(*result.issues, issue("CDA-0001", Where(path="/*", line=1))))
        tree = Tree(result.value, raw)
        return Result(value=Document(format=self.name, version=_release(result.value), root=tree), issues=result.issues)

    def render(self, document: Document) -> Result[bytes]:
        """The bytes it was read from, where nothing was changed."""
        from lxml import etree

        tree = document.root
        if tree.raw is not None:
            return Result(value=tree.raw)
        return Result(value=etree.tostring(tree.element, encoding="UTF-8", xml_declaration=True))

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        """By the paths of maps, from the root on: `recordTarget/patientRole/id/@root`."""
        from adapters.formats.ccda.paths import parse
        from adapters.formats.ccda.places import values
        from conformance.syntax import PathError

        try:
            steps = parse(path)
        except PathError as error:
            raise Unreadable(str(error)) from error
        return values(document.root, steps)

    def check(self, document: Document, terminology: Terminology | None = None) -> tuple[Issue, ...]:
        """The document against CDA's classes, its templates and its type's sections; codes by `terminology`, else by
        what ships."""
        from collections import Counter

        from adapters.formats.ccda.places import where
        from conformance.ccda.check import check

        element = document.root.element
        names = Counter(name.strip() for each in element.iter() if (name := each.get("ID")))
        return check(document.root.node, names, where, terminology)

    def reply(self, raw: bytes, issues: Iterable[Issue]) -> bytes:
        """Documents are not acknowledged."""
        return b""

    @property
    def syntax(self) -> Syntax:
        from adapters.formats.ccda.syntax import SYNTAX

        return SYNTAX


def _release(root: Any) -> str:
    """The release that the document's templates belong to: that of the newest version they say, 1.1 without one."""
    said = (each.get("extension", "") for each in root.findall("{urn:hl7-org:v3}templateId"))
    newest = max((version for version in said if _VERSION.fullmatch(version)), default="")
    return next((release for version, release in _RELEASES if newest >= version), "1.1")
