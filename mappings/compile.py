"""Compiles a linked map for one direction into the source of a Python module.

`run(S, R, D)` reads the source `S`, keeps its state in the run `R` (mappings.run) and writes the target `D`. Each rule's
lines are preceded by a comment with its file and line, so that a traceback leads to the map. What each rule reads is
recorded as `Cover`s: with the notes of a run they give the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue, Where
from conformance.syntax import PathError, Value
from mappings.emit import Function, Module
from mappings.form import Check, Compound, Map, Rule, Table, Test, project
from mappings.run import BLANK, DROPPED, KEPT, KEYLESS, NOTHING, NOWHERE, SKIP, TOOK, Cover


@dataclass(slots=True)
class Open:
    """A named resource that a context around has open: its URL when written, its object when read."""

    type: str
    url: str = "None"
    object: str = ""


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
    head: Function | None = None

    def __post_init__(self) -> None:
        self.head = self.code.hold()

    def flag(self) -> str:
        """A variable that is False at the start of the context."""
        name = self.code.new("d")
        assert self.head is not None
        self.head.add(f"{name} = False")
        return name

    def wrote(self) -> None:
        if self.gave:
            self.code.add(f"{self.gave} = True")


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a rule when a note of it is explained."""

    line: str
    targets: tuple[str, ...] = ()
    path: str = ""
    words: tuple[tuple[str, str], ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    """The generated source by variant, with what explains its notes."""

    sources: dict[str, str]
    sites: tuple[Site, ...]
    covers: tuple[Cover, ...]
    parts: dict[str, tuple[Cover, ...]]
    conversions: tuple[str, ...]


class Compiler:
    """One map, one direction, one variant."""

    def __init__(
        self, linked: Map, read: str, write: str, syntaxes: dict[str, Any], conversions: Any, variant: str
    ) -> None:
        self.map = linked
        self.read, self.write = read, write
        self.forward = read == linked.sides[0]
        self.reading, self.writing = syntaxes[read], syntaxes[write]
        self.conversions = conversions
        self.variant = variant
        self.module = Module()
        self.sites: list[Site] = [Site("")]
        self.issues: list[Issue] = []
        self.parts: dict[tuple[str, str, str, str], str] = {}
        self.part_covers: dict[str, tuple[Cover, ...]] = {}
        self.used: set[str] = set()
        self.given = ""
        self.compiling: list[str] = []

    # ---- the module ------------------------------------------------------------------------------------------

    def compile(self) -> tuple[Cover, ...]:
        code = self.module.function("run", "S, R, D")
        code.add("N = R.notes; T = R.taken; F = R.fresh")
        root = self.map.roots[self.read][0]
        reader = self.reading.reader(code, "S", root, self.variant)
        writer = self.writing.writer(code, "D", self.map.roots[self.write][0])
        place = Place(code, reader, writer)
        applies = project(self.map.when, self.read)
        if applies is not None:
            with self.complaints(self.map.source):
                code.add(f"if not ({self.condition(applies, place)}): return False")
        covers = self.rules(self.map.rules, place)
        self.close(place)
        code.add("return True")
        return covers

    @contextmanager
    def complaints(self, line: str) -> Iterator[None]:
        """A path that isn't there is a finding at the rule's line; the other rules are compiled all the same."""
        try:
            yield
        except PathError as error:
            source, _, number = line.rpartition(":")
            where = Where(source=source or line, line=int(number) if number.isdigit() else None)
            self.issues.append(issue("MAP-0008", where, format="the format", path="", problem=str(error)))

    def site(self, rule: Rule, **words: str) -> int:
        targets = tuple(rule.paths.get(self.write, ()))
        quiet = bool(rule.conversion) and self.conversion(rule).quiet
        path = rule.path(self.read)
        self.sites.append(Site(rule.line, targets, path, tuple(words.items()), quiet))
        return len(self.sites) - 1

    def rules(self, rules: list[Rule], place: Place) -> tuple[Cover, ...]:
        outer, place.siblings = place.siblings, rules
        covers: list[Cover] = []
        for rule in rules:
            with self.complaints(rule.line):
                covers.extend(self.rule(rule, place))
        place.siblings = outer
        return tuple(covers)

    def rule(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        place.code.add(f"# {rule.line}")
        kinds: dict[str, Callable[[Rule, Place], tuple[Cover, ...]]] = {
            "value": self.value,
            "each": self.each,
            "make": self.make,
            "set": self.constants,
            "ref": self.reference,
            "choice": self.choice,
            "cases": self.cases,
            "ignore": self.ignore,
            "inline": self.inline,
            "profile": self.profile,
        }
        return kinds[rule.kind](rule, place)

    def close(self, place: Place) -> None:
        """Constants, defaults and profiles, when something else was written in this context."""
        if place.stamps or place.claims:
            with place.code.block(f"if {place.write.filled()}:"):
                for stamp in (*place.stamps, *place.claims):
                    stamp()

    # ---- tests -----------------------------------------------------------------------------------------------

    def condition(self, test: Test, place: Place) -> str:
        if isinstance(test, Check):
            return f"({self.check(test, place)})"
        inner = [self.condition(each, place) for each in test.tests]
        if test.operator == "not":
            return f"(not {inner[0]})"
        return "(" + f" {'and' if test.operator == 'all' else 'or'} ".join(inner or ["True"]) + ")"

    def check(self, check: Check, place: Place) -> str:
        operand = check.operand
        if check.operator == "in" and isinstance(operand, str):
            operand = self.codes(operand)
        return str(place.read.test(check.path, check.operator, operand))

    def codes(self, name: str) -> list[str]:
        """The codes of a table on the side being read: left ones going forward, right ones going back."""
        rows = self.table(self.given if name == "given" else name).rows
        if self.forward:
            return [left for left, _ in rows]
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
        """What a filter reads is accounted for."""
        return tuple(
            Cover(place.read.where(check.path), 0, (f"({rule.line})",)) for check in rule.where.get(self.read, ())
        )

    def stamp(self, rule: Rule, place: Place) -> None:
        """What a `where` says of the side being written."""
        checks = [check for check in rule.where.get(self.write, ()) if check.operator == "eq"]
        if checks:
            self.later(place, {check.path: check.operand for check in checks})

    def later(self, place: Place, values: dict[str, Any]) -> None:
        """Constants for the end of the context, if this point was reached."""
        flag = place.flag()
        place.code.add(f"{flag} = True")
        write, code = place.write, place.code
        literals = [(path, write.constant(path, value), isinstance(value, list)) for path, value in values.items()]

        def emit() -> None:
            with code.block(f"if {flag}:"):
                for path, literal, many in literals:
                    write.put(path, literal, many=many, weak=True)

        place.stamps.append(emit)

    # ---- values ----------------------------------------------------------------------------------------------

    def value(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        if self.read not in rule.paths or self.write not in rule.paths:
            return ()
        site = self.site(rule, table=self.table_name(rule), kind=self.kind(rule))
        missing = place.flag() if self.write in rule.default else ""
        with self.guarded(rule, place, site):
            self.stamp(rule, place)
            if rule.use or rule.type:
                covers = self.part_value(rule, place, site, missing)
            else:
                covers = self.leaf_value(rule, place, site, missing)
        if missing:
            self.default(rule, place, missing)
        return covers + self.conditions(rule, place)

    def default(self, rule: Rule, place: Place, missing: str) -> None:
        path, write, code = rule.path(self.write), place.write, place.code
        value = rule.default[self.write]
        literal = write.constant(path, value)

        def emit() -> None:
            with code.block(f"if {missing}:"):
                write.put(path, literal, many=isinstance(value, list), weak=True)

        place.stamps.append(emit)

    def leaf_value(self, rule: Rule, place: Place, site: int, missing: str) -> tuple[Cover, ...]:
        paths = rule.paths[self.read]
        if self.forward and rule.conversion and self.conversion(rule).whole:
            return self.whole_value(rule, place, site, missing)
        values = [place.read.leaf(path) for path in paths]
        listed = self.read in rule.listed
        given = " or ".join(f"({value.given})" if "is" in value.given else value.given for value in values)
        text = "[" + ", ".join(value.var for value in values) + "]" if listed else values[0].var
        whole = Value(text, given, values[0].at)
        with place.code.block(f"if {given}:"):
            self.converted(rule, whole, place, site, missing)
        if missing:
            place.code.add(f"else: {missing} = True")
        targets = self.targets(rule, place)
        return tuple(Cover(place.read.where(path), site, targets, once=True) for path in paths)

    def whole_value(self, rule: Rule, place: Place, site: int, missing: str) -> tuple[Cover, ...]:
        """A field with all its repetitions, for a conversion that takes them together."""
        path = rule.path(self.read)
        given = place.read.test(path, "is", "valued")
        with place.code.block(f"if {given}:"):
            var = place.code.new("v")
            place.code.add(f"{var} = {place.read.key(path, whole=True)}")
            self.converted(rule, Value(var, var, place.read.at), place, site, missing)
        if missing:
            place.code.add(f"else: {missing} = True")
        return (Cover(place.read.where(path), site, self.targets(rule, place)),)

    def targets(self, rule: Rule, place: Place) -> tuple[str, ...]:
        return tuple(place.write.describe(path) for path in rule.paths.get(self.write, ()))

    def converted(self, rule: Rule, value: Value, place: Place, site: int, missing: str) -> None:
        """One value through its conversion and its table, and written."""
        if not rule.conversion:
            self.tabled(rule, value, place, site, missing, "")
            return
        conversion = self.conversion(rule)
        function = ("F_" if self.forward else "B_") + rule.conversion.replace("-", "_")
        if (conversion.forward if self.forward else conversion.backward) is None:
            return
        self.used.add(rule.conversion)
        code = place.code
        var = code.new("w")
        code.add(f"{var} = {function}({value.var}, R)")
        code.add(f"if F: R.flush({value.at}, {site})")
        code.add(f"if {var} is None: N.append(({NOTHING}, {value.at}, {site}, {value.var}))")
        with code.block("else:"):
            gives = conversion.gives if self.forward else ""
            self.tabled(rule, Value(var, var, value.at), place, site, missing, gives)

    def tabled(self, rule: Rule, value: Value, place: Place, site: int, missing: str, gives: str) -> None:
        name = self.table_name(rule)
        if not name:
            self.write_value(rule, value.var, place, gives)
            return
        table = self.table(name)
        if self.forward:
            self.table_forward(rule, table, value, place, site, missing)
        else:
            self.table_backward(rule, table, value, place, site)

    def table_forward(self, rule: Rule, table: Table, value: Value, place: Place, site: int, missing: str) -> None:
        code = place.code
        objects = any(isinstance(target, dict) for _, target in table.rows)
        rows: dict[str, Any] = {}
        for left, right in table.rows:
            rows.setdefault(left, right)
        var = code.new("w")
        code.add(f"{var} = {code.constant(rows)}.get({value.var})")
        with code.block(f"if {var} is None:"):
            if table.unmapped == "keep":
                code.add(f"N.append(({KEPT}, {value.at}, {site}, {value.var}))")
                self.write_value(rule, f"{{'code': {value.var}}}" if objects else value.var, place, "code")
            else:
                code.add(f"N.append(({DROPPED}, {value.at}, {site}, {value.var}))")
                if table.unmapped == "absent":
                    place.write.absent(rule.path(self.write), value.var)
                    place.wrote()
                elif table.unmapped == "value":
                    self.write_value(rule, repr(table.fallback), place, "")
                elif missing:
                    code.add(f"{missing} = True")
        with code.block(f"elif {var} == '' or {var} == {{}}:"):
            code.add(f"N.append(({BLANK}, {value.at}, {site}, {value.var}))")
            if missing:
                code.add(f"{missing} = True")
        with code.block("else:"):
            self.write_value(rule, f"copied({var})" if objects else var, place, "" if objects else "code")

    def table_backward(self, rule: Rule, table: Table, value: Value, place: Place, site: int) -> None:
        code = place.code
        rows: dict[Any, str] = {}
        for left, right in table.rows:
            if right not in ("", {}):
                rows.setdefault(back_key(right), left)
        var = code.new("w")
        code.add(f"{var} = {code.constant(rows)}.get(back_key({value.var}))")
        with code.block(f"if {var} is None:"):
            code.add(f"{var} = back_code({value.var})")
            if table.unmapped == "value":
                code.add(f"if {value.var} == {code.constant(table.fallback)}: {var} = None")
            else:
                code.add(f"N.append(({KEPT}, {value.at}, {site}, {var}))")
        with code.block(f"if {var} is not None:"):
            self.write_value(rule, var, place, "code", weak=True)  # another code of the same meaning may stand there

    def write_value(self, rule: Rule, expression: str, place: Place, gives: str, weak: bool = False) -> None:
        paths = rule.paths[self.write]
        if not self.forward and rule.conversion and self.conversion(rule).whole:
            place.write.put_whole(paths[0], expression)
            place.wrote()
            return
        if self.write in rule.listed and rule.conversion:
            for number, path in enumerate(paths):
                with place.code.block(f"if {expression}[{number}]:"):
                    place.write.put(path, f"{expression}[{number}]", gives=gives)
        else:
            place.write.put(paths[0], expression, gives=gives, many=bool(rule.conversion), weak=weak)
        place.wrote()

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

    # ---- data types and shared resources ---------------------------------------------------------------------

    def part_value(self, rule: Rule, place: Place, site: int, missing: str) -> tuple[Cover, ...]:
        """A data type read by its part; with `to` it makes or reads another resource."""
        path, target = rule.path(self.read), rule.path(self.write)
        value = place.read.node(path)
        with place.code.block(f"if {value.given}:"):
            if rule.type:
                part = self.shared(rule, value, place, site, target)
            else:
                part = self.element(rule, value, place, site, target, path)
        if missing:
            place.code.add(f"else: {missing} = True")
        targets = (place.write.describe(target) + (f"->{rule.type}" if rule.type else ""),)
        where = place.read.where(path)
        if rule.type and self.reading.references:
            return (Cover(where, site, targets, claims=True), Cover(None, site, targets, part=part, claims=True))
        return (Cover(where, site, targets, part=part, once=True, claims=self.reading.claims and path != "."),)

    def element(self, rule: Rule, value: Value, place: Place, site: int, target: str, path: str) -> str:
        if target == ".":
            part = self.part(rule, value, place.read.type_at(path, value), place.write.type_at(target))
            place.code.add(f"{part}({value.var}, {place.write.var}, R, {value.at})")
            place.wrote()
            return part
        child = place.write.child(target)
        part = self.part(rule, value, place.read.type_at(path, value), place.write.type_at(target))
        self.take(value, place, site, path)
        place.code.add(f"{part}({value.var}, {child.var}, R, {value.at})")
        with place.code.block(f"if {child.filled()}:"):
            place.write.attach(target, child)
            place.wrote()
        return part

    def take(self, value: Value, place: Place, site: int, path: str) -> None:
        """An object that is read belongs to this rule, where the format has exclusive items."""
        if self.reading.claims and path != ".":
            place.code.add(f"N.append(({TOOK}, (id({value.var}),), {site}, None))")
            if not self.forward:
                place.code.add(f"T.add(id({value.var}))")

    def shared(self, rule: Rule, value: Value, place: Place, site: int, target: str) -> str:
        return (self.refer if self.writing.references else self.follow)(rule, value, place, site, target)

    def refer(self, rule: Rule, value: Value, place: Place, site: int, target: str) -> str:
        """Write side has references: make or reuse the resource, and point to it."""
        code = place.code
        keyed = self.key(rule, self.inside_item(place, value, rule), site)
        part = self.part(rule, value, place.read.type_at(rule.path(self.read), value), rule.type)
        url, content = code.new("u"), code.new("x")
        with code.block(f"if {keyed} is not None:"):
            code.add(f"{url} = R.url({rule.type!r}, {keyed}); {content} = {{}}")
            code.add(f"{part}({value.var}, {content}, R, {value.at})")
            with code.block(f"if {content} or {url} in R.made:"):
                code.add(f"R.share({rule.type!r}, {url}, {content})")
                if rule.name:
                    code.add(f"R.named.setdefault({rule.name!r}, []).append({url})")
                place.write.put(target, f"{{'reference': {url}}}")
                place.wrote()
        code.add(f"else: N.append(({NOTHING}, {value.at}, {site}, None))")
        return part

    def inside_item(self, place: Place, value: Value, rule: Rule) -> Place:
        """The place in which a key's component paths are read: the item that the rule reads."""
        if rule.path(self.read) == "." or not value.level:
            return place
        reader = self.reading.item_reader(place.read, value)
        return Place(place.code, reader, place.write, place.names)

    def follow(self, rule: Rule, value: Value, place: Place, site: int, target: str) -> str:
        """Read side has references: follow one and read the resource there."""
        code = place.code
        found = code.new("o")
        holder = place.read.root_var()
        code.add(f"{found} = R.resolve({value.var}, {holder})")
        part = self.part(rule, value, rule.type, place.write.type_at(target))
        with code.block(f"if {found} is not None and {found}['resourceType'] == {rule.type!r}:"):
            child = place.write.child(target)
            code.add(f"N.append(({TOOK}, (id({value.var}),), {site}, None))")
            code.add(f"N.append(({TOOK}, (id({found}),), {site}, None))")
            code.add(f"{part}({found}, {child.var}, R, ())")
            with code.block(f"if {child.filled()}:"):
                place.write.attach(target, child)
                place.wrote()
        code.add(f"elif {found} is None: N.append(({NOWHERE}, {value.at}, {site}, None))")
        return part

    def part(self, rule: Rule, value: Value, inside: str, target: str) -> str:
        """The function of a part, compiled once per reading level, target type and given table."""
        name = rule.use or rule.line
        rules = self.map.parts.get(rule.use) if rule.use else rule.rules
        if rules is None:
            raise PathError(f"there is no part `{rule.use}`")
        given = self.table_name(rule)
        key = (name, given, value.level or inside, target)
        if key not in self.parts:
            if name in self.compiling:
                raise PathError(f"part `{name}` uses itself")
            self.parts[key] = self.module.new("p")
            self.compile_part(self.parts[key], name, rules, value, inside, target, given)
        return self.parts[key]

    def compile_part(
        self, function: str, name: str, rules: list[Rule], value: Value, inside: str, target: str, given: str
    ) -> None:
        code = self.module.function(function, "src, x, R, at")
        code.add("N = R.notes; T = R.taken; F = R.fresh")
        reader = self.reading.part_reader(code, "src", value.level, inside, self.variant)
        writer = self.writing.part_writer(code, "x", target)
        outer, self.given = self.given, given
        self.compiling.append(name)
        place = Place(code, reader, writer)
        self.part_covers[function] = self.rules(rules, place)
        self.close(place)
        self.compiling.pop()
        self.given = outer

    # ---- contexts --------------------------------------------------------------------------------------------

    def each(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        if rule.context:
            return self.context(rule, place)
        if self.read not in rule.paths:
            return ()
        site = self.site(rule, table=self.table_name(rule), kind=self.kind(rule))
        path = rule.path(self.read)
        with place.read.items(path) if not rule.after else self.pair_after(rule, place, path) as reader:
            inner = Place(place.code, reader, place.write, dict(place.names), siblings=rule.rules, gave=place.gave)
            with self.guarded(rule, inner, site):
                if self.reading.claims:
                    place.code.add(f"N.append(({TOOK}, {reader.at}, {site}, None))")
                    if not self.forward:
                        place.code.add(f"T.add(id({reader.var}))")
                below = self.item(rule, inner, place, site) + self.conditions(rule, inner)
        where = place.read.where(path) if not self.is_segment(path) else None
        target = rule.path(self.write)
        targets = (place.write.describe(target),) if target else ()
        return (Cover(where, site, targets, below, claims=self.reading.claims),)

    def is_segment(self, path: str) -> bool:
        return bool(self.reading.is_context(path))

    @contextmanager
    def pair_after(self, rule: Rule, place: Place, path: str) -> Iterator[Any]:
        with place.read.contexts(path, rule.after) as reader:
            yield reader

    def item(self, rule: Rule, inner: Place, outer: Place, site: int) -> tuple[Cover, ...]:
        """One repetition, written as one element of the other side's list."""
        target = rule.path(self.write)
        value = Rule(
            kind="value",
            line=rule.line,
            paths={self.read: (".",), self.write: (target or ".",)},
            conversion=rule.conversion,
            table=rule.table,
            use=rule.use,
            type=rule.type,
            key=rule.key,
            name=rule.name,
        )
        if rule.type or (not rule.use and not rule.rules and not rule.cases):
            inner.write = outer.write
            self.stamp(rule, inner)
            return self.value(value, inner)
        child = outer.write.child(target) if target else outer.write
        inner.write = child
        inner.gave = ""
        covers: tuple[Cover, ...] = ()
        self.stamp(rule, inner)
        if rule.use:
            covers += self.used_here(rule, inner, site)
        covers += self.rules(rule.rules, inner)
        if rule.cases:
            covers += self.cases(rule, inner)
        self.close(inner)
        if target:
            with inner.code.block(f"if {child.filled()}:"):
                outer.write.attach(target, child)
                outer.wrote()
        return covers

    def used_here(self, rule: Rule, inner: Place, site: int) -> tuple[Cover, ...]:
        """A part on the item itself: called for a data type, inlined for a segment."""
        value = None if inner.read.is_segment() else inner.read.node(".")
        if value is None:
            return self.rules(self.part_rules(rule), inner)
        part = self.part(rule, value, inner.read.type_at(".", value), inner.write.type_at("."))
        inner.code.add(f"{part}({value.var}, {inner.write.var}, R, {value.at})")
        return (Cover(None, site, (inner.write.describe("."),), part=part),)

    def part_rules(self, rule: Rule) -> list[Rule]:
        if rule.use not in self.map.parts:
            raise PathError(f"there is no part `{rule.use}`")
        return self.map.parts[rule.use]

    def context(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        """`each: DG1`: reading opens a context per segment, writing one per resource that a `make` inside reads."""
        rules = (self.part_rules(rule) if rule.use else []) + rule.rules
        if not self.reading.has_contexts:
            return self.per_resource(rule, rules, place)
        site = self.site(rule)
        with place.read.contexts(rule.context, rule.after) as reader:
            inner = Place(place.code, reader, place.write, dict(place.names), gave=place.gave)
            with self.guarded(rule, inner, site):
                self.stamp(rule, inner)
                below = self.rules(rules, inner) + self.conditions(rule, inner)
            self.close(inner)
        return (Cover(None, site, (), below),)

    def per_resource(self, rule: Rule, rules: list[Rule], place: Place) -> tuple[Cover, ...]:
        flat = list(self.flattened(rules))
        anchor = next((each for each in flat if each.kind == "make"), None)
        if anchor is None:
            return ()
        others = [each for each in flat if each is not anchor]

        def opened(inner: Place) -> None:
            inner.write = place.write.context(rule.context, rule.after)
            self.stamp(rule, inner)

        return self.read_resource(anchor, place, opened, others)

    def flattened(self, rules: list[Rule]) -> Iterator[Rule]:
        """Rules with plain inline parts opened."""
        for rule in rules:
            if rule.kind == "inline" and rule.when is None and not rule.where:
                yield from self.flattened((self.part_rules(rule) if rule.use else []) + rule.rules)
            else:
                yield rule

    # ---- resources -------------------------------------------------------------------------------------------

    def make(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        if self.reading.references:
            if self.writing.references:
                return self.read_resource(rule, place, lambda inner: self.opened(rule, inner), [])
            return self.read_resource(rule, place, None, [])
        site = self.site(rule, type=rule.type)
        with self.guarded(rule, place, site):
            keyed = self.key(rule, place, site)
            if rule.key is None or not rule.key.under:
                place.code.add(f"if {keyed} is None: {keyed} = R.natural({rule.type!r}, None, ())")
                if rule.key is not None:
                    self.keyless(rule, place, keyed, site)
            covers = self.make_resource(rule, place, keyed)
        return (Cover(None, site, (), covers),)

    def keyless(self, rule: Rule, place: Place, keyed: str, site: int) -> None:
        place.code.add(f"if {keyed}.startswith(R.message_key): N.append(({KEYLESS}, {place.read.at}, {site}, None))")

    def make_resource(self, rule: Rule, place: Place, keyed: str) -> tuple[Cover, ...]:
        code = place.code
        url, var = code.new("u"), code.new("o")
        code.add(f"{url} = R.url({rule.type!r}, {keyed}); {var} = R.open({rule.type!r}, {url})")
        if rule.name:
            code.add(f"R.named.setdefault({rule.name!r}, []).append({url})")
        writer = self.writing.resource(code, var, rule.type, place.write)
        inner = Place(code, place.read, writer, dict(place.names))
        opened = Open(rule.type, url=url)
        inner.names[rule.name or rule.type] = opened
        if rule.name:
            place.names[rule.name] = opened
        self.stamp(rule, inner)
        covers = self.rules((self.part_rules(rule) if rule.use else []) + rule.rules, inner)
        self.close(inner)
        code.add(f"R.close({rule.type!r}, {url}, {var})")
        place.wrote()
        return covers

    def opened(self, rule: Rule, inner: Place) -> None:
        """FHIR to FHIR: the resource that is written for the one that is read; without a key it keeps its identity."""
        code = inner.code
        url, var = code.new("u"), code.new("o")
        if rule.key is None:
            code.add(f"{url} = R.same({inner.read.var}); {var} = R.reopen({inner.read.var}, {url})")
        else:
            keyed = self.key(rule, inner, self.site(rule, type=rule.type))
            code.add(f"{url} = R.url({rule.type!r}, {keyed} or R.natural({rule.type!r}, None, ()))")
            code.add(f"{var} = R.open({rule.type!r}, {url})")
        if rule.name:
            code.add(f"R.named.setdefault({rule.name!r}, []).append({url})")
        inner.write = self.writing.resource(code, var, rule.type, inner.write)
        inner.names[rule.name or rule.type] = Open(rule.type, url=url, object=inner.read.var)
        self.stamp(rule, inner)
        inner.claims.append(lambda: None)

    def read_resource(
        self, rule: Rule, place: Place, opened: Callable[[Place], None] | None, others: list[Rule]
    ) -> tuple[Cover, ...]:
        """Reads the resources that a `make` stands for: the one that a reference beside it names, else all free ones."""
        code = place.code
        site = self.site(rule, type=rule.type)
        beside = next((each for each in place.siblings if each.kind == "ref" and each.ref == rule.name), None)
        linked = bool(rule.name) and beside is not None and self.read in beside.paths
        several = opened is not None
        with ExitStack() as stack:
            if linked:
                assert beside is not None
                reader = stack.enter_context(place.read.pointed(beside.path(self.read), rule.type))
            else:
                reader = stack.enter_context(place.read.contexts(rule.type, ()))
                self.filter_references(rule, reader, place)
            inner = Place(code, reader, place.write, dict(place.names), gave=place.gave)
            stack.enter_context(self.guarded_loop(rule, inner))
            code.add(f"T.add(id({reader.var})); N.append(({TOOK}, (id({reader.var}),), {site}, None))")
            inner.names[rule.name or rule.type] = Open(rule.type, object=reader.var)
            if opened is not None:
                opened(inner)
            covers = self.rules((self.part_rules(rule) if rule.use else []) + rule.rules, inner)
            covers += self.rules(others, inner) + self.conditions(rule, inner)
            self.close(inner)
            if self.writing.references:
                url = inner.names[rule.name or rule.type].url
                code.add(f"R.close({rule.type!r}, {url}, {inner.write.var})")
            place.wrote()
            if not several and not linked:
                code.add("break")
        if rule.name and not several:
            place.names.setdefault(rule.name, Open(rule.type))
        return (Cover(None, site, (), covers, claims=True),)

    @contextmanager
    def guarded_loop(self, rule: Rule, inner: Place) -> Iterator[None]:
        """Inside a loop: what doesn't meet the filter is passed over."""
        tests = self.tests(rule, inner)
        if tests:
            inner.code.add(f"if not ({' and '.join(tests)}): continue")
        yield

    def filter_references(self, rule: Rule, reader: Any, place: Place) -> None:
        """A resource that points to another owner than the one open isn't read here."""
        for each in rule.rules:
            owner = place.names.get(each.ref) if each.kind == "ref" else None
            if owner is not None and owner.object and self.read in each.paths:
                _, steps = reader.where(each.path(self.read))
                place.code.add(f"if not R.points({reader.var}, {place.code.constant(steps)}, {owner.object}): continue")

    def key(self, rule: Rule, place: Place, site: int) -> str:
        """Emits the text of a resource's key into a variable, None when it has none."""
        code = place.code
        var = code.new("k")
        key = rule.key
        if key is None or (self.read not in key.paths and not key.under):
            code.add(f"{var} = None")
            return var
        paths = key.paths.get(self.read, ())
        if key.conversion:
            conversion = self.conversions.get(key.conversion)
            if conversion is None:
                raise PathError(f"there is no conversion `{key.conversion}`")
            self.used.add(key.conversion)
            parts = [place.read.key(path, whole=True) for path in paths]
            argument = "[" + ", ".join(parts) + "]" if key.listed else parts[0]
            code.add(f"{var} = F_{key.conversion.replace('-', '_')}({argument}, R)")
            code.add(f"if F: R.flush({place.read.at}, {site})")
            return var
        texts = [place.read.key(path, whole=False) for path in paths]
        joined = "(" + "".join(f"{text}, " for text in texts) + ")"
        if key.under:
            owner = place.names.get(key.under)
            if owner is None:
                raise PathError(f"nothing named `{key.under}` is open here")
            code.add(f"{var} = R.natural({rule.type!r}, {owner.url}, {joined})")
        else:
            code.add(f"{var} = {joined}")
            code.add(f"{var} = '|'.join({var}) if any({var}) else None")
        return var

    # ---- references, constants, cases ------------------------------------------------------------------------

    def reference(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        covers: tuple[Cover, ...] = ()
        site = self.site(rule)
        if self.writing.references and self.write in rule.paths:
            with self.guarded(rule, place, site):
                owner = place.names.get(rule.ref)
                place.write.later(rule.path(self.write), rule.ref, owner.url if owner is not None else "None")
        if self.reading.references and self.read in rule.paths:
            covers = (Cover(place.read.where(rule.path(self.read)), 0, (f"({rule.line})",)),)
        return covers

    def constants(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        site = self.site(rule)
        if self.write in rule.set:
            with self.guarded(rule, place, site):
                self.later(place, rule.set[self.write])
                if rule.where.get(self.write):
                    self.stamp(rule, place)
        covers: list[Cover] = []
        for path, value in rule.set.get(self.read, {}).items():
            if not self.reading.references or path == ".":
                continue
            number = self.site(rule)
            test = place.read.equals(path, value)
            place.code.add(f"if {test}: N.append(({TOOK}, {place.read.at}, {number}, None))")
            covers.append(Cover(place.read.where(path), number, (f"({rule.line})",), claims=True))
        return tuple(covers)

    def ignore(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        return tuple(
            Cover(place.read.where(path), self.site(rule), ignored=rule.reason)
            for path in rule.paths.get(self.read, ())
        )

    def inline(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        """Rules of a part, or of the rule itself, in this very context; a data-type part on this very item."""
        site = self.site(rule)
        with self.guarded(rule, place, site):
            self.stamp(rule, place)
            covers = self.rules((self.part_rules(rule) if rule.use else []) + rule.rules, place)
            if rule.cases:
                covers += self.cases(rule, place)
        return (Cover(None, site, (), covers + self.conditions(rule, place)),)

    def cases(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        site = self.site(rule)
        code = place.code
        covers: list[Cover] = []
        with code.block("for _ in ONCE:"):
            for case in rule.cases:
                with self.complaints(case.line):
                    covers.append(self.case(case, place))
            code.add(f"N.append(({SKIP}, {place.read.at}, {site}, None))")
        return (Cover(None, site, (), tuple(covers)),)

    def case(self, case: Rule, place: Place) -> Cover:
        code = place.code
        site = self.site(case)
        tests = self.tests(case, place)
        bare = replace(case, when=None, where={self.write: case.where.get(self.write, ())})
        took = f"N.append(({TOOK}, {place.read.at}, {site}, None))"
        if tests:
            with code.block(f"if {' and '.join(tests)}:"):
                code.add(took)
                covers = self.rule(bare, place)
                place.wrote()
                code.add("break")
        else:
            outer, place.gave = place.gave, code.new("g")
            code.add(f"{place.gave} = False")
            covers = self.rule(bare, place)
            gave, place.gave = place.gave, outer
            with code.block(f"if {gave}:"):
                code.add(took)
                place.wrote()
                code.add("break")
        return Cover(None, site, (), covers + self.conditions(case, place), claims=True)

    def choice(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        if self.read in rule.paths:
            return self.choose(rule, place)
        return self.attempt(rule, place)

    def choose(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        """The code that is read picks the case."""
        code = place.code
        path = rule.path(self.read)
        value = place.read.leaf(path)
        covers = [Cover(place.read.where(path), 0, (f"({rule.line})",), once=True)]
        site = self.site(rule)
        word = "if"
        for key, case in zip(rule.choices, rule.cases, strict=True):
            with code.block(f"{word} {value.var} == {key!r}:"):
                covers.append(self.chosen(case, place))
            word = "elif"
        if not rule.cases:
            return tuple(covers)
        with code.block("else:"):
            if rule.other is not None:
                covers.append(self.chosen(rule.other, place))
            else:
                code.add(f"N.append(({SKIP}, {place.read.at}, {site}, None))")
        return tuple(covers)

    def chosen(self, case: Rule, place: Place) -> Cover:
        site = self.site(case)
        place.code.add(f"N.append(({TOOK}, {place.read.at}, {site}, None))")
        with self.complaints(case.line):
            return Cover(None, site, (), self.rule(case, place), claims=True)
        return Cover(None, site, claims=True)

    def attempt(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        """Going back: the first case that finds something is taken, and its key written."""
        code = place.code
        covers: list[Cover] = []
        pairs = [*zip(rule.choices, rule.cases, strict=True)] + ([("", rule.other)] if rule.other is not None else [])
        with code.block("for _ in ONCE:"):
            for key, case in pairs:
                with self.complaints(case.line):
                    site = self.site(case)
                    outer, place.gave = place.gave, code.new("g")
                    code.add(f"{place.gave} = False")
                    below = self.rule(case, place)
                    gave, place.gave = place.gave, outer
                    with code.block(f"if {gave}:"):
                        code.add(f"N.append(({TOOK}, {place.read.at}, {site}, None))")
                        if key and self.write in rule.paths:
                            place.write.put(rule.path(self.write), repr(key))
                        place.wrote()
                        code.add("break")
                    covers.append(Cover(None, site, (), below, claims=True))
        return tuple(covers)

    def profile(self, rule: Rule, place: Place) -> tuple[Cover, ...]:
        """Names a profile when what it needs was written."""
        if not self.writing.references:
            return ()
        site = self.site(rule)
        needs = tuple(
            tuple(tuple(path.split(".")) for path in (each if isinstance(each, list) else [each]))
            for each in rule.needs
        )
        flag = place.flag()
        with self.guarded(rule, place, site):
            place.code.add(f"{flag} = True")
        write, code = place.write, place.code

        def emit() -> None:
            claim = f"R.claim({write.var}, {write.inside!r}, {rule.reason!r}, {code.constant(needs)}, {site})"
            code.add(f"if {flag}: {claim}")

        place.claims.append(emit)
        return ()


def back_key(value: Any) -> Any:
    """What a table going back looks up: a text, or system and code of a Coding."""
    if isinstance(value, dict):
        coding = value["coding"][0] if isinstance(value.get("coding"), list) and value["coding"] else value
        return (coding.get("system"), coding.get("code")) if isinstance(coding, dict) else None
    return value


def back_code(value: Any) -> str | None:
    """The code itself, when the table has no row for it."""
    if isinstance(value, dict):
        key = back_key(value)
        return key[1] if isinstance(key, tuple) else None
    return None if value is None else str(value)


def compile_map(
    linked: Map, read: str, write: str, syntaxes: dict[str, Any], conversions: Any
) -> tuple[Compiled, tuple[Issue, ...]]:
    """The generated sources of one direction, in every variant that the source's format has, and lint's findings."""
    sources: dict[str, str] = {}
    compiler: Compiler | None = None
    covers: tuple[Cover, ...] = ()
    for variant in reversed(syntaxes[read].variants):
        compiler = Compiler(linked, read, write, syntaxes, conversions, variant)
        covers = compiler.compile()
        sources[variant] = compiler.module.source()
    assert compiler is not None
    compiled = Compiled(sources, tuple(compiler.sites), covers, compiler.part_covers, tuple(sorted(compiler.used)))
    return compiled, tuple(compiler.issues)


__all__ = ["Compiled", "Compiler", "Compound", "Site", "back_code", "back_key", "compile_map"]
