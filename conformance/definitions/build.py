"""`python -m conformance.definitions.build OUT PACKAGE.tgz...`: makes the packs that ship, from published packages."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from conformance.definitions import pack
from conformance.packages import pack_of
from conformance.packages.archive import files


def build(archive: Path, folder: Path) -> Path:
    """One pack from one package; its head tells what it was made from."""
    about = {"sha256": sha256(archive.read_bytes()).hexdigest(), "source": archive.name}
    about, entries, _ = pack_of(files(archive), about)
    path = folder / f"{archive.name.removesuffix('.tgz')}.pack"
    pack.write(path, about, entries)
    return path


if __name__ == "__main__":
    out, *archives = map(Path, sys.argv[1:])
    for source in archives:
        made = build(source, out)
        sys.stdout.write(f"{made.name}: {made.stat().st_size:,} bytes\n")
