"""The pivot Bundle in the form that a receiver wants: https://hl7.org/fhir/R4/bundle.html.

References stay resolvable in each form: by `urn:uuid:` fullUrls within a Bundle, by `Type/id` in NDJSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Result, Where
from gateway.targets import BundleForm

Resource = dict[str, Any]

_AS_THEY_ARE = ("document", "collection")
"""Bundles that no message was the source of: documents, and tables."""

_MESSAGE_ONLY = ("identifier", "timestamp")


def in_form(root: Resource, form: BundleForm) -> Result[list[Resource]]:
    """The resources to write: one Bundle, or for `ndjson` each resource by itself.

    What is no Bundle, or a Bundle of another purpose than to be sent (a searchset), is left as it is.
    """
    if root.get("resourceType") != "Bundle" or root.get("type") not in (
        "message",
        "transaction",
        "collection",
        "document",
    ):
        return Result(value=[root])
    if form == "ndjson":
        return Result(value=list(_resources(root)))
    if form == root["type"] or (form == "message" and root["type"] in _AS_THEY_ARE):  # what its source was
        return Result(value=[root])
    if form in ("message", "document"):
        return _begins_with(root, form)
    if form == "transaction":
        return Result(value=[_with_type(root, form) | {"entry": [_put(entry) for entry in root.get("entry", [])]}])
    return Result(value=[_with_type(root, form)])


def _begins_with(root: Resource, form: BundleForm) -> Result[list[Resource]]:
    """A message begins with its MessageHeader, a document with its Composition; neither is made up."""
    wanted = "Composition" if form == "document" else "MessageHeader"
    entries = root.get("entry", [])
    if not any(entry.get("resource", {}).get("resourceType") == wanted for entry in entries):
        return Result(value=None, issues=(issue("IO-0007", Where(path="Bundle.entry[0]"), form=form, type=wanted),))
    first = sorted(entries, key=lambda entry: entry.get("resource", {}).get("resourceType") != wanted)
    return Result(value=[_with_type(root, form) | {"entry": first}])


def _with_type(root: Resource, form: BundleForm) -> Resource:
    dropped = () if form in ("message", "document") else _MESSAGE_ONLY
    return {key: form if key == "type" else value for key, value in root.items() if key not in dropped}


def _put(entry: Resource) -> Resource:
    resource = entry.get("resource", {})
    return {**entry, "request": {"method": "PUT", "url": f"{resource.get('resourceType')}/{resource.get('id')}"}}


def _resources(root: Resource) -> Iterator[Resource]:
    by_url = {}
    for entry in root.get("entry", []):
        resource = entry.get("resource", {})
        if "fullUrl" in entry and "id" in resource:
            by_url[entry["fullUrl"]] = f"{resource['resourceType']}/{resource['id']}"
    for entry in root.get("entry", []):
        if "resource" in entry:
            yield _referring(entry["resource"], by_url)


def _referring(node: Any, by_url: dict[str, str]) -> Any:
    """A copy in which each reference to a fullUrl names type and id instead."""
    if isinstance(node, dict):
        made = {}
        for key, value in node.items():
            if isinstance(value, str):
                made[key] = by_url.get(value, value) if key in ("reference", "url") else value
            else:
                made[key] = _referring(value, by_url) if isinstance(value, (dict, list)) else value
        return made
    return [_referring(item, by_url) if isinstance(item, (dict, list)) else item for item in node]
