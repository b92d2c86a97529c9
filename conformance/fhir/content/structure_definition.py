"""StructureDefinition: a differential speaks of elements that there are, narrows them, and slices by what it can
find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.definitions import distil, r4
from conformance.definitions.registry import Definition
from conformance.definitions.snapshot import Tree
from conformance.fhir.content.code_system import objects
from conformance.fhir.fhirpath import FhirPathError, Node, lineage
from conformance.fhir.fhirpath.syntax import parse
from conformance.fhir.plan import type_code

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_SIMPLE = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*")
_OBLIGATION = "http://hl7.org/fhir/StructureDefinition/obligation-profile"
_OBLIGED = frozenset(
    {"id", "path", "extension", "sliceName", "mustSupport", "binding", "short", "definition", "comment"}
)


def check(walk: Walk, node: Node) -> None:
    """A profile; types and logical models are whoever's own."""
    if node.value.get("derivation") != "constraint" or not isinstance(node.value.get("differential"), dict):
        return
    rows = objects(node.value["differential"].get("element"))
    _obligations(walk, node, rows)
    _expressions(walk, f"{node.path}.differential", rows)
    try:
        facts = distil.structure_definition({**node.value, "differential": {"element": rows}})
    except (TypeError, AttributeError, ValueError, KeyError):
        return  # the walk has told what is malformed
    definition = Definition({**facts, "version": ""})
    snapshots = walk.plans.snapshots
    tree = snapshots._derive(definition)
    problems = snapshots.problems.pop(definition.url, [])
    for problem in problems:
        if not problem.startswith("its base"):
            walk.report("FHIR-0125", f"{node.path}.differential", problem=problem)
    _widened(walk, node, definition, facts["differential"])
    if tree is not None:
        nodes = dict(tree.flat())
        for index, (row, made) in enumerate(zip(rows, facts["differential"], strict=False)):
            path, held = f"{node.path}.differential.element[{index}]", nodes.get(made["id"])
            _profiled(walk, path, row)
            _discriminators(walk, path, row, held)
            if held is not None:
                _valued(walk, path, row, held)


def _widened(walk: Walk, node: Node, definition: Definition, rows: list[dict[str, Any]]) -> None:
    """A profile only narrows: no more values, no fewer required, no other types than its base allows."""
    base = walk.plans.snapshots.of(str(definition.facts.get("baseDefinition")))
    nodes = {} if base is None else {ident: each for ident, each in base.flat() if ":" not in ident}
    for index, row in enumerate(rows):
        steps = str(row["id"]).split(".")
        held = nodes.get(".".join([base.name if base is not None else "", *(s.partition(":")[0] for s in steps[1:])]))
        if held is not None and len(steps) > 1:
            for what in _wider(row, held, sliced=":" in steps[-1]):
                walk.report("FHIR-0129", f"{node.path}.differential.element[{index}]", what=what)


def _wider(row: dict[str, Any], held: Tree, *, sliced: bool) -> Iterator[str]:
    least, most = row.get("min"), row.get("max")
    if type(least) is int and least < held.min and not sliced:
        yield "min"
    if held.max is not None and (most == "*" or (isinstance(most, str) and most.isdecimal() and int(most) > held.max)):
        yield "max"
    allowed = {str(each.get("code")) for each in held.types}
    asked = [str(each.get("code")) for each in row.get("type") or ()]
    plain = not any("/" in code for code in [*allowed, *asked])
    if allowed and plain and not all(allowed & set(lineage(code)) for code in asked):
        yield "type"


def _expressions(walk: Walk, path: str, rows: list[dict[str, Any]]) -> None:
    """What invariants say is FHIRPath."""
    for index, row in enumerate(rows):
        for number, rule in enumerate(objects(row.get("constraint"))):
            try:
                parse(str(rule.get("expression", "true")))
            except FhirPathError as error:
                place = f"{path}.element[{index}].constraint[{number}].expression"
                walk.report("FHIR-0124", place, found=rule["expression"], problem=str(error))


def _profiled(walk: Walk, path: str, row: dict[str, Any]) -> None:
    """The profiles of a type are profiles of that type."""
    for index, type_ in enumerate(objects(row.get("type"))):
        profiles = type_.get("profile")
        for number, url in enumerate(profiles if isinstance(profiles, list) else ()):
            found = walk.plans.registry.find("StructureDefinition", url) if isinstance(url, str) else None
            of = str(found.facts.get("type", "")) if found is not None else ""
            if r4.element(of) is not None and type_.get("code") not in (lineage(of) if r4.is_resource(of) else (of,)):
                walk.report("FHIR-0103", f"{path}.type[{index}].profile[{number}]", profile=url, type=of)


def _valued(walk: Walk, path: str, row: dict[str, Any], tree: Tree) -> None:
    """A fixed or pattern value is of a type of its element."""
    types = [type_code(each, str(row.get("path"))) for each in tree.types]
    for key in row:
        given = key.removeprefix("fixed").removeprefix("pattern")
        if (
            given[:1].isupper()
            and given != key
            and types
            and given not in {name[:1].upper() + name[1:] for name in types}
        ):
            walk.report("FHIR-0149", f"{path}.{key}", types=", ".join(types))


def _discriminators(walk: Walk, path: str, row: dict[str, Any], tree: Tree | None) -> None:
    slicing = row.get("slicing")
    rows = objects(slicing.get("discriminator")) if isinstance(slicing, dict) else []
    for index, each in enumerate(rows):
        steps = each.get("path")
        if isinstance(steps, str) and _SIMPLE.fullmatch(steps) and tree is not None and not _there(walk, tree, steps):
            walk.report("FHIR-0126", f"{path}.slicing.discriminator[{index}]")


def _there(walk: Walk, tree: Tree, path: str) -> bool:
    """False where a step of the path is surely no child; several types leave it open."""
    node: Tree | None = tree
    for step in path.split("."):
        if node is None or len(node.types) > 1:
            return True
        children = node.children
        if children is None:
            content = walk.plans.snapshots.content(node)
            if content is None:
                return True
            children = content.children
        node = (children or {}).get(step) or (children or {}).get(f"{step}[x]")
        if node is None:
            return any(str(each.get("code")) in ("Resource", "DomainResource") for each in tree.types)
    return True


def _obligations(walk: Walk, node: Node, rows: list[dict[str, Any]]) -> None:
    """An obligation profile adds obligations (and additional bindings), nothing else."""
    for index, each in enumerate(objects(node.value.get("extension"))):
        if each.get("url") != _OBLIGATION or each.get("valueBoolean") is not True:
            continue
        if any(row.keys() - _OBLIGED or _binds(row.get("binding")) for row in rows):
            walk.report("FHIR-0127", f"{node.path}.extension[{index}]")


def _binds(binding: Any) -> bool:
    return isinstance(binding, dict) and bool(binding.keys() - {"extension", "additional", "id"})
