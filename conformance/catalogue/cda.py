"""What can be wrong with a clinical document, and what its conversion has to say."""

from __future__ import annotations

from conformance.catalogue.code import Code

_CDA = "http://www.hl7.org/implement/standards/product_brief.cfm?product_id=7"
_CCDA = "http://www.hl7.org/ccdasearch/"

CODES: tuple[Code, ...] = (
    Code(
        code="CDA-0001",
        severity="fatal",
        title="Not a clinical document",
        message="The root element is not ClinicalDocument in the namespace urn:hl7-org:v3.",
        why="Nothing else says where the patient, the author and the sections are.",
        example='<ClinicalDocument xmlns="urn:hl7-org:v2">',
        spec=_CDA,
        type="structure",
    ),
    Code(
        code="CDA-0101",
        severity="warning",
        title="Entry of an unknown template",
        message="No map knows this entry's templates; its section's narrative is kept.",
        why="What the entry says as data doesn't reach the receiver; readers still see the text of its section.",
        spec=_CCDA,
        type="not-supported",
    ),
    Code(
        code="CDA-0102",
        severity="warning",
        title="Time that can't be read in full",
        message="This time is malformed; only the part that is certain was kept.",
        why="A digit too few or too many makes the time of day a guess; the date before it is still certain.",
        example="2014032124536-0500",
        spec=_CDA,
        type="value",
    ),
    Code(
        code="CDA-0103",
        severity="warning",
        title="Time that stands for unknown",
        message="The first year of the calendar stands for an unknown time; nothing was written.",
        why="Systems write their smallest date where they have none.",
        example="00010101000000+0000",
        spec=_CDA,
        type="value",
    ),
)
