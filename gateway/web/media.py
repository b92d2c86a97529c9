"""Media types of bodies, and the formats that they say a body is in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from gateway import formats

if TYPE_CHECKING:
    from pydantic import BaseModel

JSON = "application/json"
FHIR = "application/fhir+json"
FHIR_XML = "application/fhir+xml"
NDJSON = "application/fhir+ndjson"
PROBLEM = "application/problem+json"

Schema: TypeAlias = "Mapping[str, Any] | type[BaseModel]"
"""Of JSON Schema 2020-12, or the model that the body is made with or read by."""

_TYPES: Mapping[str, tuple[str, ...]] = {
    "hl7v2": ("application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7"),
    "fhir": (FHIR, JSON, FHIR_XML, NDJSON),
    "ccda": ("application/xml", "text/xml", "application/cda+xml"),
    "csv": (
        "text/csv",
        "text/tab-separated-values",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/zip",
    ),
}
"""By format; the first is the one that we send. `x-application/hl7-v2+er7` is what older HL7-over-HTTP clients say."""

ANY = "application/octet-stream"
"""Nothing is said; the format is recognised by the content."""


@cache
def readable() -> Mapping[str, tuple[str, ...]]:
    """The media types of each format that can be read here; those of other distributions say their own."""
    return {name: types_of(name) for name in formats.names()}


def types_of(name: str) -> tuple[str, ...]:
    """The media types that a body of this format may come as."""
    if name in _TYPES:
        return _TYPES[name]
    format_ = formats.named(name)
    return (format_.media_type,) if format_ else ()


def format_of(media_type: str) -> str | None:
    """The format that a media type says; None for one that says none."""
    return next((name for name, types in readable().items() if media_type in types), None)


def taken() -> tuple[str, ...]:
    """Every media type that a document may come as."""
    return (*(one for types in readable().values() for one in types), ANY)


def is_json(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json", "+ndjson"))


RESOURCE: Schema = {
    "title": "Resource",
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"type": "string"}},
}


def schema_of(media_type: str) -> Schema | None:
    """What a body of this media type looks like, as far as a JSON Schema can say it."""
    if media_type in (FHIR, JSON):
        return RESOURCE
    return None if media_type == ANY else {"type": "string"}
