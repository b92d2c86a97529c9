"""What was received, beside the FHIR that was made of it: a Binary, and a DocumentReference that says what it is."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha1, sha256
from typing import Any

from conformance.document import Document
from gateway.config import Site
from gateway.routing.bundle import Pivot

_TYPES = {"hl7v2": "x-application/hl7-v2+er7", "ccda": "application/xml", "csv": "text/csv"}
"""Media types as the FHIR community writes them; that of ER7 has never been registered."""


def attached(source: Document, raw: bytes, pivot: Document, site: Site) -> Document:
    """The Bundle with its original, where the sender's settings ask for it."""
    from gateway.conversion import sender

    kind = _TYPES.get(source.format)
    if kind is None or not raw or not sender(source, site).attach_original:
        return pivot
    from mappings.run import DEFAULT_SALT, identifier

    salt, digest = site.salt or DEFAULT_SALT, sha256(raw).hexdigest()
    binary, reference = (identifier(salt, f"{name}|original|{digest}") for name in ("Binary", "DocumentReference"))
    content = {"resourceType": "Binary", "id": binary, "contentType": kind, "data": b64encode(raw).decode()}
    entries = [
        {"fullUrl": f"urn:uuid:{binary}", "resource": content},
        {"fullUrl": f"urn:uuid:{reference}", "resource": _reference(reference, binary, kind, raw, pivot.root)},
    ]
    return replace(pivot, root={**pivot.root, "entry": [*pivot.root.get("entry", []), *entries]})


def _reference(name: str, binary: str, kind: str, raw: bytes, root: dict[str, Any]) -> dict[str, Any]:
    """The patient and the visit that the original is about, as far as the Bundle has one of each."""
    attachment = {
        "contentType": kind,
        "url": f"urn:uuid:{binary}",
        "size": len(raw),
        "hash": b64encode(sha1(raw, usedforsecurity=False).digest()).decode(),
    }
    made: dict[str, Any] = {"resourceType": "DocumentReference", "id": name, "status": "current"}
    if subject := _only(root, "Patient"):
        made["subject"] = {"reference": subject}
    if "timestamp" in root:
        made["date"] = root["timestamp"]
    made["content"] = [{"attachment": attachment}]
    if visit := _only(root, "Encounter"):
        made["context"] = {"encounter": [{"reference": visit}]}
    return made


def _only(root: dict[str, Any], kind: str) -> str:
    """The URL of the one resource of a type; empty when there are none or several."""
    if len(Pivot(root).all(kind)) != 1:
        return ""
    return next(str(each["fullUrl"]) for each in root["entry"] if each["resource"]["resourceType"] == kind)
