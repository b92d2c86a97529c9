"""Validates FHIR R4 resources: the base definitions, the profiles claimed and asked for, terminology and rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from conformance.definitions.registry import Registry
from conformance.fhir import fhirpath
from conformance.fhir.plan import Plans
from conformance.fhir.walk import Walk
from conformance.issue import SEVERITIES, Issue
from conformance.terminology import Terminology

Locator = Callable[[str], tuple[int, int]]
"""Line and column of a FHIRPath location in the text that was parsed."""


class Validator:
    """Definitions, plans and terminology of one set of packages; made once, used for any number of resources."""

    def __init__(self, registry: Registry | None = None) -> None:
        self.registry = registry or Registry()
        self.terminology = Terminology(self.registry)
        self.plans = Plans(self.registry, self.terminology)

    def validate(
        self,
        resource: Any,
        *,
        profiles: Iterable[str] = (),
        locator: Callable[[], Locator] | None = None,
        now: str = "",
    ) -> tuple[Issue, ...]:
        """Every finding on a resource, worst first at each place, in the resource's order.

        `profiles`: canonicals besides those in meta.profile. `locator` is only called when there is something to
        locate. `now` (a dateTime) serves expressions that ask for the time.
        """
        root = fhirpath.root(resource)
        walk = Walk(self.plans, self.terminology, root, now=now)
        walk.resource(root, profiles)
        walk.end()
        found = _distinct(walk.issues)
        return _located(found, locator()) if found and locator is not None else found


def _distinct(found: list[Issue]) -> tuple[Issue, ...]:
    """Without repetitions: profiles share rules, and each finding is told once, at its worst."""
    best: dict[tuple[str, str, str], Issue] = {}
    for each in found:
        key = (each.code, each.at.path, each.message)
        held = best.get(key)
        if held is None or SEVERITIES.index(each.severity) < SEVERITIES.index(held.severity):
            best[key] = each
    return tuple(best.values())


def _located(found: tuple[Issue, ...], locate: Locator) -> tuple[Issue, ...]:
    located = []
    for each in found:
        line, column = locate(each.at.path)
        located.append(replace(each, at=replace(each.at, line=line, column=column)))
    return tuple(located)


@cache
def default_validator() -> Validator:
    """Over the packages that ship."""
    return Validator()


def validate(
    resource: Any,
    *,
    profiles: Iterable[str] = (),
    validator: Validator | None = None,
    locator: Callable[[], Locator] | None = None,
    now: str = "",
) -> tuple[Issue, ...]:
    """Findings on a resource (a dict as FHIR JSON gives it); see `Validator.validate`."""
    return (validator or default_validator()).validate(resource, profiles=profiles, locator=locator, now=now)
