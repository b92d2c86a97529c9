"""Named conversions (`as: name` in maps): Python's part in a mapping language that has no expressions.

Every conversion has its inverse, or says why it has none. They get decoded text and give FHIR values; what they can't
convert is None, which the engine reports.
"""

from __future__ import annotations

from mappings.conversions import cda, keys, numbers, systems, tables, text, times
from mappings.conversions.conversion import Conversion, Field, Run, Settings

REGISTRY: dict[str, Conversion] = {
    conversion.name: conversion
    for module in (times, numbers, text, systems, keys, cda, tables)
    for conversion in module.CONVERSIONS
}

__all__ = ["REGISTRY", "Conversion", "Field", "Run", "Settings"]
