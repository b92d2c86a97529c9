"""The profile engine for rules over any format's paths: YAML profiles, compiled once, checked on a `Document`.

`load` finds a shipped profile by id or reads a file; `check` evaluates one; `ids` lists the shipped ones.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from conformance.catalogue import issue
from conformance.issue import Result, Where
from conformance.profile.check import check
from conformance.profile.model import Check, Profile
from conformance.profile.notation import read, schema

__all__ = ["Check", "Profile", "check", "ids", "load", "read", "schema"]

_SHIPPED = Path(__file__).parent.parent / "profiles"


@cache
def ids() -> tuple[str, ...]:
    """The shipped profiles, by the name of their file."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def load(id_or_file: str) -> Result[Profile]:
    """A shipped profile by id, else the file of that name; never an exception for a bad one."""
    if id_or_file in ids():
        return _shipped(id_or_file)
    try:
        raw = Path(id_or_file).read_bytes()
    except (OSError, ValueError):
        return Result(value=None, issues=(issue("PRO-0206", Where(source=id_or_file), ids=", ".join(ids())),))
    return read(raw, id_or_file)


@cache
def _shipped(name: str) -> Result[Profile]:
    path = _SHIPPED / f"{name}.yaml"
    return read(path.read_bytes(), path.name)
