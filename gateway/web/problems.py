"""Refusals as bodies: an OperationOutcome on FHIR paths, else a problem of RFC 9457."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict

from conformance.issue import Issue
from conformance.render.operation_outcome import operation_outcome
from gateway.web.media import FHIR, PROBLEM
from gateway.web.route import Refused


class Finding(BaseModel):
    """An issue. `path` is in the notation of the source's format; `found` is there only where it was asked for."""

    model_config = ConfigDict(extra="forbid")

    severity: str
    code: str
    message: str
    source: str | None = None
    path: str | None = None
    line: int | None = None
    column: int | None = None
    found: str | None = None


class Problem(BaseModel):
    """`application/problem+json`, RFC 9457. `request` is the id under which the log has it."""

    model_config = ConfigDict(extra="forbid")

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    request: str
    issues: list[Finding] = []


def shown(issues: Iterable[Issue], *, found: bool = False) -> list[Finding]:
    """The issues as a client sees them."""
    return [
        Finding(
            severity=one.severity,
            code=one.code,
            message=one.message,
            source=one.at.source or None,
            path=one.at.path or None,
            line=one.at.line,
            column=one.at.column,
            found=one.found if found else None,
        )
        for one in issues
    ]


def bodied(refused: Refused, *, fhir: bool, request: str) -> tuple[dict[str, Any], str]:
    """The body of a refusal and its media type."""
    if fhir:
        return operation_outcome(refused.issues), FHIR
    problem = Problem(
        title=HTTPStatus(refused.status).phrase,
        status=refused.status,
        detail=refused.issues[0].message if refused.issues else None,
        request=request,
        issues=shown(refused.issues),
    )
    return problem.model_dump(exclude_none=True), PROBLEM
