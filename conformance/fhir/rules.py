"""What types and resources ask of themselves beyond their elements' definitions, by the name of the type."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.fhir import bundle, coding, references
from conformance.fhir.fhirpath import Node
from conformance.fhir.narrative import languages, plain, read
from conformance.fhir.primitives import ABSOLUTE

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

Rule = Callable[["Walk", Node], None]


def attachment(walk: Walk, node: Node) -> None:
    """Attachment.size is the number of bytes before base64, Attachment.hash their SHA-1."""
    data, size, digest = node.value.get("data"), node.value.get("size"), node.value.get("hash")
    if not isinstance(data, str) or (type(size) is not int and not isinstance(digest, str)):
        return
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
        wanted = base64.b64decode("".join(digest.split()), validate=True) if isinstance(digest, str) else None
    except (ValueError, binascii.Error):
        return
    if type(size) is int and len(content) != size:
        walk.report("FHIR-0110", node, size=size, length=len(content))
    if wanted is not None and hashlib.sha1(content, usedforsecurity=False).digest() != wanted:
        walk.report("FHIR-0111", node, found=digest)


def quantity(walk: Walk, node: Node) -> None:
    coding.unit(walk, node)


def narrative(walk: Walk, node: Node) -> None:
    """The XHTML of a `div`, and that its local links lead somewhere in the whole resource or Bundle."""
    if plain(node.value):
        return
    div = read(node.value)
    for problem in dict.fromkeys(div.problems):
        walk.report("FHIR-0090", node, problem=problem)
    whole = walk.root.type != "Bundle" or walk.root.value.get("type") == "document"
    for link in dict.fromkeys(div.links):
        if link and link not in walk.anchors:
            walk.report("FHIR-0091", node, found=f"#{link}", severity=None if whole else "warning")


def anchors(value: Any) -> set[str]:
    """What local links can lead to: ids of elements and resources, and anchors in narratives."""
    found: set[str] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if isinstance(item.get("id"), str):
                found.add(item["id"])
            if isinstance(item.get("div"), str):
                found.update(read(item["div"]).ids)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return found


_R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition."
_MAX_SIZE = "http://hl7.org/fhir/StructureDefinition/maxSize"
_LANGUAGE_CONTROL = "http://hl7.org/fhir/StructureDefinition/narrative-language-control"


def asked_by_extension(walk: Walk, node: Node, asked: list[dict[str, Any]]) -> None:
    """What an element's definition asks through extensions: a value rather than a reason for none, a size,
    narrative languages.
    """
    alternatives = [each.get("valueCanonical") for each in asked if each.get("url") == f"{_R5}valueAlternatives"]
    if alternatives and node.value is None:
        there = (node.extra or {}).get("extension") or []
        if not any(isinstance(each, dict) and each.get("url") in alternatives for each in there):
            walk.report("FHIR-0017", node, alternatives=", ".join(map(str, alternatives)))
    for each in asked:
        if each.get("url") == f"{_R5}mustHaveValue" and each.get("valueBoolean") is True and node.value is None:
            walk.report("FHIR-0016", node)
        if each.get("url") == _MAX_SIZE and isinstance(node.value, dict):
            _sized(walk, node, each.get("valueDecimal", each.get("valueInteger")))
        if each.get("url") == _LANGUAGE_CONTROL and isinstance(node.value, dict):
            _language(walk, node, str(each.get("valueCode")))


def _sized(walk: Walk, node: Node, most: Any) -> None:
    """An attachment's data are no more bytes than that."""
    data = node.value.get("data")
    if isinstance(data, str) and isinstance(most, (int, float, Decimal)):
        squeezed = "".join(data.split())
        length = len(squeezed) * 3 // 4 - squeezed[-2:].count("=")
        if length > most:
            walk.report("FHIR-0112", node, most=most, length=length)


def _language(walk: Walk, node: Node, wanted: str) -> None:
    """`_no`: no languages marked; `_yes`: some; `_resource`: the resource's; else that language."""
    marked = languages(str(node.value.get("div", "")))
    resource = walk.resource_of(node).value.get("language")
    holds = {"_no": not marked, "_yes": bool(marked), "_resource": resource in marked}.get(wanted, wanted in marked)
    if not holds:
        walk.report("FHIR-0092", node, wanted=wanted)


def element_id(walk: Walk, node: Node) -> None:
    """An element's id has no spaces, and no other element of the resource has it."""
    if not walk.generic or not isinstance(node.value, str):
        return
    if " " in node.value:
        walk.report(
            "FHIR-0008", node, found=node.value, type="string", problem="must have no spaces as an element's id"
        )
    place = walk.ids.setdefault((id(walk.resource_of(node).value), node.value), node.path)
    if place != node.path:
        walk.report("FHIR-0018", node, found=node.value)


def identifier(walk: Walk, node: Node) -> None:
    """The system is a URI, the value what the system asks: a URI itself, or right in its check digit."""
    from conformance.terminology import checkdigits

    system, value = node.value.get("system"), node.value.get("value")
    if isinstance(system, str) and not ABSOLUTE.match(system):
        walk.report("FHIR-0048", node, found=system)
    if system == "urn:ietf:rfc:3986" and isinstance(value, str) and not ABSOLUTE.match(value):
        shown = node.parent is not None and node.parent.type == "ElementDefinition.example"
        if not shown:  # R4's own Consent shows such an example, and so does every profile of it
            walk.report("FHIR-0056", node, found=value)
    if system == "http://hl7.org/fhir/sid/us-npi" and isinstance(value, str) and not checkdigits.npi(value):
        walk.report("FHIR-0047", node, found=value)


def meta(walk: Walk, node: Node) -> None:
    """Security labels are a set."""
    labels = node.value.get("security")
    if not isinstance(labels, list) or len(labels) < 2:
        return
    seen: set[tuple[str, str]] = set()
    for index, each in enumerate(labels):
        label = (str(each.get("system")), str(each.get("code"))) if isinstance(each, dict) and "code" in each else None
        if label in seen:
            walk.report("FHIR-0019", f"{node.path}.security[{index}]", found=each["code"])
        elif label is not None:
            seen.add(label)


TYPES: dict[str, Rule] = {
    "Attachment": attachment,
    "Coding": coding.check,
    "Identifier": identifier,
    "Meta": meta,
    "Quantity": quantity,
    "Reference": references.form,
    **dict.fromkeys(("Age", "Count", "Distance", "Duration"), quantity),
}


_VITAL_SIGNS = {
    "85353-1": "vitalspanel", "9279-1": "resprate", "8867-4": "heartrate", "2708-6": "oxygensat", "8310-5": "bodytemp",
    "8302-2": "bodyheight", "9843-4": "headcircum", "29463-7": "bodyweight", "39156-5": "bmi",
    "85354-9": "bp",
}  # fmt: skip
"""https://hl7.org/fhir/R4/observation-vitalsigns.html: Observations with these codes must meet the profile."""


def inferred(value: dict[str, Any]) -> list[str]:
    """The profiles that R4 itself demands of a resource by its content."""
    code = value.get("code") if value.get("resourceType") == "Observation" else None
    codings = code.get("coding") if isinstance(code, dict) else None
    if not codings:
        return []
    names = [
        _VITAL_SIGNS.get(str(each.get("code")))
        for each in (codings if isinstance(codings, list) else ())
        if isinstance(each, dict) and each.get("system") == "http://loinc.org"
    ]
    return [f"http://hl7.org/fhir/StructureDefinition/{name}" for name in dict.fromkeys(names) if name]


def resource(walk: Walk, node: Node) -> None:
    """A resource as a whole, after its elements."""
    value: dict[str, Any] = node.value
    if node.name == "contained" and not isinstance(value.get("id"), str):
        walk.report("FHIR-0075", node)
    if "contained" in value:
        _contained_ids(walk, node)
    if node.type == "Bundle":
        bundle.check(walk, node)
    content = _content(node.type)
    if content is not None:
        content(walk, node)


def _contained_ids(walk: Walk, node: Node) -> None:
    """No two contained resources have the same id: a reference couldn't tell them apart."""
    rows = node.value["contained"]
    seen: set[str] = set()
    for index, each in enumerate(rows if isinstance(rows, list) else ()):
        ident = each.get("id") if isinstance(each, dict) else None
        if isinstance(ident, str) and ident in seen:
            walk.report("FHIR-0078", f"{node.path}.contained[{index}]")
        seen.add(str(ident))


def _content(kind: str) -> Rule | None:
    """The rules of resources whose content refers to definitions; imported when such a resource is met."""
    if kind not in _CONTENT:
        return None
    from importlib import import_module

    module = import_module(f"conformance.fhir.content.{_CONTENT[kind]}")
    rule: Rule = module.check
    return rule


_CONTENT = {
    "CodeSystem": "code_system",
    "ConceptMap": "concept_map",
    "Measure": "measure",
    "MeasureReport": "measure_report",
    "OperationDefinition": "operation_definition",
    "Questionnaire": "questionnaire",
    "QuestionnaireResponse": "questionnaire_response",
    "StructureDefinition": "structure_definition",
    "ValueSet": "value_set",
}
"""Type to the module of `conformance.fhir.content` whose `check` knows it."""
