"""What can be wrong with FHIR JSON before any profile is asked: RFC 8259 and https://hl7.org/fhir/R4/json.html."""

from __future__ import annotations

from conformance.catalogue.code import Code

_FHIR = "https://hl7.org/fhir/R4/json.html"
_RFC = "https://www.rfc-editor.org/rfc/rfc8259"

CODES: tuple[Code, ...] = (
    Code(
        code="JSON-0001",
        severity="fatal",
        title="Not JSON",
        message="this is not JSON: {problem}",
        why="Nothing can be read from it. The place is where the reader stopped; the mistake is there or just before.",
        example='{"resourceType": "Patient",}',
        spec=_RFC,
        type="structure",
    ),
    Code(
        code="JSON-0002",
        severity="error",
        title="Not UTF-8",
        message="a byte is not UTF-8; it was read as the replacement character",
        why="FHIR JSON is UTF-8. Another encoding, such as cp1252, turns names into others.",
        spec=f"{_RFC}#section-8.1",
        type="structure",
    ),
    Code(
        code="JSON-0003",
        severity="warning",
        title="Byte order mark",
        message="the text begins with a byte order mark, which was left out",
        why="JSON texts must not begin with one; some receivers refuse it.",
        spec=f"{_RFC}#section-8.1",
        type="structure",
    ),
    Code(
        code="JSON-0004",
        severity="error",
        title="Duplicate property",
        message="the property stands twice in one object; the last one counts",
        why="Readers disagree about which of them counts, so one of the values would be lost without a word.",
        example='{"gender": "male", "gender": "female"}',
        spec=_FHIR,
        type="duplicate",
    ),
    Code(
        code="JSON-0005",
        severity="error",
        title="Not a number",
        message="NaN and Infinity are not JSON; kept as text",
        why="FHIR has no such decimal. A measurement that failed is said with dataAbsentReason.",
        example='{"value": NaN}',
        spec=f"{_RFC}#section-6",
        type="value",
    ),
    Code(
        code="JSON-0006",
        severity="error",
        title="Integer over 64 bits",
        message="the integer has more than 64 bits; its digits are kept",
        why="FHIR's integers have 32 bits (unsignedInt, positiveInt 31); most readers would change the "
        "digits of this one.",
        example='{"value": 99999999999999999999}',
        spec="https://hl7.org/fhir/R4/datatypes.html#integer",
        type="value",
    ),
    Code(
        code="JSON-0007",
        severity="fatal",
        title="Nested too deeply",
        message="objects and arrays are nested more than {limit} deep",
        why="No FHIR resource needs that; it is how a hostile sender exhausts a reader's stack.",
        spec=f"{_RFC}#section-9",
        type="too-long",
    ),
    Code(
        code="JSON-0008",
        severity="fatal",
        title="Too large",
        message="the text has more than {limit} bytes",
        why="One document is held in memory. Large sets are sent as NDJSON, one resource a line.",
        spec="https://hl7.org/fhir/R4/nd-json.html",
        type="too-long",
    ),
    Code(
        code="JSON-0009",
        severity="error",
        title="Half a character",
        message="an escape is one half of a surrogate pair; it was read as the replacement character",
        why="Such a string is no Unicode text and can't be written as UTF-8.",
        example='{"family": "\\ud83d"}',
        spec=f"{_RFC}#section-8.2",
        type="value",
    ),
    Code(
        code="JSON-0010",
        severity="fatal",
        title="Not a resource",
        message="a resource is an object with resourceType; this is {kind}",
        why="A FHIR resource is one JSON object that names its type.",
        example='[{"resourceType": "Patient"}]',
        spec=_FHIR,
        type="structure",
    ),
    Code(
        code="JSON-0011",
        severity="error",
        title="Can't be written as JSON",
        message="the document can't be written as JSON: {problem}",
        why="A value in it has no JSON form: it came from a program, not from a FHIR source.",
        spec=_RFC,
        type="value",
    ),
)
