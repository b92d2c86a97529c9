"""The tables of each version: structures, segments, data types, codes. One file per version, read when first asked."""

from __future__ import annotations

import gzip
import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from conformance.hl7v2.abstract import Node, parse
from conformance.hl7v2.events import rank, structure_of

__all__ = ["Component", "Field", "Tables", "codes", "datatype", "field_name", "segment", "structure", "structure_of"]

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2")
"""Versions that have tables."""


class Field(NamedTuple):
    """A field of a segment. `type` is `WD` where the version withdrew it; `table` a number such as `0001`, or empty."""

    name: str
    type: str
    required: bool
    repeats: bool
    table: str


class Component(NamedTuple):
    """A component of a data type. The versions before 2.6 don't say which are required."""

    name: str
    type: str
    table: str
    required: bool


class Tables:
    """One version's. Lookups give None for what the version doesn't have."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.version: str = data["version"]
        self._data = data
        self._structures: dict[str, Node] = {}
        self.defined = frozenset(data["defined"])
        """Numbers of the tables that HL7 defines itself: no site may add codes to them."""

    def structures(self) -> tuple[str, ...]:
        return tuple(self._data["structures"])

    def structure(self, name: str) -> Node | None:
        if name not in self._structures:
            text = self._data["structures"].get(name)
            if text is None:
                return None
            self._structures[name] = parse(name, text)
        return self._structures[name]

    def segment(self, name: str) -> tuple[Field, ...] | None:
        """Its fields; [0] is field 1."""
        rows = self._data["segments"].get(name)
        return None if rows is None else tuple(Field(*row) for row in rows)

    def datatype(self, name: str) -> tuple[Component, ...] | None:
        """The components of a composite type; None for a primitive one, and for one the version doesn't have."""
        rows = self._data["types"].get(name)
        return None if rows is None else tuple(Component(*row) for row in rows)

    def codes(self, table: str) -> frozenset[str] | None:
        row = self._data["tables"].get(table)
        return None if row is None else frozenset(row[1])

    def table_name(self, table: str) -> str:
        row = self._data["tables"].get(table)
        return "" if row is None else str(row[0])


@lru_cache(maxsize=256)
def nearest(version: str) -> str:
    """The newest version with tables that isn't newer: 2.9 -> 2.8.2, 2.7.1 -> 2.7; no version at all -> 2.5.1."""
    return max((known for known in VERSIONS if rank(known) <= rank(version)), key=rank, default=VERSIONS[0])


def tables(version: str) -> Tables:
    """The tables of a version, or of the nearest one that has tables."""
    return _tables(nearest(version))


@cache
def _tables(version: str) -> Tables:
    return Tables(json.loads(gzip.decompress((files(__package__) / "data" / f"{version}.json.gz").read_bytes())))


def structure(version: str, name: str) -> Node | None:
    return tables(version).structure(name)


@lru_cache(maxsize=4096)
def _segment(version: str, name: str) -> tuple[Field, ...] | None:
    return _tables(version).segment(name)


def segment(version: str, name: str) -> tuple[Field, ...] | None:
    """The fields of a segment, [0] being field 1; None when the version doesn't have it."""
    return _segment(nearest(version), name)


@lru_cache(maxsize=4096)
def _datatype(version: str, name: str) -> tuple[Component, ...] | None:
    return _tables(version).datatype(name)


def datatype(version: str, name: str) -> tuple[Component, ...] | None:
    """The components of a composite data type."""
    return _datatype(nearest(version), name)


def field_name(version: str, segment_name: str, field: int) -> str:
    """`Patient Name` for PID-5; empty for a field the version doesn't have."""
    fields = segment(version, segment_name) or ()
    return fields[field - 1].name if 0 < field <= len(fields) else ""


@lru_cache(maxsize=4096)
def _codes(version: str, table: str) -> frozenset[str] | None:
    for known in VERSIONS[VERSIONS.index(version) :]:
        found = _tables(known).codes(table)
        if found is not None:
            return found
    return None


def codes(version: str, table: str) -> frozenset[str] | None:
    """The codes of a table, of the version or the next one that prints it (before 2.3.1 we have none)."""
    return _codes(nearest(version), table)
