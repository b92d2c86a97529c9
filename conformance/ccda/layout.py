"""CDA's classes and data types: which attributes and elements each has, in which order and how often.

Distilled from the snapshots of C-CDA's definitions; what these don't show is in `classes.txt`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.ccda.primitives import PRIMITIVES
from conformance.definitions.pack import Facts, Pack
from conformance.definitions.r4 import DATA

_PACK = "hl7.cda.us.ccda-5.0.0-ballot.pack"
_OWN = Path(__file__).parent / "data" / "classes.txt"
_UIDS = frozenset(("root", "codeSystem", "sdtc:valueSet"))
_LISTS = frozenset(("use", "qualifier", "partType"))


@dataclass(frozen=True, slots=True)
class Member:
    """A child of a class: its place in the order, its classes (several where `xsi:type` chooses), how many."""

    name: str
    place: int
    types: tuple[str, ...]
    least: int
    most: int
    """0: any number."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A class or data type. `attributes`: name to the primitive type, None for free text."""

    name: str
    attributes: Mapping[str, tuple[str, Callable[[str], bool]] | None]
    members: Mapping[str, Member]
    required: tuple[str, ...]
    demanded: tuple[str, ...]
    """Attributes that must be there."""
    ordered: bool
    text: bool


@cache
def pack() -> Pack:
    return Pack(DATA / _PACK)


@cache
def layouts() -> Mapping[str, Layout]:
    """By name: `Observation`, `CD`, `Section.component`."""
    index = pack().index("Class")
    found = {name: _distilled(name, pack().read("Class", name) or {}) for name in index}
    for line in _OWN.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            own = _written(*line.split())
            found[own.name] = own
    return found


def _distilled(name: str, facts: Facts) -> Layout:
    attributes = {each: _primitive(each, said["types"], name) for each, said in facts["attributes"].items()}
    members = [
        Member(child, place, tuple(said["types"]), said.get("min", 0), said.get("max", 0))
        for place, (child, said) in enumerate(facts["children"])
    ]
    demanded = tuple(each for each, said in facts["attributes"].items() if said.get("min"))
    return _layout(name, attributes, members, demanded, not facts.get("choice"), bool(facts.get("text")))


def _layout(name: str, attributes: Any, members: list[Member], demanded: Any, ordered: bool, text: bool) -> Layout:
    required = tuple(each.name for each in members if each.least)
    return Layout(name, attributes, {each.name: each for each in members}, required, demanded, ordered, text)


def _primitive(name: str, types: list[str], owner: str) -> tuple[str, Callable[[str], bool]] | None:
    kind = types[0] if types else ""
    if name == "nullFlavor":
        kind = "nullFlavor"
    elif name in _UIDS:
        kind = "uid"
    elif name in _LISTS or owner == "ANY":
        kind = ""
    return (kind, PRIMITIVES[kind][0]) if kind in PRIMITIVES else None


def _written(name: str, *words: str) -> Layout:
    attributes: dict[str, Any] = {}
    members: list[Member] = []
    flags = ""
    for word in words:
        if word[0] in "#~":
            flags += word
        elif word[0] == "@":
            attribute, _, kind = word[1:].rpartition(":")
            attributes[attribute] = _primitive(attribute, [kind], name)
        else:
            child, _, kind = word.rpartition(":")
            count = kind.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")
            types = (kind.removesuffix(count),)
            members.append(Member(child, len(members), types, "!" in count, "?" in count))
    return _layout(name, attributes, members, (), "~" not in flags, "#" in flags)


_BASES = {
    "CE": "CD", "CV": "CE", "CO": "CV", "CS": "CV", "EIVL_TS": "SXCM_TS", "PIVL_TS": "SXCM_TS", "IVL_TS": "SXCM_TS",
    "SXPR_TS": "SXCM_TS", "SXCM_TS": "TS", "ST": "ED", "PN": "EN", "ON": "EN", "TN": "EN", "SC": "ST", "INT_POS": "INT",
    "IVL_PQ": "PQ", "IVL_INT": "INT", "IVL_REAL": "REAL", "IVL_MO": "MO", "RTO_PQ_PQ": "RTO", "IVXB_TS": "TS",
    "IVXB_PQ": "PQ", "IVXB_INT": "INT",
}  # fmt: skip
"""What a data type extends, by the schemas of the data types (the steps SXCM_PQ and the like left out)."""


def lineage(name: str) -> Iterator[str]:
    """A data type and those that it extends."""
    while name:
        yield name
        name = _BASES.get(name, "")
