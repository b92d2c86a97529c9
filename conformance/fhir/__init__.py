"""The FHIR R4 profile validator: offline, from definitions that ship or are added."""

from __future__ import annotations

from conformance.fhir.validate import Validator, default_validator, validate

__all__ = ["Validator", "default_validator", "validate"]
