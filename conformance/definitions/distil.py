"""From a published resource to the facts that checking needs: no narrative, no guide text.

What is kept has FHIR's own names, so whoever knows the standard can read a pack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.definitions.pack import Entry, Facts

_TEXT = frozenset({
    "short", "definition", "comment", "requirements", "alias", "mapping", "example", "isModifierReason", "label",
    "code", "meaningWhenMissing", "orderMeaning", "condition", "isSummary", "path", "defaultValue",
})  # fmt: skip
"""Parts of an ElementDefinition that are for people; `path` is the id without slice names."""

_E = "http://hl7.org/fhir/StructureDefinition/"
_T = "http://hl7.org/fhir/tools/StructureDefinition/"
_SILENT = frozenset(
    _E + name
    for name in (
        "structuredefinition-explicit-type-name", "structuredefinition-standards-status",
        "elementdefinition-translatable",
        "structuredefinition-normative-version", "structuredefinition-display-hint", "elementdefinition-bindingName",
        "elementdefinition-isCommonBinding", "elementdefinition-bestpractice-explanation", "structuredefinition-wg",
        "structuredefinition-fmm", "structuredefinition-category", "structuredefinition-security-category",
        "structuredefinition-summary", "structuredefinition-hierarchy", "structuredefinition-fmm-no-warnings",
        "structuredefinition-conformance-derivedFrom", "structuredefinition-fmm-support",
    )
)  # fmt: skip
"""Extensions of definitions that no check reads."""


def entry(resource: Facts, package_version: str = "") -> Entry | None:
    """The resource's entry for a pack; None for a kind that no check reads, or one without a canonical URL."""
    kind, url = resource.get("resourceType"), resource.get("url")
    distil = _DISTIL.get(kind) if isinstance(kind, str) else None
    if distil is None or not isinstance(url, str):
        return None
    facts = distil(resource)
    extra = str(facts.get("type", "")) if kind == "StructureDefinition" else ""
    version = resource.get("version") or package_version
    return Entry(kind=str(kind), url=url, version=str(version), facts=facts, extra=extra)


def _kept(resource: Facts, *names: str) -> Facts:
    return {name: resource[name] for name in names if name in resource}


def _extensions(node: Facts) -> list[Facts]:
    return [each for each in node.get("extension", ()) if each.get("url") not in _SILENT]


def structure_definition(resource: Facts) -> Facts:
    """A profile is kept as its differential, a type too. Its snapshot is kept where it has nothing else, or where its
    base is no type of FHIR's own: the base may then be missing where the profile is used.
    """
    facts = _kept(
        resource, "url", "version", "name", "kind", "type", "abstract", "baseDefinition", "derivation", "context",
        "contextInvariant", "fhirVersion",
    )  # fmt: skip
    if extensions := _extensions(resource):
        facts["extension"] = extensions
    view = "differential" if resource.get("differential") else "snapshot"
    facts[view] = elements((resource.get(view) or {}).get("element") or [])
    if view == "differential" and resource.get("snapshot") and not own_type(str(resource.get("baseDefinition", ""))):
        facts["snapshot"] = elements(resource["snapshot"].get("element") or [])
    return facts


def own_type(url: str) -> bool:
    """True for the canonical of something that FHIR itself defines."""
    return url.startswith(_E)


def elements(definitions: list[Facts]) -> list[Facts]:
    """Distilled elements, each with an id made from path and slice names where the published one doesn't fit its
    path.
    """
    open_slices: dict[str, str] = {}
    found = []
    for definition in definitions:
        path = definition.get("path")
        if not isinstance(path, str):
            continue
        ident = _ident(path, definition, open_slices)
        published = definition.get("id")
        if isinstance(published, str) and ".".join(step.partition(":")[0] for step in published.split(".")) == path:
            ident = published
        found.append({"id": ident, **element(definition)})
    return found


def _ident(path: str, definition: Facts, open_slices: dict[str, str]) -> str:
    """`Patient.extension:race.url`: the id that path and open slices give. `open_slices` is path to slice's name."""
    for known in [known for known in open_slices if not path.startswith(known + ".")]:
        del open_slices[known]
    if name := definition.get("sliceName"):
        open_slices[path] = name
    steps, ident = path.split("."), ""
    for depth, step in enumerate(steps):
        slice_name = open_slices.get(".".join(steps[: depth + 1]))
        ident += ("." if ident else "") + step + (f":{slice_name}" if slice_name else "")
    return ident


def element(definition: Facts) -> Facts:
    """The facts of an ElementDefinition, without its id."""
    facts = {
        key: value
        for key, value in definition.items()
        if key not in _TEXT
        and key not in ("id", "extension", "sliceName")
        and not key.startswith(("_", "defaultValue"))
    }
    if extensions := _extensions(definition):
        facts["extension"] = extensions
    if "base" in facts:
        facts["base"] = _kept(facts["base"], "max", "path")
    if "binding" in facts:
        facts["binding"] = _binding(facts["binding"])
    if "constraint" in facts:
        facts["constraint"] = [_constraint(each) for each in facts["constraint"] if each.get("key") != "ele-1"]
    if "slicing" in facts:
        facts["slicing"] = _kept(facts["slicing"], "discriminator", "ordered", "rules")
    return facts


def _binding(binding: Facts) -> Facts:
    facts = _kept(binding, "strength", "valueSet")
    if extensions := _extensions(binding):
        facts["extension"] = extensions
    if "additional" in binding:
        facts["additional"] = [_kept(each, "purpose", "valueSet", "any", "usage") for each in binding["additional"]]
    return facts


def _constraint(constraint: Facts) -> Facts:
    facts = _kept(constraint, "key", "severity", "expression", "source")
    best = any(each.get("url") == _E + "elementdefinition-bestpractice" for each in constraint.get("extension", ()))
    return {**facts, "best": True} if best else facts


def code_system(resource: Facts) -> Facts:
    """Concepts are `[code, display, children, properties, designations]`, cut after the last that is there."""
    facts = _kept(
        resource, "url", "version", "name", "status", "content", "caseSensitive", "hierarchyMeaning", "compositional",
        "supplements", "valueSet",
    )  # fmt: skip
    if filters := [str(each.get("code")) for each in resource.get("filter", ())]:
        facts["filter"] = filters
    properties = [_kept(each, "code", "type", "uri") for each in resource.get("property", ())]
    if properties:
        facts["property"] = properties
    facts["concept"] = [concept(each) for each in resource.get("concept", ())]
    return facts


def concept(node: Facts) -> list[Any]:
    properties: dict[str, list[Any]] = {}
    for each in node.get("property", ()):
        value = next((value for key, value in each.items() if key.startswith("value")), None)
        properties.setdefault(each.get("code"), []).append(value)
    names = [[each.get("language", ""), each.get("value", "")] for each in node.get("designation", ())]
    row: list[Any] = [node.get("code"), node.get("display", ""), [concept(each) for each in node.get("concept", ())]]
    row += [properties, names]
    while len(row) > 1 and not row[-1]:
        row.pop()
    return row


def value_set(resource: Facts) -> Facts:
    """The compose where there is one, the expansion too where it is complete."""
    facts = _kept(resource, "url", "version", "name", "status")
    compose = resource.get("compose") or {}
    for side in ("include", "exclude"):
        if parts := [_part(each) for each in compose.get(side, ())]:
            facts[side] = parts
    expansion = resource.get("expansion") or {}
    if expansion.get("contains") and not facts.get("include"):
        facts["expansion"] = list(_contains(expansion["contains"]))
        facts["partial"] = any(
            each.get("name") in ("limitedExpansion", "toocostly") for each in expansion.get("parameter", ())
        )
    return facts


def _part(part: Facts) -> Facts:
    facts = _kept(part, "system", "version", "valueSet", "filter")
    if "concept" in part:
        facts["concept"] = [_codes(each) for each in part["concept"]]
    return facts


def _codes(node: Facts) -> list[str]:
    code, display = str(node.get("code", "")), str(node.get("display", ""))
    return [code, display] if display else [code]


def _contains(nodes: list[Facts]) -> list[list[str]]:
    rows: list[list[str]] = []
    for node in nodes:
        if "code" in node and not node.get("abstract"):
            rows.append([node.get("system", ""), *_codes(node)])
        rows += _contains(node.get("contains", []))
    return rows


def _whole(resource: Facts) -> Facts:
    return {key: value for key, value in resource.items() if key not in ("text", "contact", "description", "purpose")}


def _guide(resource: Facts) -> Facts:
    return _kept(resource, "url", "version", "name", "packageId", "global", "fhirVersion", "dependsOn")


_DISTIL: dict[str, Callable[[Facts], Facts]] = {
    "StructureDefinition": structure_definition,
    "CodeSystem": code_system,
    "ValueSet": value_set,
    "ImplementationGuide": _guide,
    "Questionnaire": _whole,
    "Measure": _whole,
    "Library": lambda resource: _kept(resource, "url", "version", "name", "content"),
    "SearchParameter": lambda resource: _kept(resource, "url", "version", "code", "base", "type"),
    "NamingSystem": lambda resource: _kept(resource, "url", "name", "kind", "uniqueId"),
}

KINDS = frozenset(_DISTIL)
"""The kinds of resources that checks read."""
