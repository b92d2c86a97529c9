"""What FHIRPath does with single values: types, equality, order, arithmetic, text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from conformance.fhir.fhirpath.node import Collection, Node, lineage, type_name
from conformance.fhir.fhirpath.syntax import FhirPathError
from conformance.fhir.fhirpath.temporal import Temporal, add, compare, parse

_DATES = frozenset({"date", "dateTime", "instant"})
_QUANTITIES = frozenset(
    {"Quantity", "Age", "Count", "Distance", "Duration", "Money", "SimpleQuantity", "MoneyQuantity"}
)
_CALENDAR = {"a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second",
             "ms": "millisecond"}  # fmt: skip
_SYSTEM_OF = {
    **dict.fromkeys(("string", "code", "id", "markdown", "uri", "url", "canonical", "oid", "uuid"), "String"),
    **dict.fromkeys(("integer", "positiveInt", "unsignedInt"), "Integer"),
    "boolean": "Boolean", "decimal": "Decimal", "date": "Date", "dateTime": "DateTime", "instant": "DateTime",
    "time": "Time",
}  # fmt: skip
"""FHIR's primitives to the System types they convert to."""
_SYSTEM_TYPES = {bool: "Boolean", int: "Integer", str: "String", Decimal: "Decimal", float: "Decimal"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a UCUM unit or a calendar word; an empty unit is `1`."""

    value: Decimal
    unit: str = "1"


def decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise FhirPathError("not a number") from error


def plain(item: Any) -> Any:
    """A node's value as FHIRPath computes with it: dates as `Temporal`, quantities as `Quantity`."""
    if type(item) is not Node:
        return item
    value = item.value
    if isinstance(value, str):
        if item.type in _DATES or item.type == "time":
            return parse(value) or value
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict) and item.type in _QUANTITIES:
        number = value.get("value")
        if number is not None:
            return Quantity(decimal(number), str(value.get("code") or value.get("unit") or "1"))
    return value


def single(items: Collection) -> Any:
    """The plain value of a collection of one, None of an empty one; more is an error (section 4.5)."""
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathError("one item was expected, there are several")
    return plain(items[0])


def truth(items: Collection) -> bool | None:
    """Evaluation as a Boolean: None for empty; what is no single Boolean is true, as published invariants expect."""
    if len(items) != 1:
        return True if items else None
    value = plain(items[0])
    return value if isinstance(value, bool) else True


def text(items: Collection) -> str | None:
    value = single(items)
    if value is None or isinstance(value, str):
        return value
    raise FhirPathError("a string was expected")


def integer(items: Collection) -> int | None:
    value = single(items)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise FhirPathError("an integer was expected")


def key(item: Any) -> Any:
    """A hashable stand-in: equal items have equal keys."""
    value = plain(item)
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, default=str)
    if isinstance(value, bool):
        return ("boolean", value)
    return decimal(value) if isinstance(value, (int, float, Decimal)) else value


def equal(left: Any, right: Any) -> bool | None:
    """`=` of two items: None where precisions leave it open."""
    one, other = _pair(left, right)
    if isinstance(one, Temporal) and isinstance(other, Temporal):
        if (one.kind == "time") != (other.kind == "time"):
            return False
        order = compare(one, other)
        return None if order is None else order == 0
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        found = _same_unit(one, other)
        return None if found is None else found[0] == found[1]
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (dict, list)) or isinstance(other, (dict, list)):
        return type(one) is type(other) and key(left) == key(right)
    return bool(one == other)


def equivalent(left: Any, right: Any) -> bool:
    """`~` of two items: case, white space and precision don't count."""
    one, other = _pair(left, right)
    if isinstance(one, str) and isinstance(other, str):
        return " ".join(one.lower().split()) == " ".join(other.lower().split())
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        places = min(-int(each.as_tuple().exponent) for each in (one, other))
        unit = Decimal(1).scaleb(-max(places, 0))
        return one.quantize(unit) == other.quantize(unit)
    return equal(left, right) is True


def order(left: Any, right: Any) -> int | None:
    """-1, 0, 1 for `<`, `=`, `>`; None where that is open."""
    one, other = _pair(left, right)
    if isinstance(one, Temporal) and isinstance(other, Temporal):
        return compare(one, other)
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        found = _same_unit(one, other)
        if found is None:
            return None
        one, other = found
    comparable = (isinstance(one, str) and isinstance(other, str)) or (_number(one) and _number(other))
    if not comparable:
        raise FhirPathError("these can't be compared")
    return int(one > other) - int(one < other)


def _number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    """Both plain; a text beside a date is read as one, a number beside a quantity has the unit 1."""
    one, other = plain(left), plain(right)
    if isinstance(one, Temporal) and isinstance(other, str):
        other = parse(other) or other
    elif isinstance(other, Temporal) and isinstance(one, str):
        one = parse(one) or one
    if isinstance(one, Quantity) and _number(other):
        other = Quantity(decimal(other))
    elif isinstance(other, Quantity) and _number(one):
        one = Quantity(decimal(one))
    if _number(one) and _number(other):
        return decimal(one), decimal(other)
    return one, other


def _same_unit(one: Quantity, other: Quantity) -> tuple[Decimal, Decimal] | None:
    """Both numbers in the first one's unit; None where the units don't compare."""
    units = [_CALENDAR.get(each.unit, each.unit) for each in (one, other)]
    if units[0] == units[1]:
        return one.value, other.value
    from conformance.terminology import ucum

    converted = ucum.convert(other.value, other.unit, one.unit)
    return None if converted is None else (one.value, converted)


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """`+ - * / div mod &`'s result, or None for an empty one (division by zero)."""
    one, other = plain(left), plain(right)
    if isinstance(one, str) and isinstance(other, str) and operator == "+":
        return one + other
    if isinstance(one, Temporal) and isinstance(other, Quantity) and operator in "+-":
        unit = _CALENDAR.get(other.unit, other.unit)
        return add(one, other.value if operator == "+" else -other.value, unit)
    if isinstance(one, Quantity) or isinstance(other, Quantity):
        return _quantities(operator, one, other)
    if not _number(one) or not _number(other):
        raise FhirPathError(f"{operator} is not defined for these")
    return _numbers(operator, one, other)


def _numbers(operator: str, one: Any, other: Any) -> Any:
    if operator in "+-*":
        return {"+": one + other, "-": one - other, "*": one * other}[operator]
    if other == 0:
        return None
    if operator == "/":
        return decimal(one) / decimal(other)
    whole = int(decimal(one) / decimal(other))
    return whole if operator == "div" else one - whole * other


def _quantities(operator: str, one: Any, other: Any) -> Any:
    if operator in "*/" and (_number(one) or _number(other)):
        number, unit = (one, other.unit) if _number(one) else (one.value, one.unit)
        factor = other if _number(other) else other.value
        result = _numbers(operator, decimal(number), decimal(factor))
        return None if result is None else Quantity(result, unit)
    if operator in "+-" and isinstance(one, Quantity) and isinstance(other, Quantity):
        found = _same_unit(one, other)
        return None if found is None else Quantity(_numbers(operator, *found), one.unit)
    raise FhirPathError(f"{operator} is not defined for these quantities")


def is_type(item: Any, name: str) -> bool:
    """`is`: FHIR types of nodes with their parents, System types of plain values."""
    if type(item) is Node:
        return _node_is(item.type, name)
    space, _, bare = name.rpartition(".")
    if space == "FHIR":
        return False
    if isinstance(item, Temporal):
        return bare == {"date": "Date", "dateTime": "DateTime", "time": "Time"}[item.kind]
    if isinstance(item, Quantity):
        return bare == "Quantity"
    return bare in (_SYSTEM_TYPES.get(type(item)), (_SYSTEM_TYPES.get(type(item)) or "").lower())


@lru_cache(maxsize=4096)
def _node_is(type_: str, name: str) -> bool:
    space, _, bare = name.rpartition(".")
    known = type_name(type_)
    if space == "System" or bare in _SYSTEM_OF.values():
        return _SYSTEM_OF.get(known, "") == bare
    return bare in lineage(known) or (bare == "Resource" and "Resource" in lineage(type_))
