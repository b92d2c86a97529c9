"""FHIR resources as pydantic objects of fhir.resources (R4B), for programs that want types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue, Where


def typed(resource: dict[str, Any]) -> Any:
    """The object of the resource's class; pydantic's ValidationError where the resource isn't structurally sound.

    R4B's classes differ from R4 in few resources; those that the gateway writes are the same in both.
    """
    from fhir.resources.R4B import get_fhir_model_class

    return get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def refusals(resource: dict[str, Any]) -> Iterator[Issue]:
    """What fhir.resources says of a resource, nothing where it takes it. Its own words may hold data, so they are
    `found`."""
    from pydantic import ValidationError

    kind = str(resource.get("resourceType"))
    try:
        typed(resource)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            problem = one["type"].replace("_", " ")
            yield issue("MOD-0001", Where(path=_path(kind, one["loc"])), found=one["msg"], problem=problem)
    except (ValueError, KeyError):
        yield issue("MOD-0002", Where(path="" if kind == "None" else kind))
    except (TypeError, AttributeError, RecursionError) as error:  # its validators expect sound types below
        yield issue("MOD-0001", Where(path=kind), problem=type(error).__name__)


def _path(kind: str, steps: Sequence[int | str]) -> str:
    """`Patient.name[0].family` of `("name", 0, "family")`; names of models that unions put in between are left out."""
    path = kind
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step[:1].islower():
            path += f".{step}"
    return path
