"""FHIR paths as maps write them: `hospitalization.destination`, `extension(url).valueString`, `coding[2].code`.

A path is resolved against R4's definitions into steps; a step behind a primitive goes to its `_` sibling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.definitions import r4
from conformance.syntax import PathError

_STEP = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\(([^)]+)\))?(?:\[([1-9][0-9]*)\])?(?:\.|$)")

TEXT = frozenset(
    ("string", "code", "uri", "url", "canonical", "id", "oid", "uuid", "markdown", "xhtml", "base64Binary")
)
"""Primitive types that a plain text may be written to."""

_ALSO = {"dateTime": ("date", "instant"), "integer": ("positiveInt", "unsignedInt"), "unsignedInt": ("positiveInt",)}

TYPED = re.compile(r"([A-Z][A-Za-z]+)\.(.+)")
"""A path that begins with a resource type: `Patient.name`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the JSON name, which element of a list (1-based, 0 for the context's own), the extension URL."""

    name: str
    many: bool
    type: str
    inside: str
    index: int = 0
    url: str = ""

    @property
    def read(self) -> tuple[str, int, str]:
        """The step as the runtime walks it."""
        return (self.name, self.index, self.url)


@lru_cache(maxsize=20_000)
def resolve(inside: str, path: str) -> tuple[Step, ...]:
    """The steps of a path below a type (or a path in a type); PathError where R4 has no such element."""
    steps: list[Step] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise PathError(f"`{path[position:]}` is not a path")
        name, url, index = match.groups()
        element = r4.children(inside).get(name)
        if element is None:
            raise PathError(f"{inside} has no element `{name}`{_near(inside, name)}")
        if url is not None and element.types != ("Extension",):
            raise PathError(f"`{name}` is no extension")
        position = match.end()
        kind = element.types[0] if element.types else ""
        if position < len(path) and r4.is_primitive(kind):
            name = "_" + name
        steps.append(Step(name, element.many, kind, element.inside, int(index or 0), url or ""))
        inside = element.inside or kind
    if not steps:
        raise PathError("an empty path")
    return tuple(steps)


def _near(inside: str, name: str) -> str:
    """What was probably meant."""
    from difflib import get_close_matches

    found = get_close_matches(name, r4.children(inside), n=1)
    return f"; did you mean `{found[0]}`?" if found else ""


def accepts(wanted: str, given: str) -> bool:
    """True when a value of type `given` may be written where `wanted` stands. Unknown types are not judged."""
    if not given or not wanted or wanted == given or wanted in ("Resource", "Element", "BackboneElement"):
        return True
    if wanted in TEXT:
        return given in TEXT or given in ("date", "dateTime", "instant", "time")
    return given in _ALSO.get(wanted, ())


def typed(inside: str, path: str, value: Any) -> Any:
    """A constant of a map (all text) as the JSON value that stands at a path: booleans and numbers as such."""
    step = resolve(inside, path)[-1]
    if isinstance(value, list):
        return [_typed(step.type, step.inside, each) for each in value]
    return _typed(step.type, step.inside, value)


def _typed(kind: str, inside: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: typed(inside or kind, name, each) for name, each in value.items()}
    if kind == "boolean":
        if value not in ("true", "false", True, False):
            raise PathError("a boolean is true or false")
        return value in ("true", True)
    if kind in ("integer", "positiveInt", "unsignedInt"):
        return int(value)
    return value
