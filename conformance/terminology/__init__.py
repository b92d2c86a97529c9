"""Terminology, offline: what the loaded packages and registered grammars tell of codes, and never more.

Every question has three answers: True, False, and None for "what is here doesn't tell".
"""

from __future__ import annotations

from functools import cache

from conformance.definitions.registry import Registry
from conformance.terminology.code_system import CodeSystem
from conformance.terminology.registered import SYSTEMS, VALUE_SETS
from conformance.terminology.value_set import Answer, ValueSet

__all__ = ["Answer", "CodeSystem", "Terminology", "ValueSet", "default_terminology"]

_REMEMBERED = 50_000
_GROWING = ("http://hl7.org/fhir/ValueSet/hl7-work-group", "http://hl7.org/fhir/ValueSet/guide-parameter-code")
"""HL7's own registries, of which R4 holds the state of 2019: what isn't in them may be there now."""


class Terminology:
    """Answers from a registry's code systems and value sets, each read when it is first asked for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._systems: dict[tuple[str, str], CodeSystem | None] = {}
        self._sets: dict[tuple[str, str], ValueSet | None] = {}
        self._members: dict[tuple[str, str | None, str, str], Answer] = {}

    def system(self, url: str, near: str = "") -> CodeSystem | None:
        key = (url, near)
        if key not in self._systems:
            found = self._registry.find("CodeSystem", url, near)
            usable = found is not None and found.facts.get("content") in ("complete", "fragment", "example")
            self._systems[key] = CodeSystem(found.facts, found.origin) if found is not None and usable else None
        return self._systems[key]

    def value_set(self, url: str, near: str = "") -> ValueSet | None:
        key = (url, near)
        if key not in self._sets:
            found = self._registry.find("ValueSet", url, near)
            facts = VALUE_SETS.get(url.partition("|")[0]) if found is None else found.facts
            self._sets[key] = None if facts is None else ValueSet(facts, found.origin if found else "", self)
        return self._sets[key]

    def has(self, system: str, code: str, near: str = "") -> Answer:
        """Whether a code system has a code."""
        rule = SYSTEMS.get(system)
        if rule is not None and (answer := rule(code)) is not None:
            return answer
        held = self.system(system, near)
        return None if held is None else held.has(code)

    def displays(self, system: str, code: str, near: str = "") -> tuple[str, ...]:
        """What a code may be called; empty where that isn't known."""
        held = self.system(system, near)
        concept = held.find(code) if held is not None else None
        return concept.displays if concept is not None else ()

    def member(self, value_set: str, system: str | None, code: str, near: str = "") -> Answer:
        """Whether a value set has the code of that system (None: of any)."""
        key = (value_set, system, code, near)
        if key not in self._members:
            if len(self._members) > _REMEMBERED:
                self._members.clear()
            held = self.value_set(value_set, near)
            answer = None if held is None else held.member(system, code)
            self._members[key] = None if answer is False and value_set.partition("|")[0] in _GROWING else answer
        return self._members[key]

    def has_code(self, value_set: str, code: str) -> Answer:
        return self.member(value_set, None, code)


@cache
def default_terminology() -> Terminology:
    """Over the packages that ship."""
    return Terminology(Registry())
