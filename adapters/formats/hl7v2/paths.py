"""Paths of maps and profiles in HL7 v2: `PID-5.1.1`, `PV1`, `5.1` in a data type, groups of a structure."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.formats.hl7v2.message import WIDTH
from conformance.syntax import PathError

_FIELD = re.compile(r"([A-Z][A-Z0-9]{2})(?:-([1-9][0-9]{0,2})(?:\.([1-9][0-9]?)(?:\.([1-9][0-9]?))?)?)?")
_PART = re.compile(r"([1-9][0-9]?)(?:\.([1-9][0-9]?))?")


class Path(NamedTuple):
    """A parsed path; 0 and '' where it has no such part."""

    segment: str
    field: int
    component: int
    subcomponent: int


def parse_path(path: str) -> Path:
    """`PID-5.1.1`, `PV1`, `5.1` or `.`; PathError for anything else."""
    if path == ".":
        return Path("", 0, 0, 0)
    if match := _FIELD.fullmatch(path):
        name, *numbers = match.groups()
        if int(numbers[0] or 0) > WIDTH:
            raise PathError(f"`{path}`: maps know the fields 1 to {WIDTH} of a segment")
        return Path(name, *(int(number or 0) for number in numbers))
    if match := _PART.fullmatch(path):
        return Path("", 0, int(match[1]), int(match[2] or 0))
    raise PathError(f"`{path}` is not an HL7 v2 path")


def group_of(structure: str, name: str) -> tuple[str, frozenset[str]] | None:
    """The leading segment and the members of a group, from the newest version that has the structure."""
    from conformance.hl7v2.groups import group

    return group(structure, name)
