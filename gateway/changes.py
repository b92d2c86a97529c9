"""Whom a message knew before it changed an identifier (HL7 v2.8.2 sections 3.3.46 to 3.3.48: A46, A47, A48)."""

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
    segments = [message.segments[0], Segment("PID", 1, 2, f"PID|||{old}")]
    probe = Message(message.raw, segments, message.charset, message.delimiters, message.special)
    made = convert(replace(document, root=probe), Target(format="fhir"), site, map_id).document
    patient = Pivot(made.root).first("Patient") if made is not None else None
    return str(patient["id"]) if patient else None
