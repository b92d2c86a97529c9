"""What distributions bring: objects behind entry points. One that can't be imported is named; the rest goes on."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

FORMATS = "sdoh_gateway.formats"
TRANSPORTS = "sdoh_gateway.transports"
DESTINATIONS = "sdoh_gateway.destinations"


@cache
def installed(group: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Those that could be imported, and for the others the reason, each by name."""
    there: dict[str, Any] = {}
    broken: dict[str, str] = {}
    for entry in sorted(entry_points(group=group), key=lambda one: one.name):
        try:
            there[entry.name] = entry.load()
        except Exception as error:  # noqa: BLE001 (anything may be wrong with what others installed: it is named)
            source = entry.dist.name if entry.dist else "?"
            broken[entry.name] = f"{entry.name} from {source} can't be imported: {type(error).__name__}"
    return there, broken
