"""Who is told: a table of rules over a message, each decision with its reason.

A rule's `when` is a test in the words of maps and profiles, over three kinds of keys: a named fact (`event`, `class`,
`outreach`, ...), `FORMAT:path` in the source as it came (`hl7v2:PD1-12`), or a FHIRPath in what was made of it. All
rules are asked. `to` adds destinations; `stop` takes away those of an audience, whatever rule added them; `hold` lets
them wait for a person's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Any

from conformance.document import Document, Unreadable
from gateway import formats
from gateway.plan import Audience, Destination, Rule
from gateway.routing.bundle import Pivot
from gateway.routing.facts import CLOSED, FACTS

Look = Callable[[str], list[Any]]
"""What stands at a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One key of a rule's `when`: whether it holds, and what stood there."""

    text: str
    holds: bool
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One rule, asked."""

    rule: Rule
    conditions: tuple[Condition, ...]

    @property
    def matched(self) -> bool:
        return all(condition.holds for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A destination that a rule chose. `stopped` and `held` name the rules that stand in its way."""

    destination: str
    rule: str
    stopped: str | None = None
    held: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """All rules, and what they decided together."""

    verdicts: tuple[Verdict, ...]
    choices: tuple[Choice, ...]


def route(rules: Iterable[Rule], destinations: Mapping[str, Destination], source: Document, pivot: Document) -> Routing:
    """Asks every rule, in their order. A destination chosen twice is told once, by the first rule that named it."""
    look = looking(source, pivot)
    verdicts = tuple(Verdict(rule=rule, conditions=tuple(_asked(rule, look))) for rule in rules)
    matched = [verdict.rule for verdict in verdicts if verdict.matched]
    chosen = {name: rule.name for rule in reversed(matched) for name in reversed(rule.to)}
    choices = [
        Choice(
            destination=name,
            rule=chosen[name],
            stopped=_in_the_way(matched, destinations[name].audience, lambda rule: rule.stop),
            held=_in_the_way(matched, destinations[name].audience, lambda rule: rule.hold),
        )
        for name in dict.fromkeys(name for rule in matched for name in rule.to)
    ]
    return Routing(verdicts=verdicts, choices=tuple(choices))


def _in_the_way(
    matched: list[Rule], audience: Audience, audiences: Callable[[Rule], tuple[Audience, ...]]
) -> str | None:
    return next((rule.name for rule in matched if audience in audiences(rule)), None)


def _asked(rule: Rule, look: Look) -> Iterable[Condition]:
    for key, wanted in rule.when.items():
        text, test = _compiled(key, _frozen(wanted))
        found = () if key in ("all", "any", "not") else tuple(map(str, look(key)))
        yield Condition(text=text, holds=test(partial(_valued, look)), found=found)


def _valued(look: Look, key: str) -> list[Any]:
    from conformance.profile.tests import valued

    return [value for value in look(key) if valued(value)]


def looking(source: Document, pivot: Document) -> Look:
    """Reads any of the three kinds of keys."""
    bundle = Pivot(pivot.root)

    def look(key: str) -> list[Any]:
        if key in FACTS:
            return [*FACTS[key](bundle)]
        name, colon, path = key.partition(":")
        if colon and name.isidentifier() and formats.named(name):
            return _in_source(source, name, path)
        from conformance.fhir.fhirpath import values

        return [value for value, _ in values(pivot.root, key)]

    return look


def _in_source(source: Document, name: str, path: str) -> list[Any]:
    format_ = formats.named(name)
    return [value for value, _ in format_.values(source, path)] if format_ and source.format == name else []


def problem(when: Mapping[str, Any]) -> str | None:
    """What is wrong with the notation of a `when`; None when it can be asked."""
    for key, wanted in when.items():
        try:
            _compiled(key, _frozen(wanted))
        except ValueError as error:
            return f"{key}: {error}"
        asked = [*_asked_for(key, wanted)]
        if wrong := next((wrong for name, test in asked if (wrong := _unknown(name) or _never(name, test))), None):
            return wrong
    return None


def _asked_for(key: str, wanted: Any) -> Iterator[tuple[str, Any]]:
    """The keys that a test reads with what it asks of them, those within `all`, `any` and `not` too."""
    if key not in ("all", "any", "not"):
        yield key, wanted
        return
    for part in wanted if isinstance(wanted, (list, tuple)) else [wanted]:
        for inner, value in part.items() if isinstance(part, Mapping) else ():
            yield from _asked_for(str(inner), value)


def _never(fact: str, wanted: Any) -> str | None:
    """Why a fact can never be what is asked for."""
    if fact not in CLOSED:
        return None
    codes = wanted.get("in", wanted.get("eq", ())) if isinstance(wanted, Mapping) else wanted
    codes = codes if isinstance(codes, (list, tuple)) else [codes]
    wrong = next((code for code in map(str, codes) if code not in CLOSED[fact]), None)
    return None if wrong is None else f"{fact} is never {wrong}{_near(wrong, CLOSED[fact])}"


def _unknown(key: str) -> str | None:
    """Why nothing can ever stand at a key."""
    name, colon, path = key.partition(":")
    if key in FACTS:
        return None
    if colon and name.isidentifier() and formats.named(name):
        return _unreadable(name, path)
    if colon and name.isidentifier():
        return f"there is no format {name}{_near(name, formats.names())}"
    if key.isidentifier() and key not in _BUNDLE:
        return f"there is no fact {key}{_near(key, tuple(FACTS))}"
    from conformance.fhir.fhirpath import FhirPathError, compiled

    try:
        compiled(key)
    except FhirPathError as error:
        return f"{key} is no FHIRPath: {error}"
    return None


def _unreadable(name: str, path: str) -> str | None:
    """Why a path is none of its format: asked of a document with nothing in it, of the formats of ours that have paths
    of a notation of their own."""
    format_ = formats.named(name)
    document = format_.parse(_BLANK[name]).value if format_ is not None and name in _BLANK else None
    try:
        _ = format_.values(document, path) if format_ is not None and document is not None else None
    except Unreadable as error:
        return str(error)
    return None


_BLANK = {
    "hl7v2": b"MSH|^~\\&|\r",
    "ccda": b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>',
    "fhir": b'{"resourceType": "Bundle"}',
}


def _near(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


_BUNDLE = frozenset({"id", "meta", "implicitRules", "language", "identifier", "type", "timestamp", "total", "entry"})
"""Elements of a Bundle, which are paths of one step."""


def _frozen(node: Any) -> Any:
    """The same notation as something that a cache can hold."""
    if isinstance(node, Mapping):
        return ("mapping", tuple((str(key), _frozen(value)) for key, value in node.items()))
    if isinstance(node, (list, tuple)):
        return ("list", tuple(map(_frozen, node)))
    return str(node)


def _thawed(node: Any) -> Any:
    if isinstance(node, str):
        return node
    kind, parts = node
    return {key: _thawed(value) for key, value in parts} if kind == "mapping" else [_thawed(part) for part in parts]


@lru_cache(maxsize=4096)
def _compiled(key: str, wanted: Any) -> tuple[str, Callable[[Look], bool]]:
    """A list without a test means any of its codes, as `{in: [...]}` does."""
    from conformance.profile.tests import compile_test

    plain = _thawed(wanted)
    if isinstance(plain, list) and key not in ("all", "any"):
        plain = {"in": plain}
    return f"{key}: {_text(plain)}", compile_test({key: plain})


def _text(node: Any) -> str:
    if isinstance(node, dict):
        return "{" + ", ".join(f"{key}: {_text(value)}" for key, value in node.items()) + "}"
    return "[" + ", ".join(map(_text, node)) + "]" if isinstance(node, list) else str(node)
