"""The rules as tables, read once: element order, templates by root, sections by document type."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_BASE = "2.16.840.1.113883.10.20.22"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a template asks of a path: cardinality (`most` 0: any number), and the codes that may stand there."""

    template: str
    path: tuple[str, ...]
    least: int
    most: int
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sections:
    """A section that a document type must have, or may not. `since`: version of the document's template."""

    document: str
    codes: frozenset[str]
    title: str
    since: str
    forbidden: bool


@cache
def order() -> Mapping[str, Mapping[str, int]]:
    """By element: its children's names and their places."""
    lines = (_DATA / "order.txt").read_text("utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {name: {child: place for place, child in enumerate(children)} for name, *children in rows}


@cache
def templates() -> Mapping[str, tuple[Asked, ...]]:
    """By root: what the template asks."""
    found: dict[str, list[Asked]] = {}
    for row in _rows("templates.csv"):
        most = 0 if row["max"] == "*" else int(row["max"])
        values = frozenset(row["values"].split("|")) if row["values"] else frozenset()
        asked = Asked(row["name"], tuple(row["path"].split("/")), int(row["min"]), most, values)
        found.setdefault(_BASE + row["template"], []).append(asked)
    return {root: tuple(rules) for root, rules in found.items()}


@cache
def documents() -> Mapping[str, tuple[Sections, ...]]:
    """By root of a document's template: its sections."""
    found: dict[str, list[Sections]] = {}
    for row in _rows("sections.csv"):
        codes = frozenset(row["sections"].split("|"))
        sections = Sections(row["name"], codes, row["title"], row["since"], row["max"] == "0")
        found.setdefault(_BASE + row["template"], []).append(sections)
    return {root: tuple(rules) for root, rules in found.items()}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))
