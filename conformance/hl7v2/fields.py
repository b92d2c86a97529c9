"""Field content against a version's tables: repetitions, components, formats, codes of HL7's own tables.

Only what is populated is looked at, by rules that are compiled once per version and segment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from conformance.hl7v2.tables import VERSIONS, Component, Field, codes, datatype, nearest, segment, tables
from conformance.profile.types import TYPES

_FORMATS = {"DT": "V2-0121", "DTM": "V2-0121", "TM": "V2-0121", "TS": "V2-0121", "NM": "V2-0122", "SI": "V2-0123"}
"""Primitive types with a format to check -> the issue's code."""

PRIMITIVES = frozenset(("ST", "TX", "FT", "ID", "IS", "TN", "GTS", *_FORMATS))
"""Types without components in every version; TS has them in some."""

_ANY = frozenset(("", "WD", "varies"))
"""Types of which nothing is known: unnamed, withdrawn, or said by another field."""


class Fault(NamedTuple):
    """Something wrong in a field: 0-based repetition, component and subcomponent as in a path (0 for the whole)."""

    code: str
    found: str
    repetition: int = 0
    component: int = 0
    subcomponent: int = 0
    what: str = ""
    """The type or table that it doesn't agree with."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A data type where it is used. A primitive one has no `components`; `plain` when nothing below can be wrong."""

    name: str
    table: str = ""
    fits: Callable[[str], bool] | None = None
    codes: frozenset[str] | None = None
    components: tuple[Kind, ...] = ()
    required: tuple[int, ...] = ()
    plain: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """A segment of a version: [n] is field n."""

    fields: tuple[Field, ...]
    kinds: tuple[Kind, ...]
    required: tuple[int, ...]


@lru_cache(maxsize=4096)
def rules(version: str, name: str) -> Rules | None:
    """The rules of a segment; None when the version doesn't have it. `version` is one that has tables."""
    fields = segment(version, name)
    if fields is None:
        return None
    kinds = tuple(kind(version, field.type, field.table) for field in fields)
    required = tuple(n for n, field in enumerate(fields, 1) if field.required)
    return Rules((_NOTHING, *fields), (Kind(""), *kinds), required)


_NOTHING = Field("", "", False, False, "")


@lru_cache(maxsize=4096)
def kind(version: str, name: str, table: str = "", depth: int = 0) -> Kind:
    """A data type compiled, two levels deep, as deep as delimiters go."""
    parts = components_of(version, name) if depth < 2 else ()
    below = tuple(kind(version, part.type, part.table, depth + 1) for part in parts)
    format_ = TYPES[name] if name in _FORMATS and not below else None
    listed = codes(version, table) if name == "ID" and table in tables(version).defined else None
    required = tuple(number for number, part in enumerate(parts, 1) if part.required)
    plain = not (format_ or listed or required) and all(part.plain for part in below)
    return Kind(name, table, format_, listed, below, required, plain)


def components_of(version: str, name: str) -> tuple[Component, ...]:
    """Of the version, or of the nearest one that has the type: senders mix versions (a CE in v2.8)."""
    known = VERSIONS.index(nearest(version))
    for place in (known, *range(known - 1, -1, -1), *range(known + 1, len(VERSIONS))):
        found = datatype(VERSIONS[place], name)
        if found:
            return found
    return ()


def faults(text: str, kind: Kind, *, repeats: bool) -> Iterator[Fault]:
    """What is wrong in a populated field, in order."""
    if kind.plain and "^" not in text and "~" not in text and "&" not in text:
        return
    if "~" not in text:
        yield from _repetition(text, kind, 0)
        return
    repetitions = text.split("~")
    for number, repetition in enumerate(repetitions):
        if repetition:
            yield from _repetition(repetition, kind, number)
    if not repeats and any(repetitions[1:]):
        yield Fault("V2-0116", text, 1)


def _repetition(text: str, kind: Kind, number: int) -> Iterator[Fault]:
    if kind.name in _ANY:
        return
    components = text.split("^")
    for place in kind.required:
        if not "".join(components[place - 1 : place]):
            yield Fault("V2-0125", text, number, place, 0, kind.name)
    kinds = kind.components or (kind,)
    for place, (component, part) in enumerate(zip(components, kinds, strict=False), 1):
        if component and not (part.plain and "&" not in component):
            yield from _component(component, part, number, place if kind.components else 0)
    if len(components) > len(kinds) and any(components[len(kinds) :]):
        extra = next(place for place, one in enumerate(components, 1) if place > len(kinds) and one)
        yield Fault("V2-0118", components[extra - 1], number, extra, 0, kind.name)


def _component(text: str, kind: Kind, repetition: int, place: int) -> Iterator[Fault]:
    if kind.name in _ANY:
        return
    if "&" not in text:
        yield from _leaf(text, kind.components[0] if kind.components else kind, repetition, place, 0)
        return
    if not kind.components:
        yield Fault("V2-0119", text, repetition, place or 1, 2, kind.name)
        return
    parts = text.split("&")
    for number in kind.required:
        if not "".join(parts[number - 1 : number]):
            yield Fault("V2-0125", text, repetition, place, number, kind.name)
    for number, part in enumerate(parts[: len(kind.components)], 1):
        if part:
            yield from _leaf(part, kind.components[number - 1], repetition, place, number)
    if any(parts[len(kind.components) :]):
        yield Fault("V2-0118", text, repetition, place, len(kind.components) + 1, kind.name)


def _leaf(text: str, kind: Kind, repetition: int, component: int, subcomponent: int) -> Iterator[Fault]:
    if kind.fits is not None and not kind.fits(text):
        yield Fault(_FORMATS[kind.name], text, repetition, component, subcomponent, kind.name)
    if kind.codes is not None and text not in kind.codes:
        yield Fault("V2-0124", text, repetition, component, subcomponent, kind.table)
