"""Characters that FHIR's strings can't hold (R4 2.24.0.1): below U+0020 only tab, line feed and carriage return."""

from __future__ import annotations

import re
from typing import Any

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_BYTES = bytes({*range(32)} - {9, 10, 13})


def printable(source: Document, made: Document) -> tuple[Document, tuple[Issue, ...]]:
    """What was made of an HL7 v2 message without control characters, and an issue for each element that had some."""
    if source.format != "hl7v2" or not _suspect(source.root.raw):
        return made, ()
    places: dict[str, None] = {}
    root = _without(made.root, "", places)
    if not places:
        return made, ()
    found = tuple(issue("MAP-0213", Where(path=place)) for place in places)
    return Document(format=made.format, version=made.version, root=root), found


def _suspect(raw: bytes) -> bool:
    """Whether a message may hold one, as it is or as an escape (`\\X0B\\`); asked of every message, so it is quick."""
    return len(raw.translate(None, _BYTES)) < len(raw) or b"X0" in raw or b"X1" in raw


def _without(node: Any, place: str, places: dict[str, None]) -> Any:
    """A copy; what was made may share parts with what other messages became."""
    if isinstance(node, dict):
        inner = str(node.get("resourceType") or place)
        return {key: _without(value, f"{inner}.{key}", places) for key, value in node.items()}
    if isinstance(node, list):
        return [_without(each, place, places) for each in node]
    if not isinstance(node, str) or not _CONTROL.search(node):
        return node
    places[place] = None
    return _CONTROL.sub("", node) or "\ufffd"
