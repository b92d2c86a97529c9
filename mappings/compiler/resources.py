"""Resources that a `make` stands for: made when FHIR is written, looked for when it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from conformance.syntax import PathError
from mappings.compiled import Cover
from mappings.compiler.compilation import Compilation, Open, Place
from mappings.form import Check, Rule, project
from mappings.notes import KEYLESS, SKIP, TOOK


def make(c: Compilation, rule: Rule, place: Place) -> tuple[Cover, ...]:
    if c.reading.references:
        if c.writing.references:
            return read_resource(c, rule, place, lambda inner: opened(c, rule, inner), [])
        return read_resource(c, rule, place, None, [])
    site = c.site(rule, type=rule.type)
    with c.guarded(rule, place, site):
        keyed = key(c, rule, place, site)
        if rule.key is None or not rule.key.under:
            place.code.add(f"if {keyed} is None: {keyed} = R.natural({rule.type!r}, None, ())")
            if rule.key is not None:
                keyless(c, rule, place, keyed, site)
        with another(rule, place, keyed, site):
            covers = make_resource(c, rule, place, keyed)
    return (Cover(None, site, (), covers),)


@contextmanager
def another(rule: Rule, place: Place, keyed: str, site: int) -> Iterator[None]:
    """Inside a resource of its type only another one is made: what has its key is that resource itself."""
    if not any(each.type == rule.type and each.url == place.url for each in place.names.values()):
        yield
        return
    with place.code.block(f"if R.url({rule.type!r}, {keyed}) != {place.url}:"):
        yield
    place.code.add(f"else: N.append(({SKIP}, {place.read.at}, {site}, None))")


def keyless(c: Compilation, rule: Rule, place: Place, keyed: str, site: int) -> None:
    place.code.add(f"if {keyed}.startswith(R.message_key): N.append(({KEYLESS}, {place.read.at}, {site}, None))")


def make_resource(c: Compilation, rule: Rule, place: Place, keyed: str) -> tuple[Cover, ...]:
    code = place.code
    url, var = code.new("u"), code.new("o")
    code.add(f"{url}, {var} = R.begin({rule.type!r}, {keyed})")
    if c.reading.tree:
        code.add(f"R.origins.setdefault(id({place.read.var}), []).append({url})")
    if rule.name:
        code.add(c.naming(rule.name, url, place.collecting(rule.name, rule.type)))
    if place.gone:
        code.add(f"R.fates[{url}] = {place.gone}")
    writer = c.writing.resource(code, var, rule.type, place.write)
    inner = place.within(place.read, writer)
    inner.url = url
    inner.names[rule.name or rule.type] = Open(rule.type, url=url)
    c.stamp(rule, inner)
    covers = c.rules((c.part_rules(rule) if rule.use else []) + rule.rules, inner)
    c.close(inner)
    code.add(f"if len({var}) == 2 or R.made.get({url}) is not {var}: R.close({rule.type!r}, {url}, {var})")
    if rule.needs:
        paths = tuple(tuple(path.split(".")) for path in rule.needs)
        code.add(f"R.needy.append(({url}, {code.constant(paths)}))")
    place.wrote()
    return covers


def opened(c: Compilation, rule: Rule, inner: Place) -> None:
    """FHIR to FHIR: the resource that is written for the one that is read; without a key it keeps its identity."""
    code = inner.code
    url, var = code.new("u"), code.new("o")
    if rule.key is None:
        code.add(f"{url} = R.same({inner.read.var}); {var} = R.reopen({inner.read.var}, {url})")
    else:
        keyed = key(c, rule, inner, c.site(rule, type=rule.type))
        code.add(f"{url} = R.url({rule.type!r}, {keyed} or R.natural({rule.type!r}, None, ()))")
        code.add(f"{var} = R.open({rule.type!r}, {url})")
    if rule.name:
        assert inner.outer is not None
        urls = inner.outer.named(rule.name, rule.type)
        code.add(c.naming(rule.name, url, [urls]))
    inner.write = c.writing.resource(code, var, rule.type, inner.write)
    inner.url = url
    inner.names[rule.name or rule.type] = Open(rule.type, url=url, object=inner.read.var)
    c.stamp(rule, inner)
    inner.claims.append(lambda: None)


def read_resource(
    c: Compilation, rule: Rule, place: Place, opened: Callable[[Place], None] | None, others: list[Rule]
) -> tuple[Cover, ...]:
    """Reads the resources that a `make` stands for: the one that a reference beside it names, else all free ones."""
    code = place.code
    site = c.site(rule, type=rule.type)
    beside = next((each for each in place.siblings if each.kind == "ref" and each.ref == rule.name), None)
    linked = bool(rule.name) and beside is not None and c.read in beside.paths
    several = opened is not None
    found = code.new("q")
    assert place.head is not None
    place.head.add(f"{found} = None")
    with ExitStack() as stack:
        if linked:
            assert beside is not None
            reader = stack.enter_context(place.read.pointed(beside.path(c.read), rule.type))
        else:
            reader = stack.enter_context(place.read.contexts(rule.type, ()))
            filter_references(c, rule, reader, place)
            filter_referred(c, rule, others, reader, place)
        inner = place.within(reader, place.write, place.gave)
        stack.enter_context(guarded_loop(c, rule, inner))
        code.add(f"{found} = {reader.var}; R.recent.clear(); T.add(id({reader.var}))")
        code.add(f"N.append(({TOOK}, (id({reader.var}),), {site}, None))")
        if c.standing:
            code.add(f"R.stood.add(id({reader.var}))")
        inner.names[rule.name or rule.type] = Open(rule.type, object=reader.var)
        if c.standing and rule.type == "Patient":
            code.add(f"R.only({reader.var}, {site})")
        if opened is not None:
            opened(inner)
        covers = c.rules((c.part_rules(rule) if rule.use else []) + rule.rules, inner)
        covers += c.rules(others, inner) + c.conditions(rule, inner)
        c.close(inner)
        if c.writing.references:
            url = inner.names[rule.name or rule.type].url
            code.add(f"R.close({rule.type!r}, {url}, {inner.write.var})")
        place.wrote()
        if not several and not linked:
            code.add("break")
    if rule.name and not several:
        place.names[rule.name] = Open(rule.type, object=found)
    return (Cover(None, site, (), covers, claims=True),)


@contextmanager
def guarded_loop(c: Compilation, rule: Rule, inner: Place) -> Iterator[None]:
    """Inside a loop: what doesn't meet the filter is passed over."""
    tests = c.tests(rule, inner)
    if tests:
        inner.code.add(f"if not ({' and '.join(tests)}): continue")
    yield


def filter_references(c: Compilation, rule: Rule, reader: Any, place: Place) -> None:
    """A resource that points to another owner than the one open isn't read here."""
    strict = ", True" if c.standing else ""
    for each in rule.rules:
        owner = place.names.get(each.ref) if each.kind == "ref" else None
        if owner is not None and owner.object and c.read in each.paths:
            steps = reader.where(each.path(c.read))[1]
            place.code.add(
                f"if not R.points({reader.var}, {place.code.constant(steps)}, {owner.object}{strict}): continue"
            )


def filter_referred(c: Compilation, rule: Rule, others: list[Rule], reader: Any, place: Place) -> None:
    """Where a rule beside it refers to the resource when that reference `is: valued`: only what one leads to."""
    for each in others:
        test = project(each.when, c.read)
        if (
            each.kind == "ref"
            and each.ref == rule.name
            and isinstance(test, Check)
            and test.path == each.paths[c.read][0]
        ):
            kind, _, path = test.path.partition(".")
            place.code.add(f"if not R.referred({reader.var}, {kind!r}, {tuple(path.split('.'))!r}): continue")


def key(c: Compilation, rule: Rule, place: Place, site: int) -> str:
    """Emits the text of a resource's key into a variable, None when it has none."""
    code = place.code
    var = code.new("k")
    key = rule.key
    if key is None or (c.read not in key.paths and not key.under):
        code.add(f"{var} = None")
        return var
    paths = key.paths.get(c.read, ())
    if key.conversion:
        conversion = c.conversions.get(key.conversion)
        if conversion is None:
            raise PathError(f"there is no conversion `{key.conversion}`")
        c.used.add(key.conversion)
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
