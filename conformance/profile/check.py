"""Evaluates a profile on a document: every check, every finding, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where
from conformance.profile.model import Check, Look, Profile, Value, Values
from conformance.profile.tests import text, valued
from conformance.terminology.value_set import Answer


@dataclass(frozen=True, slots=True)
class Found:
    """A value that a path found, as profiles compare it (a text), with its place."""

    raw: Value
    where: Where

    @property
    def value(self) -> str:
        return text(self.raw)


class Findings:
    """The `Report` of one rule in one context: what its demands tell becomes issues in the profile's words."""

    def __init__(self, profile: Profile, rule: Check, look: Look) -> None:
        self.profile, self.rule, self.look = profile, rule, look
        self.issues: list[Issue] = []

    def report(self, code: str, node: Found, *, found: Any = None, **words: Any) -> None:
        shown = None if isinstance(node.raw, (dict, list)) else found
        self.issues.append(_of(self.profile, self.rule, issue(code, node.where, found=shown, **words)))

    def unchecked_once(self, code: str, node: Found, subject: str, **words: Any) -> None:
        self.report(code, node, **words)

    def member(self, found: Any, value_set: str, near: str = "") -> Answer:
        from conformance.terminology import default_terminology

        return default_terminology().member(value_set, None, str(found), near)


def check(profile: Profile, document: Document, values: Values | None = None) -> tuple[Issue, ...]:
    """All findings of a profile. `values` reads paths of the document's format; FHIR's are read by our FHIRPath."""
    if document.format != profile.format:
        return (issue("PRO-0001", profile=profile.id, wanted=profile.format, format=document.format),)
    look = _remembered(_look(document, values))
    if profile.applies is not None and not profile.applies(look):
        return (issue("PRO-0002", profile=profile.id),)
    return tuple(found for each in profile.checks for found in _check(profile, each, document, look, values))


def _look(document: Document, values: Values | None, base: str = "") -> Look:
    """Paths of the document; in a part of one, what is found is placed below `base`."""
    if document.format == "fhir":
        from conformance.fhir.fhirpath import values as fhir_values

        return lambda path: fhir_values(document.root, path, base=base)
    if values is None:
        raise ValueError(f"a profile of {document.format} needs the format's values()")
    return lambda path: [(value, _below(base, where)) for value, where in values(document, path)]


def _remembered(look: Look) -> Look:
    """Looks at each path once: many rules ask for the same parts, or under the same condition."""
    known: dict[str, Any] = {}

    def remembered(path: str) -> Any:
        if path not in known:
            known[path] = look(path)
        return known[path]

    return remembered


def _below(base: str, where: Where) -> Where:
    return replace(where, path=".".join(part for part in (base, where.path) if part)) if base else where


def _check(profile: Profile, rule: Check, document: Document, look: Look, values: Values | None) -> Iterator[Issue]:
    contexts = [(look, "")]
    if rule.each:
        there = look(rule.each)
        contexts = [(_look(replace(document, root=node), values, where.path), where.path) for node, where in there]
    for inner, base in contexts:
        findings = Findings(profile, rule, inner)
        _in_context(rule, findings, Where(path=".".join(part for part in (base, rule.path) if part)))
        yield from findings.issues


def _in_context(rule: Check, findings: Findings, place: Where) -> None:
    """A rule where it stands: what must be true there, how many values there are, then each of them."""
    applies = rule.when is None or rule.when(findings.look)
    count = rule.applying if applies else rule.otherwise
    owner = Found(None, place)
    if applies:
        for demand in rule.whole:
            demand(findings, owner)
    if count is None:
        return
    there = [Found(value, where) for value, where in findings.look(rule.path) if valued(value)]
    count(findings, owner, there)
    for each in there:
        for demand in rule.demands:
            demand(findings, each)


def _of(profile: Profile, rule: Check, found: Issue) -> Issue:
    """The finding as the profile says it: who asks, how bad it is, in whose words."""
    origin = f"{profile.id}, {rule.id}" + (" (a rule of this gateway)" if rule.ours else "")
    return replace(
        found,
        severity=rule.severity or found.severity,
        message=f"{rule.message or found.message} [{origin}]",
        spec=rule.spec or profile.spec or found.spec,
    )
