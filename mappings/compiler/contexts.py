"""What repeats: segments, groups, and the items of a field beside the elements of a list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mappings.compiled import Cover
from mappings.compiler import branches, parts, resources, values
from mappings.compiler.compilation import Compilation, Place
from mappings.form import Compound, Rule
from mappings.notes import TOOK


def each(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    if rule.context:
        return context(c, rule, place)
    if c.read not in rule.paths:
        return ()
    site = c.site(rule, table=c.table_name(rule), kind=c.kind(rule))
    path = rule.path(c.read)
    after = (rule.after or rule.per) and c.reading.has_contexts
    with pair_after(c, rule, place, path) if after else place.read.items(path) as reader:
        inner = place.within(reader, place.write, place.gave)
        inner.siblings = rule.rules
        if rule.type and c.reading.references:
            place.code.add(f"if not R.leads({reader.var}, {reader.root_var()}, {rule.type!r}): continue")
        with c.guarded(rule, inner, site):
            told = place.code.hold()
            if c.reading.claims and not c.forward:
                place.code.add(f"T.add(id({reader.var}))")
            below = item(c, rule, inner, place, site) + c.conditions(rule, inner)
            claims = c.reading.claims or after or reads_afar(c, below)
            if claims:
                told.add(f"N.append(({TOOK}, {reader.at}, {site}, None))")
    where = place.read.where(path) if not is_segment(c, path) else None
    target = rule.path(c.write)
    targets = (place.write.describe(target),) if target else ()
    return (Cover(where, site, targets, below, claims=bool(claims)),)


def reads_afar(c: Compilation, covers: tuple[Cover, ...]) -> bool:
    """True when a rule among these, outside of parts, reads what is outside its context."""
    return any((each.where is not None and c.reading.afar(each.where)) or reads_afar(c, each.below) for each in covers)


def is_segment(c: Compilation, path: str) -> bool:
    return bool(c.reading.is_context(path))


@contextmanager
def pair_after(c: Compilation, rule: Rule, place: Place, path: str) -> Iterator[Any]:
    with place.read.contexts(path, rule.after, (), rule.per) as reader:
        yield reader


def item(c: Compilation, rule: Rule, inner: Place, outer: Place, site: int) -> tuple[Cover, ...]:
    """One repetition, written as one element of the other side's list."""
    target = rule.path(c.write)
    value = Rule(
        kind="value",
        line=rule.line,
        source=rule.source,
        paths={c.read: (".",), c.write: (target or ".",)},
        conversion=rule.conversion,
        table=rule.table,
        use=rule.use,
        type=rule.type,
        key=rule.key,
        name=rule.name,
        rules=rule.rules if rule.type else [],
        narrative=rule.narrative,
    )
    plain = not rule.use and not rule.rules and not rule.cases
    if rule.type or (plain and c.writing.references):
        inner.write = outer.write
        c.stamp(rule, inner)
        return values.value(c, value, inner)
    own = target not in ("", ".")
    child = outer.write
    if own:
        behind = rule.after and not c.writing.references
        child = outer.write.context(target, rule.after) if behind else outer.write.child(target)
    elif not target:
        child = outer.write.context("", ())  # lists of the object around get elements of their own
    inner.write = child
    inner.gave = ""
    covers: tuple[Cover, ...] = ()
    c.stamp(rule, inner)
    if plain:
        value.paths[c.write] = (".",)
        covers += values.value(c, value, inner)
    if rule.use:
        covers += used_here(c, rule, inner, site)
    covers += c.rules(rule.rules, inner)
    if rule.cases:
        covers += branches.cases(c, rule, inner)
    c.close(inner)
    if own:
        with inner.code.block(f"if {child.filled()}:"):
            if c.standing:
                outer.write.attach(target, child, repeats=True)
            else:
                outer.write.attach(target, child)
            outer.wrote()
    elif c.reading.tree:
        outer.wrote()  # what an item of its own becomes is written elsewhere: a case that had one is taken
    return covers


def used_here(c: Compilation, rule: Rule, inner: Place, site: int) -> tuple[Cover, ...]:
    """A part on the item itself: called for a data type, inlined for a segment."""
    value = None if inner.read.is_segment() else inner.read.node(".")
    if value is None:
        return c.rules(c.part_rules(rule), inner)
    part = parts.function_of(c, rule, value, inner.read.type_at(".", value), inner.write.type_at("."))
    inner.code.add(f"{part}({value.var}, {inner.write.var}, R, {value.at})")
    return (Cover(None, site, (inner.write.describe("."),), part=part),)


def context(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """`each: DG1`: reading opens a context per segment, writing one per resource that a `make` inside reads."""
    rules = (c.part_rules(rule) if rule.use else []) + rule.rules
    if not c.reading.has_contexts:
        return per_resource(c, rule, rules, place)
    site = c.site(rule)
    with place.read.contexts(rule.context, rule.after, rule.members, rule.per) as reader:
        write = place.write.context(rule.context, rule.after)
        inner = place.within(reader, write, place.gave)
        with c.guarded(rule, inner, site):
            told = place.code.hold()
            c.stamp(rule, inner)
            below = c.rules(rules, inner) + c.conditions(rule, inner)
            # Not every segment of the name may be in such a context.
            claims = not c.reading.tree and bool(rule.after or rule.members or not is_segment(c, rule.context))
            if claims:
                told.add(f"N.append(({TOOK}, {reader.at}, {site}, None))")
        c.close(inner)
    return (Cover(place.read.where(rule.context) if c.reading.tree else None, site, (), below, claims=claims),)


def per_resource(c: Compilation, rule: Rule, rules: list[Rule], place: Place) -> tuple[Cover, ...]:
    flat = list(flattened(c, rules))
    anchor = next((each for each in flat if each.kind == "make"), None)
    if anchor is None:
        return ()
    others = [each for each in flat if each is not anchor]
    narrative = rule.narrative or anchor.narrative
    if rule.when is not None:
        tests = tuple(each for each in (rule.when, anchor.when) if each is not None)
        anchor = replace(anchor, when=Compound(operator="all", tests=tests))

    def opened(inner: Place) -> None:
        inner.write = opening(rule, place)
        if c.standing:
            inner.write.stands_for(inner.read.var)
            if narrative:
                inner.write.tell(narrative)
        c.stamp(rule, inner)

    return resources.read_resource(c, anchor, place, opened, others)


def opening(rule: Rule, place: Place) -> Any:
    """What a context writes: a segment, with the place of those that belong to it."""
    if not rule.members:
        return place.write.context(rule.context, rule.after)
    return place.write.context(rule.context, rule.after, rule.members)


def flattened(c: Compilation, rules: list[Rule]) -> Iterator[Rule]:
    """Rules with plain inline parts opened."""
    for rule in rules:
        if rule.kind == "inline" and rule.when is None and not rule.where:
            yield from flattened(c, (c.part_rules(rule) if rule.use else []) + rule.rules)
        else:
            yield rule
