"""ValueSet: its parts name code systems, codes that exist, and properties that the system has.
valueset.html#compositions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.fhir.fhirpath import Node
from conformance.fhir.primitives import ABSOLUTE

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_ALWAYS = frozenset(
    {"concept", "code", "display", "parent", "child", "definition", "inactive", "status", "notSelectable"}
)


def check(walk: Walk, node: Node) -> None:
    compose = node.value.get("compose")
    for side in ("include", "exclude"):
        rows = compose.get(side) if isinstance(compose, dict) else None
        for index, part in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(part, dict):
                _part(walk, f"{node.path}.compose.{side}[{index}]", part)


def _part(walk: Walk, path: str, part: dict[str, Any]) -> None:
    system = part.get("system")
    if not isinstance(system, str):
        return
    registry = walk.plans.registry
    if not ABSOLUTE.match(system):
        walk.report("FHIR-0122", path, found=system)
        return
    if not registry.known("CodeSystem", system) and registry.known("ValueSet", system):
        walk.report("FHIR-0046", path, found=system)
        return
    for index, row in enumerate(part.get("concept") or ()):
        code = row.get("code") if isinstance(row, dict) else None
        if isinstance(code, str) and walk.terminology.has(system, code) is False:
            walk.report("FHIR-0042", f"{path}.concept[{index}]", found=code)
    for index, row in enumerate(part.get("filter") or ()):
        if isinstance(row, dict):
            _filter(walk, f"{path}.filter[{index}]", system, row)


def _filter(walk: Walk, path: str, system: str, row: dict[str, Any]) -> None:
    """The property is one of the system's, and a value that is a code exists where it is from."""
    held = walk.terminology.system(system)
    name, operation, value = (str(row.get(key, "")) for key in ("property", "op", "value"))
    if held is None or not held.complete:
        return
    if name not in held.property_types and name not in held.filters and name not in _ALWAYS:
        walk.report("FHIR-0123", path, problem="names a property that the code system does not define")
        return
    if operation in ("is-a", "descendent-of", "is-not-a", "generalizes") and held.find(value) is None:
        walk.report("FHIR-0123", path, problem="starts from a code that does not exist")
    elif operation == "=" and held.property_types.get(name) == "Coding":
        _coding(walk, path, value)
    elif operation == "=" and held.property_types.get(name) == "code" and held.find(value) is None:
        walk.report("FHIR-0123", path, problem="compares with a code that does not exist")


def _coding(walk: Walk, path: str, value: str) -> None:
    system, mark, code = value.rpartition("#") if "#" in value else value.rpartition("|")
    if not mark or not ABSOLUTE.match(system):
        walk.report("FHIR-0123", path, problem="must compare with system#code")
    elif walk.terminology.has(system, code) is False:
        walk.report("FHIR-0123", path, problem="compares with a code that does not exist")
