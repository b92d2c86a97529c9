"""What written documents look like, as tables: order of elements, versions of templates, sections, document types."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_BASE = "2.16.840.1.113883.10.20.22"

RELEASES = ("2.1", "4.0")
"""Releases of C-CDA that are written, the default first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section by its LOINC code; `coded` is the template that asks for entries that claim `needs`."""

    code: str
    root: str
    coded: str
    display: str
    title: str
    needs: str
    also: str
    """A translation of the code that the template asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A document type; `sections` are the LOINC codes of those that it must have, `coded` of those among them that must
    have entries or say that there is no information; `elsewhere` tells of sections in which others what is theirs goes,
    where the document has that or the type doesn't allow them."""

    root: str
    code: str
    display: str
    title: str
    sections: tuple[str, ...]
    coded: frozenset[str]
    elsewhere: Mapping[str, str]


@cache
def order() -> Mapping[str, Mapping[str, int]]:
    """By element: its children's names and their places."""
    lines = (_DATA / "order.txt").read_text("utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {name: {child: place for place, child in enumerate(children)} for name, *children in rows}


@cache
def versions(release: str) -> Mapping[str, tuple[str, ...]]:
    """By template root: the versions that are claimed in a release (empty: the root alone), if there are any."""
    rows = {_root(row["root"]): row[release].split() for row in _rows("versions.csv")}
    return {root: tuple("" if each == "-" else each for each in claimed) for root, claimed in rows.items() if claimed}


@cache
def claims() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """By template root: version (empty: each) and path of what a statement must hold to claim it."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in _rows("claims.csv"):
        root = _root(row["root"])
        found[root] = (*found.get(root, ()), (row["version"], row["path"]))
    return found


@cache
def codes() -> Mapping[tuple[str, str], tuple[str, str, str]]:
    """By template root and version: an element, and code and display that it has in place of those written."""
    rows = _rows("codes.csv")
    return {(_root(row["root"]), row["version"]): (row["element"], row["code"], row["display"]) for row in rows}


@cache
def sections() -> Mapping[str, Section]:
    found = {}
    for row in _rows("sections.csv"):
        row |= {"root": _root(row["root"]), "coded": _root(row["coded"]), "needs": _root(row["needs"])}
        found[row["code"]] = Section(**row)
    return found


@cache
def kinds() -> Mapping[str, Kind]:
    found = {}
    for row in _rows("documents.csv"):
        words = {name: row[name] for name in ("code", "display", "title")}
        asked = row["sections"].split()
        coded = frozenset(each[:-1] for each in asked if each.endswith("*"))
        sections = tuple(each.rstrip("*") for each in asked)
        elsewhere = dict(each.split(">") for each in row["elsewhere"].split())
        found[row["kind"]] = Kind(root=_root(row["root"]), sections=sections, coded=coded, elsewhere=elsewhere, **words)
    return found


def _root(text: str) -> str:
    return _BASE + text if text.startswith(".") else text


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))
