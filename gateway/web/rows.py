"""`inputDataType` Json of $convert-data: a FHIR resource, or rows of a table as objects (one, or a list of them)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from conformance.catalogue import issue
from gateway.web.route import Refused

_SINGLE = (str, bool, type(None))


def read(text: str) -> tuple[str, str]:
    """The format that it is here, and its text there. Refused for anything else.

    Numbers keep their digits; what an object lacks, and null, are empty cells. A table's kind is known by its columns.
    """
    try:
        value = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Refused(400, issue("HTTP-0011", problem="inputData is no JSON, or names a key twice")) from None
    if isinstance(value, dict) and "resourceType" in value:
        return "fhir", text
    rows = value if isinstance(value, list) else [value]
    if not rows or not all(map(_is_row, rows)):
        problem = "Json must be a FHIR resource, or an object or a list of objects with plain values, which are rows"
        raise Refused(400, issue("HTTP-0011", problem=problem))
    return "csv", _table(rows)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(cell, _SINGLE) for cell in value.values())


def _table(rows: list[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return made.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
