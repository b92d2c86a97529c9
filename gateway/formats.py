"""The formats there are: ours by direct import, others through the entry points `sdoh_gateway.formats`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import cast

from conformance.document import Format

GROUP = "sdoh_gateway.formats"

_OURS: Mapping[str, str] = {"hl7v2": "adapters.formats.hl7v2", "fhir": "adapters.formats.fhir"}
"""Name to module; each has a `FORMAT`. Direct imports spare start-up a walk over all installed distributions."""

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


@cache
def _installed() -> dict[str, Format]:
    """Formats of other distributions, by name."""
    from importlib.metadata import entry_points

    return {entry.name: entry.load() for entry in entry_points(group=GROUP) if entry.name not in _OURS}
