"""The terminology that a user added: CodeSystems and ValueSets in one folder, a file each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from conformance.definitions.pack import Pack
from conformance.issue import Result
from conformance.packages.compiling import compiled_files, written

NAME = "added.terminology"
"""What the pack of all of it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One of them. `codes` counts what is listed."""

    kind: str
    url: str
    version: str
    codes: int
    path: Path

    @property
    def canonical(self) -> str:
        return f"{self.url}|{self.version}" if self.version else self.url


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`folder` is made when the first resource comes."""

    folder: Path

    def add(self, resources: Iterable[dict[str, Any]]) -> tuple[str, ...]:
        """Keeps resources, each in place of the same canonical and version; gives their canonicals."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tuple(self._add(one) for one in resources)

    def _add(self, one: dict[str, Any]) -> str:
        path = self.folder / file_name(one)
        written(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode(), path)
        return _held(one, path).canonical

    def held(self) -> tuple[Held, ...]:
        return tuple(sorted((_held(one, path) for path, one in self._files()), key=lambda one: one.canonical))

    def remove(self, canonical: str) -> tuple[str, ...]:
        """Takes `url|version`, or every version of `url`, away; gives what was."""
        gone = [one for one in self.held() if canonical in (one.canonical, one.url)]
        for one in gone:
            one.path.unlink()
        return tuple(one.canonical for one in gone)

    def pack(self) -> Result[Pack] | None:
        """All of it as one pack; None where there is nothing."""
        files = [(path.name, path.read_bytes()) for path in sorted(self.folder.glob("*.json"))]
        return compiled_files(NAME, files) if files else None

    def _files(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in sorted(self.folder.glob("*.json")):
            yield path, json.loads(path.read_bytes())


def file_name(one: dict[str, Any]) -> str:
    """Readable, and different for each kind, url and version."""
    identity = "|".join((one["resourceType"], one["url"], str(one.get("version", ""))))
    last = re.sub(r"[^A-Za-z0-9.-]+", "-", one["url"].rstrip("/").rpartition("/")[2])[:60].strip("-.")
    return f"{one['resourceType']}-{last or 'unnamed'}-{sha256(identity.encode()).hexdigest()[:12]}.json"


def _held(one: dict[str, Any], path: Path) -> Held:
    version = str(one.get("version", ""))
    return Held(kind=one["resourceType"], url=one["url"], version=version, codes=_codes(one), path=path)


def _codes(one: dict[str, Any]) -> int:
    """How many codes are written down: concepts of a code system, else an expansion's, else a definition's."""
    expansion = one.get("expansion")
    if isinstance(expansion, dict):
        return _count(expansion.get("contains"), "contains")
    compose = one.get("compose")
    if isinstance(compose, dict):
        include = compose.get("include")
        parts = [part for part in include if isinstance(part, dict)] if isinstance(include, list) else []
        return sum(_count(part.get("concept"), "concept") for part in parts)
    return _count(one.get("concept"), "concept")


def _count(nodes: Any, below: str) -> int:
    pending = list(nodes) if isinstance(nodes, list) else []
    count = 0
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            count += "code" in node
            inner = node.get(below)
            pending += inner if isinstance(inner, list) else []
    return count
