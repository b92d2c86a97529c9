"""FHIR for people: one line a resource, with what tells it from others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from gateway.cli.report import printable

_TELLING = (
    "eventCoding", "eventUri", "title", "name", "identifier", "code", "vaccineCode", "class", "type", "category",
    "valueQuantity", "valueCodeableConcept", "valueString", "criticality", "relationship", "dischargeDisposition",
    "hospitalization", "birthDate", "gender", "clinicalStatus", "status", "period", "onsetDateTime",
)  # fmt: skip
"""Elements in the order in which a reader looks for them, whatever the type."""

_WIDTH = 96


def lines(root: dict[str, Any]) -> Iterator[str]:
    """A Bundle's head and a line for each entry; a single resource as one line."""
    if root.get("resourceType") != "Bundle":
        yield _line(root)
        return
    entries = [entry.get("resource") or {} for entry in root.get("entry", [])]
    yield click.style(f"Bundle of type {root.get('type')}, {len(entries)} resources", bold=True)
    yield from (f"  {_line(resource)}" for resource in entries)


def _line(resource: dict[str, Any]) -> str:
    words = [text for key in _TELLING if key in resource for text in [_text(resource[key])] if text]
    told = " ".join("; ".join(dict.fromkeys(words)).split())
    return f"{resource.get('resourceType', '?'):<20} {printable(told)[:_WIDTH]}"


def _text(value: Any) -> str:
    """The shortest telling form of an element."""
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if not isinstance(value, dict):
        return str(value)
    if "family" in value or "given" in value:
        return " ".join([*value.get("given", []), value.get("family", "")]).strip()
    if "start" in value or "end" in value:
        return f"{value.get('start', '')} to {value.get('end', '')}".strip()
    if "value" in value:
        return " ".join(str(part) for part in (value["value"], value.get("unit", "")) if part)
    for key in ("text", "display", "coding", "dischargeDisposition", "code"):
        if key in value:
            return _text(value[key])
    return ""
