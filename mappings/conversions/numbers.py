"""HL7 v2 NM and SI: the digits are kept, never a float."""

from __future__ import annotations

from decimal import Decimal

from mappings.conversions.conversion import Conversion, Run

_MOST_DIGITS = 64
_POSITIVE_INT = 2**31 - 1


def decimal_forward(text: str, run: Run) -> Decimal | None:
    """NM: sign, digits, point, digits (HL7 v2.9 2A.3.45); no exponent, no NaN."""
    text = text.strip()
    body = text[1:] if text[:1] in ("+", "-") else text
    whole, _, rest = body.partition(".")
    if not (whole + rest).isdecimal() or not body.isascii() or len(body) > _MOST_DIGITS:
        return None
    return Decimal(text)


def number_text_forward(text: str, run: Run) -> str:
    """What stands where a number should: kept as text, and reported."""
    run.say("MAP-0209", text)
    return text


def number_text_backward(value: str, run: Run) -> str:
    return value


def decimal_backward(value: Decimal | int | float, run: Run) -> str | None:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def integer_forward(text: str, run: Run) -> int | None:
    value = decimal_forward(text, run)
    if value is not None and (value != int(value) or abs(value) > _POSITIVE_INT):
        return None
    return None if value is None else int(value)


def positive_int_forward(text: str, run: Run) -> int | None:
    if text.isdecimal() and text.isascii() and len(text) < 9:  # what nearly all are
        return int(text) or None
    value = integer_forward(text, run)
    if value is not None and value < 1:
        return None
    return value


def unsigned_forward(text: str, run: Run) -> Decimal | None:
    """NM that can't be negative, such as a length of stay."""
    value = decimal_forward(text, run)
    if value is not None and value < 0:
        return None
    return value


def integer_backward(value: int, run: Run) -> str | None:
    return str(value)


CONVERSIONS = (
    Conversion(
        name="decimal",
        forward=decimal_forward,
        backward=decimal_backward,
        gives="decimal",
        lossy=True,
        doc="NM with all its digits; a leading + or zeros don't come back.",
    ),
    Conversion(
        name="number-text",
        forward=number_text_forward,
        backward=number_text_backward,
        gives="string",
        doc="What isn't a number where one should be.",
    ),
    Conversion(
        name="unsigned-decimal",
        forward=unsigned_forward,
        backward=decimal_backward,
        gives="decimal",
        lossy=True,
        doc="NM of zero or more.",
    ),
    Conversion(
        name="integer",
        forward=integer_forward,
        backward=integer_backward,
        gives="integer",
        lossy=True,
        doc="NM without a fraction, 32 bits.",
    ),
    Conversion(
        name="positive-int",
        forward=positive_int_forward,
        backward=integer_backward,
        gives="positiveInt",
        lossy=True,
        doc="NM from 1; 0 is no rank and is reported.",
    ),
)
