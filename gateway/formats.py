"""The formats there are: ours by direct import, others through the entry points `sdoh_gateway.formats`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from conformance.document import Format

if TYPE_CHECKING:
    from conformance.syntax import Syntax

GROUP = "sdoh_gateway.formats"

_OURS: Mapping[str, str] = {
    "hl7v2": "adapters.formats.hl7v2",
    "fhir": "adapters.formats.fhir",
    "ccda": "adapters.formats.ccda",
    "csv": "adapters.formats.tabular",
}
"""Name to module; each has a `FORMAT`. Direct imports spare start-up a walk over all installed distributions."""

_SIDES: Mapping[str, str] = {"hl7v2": "v2"}

HEAD = 4096
"""How much of a source `Format.sniff` is shown."""


@cache
def named(name: str) -> Format | None:
    """The format that users call `name`."""
    if name in _OURS:
        return cast("Format", import_module(_OURS[name]).FORMAT)
    return _installed().get(name)


def names() -> tuple[str, ...]:
    return (*_OURS, *_installed())


def recognised(raw: bytes) -> Format | None:
    """The format whose first bytes these are; ours are asked first."""
    head = raw[:HEAD]
    ours = (named(name) for name in _OURS)
    found = next((one for one in ours if one and one.sniff(head)), None)
    return found or next((one for one in _installed().values() if one.sniff(head)), None)


def side(name: str) -> str:
    """What maps call a format: `v2` for `hl7v2`."""
    return _SIDES.get(name, name)


def of_side(name: str) -> Format:
    """The format that maps call `name`; KeyError where there is none."""
    found = named(next((one for one in names() if side(one) == name), ""))
    if found is None:
        raise KeyError(name)
    return found


def syntax(name: str) -> Syntax:
    """The path syntax of the format that maps call `name`, for the map compiler."""
    return of_side(name).syntax


@cache
def _installed() -> dict[str, Format]:
    """Formats of other distributions, by name."""
    from gateway.plugins import installed

    there, _ = installed(GROUP)
    return {name: format_ for name, format_ in there.items() if name not in _OURS}
