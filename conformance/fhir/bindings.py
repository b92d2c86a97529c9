"""What an element's definition says of its value: fixed, pattern, limits, length, and bindings by strength."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.fhir.fhirpath import FhirPathError, Node
from conformance.fhir.fhirpath.values import Quantity, order
from conformance.fhir.values import differing, fitting, same, unlike
from conformance.profile import demands
from conformance.profile.demands import Demand, Saying
from conformance.terminology.value_set import Answer, any_of

if TYPE_CHECKING:
    from conformance.fhir.plan import Binding, Item
    from conformance.fhir.walk import Walk
    from conformance.terminology import Terminology

_ENFORCED = ("required", "maximum")


def compiled(item: Item) -> Iterator[Demand]:
    """What an element's definition asks of its value, as demands."""
    if item.fixed is not None:
        yield partial(_fixed, wanted=item.fixed)
    if item.pattern is not None:
        yield partial(_patterned, wanted=item.pattern, fits=fitting(item.pattern))
    if item.max_length is not None:
        yield demands.long(0, item.max_length, Saying("FHIR-0015", {"most": item.max_length}))
    for limit, wrong, words in ((item.least, -1, "at least"), (item.most, 1, "at most")):
        if limit is not None:
            yield partial(_limited, limit=limit, comparable=_comparable(limit, item.type), wrong=wrong, words=words)
    if item.binding is None:
        return
    if item.primitive is None:
        yield partial(_bindings, rule=item.binding, known={})
        return
    for url, code in _sets(item.binding):
        broken = Saying(code, {"value_set": url.partition("|")[0]})
        yield demands.bound(url, item.binding.origin, broken, "FHIR-0044")


def _fixed(walk: Walk, node: Node, wanted: Any) -> None:
    """Exactly the fixed value: told at each part that differs, is missing, or is too much."""
    if not same(node.value, wanted):
        for place in unlike(node.value, wanted, node.path):
            walk.report("FHIR-0020", place, found=node.value, wanted=_shown(wanted))


def _patterned(walk: Walk, node: Node, wanted: Any, fits: Callable[[Any], bool]) -> None:
    if not fits(node.value):
        inner = differing(node.value, wanted)
        place = f"{node.path}.{inner}" if inner and not inner.startswith("[") else node.path + inner
        walk.report("FHIR-0021", place, found=node.value, wanted=_shown(wanted))


def _limited(walk: Walk, node: Node, limit: Any, comparable: Any, wrong: int, words: str) -> None:
    """minValue or maxValue, across units where UCUM relates them; what can't be compared is an error too."""
    try:
        found = order(node, comparable)
    except FhirPathError:
        found = None
    if found is None:
        walk.report("FHIR-0023", node)
    elif found == wrong:
        walk.report("FHIR-0022", node, found=_number(node.value), words=words, limit=_shown(limit))


def _bindings(walk: Walk, node: Node, rule: Binding, known: dict[Any, tuple[str, ...]]) -> None:
    """The binding. Of codes that don't break it is remembered which value sets couldn't tell."""
    key = _key(node.value)
    undecided = known.get(key) if key is not None else None
    if undecided is None:
        undecided = binding(walk, node, rule)
        if undecided is not None and key is not None and len(known) < _REMEMBERED:
            known[key] = undecided
    for url in undecided or ():
        walk.unchecked_once("FHIR-0044", node, url, value_set=url)


def _shown(want: Any) -> str:
    """A definition's value in a message: a leaf, or the names of its parts."""
    if isinstance(want, dict):
        return " and ".join(f"{key} {_shown(value)}" for key, value in want.items())
    if isinstance(want, list):
        return ", ".join(map(_shown, want))
    return str(want)


def _comparable(limit: Any, type_: str) -> Any:
    if isinstance(limit, dict):
        return Quantity(Decimal(str(limit.get("value", 0))), str(limit.get("code") or limit.get("unit") or "1"))
    return Decimal(str(limit)) if isinstance(limit, (int, float)) else Node(limit, type_)


def _number(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


# Bindings


def member(terminology: Terminology, value: Any, value_set: str, near: str = "") -> Answer:
    """Whether a code, Coding, CodeableConcept or Quantity is in a value set; of several codings, whether one is."""
    if isinstance(value, str):
        return terminology.member(value_set, None, value, near)
    if not isinstance(value, dict):
        return None
    if "coding" in value:
        codings = value["coding"] if isinstance(value["coding"], list) else []
        return any_of([member(terminology, each, value_set, near) for each in codings if isinstance(each, dict)])
    code, system = value.get("code"), value.get("system")
    if not isinstance(code, str):
        return False
    if isinstance(system, str):
        return terminology.member(value_set, system, code, near)
    return False if terminology.member(value_set, None, code, near) is not None else None


_REMEMBERED = 10_000


def _key(value: Any) -> Any:
    """A coded value's systems and codes, to remember it by; None for what is not to be remembered."""
    if not isinstance(value, dict):
        return None
    codings = value.get("coding") if "coding" in value else [value]
    if not isinstance(codings, list) or not all(isinstance(each, dict) for each in codings):
        return None
    pairs = [part for each in codings for part in (each.get("system"), each.get("code"))]
    return tuple(pairs) if all(isinstance(part, str) for part in pairs) else None


def _sets(rule: Binding) -> list[tuple[str, str]]:
    """The value sets of the binding and of its additional ones, with the issue of a code that isn't there."""
    sets = [(value_set, "FHIR-0040") for purpose, value_set in rule.additional if purpose in _ENFORCED]
    if rule.strength in ("required", "extensible") and rule.value_set:
        sets.insert(0, (rule.value_set, "FHIR-0040" if rule.strength == "required" else "FHIR-0041"))
    return sets


def binding(walk: Walk, node: Node, rule: Binding) -> tuple[str, ...] | None:
    """A coded value's bindings: the value sets that can't tell, or None where one is broken."""
    answers = [(url, _bound(walk, node, url, rule.origin, code)) for url, code in _sets(rule)]
    if any(answer is False for _, answer in answers):
        return None
    return tuple(url.partition("|")[0] for url, answer in answers if answer is None)


def _bound(walk: Walk, node: Node, value_set: str, near: str, code: str) -> Answer:
    value = node.value
    if isinstance(value, dict) and not _coded(value):
        _uncoded(walk, node, value, value_set, required=code == "FHIR-0040")
        return False
    answer = member(walk.terminology, value, value_set, near)
    if answer is False:
        walk.report(code, node, found=_codes(value), value_set=value_set.partition("|")[0])
    return answer


def _uncoded(walk: Walk, node: Node, value: dict[str, Any], value_set: str, *, required: bool) -> None:
    """No code at all: only a CodeableConcept or Coding that must have one is at fault; an extension may say why."""
    if required and node.type in ("CodeableConcept", "Coding") and "extension" not in value:
        walk.report("FHIR-0045", node, value_set=value_set.partition("|")[0])


def _coded(value: dict[str, Any]) -> bool:
    return bool(value.get("coding")) if "coding" in value else "code" in value


def _codes(value: dict[str, Any]) -> str:
    codings = value.get("coding") if "coding" in value else [value]
    return ", ".join(str(each.get("code", "")) for each in codings or () if isinstance(each, dict))
