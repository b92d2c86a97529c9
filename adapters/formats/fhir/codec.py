"""The FHIR R4 codec: JSON, NDJSON and XML to dict and list, and back to JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from adapters.formats.fhir.reader import decode, read
from adapters.formats.fhir.writer import write
from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Result, Where

if TYPE_CHECKING:
    from conformance.syntax import Syntax

VERSION = "4.0.1"
_KINDS = {dict: "an object without it", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


_NAMESPACE = b"http://hl7.org/fhir"


def _is_xml(raw: bytes) -> bool:
    return raw[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


class FhirJson:
    """`conformance.document.Format` for FHIR JSON and NDJSON; XML is read, into the same tree."""

    name = "fhir"
    suffixes = (".json", ".ndjson")
    media_type = "application/fhir+json"

    def sniff(self, head: bytes) -> bool:
        """True for what begins like JSON (a brace, then a string or the end), and for XML that names FHIR."""
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text[:1] == b"<":
            return _NAMESPACE in text
        return text[:1] == b"{" and text[1:].lstrip()[:1] in (b'"', b"}", b"")

    def split(self, raw: bytes) -> list[bytes]:
        """The lines of NDJSON; anything else whole.

        Every line of NDJSON begins with a brace. Where that holds for one JSON text in several lines, each line but
        the last ends with a comma, colon or opening bracket; so one that doesn't tells them apart.
        """
        if _is_xml(raw):
            return [raw]
        lines = [line for line in raw.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith(b"{") for line in lines):
            return [raw]
        if all(line.rstrip()[-1:] in (b",", b"[", b":") for line in lines[:-1]):
            return [raw]
        return lines

    def parse(self, raw: bytes) -> Result[Document]:
        if _is_xml(raw):
            return self._parse_xml(raw)
        result = read(raw)
        if any(found.severity == "fatal" for found in result.issues):
            return Result(value=None, issues=result.issues)
        root = result.value
        if not isinstance(root, dict) or not isinstance(root.get("resourceType"), str):
            kind = _KINDS.get(type(root), "a number")
            return Result(value=None, issues=(*result.issues, issue("JSON-0010", Where(line=1, column=1), kind=kind)))
        return Result(value=Document(format=self.name, version=VERSION, root=root), issues=result.issues)

    def _parse_xml(self, raw: bytes) -> Result[Document]:
        from conformance.fhir import from_xml

        result = from_xml.read(raw)
        root = result.value
        document = None if root is None else Document(format=self.name, version=VERSION, root=root)
        return Result(value=document, issues=result.issues)

    def render(self, document: Document, *, indent: bool = False) -> Result[bytes]:
        """The same content; not the same white space, which the tree doesn't keep."""
        return write(document.root, indent=indent)

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        """By FHIRPath; a primitive with extensions only is there as its element, a dict."""
        from conformance.fhir.fhirpath import values

        return values(document.root, path)

    def locator(self, raw: bytes) -> Callable[[str], tuple[int, int]]:
        """Line and column of FHIRPath locations in a text that parses, for issues that have only a path."""
        if _is_xml(raw):
            from conformance.fhir import from_xml

            return from_xml.locator(raw)
        from adapters.formats.fhir.positions import Positions

        return Positions(decode(raw)[0]).of

    def reply(self, raw: bytes, issues: Iterable[Issue]) -> bytes:
        """An OperationOutcome, without what was found."""
        from conformance.render.operation_outcome import operation_outcome

        return write(operation_outcome(issues)).value or b""

    @property
    def syntax(self) -> Syntax:
        from adapters.formats.fhir.syntax import SYNTAX

        return SYNTAX
