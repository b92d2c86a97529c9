"""Invariants of definitions, keyed by expression: compiled FHIRPath, and Python for those that fire all the time.

An expression that gives nothing is violated; one that can't be evaluated is "not checked", never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.fhir import fhirpath, native
from conformance.fhir.fhirpath import FhirPathError, Node

if TYPE_CHECKING:
    from conformance.fhir.plan import Check, Invariant
    from conformance.fhir.walk import Walk

_SEVERITIES = {"error": "FHIR-0050", "warning": "FHIR-0051"}


def compiled(rules: Iterable[Invariant]) -> Check:
    """The check of all invariants of an element. Those that can't be broken by what is there are passed over."""
    rows = [(rule.needs, native.RULES.get(rule.expression), rule) for rule in rules]
    every = frozenset().union(*(needs for needs, _, _ in rows)) if all(needs for needs, _, _ in rows) else frozenset()

    def check(walk: Walk, node: Node) -> None:
        value = node.value
        structured = type(value) is dict
        if structured and every and every.isdisjoint(value):
            return
        for needs, holds, rule in rows:
            if structured and needs and needs.isdisjoint(value):
                continue
            if holds is None:
                _evaluated(walk, node, rule)
            elif not holds(value):
                _broken(walk, node, rule)

    return check


def _evaluated(walk: Walk, node: Node, rule: Invariant) -> None:
    try:
        answer = fhirpath.compiled(rule.expression)([node], walk.env(node))
    except FhirPathError as error:
        walk.unchecked_once("FHIR-0052", node, rule.expression, key=rule.key, problem=str(error))
        return
    if not _true(answer):
        _broken(walk, node, rule)


def _true(answer: list[Any]) -> bool:
    """Nothing is no consent; a single Boolean decides; anything else that is there is true."""
    if len(answer) != 1:
        return bool(answer)
    value = answer[0].value if type(answer[0]) is Node else answer[0]
    return value if isinstance(value, bool) else True


def _broken(walk: Walk, node: Node, rule: Invariant) -> None:
    code = _SEVERITIES.get(rule.severity, "FHIR-0051")
    walk.report(code, node, key=rule.key, expression=rule.expression)
