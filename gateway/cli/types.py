"""NDJSON, one file for each type of resource, written as resources come: for what doesn't fit into memory.

A dataset is converted share by share. What several shares may know of (organizations, places, services, households)
waits in files by the hash of its id, and is put together and written once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from zlib import crc32

Resource = dict[str, Any]
K = TypeVar("K")
_SHARED = frozenset(
    ("Organization", "OrganizationAffiliation", "Location", "HealthcareService", "Practitioner", "PractitionerRole",
     "Device", "Endpoint", "Group", "Provenance", "QuestionnaireResponse")
)  # fmt: skip
"""Types whose resources belong to no single person."""
_BUCKETS = 64


class Types:
    """Files of a folder, `Patient.ndjson` and so on; they get their names when all is written."""

    def __init__(self, folder: Path, line: Callable[[Resource], bytes]) -> None:
        self.folder = folder
        self.line = line
        self.count = 0
        self._open: dict[str, BinaryIO] = {}
        self._waiting: dict[int, BinaryIO] = {}

    def add(self, resource: Resource) -> None:
        name = str(resource["resourceType"])
        if name in _SHARED:
            bucket = crc32(str(resource.get("id", "")).encode()) % _BUCKETS
            self._file(self._waiting, bucket, self._shared(bucket)).write(self.line(resource))
        else:
            self._write(name, resource)

    def _write(self, name: str, resource: Mapping[str, Any]) -> None:
        self._file(self._open, name, self._part(name)).write(self.line(dict(resource)))
        self.count += 1

    def _file(self, files: dict[K, BinaryIO], key: K, path: Path) -> BinaryIO:
        if key not in files:
            self.folder.mkdir(parents=True, exist_ok=True)
            files[key] = path.open("w+b")
        return files[key]

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.ndjson.part"

    def _shared(self, bucket: int) -> Path:
        return self.folder / f".shared-{bucket:02}.part"

    def end(self) -> None:
        for bucket, stream in sorted(self._waiting.items()):
            for (name, _), resource in sorted(_together(stream).items()):
                self._write(name, resource)
            stream.close()
            self._shared(bucket).unlink()
        for name, stream in self._open.items():
            stream.close()
            self._part(name).replace(self.folder / f"{name}.ndjson")


def _together(stream: BinaryIO) -> dict[tuple[str, str], Resource]:
    """The resources of a file by type and id, each put together from all that was said of it."""
    found: dict[tuple[str, str], Resource] = {}
    for resource in _read(stream):
        key = (str(resource["resourceType"]), str(resource.get("id", "")))
        if key in found:
            _join(found[key], resource)
        else:
            found[key] = resource
    return found


def _read(stream: BinaryIO) -> Iterator[Resource]:
    stream.seek(0)
    for line in stream:
        yield json.loads(line, parse_float=Decimal)


def _join(one: Resource, other: Resource) -> None:
    """What the other says more: elements, and items of lists."""
    for key, value in other.items():
        there = one.get(key)
        if there is None:
            one[key] = value
        elif isinstance(there, list) and isinstance(value, list):
            there += [each for each in value if each not in there]
        elif isinstance(there, dict) and isinstance(value, dict):
            _join(there, value)
