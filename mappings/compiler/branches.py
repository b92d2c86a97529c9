"""References, constants and profiles, and the rules that choose: `cases`, `choice`, parts inlined."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from mappings.compiled import Cover
from mappings.compiler.compilation import Compilation, Place
from mappings.form import Rule
from mappings.notes import SKIP, TOOK, UNCLAIMED


def reference(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    covers: tuple[Cover, ...] = ()
    site = c.site(rule)
    if c.writing.references and c.write in rule.paths:
        with c.guarded(rule, place, site):
            owner = place.names.get(rule.ref) or place.awaited(rule.ref, c.makes)
            urls = place.url if rule.ref == "*" else (owner.urls or owner.url) if owner is not None else "None"
            if urls == "None":
                c.asked.add(rule.ref)
            place.write.later(rule.path(c.write), rule.ref, urls)
    if c.reading.references and c.read in rule.paths:
        covers = (Cover(place.read.where(rule.path(c.read)), 0, (f"({rule.line})",)),)
    return covers


def made(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """References to what was or will be made of the elements at a path."""
    if c.read not in rule.paths or c.write not in rule.paths:
        return ()
    site = c.site(rule)
    if not c.writing.references:
        return stand_in(c, rule, place, site)
    path, target = rule.path(c.read), rule.path(c.write)
    with c.guarded(rule, place, site):
        nodes = place.code.new("m")
        place.code.add(f"{nodes} = {place.read.made(path)}")
        with place.code.block(f"if {nodes}:"):
            place.write.later(target, "@" + rule.type, nodes)
    where = place.read.where_identity(path)
    return (Cover(where, site, (place.write.describe(target),)),) if where else ()


def stand_in(c: Compilation, rule: Rule, place: Place, site: int) -> tuple[Cover, ...]:
    """Going back: an element that stands for what becomes of each resource that is referred to."""
    path, target = rule.path(c.read), rule.path(c.write)
    with c.guarded(rule, place, site), place.read.items(path) as reader:
        found = place.code.new("o")
        place.code.add(f"{found} = R.resolve({reader.var}, {reader.root_var()})")
        kinds = place.code.constant(frozenset(rule.type.split("|")))
        if rule.type:
            place.code.add(f"if {found} is not None and {found}['resourceType'] not in {kinds}: {found} = None")
        place.write.refer(target, found)
        with place.code.block(f"if {found} is not None:"):
            place.wrote()
    return (Cover(place.read.where(path), site, (place.write.describe(target),)),)


def constants(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    site = c.site(rule)
    if c.write in rule.set:
        with c.guarded(rule, place, site):
            c.later(place, rule.set[c.write])
            if rule.where.get(c.write):
                c.stamp(rule, place)
    covers: list[Cover] = []
    for path, value in rule.set.get(c.read, {}).items():
        if not c.reading.references or path == ".":
            continue
        number = c.site(rule)
        test = place.read.equals(path, value)
        place.code.add(f"if {test}: N.append(({TOOK}, {place.read.at}, {number}, None))")
        covers.append(Cover(place.read.where(path), number, (f"({rule.line})",), claims=True))
    return tuple(covers)


def ignore(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    return tuple(
        Cover(place.read.where(path), c.site(rule), ignored=rule.reason) for path in rule.paths.get(c.read, ())
    )


def inline(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """Rules of a part, or of the rule itself, in this very context; a data-type part on this very item."""
    site = c.site(rule)
    outer, c.given = c.given, c.table_name(rule) or c.given
    with c.guarded(rule, place, site):
        c.stamp(rule, place)
        covers = c.rules((c.part_rules(rule) if rule.use else []) + rule.rules, place)
        if rule.cases:
            covers += cases(c, rule, place)
    c.given = outer
    return (Cover(None, site, (), covers + c.conditions(rule, place)),)


def cases(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    site = c.site(rule)
    code = place.code
    covers: list[Cover] = []
    with code.block("while True:"):
        for case in rule.cases:
            with c.complaints(case):
                covers.append(take_case(c, case, place))
        code.add(f"N.append(({SKIP}, {place.read.at}, {site}, None))")
        code.add("break")
    return (Cover(None, site, (), tuple(covers)),)


def take_case(c: Compilation, case: Rule, place: Place) -> Cover:
    code = place.code
    site = c.site(case)
    tests = c.tests(case, place)
    bare = replace(case, when=None, where={c.write: case.where.get(c.write, ())})
    took = f"N.append(({TOOK}, {place.read.at}, {site}, None))"
    if tests:
        with code.block(f"if {' and '.join(tests)}:"):
            code.add(took)
            covers = c.rule(bare, place)
            place.wrote()
            code.add("break")
    else:
        outer, place.gave = place.gave, code.new("g")
        code.add(f"{place.gave} = False")
        covers = c.rule(bare, place)
        gave, place.gave = place.gave, outer
        with code.block(f"if {gave}:"):
            code.add(took)
            place.wrote()
            code.add("break")
    return Cover(None, site, (), covers + c.conditions(case, place), claims=True)


def choice(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    if c.read in rule.paths:
        return choose(c, rule, place)
    return attempt(c, rule, place)


def choose(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """The code that is read picks the case."""
    code = place.code
    path = rule.path(c.read)
    value = place.read.leaf(path)
    covers = [Cover(place.read.where_leaf(path), 0, (f"({rule.line})",), once=True)]
    site = c.site(rule)
    word = "if"
    for key, case in zip(rule.choices, rule.cases, strict=True):
        with code.block(f"{word} {value.var} == {key!r}:"):
            covers.append(chosen(c, case, place))
        word = "elif"
    if not rule.cases:
        return tuple(covers)
    with code.block("else:"):
        if rule.other is not None:
            covers.append(chosen(c, rule.other, place))
        else:
            code.add(f"N.append(({SKIP}, {place.read.at}, {site}, None))")
    return tuple(covers)


def attempt(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """Going back: the first case that finds something is taken, and its key written."""
    code = place.code
    covers: list[Cover] = []
    pairs = [*zip(rule.choices, rule.cases, strict=True)] + ([("", rule.other)] if rule.other is not None else [])
    with code.block("while True:"):
        for key, case in pairs:
            with c.complaints(case):
                site = c.site(case)
                outer, place.gave = place.gave, code.new("g")
                code.add(f"{place.gave} = False")
                below = c.rule(case, place)
                gave, place.gave = place.gave, outer
                with code.block(f"if {gave}:"):
                    code.add(f"N.append(({TOOK}, {place.read.at}, {site}, None))")
                    if key and c.write in rule.paths:
                        place.write.put(rule.path(c.write), repr(key))
                    place.wrote()
                    code.add("break")
                covers.append(Cover(None, site, (), below, claims=True))
        code.add("break")
    return tuple(covers)


def chosen(c: Compilation, case: Rule, place: Place) -> Cover:
    site = c.site(case)
    place.code.add(f"N.append(({TOOK}, {place.read.at}, {site}, None))")
    with c.complaints(case):
        return Cover(None, site, (), c.rule(case, place), claims=True)
    return Cover(None, site, claims=True)


def need_met(var: str, alternatives: tuple[tuple[str, ...], ...]) -> str:
    """An expression that is true when one of these paths was written; an element that is there isn't empty."""
    tests = [f"{path[0]!r} in {var}" if len(path) == 1 else f"there({var}, {path!r})" for path in alternatives]
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def profile(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    """Names a profile when what it needs was written."""
    if not c.writing.references:
        return ()
    site = c.site(rule)
    needs = tuple(
        tuple(tuple(path.split(".")) for path in (each if isinstance(each, list) else [each])) for each in rule.needs
    )
    refers = tuple(
        (tuple(path.split(".")), frozenset(each if isinstance(each, list) else [each]))
        for path, each in rule.refers.items()
    )
    with c.guarded(rule, place, site):
        flag = place.reached()
    write, code = place.write, place.code
    kind, granted = f"{write.var}, {write.inside!r}, {rule.reason!r}", f"{code.constant(refers)}, {site}"

    def emit() -> None:
        """The first need that isn't met is noted; all met, the profile is named."""
        with code.block(f"if {flag}:") if flag else nullcontext():
            word = "if"
            for each in needs:
                missing = " or ".join(".".join(path) for path in each)
                code.add(
                    f"{word} not {need_met(write.var, each)}: "
                    f"N.append(({UNCLAIMED}, (), {site}, {(write.inside, rule.reason, missing)!r}))"
                )
                word = "elif"
            code.add(f"{'else: ' if needs else ''}R.grant({kind}, {granted})")

    place.claims.append(emit)
    return ()
