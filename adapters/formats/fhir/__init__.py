"""FHIR R4 JSON."""
