"""ConceptMap: the codes it maps exist in the systems it says they are from. conceptmap.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.fhir.content.code_system import objects
from conformance.fhir.fhirpath import Node

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk


def check(walk: Walk, node: Node) -> None:
    for number, group in enumerate(objects(node.value.get("group"))):
        path = f"{node.path}.group[{number}]"
        for index, element in enumerate(objects(group.get("element"))):
            here = f"{path}.element[{index}]"
            _mapped(walk, here, node.value, "source", group.get("source"), element.get("code"))
            _code(walk, here, group.get("source"), element.get("code"))
            for place, target in enumerate(objects(element.get("target"))):
                _code(walk, f"{here}.target[{place}]", group.get("target"), target.get("code"))


def _mapped(walk: Walk, path: str, value: dict[str, Any], side: str, system: Any, code: Any) -> None:
    """A code that is mapped is in the value set that the map says it maps."""
    canonical = value.get(f"{side}Canonical") or value.get(f"{side}Uri")
    if not (isinstance(canonical, str) and isinstance(system, str) and isinstance(code, str)):
        return
    exists = walk.terminology.has(system, code) is not False
    if exists and walk.terminology.member(canonical, system, code) is False:
        walk.report("FHIR-0128", f"{path}.code", found=code, value_set=canonical.partition("|")[0])


def _code(walk: Walk, path: str, system: Any, code: Any) -> None:
    if isinstance(system, str) and isinstance(code, str) and walk.terminology.has(system, code) is False:
        walk.report("FHIR-0042", f"{path}.code", found=code)
