"""What every part of the gateway says about data: `Issue`, its place `Where`, and `Result`, a value with issues.

Problems in data are values, bugs are exceptions. An issue's code is a row of the catalogue (`conformance.catalogue`),
which also writes its message, so that no message can carry patient data: only `found` may.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

Severity = Literal["fatal", "error", "warning", "information"]

SEVERITIES: tuple[Severity, ...] = ("fatal", "error", "warning", "information")
"""Worst first: the IssueSeverity codes of FHIR R4."""

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a source, in the notation of the source's own format.

    `path`: HL7 v2 `OBX[3]-5[1].2` (1-based), FHIRPath, XPath, or `row 17, column D "Zip"`.
    `line` and `column` are 1-based; they are computed when an Issue needs them, never for clean input.
    """

    source: str = ""
    path: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        position = "" if self.line is None else f":{self.line}" + ("" if self.column is None else f":{self.column}")
        return " ".join(part for part in (f"{self.source}{position}".lstrip(":"), self.path) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One finding. `found` is the offending text: the one field that may hold patient data."""

    severity: Severity
    code: str
    message: str
    at: Where = Where()
    spec: str = ""
    found: str | None = None

    def within(self, source: str) -> Issue:
        """The same issue, in the named source (a file or an envelope id)."""
        return replace(self, at=replace(self.at, source=source))

    def redacted(self) -> Issue:
        """The same issue without what was found: for logs and shared reports."""
        return self if self.found is None else replace(self, found=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Generic[T_co]):
    """A value, or None where there can be none, with all issues found on the way."""

    value: T_co | None
    issues: tuple[Issue, ...] = ()

    @property
    def ok(self) -> bool:
        """True when there is a value and nothing at or above `error` was found."""
        return self.value is not None and not has_errors(self.issues)


def has_errors(issues: Iterable[Issue]) -> bool:
    return any(issue.severity in ("fatal", "error") for issue in issues)


def at_least(severity: Severity) -> frozenset[Severity]:
    """The severities that are as bad as this one or worse."""
    return frozenset(SEVERITIES[: SEVERITIES.index(severity) + 1])
