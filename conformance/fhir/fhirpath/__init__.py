"""FHIRPath on FHIR R4 JSON: our own evaluator, because validation asks it some twenty times per resource.

`values` reads paths for profiles and routes; `compiled` with an `Env` is for the validator. fhirpathpy serves the
tests as a second opinion.
"""

from __future__ import annotations

from typing import Any

from conformance.fhir.fhirpath.evaluate import Env, compiled
from conformance.fhir.fhirpath.node import Node, lineage, root, type_of
from conformance.fhir.fhirpath.references import resolver
from conformance.fhir.fhirpath.syntax import FhirPathError
from conformance.issue import Where

__all__ = ["Env", "FhirPathError", "Node", "compiled", "evaluate", "lineage", "root", "type_of", "values"]


def evaluate(resource: Any, expression: str, *, base: str = "", **env: Any) -> list[Any]:
    """The collection that an expression gives on a resource: `Node`s and plain values."""
    start = root(resource, base)
    focus = [start]
    environment = Env(resource=start, root=start, context=start, resolve=resolver(start), this=focus, **env)
    return compiled(expression)(focus, environment)


def values(resource: Any, expression: str) -> list[tuple[Any, Where]]:
    """Every value at a path with its place; results that are no part of the resource have none."""
    from conformance.fhir.fhirpath.view import View

    return View.of(resource).places(expression)
