"""CodeSystem: its properties are defined once, as what they are, and concepts use them so.
codesystem.html#properties
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.fhir.fhirpath import Node

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_URI = "http://hl7.org/fhir/concept-properties#"
_KNOWN = {
    "inactive": "boolean", "deprecated": "dateTime", "deprecationDate": "dateTime", "retirementDate": "dateTime",
    "notSelectable": "boolean", "parent": "code", "child": "code", "status": "code",
}  # fmt: skip
"""The properties that FHIR defines, with their types."""


def check(walk: Walk, node: Node) -> None:
    types: dict[str, str] = {}
    uris: set[str] = set()
    for index, row in enumerate(objects(node.value.get("property"))):
        path = f"{node.path}.property[{index}]"
        code, uri, type_ = (str(row.get(key, "")) for key in ("code", "uri", "type"))
        if code in types or (uri and uri in uris):
            walk.report("FHIR-0120", path, problem="is defined twice")
        known = uri.removeprefix(_URI) if uri.startswith(_URI) else ""
        if known and _KNOWN.get(known, type_) != type_:
            walk.report("FHIR-0120", path, problem=f"is one of FHIR's own, of type {_KNOWN[known]}")
        types[code] = type_
        uris.add(uri)
    number, base = 0, _supplemented(node)
    for path, row in _concepts(node.value.get("concept"), f"{node.path}.concept"):
        number += 1
        if base and isinstance(row.get("code"), str) and walk.terminology.has(base, row["code"]) is False:
            walk.report("FHIR-0042", path, found=row["code"])
        for index, each in enumerate(objects(row.get("property"))):
            _value(walk, f"{path}.property[{index}]", each, types)
    count = node.value.get("count")
    if node.value.get("content") == "complete" and type(count) is int and number and count != number:
        walk.report("FHIR-0119", node, count=count, number=number)


def _supplemented(node: Node) -> str:
    """The system that a supplement adds to; it defines no codes of its own. codesystem.html#supplements"""
    base = node.value.get("supplements")
    return base.partition("|")[0] if isinstance(base, str) and node.value.get("content") == "supplement" else ""


def _value(walk: Walk, path: str, row: dict[str, Any], types: dict[str, str]) -> None:
    code = str(row.get("code", ""))
    key = next((key for key in row if key.startswith("value")), "")
    given = key[5:6].lower() + key[6:]
    wanted = types.get(code)
    if wanted is None:
        if code not in _KNOWN:
            walk.report("FHIR-0121", path, problem="is not defined", severity="warning")
    elif key and given != wanted.lower() and given.lower() != wanted.lower():
        walk.report("FHIR-0121", path, problem=f"must be a {wanted}")


def _concepts(rows: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    stack = [(f"{path}[{index}]", row) for index, row in enumerate(objects(rows))][::-1]
    while stack:
        here, row = stack.pop()
        yield here, row
        stack += [(f"{here}.concept[{index}]", inner) for index, inner in enumerate(objects(row.get("concept")))][::-1]


def objects(rows: Any) -> list[dict[str, Any]]:
    return [row if isinstance(row, dict) else {} for row in rows] if isinstance(rows, list) else []
