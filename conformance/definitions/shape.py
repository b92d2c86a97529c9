"""Whether a definition has the shape that R4 gives its kind, so that whoever compiles it need not doubt each part.

Only JSON types are looked at, and what is left of them to be numbers: whether a definition makes sense is asked by
`conformance.fhir`. https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from typing import Any

from conformance.definitions import r4

DEEPEST = 60
_PASSED_OVER = frozenset({"text", "snapshot", "contained", "extension", "modifierExtension", "example"})
"""Big, and not used."""
_NUMBERS = frozenset({"integer", "unsignedInt", "positiveInt"})


def fault(resource: dict[str, Any]) -> str:
    """The path of the first part that isn't what R4 says it is, such as `differential.element[3].max`; else empty."""
    kind = resource.get("resourceType")
    return (
        _object(resource, str(kind), "", DEEPEST) if isinstance(kind, str) and r4.is_resource(kind) else "resourceType"
    )


def _object(value: dict[str, Any], inside: str, path: str, left: int) -> str:
    known = r4.children(inside)
    for key, held in value.items():
        element = known.get(key)
        if key in _PASSED_OVER or element is None:
            if key == "extension" and (found := _extensions(held, f"{path}extension")):
                return found
            continue
        if element.many is not isinstance(held, list) or not left or held == []:
            return path + key
        for place, one in enumerate(held if element.many else (held,)):
            where = f"{path}{key}[{place}]" if element.many else path + key
            if found := _value(one, element, key, where, left - 1):
                return found
    return ""


def _value(value: Any, element: r4.Element, key: str, path: str, left: int) -> str:
    kind = element.types[0] if element.types else ""
    if kind == "Resource":
        return ""
    if not r4.is_primitive(kind):
        return _object(value, element.inside, f"{path}.", left) if isinstance(value, dict) else path
    if key == "max" and kind == "string" and not _is_most(value):
        return path
    return "" if _is(value, kind) else path


def _is_most(value: Any) -> bool:
    """ElementDefinition.max: a number or `*`."""
    return value == "*" or (isinstance(value, str) and value.isascii() and value.isdecimal())


def _is(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in _NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "decimal":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str)


def _extensions(value: Any, path: str) -> str:
    """Extensions are objects with a url; their values are looked at by whoever reads them."""
    if not isinstance(value, list):
        return path
    for place, one in enumerate(value):
        if not isinstance(one, dict) or not isinstance(one.get("url"), str):
            return f"{path}[{place}]"
    return ""
