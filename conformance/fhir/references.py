"""References: their form, the type of what they point to, and what a profile asks of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.definitions import r4
from conformance.definitions.distil import KINDS
from conformance.definitions.r4 import CANONICAL
from conformance.fhir.fhirpath import Node, lineage
from conformance.fhir.fhirpath.references import RESTFUL
from conformance.fhir.primitives import ABSOLUTE
from conformance.issue import Severity
from conformance.terminology.value_set import Answer

if TYPE_CHECKING:
    from conformance.fhir.plan import Item
    from conformance.fhir.walk import Walk

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?([^?=&\s]+=[^?=&\s]+(?:&[^?=&\s]+=[^?=&\s]+)*)")
"""In a transaction: what the server finds. https://hl7.org/fhir/R4/http.html#trules"""


def named(reference: Any) -> str:
    """The type that a literal reference names by its text; empty where it names none."""
    if not isinstance(reference, str):
        return ""
    if match := _CONDITIONAL.fullmatch(reference):
        return match[1] if r4.is_resource(match[1]) else ""
    kind, _, ident = reference.partition("/")
    if "/" in ident or not ident or not _ID.fullmatch(ident):
        match = RESTFUL.fullmatch(reference)
        kind = match[2] if match is not None else ""
    return kind if kind and r4.is_resource(kind) else ""


def named_type(node: Node, path: str, names: set[str]) -> Answer:
    """For a slicing by the type of what is referred to: the answer of the literal reference."""
    value = node.value
    for step in path.replace("resolve()", "").strip(".").split("."):
        if step and step != "$this":
            value = value.get(step) if isinstance(value, dict) else None
            value = value[0] if isinstance(value, list) and value else value
    if not isinstance(value, dict):
        return False
    kind = named(value.get("reference")) or value.get("type")
    return bool(names & set(lineage(str(kind)))) if kind else None


def form(walk: Walk, node: Node) -> None:
    """A Reference by itself: an absolute URL, a RESTful one, or a contained resource that is there."""
    reference, kind = node.value.get("reference"), node.value.get("type")
    if not isinstance(reference, str):
        return
    said = named(reference)
    target = None if said and walk.root.type != "Bundle" else walk.resolve(reference, node)
    if reference.startswith("#"):
        if target is None:
            walk.report("FHIR-0072", node, found=reference)
    elif "?" in reference and not ABSOLUTE.match(reference):
        if not said or walk.root.value.get("type") != "transaction":
            walk.report("FHIR-0073", node, found=reference, severity=None if said else "error")
    elif not ABSOLUTE.match(reference) and not said:
        severity: Severity | None = "error" if "/" in reference or " " in reference else None
        walk.report("FHIR-0073", node, found=reference, severity=severity)
    elif target is None and reference.startswith("urn:uuid:") and walk.root.type == "Bundle":
        walk.report("FHIR-0087", node, found=reference, severity="warning")
    if said and target is not None and said != target.type:
        walk.report("FHIR-0074", node, found=said)
    elif isinstance(kind, str) and r4.is_resource(kind):
        actual = target.type if target is not None else said
        if actual and kind not in lineage(actual):
            walk.report("FHIR-0074", node, found=kind)


def targets(walk: Walk, node: Node, item: Item) -> None:
    """The target's type, and where it is here and a profile is asked for, that it meets one of them."""
    if not isinstance(node.value, dict):
        return
    reference = node.value.get("reference")
    target = walk.resolve(reference, node) if isinstance(reference, str) else None
    kind = target.type if target is not None else named(reference) or str(node.value.get("type") or "")
    if not kind or not r4.is_resource(kind):
        return
    fitting = item.fits.get(kind)
    if fitting is None:
        types = [(url, _type(walk, url, item)) for url in item.targets]
        fitting = item.fits[kind] = tuple(url for url, type_ in types if type_ is None or type_ in lineage(kind))
    if not fitting:
        allowed = ", ".join(dict.fromkeys(_type(walk, url, item) or url for url in item.targets))
        walk.report("FHIR-0070", node, found=kind, allowed=allowed)
    elif target is None or any(_plain(url) for url in fitting):
        return
    elif walk.meets_one(node, target, fitting, item.tree.origin) is False:
        walk.report("FHIR-0071", node, profiles=", ".join(fitting))


def leads(walk: Walk, node: Node, item: Item) -> None:
    """A canonical leads to a definition of the kind that is asked for, where its URL is known here at all."""
    registry, canonical = walk.plans.registry, node.value
    wanted = [_type(walk, url, item) or "Resource" for url in item.targets]
    if not isinstance(canonical, str) or canonical.startswith("#") or "Resource" in wanted:
        return
    url = canonical.partition("|")[0]
    if not any(registry.known(kind, url) for kind in wanted):
        other = next((kind for kind in sorted(KINDS) if registry.known(kind, url)), None)
        if other is not None:
            walk.report("FHIR-0070", node, found=other, allowed=", ".join(wanted))


def kept(walk: Walk, node: Node, modes: tuple[str, ...]) -> None:
    """ElementDefinition.type.aggregation: where the target may be. What is in the Bundle is by itself too."""
    reference = node.value.get("reference") if isinstance(node.value, dict) else None
    if not isinstance(reference, str):
        return
    words = " or ".join(modes)
    if reference.startswith("#"):
        fits = "contained" in modes
    elif "referenced" in modes:
        fits = True
    elif "bundled" not in modes or walk.root.type == "Bundle":
        fits = "bundled" in modes and walk.resolve(reference, node) is not None
    else:
        walk.unchecked_once("FHIR-0077", node, node.name, modes=words)
        return
    if not fits:
        walk.report("FHIR-0076", node, found=reference, modes=words)


def _plain(url: str) -> bool:
    return url.startswith(CANONICAL) and r4.is_resource(url.removeprefix(CANONICAL))


def _type(walk: Walk, url: str, item: Item) -> str | None:
    """The type that a target profile constrains; None where it isn't here."""
    if _plain(url):
        return url.removeprefix(CANONICAL)
    definition = walk.plans.registry.find("StructureDefinition", url, item.tree.origin)
    return str(definition.facts.get("type")) if definition is not None else None
