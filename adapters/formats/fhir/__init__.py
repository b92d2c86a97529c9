"""FHIR R4 JSON."""

from __future__ import annotations

from adapters.formats.fhir.codec import FhirJson

FORMAT = FhirJson()

__all__ = ["FORMAT", "FhirJson"]
