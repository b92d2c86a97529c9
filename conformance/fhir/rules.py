"""What types and resources ask of themselves beyond their elements' definitions, by the name of the type."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.fhir import bundle, coding, references
from conformance.fhir.fhirpath import Node
from conformance.fhir.narrative import read

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

Rule = Callable[["Walk", Node], None]


def attachment(walk: Walk, node: Node) -> None:
    """Attachment.size is the number of bytes before base64."""
    data, size = node.value.get("data"), node.value.get("size")
    if not isinstance(data, str) or type(size) is not int:
        return
    try:
        length = len(base64.b64decode("".join(data.split()), validate=True))
    except (ValueError, binascii.Error):
        return
    if length != size:
        walk.report("FHIR-0110", node, size=size, length=length)


def quantity(walk: Walk, node: Node) -> None:
    coding.unit(walk, node)


def narrative(walk: Walk, node: Node) -> None:
    """The XHTML of a `div`."""
    for problem in dict.fromkeys(read(node.value).problems):
        walk.report("FHIR-0090", node, problem=problem)


def identifier(walk: Walk, node: Node) -> None:
    """Check digits of identifiers whose system defines one."""
    from conformance.terminology import checkdigits

    system, value = node.value.get("system"), node.value.get("value")
    if system == "http://hl7.org/fhir/sid/us-npi" and isinstance(value, str) and not checkdigits.npi(value):
        walk.report("FHIR-0047", node, found=value)


TYPES: dict[str, Rule] = {
    "Attachment": attachment,
    "Coding": coding.check,
    "Identifier": identifier,
    "Quantity": quantity,
    "Reference": references.form,
    **dict.fromkeys(("Age", "Count", "Distance", "Duration"), quantity),
}


def resource(walk: Walk, node: Node) -> None:
    """A resource as a whole, after its elements."""
    value: dict[str, Any] = node.value
    if node.name == "contained" and not isinstance(value.get("id"), str):
        walk.report("FHIR-0075", node)
    if node.type == "Bundle":
        bundle.check(walk, node)
    content = _content(node.type)
    if content is not None:
        content(walk, node)


def _content(kind: str) -> Rule | None:
    """The rules of resources whose content refers to definitions; imported when such a resource is met."""
    if kind not in _CONTENT:
        return None
    from importlib import import_module

    module = import_module(f"conformance.fhir.content.{_CONTENT[kind]}")
    rule: Rule = module.check
    return rule


_CONTENT: dict[str, str] = {}
"""Type to the module of `conformance.fhir.content` whose `check` knows it."""
