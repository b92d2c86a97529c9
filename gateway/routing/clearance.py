"""What a destination may get: without what is restricted, for those that are not cleared for it.

A label on a person (`meta.security`) covers all that refers to them. Who is cleared is a set of codes of the labels:
`R` for what is restricted (HL7 v3 Confidentiality), `SDV` for what concerns violence and safety (ActCode).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.routing.bundle import Resource
from mappings.trees import references

RESTRICTED = "R"
VIOLENCE = "SDV"
NO_DISCLOSURE = "NOAUTH"
HELD_BACK = frozenset((RESTRICTED, "V", VIOLENCE, NO_DISCLOSURE))
"""Codes of labels that nobody gets who isn't cleared for them."""

PEOPLE = frozenset(("Patient", "RelatedPerson"))


def cleared(root: Resource, classes: frozenset[str]) -> Resource:
    """The Bundle without the resources whose labels a destination isn't cleared for, and without all that refers to a
    person who is among them."""
    entries = [entry for entry in root.get("entry", ()) if isinstance(entry, dict)]
    withheld = {id(entry) for entry in entries if labels(entry.get("resource")) - classes}
    people = {
        name
        for entry in entries
        if id(entry) in withheld and entry.get("resource", {}).get("resourceType") in PEOPLE
        for name in _names(entry)
    }
    kept = [
        entry for entry in entries if id(entry) not in withheld and people.isdisjoint(references(entry.get("resource")))
    ]
    return {**root, "entry": kept} if "entry" in root else root


def labels(resource: Any) -> frozenset[str]:
    """The codes of a resource's labels that hold it back."""
    meta = resource.get("meta") if isinstance(resource, dict) else None
    found = meta.get("security") if isinstance(meta, dict) else None
    codes = (each.get("code") for each in found if isinstance(each, dict)) if isinstance(found, list) else ()
    return frozenset(code for code in codes if code in HELD_BACK)


def _names(entry: Resource) -> Iterator[str]:
    """What references to an entry's resource may say."""
    resource = entry["resource"]
    if isinstance(entry.get("fullUrl"), str):
        yield entry["fullUrl"]
    yield f"{resource.get('resourceType')}/{resource.get('id')}"
