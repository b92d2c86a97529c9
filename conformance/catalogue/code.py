"""One row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from conformance.issue import Severity

IssueType = Literal[
    "structure", "required", "value", "invariant", "invalid", "code-invalid", "not-supported", "duplicate",
    "not-found", "too-long", "extension", "business-rule", "processing", "incomplete", "informational",
    "security", "exception", "conflict", "throttled", "timeout", "transient", "multiple-matches", "suppressed",
]  # fmt: skip
"""Codes of http://hl7.org/fhir/issue-type that the gateway uses in OperationOutcome.issue.code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """`message` is a `str.format` template; `err` the HL7 table 0357 code that an ERR segment gives for it."""

    code: str
    severity: Severity
    title: str
    message: str
    why: str
    example: str = ""
    spec: str = ""
    type: IssueType = "invalid"
    err: str = "207"
