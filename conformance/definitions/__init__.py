"""FHIR definitions as facts: distilled from packages, kept in pack files, read one at a time."""
