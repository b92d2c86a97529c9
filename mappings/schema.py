"""The JSON Schema of map files, for editors: completion and squiggles while a map is written."""

from __future__ import annotations

from typing import Any

from mappings.form import OPERATORS, UNMAPPED
from mappings.read import LIBRARY_KEYS, MAP_KEYS, RULE_KEYS

_TEXT: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
_TEXTS: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_BY_SIDE: dict[str, Any] = {"type": "object", "additionalProperties": True}

_ABOUT = {
    "each": "a segment or group to loop over, or the two paths that repeat together",
    "make": "the resource type to make in this context",
    "to": "make or reuse a resource of this type and refer to it",
    "ref": "the name of a made resource to refer to; * for all",
    "set": "constants by side, written when something else was written in this context",
    "choice": "the path whose code picks a case",
    "cases": "the first case whose tests hold; under `choice` by code",
    "other": "what happens when no code of a `choice` matches",
    "rules": "rules inside this context",
    "use": "the part that reads and writes this data type or segment",
    "as": "a named conversion",
    "table": "a code table",
    "when": "a test of the side being read",
    "where": "by side: a filter when read, a stamp when written",
    "default": "by side: written when the source is empty",
    "key": "what identifies the resource",
    "name": "a name that `ref` may use",
    "after": "the segments behind which this one stands",
    "with": "the segments that go with the one of `each`, up to the next of its name",
    "per": "the field of the segment of `each` for each repetition of which there is a context",
    "ignore": "why a field is left out by policy",
    "derived": "why this rule only goes forward: what it writes follows from something that another rule carries back",
    "profile": "a profile that is named in meta.profile when what it needs is there",
    "needs": "the paths that the profile needs",
    "refers": "the references of the profile and what their targets must claim",
    "made": "refer to the resources of these types that were made of the elements at the path; empty for any type",
    "template": "C-CDA: the template that an element of `each` must have, and the one that is written",
    "narrative": "C-CDA, written: what the narrative tells of each statement, `columns` by heading",
    "inherit": "C-CDA: the nearest ancestor that has this element",
    "rows": "CSV: the table whose rows are read one after another, with what stands beside each of them",
    "unpivot": "CSV: columns of a row that are read one after another, as questions and their answers",
    "split": "CSV: what stands between the items of one cell",
    "note": "a remark",
}


def _rule() -> dict[str, Any]:
    rules = {"type": "array", "items": {"$ref": "#/$defs/rule"}}
    shapes: dict[str, dict[str, Any]] = {
        "each": {"anyOf": [_TEXT, _BY_SIDE]},
        "set": _BY_SIDE,
        "choice": _BY_SIDE,
        "cases": {"anyOf": [rules, {"type": "object", "additionalProperties": {"$ref": "#/$defs/rule"}}]},
        "other": {"$ref": "#/$defs/rule"},
        "rules": rules,
        "when": {"$ref": "#/$defs/test"},
        "where": _BY_SIDE,
        "default": _BY_SIDE,
        "key": _BY_SIDE,
        "after": _TEXTS,
        "with": _TEXTS,
        "template": {"anyOf": [_TEXT, _BY_SIDE]},
        "narrative": _BY_SIDE,
        "rows": _BY_SIDE,
        "unpivot": _BY_SIDE,
        "needs": {"type": "array"},
        "refers": {"type": "object"},
    }
    own = {key: {**shapes.get(key, _TEXT), "description": _ABOUT[key]} for key in RULE_KEYS}
    return {"type": "object", "properties": own, "additionalProperties": _TEXTS}


def _test() -> dict[str, Any]:
    many = {"type": "array", "items": {"$ref": "#/$defs/test"}}
    operators: dict[str, Any] = {operator: {} for operator in OPERATORS}
    operators["is"] = {"enum": ["empty", "valued"]}
    return {
        "type": "object",
        "properties": {**operators, "all": many, "any": many, "not": {"$ref": "#/$defs/test"}},
        "additionalProperties": _TEXT,
    }


def _table() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}},
            "unmapped": {"anyOf": [{"enum": list(UNMAPPED)}, _BY_SIDE]},
            "csv": {"type": "string"},
            "from": _TEXTS,
            "to": {"anyOf": [_TEXT, _BY_SIDE]},
            "spec": _TEXT,
            "note": _TEXT,
        },
        "additionalProperties": False,
    }


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a map or library file."""
    rules = {"type": "array", "items": {"$ref": "#/$defs/rule"}}
    shapes: dict[str, dict[str, Any]] = {
        "between": {"type": "object", "minProperties": 2, "maxProperties": 2, "additionalProperties": _TEXTS},
        "uses": {"type": "array", "items": {"type": "string"}},
        "entries": {"type": "array", "items": {"type": "string"}},
        "when": {"$ref": "#/$defs/test"},
        "names": _BY_SIDE,
        "tables": {"type": "object", "additionalProperties": {"$ref": "#/$defs/table"}},
        "parts": {"type": "object", "additionalProperties": rules},
        "rules": rules,
        "rules+": rules,
    }
    keys = dict.fromkeys((*MAP_KEYS, *LIBRARY_KEYS, "rules+"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A map or library of the SDOH gateway (docs/maps.md)",
        "type": "object",
        "properties": {key: shapes.get(key, _TEXT) for key in keys},
        "additionalProperties": False,
        "anyOf": [{"required": ["map"]}, {"required": ["library"]}],
        "$defs": {"rule": _rule(), "test": _test(), "table": _table()},
    }
