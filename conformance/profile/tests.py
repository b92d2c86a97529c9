"""The tests of `when`, `applies` and `any_of`: what a document must show at a path.

`{PV1-2: I}` is equality, `{PV1-2: {in: [I, E]}}` one of the tests below, several paths together mean all of them.
`{any: [...]}`, `{all: [...]}` and `{not: ...}` join. The words are those of the maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance.profile.model import Test, Value
from conformance.profile.pattern import compiled

NULL = '""'
"""HL7 v2's explicit null: the field was sent to say that there is no value."""
_EMPTY = frozenset(("", NULL))


class Wrong(ValueError):  # noqa: N818 -- it is a wrong place in a file, told to its author
    """A place of a profile file that can't be compiled; `node` carries line and column."""

    def __init__(self, problem: str, node: Any) -> None:
        super().__init__(problem)
        self.problem, self.node = problem, node


def text(value: Value) -> str:
    """A value as profiles compare it: JSON's words for booleans, digits as sent."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


def valued(value: Value) -> bool:
    """False for what carries no information: nothing, blank, an HL7 v2 null, an empty object or list."""
    if isinstance(value, str):
        return value.strip() not in _EMPTY
    return bool(value) if isinstance(value, (dict, list)) else value is not None


def _compare(holds: Callable[[str], bool]) -> Callable[[list[Value]], bool]:
    return lambda values: any(map(holds, map(text, values)))


def _is(node: Any) -> Callable[[list[Value]], bool]:
    if node == "valued":
        return bool
    if node == "empty":
        return lambda values: not values
    raise Wrong("is: takes valued or empty", node)


def _in(node: Any) -> Callable[[list[Value]], bool]:
    if not isinstance(node, list):
        raise Wrong("in: takes a list", node)
    codes = frozenset(map(str, node))
    return _compare(lambda value: value in codes)


def _count(node: Any) -> Callable[[list[Value]], bool]:
    if not str(node).isdecimal():
        raise Wrong("count: takes a number", node)
    number = int(str(node))
    return lambda values: len(values) == number


_VALUE_TESTS: dict[str, Callable[[Any], Callable[[list[Value]], bool]]] = {
    "is": _is,
    "eq": lambda node: _compare(lambda value: value == str(node)),
    "in": _in,
    "match": lambda node: _compare(compiled(str(node))),
    "count": _count,
}
VALUE_TESTS = tuple(_VALUE_TESTS)


def compile_test(node: Any) -> Test:
    """A test from its notation; `Wrong` where it isn't one."""
    if isinstance(node, str):
        return _at(node, bool)
    if not isinstance(node, dict) or not node:
        raise Wrong("a test is a mapping of path to value or test", node)
    return _all([_one(key, value) for key, value in node.items()])


def _one(key: str, value: Any) -> Test:
    if key in ("all", "any"):
        if not isinstance(value, list):
            raise Wrong(f"{key}: takes a list of tests", value)
        parts = [compile_test(each) for each in value]
        return _all(parts) if key == "all" else _any(parts)
    if key == "not":
        inner = compile_test(value)
        return lambda look: not inner(look)
    if isinstance(value, dict):
        return _all([_at(key, _value_test(name, each)) for name, each in value.items()])
    return _at(key, _VALUE_TESTS["eq"](value))


def _value_test(name: str, node: Any) -> Callable[[list[Value]], bool]:
    if name not in _VALUE_TESTS:
        raise Wrong(f"no such test; there are {', '.join(VALUE_TESTS)}", node)
    try:
        return _VALUE_TESTS[name](node)
    except Wrong:
        raise
    except ValueError as error:
        raise Wrong(str(error), node) from error


def _at(path: str, holds: Callable[[list[Value]], bool]) -> Test:
    return lambda look: holds(look(path))


def _all(tests: Iterable[Test]) -> Test:
    parts = tuple(tests)
    return parts[0] if len(parts) == 1 else lambda look: all(test(look) for test in parts)


def _any(tests: Iterable[Test]) -> Test:
    parts = tuple(tests)
    return lambda look: any(test(look) for test in parts)
