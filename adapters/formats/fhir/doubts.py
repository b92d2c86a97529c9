"""The second look at a JSON text in which the fast reader flagged something: what it is, and where."""

from __future__ import annotations

from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from adapters.formats.fhir.positions import JsonPath, Lines, Token, tokens
from adapters.formats.fhir.reader import INT64
from conformance.catalogue import issue
from conformance.issue import Issue, Where


def doubts(text: str) -> list[Issue]:
    """Duplicate properties, NaN and Infinity, integers over 64 bits and halves of surrogate pairs, in text order."""
    lines = Lines(text)
    seen: set[JsonPath] = set()
    issues = []
    for token in tokens(text):
        for code, offset in _codes(text, token, seen):
            line, column = lines.at(offset)
            at = Where(path=fhirpath(token.path), line=line, column=column)
            issues.append(issue(code, at, found=text[token.start : min(token.end, token.start + 80)]))
    return issues


def _codes(text: str, token: Token, seen: set[JsonPath]) -> Iterator[tuple[str, int]]:
    if token.path in seen:
        yield "JSON-0004", token.key
    seen.add(token.path)
    first = text[token.start]
    word = text[token.start : token.end]
    if first in "NI" or word == "-Infinity":
        yield "JSON-0005", token.start
    elif first in "-0123456789" and _is_big_integer(word):
        yield "JSON-0006", token.start
    elif first == '"' and _half(scanstring(text, token.start + 1)[0]):
        yield "JSON-0009", token.start
    if token.key != token.start and _half(str(token.path[-1])):
        yield "JSON-0009", token.key


def _is_big_integer(word: str) -> bool:
    digits = word.lstrip("-")
    return digits.isdigit() and (len(digits) > 21 or int(word) not in INT64)


def _half(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def without_surrogates(value: Any) -> Any:
    """The same tree, each half of a surrogate pair replaced by U+FFFD."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value) if _half(value) else value
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(member) for key, member in value.items()}
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    return value


def fhirpath(path: JsonPath) -> str:
    """A JSON path in FHIRPath's notation: `entry[0].resource.name[1].family`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
