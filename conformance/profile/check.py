"""Evaluates a profile on a document: every check, every finding, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.catalogue import issue
from conformance.document import Document, Reader, Reading, Unreadable
from conformance.issue import Issue, Where
from conformance.profile.model import Check, Look, Profile, Value, View
from conformance.profile.tests import text, valued
from conformance.terminology.value_set import Answer

_NOTHING: Mapping[str, list[Value]] = {}


class Known(dict[str, list[Value]]):
    """What carries information at each path of a view that was asked for: many rules ask for the same."""

    def __init__(self, view: View, read: Mapping[str, list[Value]]) -> None:
        super().__init__(read)
        self._values = view.values

    def __missing__(self, path: str) -> list[Value]:
        found = self[path] = [*filter(valued, self._values(path))]
        return found


class Found:
    """A value that a rule looks at, as profiles compare it (a text). `index` counts what carries information at the
    rule's path; None is the owner of what isn't there."""

    __slots__ = ("index", "raw", "value")

    def __init__(self, raw: Value, index: int | None = None) -> None:
        self.raw = raw
        self.value = raw if type(raw) is str else text(raw)
        self.index = index


class Findings:
    """The `Report` of the rules that look at one view: what their demands tell becomes issues in the profile's words.
    `rule` is the one whose turn it is."""

    rule: Check

    def __init__(
        self, profile: Profile, view: View, issues: list[Issue], read: Mapping[str, list[Value]] = _NOTHING
    ) -> None:
        self.profile, self.view, self.issues = profile, view, issues
        self.look: Look = Known(view, read).__getitem__
        self._places: dict[str, list[Where]] = {}

    def report(self, code: str, node: Found, *, found: Any = None, **words: Any) -> None:
        shown = None if isinstance(node.raw, (dict, list)) else found
        made = issue(code, self._where(node.index), found=shown, **words)
        self.issues.append(_of(self.profile, self.rule, made))

    def _where(self, index: int | None) -> Where:
        """A place is found out when there is something to tell of it."""
        view, path = self.view, self.rule.path
        if index is None:
            return Where(path=".".join(part for part in (view.base, path) if part))
        if path not in self._places:
            self._places[path] = [where for value, where in view.places(path) if valued(value)]
        return self._places[path][index]

    def unchecked_once(self, code: str, node: Found, subject: str, **words: Any) -> None:
        self.report(code, node, **words)

    def unreadable(self, problem: Unreadable) -> None:
        told = issue("PRO-0112", problem=str(problem))
        self.issues.append(_of(self.profile, replace(self.rule, severity=None, message=""), told))

    def member(self, found: Any, value_set: str, near: str = "") -> Answer:
        from conformance.terminology import default_terminology

        return default_terminology().member(value_set, None, str(found), near)

    def holds(self, expression: str) -> bool:
        """Whether an expression is true; nothing found is no consent."""
        answers = self.view.values(expression)
        return bool(answers) and all(value is True for value in answers)


def check(profile: Profile, document: Document, format_: Reading | None = None) -> tuple[Issue, ...]:
    """All findings of a profile. `format_` is the document's; FHIR is read by our FHIRPath."""
    if document.format != profile.format:
        return (issue("PRO-0001", profile=profile.id, wanted=profile.format, format=document.format),)
    found: list[Issue] = []
    reader: Callable[[tuple[str, ...]], Reader] | None = getattr(format_, "reader", None)
    read = _NOTHING if reader is None else reader(profile.paths)(document)
    whole = Findings(profile, _view(document, format_), found, read)
    try:
        if profile.applies is not None and not profile.applies(whole.look):
            return (issue("PRO-0002", profile=profile.id),)
    except Unreadable as problem:
        return (issue("PRO-0112", problem=str(problem)),)
    parts: dict[str, list[Findings]] = {}
    for rule in profile.checks:
        whole.rule = rule
        try:
            if not rule.each:
                _look_at(rule, whole)
                continue
            if rule.each not in parts:
                parts[rule.each] = [Findings(profile, part, found) for part in whole.view.parts(rule.each)]
            for findings in parts[rule.each]:
                findings.rule = rule
                _look_at(rule, findings)
        except Unreadable as problem:
            whole.unreadable(problem)
    return tuple(found)


def _look_at(rule: Check, findings: Findings) -> None:
    """A rule where it stands: what must be true there, how many values there are, then each of them."""
    look = findings.look
    count = rule.applying
    if rule.when is not None and not rule.when(look):
        count = rule.otherwise
    else:
        for demand in rule.whole:
            demand(findings, Found(None))
    if count is None:
        return
    values = look(rule.path)
    number = len(values)
    if number < count.least or (count.most is not None and number > count.most):
        count(findings, Found(None), [Found(value, index) for index, value in enumerate(values)])
    if rule.demands:
        for index, value in enumerate(values):
            found = Found(value, index)
            for demand in rule.demands:
                demand(findings, found)


def _view(document: Document, format_: Reading | None) -> View:
    if document.format == "fhir":
        from conformance.fhir.fhirpath.view import View as FhirView

        return FhirView.of(document.root)
    if format_ is None:
        raise ValueError(f"a profile of {document.format} needs the format")
    return DocumentView(document, format_)


class DocumentView:
    """A document, or a part of one at the path `base`, as its format reads it."""

    def __init__(self, document: Document, format_: Reading, base: str = "") -> None:
        self.document, self.format, self.base = document, format_, base

    def values(self, path: str) -> list[Value]:
        return [value for value, _ in self.format.values(self.document, path)]

    def places(self, path: str) -> list[tuple[Value, Where]]:
        found = self.format.values(self.document, path)
        return [(value, self._below(where)) for value, where in found] if self.base else found

    def parts(self, path: str) -> Iterator[View]:
        for value, where in self.places(path):
            yield DocumentView(replace(self.document, root=value), self.format, where.path)

    def _below(self, where: Where) -> Where:
        return replace(where, path=f"{self.base}.{where.path}" if where.path else self.base)


def _of(profile: Profile, rule: Check, found: Issue) -> Issue:
    """The finding as the profile says it: who asks, how bad it is, in whose words."""
    origin = f"{profile.id}, {rule.id}" + (" (a rule of this gateway)" if rule.ours else "")
    return Issue(
        severity=rule.severity or found.severity,
        code=found.code,
        message=f"{rule.message or found.message} [{origin}]",
        at=found.at,
        spec=rule.spec or profile.spec or found.spec,
        found=found.found,
    )
