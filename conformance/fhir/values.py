"""Comparison of JSON values as profiles mean it: fixed values and patterns. elementdefinition fixed[x] and
pattern[x].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any


def same(value: Any, want: Any) -> bool:
    """`fixed[x]`: exactly equal, ids and the order of arrays included."""
    if isinstance(value, dict) and isinstance(want, dict):
        return value.keys() == want.keys() and all(same(value[key], want[key]) for key in want)
    if isinstance(value, list) and isinstance(want, list):
        return len(value) == len(want) and all(map(same, value, want))
    return _leaf(value, want)


def matches_pattern(value: Any, want: Any) -> bool:
    """`pattern[x]`: everything in the pattern is in the value; each of its array's items in some item."""
    if isinstance(want, dict):
        return isinstance(value, dict) and all(matches_pattern(value.get(key), part) for key, part in want.items())
    if isinstance(want, list):
        return isinstance(value, list) and all(any(matches_pattern(each, part) for each in value) for part in want)
    return _leaf(value, want)


def fitting(want: Any) -> Callable[[Any], bool]:
    """`matches_pattern` for a pattern that is asked for often."""
    if isinstance(want, dict):
        parts = [(key, fitting(part)) for key, part in want.items()]

        def of_object(value: Any) -> bool:
            if type(value) is not dict:
                return False
            for key, fits in parts:  # noqa: SIM110 (a generator for each item would take most of the time)
                if not fits(value.get(key)):
                    return False
            return True

        return of_object
    if isinstance(want, list):
        each = [fitting(part) for part in want]
        return lambda value: type(value) is list and all(any(map(fits, value)) for fits in each)
    if isinstance(want, str):
        return lambda value: type(value) is str and value == want
    return lambda value: _leaf(value, want)


def _leaf(value: Any, want: Any) -> bool:
    if isinstance(value, bool) or isinstance(want, bool):
        return value is want
    if isinstance(want, (int, float, Decimal)) and isinstance(value, (int, float, Decimal)):
        return Decimal(str(value)) == Decimal(str(want))
    return type(value) is type(want) and value == want


def unlike(value: Any, want: Any, path: str) -> Iterator[str]:
    """The paths of what differs from a fixed value: leaves, and what only one of the two has."""
    if isinstance(value, dict) and isinstance(want, dict):
        for key in dict.fromkeys([*want, *value]):
            place = f"{path}.{key}"
            yield from unlike(value[key], want[key], place) if key in value and key in want else (place,)
    elif isinstance(value, list) and isinstance(want, list) and len(value) == len(want):
        for index, (inner, part) in enumerate(zip(value, want, strict=True)):
            yield from unlike(inner, part, f"{path}[{index}]")
    elif not same(value, want):
        yield path


def differing(value: Any, want: Any, path: str = "") -> str:
    """The path below a value of the first leaf that differs from a pattern; empty where it is the value itself."""
    if isinstance(want, dict) and isinstance(value, dict):
        for key, part in want.items():
            if not matches_pattern(value.get(key), part):
                inner = differing(value.get(key), part)
                return f"{key}.{inner}" if inner and not inner.startswith("[") else f"{key}{inner}"
    if isinstance(want, list) and isinstance(value, list) and len(want) == len(value) == 1:
        inner = differing(value[0], want[0])
        return f"[0].{inner}" if inner else "[0]"
    return path
