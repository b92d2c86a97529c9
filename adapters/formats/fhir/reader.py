"""JSON text to dict and list, strictly: nothing that other readers would take differently passes unsaid.

The fast path is the standard library's C reader with hooks that only raise a flag. Where something was flagged (or the
text can't be decoded), a second, slower pass finds the places.
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
    hooks = _Hooks()
    try:
        value = json.loads(
            text,
            parse_float=Decimal,
            parse_int=hooks.integer,
            parse_constant=hooks.constant,
            object_pairs_hook=hooks.pairs,
        )
    except json.JSONDecodeError as error:
        return Result(value=None, issues=(*issues, _not_json(text, error)))
    except RecursionError:
        return Result(value=None, issues=(*issues, issue("JSON-0007", limit=MAX_DEPTH)))
    if _too_deep(value):
        return Result(value=None, issues=(*issues, issue("JSON-0007", limit=MAX_DEPTH)))
    if hooks.flagged or _may_hold_surrogates(text):
        from adapters.formats.fhir.doubts import doubts, without_surrogates

        issues.extend(doubts(text))
        value = without_surrogates(value)
    return Result(value=value, issues=tuple(issues))


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


class _Hooks:
    """Raises a flag at what deserves a second look; costs little otherwise."""

    def __init__(self) -> None:
        self.flagged = False

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            self.flagged = True
        return members

    def integer(self, digits: str) -> int | Decimal:
        if len(digits) < 19 or (len(digits) < 22 and int(digits) in INT64):
            return int(digits) if digits != "-0" else Decimal(digits)
        self.flagged = True
        return Decimal(digits)

    def constant(self, word: str) -> str:
        self.flagged = True
        return word


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
    return "\\ud" in text or "\\uD" in text
