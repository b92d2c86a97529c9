"""`python -m conformance.definitions.build OUT PACKAGE.tgz...`: makes the packs that ship, from published packages."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from conformance import packages


def build(archive: Path, folder: Path) -> Path:
    """One pack from one package; its head tells what it was made from."""
    raw = archive.read_bytes()
    about = {"sha256": hashlib.sha256(raw).hexdigest(), "source": archive.name}
    path = folder / f"{archive.name.removesuffix('.tgz')}.pack"
    packages.compile_(packages.archive(raw), about, path)
    return path


if __name__ == "__main__":
    out, *archives = map(Path, sys.argv[1:])
    for source in archives:
        made = build(source, out)
        sys.stdout.write(f"{made.name}: {made.stat().st_size:,} bytes\n")
