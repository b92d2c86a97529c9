"""FHIRPath's functions on single values: conversion, strings, mathematics, time and boundaries (N1, 5.5 to 5.8)."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from conformance.fhir.fhirpath import temporal
from conformance.fhir.fhirpath.calls import Eager, eager
from conformance.fhir.fhirpath.evaluate import Env
from conformance.fhir.fhirpath.node import Collection
from conformance.fhir.fhirpath.syntax import FhirPathError
from conformance.fhir.fhirpath.temporal import Temporal
from conformance.fhir.fhirpath.values import Quantity, decimal, equal, plain, single, text

LONGEST_MATCHED = 100_000
"""Characters of a text that a regular expression is tried on."""


# Conversion: section 5.5


def _converted(convert: Callable[[Any], Any]) -> Eager:
    def function(items: Collection, env: Env, *unit: Collection) -> Collection:
        value = single(items)
        result = None if value is None else convert(value)
        return [] if result is None else [result]

    return function


def _to_string(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Quantity):
        return f"{value.value} '{value.unit}'"
    if isinstance(value, Temporal):
        return value.text or None
    return None if isinstance(value, (dict, list)) else str(value)


def _to_integer(value: Any) -> int | None:
    if isinstance(value, (bool, int)):
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,18}", value) else None


def _to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, (bool, int, Decimal)):
        return decimal(int(value) if isinstance(value, bool) else value)
    return Decimal(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d+)?", value) else None


def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in ("true", "t", "yes", "y", "1", "1.0"):
        return True
    return False if word in ("false", "f", "no", "n", "0", "0.0") else None


def _to_quantity(value: Any) -> Quantity | None:
    if isinstance(value, Quantity):
        return value
    match = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|([a-z]+))?", str(value))
    return Quantity(Decimal(match[1]), match[2] or match[3] or "1") if match else None


def _to_temporal(*kinds: str) -> Callable[[Any], Temporal | None]:
    def convert(value: Any) -> Temporal | None:
        found = temporal.parse(value) if isinstance(value, str) else value
        return found if isinstance(found, Temporal) and found.kind in kinds else None

    return convert


for _type, _convert in {
    "String": _to_string, "Integer": _to_integer, "Decimal": _to_decimal, "Boolean": _to_boolean,
    "Quantity": _to_quantity, "Date": _to_temporal("date"), "DateTime": _to_temporal("date", "dateTime"),
    "Time": _to_temporal("time"),
}.items():  # fmt: skip
    eager(0, 1, name=f"to{_type}")(_converted(_convert))
    eager(0, 1, name=f"convertsTo{_type}")(
        lambda items, env, *unit, _c=_convert: [_c(single(items)) is not None] if items else []
    )


# Strings: section 5.6


def _on_text(function: Callable[..., Any]) -> Eager:
    """A function of a text; its arguments are single values, and an empty one gives an empty answer."""

    def apply(items: Collection, env: Env, *arguments: Collection) -> Collection:
        value, given = text(items), [single(argument) for argument in arguments]
        if value is None or None in given:
            return []
        result = function(value, *given)
        return [] if result is None else [result]

    return apply


def _regex(pattern: str, value: str) -> re.Pattern[str]:
    if len(value) > LONGEST_MATCHED or len(pattern) > 2000:
        raise FhirPathError("the text is too long for a regular expression")
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise FhirPathError("not a regular expression") from error


def _substring(value: str, start: int, length: int | None = None) -> str | None:
    if not 0 <= start < len(value):
        return None
    return value[start:] if length is None else value[start : start + max(length, 0)]


def _encode(value: str, how: str) -> str | None:
    if how == "hex":
        return value.encode().hex()
    if how in ("base64", "urlbase64"):
        return (base64.b64encode if how == "base64" else base64.urlsafe_b64encode)(value.encode()).decode()
    return None


def _decode(value: str, how: str) -> str | None:
    try:
        if how == "hex":
            return bytes.fromhex(value).decode()
        if how in ("base64", "urlbase64"):
            return (base64.b64decode if how == "base64" else base64.urlsafe_b64decode)(value).decode()
    except (ValueError, binascii.Error):
        return None
    return None


for _name, _function, _least, _most in (
    ("indexOf", lambda v, part: v.find(part), 1, 1),
    ("substring", _substring, 1, 2),
    ("startsWith", lambda v, part: v.startswith(part), 1, 1),
    ("endsWith", lambda v, part: v.endswith(part), 1, 1),
    ("contains", lambda v, part: part in v, 1, 1),
    ("upper", lambda v: v.upper(), 0, 0),
    ("lower", lambda v: v.lower(), 0, 0),
    ("trim", lambda v: v.strip(), 0, 0),
    ("length", len, 0, 0),
    ("replace", lambda v, part, other: v.replace(part, other), 2, 2),
    ("matches", lambda v, pattern: _regex(pattern, v).search(v) is not None, 1, 2),
    ("matchesFull", lambda v, pattern: _regex(pattern, v).fullmatch(v) is not None, 1, 2),
    ("encode", _encode, 1, 1),
    ("decode", _decode, 1, 1),
):
    eager(_least, _most, name=_name)(_on_text(_function))


@eager(2)
def replaceMatches(items: Collection, env: Env, pattern: Collection, other: Collection) -> Collection:  # noqa: N802
    value, regex, word = text(items), text(pattern), text(other)
    if value is None or regex is None or word is None:
        return []
    return [_regex(regex, value).sub(re.sub(r"\$(\d)", r"\\\1", word), value)]


@eager()
def toChars(items: Collection, env: Env) -> Collection:  # noqa: N802
    return list(text(items) or "")


@eager(1)
def split(items: Collection, env: Env, by: Collection) -> Collection:
    value, mark = text(items), text(by)
    return [] if value is None else value.split(mark) if mark else list(value)


@eager(0, 1)
def join(items: Collection, env: Env, by: Collection = []) -> Collection:  # noqa: B006
    return [(text(by) or "").join(str(plain(item)) for item in items)] if items else []


# Mathematics: section 5.7


def _on_number(function: Callable[..., Any]) -> Eager:
    def apply(items: Collection, env: Env, *arguments: Collection) -> Collection:
        value, given = single(items), [single(argument) for argument in arguments]
        if value is None or None in given:
            return []
        if isinstance(value, Quantity):
            return [Quantity(decimal(function(value.value, *given)), value.unit)]
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise FhirPathError("a number was expected")
        try:
            result = function(value, *given)
        except (ValueError, OverflowError, InvalidOperation, ZeroDivisionError):
            return []
        return [decimal(result) if isinstance(result, float) else result]

    return apply


for _name, _function, _most in (
    ("abs", abs, 0), ("ceiling", math.ceil, 0), ("floor", math.floor, 0), ("truncate", math.trunc, 0),
    ("exp", math.exp, 0), ("ln", math.log, 0), ("log", math.log, 1), ("sqrt", math.sqrt, 0),
    ("power", lambda v, e: v**e if isinstance(v, int) and e in range(1000) else float(v) ** float(e), 1),
    ("round", lambda v, places=0: decimal(v).quantize(Decimal(1).scaleb(-places)) if places < 30 else v, 1),
):  # fmt: skip
    eager(0 if _name == "round" else _most, _most, name=_name)(_on_number(_function))


# Time: sections 5.8; the clock is the caller's


def _clock(cut: int | None, kind: str) -> Eager:
    def clock(items: Collection, env: Env) -> Collection:
        if not env.now:
            raise FhirPathError("this expression asks for the time of day, and none was given")
        moment = temporal.parse(env.now[11:19] if kind == "time" else env.now[:cut])
        return [] if moment is None else [moment]

    return clock


eager(name="now")(_clock(None, "dateTime"))
eager(name="today")(_clock(10, "date"))
eager(name="timeOfDay")(_clock(None, "time"))


@eager(1)
def comparable(items: Collection, env: Env, other: Collection) -> Collection:
    one, two = single(items), single(other)
    if not isinstance(one, Quantity) or not isinstance(two, Quantity):
        return []
    return [equal(one, two) is not None]


def _boundary(sign: int) -> Eager:
    """The least or greatest value that a written precision leaves open (of decimals and quantities: half a digit)."""

    def function(items: Collection, env: Env, *digits: Collection) -> Collection:
        value = single(items)
        if isinstance(value, Temporal):
            return [_temporal_boundary(value, sign)]
        if isinstance(value, Quantity):
            return [Quantity(_decimal_boundary(value.value, sign), value.unit)]
        if value is None or isinstance(value, (bool, str, dict, list)):
            return []
        return [_decimal_boundary(decimal(value), sign)]

    return function


def _decimal_boundary(value: Decimal, sign: int) -> Decimal:
    return value + Decimal(5 * sign).scaleb(int(value.as_tuple().exponent) - 1)


def _temporal_boundary(value: Temporal, sign: int) -> Temporal:
    limits: tuple[int | Decimal, ...] = (
        (9999, 12, 31, 23, 59, Decimal("59.999")) if sign > 0 else (0, 1, 1, 0, 0, Decimal(0))
    )
    if value.kind == "time":
        limits = limits[3:]
    elif value.kind == "date":
        limits = limits[:3]
    parts = (*value.parts, *map(Decimal, limits[len(value.parts) :]))
    offset = value.offset if value.offset is not None or value.kind != "dateTime" else (-720 if sign > 0 else 840)
    return Temporal(value.kind, parts, offset)


eager(0, 1, name="lowBoundary")(_boundary(-1))
eager(0, 1, name="highBoundary")(_boundary(1))
