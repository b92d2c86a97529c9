"""What can be wrong with XML, before anything is known of its vocabulary, and with FHIR's XML form."""

from __future__ import annotations

from conformance.catalogue.code import Code

_XML = "https://www.w3.org/TR/xml/"
_FHIR = "https://hl7.org/fhir/R4/xml.html"

CODES: tuple[Code, ...] = (
    Code(
        code="XML-0001",
        severity="fatal",
        title="Not XML",
        message="This is not well-formed XML: {problem}.",
        why="Nothing can be read from it. The place is where the reader stopped; the mistake is there or just before.",
        example="<Patient><name></Patient>",
        spec=_XML,
        type="structure",
    ),
    Code(
        code="XML-0002",
        severity="fatal",
        title="Document type",
        message="The document has a document type, which is refused.",
        why="Document types define entities, which can read files of the receiver or exhaust its memory.",
        example="<!DOCTYPE Patient [...]>",
        spec="https://hl7.org/fhir/R4/security.html#xml",
        type="security",
    ),
    Code(
        code="XML-0003",
        severity="fatal",
        title="Too large",
        message="The document has more than {limit} bytes.",
        why="One document is held in memory.",
        type="too-long",
    ),
    Code(
        code="XML-0004",
        severity="fatal",
        title="Too many elements",
        message="The document has more than {limit} tags.",
        why="Each element costs many times its bytes in memory; no clinical document has as many.",
        type="too-long",
    ),
    Code(
        code="XML-0005",
        severity="fatal",
        title="Text too long, or elements too deep",
        message="A text or attribute has more than {length} bytes, or elements are nested more than {depth} deep.",
        why="Each text is held in memory several times over; no one reads a document as deep.",
        type="too-long",
    ),
    Code(
        code="XML-0010",
        severity="error",
        title="Not in FHIR's namespace",
        message="An element is not in the namespace http://hl7.org/fhir.",
        why="Readers of FHIR don't see it.",
        spec=_FHIR,
        type="structure",
    ),
    Code(
        code="XML-0011",
        severity="error",
        title="Attribute not allowed",
        message="FHIR allows no attribute {name} here.",
        why="Only value, id and url are attributes; anything else is lost on the way through JSON.",
        spec=_FHIR,
        type="structure",
    ),
    Code(
        code="XML-0012",
        severity="error",
        title="Text between elements",
        message="There is text between elements; values are in the attribute value.",
        why="Readers of FHIR don't see it.",
        example="<gender>female</gender>",
        spec=_FHIR,
        type="structure",
    ),
    Code(
        code="XML-0013",
        severity="error",
        title="Elements out of order",
        message="{element} stands after an element that follows it.",
        why="FHIR's XML has one order of elements; schema-based readers refuse another.",
        spec=_FHIR,
        type="structure",
    ),
    Code(
        code="XML-0014",
        severity="error",
        title="Element given more than once",
        message="{element} may be there only once.",
        why="Which of them counts would be a guess.",
        spec=_FHIR,
        type="duplicate",
    ),
)
