"""What distributions bring: objects behind entry points. One that can't be imported is named; the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

FORMATS = "sdoh_gateway.formats"
TRANSPORTS = "sdoh_gateway.transports"
DESTINATIONS = "sdoh_gateway.destinations"


_OURS: Mapping[str, Mapping[str, str]] = {
    TRANSPORTS: {name: f"adapters.transports.{name}:TRANSPORT" for name in ("mllp", "files")},
    DESTINATIONS: {
        name: f"adapters.destinations.{name}:DESTINATION" for name in ("fhir_messaging", "webhook", "mllp", "files")
    },
}
"""Imported directly: that spares a walk over all distributions for nothing, and holds in a checkout too."""


@cache
def installed(group: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Those that could be imported, and for the others the reason, each by name."""
    there = {name: _ours(place) for name, place in _OURS.get(group, {}).items()}
    broken: dict[str, str] = {}
    for entry in sorted(entry_points(group=group), key=lambda one: one.name):
        if entry.name in there:
            continue
        try:
            there[entry.name] = entry.load()
        except Exception as error:  # noqa: BLE001 (anything may be wrong with what others installed: it is named)
            source = entry.dist.name if entry.dist else "?"
            broken[entry.name] = f"{entry.name} from {source} can't be imported: {type(error).__name__}"
    return there, broken


def _ours(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
