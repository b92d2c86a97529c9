"""A Bundle made of tables, as one for each person: what formats are given that speak of one person at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.document import Document
from gateway.routing.bundle import Resource
from mappings.trees import references

ADD, UPDATE = "A28", "A31"
"""Events of HL7 v2 that tell of a person: added, updated (HL7 v2.9 chapter 3.3.28 and 3.3.31)."""

STRUCTURE = "ADT_A05"
"""The message structure of both."""

_V2_EVENTS = "http://terminology.hl7.org/CodeSystem/v2-0003"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def each(root: Resource) -> Iterator[Resource]:
    """A Bundle for each Patient, in their order: with what refers to them, and what all of that refers to. A person
    whose row was deleted has none."""
    entries = {str(entry["fullUrl"]): entry for entry in root.get("entry", ()) if "fullUrl" in entry}
    about: dict[str, list[str]] = {}
    for url, entry in entries.items():
        for target in references(entry["resource"]):
            about.setdefault(target, []).append(url)
    for url, entry in entries.items():
        if entry["resource"]["resourceType"] == "Patient" and entry["resource"].get("active") is not False:
            reached = _reached(url, entries, about)
            yield {**root, "entry": [entries[name] for name in entries if name in reached]}


def _reached(person: str, entries: dict[str, Resource], about: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [person, *about.get(person, ())]
    while waiting:
        url = waiting.pop()
        other = entries.get(url, {}).get("resource", {}).get("resourceType") == "Patient" and url != person
        if url in entries and url not in found and not other:
            found.add(url)
            waiting += references(entries[url]["resource"])
    return found


def announced(root: Resource, event: str, salt: str) -> Document:
    """The Bundle as a message that tells of its one person, known by what it says and when it was changed."""
    from mappings.run import identifier

    entry = next(each for each in root["entry"] if each["resource"]["resourceType"] == "Patient")
    changed = entry["resource"].get("meta", {}).get("lastUpdated", "")
    name = identifier(salt, f"MessageHeader|{event}|{entry['fullUrl']}|{changed}")
    header = {
        "resourceType": "MessageHeader",
        "id": name,
        "eventCoding": {"system": _V2_EVENTS, "code": event},
        "source": {"_endpoint": {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}},
        "focus": [{"reference": entry["fullUrl"]}],
    }
    message: dict[str, Any] = {"resourceType": "Bundle", "type": "message", "identifier": {"value": name[:20]}}
    if changed:
        message["timestamp"] = changed
    message["entry"] = [{"fullUrl": f"urn:uuid:{name}", "resource": header}, *root["entry"]]
    return Document(format="fhir", version="4.0.1", root=message)
