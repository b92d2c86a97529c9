"""JSON text to dict and list, strictly: nothing that other readers would take differently passes unsaid.

The fast path is the standard library's C reader with hooks that stop at what is odd. Where something was, the text is
read again as far as it can be, and a third, slower pass finds the places.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue, Result, Where

MAX_BYTES = 256 * 1024 * 1024
"""The largest single document that is read; NDJSON is split first."""
MAX_DEPTH = 100
"""Nesting of objects and arrays. The deepest FHIR resources (questionnaires, graphs) stay below 40."""

_BOM = b"\xef\xbb\xbf"
INT64 = range(-(2**63), 2**64)
"""What a JSON writer can carry: signed and unsigned 64 bits."""


def read(raw: bytes) -> Result[Any]:
    """The JSON value of a text; decimals are Decimal with the digits as sent."""
    if len(raw) > MAX_BYTES:
        return Result(value=None, issues=(issue("JSON-0008", limit=MAX_BYTES),))
    text, issues = decode(raw)
    try:
        value, odd = _loads(text)
    except json.JSONDecodeError as error:
        return Result(value=None, issues=(*issues, _not_json(text, error)))
    except RecursionError:
        return Result(value=None, issues=(*issues, issue("JSON-0007", limit=MAX_DEPTH)))
    if text.count("{") + text.count("[") > MAX_DEPTH and _too_deep(value):
        return Result(value=None, issues=(*issues, issue("JSON-0007", limit=MAX_DEPTH)))
    if odd or _may_hold_surrogates(text):
        from adapters.formats.fhir.doubts import doubts, without_surrogates

        issues.extend(doubts(text))
        value = without_surrogates(value)
    return Result(value=value, issues=tuple(issues))


def _loads(text: str) -> tuple[Any, bool]:
    """The value, and whether something in the text deserves a second look."""
    try:
        return _STRICT.decode(text), False
    except _OddTextError:
        return _LENIENT.decode(text), True


def decode(raw: bytes) -> tuple[str, list[Issue]]:
    """UTF-8 to text, with what was wrong about it. A byte that isn't UTF-8 becomes U+FFFD."""
    issues = []
    if raw.startswith(_BOM):
        raw = raw[len(_BOM) :]
        issues.append(issue("JSON-0003", Where(line=1, column=1)))
    try:
        return raw.decode("utf-8"), issues
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        issues.append(issue("JSON-0002", Where(line=line, column=column), found=raw[error.start : error.end].hex()))
        return raw.decode("utf-8", errors="replace"), issues


class _OddTextError(Exception):
    """What other readers would take differently was met."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _OddTextError
    return members


def _integer(digits: str) -> int | Decimal:
    if len(digits) < 19 or (len(digits) < 22 and int(digits) in INT64):
        return int(digits) if digits != "-0" else Decimal(digits)
    raise _OddTextError


def _constant(word: str) -> str:
    raise _OddTextError


def _any_integer(digits: str) -> int | Decimal:
    try:
        return _integer(digits)
    except _OddTextError:
        return Decimal(digits)


_STRICT = json.JSONDecoder(parse_float=Decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_pairs)
_LENIENT = json.JSONDecoder(parse_float=Decimal, parse_int=_any_integer, parse_constant=str, object_pairs_hook=dict)
"""The last of equal names, texts for NaN and Infinity, Decimals for integers that are too big."""


def _not_json(text: str, error: json.JSONDecodeError) -> Issue:
    problem = error.msg[:1].lower() + error.msg[1:].rstrip(": ")
    return issue(
        "JSON-0001",
        Where(line=error.lineno, column=error.colno),
        problem=problem.removesuffix(" at"),
        found=text[error.pos : error.pos + 20] or None,
    )


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node if type(node) is list else ())
            if type(child) in (dict, list)
        ]
        if not level:
            return False
    return True


def _may_hold_surrogates(text: str) -> bool:
    return "\\u" in text and ("\\ud" in text or "\\uD" in text)
