"""Data types by their parts, and the resources that several mentions share (`to`)."""

from __future__ import annotations

import re

from conformance.syntax import PathError, Value
from mappings.compiled import Cover
from mappings.compiler import resources
from mappings.compiler.compilation import Compilation, Place
from mappings.form import Rule
from mappings.notes import NOTHING, NOWHERE, TOOK
from mappings.run import DIRECTORY


def part_value(c: Compilation, rule: Rule, place: Place, site: int, missing: str) -> tuple[Cover, ...]:
    """A data type read by its part; with `to` it makes or reads another resource."""
    path, target = rule.path(c.read), rule.path(c.write)
    value = place.read.node(path)
    with place.code.block(f"if {value.given}:"):
        if rule.type:
            part = shared(c, rule, value, place, site, target)
        else:
            part = element(c, rule, value, place, site, target, path)
    if missing:
        place.code.add(f"else: {missing} = True")
    targets = (place.write.describe(target) + (f"->{rule.type}" if rule.type else ""),)
    where = place.read.where(path)
    if rule.type and c.reading.references:
        return (Cover(where, site, targets, claims=True), Cover(None, site, targets, part=part, claims=True))
    return (Cover(where, site, targets, part=part, once=True, claims=c.reading.claims and path != "."),)


CODED = frozenset(("CodeableConcept", "Coding"))
"""What may be remembered by its text, beside what a directory holds; never what a patient is known by."""
SHARED = DIRECTORY | {"CareTeam", "Encounter", "Medication", "Patient", "PractitionerRole", "RelatedPerson"}
"""What several references may be written from; any other resource is written once."""


def element(c: Compilation, rule: Rule, value: Value, place: Place, site: int, target: str, path: str) -> str:
    """A part on an element of the target: the very place that is written, or a new element for a path."""
    kind = place.write.type_at(target)
    part = function_of(c, rule, value, place.read.type_at(path, value), kind)
    call = f"{part}({value.var}, {{}}, R, {value.at})"
    if target == ".":
        if c.standing:
            take(c, value, place, site, path)
        elif c.reading.claims and path != ".":  # accounted for, and left to other rules
            place.code.add(f"N.append(({TOOK}, (id({value.var}),), {site}, None))")
        place.code.add(call.format(place.write.var))
        place.wrote()
        return part
    child = place.write.child(target)
    if c.standing and rule.narrative:
        child.tell(rule.narrative)
    take(c, value, place, site, path)
    if kind in CODED and value.level and not c.reading.tree and pure(c, part):
        place.code.add(f"{child.var} = R.recall({part!r}, {value.var}, {value.at})")
        with place.code.block(f"if {child.var} is None:"):
            place.code.add(f"{child.var} = {{}}; since = len(N)")
            place.code.add(call.format(child.var))
            place.code.add(f"R.remember({part!r}, {value.var}, {child.var}, {value.at}, since)")
    else:
        place.code.add(call.format(child.var))
    with place.code.block(f"if {child.filled()}:"):
        place.write.attach(target, child)
        place.wrote()
    return part


def pure(c: Compilation, part: str) -> bool:
    """True when a part writes to nothing but its target and what it shares."""
    if part not in c.pure_parts:
        c.pure_parts[part] = True  # a part that uses itself is as pure as the rest of it
        lines = list(c.module.lines_of(part))
        inner = {called for line in lines for called in _CALL.findall(line)}
        elsewhere = any(word in line for line in lines for word in _ELSEWHERE)
        c.pure_parts[part] = not elsewhere and all(pure(c, each) for each in inner)
    return c.pure_parts[part]


_ELSEWHERE = ("R.later", "R.last(", "R.named", "R.begin(", "R.open(")
"""What a part calls when it writes to more than its target."""
_CALL = re.compile(r"\b(p[0-9]+)\(")


def take(c: Compilation, value: Value, place: Place, site: int, path: str) -> None:
    """An object that is read belongs to this rule, where the format has exclusive items."""
    if c.reading.claims and path != ".":
        place.code.add(f"N.append(({TOOK}, (id({value.var}),), {site}, None))")
        if not c.forward:
            place.code.add(f"T.add(id({value.var}))")


def shared(c: Compilation, rule: Rule, value: Value, place: Place, site: int, target: str) -> str:
    return (refer if c.writing.references else follow)(c, rule, value, place, site, target)


def refer(c: Compilation, rule: Rule, value: Value, place: Place, site: int, target: str) -> str:
    """Write side has references: make or reuse the resource, and point to it."""
    code = place.code
    part = function_of(c, rule, value, place.read.type_at(rule.path(c.read), value), rule.type)
    url = code.new("u")
    remembered = rule.type in DIRECTORY and value.level and not c.reading.tree
    if remembered and rule.key is not None and not rule.key.under and pure(c, part):
        name = f"{part} {rule.key.conversion} {' '.join(rule.key.paths.get(c.read, ()))}"
        code.add(f"{url} = R.recall_shared({name!r}, {value.var}, {value.at})")
        with code.block(f"if {url} is None:"):
            trace = code.new("r")
            code.add(f"{trace}, R.trace, since = R.trace, [], len(N)")
            make_shared(c, rule, value, place, site, part, url)
            code.add(f"R.remember_shared({name!r}, {value.var}, {value.at}, {url}, since)")
            code.add(f"R.trace = {trace} if {trace} is None else {trace} + R.trace")
    else:
        make_shared(c, rule, value, place, site, part, url)
    with code.block(f"if {url}:"):
        if rule.name:
            code.add(f"R.named.setdefault({rule.name!r}, []).append({url})")
        place.write.put(target, f"{{'reference': {url}}}")
        place.wrote()
    return part


def make_shared(c: Compilation, rule: Rule, value: Value, place: Place, site: int, part: str, url: str) -> None:
    """Emits the making of a shared resource; its URL is empty when it has no identity or no content."""
    code = place.code
    keyed = resources.key(c, rule, inside_item(c, place, value, rule), site)
    content = code.new("x")
    code.add(f"{url} = ''")
    with code.block(f"if {keyed} is not None:"):
        code.add(f"{content} = {{}}; {part}({value.var}, {content}, R, {value.at})")
        code.add(f"{url} = R.url({rule.type!r}, {keyed})")
        with code.block(f"if {content} or {url} in R.made:"):
            code.add(f"R.share({rule.type!r}, {url}, {content})")
        code.add(f"else: {url} = ''")
    code.add(f"else: N.append(({NOTHING}, {value.at}, {site}, None))")


def inside_item(c: Compilation, place: Place, value: Value, rule: Rule) -> Place:
    """The place in which a key's component paths are read: the item that the rule reads."""
    if rule.path(c.read) == "." or not value.level:
        return place
    reader = c.reading.item_reader(place.read, value)
    return Place(place.code, reader, place.write, place.names)


def follow(c: Compilation, rule: Rule, value: Value, place: Place, site: int, target: str) -> str:
    """Read side has references: follow one and read the resource there."""
    code = place.code
    found = code.new("o")
    holder = place.read.root_var()
    if c.standing:  # elements stand for resources
        code.add(f"{found} = R.resolve({value.var}, {holder})")
    else:
        code.add(f"{found} = R.follow({value.var}, {holder}, {rule.type!r})")
    part = function_of(c, rule, value, rule.type, place.write.type_at(target))
    once = f" and id({found}) not in R.stood" if c.standing and rule.type not in SHARED else ""
    with code.block(f"if {found} is not None and {found}['resourceType'] == {rule.type!r}{once}:"):
        child = place.write.child(target)
        if c.standing and rule.type not in SHARED:
            code.add(f"R.stood.add(id({found}))")
            child.stands_for(found)
            if rule.narrative:
                child.tell(rule.narrative)
        code.add(f"N.append(({TOOK}, (id({value.var}),), {site}, None)); T.add(id({value.var}))")
        code.add(f"N.append(({TOOK}, (id({found}),), {site}, None))")
        known, shared = code.new("s"), code.new("s")  # several references may lead here: each gives the whole resource
        code.add(f"{known} = R.followed.get(({part!r}, id({found})))")
        with code.block(f"if {known} is None:"):
            code.add(f"{shared} = R.taken; R.taken = set()")
            code.add(f"{part}({found}, {child.var}, R, ())")
            code.add(f"R.taken = {shared}; R.followed[({part!r}, id({found}))] = {child.var}.copy()")
        code.add(f"else: {child.var}.take({known})")
        code.add(f"R.recent[{rule.type!r}] = {found}")
        with code.block(f"if {child.filled()}:"):
            place.write.attach(target, child)
            place.wrote()
    code.add(f"elif {found} is None: N.append(({NOWHERE}, {value.at}, {site}, None))")
    return part


def function_of(c: Compilation, rule: Rule, value: Value, inside: str, target: str) -> str:
    """The function of a part, compiled once per reading level, target type and given table."""
    name = rule.use or f"{rule.line} {id(rule.rules)}"  # several rules may stand in one line
    rules = c.map.parts.get(rule.use) if rule.use else rule.rules
    if rules is None:
        raise PathError(f"there is no part `{rule.use}`")
    given = c.table_name(rule)
    key = (name, given, value.level or inside, target)
    if key not in c.parts:
        if name in c.compiling and not c.reading.tree:
            raise PathError(f"part `{name}` uses itself")
        c.parts[key] = c.module.new("p")
        compile_part(c, c.parts[key], name, rules, value, inside, target, given)
    return c.parts[key]


def compile_part(
    c: Compilation, function: str, name: str, rules: list[Rule], value: Value, inside: str, target: str, given: str
) -> None:
    code = c.module.function(function, "src, x, R, at")
    code.add(c.prologue)
    reader = c.reading.part_reader(code, "src", value.level, inside, c.variant)
    writer = c.writing.part_writer(code, "x", target)
    outer, c.given = c.given, given
    c.compiling.append(name)
    place = Place(code, reader, writer)
    c.part_covers[function] = c.rules(rules, place)
    c.close(place)
    c.compiling.pop()
    c.given = outer
