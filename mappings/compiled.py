"""What compiling a map gives: generated source, and what explains the notes of its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cover:
    """What a rule reads, for the ledger: a place (None: that of its parent), the rule's site, its targets and rules
    below. `claims`: only where a TOOK note says so. `part`: a part's own covers, shared."""

    where: tuple[Any, ...] | None
    site: int
    targets: tuple[str, ...] = ()
    below: tuple[Cover, ...] = ()
    claims: bool = False
    part: str = ""
    ignored: str = ""
    once: bool = False
    """Reads the first value where there may be several."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a rule when a note of it is explained."""

    line: str
    targets: tuple[str, ...] = ()
    path: str = ""
    words: tuple[tuple[str, str], ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    """The generated source by variant, with what explains its notes."""

    sources: dict[str, str]
    sites: tuple[Site, ...]
    covers: tuple[Cover, ...]
    parts: dict[str, tuple[Cover, ...]]
    conversions: tuple[str, ...]
