"""Invariants of definitions, keyed by expression: compiled FHIRPath, and Python for those that fire all the time.

An expression that gives nothing is violated; one that can't be evaluated is "not checked", never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.fhir import fhirpath, native
from conformance.fhir.fhirpath import FhirPathError, Node

if TYPE_CHECKING:
    from conformance.fhir.plan import Invariant
    from conformance.fhir.walk import Walk

_SEVERITIES = {"error": "FHIR-0050", "warning": "FHIR-0051"}


def check(walk: Walk, node: Node, rules: Iterable[Invariant]) -> None:
    """Reports each rule that a node breaks, and each that can't be evaluated here."""
    for rule in rules:
        holds = native.RULES.get(rule.expression)
        if holds is not None:
            if not holds(node.value):
                _broken(walk, node, rule)
            continue
        try:
            answer = fhirpath.compiled(rule.expression)([node], walk.env(node))
        except FhirPathError as error:
            walk.unchecked_once("FHIR-0052", node, rule.expression, key=rule.key, problem=str(error))
            continue
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
