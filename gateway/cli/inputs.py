"""INPUT arguments: a file, a folder, a glob or `-`, as sources with the place of their output."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from conformance.catalogue import issue
from conformance.issue import Issue, Where
from gateway import formats
from gateway.sources import AUTO, MAX_BYTES, Part, parts
from gateway.targets import Misuse

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from gateway.config import Site

STDIN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One source. `below`: its path below the folder (or the fixed part of the glob) named on the command line."""

    path: Path | None
    name: str
    below: PurePath
    listed: bool = False
    """Found in a folder, not named: passed over when it is of no known format."""
    dataset: bool = False
    """A folder whose tables are one document."""

    def is_table(self, from_: str = AUTO) -> bool:
        """A folder that is a dataset, or a file of tables: read by its path, however large it is."""
        if self.dataset or self.path is None or from_ not in (AUTO, "csv"):
            return self.dataset
        if from_ == "csv":
            return True
        try:
            with self.path.open("rb") as stream:
                found = formats.recognised(stream.read(formats.HEAD))
        except OSError:
            return False
        return found is not None and found.name == "csv"

    def read(self, from_: str = AUTO) -> tuple[bytes, tuple[Issue, ...]]:
        """The bytes, or why there are none; none of tables, which are read by their path."""
        if self.is_table(from_):
            return b"", ()
        try:
            raw = _read(self.path)
        except OSError as error:
            return b"", (issue("IO-0001", Where(source=self.name), problem=error.strerror or type(error).__name__),)
        if len(raw) > MAX_BYTES:
            return b"", (issue("IO-0005", Where(source=self.name), limit=MAX_BYTES),)
        return raw, ()

    def parts(
        self, raw: bytes, from_: str, told: Told | None = None, site: Site | None = None, map_id: str | None = None
    ) -> Iterator[Part]:
        """Its documents; `told` is what the sender of tables has said of them, a site and a map may have a schema."""
        if self.path is not None and self.is_table(from_):
            from gateway.datasets import parts as tables
            from gateway.datasets import schema_of

            schema = schema_of(self.path, site, map_id) if site is not None else None
            yield from tables(self.path, told=told, schema=schema)
        else:
            yield from parts(raw, from_, self.below.name)

    def named(self, one: Issue, part: Part | None = None) -> Issue:
        """An issue of this source; one of several files in it names the file too."""
        from gateway.datasets import named

        if part is not None and part.count > 1:
            return one.within(f"{self.name}#{part.number}")
        return named(one, self.name, "" if self.dataset else self.below.name)

    def passed_over(self, raw: bytes) -> bool:
        """A file of a folder that has neither the name nor the beginning of a format."""
        return self.listed and bool(raw.strip()) and not _known_suffix(self.below) and not formats.recognised(raw)


def _read(path: Path | None) -> bytes:
    if path is None:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _known_suffix(path: PurePath) -> bool:
    found = (formats.named(name) for name in formats.names())
    return any(one and path.suffix.lower() in one.suffixes for one in found)


def inputs(arguments: Iterable[str]) -> list[Input]:
    """All sources, each once, in the order given, folders sorted. Misuse for an argument that leads nowhere."""
    seen: set[object] = set()
    found = []
    for argument in arguments:
        for one in _inputs(argument):
            identity = STDIN if one.path is None else os.path.realpath(one.path)
            if identity not in seen:
                seen.add(identity)
                found.append(one)
    return found


def is_many(arguments: Iterable[str]) -> bool:
    """Whether the arguments speak of more than one file, whatever they happen to match."""
    arguments = list(arguments)
    return len(arguments) > 1 or any(Path(one).is_dir() or _is_pattern(one) for one in arguments)


def _is_pattern(argument: str) -> bool:
    return glob.has_magic(argument) and not Path(argument).exists()


def _inputs(argument: str) -> Iterator[Input]:
    path = Path(argument)
    if argument == STDIN:
        yield Input(path=None, name="<stdin>", below=PurePath("stdin"))
    elif path.is_dir():
        yield from _folder(path)
    elif path.exists():
        yield Input(path=path, name=argument, below=PurePath(path.name))
    elif glob.has_magic(argument):
        yield from _pattern(argument)
    else:
        raise Misuse(f"there is no file or folder {argument!r}")


def _folder(folder: Path) -> Iterator[Input]:
    if _is_dataset(folder):
        yield Input(path=folder, name=str(folder), below=PurePath(folder.resolve().name), dataset=True)
        return
    found = sorted(_files(folder))
    if not found:
        raise Misuse(f"there are no files in the folder {str(folder)!r}")
    for path in found:
        yield Input(path=path, name=str(path), below=path.relative_to(folder), listed=True, dataset=path.is_dir())


def _is_dataset(folder: Path) -> bool:
    from gateway.datasets import is_dataset

    return is_dataset(folder)


def _files(folder: Path) -> Iterator[Path]:
    """Regular files, hidden ones and those that are still being written (`.part`) left out, and folders that are one
    dataset; links to folders are not followed."""
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        whole = [name for name in folders if _is_dataset(Path(where, name))]
        yield from (Path(where, name) for name in whole)
        folders[:] = [name for name in folders if name not in whole]
        for name in names:
            path = Path(where, name)
            if not name.startswith(".") and not name.endswith(".part") and path.is_file():
                yield path


def _pattern(pattern: str) -> Iterator[Input]:
    fixed = Path(*_fixed(PurePath(pattern).parts))
    found = sorted(Path(one) for one in glob.iglob(pattern, recursive=True))
    files = [path for path in found if path.is_file()]
    if not files:
        raise Misuse(f"no file matches {pattern!r}")
    for path in files:
        yield Input(path=path, name=str(path), below=path.relative_to(fixed), listed=True)


def _fixed(parts: tuple[str, ...]) -> list[str]:
    """The folders of a pattern before the first that is a pattern itself."""
    fixed = []
    for part in parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return fixed
