"""A small, slow, plain interpreter of linked maps, against which the generated code is held.

It walks the rules (`mappings.form`) of a map for each message, keeps nothing, and knows nothing of the compiler: what
docs/maps.md says of a rule is what stands here. HL7 v2 to FHIR and back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.formats.fhir.syntax import SYNTAX as FHIR
from adapters.formats.fhir.walk import copied, unrepeated
from adapters.formats.hl7v2.assemble import assemble
from adapters.formats.hl7v2.syntax import SYNTAX as V2
from adapters.formats.hl7v2.walk import MessageDraft
from conformance.document import Document
from mappings.coding import back_code, back_key, fitting
from mappings.conversions import REGISTRY
from mappings.form import Check, Compound, Map, Rule, Table, Test, project
from mappings.run import Settings
from tests.mappings.oracle_fhir import FhirRead, FhirWrite, Source
from tests.mappings.oracle_state import (
    BLANK,
    DROPPED,
    KEPT,
    KEYLESS,
    NOTHING,
    NOWHERE,
    SKIP,
    Flag,
    Open,
    State,
    said_at,
)
from tests.mappings.oracle_v2 import Found, V2Read, V2Write, reader


@dataclass(frozen=True)
class Outcome:
    """What a document became, the issues as (code, path) in their order, and where each leaf went."""

    document: Document | None
    issues: list[tuple[str, str]]
    ledger: dict[str, tuple[str, frozenset[str]]]


@dataclass
class Place:
    """Where rules stand: what they read and write, the names they know, what waits for the end of the context."""

    read: Any
    write: Any
    names: dict[str, Open] = field(default_factory=dict)
    gave: Flag | None = None
    outer: Place | None = None
    url: str | None = None
    siblings: list[Rule] = field(default_factory=list)
    lists: list[list[Rule]] = field(default_factory=list)
    own: dict[str, Open] = field(default_factory=dict)
    stamps: list[Callable[[], None]] = field(default_factory=list)
    claims: list[Callable[[], None]] = field(default_factory=list)

    def within(self, read: Any, write: Any, gave: Flag | None = None) -> Place:
        return Place(read, write, dict(self.names), gave, self, self.url)

    def named(self, name: str) -> Open:
        """All that this context makes under a name."""
        if name not in self.own:
            self.own[name] = self.names[name] = Open(urls=[])
        return self.own[name]

    def wrote(self) -> None:
        if self.gave is not None:
            self.gave.set = True


class Interpreter:
    """One linked map in one direction."""

    def __init__(self, linked: Map, read: str, write: str) -> None:
        self.map, self.read, self.write = linked, read, write
        self.forward = read == linked.sides[0]
        self.to_fhir = write == "fhir"
        self.syntax: Any = V2 if read == "v2" else FHIR

    def __call__(self, document: Document, settings: Settings = Settings()) -> Outcome:  # noqa: B008 (immutable)
        name, facility = self.syntax.origin(document.root)
        self.state = State(settings, f"{settings.sender}|{name}", facility, self.forward)
        self.given = ""
        self.around: list[str] = []
        self.within: list[str] = []
        root = self.map.roots[self.read][0]
        place = Place(self._reader(document.root, root), self._writer())
        self.root = place.read
        applies = project(self.map.when, self.read)
        if applies is not None and not self.holds(applies, place):
            return Outcome(None, [("MAP-0105", "")], {})
        self.rules(self.map.rules, place)
        self.close(place)
        self.state.finish()
        self.state.made.update({url: unrepeated(each) for url, each in self.state.made.items()})
        return Outcome(self._document(place.write.target), self._issues(document.root), self._ledger(document.root))

    def _reader(self, root: Any, structure: str) -> Any:
        if self.read == "v2":
            return reader(root, structure)
        return FhirRead(self.state, Source(root), root, structure)

    def _writer(self) -> Any:
        root = self.map.roots[self.write][0]
        if self.to_fhir:
            return FhirWrite(self.state, {"resourceType": root}, root)
        draft = MessageDraft(root)
        return V2Write(self.state, draft, draft, "message", structure=root)

    def _document(self, target: Any) -> Document:
        if not self.to_fhir:
            return assemble(target, self.state.settings.target)
        if self.state.made:
            target["entry"] = [{"fullUrl": url, "resource": each} for url, each in self.state.made.items()]
        return Document(format="fhir", version="4.0.1", root=target)

    def _issues(self, root: Any) -> list[tuple[str, str]]:
        locate = self.syntax.locator(root)
        found = [(code, locate(at, path).path if code != "MAP-0107" else path) for code, at, path in self.state.notes]
        return found + [("MAP-0106", "") for _ in dict.fromkeys(self.state.conflicts)]

    def _ledger(self, root: Any) -> dict[str, tuple[str, frozenset[str]]]:
        made: dict[str, tuple[str, frozenset[str]]] = {}
        for leaf in self.syntax.leaves(root):
            known = self.state.outcomes.get(leaf.path, {})
            status = "mapped" if "mapped" in known else "ignored" if "ignored" in known else "unmapped"
            made[leaf.path] = status, frozenset(known.get("mapped", ()) if status == "mapped" else ())
        return made

    # ---- the account ------------------------------------------------------------------------------------------

    def account(self, leaves: tuple[str, ...], targets: tuple[str, ...], status: str = "mapped") -> None:
        for base in reversed(self.around):
            targets = tuple(_below(base, target) for target in targets) or (base,)
        for leaf in leaves:
            self.state.outcomes.setdefault(leaf, {}).setdefault(status, set()).update(targets)

    @contextmanager
    def below(self, target: str) -> Iterator[None]:
        """What is read inside goes below a target."""
        self.around.append(target)
        yield
        self.around.pop()

    def described(self, rule: Rule, place: Place) -> tuple[str, ...]:
        return tuple(place.write.describe(path) for path in rule.paths.get(self.write, ()))

    def conditions(self, rule: Rule, place: Place) -> None:
        for check in rule.where.get(self.read, ()):
            self.account(place.read.leaves(check.path), (f"({rule.line})",))

    # ---- tests ------------------------------------------------------------------------------------------------

    def holds(self, test: Test, place: Place) -> bool:
        if isinstance(test, Compound):
            inner = [self.holds(each, place) for each in test.tests]
            return not inner[0] if test.operator == "not" else all(inner) if test.operator == "all" else any(inner)
        return self.meets(test, place)

    def meets(self, check: Check, place: Place) -> bool:
        if check.operator == "same":
            return bool(place.read.same(check.path, check.operand))
        if check.operator == "read":
            named = place.names[check.operand]
            return named.object is not None or bool(named.urls)
        operand = check.operand
        if check.operator == "in" and isinstance(operand, str):
            operand = self._codes(operand)
        return bool(place.read.test(check.path, check.operator, operand))

    def _codes(self, name: str) -> list[str]:
        rows = [row for row in self.table(name).rows if row[1] not in ("", {})]
        if self.forward:
            return [left for left, _ in rows]
        keys = [back_key(right) for _, right in rows]
        return [str(key[1] if isinstance(key, tuple) else key) for key in keys]

    def table(self, name: str) -> Table:
        return self.map.tables[self.given if name == "given" else name]

    def fits(self, rule: Rule, place: Place) -> bool:
        """What `where` and `when` ask of the side being read."""
        when = project(rule.when, self.read)
        return all(self.meets(each, place) for each in rule.where.get(self.read, ())) and (
            when is None or self.holds(when, place)
        )

    # ---- rules ------------------------------------------------------------------------------------------------

    def rules(self, rules: list[Rule], place: Place) -> None:
        outer, place.siblings = place.siblings, rules
        place.lists.append(rules)
        for rule in rules:
            self.rule(rule, place)
            self.declare([rule], place)
        place.siblings = outer
        place.lists.pop()

    def rule(self, rule: Rule, place: Place) -> None:
        if rule.derived and not self.forward:
            for path in rule.paths.get(self.read, ()):
                self.account(place.read.leaves(path), (f"({rule.line})",))
            return
        getattr(self, rule.kind)(rule, place)

    def declare(self, rules: list[Rule], place: Place) -> None:
        """What rules make in this very context is known by its name from now on, made or not."""
        if self.to_fhir:
            for name in self.makes(rules):
                place.named(name)

    def makes(self, rules: list[Rule]) -> Iterator[str]:
        for rule in rules:
            if rule.kind == "make" and rule.name:
                yield rule.name
            inner = [*rule.cases, *([rule.other] if rule.other is not None else [])]
            if rule.kind == "inline":
                inner += rule.rules + (self.map.parts[rule.use] if rule.use and rule.use not in self.within else [])
            yield from self.makes(inner)

    def close(self, place: Place) -> None:
        if (place.stamps or place.claims) and place.write.filled():
            for each in (*place.stamps, *place.claims):
                each()

    def later(self, place: Place, values: dict[str, Any]) -> None:
        write = place.write
        constants = {path: write.typed(path, value) for path, value in values.items()}

        def emit() -> None:
            for path, value in constants.items():
                write.put(path, copied(value), many=isinstance(value, list), weak=True)

        place.stamps.append(emit)

    def stamp(self, rule: Rule, place: Place) -> None:
        values = {each.path: each.operand for each in rule.where.get(self.write, ()) if each.operator == "eq"}
        if values:
            self.later(place, values)

    def is_given(self, found: Found) -> bool:
        return bool(found.value) if self.read == "v2" else found.value is not None

    def part(self, rule: Rule) -> list[Rule]:
        return self.map.parts[rule.use] if rule.use else []

    # ---- values -----------------------------------------------------------------------------------------------

    def value(self, rule: Rule, place: Place) -> None:
        if self.read not in rule.paths or self.write not in rule.paths:
            return
        missing = Flag()
        if self.fits(rule, place):
            self.stamp(rule, place)
            (self.part_value if rule.use or rule.type else self.leaf_value)(rule, place, missing)
        if self.write in rule.default:
            place.stamps.append(lambda: self._default(rule, place, missing))
        self.conditions(rule, place)

    def _default(self, rule: Rule, place: Place, missing: Flag) -> None:
        value = rule.default[self.write]
        if missing.set:
            typed = place.write.typed(rule.path(self.write), value)
            place.write.put(rule.path(self.write), copied(typed), many=isinstance(value, list), weak=True)

    def leaf_value(self, rule: Rule, place: Place, missing: Flag) -> None:
        paths = rule.paths[self.read]
        conversion = REGISTRY[rule.conversion] if rule.conversion else None
        if self.forward and conversion is not None and conversion.whole:
            path = paths[0]
            found = [Found(place.read.key(path, whole=True), place.read.at, leaves=place.read.leaves(path))]
            given = place.read.test(path, "is", "valued")
        else:
            found = [place.read.leaf(path, listed=conversion is not None) for path in paths]
            given = any(self.is_given(each) for each in found)
        if not given:
            missing.set = True
            return
        value = [each.value for each in found] if self.read in rule.listed else found[0].value
        if self.converted(rule, value, found[0].at, place, missing):
            for each in found:
                self.account(each.leaves, self.described(rule, place))

    def converted(self, rule: Rule, value: Any, at: Any, place: Place, missing: Flag) -> bool:
        """One value through its conversion and its table, and written; False when it gave nothing."""
        if not rule.conversion:
            return self.tabled(rule, value, at, place, missing)
        conversion = REGISTRY[rule.conversion]
        function = conversion.forward if self.forward else conversion.backward
        if function is None:
            return True
        result = value
        if not self.forward and self.read not in rule.listed:
            result = fitting(value, conversion.gives)
        if result is not None:
            result = function(result, self.state)
        said = bool(self.state.fresh)
        self.state.flush(at, said_at(rule, self.read))
        if result is None:
            if not conversion.quiet and not said and value is not None:
                self.state.note(NOTHING, at, rule, self.read)
            return False
        return self.tabled(rule, result, at, place, missing)

    def tabled(self, rule: Rule, value: Any, at: Any, place: Place, missing: Flag) -> bool:
        if not rule.table:
            self.written(rule, value, place)
            return True
        table = self.table(rule.table)
        return (self._translated if self.forward else self._retranslated)(rule, table, value, at, place, missing)

    def _translated(self, rule: Rule, table: Table, value: Any, at: Any, place: Place, missing: Flag) -> bool:
        path = rule.path(self.write)
        rows = dict(reversed(table.rows))
        if value in rows and rows[value] not in ("", {}):
            self.written(rule, copied(place.write.typed(path, rows[value])), place)
            return True
        if value in rows:
            self.state.note(BLANK, at, rule, self.read)
            missing.set = True
            return False
        if table.unmapped == "keep":
            self.state.note(KEPT, at, rule, self.read)
            objects = any(isinstance(right, dict) for _, right in table.rows)
            self.written(rule, {"code": value} if objects else value, place)
            return True
        self.state.note(DROPPED, at, rule, self.read)
        if table.unmapped == "absent":
            place.write.absent(path, value)
            place.wrote()
        elif table.unmapped == "value":
            self.written(rule, copied(place.write.typed(path, table.fallback)), place)
        else:
            missing.set = True
        return False

    def _retranslated(self, rule: Rule, table: Table, value: Any, at: Any, place: Place, missing: Flag) -> bool:
        rows = {back_key(right): left for left, right in reversed(table.rows) if right not in ("", {})}
        code = rows.get(back_key(value))
        if code is None:
            code = back_code(value)
            if table.unmapped == "value":
                code = None if value == table.fallback else code
            else:
                self.state.note(KEPT, at, rule, self.read)
        if code is not None:
            self.written(rule, code, place, weak=True)
        return True

    def written(self, rule: Rule, value: Any, place: Place, weak: bool = False) -> None:
        paths = rule.paths[self.write]
        if not self.forward and rule.conversion and REGISTRY[rule.conversion].whole:
            place.write.put_whole(paths[0], value)
        elif self.write in rule.listed and rule.conversion:
            for path, each in zip(paths, value, strict=False):
                if each:
                    place.write.put(path, each)
        else:
            place.write.put(paths[0], value, many=bool(rule.conversion), weak=weak)
        place.wrote()

    # ---- data types and shared resources ------------------------------------------------------------------------

    def part_value(self, rule: Rule, place: Place, missing: Flag) -> None:
        path, target = rule.path(self.read), rule.path(self.write)
        found = place.read.node(path)
        if not self.is_given(found):
            missing.set = True
            return
        with self.below(place.write.describe(target) + (f"->{rule.type}" if rule.type else "")):
            if not rule.type:
                self.element(rule, found, place, path, target)
            elif self.to_fhir:
                self.refer(rule, found, place, path, target)
            else:
                self.follow(rule, found, place, target)

    def element(self, rule: Rule, found: Found, place: Place, path: str, target: str) -> None:
        kind = place.write.type_at(target)
        if target == ".":
            self.call(rule, found, place.read.type_at(path), place.write.target, kind)
            place.wrote()
            return
        child = place.write.child(target)
        if self.read == "fhir" and path != ".":
            self.state.taken.add(id(found.value))
        self.call(rule, found, place.read.type_at(path), child.target, kind)
        if child.filled():
            place.write.attach(target, child)
            place.wrote()

    def call(self, rule: Rule, found: Found, inside: str, target: Any, kind: str) -> None:
        """The rules of a part, on what was found; around it nothing is known."""
        read = self._part_reader(found, inside)
        blank = FhirWrite(self.state, {}, "") if self.to_fhir else V2Write(self.state, None, None, "item")
        inner = Place(read, blank.part(target, kind))
        outer, self.given = self.given, self.given if rule.table == "given" else rule.table
        self.within.append(rule.use)
        self.rules(self.part(rule) if rule.use else rule.rules, inner)
        self.close(inner)
        self.within.pop()
        self.given = outer

    def _part_reader(self, found: Found, inside: str) -> Any:
        if self.read == "v2":
            return V2Read(self.root.populated, [], None, found.at, item=found.value, level=found.level or "component")
        return FhirRead(self.state, self.root.source, found.value, inside, None, found.level)

    def refer(self, rule: Rule, found: Found, place: Place, path: str, target: str) -> None:
        """Makes or reuses the resource, and points to it."""
        inner = place if path == "." or not found.level else Place(place.read.inside(found), place.write, place.names)
        key = self.key(rule, inner)
        if key is None:
            self.state.note(SKIP, found.at, rule, self.read)
            return
        content: dict[str, Any] = {}
        self.call(rule, found, "", content, rule.type)
        url = self.state.url(rule.type, key)
        if not content and url not in self.state.made:
            return
        self.state.share(rule.type, url, content)
        if rule.name:
            self.state.named.setdefault(rule.name, []).append(url)
        place.write.put(target, {"reference": url})
        place.wrote()

    def follow(self, rule: Rule, found: Found, place: Place, target: str) -> None:
        """Follows a reference, and reads the resource there: each reference gives all of it."""
        resource = self.root.source.follow(found.value, place.read.root_var, rule.type)
        if resource is None:
            self.state.note(NOWHERE, found.at, rule, self.read)
            return
        if resource["resourceType"] != rule.type:
            return
        self.account(found.leaves, ())
        child = place.write.child(target)
        self.state.taken.add(id(found.value))
        outer, self.state.taken = self.state.taken, set()
        self.call(rule, Found(resource, ()), rule.type, child.target, place.write.type_at(target))
        self.state.taken = outer
        self.state.recent[rule.type] = resource
        if child.filled():
            place.write.attach(target, child)
            place.wrote()

    def key(self, rule: Rule, place: Place) -> str | None:
        key = rule.key
        if key is None or (self.read not in key.paths and not key.under):
            return None
        paths = key.paths.get(self.read, ())
        if key.conversion:
            parts = [place.read.key(path, whole=True) for path in paths]
            made = REGISTRY[key.conversion].forward(parts if key.listed else parts[0], self.state)
            self.state.flush(place.read.at, said_at(rule, self.read))
            return None if made is None else str(made)
        texts = [place.read.key(path, whole=False) for path in paths]
        if key.under:
            return self.state.natural(rule.type, place.names[key.under].last, texts)
        return "|".join(texts) if any(texts) else None

    # ---- what repeats -----------------------------------------------------------------------------------------

    def each(self, rule: Rule, place: Place) -> None:
        if rule.context:
            self.context(rule, place)
            return
        if self.read not in rule.paths:
            return
        path = rule.path(self.read)
        after = rule.after if self.read == "v2" else ()
        target = rule.path(self.write)
        per = rule.per if self.read == "v2" else ""
        for read in place.read.contexts(path, after, (), per) if after or per else place.read.items(path):
            inner = place.within(read, place.write, place.gave)
            inner.siblings = rule.rules
            if rule.type and self.read == "fhir" and not read.leads(rule.type):
                continue
            if self.fits(rule, inner):
                if self.read == "fhir":
                    self.state.taken.add(id(read.var))
                with self.below(place.write.describe(target) if target else "."):
                    self.item(rule, inner, place)
                    self.conditions(rule, inner)

    def item(self, rule: Rule, inner: Place, outer: Place) -> None:
        """One repetition, written as one element of the other side's list."""
        target = rule.path(self.write)
        plain = not rule.use and not rule.rules and not rule.cases
        paths: dict[str, tuple[str, ...]] = {self.read: (".",), self.write: (target or ".",)}
        value = replace(
            rule, kind="value", paths=paths, listed=frozenset(), where={}, when=None, default={}, cases=[],
            rules=rule.rules if rule.type else [],
        )  # fmt: skip
        if rule.type or (plain and self.to_fhir):
            inner.write = outer.write
            self.stamp(rule, inner)
            self.value(value, inner)
            return
        own = target not in ("", ".")
        inner.write = outer.write
        if own:
            inner.write = outer.write.child(target)
            if rule.after and not self.to_fhir:
                inner.write = outer.write.context(target, rule.after)
        elif not target:
            inner.write = outer.write.context("", ())
        inner.gave = None
        self.stamp(rule, inner)
        if plain:
            self.value(replace(value, paths={self.read: (".",), self.write: (".",)}), inner)
        if rule.use:
            self.used(rule, inner)
        self.rules(rule.rules, inner)
        if rule.cases:
            self.cases(rule, inner)
        self.close(inner)
        if own and inner.write.filled():
            outer.write.attach(target, inner.write)
            outer.wrote()

    def used(self, rule: Rule, inner: Place) -> None:
        """A part on the item itself."""
        if inner.read.is_segment():
            self.rules(self.part(rule), inner)
            return
        found = inner.read.node(".")
        with self.below(inner.write.describe(".")):
            self.call(rule, replace(found, level=found.level or getattr(inner.read, "path", "")),
                      inner.read.type_at("."), inner.write.target, inner.write.type_at("."))  # fmt: skip

    def context(self, rule: Rule, place: Place) -> None:
        rules = self.part(rule) + rule.rules
        if self.read == "fhir":
            self.per_resource(rule, rules, place)
            return
        for read in place.read.contexts(rule.context, rule.after, rule.members, rule.per):
            inner = place.within(read, place.write.context(rule.context, rule.after), place.gave)
            if self.fits(rule, inner):
                self.stamp(rule, inner)
                self.rules(rules, inner)
                self.conditions(rule, inner)
            self.close(inner)

    def per_resource(self, rule: Rule, rules: list[Rule], place: Place) -> None:
        flat = list(self._flattened(rules))
        anchor = next((each for each in flat if each.kind == "make"), None)
        if anchor is not None:
            self.read_resource(anchor, place, rule, [each for each in flat if each is not anchor])

    def _flattened(self, rules: list[Rule]) -> Iterator[Rule]:
        for rule in rules:
            if rule.kind == "inline" and rule.when is None and not rule.where:
                yield from self._flattened(self.part(rule) + rule.rules)
            else:
                yield rule

    # ---- resources --------------------------------------------------------------------------------------------

    def make(self, rule: Rule, place: Place) -> None:
        if not self.to_fhir:
            self.read_resource(rule, place, None, [])
            return
        if not self.fits(rule, place):
            return
        key = self.key(rule, place)
        if rule.key is None or not rule.key.under:
            key = self.state.natural(rule.type, None, []) if key is None else key
            if rule.key is not None and key.startswith(self.state.message):
                self.state.note(KEYLESS, place.read.at, rule, self.read)
        assert key is not None
        url = self.state.url(rule.type, key)
        if url == place.url:
            self.state.note(SKIP, place.read.at, rule, self.read)
            return
        resource = self.state.open(rule.type, url)
        if rule.name:
            self.state.named.setdefault(rule.name, []).append(url)
            urls = place.named(rule.name).urls
            assert urls is not None
            urls.append(url)
        inner = place.within(place.read, FhirWrite(self.state, resource, rule.type, place.write, 2))
        inner.url = url
        inner.names[rule.name or rule.type] = Open(url=url)
        self.stamp(rule, inner)
        self.rules(self.part(rule) + rule.rules, inner)
        self.close(inner)
        self.state.close(rule.type, url, resource)
        if rule.needs:
            self.state.needy.append((url, rule.needs))
        place.wrote()

    def read_resource(self, rule: Rule, place: Place, context: Rule | None, others: list[Rule]) -> None:
        """Reads the resources that a `make` stands for: the one that a reference beside it names, else free ones."""
        beside = next((each for each in place.siblings if each.kind == "ref" and each.ref == rule.name), None)
        linked = bool(rule.name) and beside is not None and self.read in beside.paths
        if linked and beside is not None:
            free = place.read.pointed(beside.path(self.read), rule.type)
        else:
            free = place.read.free(rule.type)
        found = None
        for read in free:
            if not linked and not (self._mine(rule, read, place) and self._referred(rule, read, others)):
                continue
            inner = place.within(read, place.write, place.gave)
            if not self.fits(rule, inner):
                continue
            found = read.var
            self.state.recent.clear()
            self.state.taken.add(id(read.var))
            inner.names[rule.name or rule.type] = Open(object=read.var)
            if context is not None:
                inner.write = place.write.context(context.context, context.after, context.members)
                self.stamp(context, inner)
            self.rules(self.part(rule) + rule.rules, inner)
            self.rules(others, inner)
            self.conditions(rule, inner)
            self.close(inner)
            place.wrote()
            if context is None and not linked:
                break
        if rule.name and context is None:
            place.names[rule.name] = Open(object=found)

    def _mine(self, rule: Rule, read: FhirRead, place: Place) -> bool:
        """True unless the resource points to another owner than the one that is open."""
        for each in rule.rules:
            owner = place.names.get(each.ref) if each.kind == "ref" else None
            if owner is not None and self.read in each.paths and not read.points(each.path(self.read), owner.object):
                return False
        return True

    def _referred(self, rule: Rule, read: FhirRead, others: list[Rule]) -> bool:
        """Where a rule beside it refers to the resource when that reference is valued: True if one does."""
        for each in others:
            test = project(each.when, self.read)
            if (
                each.kind == "ref"
                and each.ref == rule.name
                and isinstance(test, Check)
                and test.path == each.paths["fhir"][0]
            ):
                kind, _, path = test.path.partition(".")
                if not read.referred(kind, path):
                    return False
        return True

    # ---- references, constants, choices -------------------------------------------------------------------------

    def ref(self, rule: Rule, place: Place) -> None:
        if self.to_fhir:
            if self.write in rule.paths and self.fits(rule, place):
                place.write.later(rule.path(self.write), rule.ref, self._urls(rule, place))
        elif self.read in rule.paths:
            self.account(place.read.leaves(rule.path(self.read)), (f"({rule.line})",))

    def _urls(self, rule: Rule, place: Place) -> Any:
        if rule.ref == "*":
            return place.url
        owner = place.names.get(rule.ref) or self._awaited(rule.ref, place)
        if owner is None:
            return None
        return owner.urls if owner.urls is not None else owner.url

    def _awaited(self, name: str, place: Place) -> Open | None:
        if any(name in self.makes(rules) for rules in place.lists):
            return place.named(name)
        found = self._awaited(name, place.outer) if place.outer is not None else None
        if found is not None:
            place.names[name] = found
        return found

    def set(self, rule: Rule, place: Place) -> None:
        if self.write in rule.set and self.fits(rule, place):
            self.later(place, rule.set[self.write])
            self.stamp(rule, place)
        if self.read == "fhir":
            for path, value in rule.set.get(self.read, {}).items():
                if path != "." and place.read.equals(path, value):
                    self.account(place.read.leaves(path), (f"({rule.line})",))

    def ignore(self, rule: Rule, place: Place) -> None:
        for path in rule.paths.get(self.read, ()):
            self.account(place.read.leaves(path), (), "ignored")

    def inline(self, rule: Rule, place: Place) -> None:
        outer, self.given = self.given, (self.given if rule.table == "given" else rule.table) or self.given
        if self.fits(rule, place):
            self.stamp(rule, place)
            if rule.use:
                self.within.append(rule.use)
            self.rules(self.part(rule) + rule.rules, place)
            if rule.use:
                self.within.pop()
            if rule.cases:
                self.cases(rule, place)
            self.conditions(rule, place)
        self.given = outer

    def cases(self, rule: Rule, place: Place) -> None:
        """The first case whose tests hold; one without a test on the side being read when it gives something."""
        for case in rule.cases:
            tested = case.where.get(self.read) or project(case.when, self.read) is not None
            if tested and not self.fits(case, place):
                continue
            outer, place.gave, before = place.gave, Flag(bool(tested)), deepcopy(self.state.outcomes)
            self.rule(replace(case, when=None, where={self.write: case.where.get(self.write, ())}), place)
            gave, place.gave = place.gave, outer
            if gave.set:
                place.wrote()
                self.conditions(case, place)
                return
            self.state.outcomes = before

    def choice(self, rule: Rule, place: Place) -> None:
        if self.read in rule.paths:
            path = rule.path(self.read)
            found = place.read.leaf(path)
            self.account(found.leaves, (f"({rule.line})",))
            known = dict(zip(rule.choices, rule.cases, strict=True))
            case = known.get(found.value, rule.other)
            if case is not None:
                self.rule(case, place)
            return
        pairs = [*zip(rule.choices, rule.cases, strict=True), *([("", rule.other)] if rule.other is not None else [])]
        for code, each in pairs:
            outer, place.gave, before = place.gave, Flag(), deepcopy(self.state.outcomes)
            self.rule(each, place)
            gave, place.gave = place.gave, outer
            if gave.set:
                if code and self.write in rule.paths:
                    place.write.put(rule.path(self.write), code)
                place.wrote()
                return
            self.state.outcomes = before

    def profile(self, rule: Rule, place: Place) -> None:
        if self.to_fhir and self.fits(rule, place):
            place.claims.append(lambda: self.state.claim(place.write.target, rule))


def _below(base: str, target: str) -> str:
    """A target in an item or a part (`.family`) below the target that was given to it."""
    if target[:1] != "." or base == ".":
        return target
    return base if target == "." else base + target


__all__ = ["Interpreter", "Outcome"]
