"""Invariants of definitions, keyed by expression: compiled FHIRPath, and Python for those that fire all the time.

An expression that gives nothing is violated; one that can't be evaluated is "not checked", never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.fhir import fhirpath, native
from conformance.fhir.fhirpath import FhirPathError, Node
from conformance.profile.demands import Demand, Saying, true

if TYPE_CHECKING:
    from conformance.fhir.plan import Invariant
    from conformance.fhir.walk import Walk

_SEVERITIES = {"error": "FHIR-0050", "warning": "FHIR-0051"}


def compiled(rules: Iterable[Invariant]) -> Demand:
    """The demand of all invariants of an element. Those that can't be broken by what is there are passed over."""
    rows = [(rule.needs, _demand(rule)) for rule in rules]
    every = frozenset[str]().union(*(needs for needs, _ in rows)) if all(needs for needs, _ in rows) else frozenset()

    def demand(walk: Walk, node: Node) -> None:
        value = node.value
        structured = type(value) is dict
        if structured and every and every.isdisjoint(value):
            return
        for needs, each in rows:
            if not (structured and needs and needs.isdisjoint(value)):
                each(walk, node)

    return demand


def _demand(rule: Invariant) -> Demand:
    saying = Saying(_SEVERITIES.get(rule.severity, "FHIR-0051"), {"key": rule.key, "expression": rule.expression})
    holds = native.RULES.get(rule.expression)
    if holds is not None:
        return true(lambda walk, node: holds(node.value), saying)
    return true(partial(_evaluated, rule=rule), saying)


def _evaluated(walk: Walk, node: Node, rule: Invariant) -> bool:
    """Whether an expression holds; one that can't be evaluated is told, and not broken."""
    try:
        return _true(fhirpath.compiled(rule.expression)([node], walk.env(node)))
    except FhirPathError as error:
        walk.unchecked_once("FHIR-0052", node, rule.expression, key=rule.key, problem=str(error))
        return True


def _true(answer: list[Any]) -> bool:
    """Nothing is no consent; a single Boolean decides; anything else that is there is true."""
    if len(answer) != 1:
        return bool(answer)
    value = answer[0].value if type(answer[0]) is Node else answer[0]
    return value if isinstance(value, bool) else True
