"""FHIR resources as pydantic objects of fhir.resources (R4B), for programs that want types."""

from __future__ import annotations

from typing import Any


def typed(resource: dict[str, Any]) -> Any:
    """The object of the resource's class; pydantic's ValidationError where the resource isn't structurally sound.

    R4B's classes differ from R4 in few resources; those that the gateway writes are the same in both.
    """
    from fhir.resources.R4B import get_fhir_model_class

    return get_fhir_model_class(resource["resourceType"]).model_validate(resource)
