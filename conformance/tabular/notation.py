"""A schema from its YAML file: typed, every mistake an issue with line and column.

    schema: pantry
    tables:
      clients:
        files: ['*clients*']
        with: [person]                       # columns of parts.yaml
        columns:
          household_size: {is: integer, least: 0, also: [household, hh size]}
          first_visit: date required

A column is `TYPE [LIST] [required] [key] [unique]`, or a mapping whose `is` is that. `like: ID` takes another schema's
tables first; a table or column given again is replaced, key by key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue, Result
from conformance.profile.pattern import compiled
from conformance.tabular.plain import words
from conformance.tabular.schema import TYPES, Column, Rule, Schema, Table
from conformance.yaml import load, place

Reading = Callable[[str], Result[Schema]]
"""Another schema by its id, for `like`."""

_COLUMN_KEYS = frozenset(
    {"is", "also", "asks", "values", "list", "other", "unknown", "order", "separator", "pattern", "example", "refers",
     "system", "question", "least", "most", "unique"}
)  # fmt: skip
_TABLE_KEYS = frozenset(
    {"files", "telling", "with", "columns", "rules", "latest", "deleted", "many", "key"}
)  # fmt: skip
_SCHEMA_KEYS = frozenset(
    {"schema", "title", "spec", "order", "encoding", "unknown", "tables", "lists", "closed", "said", "like",
     "panel", "offsets", "person", "things", "everywhere"}
)  # fmt: skip
_ORDERS = ("YMD", "MDY", "DMY")
_SYSTEMS = ("loinc", "snomed", "icd10cm")


class _Wrong(ValueError):  # noqa: N818 -- a wrong place in a file, told to its author
    def __init__(self, problem: str, node: Any) -> None:
        super().__init__(problem)
        self.problem, self.node = problem, node


@dataclass(slots=True)
class _Reader:
    source: str
    parts: Mapping[str, Any]
    issues: list[Issue] = field(default_factory=list)
    lists: dict[str, dict[str, str]] = field(default_factory=dict)

    def schema(self, node: Any, base: Schema | None) -> Schema:
        self.known(node, _SCHEMA_KEYS)
        for name, each in dict(node.get("lists") or {}).items():
            self.lists[str(name)] = self.values(each)
        tables = {each.name: each for each in base.tables} if base else {}
        for name, each in _fields(node.get("tables") or {}).items():
            tables[str(name)] = self.table(str(name), each, tables.get(str(name)))
        basis = base or Schema(id="")
        return replace(
            basis,
            id=str(node["schema"]),
            title=str(node.get("title", basis.title)),
            spec=str(node.get("spec", basis.spec)),
            order=self.one_of(node, "order", _ORDERS) or basis.order,
            encoding=str(node.get("encoding", basis.encoding)),
            unknown=frozenset(map(words, _texts(node.get("unknown")))) or basis.unknown,
            closed=_truth(node.get("closed", basis.closed)),
            said={str(key): _texts(each) for key, each in _fields(node.get("said") or {}).items()} or basis.said,
            lists=dict(self.lists),
            person=str(node.get("person", basis.person)),
            things=_texts(node.get("things")) or basis.things,
            everywhere=_texts(node.get("everywhere")) or basis.everywhere,
            panel=str(node.get("panel", basis.panel)),
            offsets=_truth(node.get("offsets", basis.offsets)),
            tables=tuple(tables.values()),
        )

    def table(self, name: str, node: Any, base: Table | None) -> Table:
        self.known(node, _TABLE_KEYS)
        columns = {each.name: each for each in base.columns} if base else {}
        for part in _texts(node.get("with")):
            if part not in self.parts:
                raise _Wrong(f"there are no columns {part} in parts.yaml", node["with"])
            columns |= {str(key): self.column(str(key), each, None) for key, each in self.parts[part].items()}
        for key, each in _fields(node.get("columns") or {}).items():
            columns[str(key)] = self.column(str(key), each, columns.get(str(key)))
        keys = _texts(node.get("key"))
        for key in keys:
            if key not in columns:
                raise _Wrong(f"the key's column {key} isn't among the columns", node["key"])
            columns[key] = replace(columns[key], key=True)
        basis = base or Table(name=name)
        return replace(
            basis,
            files=_texts(node.get("files")) or basis.files,
            telling=_texts(node.get("telling")) or basis.telling,
            columns=tuple(columns.values()),
            rules=tuple(self.rule(each, columns) for each in node.get("rules") or ()) or basis.rules,
            latest=_texts(node.get("latest")) or basis.latest,
            deleted=str(node.get("deleted", basis.deleted)),
            many=_truth(node.get("many", basis.many)),
        )

    def rule(self, node: Any, columns: Mapping[str, Column]) -> Rule:
        from conformance.tabular.rules import RULES

        if not isinstance(node, dict) or str(node.get("rule")) not in RULES:
            raise _Wrong(f"a rule is a mapping with rule: one of {', '.join(RULES)}", node)
        name = str(node["rule"])
        given = {str(key): _texts(each) if isinstance(each, list) else str(each) for key, each in node.items()}
        del given["rule"]
        for column in RULES[name].columns(given):
            if column not in columns:
                raise _Wrong(f"the rule's column {column} isn't among the columns", node)
        return Rule(name=name, words=given)

    def column(self, name: str, node: Any, base: Column | None) -> Column:
        if isinstance(node, str):
            return self.short(name, node, node, base)
        self.known(node, _COLUMN_KEYS)
        found = self.short(name, str(node["is"]), node, base) if "is" in node else base or Column(name=name)
        values = node.get("values")
        if "list" in node and str(node["list"]) not in self.lists:
            raise _Wrong(f"there is no list {node['list']}", node["list"])
        pattern = str(node.get("pattern", found.pattern))
        _checked_pattern(pattern, node)
        return replace(
            found,
            also=_texts(node.get("also")) or found.also,
            asks=_texts(node.get("asks")) or found.asks,
            values=self.values(values) if values is not None else self.lists.get(str(node.get("list")), found.values),
            other=self.one_of(node, "other", ("drop", "tell", "keep")) or found.other,
            unknown=frozenset(map(words, _texts(node.get("unknown")))) or found.unknown,
            order=self.one_of(node, "order", _ORDERS) or found.order,
            separator=str(node.get("separator", found.separator)),
            pattern=pattern,
            example=str(node.get("example", found.example)),
            refers=_reference(node, found.refers),
            system=self.one_of(node, "system", _SYSTEMS) or found.system,
            question=str(node.get("question", found.question or (name if found.type in _ASKED else ""))),
            least=_number(node, "least", found.least),
            most=_number(node, "most", found.most),
            unique=_truth(node.get("unique", found.unique)),
        )

    def short(self, name: str, text: str, node: Any, base: Column | None) -> Column:
        """`TYPE [LIST] [required] [key] [unique]`."""
        kind, *rest = text.split()
        if kind not in TYPES:
            raise _Wrong(f"{kind} is no type; there are {', '.join(TYPES)}", node)
        lists = [each for each in rest if each not in ("required", "key", "unique")]
        if len(lists) > 1 or (lists and lists[0] not in self.lists):
            raise _Wrong(f"there is no list {lists[-1]}", node)
        return Column(
            name=name,
            type=kind,
            also=base.also if base else (),
            required="required" in rest,
            key="key" in rest or (base is not None and base.key),
            unique="unique" in rest,
            values=self.lists[lists[0]] if lists else None,
            refers=base.refers if base else None,
            question=name if kind in _ASKED else "",
        )

    def values(self, node: Any) -> dict[str, str]:
        """What a cell may say, simplified, to what it means: a list, or codes with their synonyms."""
        if isinstance(node, list):
            return {words(each): str(each) for each in node}
        found: dict[str, str] = {}
        for code, synonyms in _fields(node).items():
            found[words(code)] = str(code)
            found |= {words(each): str(code) for each in synonyms or ()}
        return found

    def one_of(self, node: Any, key: str, choices: tuple[str, ...]) -> Any:
        found = str(node.get(key, ""))
        if found and found not in choices:
            raise _Wrong(f"{key}: is one of {', '.join(choices)}", node[key])
        return found

    def known(self, node: Any, keys: frozenset[str]) -> None:
        """Unknown keys are reported, and passed over."""
        for key in _fields(node):
            if key not in keys:
                at = place(key, self.source)
                self.issues.append(issue("PRO-0202", at, key=str(key), keys=", ".join(sorted(keys))))


_ASKED = ("answer", "choices")


def read(raw: bytes, source: str, parts: Mapping[str, Any], like: Reading) -> Result[Schema]:
    """A schema from its file. Any error leaves none."""
    loaded = load(raw, source)
    if not isinstance(loaded.value, dict) or "schema" not in loaded.value:
        wrong = issue("PRO-0203", place(loaded.value, source), key="schema")
        return Result(value=None, issues=loaded.issues or (wrong,))
    reader = _Reader(source, parts, list(loaded.issues))
    try:
        base = _base(loaded.value, like, reader)
        schema = reader.schema(loaded.value, base)
    except _Wrong as wrong:
        reader.issues.append(issue("PRO-0201", place(wrong.node, source), problem=wrong.problem))
        return Result(value=None, issues=tuple(reader.issues))
    return Result(value=schema, issues=tuple(reader.issues))


def _base(node: Any, like: Reading, reader: _Reader) -> Schema | None:
    if "like" not in node:
        return None
    found = like(str(node["like"]))
    if found.value is None:
        raise _Wrong(f"there is no schema {node['like']}", node["like"])
    reader.lists |= {name: dict(values) for name, values in found.value.lists.items()}
    return found.value


def _fields(node: Any) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise _Wrong("a mapping is wanted here", node)
    return node


def _texts(node: Any) -> tuple[str, ...]:
    if node is None:
        return ()
    return tuple(map(str, node)) if isinstance(node, list) else (str(node),)


def _truth(node: Any) -> bool:
    return str(node).lower() == "true"


def _number(node: Any, key: str, default: int | None) -> int | None:
    text = str(node.get(key, ""))
    if not text:
        return default
    if not text.lstrip("-").isdecimal():
        raise _Wrong(f"{key}: is a number", node[key])
    return int(text)


def _reference(node: Any, default: tuple[str, str] | None) -> tuple[str, str] | None:
    if "refers" not in node:
        return default
    table, dot, column = str(node["refers"]).partition(".")
    if not (table and dot and column):
        raise _Wrong("refers: is TABLE.COLUMN", node["refers"])
    return table, column


def _checked_pattern(pattern: str, node: Any) -> None:
    try:
        compiled(pattern)
    except ValueError as error:
        raise _Wrong(f"pattern: {error}", node) from error
