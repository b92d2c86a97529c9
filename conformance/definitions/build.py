"""`python -m conformance.definitions.build OUT PACKAGE.tgz...`: makes the packs that ship, from published packages."""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from conformance.definitions import distil, pack
from conformance.definitions.pack import Entry, Facts


def resources(archive: Path) -> Iterator[tuple[str, Facts]]:
    """The JSON files of a package: name inside `package/`, content."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith(".json") and (file := tar.extractfile(member)) is not None:
                yield member.name.removeprefix("package/"), json.load(file)


def build(archive: Path, folder: Path) -> Path:
    """One pack from one package; its head tells what it was made from."""
    about: Facts = {"sha256": hashlib.sha256(archive.read_bytes()).hexdigest(), "source": archive.name}
    entries: list[Entry] = []
    for name, resource in resources(archive):
        if name == "package.json":
            about |= {key: resource.get(key) for key in ("name", "version", "dependencies", "canonical", "license")}
        elif "/" not in name and (entry := distil.entry(resource)) is not None:
            entries.append(entry)
    path = folder / f"{about['name']}-{about['version']}.pack"
    pack.write(path, about, entries)
    return path


if __name__ == "__main__":
    out, *archives = map(Path, sys.argv[1:])
    for source in archives:
        made = build(source, out)
        sys.stdout.write(f"{made.name}: {made.stat().st_size:,} bytes\n")
