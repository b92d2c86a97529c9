"""Constraints of templates: FHIRPath of the definitions' logical model, compiled to functions over elements.

The grammar is that of `conformance.fhir.fhirpath`; what differs is what names lead to. `item` is the choice of name and
address parts, which XML doesn't have; `xmlText` an element's own text; `sdtcText` is `sdtc:text`; types are told by
elements' names or their `xsi:type`; a template is a root. A result is a list of nodes, texts, numbers and truths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.ccda.node import own_text
from conformance.fhir.fhirpath import syntax
from conformance.fhir.fhirpath.syntax import Call, FhirPathError, Literal, Name, Operation

Items = list[Any]
_PRIMITIVE = frozenset((str, int, bool))


@dataclass(frozen=True, slots=True)
class Around:
    """What an expression may ask of its document."""

    root: Any
    context: Any
    named: Callable[[str], Items]
    """All elements of a name in the document."""
    member: Callable[[str, Any], bool | None]
    """Whether a code, or an element's code, is in a value set."""
    conforms: Callable[[Any, str], bool]
    """Whether an element meets the rules of a template."""

    def at(self, context: Any) -> Around:
        return Around(self.root, context, self.named, self.member, self.conforms)


Compiled = Callable[[Items, Around], Items]


@lru_cache(maxsize=1_000)
def compiled(expression: str) -> Compiled:
    """The function of an expression; FhirPathError for one that uses what we lack."""
    return _build(syntax.parse(expression))


def holds(expression: str, node: Any, around: Around) -> bool | None:
    """Whether the constraint holds for an element; None where what is here doesn't tell."""
    return _truth(compiled(expression)([node], around.at(node)))


def _truth(items: Items) -> bool | None:
    """An item that is no truth value is one that is there; nothing is False. [None] stands for not known."""
    if not items:
        return False
    return items[0] if isinstance(items[0], bool) or items[0] is None else True


def _build(tree: syntax.Node) -> Compiled:
    if isinstance(tree, Literal):
        constant = [tree.value]
        return lambda focus, around: constant
    if isinstance(tree, Name):
        return _name(tree.text)
    if isinstance(tree, Call):
        return _call(tree)
    if tree.operator == ".":
        first, then = map(_build, tree.parts)
        return lambda focus, around: then(first(focus, around), around)
    left, right = map(_build, tree.parts)
    return _OPERATORS[tree.operator](left, right)


def _name(name: str) -> Compiled:
    if name in ("$this", "item"):
        return lambda focus, around: focus
    if name == "%resource":
        return lambda focus, around: [around.root]
    if name == "%context":
        return lambda focus, around: [around.context]
    if name == "xmlText":
        return lambda focus, around: [text for each in focus if (text := own_text(each))]
    child = f"sdtc:{name[4:5].lower()}{name[5:]}" if name.startswith("sdtc") else name

    def member(focus: Items, around: Around) -> Items:
        found: Items = []
        for each in focus:
            if type(each) in _PRIMITIVE:
                continue
            kids = each.kids.get(child)
            if kids is not None:
                found += kids
            elif (value := each.attributes.get(child)) is not None:
                found.append(value)
        return found

    return member


# ---- operators --------------------------------------------------------------------------------------------------


def _plain(item: Any) -> Any:
    """A value to compare: of an element its text."""
    return own_text(item) if hasattr(item, "attributes") else item


def _and(left: Compiled, right: Compiled) -> Compiled:
    def both(focus: Items, around: Around) -> Items:
        one = _truth(left(focus, around))
        other = True if one is False else _truth(right(focus, around))
        return [False if one is False or other is False else None if None in (one, other) else True]

    return both


def _or(left: Compiled, right: Compiled) -> Compiled:
    def either(focus: Items, around: Around) -> Items:
        one = _truth(left(focus, around))
        other = False if one is True else _truth(right(focus, around))
        return [True if one is True or other is True else None if None in (one, other) else False]

    return either


def _implies(left: Compiled, right: Compiled) -> Compiled:
    def implied(focus: Items, around: Around) -> Items:
        one = _truth(left(focus, around))
        if one is False:
            return [True]
        other = _truth(right(focus, around))
        return [True if other is True else None if None in (one, other) else False]

    return implied


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Compiled, Compiled], Compiled]:
    def build(left: Compiled, right: Compiled) -> Compiled:
        def compare(focus: Items, around: Around) -> Items:
            one, other = left(focus, around), right(focus, around)
            return [test(_plain(one[0]), _plain(other[0]))] if one and other else []

        return compare

    return build


def _ordered(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    """Of times by their dates, as far as both go: an offset can't turn the answer."""

    def compare(one: Any, other: Any) -> bool:
        if isinstance(one, int) and isinstance(other, int):
            return test(one, other)  # type: ignore[arg-type]
        length = min(len(str(one)), len(str(other)), 8)
        return test(str(one)[:length], str(other)[:length])

    return compare


def _equivalent(left: Compiled, right: Compiled) -> Compiled:
    def same(focus: Items, around: Around) -> Items:
        return [list(map(_plain, left(focus, around))) == list(map(_plain, right(focus, around)))]

    return same


def _in(left: Compiled, right: Compiled) -> Compiled:
    def among(focus: Items, around: Around) -> Items:
        one = left(focus, around)
        return [_plain(one[0]) in [_plain(each) for each in right(focus, around)]] if one else []

    return among


_OPERATORS: dict[str, Callable[[Compiled, Compiled], Compiled]] = {
    "and": _and,
    "or": _or,
    "implies": _implies,
    "in": _in,
    "=": _compared(lambda one, other: bool(one == other)),
    "!=": _compared(lambda one, other: bool(one != other)),
    "~": _equivalent,
    "<=": _compared(_ordered(lambda one, other: one <= other)),
    ">=": _compared(_ordered(lambda one, other: one >= other)),
    "<": _compared(_ordered(lambda one, other: one < other)),
    ">": _compared(_ordered(lambda one, other: one >= other)),
    "|": lambda left, right: lambda focus, around: [*left(focus, around), *right(focus, around)],
}
"""`>` of dates lets the same day pass, since the time of day may be what differs."""


# ---- functions --------------------------------------------------------------------------------------------------


def _call(tree: Call) -> Compiled:
    if tree.name == "ofType":
        return _of_type(tree.arguments[0])
    if tree.name not in _FUNCTIONS:
        raise FhirPathError(f"no function {tree.name}()")
    function = _FUNCTIONS[tree.name]
    arguments = [_build(each) for each in tree.arguments]
    return lambda focus, around: function(focus, around, *arguments)


_DESCENDANTS = object()
"""Stands for all elements of the document, until a type is asked for."""


def _of_type(tree: syntax.Node) -> Compiled:
    name = tree.parts[1].text if isinstance(tree, Operation) and isinstance(tree.parts[1], Name) else ""
    element = "performer" if name == "Performer2" else name[:1].lower() + name[1:]

    def typed(focus: Items, around: Around) -> Items:
        if focus and focus[0] is _DESCENDANTS:
            return around.named(element)
        return [each for each in focus if each.attributes.get("xsi:type") == name]

    return typed


def _exists(focus: Items, around: Around, criterion: Compiled | None = None) -> Items:
    if criterion is None:
        return [bool(focus)]
    answers = [_truth(criterion([each], around)) for each in focus]
    return [True if True in answers else None if None in answers else False]


def _where(focus: Items, around: Around, criterion: Compiled) -> Items:
    return [each for each in focus if _truth(criterion([each], around))]


def _has_template(focus: Items, around: Around, root: Compiled) -> Items:
    wanted = root(focus, around)[0]
    return [any(wanted in each.templates for each in focus)] if focus else []


def _not(focus: Items, around: Around) -> Items:
    answer = _truth(focus) if focus else None
    return [None if answer is None else not answer] if focus else []


def _to_string(focus: Items, around: Around) -> Items:
    """A time as the logical model writes it: `YYYY-MM-DDThh:mm...`, so that lengths tell precisions."""
    made: Items = []
    for each in focus:
        digits = str(each).partition("+")[0].partition("-")[0]
        date = "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
        made.append(f"{date}T{digits[8:]}" if len(digits) > 8 else date)
    return made


def _member_of(focus: Items, around: Around, url: Compiled) -> Items:
    return [around.member(url(focus, around)[0], each) for each in focus[:1]]


def _matches(focus: Items, around: Around, pattern: Compiled) -> Items:
    import re

    return [re.search(pattern(focus, around)[0], str(each)[:1_000]) is not None for each in focus[:1]]


_FUNCTIONS: dict[str, Callable[..., Items]] = {
    "exists": _exists,
    "where": _where,
    "empty": lambda focus, around: [not focus],
    "not": _not,
    "count": lambda focus, around: [len(focus)],
    "first": lambda focus, around: focus[:1],
    "length": lambda focus, around: [len(str(each)) for each in focus[:1]],
    "toString": _to_string,
    "allTrue": lambda focus, around: [all(_truth([each]) is not False for each in focus)],
    "startsWith": lambda focus, around, text: [str(each).startswith(text(focus, around)[0]) for each in focus[:1]],
    "matches": _matches,
    "memberOf": _member_of,
    "hasTemplateIdOf": _has_template,
    "conformsTo": lambda focus, around, root: [around.conforms(each, root(focus, around)[0]) for each in focus[:1]],
    "descendants": lambda focus, around: [_DESCENDANTS],
}
