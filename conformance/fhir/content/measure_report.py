"""MeasureReport against its Measure: the same groups and populations. measurereport.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.fhir.content.code_system import objects
from conformance.fhir.fhirpath import Node

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

Codes = frozenset[tuple[str, str]]


def check(walk: Walk, node: Node) -> None:
    _subjects(walk, node)
    canonical = node.value.get("measure")
    measure = walk.plans.registry.find("Measure", canonical) if isinstance(canonical, str) else None
    if measure is None:
        if isinstance(canonical, str):
            walk.unchecked_once("FHIR-0144", node, canonical)
        return
    defined = objects(measure.facts.get("group"))
    seen: list[int] = []
    for index, group in enumerate(objects(node.value.get("group"))):
        path = f"{node.path}.group[{index}]"
        match = _match(group, defined)
        if match is None or match in seen:
            walk.report("FHIR-0140", path, problem="is not one of the measure's" if match is None else "is there twice")
            continue
        seen.append(match)
        _populations(walk, path, group, defined[match])
        _score(walk, path, group, measure.facts.get("scoring"))
    if node.value.get("status") != "error" and len(seen) < len(defined) and node.value.get("type") != "data-collection":
        walk.report("FHIR-0140", node, problem="is missing")


def _match(group: dict[str, Any], defined: list[dict[str, Any]]) -> int | None:
    """The measure's group that a report's group is of: the only one, or the one of the same code."""
    if len(defined) == 1:
        return 0
    codes = _codes(group.get("code"))
    return next((index for index, each in enumerate(defined) if codes & _codes(each.get("code"))), None)


def _populations(walk: Walk, path: str, group: dict[str, Any], defined: dict[str, Any]) -> None:
    allowed = frozenset(code for each in objects(defined.get("population")) for code in _codes(each.get("code")))
    for index, each in enumerate(objects(group.get("population"))):
        codes = _codes(each.get("code"))
        if codes and not codes & allowed:
            walk.report("FHIR-0141", f"{path}.population[{index}]")


def _score(walk: Walk, path: str, group: dict[str, Any], scoring: Any) -> None:
    """A cohort is counted, not scored. measure.html#scoring"""
    cohort = ("http://terminology.hl7.org/CodeSystem/measure-scoring", "cohort")
    if "measureScore" in group and cohort in _codes(scoring):
        walk.report("FHIR-0150", f"{path}.measureScore", problem="has a score, but the measure is of a cohort")


def _counted(walk: Walk, path: str, population: dict[str, Any], node: Node) -> None:
    """The count is the number of the subjects in a list that is here."""
    subjects, count = population.get("subjectResults"), population.get("count")
    reference = subjects.get("reference") if isinstance(subjects, dict) else None
    target = walk.resolve(reference, node) if isinstance(reference, str) else None
    if target is None or target.type != "List" or type(count) is not int:
        return
    number = len(objects(target.value.get("entry")))
    if number != count:
        walk.report("FHIR-0150", path, problem=f"has the count {count}, but {number} subjects")


def _subjects(walk: Walk, node: Node) -> None:
    """subjectResults are for reports of the type subject-list, which need them."""
    listed = node.value.get("type") == "subject-list"
    for number, group in enumerate(objects(node.value.get("group"))):
        for index, each in enumerate(objects(group.get("population"))):
            if ("subjectResults" in each) != listed:
                walk.report("FHIR-0142", f"{node.path}.group[{number}].population[{index}]")
            _counted(walk, f"{node.path}.group[{number}].population[{index}]", each, node)


def _codes(concept: Any) -> Codes:
    codings = objects(concept.get("coding")) if isinstance(concept, dict) else []
    return frozenset((str(each.get("system", "")), str(each.get("code", ""))) for each in codings)
