"""OperationDefinition: its profiles of Parameters and its parameters agree. operationdefinition.html

`inputProfile` and `outputProfile` describe the same parameters once more: neither may ask for what the other excludes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.definitions.snapshot import Tree
from conformance.fhir.content.code_system import objects
from conformance.fhir.fhirpath import Node

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_PROFILES = (("inputProfile", "in"), ("outputProfile", "out"))


def check(walk: Walk, node: Node) -> None:
    for name, use in _PROFILES:
        canonical = node.value.get(name)
        if isinstance(canonical, str):
            _profile(walk, node, f"{node.path}.{name}", canonical, use)


def _profile(walk: Walk, node: Node, place: str, canonical: str, use: str) -> None:
    definition = walk.plans.registry.find("StructureDefinition", canonical)
    if definition is None:
        walk.unchecked_once("FHIR-0148", node, canonical)
        return
    if definition.facts.get("type") != "Parameters":
        walk.report("FHIR-0147", place)
        return
    tree = walk.plans.snapshots.tree(definition)
    described = (tree.children or {}).get("parameter") if tree is not None else None
    slices = {
        name: each for each in (described.slices if described is not None else {}).values() if (name := _name(each))
    }
    for index, parameter in enumerate(objects(node.value.get("parameter"))):
        held = slices.get(str(parameter.get("name")))
        if parameter.get("use") == use and held is not None:
            for what in _conflicts(parameter, held):
                walk.report("FHIR-0146", f"{node.path}.parameter[{index}]", what=what)


def _name(tree: Tree) -> str:
    """The name that a slice of Parameters.parameter is for."""
    facts = (tree.children or {})["name"].facts if "name" in (tree.children or {}) else {}
    return str(next((value for key, value in facts.items() if key.startswith(("fixed", "pattern"))), ""))


def _conflicts(parameter: dict[str, Any], tree: Tree) -> list[str]:
    """In what an operation's parameter and its slice in the profile disagree."""
    least, most = parameter.get("min"), parameter.get("max")
    found = []
    if type(least) is int and least < tree.min:
        found.append("min")
    if tree.max is not None and (most == "*" or (isinstance(most, str) and most.isdecimal() and int(most) > tree.max)):
        found.append("max")
    kinds = _types(tree)
    kind = parameter.get("type")
    if kinds and isinstance(kind, str) and kind not in ("Resource", "DomainResource", "Element", "Any"):
        found += _type_conflicts(parameter, kind, kinds)
    return found


def _type_conflicts(parameter: dict[str, Any], kind: str, kinds: dict[str, set[str]]) -> list[str]:
    if kind not in kinds:
        return ["type"]
    targets = {url for url in parameter.get("targetProfile") or () if isinstance(url, str)}
    return ["targetProfile"] if kinds[kind] and kind in ("Reference", "canonical") and targets != kinds[kind] else []


def _types(tree: Tree) -> dict[str, set[str]]:
    """The types that a slice leaves for its value or resource, with their target profiles; empty for all."""
    found: dict[str, set[str]] = {}
    for name in ("value[x]", "resource"):
        child = (tree.children or {}).get(name)
        if child is not None and child.max != 0 and len(child.types) < _MANY:
            for each in child.types:
                if each.get("code") != "Resource":
                    found.setdefault(str(each.get("code")), set()).update(each.get("targetProfile") or ())
    return found


_MANY = 20
"""value[x] of Parameters has some fifty types: a slice that has that many says nothing of them."""
