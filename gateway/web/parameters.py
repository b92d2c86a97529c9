"""The input of an operation as a Parameters resource, https://hl7.org/fhir/R4/parameters.html."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.catalogue import issue
from gateway.web.route import Refused


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters by name. Refused where one has another form than was asked for."""

    _entries: Mapping[str, Mapping[str, Any]]

    def text(self, name: str) -> str | None:
        """Of any primitive type whose JSON is a string; None without the parameter."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        found = [value for key, value in entry.items() if key.startswith("value")]
        if len(found) != 1 or not isinstance(found[0], str):
            raise Refused(400, issue("HTTP-0011", problem=f"{name} must have one value, a string"))
        return found[0]

    def resource(self, name: str) -> dict[str, Any]:
        found = self._entries.get(name, {}).get("resource")
        if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
            raise Refused(400, issue("HTTP-0011", problem=f"{name} must hold a resource"))
        return found


def given(resource: Mapping[str, Any]) -> Given:
    """Refused for what is no Parameters resource, or names a parameter twice."""
    entries = resource.get("parameter")
    if resource.get("resourceType") != "Parameters" or not isinstance(entries, list):
        raise Refused(400, issue("HTTP-0011", problem="it must be a Parameters resource with parameters"))
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or entry["name"] in found:
            raise Refused(400, issue("HTTP-0011", problem="each parameter must have a name of its own"))
        found[entry["name"]] = entry
    return Given(found)
