"""dict and list to JSON bytes: the order of the tree, UTF-8, decimals with the digits they came with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from conformance.catalogue import issue
from conformance.issue import Result

_PLAIN_ZEROS = 30
"""Decimals with at most so many places are written without an exponent."""


def write(value: Any, *, indent: bool = False) -> Result[bytes]:
    """Deterministic; `indent` is two spaces and a newline at the end, for people."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if indent else 0
    try:
        return Result(value=orjson.dumps(value, default=_fragment, option=option))
    except orjson.JSONEncodeError as error:
        return Result(value=None, issues=(issue("JSON-0011", problem=_problem(error)),))


def digits(number: Decimal) -> str:
    """A finite Decimal as a JSON number of the same precision: `72.50`, `0.0000001`, `1E+5`."""
    text = str(number)
    exponent = number.as_tuple().exponent
    if "E" in text and isinstance(exponent, int) and -_PLAIN_ZEROS <= exponent <= 0:
        return format(number, "f")
    return text


def _fragment(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(digits(value).encode())
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _problem(error: orjson.JSONEncodeError) -> str:
    """What orjson says, which names types and never values."""
    cause = error.__cause__
    return str(cause) if isinstance(cause, TypeError) else str(error)
