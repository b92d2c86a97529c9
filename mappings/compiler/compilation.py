"""The state of compiling one map in one direction, and what every kind of rule needs: tests, constants, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue, Where
from conformance.syntax import MisfitError, PathError
from mappings.coding import back_key
from mappings.compiled import Cover, Site
from mappings.emit import Function, Module
from mappings.form import Check, Map, Rule, Table, Test, project
from mappings.notes import SKIP


@dataclass(slots=True)
class Open:
    """A named resource that a context around has open: its object when read; when written its URL, or the list that
    holds the URLs of all that this context made under the name."""

    type: str
    url: str = "None"
    object: str = ""
    urls: str = ""


@dataclass(slots=True)
class Place:
    """Where rules are compiled: the function, both scopes, and what waits for the end of the context."""

    code: Function
    read: Any
    write: Any
    names: dict[str, Open] = field(default_factory=dict)
    stamps: list[Callable[[], None]] = field(default_factory=list)
    claims: list[Callable[[], None]] = field(default_factory=list)
    siblings: list[Rule] = field(default_factory=list)
    gave: str = ""
    outer: Place | None = None
    url: str = "None"
    """Of the resource that is written here."""
    lists: list[list[Rule]] = field(default_factory=list)
    """The rules that are compiled here, inner lists last."""
    own: set[str] = field(default_factory=set)
    """The names that this context makes resources under."""
    head: Function | None = None
    gone: str = ""
    """Tables: the variable that says that the row which is read takes back what it made."""
    tabled: bool = False
    """True for the context of a row, which makes what the context around may refer to."""
    pointing: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """Tables, FHIR read: by the name of a `ref` the variable of the resource that has it, and the reference's steps."""

    def __post_init__(self) -> None:
        self.head = self.code.hold()

    def within(self, reader: Any, writer: Any, gave: str = "") -> Place:
        """The place of a context inside this one."""
        inner = Place(self.code, reader, writer, dict(self.names), gave=gave, outer=self, url=self.url)
        inner.gone, inner.pointing = self.gone, dict(self.pointing)
        return inner

    def named(self, name: str, kind: str) -> str:
        """The list of what this context makes under a name."""
        if name not in self.own:
            urls = self.code.new("b")
            assert self.head is not None
            self.head.add(f"{urls} = []")
            self.own.add(name)
            self.names[name] = Open(kind, url=f"({urls}[-1] if {urls} else None)", urls=urls)
        return self.names[name].urls

    def collecting(self, name: str, kind: str) -> list[str]:
        """The lists that what is made under a name belongs to: this context's, and those of tables around it."""
        lists, place = [self.named(name, kind)], self
        while place.tabled and place.outer is not None:
            place = place.outer
            if name in place.own:
                lists.append(place.names[name].urls)
        return lists

    def awaited(self, name: str, makes: Callable[[list[Rule], str], bool]) -> Open | None:
        """A name that a rule of this context or of one around will make; None when none does."""
        if any(makes(rules, name) for rules in self.lists):
            self.named(name, "")
            return self.names[name]
        found = self.outer.awaited(name, makes) if self.outer is not None else None
        if found is not None:
            self.names[name] = found
        return found

    def flag(self) -> str:
        """A variable that is False at the start of the context."""
        name = self.code.new("d")
        assert self.head is not None
        self.head.add(f"{name} = False")
        return name

    def reached(self) -> str:
        """A variable that is True at the end of the context when this point was reached; empty where it always is."""
        assert self.head is not None
        if self.code.depth == self.head.depth:
            return ""
        flag = self.flag()
        self.code.add(f"{flag} = True")
        return flag

    def wrote(self) -> None:
        if self.gave:
            self.code.add(f"{self.gave} = True")


RuleCompiler = Callable[["Compilation", Rule, Place], tuple[Cover, ...]]
"""Compiles one kind of rule at a place, and says what it reads."""


class Compilation:
    """One map, one direction, one variant."""

    def __init__(
        self,
        linked: Map,
        sides: tuple[str, str],
        syntaxes: dict[str, Any],
        conversions: Mapping[str, Any],
        variant: str,
        kinds: Mapping[str, RuleCompiler],
    ) -> None:
        self.kinds = kinds
        self.map = linked
        self.read, self.write = sides
        self.forward = self.read == linked.sides[0]
        self.reading, self.writing = syntaxes[self.read], syntaxes[self.write]
        self.standing = bool(self.writing.tree and not self.writing.references)
        """What is written are elements, each of which stands for a resource."""
        self.conversions = conversions
        self.variant = variant
        self.module = Module()
        self.sites: list[Site] = [Site("")]
        self.issues: list[Issue] = []
        self.parts: dict[tuple[str, str, str, str], str] = {}
        self.part_covers: dict[str, tuple[Cover, ...]] = {}
        self.pure_parts: dict[str, bool] = {}
        self.used: set[str] = set()
        self.given = ""
        self.compiling: list[str] = []
        self.asked: set[str] = set()
        """Names that a reference asks the run for, since no context around it makes them."""

    def compile(self) -> tuple[Cover, ...]:
        code = self.module.function("run", "S, R, D")
        code.add(self.prologue)
        root = self.map.roots[self.read][0]
        reader = self.reading.reader(code, "S", root, self.variant)
        writer = self.writing.writer(code, "D", self.map.roots[self.write][0])
        place = Place(code, reader, writer)
        applies = project(self.map.when, self.read)
        if applies is not None:
            with self.complaints(None):
                code.add(f"if not ({self.condition(applies, place)}): return False")
        if self.map.entries:
            code.add(f"R.entries = {self.map.entries!r}")
        covers = self.rules(self.map.rules, place)
        self.close(place)
        code.add("return True")
        return covers

    @property
    def prologue(self) -> str:
        """The first line of every function."""
        return "N = R.notes; F = R.fresh" + ("; T = R.taken" if self.reading.claims or self.reading.references else "")

    @contextmanager
    def complaints(self, rule: Rule | None) -> Iterator[None]:
        """A path that isn't there is a finding at the rule's line; the other rules are compiled all the same."""
        try:
            yield
        except PathError as error:
            where = Where(source=self.map.source) if rule is None else rule.where_written()
            if isinstance(error, MisfitError):
                words = {"given": error.given, "wanted": error.wanted, "format": self.write}
                self.issues.append(issue("MAP-0011", where, **words))
            else:
                self.issues.append(issue("MAP-0008", where, problem=str(error)))

    def site(self, rule: Rule, **words: str) -> int:
        targets = tuple(rule.paths.get(self.write, ()))
        quiet = bool(rule.conversion) and self.conversion(rule).quiet
        path = rule.path(self.read) or (rule.key.path(self.read) if rule.key is not None else "")
        self.sites.append(Site(rule.line, targets, path, tuple(words.items()), quiet))
        return len(self.sites) - 1

    def rules(self, rules: list[Rule], place: Place) -> tuple[Cover, ...]:
        outer, place.siblings = place.siblings, rules
        place.lists.append(rules)
        covers: list[Cover] = []
        for rule in rules:
            with self.complaints(rule):
                covers.extend(self.rule(rule, place))
        place.siblings = outer
        place.lists.pop()
        return tuple(covers)

    def rule(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        place.code.add(f"# {ascii(rule.line)[1:-1]}")
        if rule.derived and not self.forward:
            paths = rule.paths.get(self.read, ())
            return tuple(Cover(place.read.where(path), 0, (f"({rule.line})",)) for path in paths)
        return self.kinds[rule.kind](self, rule, place)

    def close(self, place: Place) -> None:
        """Constants, defaults and profiles, when something else was written in this context."""
        if place.stamps or place.claims:
            with place.code.block(f"if {place.write.filled()}:"):
                for stamp in (*place.stamps, *place.claims):
                    stamp()

    def condition(self, test: Test, place: Place) -> str:
        if isinstance(test, Check):
            return f"({self.check(test, place)})"
        inner = [self.condition(each, place) for each in test.tests]
        if test.operator == "not":
            return f"(not {inner[0]})"
        return "(" + f" {'and' if test.operator == 'all' else 'or'} ".join(inner or ["True"]) + ")"

    def check(self, check: Check, place: Place) -> str:
        operand = check.operand
        if check.operator == "same":
            one, other = place.read.leaf(check.path).var, place.read.leaf(str(operand)).var
            return f"{one} and {one} == {other}"
        if check.operator == "read":
            owner = place.names.get(str(operand))
            if owner is None or not (owner.object or owner.urls):
                raise PathError(f"nothing named `{operand}` is read before")
            return f"{owner.object} is not None" if owner.object else f"bool({owner.urls})"
        if check.operator == "in" and isinstance(operand, str):
            operand = self.codes(operand)
        return str(place.read.test(check.path, check.operator, operand))

    def codes(self, name: str) -> list[str]:
        """The codes of a table on the side being read: left ones going forward, right ones going back."""
        rows = self.table(self.given if name == "given" else name).rows
        if self.forward:  # a code without a counterpart isn't one that the table translates
            return [left for left, right in rows if right not in ("", {})]
        found = (back_key(right) for _, right in rows if right not in ("", {}))
        return [str(key[1] if isinstance(key, tuple) else key) for key in found]

    def tests(self, rule: Rule, place: Place) -> list[str]:
        """What `where` and `when` ask of the side being read."""
        found = [self.check(each, place) for each in rule.where.get(self.read, ())]
        when = project(rule.when, self.read)
        return found if when is None else [*found, self.condition(when, place)]

    @contextmanager
    def guarded(self, rule: Rule, place: Place, site: int) -> Iterator[None]:
        """A rule's body under its `when` and its `where`, as far as they speak of the side being read."""
        tests = self.tests(rule, place)
        if not tests:
            yield
            return
        with place.code.block(f"if {' and '.join(tests)}:"):
            yield
        place.code.add(f"else: N.append(({SKIP}, {place.read.at}, {site}, None))")

    def conditions(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        """What a filter reads is accounted for; the template that an element claims is none of its fields."""
        checks = [check for check in rule.where.get(self.read, ()) if check.operator != "template"]
        return tuple(Cover(place.read.where(check.path), 0, (f"({rule.line})",)) for check in checks)

    def naming(self, name: str, url: str, lists: list[str]) -> Callable[[], str]:
        """The line that puts a resource under its name, for the contexts, and for the run where references ask it."""
        found = "; ".join(f"{urls}.append({url})" for urls in lists)
        return lambda: f"R.named.setdefault({name!r}, []).append({url}); {found}" if name in self.asked else found

    def stamp(self, rule: Rule, place: Place) -> None:
        """What a `where` says of the side being written."""
        checks = [check for check in rule.where.get(self.write, ()) if check.operator == "eq"]
        if checks:
            self.later(place, {check.path: check.operand for check in checks})

    def later(self, place: Place, values: dict[str, Any]) -> None:
        """Constants for the end of the context, if this point was reached."""
        flag = place.reached()
        write, code = place.write, place.code
        typed = {path: write.typed(path, value) for path, value in values.items()}
        write.plan_constants(typed)

        def emit() -> None:
            with code.block(f"if {flag}:") if flag else nullcontext():
                write.put_constants(typed)

        place.stamps.append(emit)

    def conversion(self, rule: Rule) -> Any:
        found = self.conversions.get(rule.conversion)
        if found is None:
            raise PathError(f"there is no conversion `{rule.conversion}`")
        return found

    def kind(self, rule: Rule) -> str:
        return str(self.conversion(rule).gives) if rule.conversion else ""

    def table_name(self, rule: Rule) -> str:
        return self.given if rule.table == "given" else rule.table

    def table(self, name: str) -> Table:
        if name not in self.map.tables:
            raise PathError(f"there is no table `{name}`")
        return self.map.tables[name]

    def makes(self, rules: list[Rule], name: str) -> bool:
        """True when a rule of the list makes something under a name in the context of the list itself."""
        for rule in rules:
            if rule.name == name and rule.kind == "make":
                return True
            inner = [*rule.cases, *([rule.other] if rule.other is not None else [])]
            if rule.kind in ("inline", "rows"):
                inner += rule.rules + (self.map.parts.get(rule.use, []) if rule.use not in self.compiling else [])
            if inner and self.makes(inner, name):
                return True
        return False

    def part_rules(self, rule: Rule) -> list[Rule]:
        if rule.use not in self.map.parts:
            raise PathError(f"there is no part `{rule.use}`")
        return self.map.parts[rule.use]
