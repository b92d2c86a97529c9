"""Valid messages of any version and event, made from the tables: what must be there, or everything that may."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.formats.hl7v2 import FORMAT
from adapters.formats.hl7v2.write import build
from conformance.document import Document
from conformance.hl7v2.abstract import Node
from conformance.hl7v2.events import rank, structure_of
from conformance.hl7v2.fields import components_of
from conformance.hl7v2.tables import codes, segment, structure, tables
from conformance.issue import Issue

_VALUES = {"DT": "20240229", "DTM": "20240229101500", "TS": "20240229101500", "TM": "1015", "NM": "7", "SI": "1"}
_MESSAGE = {9: "ADT^{event}^{structure}", 11: "P", 12: "{version}"}


def names(node: Node, *, full: bool) -> Iterator[str]:
    """Segment names of a structure in order: the required ones, or (twice where they repeat) all."""
    for member in node.members:
        if member.required or full:
            for _ in range(2 if full and member.many else 1):
                yield from names(member, full=full) if member.members else (member.name,)
        if node.choice:
            return


def valid(version: str, event: str, *, full: bool = False) -> list[list[str]]:
    """Segments as field lists."""
    name = structure_of(version, event)
    tree = structure(version, name)
    assert tree is not None, (version, event)
    made = [[one, *_fields(version, one, full=full)] for one in names(tree, full=full)]
    header = made[0]
    header[1:3] = ["|", "^~\\&"]
    for number, text in _MESSAGE.items():
        header[number] = text.format(event=event, structure=name, version=version)
    if rank(version) < rank("2.3.1"):
        header[9] = f"ADT^{event}"
    for one in made:
        if one[0] == "EVN" and len(one) > 1 and one[1]:
            one[1] = event
    return made


def _fields(version: str, name: str, *, full: bool) -> list[str]:
    rows = segment(version, name)
    if rows is None:
        return ["1"]
    made = [_value(version, row.type, row.table) if row.required or full else "" for row in rows]
    if name == "OBX" and made[1]:
        made[1] = "ST"
    return made


def _value(version: str, kind: str, table: str, depth: int = 0) -> str:
    parts = components_of(version, kind) if depth < 2 else ()
    if parts:
        given = [
            _value(version, part.type, part.table, depth + 1) if part.required or not number else ""
            for number, part in enumerate(parts)
        ]
        return "^&"[depth].join(given).rstrip("^&")
    if kind == "ID" and table in tables(version).defined:
        return min(codes(version, table) or {"x"})
    return _VALUES.get(kind, "" if kind == "WD" else "x")


def document(segments: list[list[str]]) -> Document:
    result = FORMAT.parse(build(segments).raw)
    assert result.value is not None
    return result.value


def checked(segments: list[list[str]]) -> list[Issue]:
    return list(FORMAT.check(document(segments)))
