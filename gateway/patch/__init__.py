"""Patch mode: an update message of HL7 v2 as a transaction of FHIRPath Patches (http://hl7.org/fhir/R4/fhirpatch.html).

A sender in snapshot mode sends all it knows. One in patch mode sends what changes: an empty field says nothing, a
valued one replaces, an explicit null `""` deletes (HL7 v2.8.2 section 2.5.3). Patient and Encounter become PATCHes of
the resource that an identifier names; whatever else the message makes is sent whole, as in any transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.document import Document
from gateway.config import Site
from gateway.patch.operations import Resource, operations
from gateway.patch.target import condition

UPDATES = frozenset(("A08", "A31", "A54", "A55", "A61", "A62"))
"""Events that change what is known of a person or a visit; the others begin, end or join something."""

PATCHED = ("Patient", "Encounter")


def wanted(source: Document, site: Site) -> bool:
    """True for an update of a sender whose updates are patches."""
    from gateway.conversion import sender

    if source.format != "hl7v2" or source.root.code != "ADT" or source.root.event not in UPDATES:
        return False
    return sender(source, site).updates == "patch"


def patch(source: Document, pivot: Document, site: Site, map_id: str | None = None) -> Document:
    """The transaction that an update stands for; `pivot` is the Bundle that was made of it."""
    from gateway.patch.probes import Probes  # only where a sender's updates are patches

    probes = Probes(source, pivot, site, map_id)
    entries = [(each["fullUrl"], each["resource"]) for each in pivot.root.get("entry", [])]
    literal = {url: f"{resource['resourceType']}/{resource['id']}" for url, resource in entries}
    targets = {url: condition(resource) for url, resource in entries if resource["resourceType"] in PATCHED}
    made = []
    for url, resource in entries:
        if url not in targets:
            made.append(_entry(url, referring(resource, targets), "PUT", literal[url]))
        elif found := operations(*(referring(each, literal | targets) for each in probes.of(url))):
            made.append(_entry(url, {"resourceType": "Parameters", "parameter": found}, "PATCH", targets[url]))
    return replace(
        pivot,
        root={"resourceType": "Bundle", "id": pivot.root.get("id"), "type": "transaction", "entry": made},
    )


def _entry(url: str, resource: Resource, method: str, target: str) -> Resource:
    return {"fullUrl": url, "resource": resource, "request": {"method": method, "url": target}}


def referring(node: Any, by_url: dict[str, str]) -> Any:
    """A copy in which references to these URLs say something else: `Patient?identifier=...`, `Organization/1`."""
    if isinstance(node, list):
        return [referring(each, by_url) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        name: by_url.get(value, value) if name == "reference" and isinstance(value, str) else referring(value, by_url)
        for name, value in node.items()
    }


__all__ = ["PATCHED", "UPDATES", "patch", "referring", "wanted"]
