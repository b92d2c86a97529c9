"""The pack file: the distilled definitions of one FHIR package, each readable without the others.

Layout: `MAGIC`, eight bytes of head length (big endian), the head, then the blobs. Head and blobs are zlib-compressed
JSON. The head names the package and where the index of each kind of resource lies; an index maps a canonical URL to
`[[version, offset, length, extra], ...]`. Opening a pack reads its head alone, asking for a definition reads the index
of its kind and one blob: a US Core Patient touches three dozen of several thousand.
"""

from __future__ import annotations

import json
import mmap
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

MAGIC = b"FHIRPACK2\n"
Facts = dict[str, Any]
"""One distilled resource: JSON, with FHIR's own names for what is kept."""


def _deflate(value: object) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), 9)


def _inflate(blob: bytes) -> Any:
    return json.loads(zlib.decompress(blob))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One definition on its way into a pack. `extra` is what its index tells without reading the blob."""

    kind: str
    url: str
    version: str
    facts: Facts
    extra: str = ""


def write(path: Path, about: Facts, entries: Iterable[Entry]) -> None:
    """Write a pack: `about` has `name`, `version`, `sha256`, `dependencies`. Same entries, same bytes."""
    body = bytearray()
    indexes: dict[str, dict[str, list[list[Any]]]] = {}
    for entry in sorted(entries, key=lambda e: (e.kind, e.url, e.version)):
        blob = _deflate(entry.facts)
        place = [entry.version, len(body), len(blob), entry.extra]
        indexes.setdefault(entry.kind, {}).setdefault(entry.url, []).append(place)
        body += blob
    places: dict[str, list[int]] = {}
    for kind, index in indexes.items():
        blob = _deflate(index)
        places[kind] = [len(body), len(blob)]
        body += blob
    head = _deflate({**about, "kinds": places})
    temporary = path.with_suffix(".part")
    temporary.write_bytes(MAGIC + len(head).to_bytes(8, "big") + head + body)
    temporary.replace(path)


class Pack:
    """A pack file, mapped into memory; `ValueError` when it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            start = file.read(len(MAGIC) + 8)
            if not start.startswith(MAGIC):
                raise ValueError(f"{path.name} is no pack of this version")
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        length = int.from_bytes(start[len(MAGIC) :], "big")
        self._start = len(start) + length
        self._indexes: dict[str, dict[str, list[list[Any]]]] = {}
        self.about: Facts = _inflate(self._bytes[len(start) : self._start])

    @cached_property
    def name(self) -> str:
        return f"{self.about['name']}@{self.about['version']}"

    def index(self, kind: str) -> dict[str, list[list[Any]]]:
        """Canonical URL to `[version, offset, length, extra]` of each version of it; empty for a kind not held."""
        if (index := self._indexes.get(kind)) is None:
            place = self.about["kinds"].get(kind)
            index = self._indexes[kind] = self._blob(*place) if place else {}
        return index

    def read(self, kind: str, url: str, version: str = "") -> Facts | None:
        """The facts of a definition; of its last version when none is asked for."""
        for place in reversed(self.index(kind).get(url, ())):
            if not version or place[0] == version:
                return self._blob(place[1], place[2])  # type: ignore[no-any-return]
        return None

    def all(self, kind: str) -> Iterator[Facts]:
        for places in self.index(kind).values():
            for place in places:
                yield self._blob(place[1], place[2])

    def _blob(self, offset: int, length: int) -> Any:
        start = self._start + offset
        return _inflate(self._bytes[start : start + length])
