"""SDOH gateway: health and social-care data translated, validated and routed, with an account of every field.

>>> from gateway import convert, validate, explain
>>> made = convert(Path("adt.hl7"), to="fhir")
>>> made.value["resourceType"], [issue.code for issue in made.issues], made.ledger.counts()
"""

from __future__ import annotations

from gateway._version import __version__
from gateway.api import Converted, convert, convert_all, explain, validate
from gateway.targets import Misuse

__all__ = ["Converted", "Misuse", "__version__", "convert", "convert_all", "explain", "validate"]
