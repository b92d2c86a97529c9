"""Value sets: whether a code is in one, three-valued. https://hl7.org/fhir/R4/valueset.html#compositions"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.definitions.pack import Facts
from conformance.terminology import registered

if TYPE_CHECKING:
    from conformance.terminology import Terminology
    from conformance.terminology.code_system import CodeSystem, Concept

Answer = bool | None
"""True, False, or None: what is here doesn't tell."""

DEEPEST = 12


def all_of(answers: list[Answer]) -> Answer:
    return False if False in answers else None if None in answers else True


def any_of(answers: list[Answer]) -> Answer:
    return True if True in answers else None if None in answers else False


class ValueSet:
    def __init__(self, facts: Facts, origin: str, terminology: Terminology) -> None:
        self.url = str(facts.get("url", ""))
        self.origin = origin
        self._terminology = terminology
        self._include = facts.get("include", [])
        self._exclude = facts.get("exclude", [])
        self._expansion = {(row[0], row[1]) for row in facts.get("expansion", ())}
        self._partial = bool(facts.get("partial"))
        self._closed = bool(facts.get("closed"))
        """True where no other system takes part than those of the codes that are known."""
        self._listed = {id(part): {row[0] for row in part["concept"]} for part in self._parts() if "concept" in part}
        self.systems = {part.get("system") for part in self._include} | {system for system, _ in self._expansion}

    def _parts(self) -> list[Facts]:
        return [*self._include, *self._exclude]

    def member(self, system: str | None, code: str, depth: int = 0) -> Answer:
        """Whether the code of that system (None: of any system) is in the set."""
        if depth > DEEPEST:
            return None
        if self._expansion:
            found = any(code == held and system in (None, owner) for owner, held in self._expansion)
            elsewhere = self._closed and system is not None and system not in self.systems
            return True if found else None if self._partial and not elsewhere else False
        if not self._include:
            return None
        inside = any_of([self._part(part, system, code, depth) for part in self._include])
        if inside is False or not self._exclude:
            return inside
        outside = any_of([self._part(part, system, code, depth) for part in self._exclude])
        return all_of([inside, None if outside is None else not outside])

    def _part(self, part: Facts, system: str | None, code: str, depth: int) -> Answer:
        """All conditions of an include or exclude hold: its system, its codes or filters, its value sets."""
        answers: list[Answer] = []
        owner = part.get("system")
        if owner is not None:
            if system is not None and system != owner:
                return False
            answers.append(self._in_system(part, owner, code))
            if answers[0] is False:
                return False
        for url in part.get("valueSet", ()):
            inner = self._terminology.value_set(url, self.origin)
            answers.append(None if inner is None else inner.member(system, code, depth + 1))
        return all_of(answers) if answers else None

    def _in_system(self, part: Facts, owner: str, code: str) -> Answer:
        listed = self._listed.get(id(part))
        if listed is not None:
            if code in listed:
                return True
            held = self._terminology.system(owner, self.origin)
            return held is not None and not held.case_sensitive and code.lower() in {each.lower() for each in listed}
        filters = part.get("filter", ())
        if not filters:
            return self._terminology.has(owner, code, self.origin)
        if owner == registered.BCP_47:
            kinds = registered.subtags(code)
            return False if kinds is None else all_of([_of_kind(kinds, each) for each in filters])
        system = self._terminology.system(owner, self.origin)
        concept = system.find(code) if system is not None else None
        if system is None or concept is None:
            return False if system is not None and system.complete else self._impossible(owner, code)
        return all_of([_filtered(system, concept, each) for each in filters])

    def _impossible(self, owner: str, code: str) -> Answer:
        return False if self._terminology.has(owner, code, self.origin) is False else None

    def codes(self) -> dict[str, set[str]] | None:
        """Every code by system, where all parts can be listed; None where not."""
        found: dict[str, set[str]] = {}
        for system, code in self._expansion:
            found.setdefault(system, set()).add(code)
        for part in self._include:
            candidates = self._candidates(part)
            if candidates is None:
                return None
            for system, codes in candidates.items():
                found.setdefault(system, set()).update(code for code in codes if self.member(system, code) is True)
        return found

    def _candidates(self, part: Facts) -> dict[str, set[str]] | None:
        owner = part.get("system")
        if owner is None:
            inner = [self._terminology.value_set(url, self.origin) for url in part.get("valueSet", ())]
            return inner[0].codes() if inner and inner[0] is not None else None
        if id(part) in self._listed:
            return {owner: self._listed[id(part)]}
        system = self._terminology.system(owner, self.origin)
        return (
            {owner: {each.code for each in system.concepts.values()}}
            if system is not None and system.complete
            else None
        )


def _of_kind(kinds: frozenset[str], rule: Facts) -> Answer:
    """Filters of languages: https://hl7.org/fhir/R4/terminologies-systems.html#4.3.0.0.2"""
    wanted = {"true": True, "false": False}.get(str(rule.get("value")))
    return None if rule.get("op") != "exists" or wanted is None else (rule.get("property") in kinds) is wanted


def _filtered(system: CodeSystem, concept: Concept, rule: Facts) -> Answer:
    operation, value, name = str(rule.get("op", "")), str(rule.get("value", "")), str(rule.get("property", ""))
    above = system.ancestors(concept.code)
    if operation == "is-a":
        return concept.code == value or value in above
    if operation == "descendent-of":
        return value in above
    if operation == "is-not-a":
        return concept.code != value and value not in above
    if operation == "generalizes":
        return concept.code == value or concept.code in system.ancestors(value)
    held = _property(system, concept, name)
    if operation == "exists":
        return bool(held) == (value == "true")
    if operation == "=":
        return value in held
    if operation in ("in", "not-in"):
        return bool(held & set(re.split(r"\s*,\s*", value))) == (operation == "in")
    if operation == "regex" and len(value) < 200:
        try:
            return any(len(each) < 500 and re.fullmatch(value, each) is not None for each in held)
        except re.error:
            return None
    return None


def _property(system: CodeSystem, concept: Concept, name: str) -> set[str]:
    """The values of a property or of what every concept has (code, display, parent), as texts."""
    if name in ("code", "concept"):
        return {concept.code}
    if name == "display":
        return set(concept.displays)
    if name == "parent":
        return set(concept.parents)
    if name == "child":
        return {each.code for each in system.concepts.values() if concept.code in each.parents}
    return {_text(each) for each in concept.properties.get(name, ())}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.get("code", "")) if isinstance(value, dict) else str(value)
