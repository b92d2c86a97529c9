"""Paths as generated source: expressions for what they lead to, and the functions of loops that these call.

They answer as `walk.every` and `walk.get` do, which interpret a path step by step. Most of what a map asks for isn't
there: an expression looks for the first child of its path before it calls anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from adapters.formats.ccda.paths import (
    ATTRIBUTE,
    CHILD,
    EQUALS,
    FUNCTION,
    INDEX,
    OUTWARD,
    ROOT,
    TEMPLATE,
    Step,
)
from conformance.syntax import Code

Steps = tuple[Step, ...]

Tests = tuple[tuple[Any, ...], ...]

Told = Callable[[str], str]
"""Source about what a path leads to: of the variable that holds it."""


def first(code: Code, var: str, steps: Steps, told: Told = str) -> str:
    """The first thing at a path, or what is told of it; None when there is none."""
    if not steps:
        return told(var)
    if _plain(steps):
        node = f"{var}.kids[{steps[0][1]!r}][0]"
        return f"({told(node)} if {steps[0][1]!r} in {var}.kids else None)"
    return _guarded(var, steps, _function(code, steps, lambda found: f"return {told(found)}"), "None")


def every(code: Code, var: str, steps: Steps) -> str:
    """All that stands at a path, in document order: nodes, or texts where it ends in an attribute."""
    if not steps:
        return f"({var},)"
    if _plain(steps):
        return f"{var}.kids.get({steps[0][1]!r}, ())"
    if steps == ((CHILD, "*", ()),):
        return f"{var}.children"
    gather = _function(code, steps, lambda found: f"found.append({found})", ("found = []",), ("return found",))
    return _guarded(var, steps, gather, "()")


def some(code: Code, var: str, steps: Steps) -> str:
    """True when something at a path has a value: a text, or an element that isn't null."""
    return there(
        code, var, steps, lambda found: "True" if is_text(steps) else f"'nullFlavor' not in {found}.attributes"
    )


def there(code: Code, var: str, steps: Steps, holds: Told) -> str:
    """True when something holds of one of those at a path."""
    if not steps:
        return holds(var)
    if len(steps) == 1 and steps[0][0] == ATTRIBUTE and holds(var) == "True":
        return f"{var}.attributes.get({steps[0][1]!r})"
    met = _function(code, steps, lambda found: f"if {holds(found)}: return True", (), ("return False",))
    return _guarded(var, steps, met, "")


def is_text(steps: Steps) -> bool:
    """True for a path that ends in an attribute or a function."""
    return bool(steps) and steps[-1][0] in (ATTRIBUTE, FUNCTION)


def _plain(steps: Steps) -> bool:
    """True for the children of a name."""
    return len(steps) == 1 and steps[0][0] == CHILD and steps[0][1] != "*" and not steps[0][2]


def _guarded(var: str, steps: Steps, function: str, absent: str) -> str:
    """A call, unless the first child of the path isn't there."""
    kind, name, _ = steps[0]
    if kind != CHILD or name == "*":
        return f"{function}({var})"
    known = f"{name!r} in {var}.kids"
    return f"({function}({var}) if {known} else {absent})" if absent else f"({known} and {function}({var}))"


def _function(code: Code, steps: Steps, ending: Told, before: Iterable[str] = (), after: Iterable[str] = ()) -> str:
    """The name of a function of a node that does something with each thing at a path."""
    lines = []
    for number, step in enumerate(steps):
        lines += _heads(code, step, f"n{number}" if number else "n", f"n{number + 1}")
    lines.append(ending(f"n{len(steps)}"))
    depth, body = 0, []
    for line in lines:
        body.append("    " * depth + line)
        depth += line.endswith(":")
    return code.function("n", (*before, *body, *after))


def _heads(code: Code, step: Step, node: str, found: str) -> list[str]:
    """A step from a node: the heads of blocks that are done for each thing that it leads to."""
    kind, name, tests = step
    if kind == ATTRIBUTE:
        return [f"{found} = {node}.attributes.get({name!r})", f"if {found}:"]
    if kind == FUNCTION:
        return [f"{found} = {node}.top.{name}".replace("()", f"({node})"), f"if {found}:"]
    if kind == ROOT:
        return [f"{found} = {node}.top.node"]
    if kind == OUTWARD:
        return [f"for {found} in {_outward(code, name, tests)}({node}):"]
    if kind == CHILD:
        nodes = f"{node}.children" if name == "*" else f"{node}.kids.get({name!r}, ())"
    else:
        nodes = f"([{node}.parent] if {node}.parent is not None else [])"
    counted = max((place for place, test in enumerate(tests, 1) if test[0] == INDEX), default=0)
    looped = f"for {found} in {_chosen(code, nodes, tests[:counted])}:"
    return [looped, *(f"if {_test(code, found, test)}:" for test in tests[counted:])]


def _outward(code: Code, name: str, tests: Tests) -> str:
    """The name of a function: the nearest of a name, children of a node, else of one around it; or a node around."""
    return code.function(
        "n",
        (
            "while n is not None:",
            f"    if n.name == {name!r}:",
            f"        found = {_chosen(code, '[n]', tests)}",
            "        if found: return found",
            f"    if {name!r} in n.kids:",
            f"        found = {_chosen(code, f'n.kids[{name!r}]', tests)}",
            "        if found: return found",
            "    n = n.parent",
            "return ()",
        ),
    )


def _chosen(code: Code, nodes: str, tests: Tests) -> str:
    """What of several nodes meets all tests, one after the other."""
    for test in tests:
        if test[0] == INDEX:
            nodes += f"[{test[2] - 1}:{test[2] or ''}]"
        else:
            nodes = f"[x for x in {nodes} if {_test(code, 'x', test)}]"
    return nodes


def _test(code: Code, node: str, test: tuple[Any, ...]) -> str:
    """A test in brackets."""
    return f"not ({_met(code, node, test)})" if test[1] else _met(code, node, test)


def _met(code: Code, node: str, test: tuple[Any, ...]) -> str:
    kind, _, operand = test[:3]
    if kind == TEMPLATE:
        claims = " or ".join(f"{root!r} in {node}.templates" for root in operand)
        return f"'templateId' in {node}.kids and ({claims})"
    attribute = operand[0][1] if len(operand) == 1 and operand[0][0] == ATTRIBUTE else ""
    if kind == EQUALS:
        among = f"== {test[3][0]!r}" if len(test[3]) == 1 else f"in {test[3]!r}"
        if attribute:
            return f"{node}.attributes.get({attribute!r}) {among}"
        return there(
            code, node, operand, lambda found: f"{found} {among}" if is_text(operand) else f"text({found}) {among}"
        )
    return there(code, node, operand, lambda found: "True")
