"""Issues as a FHIR R4 OperationOutcome, https://hl7.org/fhir/R4/operationoutcome.html."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from conformance.catalogue import code
from conformance.issue import Issue

SYSTEM = "urn:sdoh-gateway:issue"
"""The code system of our issue codes; `docs/issues.md` lists them."""

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/operationoutcome-"
_FHIRPATH = re.compile(r"[A-Z][A-Za-z]+(\.[a-z_]\w*(\([^()]*\))?(\[\d+\])?)*")
_ALL_OK = {"severity": "information", "code": "informational", "details": {"text": "No issues found."}}


def operation_outcome(issues: Iterable[Issue], *, found: bool = False) -> dict[str, Any]:
    """With one information issue when there is none, since the resource needs at least one.

    A FHIRPath stands in `expression`, another format's path in `location`; file, line and column in HL7's extensions;
    `found` adds the offending text as `diagnostics`.
    """
    entries = [_issue(one, found=found) for one in issues]
    return {"resourceType": "OperationOutcome", "issue": entries or [_ALL_OK]}


def _issue(one: Issue, *, found: bool) -> dict[str, Any]:
    row = code(one.code)
    entry: dict[str, Any] = {}
    if extensions := _extensions(one):
        entry["extension"] = extensions
    coding = {"system": SYSTEM, "code": one.code, "display": row.title}
    entry |= {"severity": one.severity, "code": row.type, "details": {"coding": [coding], "text": one.message}}
    if found and one.found:
        entry["diagnostics"] = one.found
    if one.at.path:
        entry["expression" if _FHIRPATH.fullmatch(one.at.path) else "location"] = [one.at.path]
    return entry


def _extensions(one: Issue) -> list[dict[str, Any]]:
    places = (("file", "valueString", one.at.source), ("issue-line", "valueInteger", one.at.line),
              ("issue-col", "valueInteger", one.at.column), ("issue-source", "valueString", one.spec))  # fmt: skip
    return [{"url": _EXTENSION + name, key: value} for name, key, value in places if value]
