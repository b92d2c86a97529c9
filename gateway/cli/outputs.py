"""Where results go: standard output, a file, or files below a folder, named after their sources.

A file is written beside its place and then moved there, so that nobody reads half of one. An output of an earlier run
is replaced; an input never is, and no two results go to one file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.catalogue import issue
from conformance.issue import Issue, Where
from gateway.cli.inputs import STDIN, Input
from gateway.sources import Part
from gateway.targets import BundleForm, Misuse, Target

_SUFFIXES = {"fhir": ".json", "hl7v2": ".hl7", "ccda": ".xml", "csv": ".csv"}
SEVERAL_TABLES = frozenset(("hmis", "hsds", "ny1115", "pantry"))
"""Kinds of tables that are written as an archive of files."""


def suffix(to: Target, bundle: BundleForm) -> str:
    if to.format == "csv" and to.structure in SEVERAL_TABLES:
        return ".zip"
    return ".ndjson" if bundle == "ndjson" and to.format == "fhir" else _SUFFIXES[to.format]


def is_folder(output: str, many: bool) -> bool:
    """Whether `-o` names a folder: one that is there, one that ends like one, or any place for several inputs that
    doesn't look like a file of ours."""
    if output == STDIN:
        return False
    if output.endswith(("/", os.sep)) or Path(output).is_dir():
        return True
    return many and Path(output).suffix not in {*_SUFFIXES.values(), ".ndjson", ".zip"}


@dataclass(slots=True)
class Output:
    """One run's results. `begin` refuses what would overwrite an input before anything is written."""

    target: str
    folder: bool
    suffix: str
    written: set[Path] = field(default_factory=set)
    _single: list[bytes] = field(default_factory=list)

    def begin(self, inputs: Sequence[Input]) -> None:
        sources = {os.path.realpath(one.path) for one in inputs if one.path}
        places = [self.place(one, Part(raw=b"")) for one in inputs] if self.folder else [Path(self.target)]
        for place in places:
            if self.target != STDIN and os.path.realpath(place) in sources:
                raise Misuse(f"the output {str(place)!r} is one of the inputs; choose another with -o")
        if len(set(places)) < len(places):
            twice = next(str(place) for place in places if places.count(place) > 1)
            raise Misuse(f"two inputs would both be written to {twice!r}; convert them one by one")

    def place(self, source: Input, part: Part) -> Path:
        """`x.hl7.json` below the folder; in a batch `x.hl7.2.json`."""
        number = f".{part.number}" if part.count > 1 else ""
        return Path(self.target, source.below.parent, f"{source.below.name}{number}{self.suffix}")

    def write(self, source: Input, part: Part, content: bytes) -> Issue | None:
        """The issue when it can't be written."""
        try:
            if self.folder:
                self._file(self.place(source, part), content)
            else:
                self._append(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            problem = error.strerror or type(error).__name__
            return issue("IO-0006", Where(source=source.name), problem=problem)
        return None

    def write_types(self, source: Input, resources: Mapping[str, bytes]) -> Issue | None:
        """One file for each type of resource, in a folder named after the source: `Patient.ndjson`."""
        folder = self.types_folder(source)
        try:
            for name, content in resources.items():
                self._file(folder / f"{name}.ndjson", content)
        except OSError as error:
            return issue("IO-0006", Where(source=source.name), problem=error.strerror or type(error).__name__)
        return None

    def types_folder(self, source: Input) -> Path:
        return Path(self.target, source.below)

    def _file(self, place: Path, content: bytes) -> None:
        if place in self.written:
            raise OSError(f"{place} was written in this run already")
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, [content])
        self.written.add(place)

    def _append(self, content: bytes) -> None:
        if self.target == STDIN:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
            return
        self._single.append(content)

    def end(self) -> Issue | None:
        """Writes a single output, when there is one."""
        if not self._single:
            return None
        try:
            replace_file(Path(self.target), self._single)
        except OSError as error:
            return issue("IO-0006", Where(source=self.target), problem=error.strerror or type(error).__name__)
        return None


def replace_file(place: Path, content: Iterable[bytes]) -> None:
    """Writes a file as a whole or not at all; a link to a file is replaced, not followed. Devices are written to."""
    if place.exists() and not place.is_file():
        place.write_bytes(b"".join(content))
        return
    beside = _beside(place)
    with beside.open("wb") as stream:
        stream.writelines(content)
    beside.replace(place)


def _beside(place: Path) -> Path:
    return place.with_name(f".{place.name}.part")
