"""What generated source calls to read and write FHIR JSON trees."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

Steps = tuple[tuple[str, int, str], ...]
"""(name, 1-based index or 0, extension URL or '')."""

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ORIGINAL = "http://hl7.org/fhir/StructureDefinition/originalText"


def get(node: Any, steps: Steps, taken: set[int]) -> Any:
    """What stands at a path; None when nothing does. Of a list the first element that no rule has taken."""
    for name, index, url in steps:
        if type(node) is not dict:
            return None
        node = node.get(name)
        if type(node) is list:
            node = _pick(node, index, url, taken)
        elif index > 1:
            return None
        if node is None:
            return None
    return node


def _pick(items: list[Any], index: int, url: str, taken: set[int]) -> Any:
    if index and not url:
        return items[index - 1] if index <= len(items) else None
    if url:
        found = (item for item in items if type(item) is dict and item.get("url") == url)
    else:
        found = (item for item in items if type(item) is not dict or id(item) not in taken)
    return next(islice(found, max(index - 1, 0), None), None)


def every(node: Any, steps: Steps, taken: set[int]) -> list[Any]:
    """All that stands at a path, lists opened on the way; items that a rule has taken are left out."""
    nodes = [node]
    for name, index, url in steps:
        found: list[Any] = []
        for each in nodes:
            value = each.get(name) if type(each) is dict else None
            if type(value) is list:
                if url:
                    value = [item for item in value if type(item) is dict and item.get("url") == url]
                found.extend(value if not index else value[index - 1 : index])
            elif value is not None:
                found.append(value)
        nodes = found
    return [each for each in nodes if each is not None and (type(each) is not dict or id(each) not in taken)]


def text(value: Any) -> str:
    """A primitive as text: `true`, `72.50`."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


def same(value: Any, wanted: Any) -> bool:
    """True when a value read equals a constant of a map."""
    return bool(value == wanted) or (type(value) in (int, Decimal) and text(value) == wanted)


def add(node: dict[str, Any], name: str, value: Any) -> None:
    """Append a value, or all of a list; an empty list leaves nothing behind."""
    if type(value) is not list:
        node.setdefault(name, []).append(value)
    elif value:
        node.setdefault(name, []).extend(value)


def absent(node: dict[str, Any], name: str, original: str) -> None:
    """Leave a required code out, saying so, with the original text."""
    node["_" + name] = {
        "extension": [{"url": ABSENT, "valueCode": "unsupported"}, {"url": ORIGINAL, "valueString": original}]
    }


def original(node: Any, name: str) -> str | None:
    """The original text that `absent` kept."""
    sibling = node.get("_" + name) if type(node) is dict else None
    for extension in (sibling or {}).get("extension", ()) if type(sibling) is dict else ():
        if type(extension) is dict and extension.get("url") == ORIGINAL:
            value = extension.get("valueString")
            return value if type(value) is str else None
    return None


def resources(bundle: Any) -> Iterator[dict[str, Any]]:
    """The resources of a Bundle, or the one resource that isn't a Bundle."""
    if type(bundle) is not dict:
        return
    if bundle.get("resourceType") != "Bundle":
        yield bundle
        return
    entries = bundle.get("entry")
    for entry in entries if type(entries) is list else ():
        resource = entry.get("resource") if type(entry) is dict else None
        if type(resource) is dict and type(resource.get("resourceType")) is str:
            yield resource


def index(bundle: Any) -> dict[str, dict[str, Any]]:
    """What a reference in this Bundle may say -> the resource: full URLs and `Type/id`."""
    found: dict[str, dict[str, Any]] = {}
    entries = bundle.get("entry") if type(bundle) is dict else None
    for entry in entries if type(entries) is list else ():
        if type(entry) is dict and type(entry.get("fullUrl")) is str and type(entry.get("resource")) is dict:
            found.setdefault(entry["fullUrl"], entry["resource"])
    for resource in resources(bundle):
        if type(resource.get("id")) is str:
            found.setdefault(f"{resource['resourceType']}/{resource['id']}", resource)
            found.setdefault(f"urn:uuid:{resource['id']}", resource)
    return found


def member(node: Any, name: str) -> Any:
    return node.get(name) if type(node) is dict else None


def copied(value: Any) -> Any:
    """A copy that shares no object with the original."""
    if type(value) is dict:
        return {name: copied(each) for name, each in value.items()}
    if type(value) is list:
        return [copied(each) for each in value]
    return value


_MENTIONED = frozenset(("CareTeam", "Device", "Location", "Organization", "Practitioner", "PractitionerRole"))
"""Types that a document speaks of in several places."""


def unrepeated(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource that several mentions wrote to, with what they all said (a payer's address in each IN1) once."""
    if resource["resourceType"] not in _MENTIONED:
        return resource
    once: dict[str, list[Any]] = {}
    for name, value in resource.items():
        if type(value) is list and len(value) > 1:
            said = {repr(each): each for each in value}
            if len(said) < len(value):
                once[name] = [*said.values()]
    return {**resource, **once} if once else resource


def merge(node: dict[str, Any], source: dict[str, Any]) -> None:
    """Copies what a resource or element has and the target lacks; identity and type stay the target's."""
    for name, value in source.items():
        if name not in node:
            node[name] = value if type(value) is str else copied(value)
