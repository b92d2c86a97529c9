"""Reads map files into their form: every unknown key, wrong shape and missing name is an issue with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue
from conformance.yaml import Fields, Items, Text, place
from mappings.form import OPERATORS, UNMAPPED, Check, Compound, Join, Key, Kind, Library, Map, Rows, Rule, Table, Test

MAP_KEYS = ("map", "between", "spec", "uses", "when", "entries", "names", "tables", "parts", "rules", "reads",
            "title", "note")  # fmt: skip
LIBRARY_KEYS = ("library", "uses", "names", "tables", "parts", "spec", "title", "note")
TABLE_KEYS = ("rows", "unmapped", "csv", "from", "to", "spec", "note")
RULE_KEYS = (
    "each", "make", "to", "ref", "set", "choice", "cases", "other", "rules", "use", "as", "table", "when", "where",
    "default", "key", "name", "after", "with", "per", "ignore", "derived", "profile", "needs", "refers", "note",
    "made", "template", "inherit", "narrative", "rows", "unpivot", "split",
)  # fmt: skip
"""The closed list of a rule's keys, beside the names of the two sides."""

_NAME = re.compile(r"\$([A-Za-z][A-Za-z0-9-]*)")


Reading = Callable[["Reader", Rule, Any], None]
"""Takes one key of a rule."""


@dataclass(slots=True)
class Reader:
    """Reads one file. `sides` is empty for a library: there any key that no rule knows is taken for a side."""

    source: str
    folder: Path
    names: dict[str, Any]
    issues: list[Issue]
    sides: tuple[str, ...] = ()
    overriding: dict[str, Any] = field(default_factory=dict)
    """Names of overlays, which count in this file's rules too."""

    # ---- complaints -------------------------------------------------------------------------------------------

    def say(self, code: str, node: Any, **words: str) -> None:
        self.issues.append(issue(code, place(node, self.source), **words))

    def line(self, node: Any) -> str:
        return f"{Path(self.source).name}:{getattr(node, 'line', 0)}"

    def fields(self, node: Any, what: str) -> Fields:
        if isinstance(node, Fields):
            return node
        self.say("MAP-0001", node, what=what, shape="a mapping")
        return Fields()

    def items(self, node: Any, what: str) -> list[Any]:
        if isinstance(node, Items):
            return node
        self.say("MAP-0001", node, what=what, shape="a list")
        return []

    def text(self, node: Any, what: str) -> str:
        if isinstance(node, Text):
            return str(node)
        self.say("MAP-0001", node, what=what, shape="a text")
        return ""

    def known(self, node: Fields, keys: tuple[str, ...], what: str) -> None:
        for key in node:
            if key not in keys:
                self.say("MAP-0002", key, key=key, what=what)

    # ---- names ------------------------------------------------------------------------------------------------

    def value(self, node: Any) -> Any:
        """A constant with its `$names` replaced, as plain dict, list and str (booleans where the notation says so)."""
        if isinstance(node, Fields):
            return {str(key): self.value(child) for key, child in node.items()}
        if isinstance(node, Items):
            return [self.value(child) for child in node]
        if not isinstance(node, str):
            return node
        whole = _NAME.fullmatch(node)
        if whole:
            return self._named(whole.group(1), node)
        return str(node)

    def _named(self, name: str, node: Any) -> Any:
        if name not in self.names:
            self.say("MAP-0003", node, kind="name", name="$" + name)
            return ""
        return self.names[name]

    def path(self, node: Any) -> str:
        """A path with `$names` within it replaced."""

        def replaced(match: re.Match[str]) -> str:
            value = self._named(match.group(1), node)
            return value if isinstance(value, str) else ""

        return _NAME.sub(replaced, self.text(node, "a path"))

    def paths(self, node: Any) -> tuple[tuple[str, ...], bool]:
        if isinstance(node, Items):
            return tuple(self.path(child) for child in node), True
        return (self.path(node),), False

    # ---- files ------------------------------------------------------------------------------------------------

    def library(self, root: Fields) -> Library:
        self.known(root, LIBRARY_KEYS, "a library")
        return Library(id=self.text(root["library"], "library"), source=self.source, **self._shared(root))

    def map(self, root: Fields) -> Map:
        self.known(root, MAP_KEYS, "a map")
        between = self.fields(root.get("between", Fields()), "between")
        if len(between) != 2:
            self.say("MAP-0001", root, what="between", shape="a mapping of two sides")
        self.sides = tuple(str(side) for side in between)
        roots = {side: self._roots(node) for side, node in between.items()}
        shared = self._shared(root)
        return Map(
            id=self.text(root["map"], "map"),
            source=self.source,
            sides=self.sides if len(self.sides) == 2 else ("", ""),
            roots=roots,
            spec=str(root.get("spec", "")),
            reads=self._reads(root),
            when=self.test(root["when"]) if "when" in root else None,
            entries=self._entries(root),
            rules=self.rules(root.get("rules", Items())),
            **shared,
        )

    def _reads(self, root: Fields) -> str:
        reads = str(root.get("reads", ""))
        if reads and reads not in self.sides:
            self.say("MAP-0004", root["reads"], what="reads", choices=", ".join(self.sides))
        return reads

    def _entries(self, root: Fields) -> tuple[str, ...]:
        return tuple(self.text(each, "entries") for each in self.items(root.get("entries", Items()), "entries"))

    def _roots(self, node: Any) -> tuple[str, ...]:
        return tuple(str(each) for each in node) if isinstance(node, Items) else (self.text(node, "between"),)

    def _shared(self, root: Fields) -> dict[str, Any]:
        """`uses`, `names`, `tables`, `parts`; own names are known to what follows."""
        own = {}
        for name, node in self.fields(root.get("names", Fields()), "names").items():
            own[str(name)] = self.names[str(name)] = self.overriding.get(str(name), self.value(node))
        tables = self.fields(root.get("tables", Fields()), "tables")
        parts = self.fields(root.get("parts", Fields()), "parts")
        return {
            "uses": tuple(self.text(each, "uses") for each in self.items(root.get("uses", Items()), "uses")),
            "names": own,
            "tables": {str(name): self.table(str(name), node) for name, node in tables.items()},
            "parts": {str(name): self.rules(node) for name, node in parts.items()},
        }

    # ---- tables -----------------------------------------------------------------------------------------------

    def table(self, name: str, node: Any) -> Table:
        fields = self.fields(node, f"table {name}")
        self.known(fields, TABLE_KEYS, "a table")
        rows = tuple(self._csv(fields) if "csv" in fields else self._rows(fields))
        unmapped = fields.get("unmapped", Text("keep"))
        if isinstance(unmapped, Fields):
            (fallback,) = list(self.value(unmapped).values()) or [None]
            return Table(name=name, line=self.line(node), rows=rows, unmapped="value", fallback=fallback)
        if unmapped not in UNMAPPED:
            self.say("MAP-0004", unmapped, what="unmapped", choices=", ".join(UNMAPPED))
        return Table(name=name, line=self.line(node), rows=rows, unmapped=str(unmapped))

    def _rows(self, fields: Fields) -> Iterator[tuple[str, Any]]:
        for row in self.items(fields.get("rows", Items()), "rows"):
            cells = self.items(row, "a row")
            if len(cells) != 2:
                self.say("MAP-0001", row, what="a row", shape="a list of two: left code, right value")
                continue
            yield self.text(cells[0], "a code"), self.value(cells[1])

    def _csv(self, fields: Fields) -> Iterator[tuple[str, Any]]:
        """Rows of a CSV file below the map's folder; `to` is a column, or a mapping of member to column."""
        path = self.folder / self.text(fields["csv"], "csv")
        left, to = fields.get("from", Text("from")), fields.get("to", Text("to"))
        keys = [str(each) for each in left] if isinstance(left, Items) else [str(left)]
        if not path.resolve().is_relative_to(self.folder.resolve()) or not path.is_file():
            self.say("MAP-0005", fields["csv"])
            return
        columns = [str(column) for column in to.values()] if isinstance(to, Fields) else [str(to)]
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(line for line in lines if not line.startswith("#"))
            if missing := {*keys, *columns} - set(reader.fieldnames or ()):
                self.say("MAP-0006", fields["csv"], columns=", ".join(sorted(missing)))
                return
            for row in reader:
                yield "|".join(row[key] for key in keys), self._cell(row, to)

    @staticmethod
    def _cell(row: dict[str, str], to: Any) -> Any:
        if isinstance(to, Fields):
            return {str(member): row[column] for member, column in to.items() if row[column]}
        return row[to]

    # ---- rules ------------------------------------------------------------------------------------------------

    def rules(self, node: Any) -> list[Rule]:
        return [self.rule(each) for each in self.items(node, "rules")]

    def rule(self, node: Any) -> Rule:
        fields = self.fields(node, "a rule")
        sides = self.sides or tuple(key for key in fields if key not in RULE_KEYS)
        self.known(fields, RULE_KEYS + sides, "a rule")
        rule = Rule(kind=self._kind(fields, sides), line=self.line(node), source=self.source)
        for side in sides:
            if side in fields:
                rule.paths[str(side)], listed = self.paths(fields[side])
                rule.listed |= {str(side)} if listed else frozenset()
        for key, reading in _READINGS.items():
            if key in fields:
                reading(self, rule, fields[key])
        return rule

    def _kind(self, fields: Fields, sides: tuple[str, ...]) -> Kind:
        if "rows" in fields or "unpivot" in fields:
            return "rows"
        for key in ("each", "make", "choice", "cases", "set", "ref", "made", "ignore", "profile"):
            if key in fields:
                return key
        return "inline" if "use" in fields and not any(side in fields for side in sides) else "value"

    # each reading takes one key of a rule

    def each(self, rule: Rule, node: Any) -> None:
        if isinstance(node, Fields):
            for side, path in node.items():
                rule.paths[str(side)], _ = self.paths(path)
        else:
            rule.context = self.path(node)

    def cases(self, rule: Rule, node: Any) -> None:
        if isinstance(node, Fields):
            rule.choices = tuple(str(key) for key in node)
            rule.cases = [self.rule(each) for each in node.values()]
        else:
            rule.cases = self.rules(node)
        for case in rule.cases:
            if case.kind == "value" and not case.paths:
                case.kind = "inline"

    def choice(self, rule: Rule, node: Any) -> None:
        for side, path in self.fields(node, "choice").items():
            rule.paths[str(side)], _ = self.paths(path)

    def constants(self, rule: Rule, node: Any) -> None:
        for side, values in self.fields(node, "set").items():
            rule.set[str(side)] = {
                self.path(path): self.value(value) for path, value in self.fields(values, "set").items()
            }

    def default(self, rule: Rule, node: Any) -> None:
        rule.default = {str(side): self.value(value) for side, value in self.fields(node, "default").items()}

    def where(self, rule: Rule, node: Any) -> None:
        for side, checks in self.fields(node, "where").items():
            rule.where[str(side)] = tuple(
                self._check(str(side), self.path(path), test) for path, test in self.fields(checks, "where").items()
            )

    def _check(self, side: str, path: str, node: Any) -> Check:
        if isinstance(node, Fields):
            operators = [key for key in node if key in OPERATORS]
            if len(operators) == 1 and len(node) == 1:
                return Check(side=side, path=path, operator=operators[0], operand=self.value(node[operators[0]]))
            self.say("MAP-0007", node)
        return Check(side=side, path=path, operator="eq", operand=self.value(node))

    def key(self, rule: Rule, node: Any) -> None:
        fields = self.fields(node, "key")
        paths: dict[str, tuple[str, ...]] = {}
        listed = False
        for side in fields:
            if side not in ("as", "under"):
                paths[str(side)], listed = self.paths(fields[side])
        rule.key = Key(
            paths=paths, listed=listed, conversion=str(fields.get("as", "")), under=str(fields.get("under", ""))
        )

    def when(self, rule: Rule, node: Any) -> None:
        rule.when = self.test(node)

    def test(self, node: Any) -> Test:
        """A test: `{v2: PID-29, is: empty}`, or `all`, `any`, `not` of tests."""
        fields = self.fields(node, "a test")
        for word in ("all", "any"):
            if word in fields:
                tests = tuple(self.test(each) for each in self.items(fields[word], word))
                return Compound(operator=word, tests=tests)
        if "not" in fields:
            return Compound(operator="not", tests=(self.test(fields["not"]),))
        operators = [key for key in fields if key in OPERATORS]
        sides = [key for key in fields if key not in OPERATORS]
        if len(operators) != 1 or len(sides) != 1:
            self.say("MAP-0007", node)
            return Compound(operator="all", tests=())
        (operator,), (side,) = operators, sides
        if self.sides and side not in self.sides:
            self.say("MAP-0002", side, key=side, what="a test")
        operand = self.value(fields[operator])
        return Check(side=str(side), path=self.path(fields[side]), operator=str(operator), operand=operand)


def _put(attribute: str, what: str) -> Reading:
    """A key that is one text."""

    def reading(reader: Reader, rule: Rule, node: Any) -> None:
        setattr(rule, attribute, reader.text(node, what))

    return reading


def _profile(reader: Reader, rule: Rule, node: Any) -> None:
    rule.reason = str(reader.value(node))


def _needs(reader: Reader, rule: Rule, node: Any) -> None:
    rule.needs = reader.value(Items(reader.items(node, "needs")))


def _refers(reader: Reader, rule: Rule, node: Any) -> None:
    rule.refers = {str(path): reader.value(each) for path, each in reader.fields(node, "refers").items()}


def _narrative(reader: Reader, rule: Rule, node: Any) -> None:
    """`{columns: {Heading: path}}`: a row of the table for each statement; `link: false`: its text has no reference."""
    fields = reader.fields(node, "narrative")
    reader.known(fields, ("columns", "link"), "a narrative")
    columns = reader.fields(fields.get("columns", Fields()), "columns")
    rule.narrative = {"columns": {str(heading): reader.path(path) for heading, path in columns.items()}}
    if "link" in fields:
        rule.narrative["link"] = str(fields["link"])


def _after(reader: Reader, rule: Rule, node: Any) -> None:
    rule.after = tuple(str(each) for each in node) if isinstance(node, Items) else (reader.text(node, "after"),)


def _with(reader: Reader, rule: Rule, node: Any) -> None:
    rule.members = tuple(reader.text(each, "with") for each in reader.items(node, "with"))


def _template(reader: Reader, rule: Rule, node: Any) -> None:
    """`{root: OID, write: version}`: C-CDA's template, matched on its root whatever the version."""
    fields = reader.fields(node, "template")
    reader.known(fields, ("root", "write"), "a template")
    root = reader.value(fields.get("root", Text("")))
    rule.where["ccda"] = (
        *rule.where.get("ccda", ()),
        Check(side="ccda", path=".", operator="template", operand=root),
    )


def _inherit(reader: Reader, rule: Rule, node: Any) -> None:
    """What C-CDA's context conduction gives: the element itself, else that of the nearest ancestor that has one."""
    name = reader.text(node, "inherit")
    paths = rule.paths.get("ccda", ())
    rule.paths["ccda"] = tuple("^" + path if path.startswith(name) else path for path in paths)


def _rows(reader: Reader, rule: Rule, node: Any) -> None:
    """`{from: Enrollment, join: {Client: PersonalID}, group: PersonalID, retract: {DateDeleted: {is: valued}}}`."""
    fields = reader.fields(node, "rows")
    reader.known(fields, ("from", "join", "group", "retract"), "rows")
    retract = reader.fields(fields.get("retract", Fields()), "retract")
    rule.over = Rows(
        table=reader.text(fields.get("from", Text("")), "from"),
        joins=_joins(reader, fields),
        group=reader.paths(fields["group"])[0] if "group" in fields else (),
        retract=tuple(reader._check("", str(column), test) for column, test in retract.items()),
    )


def _joins(reader: Reader, fields: Fields) -> tuple[Join, ...]:
    """`{Client: PersonalID}`, `{Client: [A, B]}`, or with other names there `{Client: {ClientID: PersonalID}}`."""
    joins = []
    for name, columns in reader.fields(fields.get("join", Fields()), "join").items():
        if isinstance(columns, Fields):
            here, there = tuple(map(str, columns)), tuple(map(str, columns.values()))
        else:
            here = there = reader.paths(columns)[0]
        joins.append(Join(name=str(name), here=here, there=there))
    return tuple(joins)


def _unpivot(reader: Reader, rule: Rule, node: Any) -> None:
    """`{columns: {Q1: 71802-3}, to: {question: code, answer: value}, split: ';'}`: an item per column filled."""
    fields = reader.fields(node, "unpivot")
    reader.known(fields, ("columns", "to", "split", "join"), "unpivot")
    to = {str(key): str(name) for key, name in reader.fields(fields.get("to", Fields()), "to").items()}
    columns = fields.get("columns", Fields())
    named = columns.items() if isinstance(columns, Fields) else [(each, Fields()) for each in columns]
    rule.over = Rows(
        joins=_joins(reader, fields),
        columns=tuple((str(column), _constants(reader, each, to)) for column, each in named),
        answer=to.get("answer", "answer"),
        split=str(fields.get("split", "")),
    )


def _constants(reader: Reader, node: Any, to: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """What a column says by itself: its question, or a mapping of such names."""
    if not isinstance(node, Fields):
        return ((to.get("question", "question"), str(reader.value(node))),)
    return tuple((to.get(str(name), str(name)), str(reader.value(each))) for name, each in node.items())


def _split(reader: Reader, rule: Rule, node: Any) -> None:
    """`each: {csv: Needs, fhir: ...}` with `split: ';'`: the mark is kept in the path."""
    mark = reader.text(node, "split")
    rule.paths = {side: tuple(f"{path}[{mark}]" for path in paths) if side == "csv" else paths
                  for side, paths in rule.paths.items()}  # fmt: skip


def _other(reader: Reader, rule: Rule, node: Any) -> None:
    rule.other = reader.rule(node)


def _inner(reader: Reader, rule: Rule, node: Any) -> None:
    rule.rules = reader.rules(node)


_READINGS: dict[str, Reading] = {
    "each": Reader.each,
    "choice": Reader.choice,
    "make": _put("type", "a resource type"),
    "to": _put("type", "a resource type"),
    "cases": Reader.cases,
    "other": _other,
    "rules": _inner,
    "rows": _rows,
    "unpivot": _unpivot,
    "use": _put("use", "use"),
    "as": _put("conversion", "as"),
    "table": _put("table", "table"),
    "when": Reader.when,
    "where": Reader.where,
    "default": Reader.default,
    "key": Reader.key,
    "name": _put("name", "name"),
    "ref": _put("ref", "ref"),
    "made": _put("type", "resource types"),
    "template": _template,
    "inherit": _inherit,
    "split": _split,
    "set": Reader.constants,
    "after": _after,
    "with": _with,
    "per": _put("per", "per"),
    "ignore": _put("reason", "ignore"),
    "derived": _put("derived", "derived"),
    "profile": _profile,
    "needs": _needs,
    "refers": _refers,
    "narrative": _narrative,
}
