"""The notation of YAML profiles: one table of keys that reads a file, tells what is wrong in it, and makes its schema.

`docs/profiles.md` explains it to authors. Every scalar is text until its key types it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from conformance.catalogue import issue
from conformance.issue import SEVERITIES, Issue, Result
from conformance.profile.compiling import compiled_check
from conformance.profile.model import Check, Profile, Usage
from conformance.profile.pattern import compiled
from conformance.profile.tests import VALUE_TESTS, Wrong, compile_test
from conformance.profile.types import TYPES
from conformance.yaml import load, place

Schema = dict[str, Any]
FORMATS = ("hl7v2", "fhir", "ccda", "csv")
_USAGE = re.compile(r"(R|RE|O|X)|C\((R|RE|O|X)/(R|RE|O|X)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the notation: `read` types its node (`Wrong` where it can't) into the field of that name."""

    read: Callable[[Any], Any]
    schema: Schema
    about: str
    field: str = ""
    required: bool = False


def _text(node: Any) -> str:
    if not isinstance(node, str) or not node.strip():
        raise Wrong("takes a text", node)
    return str(node)


def _choice(*words: str) -> Callable[[Any], str]:
    def read(node: Any) -> str:
        if node not in words:
            raise Wrong(f"takes one of {', '.join(words)}", node)
        return str(node)

    return read


def _number(node: Any) -> int:
    if not str(node).isdecimal():
        raise Wrong("takes a whole number", node)
    return int(str(node))


def _most(node: Any) -> int | None:
    return None if node == "*" else _number(node)


def _usage(node: Any) -> tuple[Usage, Usage]:
    match = _USAGE.fullmatch(str(node))
    if match is None:
        raise Wrong("takes R, RE, O, X or C(a/b) with two of these", node)
    alone, holds, fails = cast(tuple[Usage, Usage, Usage], match.groups())
    return (alone, "O") if alone else (holds, fails)


def _codes(node: Any) -> frozenset[str]:
    if not isinstance(node, list) or not all(isinstance(each, str) for each in node):
        raise Wrong("takes a list of codes", node)
    return frozenset(map(str, node))


def _pattern(node: Any) -> Callable[[str], bool]:
    try:
        return compiled(_text(node))
    except ValueError as error:
        raise Wrong(str(error), node) from error


def _length(node: Any) -> tuple[int, int | None]:
    match = re.fullmatch(r"(?:(\d{1,9})\.\.)?(\d{1,9}|\*)", str(node))
    if match is None:
        raise Wrong("takes 20, 1..20 or 1..*", node)
    least, most = match.groups()
    return int(least or 0), None if most == "*" else int(most)


def _alternatives(node: Any) -> Any:
    if not isinstance(node, list) or not node:
        raise Wrong("takes a list of paths or tests", node)
    return tuple(compile_test(each) for each in node), tuple(_name(each) for each in node)


def _name(node: Any) -> str:
    return " and ".join(node) if isinstance(node, dict) else str(node)


def _truth(node: Any) -> bool:
    return _choice("true", "false")(node) == "true"


_TEXT: Schema = {"type": "string", "minLength": 1}
_COUNT: Schema = {"type": ["integer", "string"], "pattern": r"^(\d+|\*)$", "minimum": 0}
_TEST: Schema = {"$ref": "#/$defs/test"}

CHECK_KEYS: dict[str, Key] = {
    "id": Key(read=_text, schema=_TEXT, about="names the rule in findings; once per profile", required=True),
    "path": Key(read=_text, schema=_TEXT, about="what the rule speaks of, in the format's own notation"),
    "each": Key(read=_text, schema=_TEXT, about="the rule holds for each of these; its paths begin there (FHIR)"),
    "when": Key(read=compile_test, schema=_TEST, about="the rule applies where this test holds"),
    "usage": Key(read=_usage, schema={"type": "string", "pattern": f"^({_USAGE.pattern})$"}, about="R RE O X C(a/b)"),
    "min": Key(read=_number, schema=_COUNT, about="least number of values"),
    "max": Key(read=_most, schema=_COUNT, about="greatest number of values"),
    "type": Key(read=_choice(*TYPES), schema={"enum": [*TYPES]}, about="each value is of this primitive type"),
    "in": Key(read=_codes, schema={"type": "array", "items": {}}, about="each value is one of these", field="codes"),
    "value_set": Key(read=_text, schema=_TEXT, about="each value is a code of this FHIR value set (its URL)"),
    "pattern": Key(read=_pattern, schema=_TEXT, about="each value matches this regular expression as a whole"),
    "length": Key(read=_length, schema={"type": ["string", "integer"]}, about="characters: 20, 1..20 or 1..*"),
    "any_of": Key(read=_alternatives, schema={"type": "array", "items": _TEST}, about="at least one of these holds"),
    "holds": Key(read=_text, schema=_TEXT, about="an expression of the format that is true (FHIRPath)"),
    "severity": Key(read=_choice(*SEVERITIES), schema={"enum": [*SEVERITIES]}, about="in place of error"),
    "message": Key(read=_text, schema=_TEXT, about="the finding in the profile's words; no data in it"),
    "ours": Key(read=_truth, schema={"type": ["boolean", "string"]}, about="true: the standard doesn't ask for it"),
    "spec": Key(read=_text, schema=_TEXT, about="where this rule is written"),
}

PROFILE_KEYS: dict[str, Key] = {
    "profile": Key(read=_text, schema=_TEXT, about="the profile's id", field="id", required=True),
    "title": Key(read=_text, schema=_TEXT, about="one line for people", required=True),
    "format": Key(read=_choice(*FORMATS), schema={"enum": [*FORMATS]}, about="whose paths these are", required=True),
    "spec": Key(read=_text, schema=_TEXT, about="where the requirement is written"),
    "applies": Key(read=compile_test, schema=_TEST, about="which documents the profile speaks of"),
    "checks": Key(
        read=lambda node: node, schema={"type": "array", "items": {"$ref": "#/$defs/check"}}, about="the rules",
        required=True,
    ),
}  # fmt: skip


def read(raw: bytes, source: str) -> Result[Profile]:
    """A profile from its file; every mistake is an issue with line and column, and any error leaves no profile."""
    loaded = load(raw, source)
    found = list(loaded.issues)
    if not isinstance(loaded.value, dict):
        if not found:
            found.append(issue("PRO-0201", place(loaded.value, source), problem="a profile is a mapping"))
        return Result(value=None, issues=tuple(found))
    fields = _fields(loaded.value, PROFILE_KEYS, source, found)
    fields["checks"] = tuple(_checks(fields.get("checks", []), source, found))
    if fields.get("format") == "fhir":
        found += _no_fhirpath(loaded.value, source)
    if any(each.severity in ("error", "fatal") for each in found):
        return Result(value=None, issues=tuple(found))
    fields["paths"] = tuple(dict.fromkeys(map(str, _of_whole(loaded.value))))
    return Result(value=Profile(**fields), issues=tuple(found))


def _fields(node: Any, keys: dict[str, Key], source: str, found: list[Issue]) -> dict[str, Any]:
    """The typed fields of a mapping; what is wrong goes into `found`."""
    fields: dict[str, Any] = {}
    for name, value in node.items():
        if name not in keys:
            found.append(issue("PRO-0202", place(name, source), key=str(name), keys=", ".join(keys)))
            continue
        try:
            fields[keys[name].field or str(name)] = keys[name].read(value)
        except Wrong as wrong:
            at = wrong.node if hasattr(wrong.node, "line") else value
            found.append(issue("PRO-0201", place(at, source), problem=f"{name}: {wrong.problem}"))
    for name, key in keys.items():
        if key.required and name not in node:
            found.append(issue("PRO-0203", place(node, source), key=name))
    return fields


def _checks(nodes: Any, source: str, found: list[Issue]) -> Iterator[Check]:
    if not isinstance(nodes, list):
        found.append(issue("PRO-0201", place(nodes, source), problem="checks: takes a list"))
        return
    seen: set[str] = set()
    for node in nodes:
        if not isinstance(node, dict):
            found.append(issue("PRO-0201", place(node, source), problem="a check is a mapping"))
            continue
        before = len(found)
        fields = _fields(node, CHECK_KEYS, source, found)
        found += _doubts(node, fields, seen, source)
        if len(found) == before:
            yield compiled_check(fields)


def _doubts(node: Any, fields: dict[str, Any], seen: set[str], source: str) -> Iterator[Issue]:
    """What is wrong with a check as a whole: a name given twice, nothing to check."""
    name = fields.get("id", "")
    if name in seen:
        yield issue("PRO-0204", place(node["id"], source), id=name)
    seen.add(name)
    if not node.keys() & {"path", "any_of", "holds"}:
        yield issue("PRO-0203", place(node, source), key="path, any_of or holds")
    elif not node.keys() - {"id", "path", "each", "when", "severity", "message", "ours", "spec"} and "path" in node:
        yield issue("PRO-0205", place(node, source), id=name)


def _of_whole(profile: dict[str, Any]) -> Iterator[Any]:
    yield from _asked(profile.get("applies"))
    for rule in profile.get("checks") or ():
        if "each" not in rule:
            yield from _paths(rule)


def _no_fhirpath(profile: dict[str, Any], source: str) -> Iterator[Issue]:
    """The paths of a profile of FHIR that are none. Other formats' are known by those who read them."""
    from conformance.fhir.fhirpath import FhirPathError, compiled

    rules = profile.get("checks")
    for path in [*_asked(profile.get("applies")), *(path for each in rules or () for path in _paths(each))]:
        try:
            compiled(str(path))
        except FhirPathError as error:
            yield issue("PRO-0201", place(path, source), problem=str(error))


def _paths(rule: Any) -> Iterator[Any]:
    if isinstance(rule, dict):
        yield from (rule[key] for key in ("path", "each", "holds") if isinstance(rule.get(key), str))
        yield from _asked(rule.get("when"))
        yield from _asked({"any": rule.get("any_of")})


def _asked(test: Any) -> Iterator[Any]:
    """The paths that a test reads."""
    if isinstance(test, str):
        yield test
    for key, value in test.items() if isinstance(test, dict) else ():
        if key not in ("all", "any", "not"):
            yield key
            continue
        for each in value if isinstance(value, list) else [value]:
            yield from _asked(each)


def schema() -> Schema:
    """JSON Schema (2020-12) of a profile file, for editors."""
    test = {"anyOf": [_TEXT, {"type": "object", "minProperties": 1}], "description": f"tests: {', '.join(VALUE_TESTS)}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SDOH gateway profile",
        **_object(PROFILE_KEYS),
        "$defs": {"check": _object(CHECK_KEYS), "test": test},
    }


def _object(keys: dict[str, Key]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {**key.schema, "description": key.about} for name, key in keys.items()},
        "required": [name for name, key in keys.items() if key.required],
    }
