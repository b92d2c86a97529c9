"""JSON Schema for each row: https://json-schema.org. A row is an object of the schema's properties, by header.

A cell is text; where the schema wants a number or a boolean, it is given as one when it is one. Absent cells are absent
properties.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Result, Where
from conformance.tabular.plain import plain
from conformance.tabular.rules import Finding

Check = Callable[[Mapping[str, str], Mapping[str, str]], Iterable[Finding]]
"""A row, and the headers of its columns by their names."""
_MOST_FINDINGS = 50


def read(raw: bytes, source: str) -> Result[Check]:
    """What checks a row; none for a schema that isn't one. References to other documents are not followed."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for

    try:
        node = json.loads(raw)
        kind = validator_for(node, default=Draft202012Validator)
        kind.check_schema(node)
    except (ValueError, RecursionError, SchemaError, TypeError, AttributeError) as error:
        problem = f"not a JSON Schema ({type(error).__name__})"
        return Result(value=None, issues=(issue("CSV-0302", Where(source=source), problem=problem),))
    return Result(value=_check(node, kind(node)))


def _check(node: Mapping[str, Any], validator: Any) -> Check:
    properties: Mapping[str, Any] = node.get("properties") or {}
    known = {plain(name): name for name in properties}

    def check(row: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[Finding]:
        columns: dict[str, str] = {}
        given: dict[str, Any] = {}
        for column, text in row.items():
            name = known.get(plain(column)) or known.get(plain(headers.get(column, ""))) or column
            columns[name] = column
            given[name] = _typed(text, properties.get(name))
        yield from _findings(validator.iter_errors(given), columns)

    return check


def _findings(errors: Iterable[Any], columns: Mapping[str, str]) -> Iterator[Finding]:
    for number, error in enumerate(errors):
        if number >= _MOST_FINDINGS:
            return
        place = str(error.absolute_path[0]) if error.absolute_path else ""
        missing = _missing(error)
        words = {"keyword": str(error.validator), "place": missing or place or "the row"}
        yield Finding("CSV-0301", columns.get(missing or place, missing or place), words)


def _missing(error: Any) -> str:
    """The first required property that isn't there."""
    if error.validator != "required" or not isinstance(error.validator_value, list):
        return ""
    return next((str(name) for name in error.validator_value if name not in error.instance), "")


def _typed(text: str, wanted: Any) -> Any:
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    kinds = kind if isinstance(kind, list) else [kind]
    try:
        if "integer" in kinds:
            return int(text)
        if "number" in kinds:
            return float(text)
    except ValueError:
        return text
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    return text
