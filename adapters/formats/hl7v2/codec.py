"""`conformance.document.Format` for HL7 v2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from adapters.formats.hl7v2.parse import parse
from adapters.formats.hl7v2.values import reader, values
from conformance.document import Document, Glance, Reader
from conformance.issue import Issue, Result, Where

if TYPE_CHECKING:
    from conformance.syntax import Syntax


class Hl7v2:
    """HL7 v2 in its delimited form, ER7."""

    name = "hl7v2"
    suffixes = (".hl7", ".er7", ".v2")
    media_type = "application/hl7-v2"

    def sniff(self, head: bytes) -> bool:
        """True when the first thing that isn't framing or white space is a message, batch or file header."""
        text = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\x0b\r\n\t ")
        return text[:3] in (b"MSH", b"FHS", b"BHS") and text[3:4] != b"" and not text[3:4].isalnum()

    def split(self, raw: bytes) -> list[bytes]:
        from adapters.formats.hl7v2.batch import split

        return split(raw)

    def parse(self, raw: bytes) -> Result[Document]:
        return parse(raw)

    def render(self, document: Document) -> Result[bytes]:
        from adapters.formats.hl7v2.write import render

        return render(document)

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        return [*values(document.root, path)]

    def reader(self, paths: tuple[str, ...]) -> Reader:
        return reader(paths)

    def check(self, document: Document) -> tuple[Issue, ...]:
        """The message against the structure, fields and tables of its version."""
        from functools import partial

        from adapters.formats.hl7v2.places import locate
        from conformance.hl7v2.structure import check

        return check(document.root, partial(locate, document.root))

    def reply(self, raw: bytes, issues: Iterable[Issue]) -> bytes:
        from adapters.formats.hl7v2.acknowledge import reply

        return reply(raw, issues)

    @property
    def glance(self) -> Callable[[bytes], Glance]:
        from adapters.formats.hl7v2.glance import glance

        return glance

    def joined(self, part: bytes, others: Sequence[bytes]) -> tuple[bytes, tuple[int, ...]] | None:
        from adapters.formats.hl7v2.continuation import joined

        return joined(part, others)

    def refuse(self, raw: bytes, issues: tuple[Issue, ...]) -> bytes:
        from adapters.formats.hl7v2.glance import refuse

        return refuse(raw, issues)

    def answer(self, raw: bytes, issues: tuple[Issue, ...]) -> bytes:
        from adapters.formats.hl7v2.glance import answer

        return answer(raw, issues)

    @property
    def syntax(self) -> Syntax:
        from adapters.formats.hl7v2.syntax import SYNTAX

        return SYNTAX
