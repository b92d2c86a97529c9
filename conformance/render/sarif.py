"""Issues as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format), for code review and dashboards.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; the numbers below are its sections.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from conformance.catalogue import Code
from conformance.issue import Issue, Severity
from conformance.render.checked import Accepted, Checked, codes_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVEL: Mapping[Severity, str] = {"fatal": "error", "error": "error", "warning": "warning", "information": "note"}
"""Section 3.27.10."""


def sarif(checked: Iterable[Checked], *, found: bool = False, version: str = "") -> dict[str, Any]:
    """One run with a rule for each code that occurs; what a baseline accepts is there as suppressed (3.35).

    `version` is that of the tool; `found` adds the offending text as a property.
    """
    checked = list(checked)
    every = list(_every(checked))
    rules = codes_of(one for one, _ in every)
    places = {row.code: place for place, row in enumerate(rules)}
    driver: dict[str, Any] = {"name": "sdoh-gateway", "rules": [_rule(row) for row in rules]}
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": uri(one.source)}} for one in checked],
        "results": [_result(one, places[one.code], accepted, found) for one, accepted in every],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _every(checked: Iterable[Checked]) -> Iterator[tuple[Issue, Accepted | None]]:
    for one in checked:
        yield from ((issue, None) for issue in one.issues)
        yield from ((accepted.issue, accepted) for accepted in one.accepted)


def uri(source: str) -> str:
    """A file's name as a relative or absolute URI reference (3.4.3); nothing else of ours is addressed."""
    return quote(source.replace("\\", "/"), safe="/._-~")


def _rule(row: Code) -> dict[str, Any]:
    """Section 3.49, reportingDescriptor."""
    rule: dict[str, Any] = {
        "id": row.code,
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": row.why},
        "defaultConfiguration": {"level": _LEVEL[row.severity]},
    }
    if row.spec.startswith(("http://", "https://")):
        rule["helpUri"] = row.spec
    return rule


def _result(one: Issue, rule: int, accepted: Accepted | None, found: bool) -> dict[str, Any]:
    """Section 3.27, result."""
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": _LEVEL[one.severity],
        "message": {"text": one.message},
        "partialFingerprints": {"place/v1": _fingerprint(one)},
    }
    if location := _location(one):
        result["locations"] = [location]
    if accepted:
        result["suppressions"] = [{"kind": "external", "justification": accepted.reason}]
    if found and one.found is not None:
        result["properties"] = {"found": one.found}
    return result


def _location(one: Issue) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if one.at.source:
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri(one.at.source)}}
        if one.at.line:
            region = {"startLine": one.at.line, "startColumn": one.at.column}
            physical["region"] = {name: value for name, value in region.items() if value}
        location["physicalLocation"] = physical
    if one.at.path:
        location["logicalLocations"] = [{"fullyQualifiedName": one.at.path}]
    return location


def _fingerprint(one: Issue) -> str:
    """Section 3.27.17: the same finding in the next run, wherever its line has moved to."""
    return sha256("\n".join((one.code, one.at.source, one.at.path, one.message)).encode()).hexdigest()[:32]
