"""What fhir.resources, the second opinion on the structure of FHIR resources, says."""

from __future__ import annotations

from conformance.catalogue.code import Code

CODES: tuple[Code, ...] = (
    Code(
        code="MOD-0001",
        severity="error",
        title="Refused by fhir.resources",
        message="fhir.resources (R4B) refuses this: {problem}",
        why="Other programs read FHIR with these models. Asked for by --strict-models, beside our own verdict.",
        example='"gender": 1',
        type="structure",
    ),
    Code(
        code="MOD-0002",
        severity="information",
        title="Unknown to fhir.resources",
        message="fhir.resources (R4B) has no model for this type of resource, so it has no verdict on it",
        why="A few resource types of R4 are not in R4B.",
        example="EffectEvidenceSynthesis",
        type="not-supported",
    ),
)
