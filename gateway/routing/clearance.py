"""What a destination may get: without what is restricted, for those that are not cleared for it.

A label on a person (`meta.security`) covers all that refers to them. Who is cleared is a set of codes of the labels:
`R` for what is restricted (HL7 v3 Confidentiality), `SDV` for what concerns violence and safety (ActCode).
"""

from __future__ import annotations

from typing import Any

from gateway.people import PEOPLE, People
from gateway.routing.bundle import Resource

RESTRICTED = "R"
VIOLENCE = "SDV"
NO_DISCLOSURE = "NOAUTH"
HELD_BACK = frozenset((RESTRICTED, "V", VIOLENCE, NO_DISCLOSURE))
"""Codes of labels that nobody gets who isn't cleared for them."""


def cleared(root: Resource, classes: frozenset[str]) -> Resource:
    """The Bundle without the resources whose labels a destination isn't cleared for, and without all that is about a
    person who is among them."""
    bundle = People(root)
    kept = bundle.without(withheld(bundle, classes))
    return {**kept, "entry": [each for each in kept["entry"] if is_cleared(each, classes)]} if "entry" in kept else kept


def withheld(bundle: People, classes: frozenset[str]) -> frozenset[int]:
    """The people (their places in the Bundle) of whom somebody who is cleared for these classes may know nothing."""
    places = enumerate(bundle.entries)
    return frozenset(at for at, each in places if is_person(each) and not is_cleared(each, classes))


def is_person(entry: Resource) -> bool:
    resource = entry.get("resource")
    return isinstance(resource, dict) and resource.get("resourceType") in PEOPLE


def is_cleared(entry: Resource, classes: frozenset[str]) -> bool:
    """Whether an entry's own labels let somebody see it who is cleared for these classes."""
    return labels(entry.get("resource")) <= classes


def labels(resource: Any) -> frozenset[str]:
    """The codes of a resource's labels that hold it back."""
    meta = resource.get("meta") if isinstance(resource, dict) else None
    found = meta.get("security") if isinstance(meta, dict) else None
    codes = (each.get("code") for each in found if isinstance(each, dict)) if isinstance(found, list) else ()
    return frozenset(code for code in codes if code in HELD_BACK)
