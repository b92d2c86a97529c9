"""Reads `gateway.yaml`: every error at once, each with line and column and, where one is near, a suggestion."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from conformance import yaml
from conformance.catalogue import issue
from conformance.issue import Issue, Result, Where, has_errors
from gateway.config.file import Config
from gateway.config.model import Section
from gateway.config.references import Location, Resolver

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Loaded:
    """A config and, by location, how the scalars with references were written."""

    config: Config
    written: Mapping[Location, str]
    tree: Any = field(default=None, repr=False)
    """What was read, with the place of each node."""
    whole: bool = True
    """False: without what had errors, so that the rest can be judged all the same."""


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Result[Loaded]:
    """The settings of a file; no value when there is an error."""
    read = load_what_can_be(path, environment)
    return read if read.value is None or read.value.whole else Result(value=None, issues=read.issues)


def load_what_can_be(path: Path, environment: Mapping[str, str] = os.environ) -> Result[Loaded]:
    """The same; when only some settings have errors, those without."""
    source = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Result(value=None, issues=(issue("CFG-0001", Where(source=source), problem=error.strerror),))
    tree = yaml.load(raw, source)
    if tree.value is None and tree.issues:
        return Result(value=None, issues=tree.issues)
    resolver = Resolver(source, path.parent, environment)
    plain = resolver.plain(tree.value)
    issues = [*tree.issues, *resolver.issues]
    try:
        config = Config.model_validate({} if plain is None else plain)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        issues.extend(_issue(one, tree.value, source) for one in found if _counts(one, resolver))
        rest = _without(plain, error, tree.value)
        partly = None if rest is None else Loaded(rest, resolver.written, tree.value, whole=False)
        return Result(value=partly, issues=in_order(issues))
    issues.extend(_advice(config, path, tree.value))
    return Result(
        value=Loaded(config, resolver.written, tree.value, whole=not has_errors(issues)), issues=in_order(issues)
    )


_ROUNDS = 8
"""Leaving out a wrong setting may leave its section without what it needs; then the section is left out too."""


def _without(plain: Any, error: ValidationError, tree: Any) -> Config | None:
    """The settings without those that have errors; None when nothing sensible is left."""
    rest = _copied(plain)
    for _ in range(_ROUNDS):
        wrong = (_wrong(one, tree) for one in error.errors(include_url=False, include_input=False))
        for location in reversed(dict.fromkeys(wrong)):
            _leave_out(rest, location, lists_only=False)
            _leave_out(tree, location, lists_only=True)
        try:
            return Config.model_validate(rest)
        except ValidationError as again:
            error = again
    return None


def _wrong(error: ErrorDetails, tree: Any) -> Location:
    """What to leave out: the setting, or the section where one is missing."""
    location = _untagged(error["loc"], tree)
    return location[:-1] if error["type"] == "missing" else location


def _copied(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _copied(value) for key, value in node.items()}
    return [_copied(value) for value in node] if isinstance(node, list) else node


def _leave_out(node: Any, location: Location, *, lists_only: bool) -> None:
    """Takes a setting away; from what was read only items of lists, so that the others are still found by number."""
    for step in location[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return
    last = location[-1] if location else None
    if isinstance(node, dict) and not lists_only:
        node.pop(last, None)
    elif isinstance(node, list) and isinstance(last, int) and last < len(node):
        del node[last]


def _counts(error: ErrorDetails, resolver: Resolver) -> bool:
    """A value that isn't there because its reference leads nowhere has been reported as such."""
    return error["type"] == "extra_forbidden" or error["loc"] not in resolver.failed


def in_order(issues: list[Issue]) -> tuple[Issue, ...]:
    return tuple(sorted(issues, key=lambda one: (one.at.line or 0, one.at.column or 0)))


def _advice(config: Config, path: Path, tree: Any) -> Iterator[Issue]:
    """What types can't say."""
    if config.tenant.salt is None:
        yield issue("CFG-0008", Where(source=str(path)))
    for number, folder in enumerate(config.overlays):
        if not (path.parent / folder).is_dir():
            yield issue("CFG-0009", yaml.place(_node(tree, ("overlays", number)), str(path)), found=folder)


def _issue(error: ErrorDetails, tree: Any, source: str) -> Issue:
    location = _untagged(error["loc"], tree)
    where = _place(tree, location, source, key=error["type"] == "extra_forbidden")
    name = ".".join(map(str, location)) or "the file"
    if error["type"] == "extra_forbidden":
        hint = _did_you_mean(str(location[-1]), _settings(location[:-1], tree))
        return issue("CFG-0002", where, path=name, hint=hint)
    if error["type"] == "missing":
        return issue("CFG-0004", where, path=name)
    if error["type"] == "union_tag_not_found":
        return issue("CFG-0004", where, path=f"{name}.{_chooser(error)}")
    if error["type"] == "union_tag_invalid":
        known = [one.strip(" '") for one in str(error["ctx"]["expected_tags"]).split(",")]
        tag = str(error["ctx"]["tag"])
        hint = _did_you_mean(tag, known)
        problem = _broken(tag) or "nothing of this kind is installed"
        return issue("CFG-0003", where, path=f"{name}.{_chooser(error)}", problem=problem, hint=hint)
    problem = _problem(error)
    return issue("CFG-0003", where, path=name, problem=problem, hint=_zone_hint(problem, _node(tree, location)))


def _problem(error: ErrorDetails) -> str:
    """What pydantic found, in words for people who write YAML."""
    if error["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return "this must be settings, `name: value`"
    if error["type"] == "too_short" and error["ctx"]["field_type"] == "Value":  # a secret
        return f"must have at least {error['ctx']['min_length']} characters"
    return error["msg"].removeprefix("Value error, ")


def _broken(name: str) -> str | None:
    """What is wrong with an installed adapter that could not be imported."""
    from gateway import plugins

    return next(
        (
            found[name]
            for group in (plugins.TRANSPORTS, plugins.DESTINATIONS)
            if name in (found := plugins.installed(group)[1])
        ),
        None,
    )


def _chooser(error: ErrorDetails) -> str:
    """The setting that names one of several kinds of section."""
    return str(error["ctx"]["discriminator"]).strip("'")


def _untagged(location: Location, tree: Any) -> Location:
    """Without the steps that name a choice of types and no setting: they stand in no file."""
    kept: list[str | int] = []
    for number, step in enumerate(location):
        here = _node(tree, tuple(kept))
        last = number == len(location) - 1
        if last or isinstance(step, int) or not isinstance(here, dict) or step in here:
            kept.append(step)
    return tuple(kept)


def place_of(loaded: Loaded, location: Location, source: str) -> Where:
    """Where a setting stands in its file, or the nearest one above that does."""
    return yaml.place(_node(loaded.tree, location), source)


def _place(tree: Any, location: Location, source: str, *, key: bool) -> Where:
    """Of the value, or of the key for a key that is wrong; the nearest ancestor where something is missing."""
    parent = _node(tree, location[:-1])
    if key and isinstance(parent, dict):
        return yaml.place(next((one for one in parent if one == location[-1]), parent), source)
    return yaml.place(_node(tree, location), source)


def _node(tree: Any, location: Location) -> Any:
    for step in location:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            break
    return tree


def _settings(location: Location, tree: Any) -> list[str]:
    """The settings that the section at a location has, from the schema."""
    schema = Config.model_json_schema()
    node: Any = schema
    for number, step in enumerate(location):
        node = _resolved(node, schema, _node(tree, location[:number]))
        named = next(iter(node.get("patternProperties", {}).values()), None) or node.get("additionalProperties")
        node = node.get("properties", {}).get(step) or named or node.get("items") or {}
    return list(_resolved(node, schema, _node(tree, location)).get("properties", {}))


def _resolved(node: Any, schema: dict[str, Any], value: Any) -> dict[str, Any]:
    """Follows references, and of several possible sections takes the one that the value's own words choose."""
    while isinstance(node, dict):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        elif "discriminator" in node:
            chooser = node["discriminator"]
            tag = value.get(chooser["propertyName"]) if isinstance(value, dict) else None
            node = {"$ref": chooser["mapping"][tag]} if tag in chooser["mapping"] else {}
        elif "anyOf" in node:
            node = next((one for one in node["anyOf"] if one.get("type") != "null"), {})
        else:
            return node
    return {}


def _did_you_mean(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else f"; there are {', '.join(known)}" if known else ""


def _zone_hint(problem: str, value: Any) -> str:
    if "time zone" not in problem:
        return ""
    from zoneinfo import available_timezones

    near = get_close_matches(str(value), sorted(available_timezones()), n=1, cutoff=0.7)
    return f"; did you mean `{near[0]}`?" if near else ""


def shown(loaded: Loaded) -> dict[str, Any]:
    """The settings in force, defaults too, without secrets: a reference stands as it is written, the rest as `***`."""
    return {str(key): _shown(value, loaded.written, (key,)) for key, value in loaded.config}


def _shown(value: Any, written: Mapping[Location, str], at: Location) -> Any:
    if at in written:
        return written[at]
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, (list, tuple)):
        return [_shown(item, written, (*at, number)) for number, item in enumerate(value)]
    if isinstance(value, Section):
        hidden = {key for key, option in type(value).model_fields.items() if not option.repr}
        names = {key: option.alias or key for key, option in type(value).model_fields.items()}
        value = {names[key]: "***" if key in hidden and item else item for key, item in value}
    if isinstance(value, dict):
        return {key: _shown(item, written, (*at, key)) for key, item in value.items()}
    return value
