"""An element against the templates that it claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from conformance.catalogue import issue
from conformance.ccda.codes import described
from conformance.ccda.expression import Around, holds
from conformance.ccda.layout import lineage
from conformance.ccda.library import BALLOT, Hold, Rule, Template, rows, template, title
from conformance.ccda.node import Node, Place, is_null, own_text
from conformance.issue import Issue, Where

_VERSION = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_NULL = r"(?:nullFlavor\.exists\(\) or )?"
_PATH = re.compile(_NULL + r"([\w.]+?)(?:\.exists\(\))?")
_WITH = re.compile(_NULL + r"(\w+)\.where\((\w+)\.hasTemplateIdOf\('([\w.]+)'\)\)(?:\.exists\(\))?")
"""Constraints that only ask for something to be there: a path, or a child of a template."""
SECOND = "2014-06-09"
"""The release after R1.1. What it asks by R1.1's numbers is as strong in all that follow."""
_DATA_TYPES = frozenset(("AD", "PN", "TS", "IVL_TS"))
"""Templates of these are never claimed: they hold where a rule names them."""


def version_of(said: str) -> str:
    """The version that an element claims; empty for R1.1, which has none, and for what is none."""
    return said if _VERSION.fullmatch(said) else ""


@dataclass(slots=True)
class Templates:
    """Checks elements by their templates, and remembers which value sets couldn't be looked into."""

    place: Place
    around: Around
    unknown: dict[str, Issue] = field(default_factory=dict)
    told: set[tuple[int, str]] = field(default_factory=set)
    """Elements and names that were told to be missing in them."""

    def check(self, node: Node) -> Iterator[Issue]:
        """What the templates that an element claims ask of it and of what is in it."""
        for root, said in node.templates.items():
            known = template(root)
            if known is None:
                continue
            if _element(known.of) not in ("", node.name):
                words = {"template": known.title, "root": root, "element": _element(known.of), "other": node.name}
                yield issue("CDA-0233", self.place(node, ""), **words)
            else:
                yield from self.by(node, known, version_of(said))

    def by(self, node: Node, known: Template, version: str) -> Iterator[Issue]:
        """The findings of one template in the newest version not later than the one claimed."""
        at = _Claim(known, version)
        for other in known.also:
            if other not in node.templates:
                words = {"template": known.title, "other": title(other), "root": other}
                yield at.found("CDA-0222", self.place(node, ""), None, **words)
        for rule in known.rules:
            yield from self._rule(node, rule, at)
        yield from self._holds(node, known.holds, at, "")

    def conforms(self, node: Any, root: str) -> bool:
        """Whether an element meets a template's rules, warnings aside."""
        known = template(root)
        return known is None or all(each.severity != "error" for each in self.by(node, known, ""))

    def _rule(self, node: Node, rule: Rule, at: _Claim) -> Iterator[Issue]:
        if not at.asks(rule):
            return
        if rule.name[0] == "@":
            yield from self._attribute(node, rule, at)
        elif rule.name == "#":
            if rule.least and not own_text(node) and not is_null(node):
                yield at.found("CDA-0201", self.place(node, ""), rule, path=rule.path, template=at.template.title)
        else:
            yield from self._elements(node, rule, at)

    def _attribute(self, node: Node, rule: Rule, at: _Claim) -> Iterator[Issue]:
        name = rule.name[1:]
        value = node.attributes.get(name)
        words = {"path": rule.path, "template": at.template.title}
        if value is None:
            if rule.least and (not is_null(node) or name == "nullFlavor"):
                self.told.add((id(node), rule.name))
                yield at.found("CDA-0201", self.place(node, ""), rule, **words)
            return
        if rule.most == 0:
            yield at.found("CDA-0202", self.place(node, name), rule, **words, most=0)
        elif rule.values and value not in rule.values:
            values = ", ".join(sorted(rule.values))
            yield at.found("CDA-0203", self.place(node, name), rule, **words, values=values, value=value)
        if rule.bound:
            yield from self._bound(value, self.place(node, name), rule, at, value)

    def _elements(self, node: Node, rule: Rule, at: _Claim) -> Iterator[Issue]:
        every: Sequence[Any] = node.kids.get(rule.name, ())
        there = [each for each in every if _fits(each, rule.slice)] if rule.slice else every
        most = rule.most if at.version >= rule.several else None
        if len(there) < rule.least or (most is not None and len(there) > most):
            yield from self._number(node, there, rule, at)
        for each in there:
            yield from self._element(each, rule, at)
        if rule.templates and there:
            yield from self._contained(there, rule, at)

    def _number(self, node: Node, there: Sequence[Any], rule: Rule, at: _Claim) -> Iterator[Issue]:
        """Too few or too many of what a rule means; a null element need not hold anything."""
        words = {"path": rule.path + _described(rule), "template": at.template.title}
        if rule.most is not None and len(there) > rule.most:
            yield at.found("CDA-0202", self.place(there[rule.most], ""), rule, **words, most=rule.most)
        elif not is_null(node):
            self.told.add((id(node), rule.name))
            yield at.found("CDA-0201", self.place(node, ""), rule, **words)

    def _element(self, node: Node, rule: Rule, at: _Claim) -> Iterator[Issue]:
        for inner in rule.rules:
            yield from self._rule(node, inner, at)
        if is_null(node):
            return
        said = node.attributes.get("xsi:type")
        if rule.types and said is not None and not any(each in rule.types for each in lineage(said)):
            words = {"path": rule.path, "template": at.template.title, "types": ", ".join(rule.types)}
            yield at.found("CDA-0221", self.place(node, ""), rule, **words, value=said)
        if rule.bound and "code" in node.attributes:
            yield from self._bound(node, self.place(node, "code"), rule, at, node.attributes["code"])
        yield from self._holds(node, rule.holds, at, rule.path)

    def _contained(self, there: Sequence[Any], rule: Rule, at: _Claim) -> Iterator[Issue]:
        """Elements that must claim a template; data types, which claim none, are held against theirs."""
        for root in rule.templates:
            known = template(root)
            if known is not None and known.of in _DATA_TYPES:
                for each in there:
                    yield from () if is_null(each) else self.by(each, known, at.version)
                return
        if rule.least and not any(root in each.templates for each in there for root in rule.templates):
            words = {"path": rule.path, "template": at.template.title, "other": title(rule.templates[0])}
            yield at.found("CDA-0223", self.place(there[0], ""), rule, **words, root=rule.templates[0])

    def _bound(self, code: Any, where: Where, rule: Rule, at: _Claim, found: str) -> Iterator[Issue]:
        answer = self.around.member(rule.bound, code)
        words = {"path": rule.path, "template": at.template.title, "value_set": described(rule.bound)}
        if answer is False:
            yield at.found("CDA-0224", where, rule, **words, value=found)
        elif answer is None and rule.bound not in self.unknown:
            self.unknown[rule.bound] = at.found("CDA-0225", where, rule, **words)

    def _holds(self, node: Node, constraints: Sequence[Hold], at: _Claim, path: str) -> Iterator[Issue]:
        for each in () if is_null(node) else constraints:
            if at.asks(each) and holds(each.expression, node, self.around) is False:
                yield self._broken(node, each, at, path)

    def _broken(self, node: Node, hold: Hold, at: _Claim, path: str) -> Issue:
        """What only asks for something to be there is said as such."""
        where, words = self.place(node, ""), {"template": at.template.title}
        if (asked := _PATH.fullmatch(hold.expression)) is not None:
            wanted = f"{path}/{asked[1].replace('.', '/')}".lstrip("/")
        elif (asked := _WITH.fullmatch(hold.expression)) is not None:
            wanted = f"{path}/{asked[1]}[{asked[2]}: {title(asked[3])}]".lstrip("/")
        else:
            wanted = _words().get(hold.key) or f"this must hold: {hold.expression}"
            return at.found("CDA-0227", where, hold, **words, key=hold.key, wanted=wanted)
        return at.found("CDA-0226" if hold.warning else "CDA-0201", where, hold, **words, path=wanted)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A template and the version in which an element claims it."""

    template: Template
    version: str

    def asks(self, rule: Rule | Hold) -> bool:
        """True where the version claimed has the rule, or the first release one of its number."""
        if isinstance(rule, Rule) and rule.until and self.version >= rule.until:
            return False
        return rule.first or rule.since <= self.version

    def found(
        self, code: str, where: Where, rule: Rule | Hold | None, *, value: str | None = None, **words: Any
    ) -> Issue:
        """A finding with its origin: template, version and the rule's number; of a ballot's rule a warning."""
        made = issue(code, where, found=value, **words)
        mild = rule is not None and (rule.warning or rule.since >= BALLOT or self.version < min(rule.since, SECOND))
        origin = self.template.root + (f":{self.version}" if self.version else "")
        conf = f", CONF:{rule.conf}" if rule is not None and rule.conf else ""
        message = f"{made.message} [{origin}{conf}]"
        return replace(
            made, message=message, severity="warning" if mild and made.severity == "error" else made.severity
        )


@cache
def _words() -> Mapping[str, str]:
    """What constraints mean, by key."""
    return {row["key"]: row["words"] for row in rows("constraints.csv")}


def _element(of: str) -> str:
    """The element of a class: `participantRole`, `participant` of Participant1."""
    return of if of == "ClinicalDocument" else of[:1].lower() + of[1:].rstrip("0123456789")


def _fits(node: Any, tests: tuple[tuple[str, tuple[str, ...], Any], ...]) -> bool:
    return all(_meets(node, kind, steps, operand) for kind, steps, operand in tests)


def _meets(node: Any, kind: str, steps: tuple[str, ...], operand: Any) -> bool:
    """One test of a slice: a value, a template, a type (times are intervals where they don't say), or whether something
    is there."""
    if kind == "type":
        return node.attributes.get("xsi:type", "IVL_TS") in operand
    found = [node]
    for step in steps:
        if step[0] == "@":
            found = [value for each in found if (value := each.attributes.get(step[1:])) is not None]
        else:
            found = [kid for each in found for kid in each.kids.get(step, ())]
    if kind == "exists":
        return bool(found) is operand
    if kind == "value":
        return operand in found
    return any(root in operand for each in found for root in each.templates)


def _described(rule: Rule) -> str:
    """Which items a rule of a slice means."""
    said = []
    for kind, steps, operand in rule.slice:
        path = "/".join(steps)
        if kind == "profile":
            said.append(f"{path}: {' or '.join(sorted(map(title, operand)))}")
        elif kind == "type":
            said.append(f"@xsi:type={'|'.join(sorted(operand))}")
        else:
            said.append(path if operand is True else f"no {path}" if operand is False else f"{path}={operand}")
    return f"[{', '.join(said)}]" if said else ""
