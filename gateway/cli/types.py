"""NDJSON, one file for each type of resource, written as resources come: for what doesn't fit into memory.

A dataset is converted share by share; what stands in several shares (organizations, projects) is written once, and the
members of a household that several shares know are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

Resource = dict[str, Any]
_SHARED = frozenset(
    ("Organization", "Location", "HealthcareService", "Practitioner", "PractitionerRole", "Device", "Endpoint", "Group",
     "Provenance")
)  # fmt: skip
"""Types whose resources belong to no single person."""
_LISTS = ("member",)


class Types:
    """Files of a folder, `Patient.ndjson` and so on; they get their names when all is written."""

    def __init__(self, folder: Path, line: Callable[[Resource], bytes]) -> None:
        self.folder = folder
        self.line = line
        self.count = 0
        self._open: dict[str, BinaryIO] = {}
        self._shared: dict[tuple[str, str], Resource] = {}

    def add(self, resource: Resource) -> None:
        name = str(resource["resourceType"])
        if name in _SHARED:
            self._share(name, resource)
        else:
            self._write(name, resource)

    def _share(self, name: str, resource: Resource) -> None:
        known = self._shared.setdefault((name, str(resource.get("id", ""))), resource)
        for key in _LISTS:
            if known is not resource and key in resource:
                there = known.setdefault(key, [])
                there += [each for each in resource[key] if each not in there]

    def _write(self, name: str, resource: Mapping[str, Any]) -> None:
        if name not in self._open:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._open[name] = self._part(name).open("wb")
        self._open[name].write(self.line(dict(resource)))
        self.count += 1

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.ndjson.part"

    def end(self) -> None:
        for (name, _), resource in sorted(self._shared.items()):
            self._write(name, resource)
        for name, stream in self._open.items():
            stream.close()
            self._part(name).replace(self.folder / f"{name}.ndjson")
