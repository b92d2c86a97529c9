"""Whom a message knew before it changed an identifier (HL7 v2.8.2 sections 3.3.46 to 3.3.48: A46, A47, A48), and which
visits before it changed or merged their numbers (3.3.42, 3.3.50, 3.3.51: A42, A50, A51)."""

from __future__ import annotations

from dataclasses import replace

from adapters.formats.hl7v2.message import Message, Segment
from conformance.document import Document
from gateway.config import Site
from gateway.conversion import convert
from gateway.routing.bundle import Pivot
from gateway.targets import Target

_FORMER = {"A46": 4, "A47": 1, "A48": 2}
"""The field of MRG that holds the old identifier."""


_FORMER_VISIT = {"A42": (5, 19), "A50": (5, 19), "A51": (6, 50)}
"""The field of MRG that holds a visit's old number, and that of PV1 where it stood."""


def former(document: Document, site: Site, map_id: str | None = None) -> str | None:
    """The id that the patient has in messages under the old identifier, None where the message changes none: that of
    the message with the old identifier in the place of the new ones, and nothing else."""
    if document.format != "hl7v2" or document.root.event not in _FORMER:
        return None
    message: Message = document.root
    prior = message.first("MRG")
    old = prior.fields[_FORMER[message.event]] if prior is not None else ""
    if not old:
        return None
    return _named(document, site, map_id, "Patient", f"PID|||{old}")


def former_visits(document: Document, site: Site, map_id: str | None = None) -> dict[str, str]:
    """By the id that a visit has in messages under its old number: the id that it has now. Of a repeated group MRG and
    PV1 go together."""
    if document.format != "hl7v2" or document.root.event not in _FORMER_VISIT:
        return {}
    message: Message = document.root
    old, now = _FORMER_VISIT[message.event]
    changed: dict[str, str] = {}
    person, number = "PID", ""
    for segment in message.segments:
        if segment.name == "PID":
            person, number = segment.text, ""
        elif segment.name == "MRG":
            number = segment.fields[old]
        elif segment.name == "PV1" and number:
            before = _named(document, site, map_id, "Encounter", person, f"PV1{'|' * now}{number}")
            after = _named(document, site, map_id, "Encounter", person, segment.text)
            if before and after and before != after:
                changed[before] = after
    return changed


def _named(document: Document, site: Site, map_id: str | None, kind: str, *texts: str) -> str | None:
    """The id of the first resource of a type that the message would give if it had these segments alone."""
    message: Message = document.root
    segments = [message.segments[0], *(Segment(text[:3], at, at + 1, text) for at, text in enumerate(texts, 1))]
    probe = Message(message.raw, segments, message.charset, message.delimiters, message.special)
    made = convert(replace(document, root=probe), Target(format="fhir"), site, map_id).document
    found = Pivot(made.root).first(kind) if made is not None else None
    return str(found["id"]) if found else None
