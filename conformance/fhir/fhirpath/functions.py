"""FHIRPath's functions on collections: sections 5.1 to 5.4 of N1, and those that FHIR R4 adds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.fhir.fhirpath.calls import Eager, eager, lazy
from conformance.fhir.fhirpath.evaluate import Compiled, Env, distinct
from conformance.fhir.fhirpath.node import Collection, Node, all_children, children, descendants
from conformance.fhir.fhirpath.syntax import FhirPathError
from conformance.fhir.fhirpath.values import integer, key, plain, text, truth


def _each(items: Collection, env: Env, criteria: Compiled) -> list[Collection]:
    """The criteria's answer for each item, with `$this` and `$index` set."""
    before, place = env.this, env.index
    env.spend(len(items))
    answers = []
    try:
        for number, item in enumerate(items):
            env.this, env.index = [item], number
            answers.append(criteria(env.this, env))
    finally:
        env.this, env.index = before, place
    return answers


@lazy(1)
def where(items: Collection, env: Env, criteria: Compiled) -> Collection:
    return [item for item, answer in zip(items, _each(items, env, criteria), strict=True) if truth(answer)]


@lazy(1)
def select(items: Collection, env: Env, projection: Compiled) -> Collection:
    return [found for answer in _each(items, env, projection) for found in answer]


@lazy(0, 1)
def exists(items: Collection, env: Env, *criteria: Compiled) -> Collection:
    return [bool(where(items, env, *criteria) if criteria else items)]


@lazy(1, name="all")
def all_(items: Collection, env: Env, criteria: Compiled) -> Collection:
    return [all(truth(answer) is True for answer in _each(items, env, criteria))]


@lazy(1)
def repeat(items: Collection, env: Env, projection: Compiled) -> Collection:
    found: Collection = []
    seen: set[Any] = set()
    fresh = items
    while fresh:
        fresh = [item for item in select(fresh, env, projection) if _same(item) not in seen]
        seen.update(_same(item) for item in fresh)
        found += fresh
    return found


def _same(item: Any) -> Any:
    return id(item.value) if _node(item) else key(item)


@lazy(2, 3)
def iif(items: Collection, env: Env, test: Compiled, yes: Compiled, *no: Compiled) -> Collection:
    focus = items or env.this
    if truth(test(focus, env)) is True:
        return yes(focus, env)
    return no[0](focus, env) if no else []


@lazy(1, 2)
def aggregate(items: Collection, env: Env, step: Compiled, *start: Compiled) -> Collection:
    before = env.total
    try:
        env.total = start[0](env.this, env) if start else []
        for item in items:
            env.total = _each([item], env, step)[0]
        return env.total
    finally:
        env.total = before


@lazy(1, 2)
def trace(items: Collection, env: Env, *arguments: Compiled) -> Collection:
    """Says nothing: a validator has no standard output of its own."""
    return items


@lazy(1, 2)
def defineVariable(items: Collection, env: Env, name: Compiled, *value: Compiled) -> Collection:  # noqa: N802
    word = text(name(env.this, env))
    if word is None:
        raise FhirPathError("defineVariable() takes a name")
    env.variables[word] = value[0](items, env) if value else items
    return items


def _node(item: Any) -> bool:
    return type(item) is Node


# Existence, subsetting, combining: sections 5.1 to 5.4


@eager()
def empty(items: Collection, env: Env) -> Collection:
    return [not items]


@eager()
def not_(items: Collection, env: Env) -> Collection:
    value = truth(items)
    return [] if value is None else [not value]


def _booleans(wanted: bool, combine: Callable[[Any], bool]) -> Eager:
    return lambda items, env: [combine(plain(item) is wanted for item in items)]


for _word, _wanted in (("True", True), ("False", False)):
    eager(name=f"all{_word}")(_booleans(_wanted, all))
    eager(name=f"any{_word}")(_booleans(_wanted, any))


@eager(1)
def subsetOf(items: Collection, env: Env, other: Collection) -> Collection:  # noqa: N802
    return [{key(item) for item in items} <= {key(item) for item in other}]


@eager(1)
def supersetOf(items: Collection, env: Env, other: Collection) -> Collection:  # noqa: N802
    return [{key(item) for item in items} >= {key(item) for item in other}]


@eager()
def count(items: Collection, env: Env) -> Collection:
    return [len(items)]


@eager(name="distinct")
def distinct_(items: Collection, env: Env) -> Collection:
    return distinct(items)


@eager()
def isDistinct(items: Collection, env: Env) -> Collection:  # noqa: N802
    return [len(distinct(items)) == len(items)]


@eager(name="single")
def single_(items: Collection, env: Env) -> Collection:
    if len(items) > 1:
        raise FhirPathError("single(): there are several items")
    return items


@eager()
def first(items: Collection, env: Env) -> Collection:
    return items[:1]


@eager()
def last(items: Collection, env: Env) -> Collection:
    return items[-1:]


@eager()
def tail(items: Collection, env: Env) -> Collection:
    return items[1:]


@eager(1)
def skip(items: Collection, env: Env, number: Collection) -> Collection:
    return items[max(integer(number) or 0, 0) :]


@eager(1)
def take(items: Collection, env: Env, number: Collection) -> Collection:
    return items[: max(integer(number) or 0, 0)]


@eager(1)
def intersect(items: Collection, env: Env, other: Collection) -> Collection:
    keys = {key(item) for item in other}
    return [item for item in distinct(items) if key(item) in keys]


@eager(1)
def exclude(items: Collection, env: Env, other: Collection) -> Collection:
    keys = {key(item) for item in other}
    return [item for item in items if key(item) not in keys]


@eager(1)
def union(items: Collection, env: Env, other: Collection) -> Collection:
    return distinct([*items, *other])


@eager(1)
def combine(items: Collection, env: Env, other: Collection) -> Collection:
    return [*items, *other]


@eager(name="children")
def children_(items: Collection, env: Env) -> Collection:
    return [child for item in items if _node(item) for child in all_children(item)]


@eager(name="descendants")
def descendants_(items: Collection, env: Env) -> Collection:
    found = [node for item in items if _node(item) for node in descendants(item)]
    env.spend(len(found))
    return found


# FHIR's own: https://hl7.org/fhir/R4/fhirpath.html#functions


@eager(1)
def extension(items: Collection, env: Env, url: Collection) -> Collection:
    word = text(url)
    return [
        each
        for item in items
        if _node(item)
        for each in children(item, "extension")
        if isinstance(each.value, dict) and each.value.get("url") == word
    ]


@eager()
def hasValue(items: Collection, env: Env) -> Collection:  # noqa: N802
    return [len(items) == 1 and not isinstance(plain(items[0]), (dict, list, type(None)))]


@eager()
def getValue(items: Collection, env: Env) -> Collection:  # noqa: N802
    return [plain(items[0])] if hasValue(items, env) == [True] else []


@eager()
def resolve(items: Collection, env: Env) -> Collection:
    found: Collection = []
    for item in items:
        target = _reference(item)
        node = env.resolve(target, item) if target and env.resolve is not None and _node(item) else None
        if node is not None:
            found.append(node)
    return found


def _reference(item: Any) -> str:
    value = item.value if _node(item) else item
    if isinstance(value, dict):
        value = value.get("reference")
    return value if isinstance(value, str) else ""


def _asked(items: Collection, ask: Callable[[Node, str], bool | None] | None, url: Collection) -> Collection:
    word = text(url)
    if ask is None or word is None or not items or not _node(items[0]):
        return []
    answers = [ask(item, word) for item in items]
    if None in answers:
        raise FhirPathError("this can't be decided offline")
    return [all(answers)]


@eager(1)
def memberOf(items: Collection, env: Env, url: Collection) -> Collection:  # noqa: N802
    return _asked(items, env.member_of, url)


@eager(1)
def conformsTo(items: Collection, env: Env, url: Collection) -> Collection:  # noqa: N802
    return _asked(items, env.conforms_to, url)


@eager()
def htmlChecks(items: Collection, env: Env) -> Collection:  # noqa: N802
    from conformance.fhir.narrative import problems

    return [not any(True for item in items for _ in problems(str(plain(item))))]


for _name in ("htmlChecks1", "htmlChecks2"):
    eager(name=_name)(htmlChecks)


@eager()
def elementDefinition(items: Collection, env: Env) -> Collection:  # noqa: N802
    raise FhirPathError("elementDefinition() is not supported")
