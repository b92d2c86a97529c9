"""FHIRPath trees to closures. A closure takes the focus (a collection) and the `Env`, and gives a collection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conformance.fhir.fhirpath import syntax
from conformance.fhir.fhirpath.node import Collection, Node, children, lineage
from conformance.fhir.fhirpath.syntax import Call, FhirPathError, Literal, Name, Operation
from conformance.fhir.fhirpath.temporal import parse as parse_temporal
from conformance.fhir.fhirpath.values import (
    Quantity,
    arithmetic,
    decimal,
    equal,
    equivalent,
    is_type,
    key,
    order,
    plain,
    truth,
)

Compiled = Callable[[Collection, "Env"], Collection]

_CONSTANTS = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}


LONGEST = 2_000_000
"""Steps of one evaluation."""


@dataclass(slots=True)
class Env:
    """What an evaluation knows besides its focus. The callables answer None where they can't tell."""

    resource: Node | None = None
    root: Node | None = None
    context: Node | None = None
    resolve: Callable[[str, Node], Node | None] | None = None
    member_of: Callable[[Node, str], bool | None] | None = None
    conforms_to: Callable[[Node, str], bool | None] | None = None
    now: str = ""
    variables: dict[str, Collection] = field(default_factory=dict)
    this: Collection = field(default_factory=list)
    index: int | None = None
    total: Collection = field(default_factory=list)
    left: int = LONGEST
    """Steps left: an expression on hostile data ends."""

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise FhirPathError("the evaluation takes too long")


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Compiled:
    """The closure of an expression; `FhirPathError` where it isn't one or uses what we lack."""
    return build(syntax.parse(expression))


def build(tree: syntax.Node) -> Compiled:
    if isinstance(tree, Literal):
        return _literal(tree.value)
    if isinstance(tree, Operation) and tree.operator == "|" and _is_constant(tree):
        found = _operation(tree)([], Env())
        return lambda focus, env: found
    if isinstance(tree, Name):
        return _name(tree.text)
    if isinstance(tree, Call):
        from conformance.fhir.fhirpath.calls import call

        return call(tree)
    return _operation(tree)


def _is_constant(tree: syntax.Node) -> bool:
    """True for a list of literals, `'a' | 'b' | 'c'`: it need be made only once."""
    if isinstance(tree, Operation):
        return tree.operator == "|" and all(map(_is_constant, tree.parts))
    return isinstance(tree, Literal)


def _literal(value: Any) -> Compiled:
    if isinstance(value, tuple):
        kind, *texts = value
        if kind == "decimal":
            value = decimal(texts[0])
        elif kind == "quantity":
            value = Quantity(decimal(texts[0]), texts[1])
        else:
            value = parse_temporal(texts[0])
            if value is None:
                raise FhirPathError("not a date or time")
    constant = [] if value is None else [value]
    return lambda focus, env: constant


def _name(name: str) -> Compiled:
    if name == "$this":
        return lambda focus, env: env.this
    if name == "$index":
        return lambda focus, env: [] if env.index is None else [env.index]
    if name == "$total":
        return lambda focus, env: env.total
    if name.startswith("%"):
        return _constant(name[1:])
    return _member(name)


def _constant(name: str) -> Compiled:
    if name in ("resource", "rootResource", "context"):
        slot = {"resource": "resource", "rootResource": "root", "context": "context"}[name]
        return lambda focus, env: [] if getattr(env, slot) is None else [getattr(env, slot)]
    if name in _CONSTANTS:
        value = [_CONSTANTS[name]]
        return lambda focus, env: value
    if name.startswith(("vs-", "ext-")):
        base = "http://hl7.org/fhir/ValueSet/" if name.startswith("vs-") else "http://hl7.org/fhir/StructureDefinition/"
        url = [base + name.partition("-")[2]]
        return lambda focus, env: url

    def variable(focus: Collection, env: Env) -> Collection:
        if name not in env.variables:
            raise FhirPathError(f"%{name} is not known")
        return env.variables[name]

    return variable


def _member(name: str) -> Compiled:
    """A child's name; at the start of a path a type's name stands for items of that type."""

    def member(focus: Collection, env: Env) -> Collection:
        if len(focus) == 1:
            item = focus[0]
            return children(item, name) if type(item) is Node else []
        found: Collection = []
        for item in focus:
            if type(item) is Node:
                found += children(item, name)
        env.spend(len(focus))
        return found

    if not name[:1].isupper():
        return member
    return lambda focus, env: [i for i in focus if type(i) is Node and name in lineage(i.type)] or member(focus, env)


def _operation(tree: Operation) -> Compiled:
    operator = tree.operator
    if operator == ".":
        return _chain(tree)
    if operator in ("is", "as"):
        return _typed(operator, build(tree.parts[0]), tree.parts[1])
    parts = [build(part) for part in tree.parts]
    if operator == "negate":
        return _negate(parts[0])
    return _BINARY[operator](operator, *parts)


def _chain(tree: Operation) -> Compiled:
    first, then = build(tree.parts[0]), step(tree.parts[1])
    return lambda focus, env: then(first(focus, env), env)


def step(right: syntax.Node) -> Compiled:
    """What stands behind a dot, on the collection before it."""
    if isinstance(right, Call):
        from conformance.fhir.fhirpath.calls import call

        return call(right)
    if isinstance(right, Name) and not right.text.startswith(("$", "%")):
        return _member(right.text)
    return build(right)


def _typed(operator: str, operand: Compiled, type_: syntax.Node) -> Compiled:
    name = type_.text if isinstance(type_, Name) else ""

    def is_(focus: Collection, env: Env) -> Collection:
        items = operand(focus, env)
        if len(items) > 1:
            raise FhirPathError("is: one item was expected, there are several")
        return [is_type(items[0], name)] if items else []

    if operator == "is":
        return is_
    return lambda focus, env: [item for item in operand(focus, env) if is_type(item, name)]


def _negate(operand: Compiled) -> Compiled:
    def negate(focus: Collection, env: Env) -> Collection:
        items = operand(focus, env)
        if not items:
            return []
        value = plain(items[0])
        if isinstance(value, Quantity):
            return [Quantity(-value.value, value.unit)]
        if len(items) > 1 or isinstance(value, bool) or not hasattr(value, "__neg__"):
            raise FhirPathError("a number was expected")
        return [-value]

    return negate


def _index(operator: str, left: Compiled, right: Compiled) -> Compiled:
    def index(focus: Collection, env: Env) -> Collection:
        items, at = left(focus, env), right(env.this or focus, env)
        number = plain(at[0]) if len(at) == 1 else None
        return [items[number]] if isinstance(number, int) and 0 <= number < len(items) else []

    return index


def _equality(operator: str, left: Compiled, right: Compiled) -> Compiled:
    wanted = operator == "="

    def equality(focus: Collection, env: Env) -> Collection:
        one, other = left(focus, env), right(focus, env)
        if not one or not other:
            return []
        if len(one) != len(other):
            return [not wanted]
        found = [equal(a, b) for a, b in zip(one, other, strict=True)]
        if False in found:
            return [not wanted]
        return [] if None in found else [wanted]

    return equality


def _equivalence(operator: str, left: Compiled, right: Compiled) -> Compiled:
    def equivalence(focus: Collection, env: Env) -> Collection:
        one, other = left(focus, env), list(right(focus, env))
        same = len(one) == len(other)
        for item in one if same else ():
            match = next((n for n, each in enumerate(other) if equivalent(item, each)), None)
            if match is None:
                same = False
                break
            del other[match]
        return [same == (operator == "~")]

    return equivalence


def _comparison(operator: str, left: Compiled, right: Compiled) -> Compiled:
    accepted = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0)}[operator]

    def comparison(focus: Collection, env: Env) -> Collection:
        one, other = left(focus, env), right(focus, env)
        if not one or not other:
            return []
        if len(one) > 1 or len(other) > 1:
            raise FhirPathError(f"{operator}: one item was expected on each side")
        found = order(one[0], other[0])
        return [] if found is None else [found in accepted]

    return comparison


def _logic(operator: str, left: Compiled, right: Compiled) -> Compiled:
    """Three-valued and, or, xor, implies (section 6.5)."""

    def and_(focus: Collection, env: Env) -> Collection:
        one = truth(left(focus, env))
        if one is False:
            return [False]
        other = truth(right(focus, env))
        return [False] if other is False else [] if one is None or other is None else [True]

    def or_(focus: Collection, env: Env) -> Collection:
        one = truth(left(focus, env))
        if one is True:
            return [True]
        other = truth(right(focus, env))
        return [True] if other is True else [] if one is None or other is None else [False]

    def xor(focus: Collection, env: Env) -> Collection:
        one, other = truth(left(focus, env)), truth(right(focus, env))
        return [] if one is None or other is None else [one != other]

    def implies(focus: Collection, env: Env) -> Collection:
        one = truth(left(focus, env))
        if one is False:
            return [True]
        other = truth(right(focus, env))
        return [True] if other is True else [] if one is None or other is None else [False]

    return {"and": and_, "or": or_, "xor": xor, "implies": implies}[operator]


def _membership(operator: str, left: Compiled, right: Compiled) -> Compiled:
    def membership(focus: Collection, env: Env) -> Collection:
        one, other = left(focus, env), right(focus, env)
        if operator == "contains":
            one, other = other, one
        if not one:
            return []
        if len(one) > 1:
            raise FhirPathError(f"{operator}: one item was expected")
        env.spend(len(other))
        return [any(equal(one[0], each) for each in other)]

    return membership


def _union(operator: str, left: Compiled, right: Compiled) -> Compiled:
    return lambda focus, env: distinct([*left(focus, env), *right(focus, env)])


def distinct(items: Collection) -> Collection:
    """Without the later ones of equal items."""
    seen: dict[Any, Any] = {}
    for item in items:
        seen.setdefault(key(item), item)
    return list(seen.values())


def _arithmetic(operator: str, left: Compiled, right: Compiled) -> Compiled:
    def compute(focus: Collection, env: Env) -> Collection:
        one, other = left(focus, env), right(focus, env)
        if operator == "&":
            return ["".join(str(plain(side[0])) for side in (one, other) if side)]
        if not one or not other:
            return []
        if len(one) > 1 or len(other) > 1:
            raise FhirPathError(f"{operator}: one item was expected on each side")
        result = arithmetic(operator, one[0], other[0])
        return [] if result is None else [result]

    return compute


_BINARY: dict[str, Callable[..., Compiled]] = {
    "[]": _index,
    "|": _union,
    "in": _membership,
    "contains": _membership,
    **dict.fromkeys(("=", "!="), _equality),
    **dict.fromkeys(("~", "!~"), _equivalence),
    **dict.fromkeys(("<", "<=", ">", ">="), _comparison),
    **dict.fromkeys(("and", "or", "xor", "implies"), _logic),
    **dict.fromkeys(("+", "-", "*", "/", "div", "mod", "&"), _arithmetic),
}
