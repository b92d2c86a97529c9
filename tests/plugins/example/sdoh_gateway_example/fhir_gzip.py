"""FHIR JSON, compressed with gzip. What is read is FHIR, so it needs no map of its own."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from typing import Any

from adapters.formats.fhir import FORMAT as JSON
from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Result, Where

LIMIT = 64 << 20
"""Bytes after unpacking: a small file must not become a large one."""


class FhirGzip:
    name = "fhir_gzip"
    suffixes: tuple[str, ...] = (".json.gz",)
    media_type = "application/gzip"

    def sniff(self, head: bytes) -> bool:
        return head[:2] == b"\x1f\x8b"

    def split(self, raw: bytes) -> list[bytes]:
        return [raw]

    def parse(self, raw: bytes) -> Result[Document]:
        try:
            unpacking = zlib.decompressobj(wbits=31)
            text = unpacking.decompress(raw, LIMIT)
        except zlib.error:
            return Result(value=None, issues=(issue("IO-0002", formats=self.name),))
        if unpacking.unconsumed_tail or not unpacking.eof:
            return Result(value=None, issues=(issue("IO-0002", formats=self.name),))
        return JSON.parse(text)

    def render(self, document: Document) -> Result[bytes]:
        made = JSON.render(document)
        packed = None if made.value is None else gzip.compress(made.value, mtime=0)
        return Result(value=packed, issues=made.issues)

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        return JSON.values(document, path)

    def reply(self, raw: bytes, issues: Iterable[Issue]) -> bytes:
        return b""

    @property
    def syntax(self) -> Any:
        return JSON.syntax


FORMAT = FhirGzip()
