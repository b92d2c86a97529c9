"""Regular expressions of profile files, with a bound on their time.

A backtracking engine can need exponential time for a repetition or alternatives inside a repetition, so these are
refused when the profile is read; and no value longer than `LONGEST` is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

LONGEST = 512

# The standard library's own reading of an expression has no public name; type checkers disagree on whether it exists.
_constants, _parser = import_module("re._constants"), import_module("re._parser")

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def compiled(pattern: str) -> Callable[[str], bool]:
    """A whole-value match; ValueError for a pattern that is wrong or could take exponential time."""
    try:
        tree = _parser.parse(pattern)
        match = re.compile(pattern).fullmatch
    except re.error as error:
        raise ValueError(f"not a regular expression: {error.msg}") from error
    if _nested(tree, False):
        raise ValueError("repetitions or alternatives inside a repetition can take exponential time")
    return lambda value: len(value) <= LONGEST and match(value) is not None


def _nested(node: Any, inside: bool) -> bool:
    """True where a repetition or alternatives stand inside an unbounded repetition."""
    for operator, argument in node:
        if operator in _REPEATS:
            _, most, body = argument
            unbounded = most is _constants.MAXREPEAT
            if (unbounded and inside) or _nested(body, inside or unbounded):
                return True
        elif (operator is _constants.BRANCH and inside) or any(_nested(part, inside) for part in _parts(argument)):
            return True
    return False


def _parts(argument: Any) -> list[Any]:
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [part for each in argument for part in _parts(each)]
    return []
