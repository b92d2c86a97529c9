"""Rows of tables: `rows` and `unpivot` read a dataset row by row, and write a row per resource.

Reading, a row is a context, with the rows of other tables (and of code tables) beside it by their joins. Going back
the first `make` of the rules stands for the row: one per resource. What rules write under the names of joined tables
goes to these, under names of code tables it picks the first of their rows that fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mappings.compiled import Cover
from mappings.compiler import contexts, resources
from mappings.compiler.compilation import Compilation, Open, Place
from mappings.form import Rows, Rule
from mappings.notes import TOOK


def rows(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    if not c.reading.references:
        return read_rows(c, rule, place)
    return () if c.writing.references else write_rows(c, rule, place)


def make(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """In the context of a row that is written, a resource is one that belongs to the row's own."""
    if place.tabled and c.reading.references and not c.writing.references:
        return beside(c, rule, place)
    return resources.make(c, rule, place)


def code_tables(c: Compilation, over: Rows) -> dict[str, Any]:
    """The map's tables that are joined: codes, in the order of their rows, to what stands there."""
    found = {}
    for join in over.joins:
        if join.name in c.map.tables:
            found[join.name] = [row for row in c.table(join.name).rows if isinstance(row[1], dict)]
    return found


# ---- reading rows ----------------------------------------------------------------------------------------------


def read_rows(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    over = rule.over
    assert over is not None
    site = c.site(rule, table=", ".join(join.name for join in over.joins))
    tables = code_tables(c, over)
    with place.read.rows(over, tables, site) as reader:
        inner = place.within(reader, place.write.context("", ()), place.gave)
        inner.tabled = True
        if over.retract:
            inner.gone = place.code.new("w")
            tests = [reader.test(check.path, check.operator, check.operand) for check in over.retract]
            place.code.add(f"{inner.gone} = bool({' and '.join(tests)})")
        target = rule.path(c.write)
        if target:  # each is an element of a list
            inner.write, inner.gave = place.write.child(target), ""
        with c.guarded(rule, inner, site):
            c.stamp(rule, inner)
            below = c.rules((c.part_rules(rule) if rule.use else []) + rule.rules, inner)
        c.close(inner)
        if target:
            with place.code.block(f"if {inner.write.filled()}:"):
                place.write.attach(target, inner.write)
                place.wrote()
    line = (f"({rule.line})",)
    keys = (*_columns(over, tables), *(check.path for check in over.retract))
    below += tuple(Cover(reader.where(column), 0, line) for column in keys)
    return (Cover(None, site, (place.write.describe(target),) if target else (), below),)


def _columns(over: Rows, tables: dict[str, Any]) -> Iterator[str]:
    """The columns that say which rows belong together."""
    yield from over.group
    for join in over.joins:
        if join.name not in tables:
            yield from join.here
            yield from (f"{join.name}.{column}" for column in join.there)


# ---- writing rows ----------------------------------------------------------------------------------------------


def write_rows(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    site = c.site(rule)
    if rule.path(c.read):
        return elements(c, rule, place, site)
    with c.guarded(rule, place, site):
        covers = written(c, rule, place)
    return (Cover(None, site, (), covers),)


def elements(c: Compilation, rule: Rule, place: Place, site: int) -> tuple[Cover, ...]:
    """Elements of a list, each of them an item of the row."""
    over = rule.over
    assert over is not None
    path, code = rule.path(c.read), place.code
    with place.read.items(path) as reader:
        inner = place.within(reader, place.write, "")
        inner.tabled = True
        passed_over(c, rule, inner)
        code.add(f"N.append(({TOOK}, {reader.at}, {site}, None)); T.add(id({reader.var}))")
        inner.write = place.write.row(over, code_tables(c, over))
        c.stamp(rule, inner)
        below = c.rules((c.part_rules(rule) if rule.use else []) + rule.rules, inner) + c.conditions(rule, inner)
        c.close(inner)
        place.wrote()
    return (Cover(place.read.where(path), site, (), below, claims=True),)


def written(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    over = rule.over
    assert over is not None
    flat = list(contexts.flattened(c, (c.part_rules(rule) if rule.use else []) + rule.rules))
    anchor = next((each for each in flat if each.kind == "make"), None)
    tables = code_tables(c, over)
    if anchor is None:  # nothing stands for this row alone: it is made by what its inner rows say
        inner = place.within(place.read, place.write.row(over, tables), place.gave)
        inner.tabled = True
        covers = c.rules(flat, inner)
        c.close(inner)
        return covers
    site = c.site(anchor, type=anchor.type)
    others = [each for each in flat if each is not anchor]
    code = place.code
    before, ours = code.new("t"), code.new("l")
    code.add(f"{before} = T; {ours} = []")
    with candidates(c, anchor, place) as reader:
        inner = place.within(reader, place.write, place.gave)
        inner.tabled = True
        passed_over(c, anchor, inner)
        if over.retract:
            _withdrawn(c, over, reader.var, code)
        code.add(f"{ours}.append(id({reader.var})); T = R.taken = {{id({reader.var})}}")
        inner.write = place.write.row(over, tables)
        opened(c, anchor, inner, reader, site)
        covers = c.rules((c.part_rules(anchor) if anchor.use else []) + anchor.rules, inner)
        covers += c.conditions(anchor, inner)
        more = c.rules(others, inner)
        if over.retract:
            _retracting(over, inner)
        c.close(inner)
        place.wrote()
    code.add(f"T = R.taken = {before}; T.update({ours})")
    return (Cover(None, site, (), covers, claims=True), *more)


def _withdrawn(c: Compilation, over: Rows, var: str, code: Any) -> None:
    """A resource that was taken back and whose row can't say so isn't written."""
    if not all(check.operator == "eq" for check in over.retract):
        code.add(f"if withdrawn({var}) and not updated({var}): continue")


def _retracting(over: Rows, inner: Place) -> None:
    """The columns that say that a row is taken back; they stay empty where it isn't."""
    var = inner.read.var
    for check in over.retract:
        if check.operator == "eq":
            inner.write.put(check.path, f"{check.operand!r} if withdrawn({var}) else None", weak=True)
        else:
            inner.write.put(check.path, f"updated({var}) if withdrawn({var}) else None", weak=True)


def passed_over(c: Compilation, rule: Rule, inner: Place) -> None:
    tests = c.tests(rule, inner)
    if tests:
        inner.code.add(f"if not ({' and '.join(tests)}): continue")


def opened(c: Compilation, rule: Rule, inner: Place, reader: Any, site: int) -> None:
    """A resource that is read now: its name, and where its references to others lead."""
    inner.code.add(f"N.append(({TOOK}, (id({reader.var}),), {site}, None))")
    inner.names[rule.name or rule.type] = Open(rule.type, object=reader.var)
    for name, steps in pointers(c, rule, reader):
        inner.pointing.setdefault(name, (reader.var, steps))


def pointers(c: Compilation, rule: Rule, reader: Any) -> Iterator[tuple[str, Any]]:
    """The names that the rules of a `make` refer to, with the steps of the reference."""
    inside = (c.part_rules(rule) if rule.use else []) + rule.rules
    for each in _within(c, inside):
        if each.kind == "ref" and c.read in each.paths and each.ref != "*":
            yield each.ref, reader.where(each.path(c.read))[1]


def _within(c: Compilation, rules: list[Rule]) -> Iterator[Rule]:
    for rule in rules:
        yield rule
        if rule.kind in ("inline", "cases"):
            yield from _within(c, (c.part_rules(rule) if rule.use else []) + rule.rules + rule.cases)


@contextmanager
def candidates(c: Compilation, rule: Rule, place: Place) -> Iterator[Any]:
    """A loop over the resources that a `make` may stand for: those that references lead to, those that refer to what
    is open, else all free ones."""
    owners = [
        (place.names[each.ref].object, each)
        for each in _within(c, (c.part_rules(rule) if rule.use else []) + rule.rules)
        if each.kind == "ref" and c.read in each.paths and each.ref in place.names and place.names[each.ref].object
    ]
    if rule.name in place.pointing:
        holder, steps = place.pointing[rule.name]
        found = f"R.pointed({holder}, {place.code.constant(steps)}, {rule.type!r})"
    elif owners:
        found = f"R.about({rule.type!r}, {owners[0][0]})"
    else:
        found = f"R.resources({rule.type!r})"
    with place.read.among(rule.type, found) as reader:
        if rule.name not in place.pointing:
            for owner, each in owners:
                steps = place.code.constant(reader.where(each.path(c.read))[1])
                place.code.add(f"if not R.points({reader.var}, {steps}, {owner}): continue")
        yield reader


def beside(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """The first resource that belongs to the row's own."""
    code = place.code
    site = c.site(rule, type=rule.type)
    found = code.new("q")
    assert place.head is not None
    place.head.add(f"{found} = None")
    with candidates(c, rule, place) as reader:
        inner = place.within(reader, place.write, place.gave)
        inner.tabled = True
        code.add(f"if id({reader.var}) in T: continue")
        passed_over(c, rule, inner)
        code.add(f"{found} = {reader.var}; T.add(id({reader.var}))")
        opened(c, rule, inner, reader, site)
        covers = c.rules((c.part_rules(rule) if rule.use else []) + rule.rules, inner) + c.conditions(rule, inner)
        c.close(inner)
        place.wrote()
        code.add("break")
    place.names[rule.name or rule.type] = Open(rule.type, object=found)
    for name, (_, steps) in inner.pointing.items():
        place.pointing.setdefault(name, (found, steps))
    return (Cover(None, site, (), covers, claims=True),)
