"""What a message says of a resource, and what it takes away: found by converting it twice more.

Once hollow, with the fields alone that say whom it is about: what that gives too is a default that a Bundle needs, and
says nothing of what a receiver has. And once with something in the place of each explicit null: what that gives beyond
the message's own is what the null takes away. So rules of overlays count like those that ship.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adapters.formats.hl7v2.message import Message, Segment
from conformance.document import Document
from conformance.hl7v2.fields import components_of
from conformance.hl7v2.tables import codes, segment
from gateway.config import Site
from gateway.targets import Target

Resource = dict[str, Any]

_SOME = {
    "DT": "19000101", "DTM": "19000101000000+0000", "TS": "19000101000000+0000", "TM": "0000", "NM": "1", "SI": "1",
    "XTN": "(555)555-0100^^PH",
}  # fmt: skip
"""A value of a type; of a composite one its first component; of any other type a word."""

_IDENTITY = {"PID": (3,), "PV1": (19,), "EVN": (1, 2)}
"""Fields that say whom and what a message is about; a null there takes nothing away."""


class Probes:
    """The conversions of one message."""

    def __init__(self, source: Document, pivot: Document, site: Site, map_id: str | None) -> None:
        self._source = source
        self._site = site
        self._map = map_id
        self._ours = _by_url(pivot)
        self._hollow = self._converted(_hollow)
        self._filled = self._converted(_filled) if source.root.nulls else {}

    def of(self, url: str) -> tuple[Resource, Resource]:
        """Of a resource: its type with the elements that the message says, and those that it takes away."""
        ours = self._ours[url]
        hollow = self._hollow.get(url, {})
        said = {name: value for name, value in ours.items() if name == "identifier" or hollow.get(name) != value}
        other = {name: value for name, value in self._filled.get(url, {}).items() if ours.get(name) != value}
        return {**said, "resourceType": ours["resourceType"]}, beyond(other, said)

    def _converted(self, changed: Callable[[Message], list[list[str]]]) -> dict[str, Resource]:
        from gateway.conversion import convert

        message = self._source.root
        segments = [
            Segment(one.name, one.index, one.line, one.text if one.name == "MSH" else "|".join(fields))
            for one, fields in zip(message.segments, changed(message), strict=True)
        ]
        other = Message(message.raw, segments, message.charset, message.delimiters, message.special)
        made = convert(replace(self._source, root=other), Target(format="fhir"), self._site, self._map).document
        return {} if made is None else _by_url(made)


def _by_url(bundle: Document) -> dict[str, Resource]:
    return {each["fullUrl"]: each["resource"] for each in bundle.root.get("entry", [])}


def _hollow(message: Message) -> list[list[str]]:
    """The fields of each segment, empty but for those that identify."""
    return [
        [one.name, *("" if number not in _IDENTITY.get(one.name, ()) else text for number, text in _numbered(one))]
        for one in message.segments
    ]


def _numbered(one: Segment) -> list[tuple[int, str]]:
    return [*enumerate(one.fields)][1:]


def _filled(message: Message) -> list[list[str]]:
    """The fields of each segment, with a value where a null was all that a field had: one inside a repetition goes with
    what replaces that."""
    fields = [list(one.fields) for one in message.segments]
    for null in message.nulls:
        name, text = fields[null.segment][0], fields[null.segment][null.field]
        if null.field not in _IDENTITY.get(name, ()) and not text.strip("^&~"):
            rows = segment(message.version, name) or ()
            row = rows[null.field - 1] if null.field <= len(rows) else None
            fields[null.segment][null.field] = _some(message.version, row.type, row.table) if row else "-"
    return fields


def _some(version: str, kind: str, table: str, depth: int = 0) -> str:
    """A value of a data type."""
    if kind in _SOME:
        return _SOME[kind]
    parts = components_of(version, kind) if depth < 2 else ()
    if parts:
        return _some(version, parts[0].type, parts[0].table or table, depth + 1)
    return min(codes(version, table) or {"-"}) if table else "-"


def beyond(more: Any, less: Any) -> Resource:
    """What one object has that the other lacks: elements, items of lists, and so in objects that both have."""
    found: Resource = {}
    for name, value in more.items():
        mine = less.get(name)
        if mine is None:
            found[name.lstrip("_")] = value
        elif isinstance(value, list) and isinstance(mine, list):
            extra = [each for each in value if each not in mine]
            found |= {name: extra} if extra else {}
        elif isinstance(value, dict) and isinstance(mine, dict):
            inner = beyond(value, mine)
            found |= {name: inner} if inner else {}
    return found
