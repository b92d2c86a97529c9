"""What is read from FHIR on the way back: values of the type that a conversion takes, and codes for tables.

What a sender wrote may be of any shape; what doesn't fit is None, which is reported as not convertible.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_NUMBERS = frozenset(("decimal", "integer", "positiveInt", "unsignedInt"))
_MOST_DIGITS = 64
"""A number with a larger exponent is no number of this world, and its digits would fill the memory."""


def fitting(value: Any, kind: str) -> Any:
    """The value when it is of a primitive FHIR type, or of a list the items that are; None for anything else."""
    if type(value) is list:
        return [each for each in value if _fits(each, kind)] or None
    return value if _fits(value, kind) else None


def _fits(value: Any, kind: str) -> bool:
    if type(value) is str:
        return kind not in _NUMBERS
    if type(value) is Decimal:
        return value.is_finite() and abs(value.adjusted()) < _MOST_DIGITS
    return type(value) in (int, float) if kind in _NUMBERS else type(value) is bool and not kind


def back_key(value: Any) -> Any:
    """What a table going back looks up: a text, or system and code of a Coding; None for what is neither."""
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is dict:
        inner = value.get("coding")
        coding = inner[0] if type(inner) is list and inner else value
        return (_text(coding.get("system")), _text(coding.get("code"))) if type(coding) is dict else None
    return value if type(value) is not list else None


def _text(value: Any) -> str | None:
    return value if type(value) is str else None


def back_code(value: Any) -> str | None:
    """The code itself, when the table has no row for it."""
    key = back_key(value)
    if type(key) is tuple:
        return str(key[1]) if key[1] is not None else None
    return None if key is None else str(key)
