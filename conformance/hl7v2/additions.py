"""What we add to hl7apy's tables, and what we take out, when they are distilled. Each rule says why.

The standard (https://www.hl7.org/implement/standards/product_brief.cfm?product_id=185) is the source of all of it.
"""

from __future__ import annotations

import re
from typing import Any

from conformance.hl7v2.events import rank, structure_of

_CODE = re.compile(r"\S{1,20}")

_SPACED = frozenset(("0211", "0356"))
"""Tables whose codes really have blanks: character sets."""

_TABLES = {"0301": ("L,M,N", ("L", "M", "N"))}
"""A row that holds several codes."""

_OPEN = frozenset(("0359", "0396", "0418"))
"""Tables of which the standard gives a pattern besides codes: `2 and higher`, `99zzz`."""

_ELSEWHERE = frozenset(("0003", "0076", "0104", "0211", "0354", "0399"))
"""Events, message types, versions, character sets and structures: what is wrong with these is said by who reads them.
Countries are ISO's, and are sent in its two-letter form as often."""

_NOT_REQUIRED = (("EVN", 1), ("OBX", 2), ("OBX", 4))
"""Conditional, or kept for older receivers only, in versions for which hl7apy has them required."""

_REQUIRED = (("EVN", 2),)
"""Required in every version."""

EVENTS = tuple(f"A{number:02}" for number in range(1, 63) if number not in (19, 56, 57, 58, 59))
"""The ADT trigger events; A19 is a query."""


def amend(versions: dict[str, dict[str, Any]]) -> None:
    """Changes the distilled versions, oldest first, in place."""
    _structures(versions)
    _withdrawn(versions)
    _usage(versions)
    _component_tables(versions)
    defined = _defined(versions)
    for data in versions.values():
        data["tables"] = {number: [name, _codes(number, codes)] for number, (name, codes) in data["tables"].items()}
        data["defined"] = defined
    _grown(versions, defined)


def _structures(versions: dict[str, dict[str, Any]]) -> None:
    """Every event has a structure in every version: withdrawn events (A18, A30, A34 from v2.7) as they last were,
    events that came later (A60 in v2.3), or structures that hl7apy leaves out (ADT_A37 in v2.3), as elsewhere."""
    names = list(versions)
    given = {version: dict(data["structures"]) for version, data in versions.items()}
    for place, version in enumerate(names):
        nearest = [*reversed(names[:place]), *names[place + 1 :]]
        for event in EVENTS:
            name = structure_of(version, event)
            if name not in given[version]:
                found = next(given[other][name] for other in nearest if name in given[other])
                versions[version]["structures"][name] = found


def _withdrawn(versions: dict[str, dict[str, Any]]) -> None:
    """Fields withdrawn since v2.6 have type WD and the name they had. hl7apy also leaves a gap for them, or says their
    left neighbour again (PR1-11), or takes PID-4 for PID-3."""
    before: dict[str, Any] = versions["2.5.1"]["segments"]
    for version, data in versions.items():
        if rank(version) >= rank("2.6"):
            for name, fields in data["segments"].items():
                given = [list(field) for field in fields]
                for place in range(len(fields)):
                    known = before.get(name, [])[place : place + 1]
                    if known and _is_withdrawn(version, name, given, place):
                        fields[place] = [known[0][0], "WD", False, True, ""]
            before = data["segments"]


def _is_withdrawn(version: str, name: str, fields: list[list[Any]], place: int) -> bool:
    field = fields[place]
    again = place > 0 and field[:2] == fields[place - 1][:2]
    moved = (name, place) == ("PID", 3) and rank(version) >= rank("2.7")
    return field[1].upper() in ("WD", "") or again or moved


def _usage(versions: dict[str, dict[str, Any]]) -> None:
    for data in versions.values():
        for field in (field for fields in data["segments"].values() for field in fields):
            if field[4] == "9999":  # "no table"
                field[4] = ""
        for rows, required in ((_NOT_REQUIRED, False), (_REQUIRED, True)):
            for name, number in rows:
                if name in data["segments"]:
                    data["segments"][name][number - 1][2] = required


def _component_tables(versions: dict[str, dict[str, Any]]) -> None:
    """From v2.6 on hl7apy has no tables for components: they are those of v2.5.1 where the type is the same."""
    last = versions["2.5.1"]["types"]
    for version, data in versions.items():
        if rank(version) > rank("2.5.1"):
            for name, components in data["types"].items():
                for place, component in enumerate(components):
                    before = last.get(name, [])[place : place + 1]
                    if before and not component[2] and before[0][1] == component[1]:
                        component[2] = before[0][2]


def _defined(versions: dict[str, dict[str, Any]]) -> list[str]:
    """Tables that HL7 defines itself, so that no site may add codes: those of fields and components of type ID since
    v2.5, where that type had come to mean this, less those that are open or elsewhere of type IS (user-defined)."""
    closed = _OPEN | _ELSEWHERE
    types: dict[str, set[str]] = {}
    for version, data in versions.items():
        if rank(version) >= rank("2.5"):
            rows = [(f[1], f[4]) for fields in data["segments"].values() for f in fields]
            rows += [(c[1], c[2]) for components in data["types"].values() for c in components]
            for kind, table in rows:
                types.setdefault(table, set()).add(kind)
    return sorted(
        table for table, kinds in types.items() if "ID" in kinds and "IS" not in kinds and table not in closed
    )


def _grown(versions: dict[str, dict[str, Any]], defined: list[str]) -> None:
    """A table of HL7's has the codes of all versions: they are only ever added to, and senders use later ones."""
    for number in defined:
        every = sorted({code for data in versions.values() for code in data["tables"].get(number, ["", []])[1]})
        for data in versions.values():
            if number in data["tables"]:
                data["tables"][number][1] = every


def _codes(number: str, codes: list[str]) -> list[str]:
    """Codes only: hl7apy's tables also hold remarks (`Not present`) and the beginnings of descriptions."""
    row, several = _TABLES.get(number, ("", ()))
    kept = [code for code in codes if number in _SPACED or _CODE.fullmatch(code)]
    return [code for code in kept if code != row] + [code for code in several if code not in kept]
