"""Frictionless Data Packages (`datapackage.json`) and Table Schemas (`schema.json`) as schemas.

https://specs.frictionlessdata.io/table-schema/. Types and constraints that tables of text can be checked by are kept;
what isn't known is told. Composite keys are kept; of composite foreign keys each part is checked by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue, Result, Where
from conformance.profile.pattern import compiled
from conformance.tabular.plain import words
from conformance.tabular.schema import Column, Order, Schema, Table

_TYPES = {
    "string": "text", "integer": "integer", "number": "decimal", "boolean": "boolean", "date": "date",
    "datetime": "datetime", "year": "text", "yearmonth": "text", "time": "text", "any": "text", "array": "text",
    "object": "text", "duration": "text", "geopoint": "text", "geojson": "text",
}  # fmt: skip
_MOST_COLUMNS = 20_000


def is_descriptor(node: Any) -> bool:
    """A Data Package has resources, a Table Schema fields."""
    return isinstance(node, dict) and (isinstance(node.get("resources"), list) or isinstance(node.get("fields"), list))


def read(raw: bytes, source: str) -> Result[Schema]:
    """A schema from a descriptor; any that can't be used leaves none, with an issue."""
    try:
        node = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return _none(source, f"not JSON ({type(error).__name__})")
    if not is_descriptor(node):
        return _none(source, "neither resources nor fields")
    issues: list[Issue] = []
    stem = PurePosixPath(source).stem
    tables = tuple(_tables(node, stem, source, issues))
    if not tables or sum(len(table.columns) for table in tables) > _MOST_COLUMNS:
        return _none(source, "no tables, or too many columns")
    encodings = {str(each.get("encoding", "")) for each in node.get("resources", ()) if isinstance(each, dict)}
    schema = Schema(
        id=str(node.get("name") or stem),
        title=str(node.get("title") or node.get("name") or stem),
        spec="https://specs.frictionlessdata.io/table-schema/",
        encoding=next(iter(encodings)) if len(encodings) == 1 else "",
        unknown=frozenset(map(words, node.get("missingValues", ()))),
        tables=tables,
    )
    return Result(value=schema, issues=tuple(issues))


def _none(source: str, problem: str) -> Result[Schema]:
    return Result(value=None, issues=(issue("CSV-0302", Where(source=source), problem=problem),))


def _tables(node: Mapping[str, Any], stem: str, source: str, issues: list[Issue]) -> Iterator[Table]:
    if isinstance(node.get("fields"), list):
        yield _table(stem, ("*",), node, source, issues)
    for resource in node.get("resources", ()):
        if isinstance(resource, dict) and isinstance(resource.get("schema"), dict):
            path = resource.get("path", "")
            path = path[0] if isinstance(path, list) and path else path
            name = str(resource.get("name") or PurePosixPath(str(path)).stem)
            files = (PurePosixPath(str(path)).name,) if path else (f"{name}.csv",)
            yield _table(name, files, resource["schema"], source, issues)


def _table(name: str, files: tuple[str, ...], node: Mapping[str, Any], source: str, issues: list[Issue]) -> Table:
    unknown = frozenset(words(str(each)) for each in node.get("missingValues", ()) if str(each))
    keys = _names(node.get("primaryKey"))
    refers = dict(_references(node.get("foreignKeys", ())))
    fields = [each for each in node.get("fields", ()) if isinstance(each, dict) and each.get("name")]
    columns = tuple(_column(each, keys, refers, unknown, source, issues) for each in fields)
    return Table(name=name, files=files, columns=columns, many=not keys)


def _names(node: Any) -> tuple[str, ...]:
    if isinstance(node, str):
        return (node,)
    return tuple(map(str, node)) if isinstance(node, list) else ()


def _references(node: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    for each in node if isinstance(node, list) else ():
        reference = each.get("reference", {}) if isinstance(each, dict) else {}
        target = str(reference.get("resource", "")) if isinstance(reference, dict) else ""
        if target:
            for name, other in zip(_names(each.get("fields")), _names(reference.get("fields")), strict=False):
                yield name, (target, other)


def _column(
    node: Mapping[str, Any],
    keys: tuple[str, ...],
    refers: Mapping[str, tuple[str, str]],
    unknown: frozenset[str],
    source: str,
    issues: list[Issue],
) -> Column:
    name, given = str(node["name"]), str(node.get("type", "string"))
    limits = node.get("constraints")
    limits = limits if isinstance(limits, dict) else {}
    if given not in _TYPES:
        issues.append(
            issue("CSV-0302", Where(source=source), problem=f"type of a field that isn't known: {given[:40]}")
        )
    enum = limits.get("enum")
    values = {words(str(each)): str(each) for each in enum} if isinstance(enum, list) else _truths(node)
    return Column(
        name=name,
        type="code" if values else _type(node, given),
        also=(str(node["title"]),) if node.get("title") else (),
        required=limits.get("required") is True,
        key=name in keys,
        alone=limits.get("unique") is True and name not in keys,
        values=values or None,
        unknown=unknown,
        order=_order(str(node.get("format", ""))),
        pattern=_pattern(limits.get("pattern"), source, issues),
        refers=refers.get(name),
        least=_whole(limits.get("minimum")),
        most=_whole(limits.get("maximum")),
        shortest=_whole(limits.get("minLength")) or 0,
        longest=_whole(limits.get("maxLength")),
    )


def _type(node: Mapping[str, Any], given: str) -> str:
    if given == "string" and node.get("format") == "email":
        return "email"
    if given == "string" and node.get("format") == "uuid":
        return "id"
    return _TYPES.get(given, "text")


def _truths(node: Mapping[str, Any]) -> dict[str, str]:
    """A boolean's own words for true and false."""
    if node.get("type") != "boolean":
        return {}
    yes, no = node.get("trueValues") or (), node.get("falseValues") or ()
    return {words(str(each)): "true" for each in yes} | {words(str(each)): "false" for each in no}


def _order(form: str) -> Order:
    """The order of a date's format: `%d/%m/%Y`."""
    places = sorted((form.find(mark), mark[1]) for mark in ("%d", "%m", "%Y", "%y") if mark in form)
    order = "".join(letter.upper() for _, letter in places)
    return {"DMY": "DMY", "MDY": "MDY", "YMD": "YMD"}.get(order, "")  # type: ignore[return-value]


def _pattern(pattern: Any, source: str, issues: list[Issue]) -> str:
    if not isinstance(pattern, str):
        return ""
    try:
        compiled(pattern)
    except ValueError as error:
        issues.append(issue("CSV-0302", Where(source=source), problem=f"pattern of a field: {error}"))
        return ""
    return pattern


def _whole(limit: Any) -> int | None:
    try:
        return int(limit)
    except (TypeError, ValueError, OverflowError):
        return None
