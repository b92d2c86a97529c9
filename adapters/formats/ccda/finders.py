"""Paths as functions over nodes, made once for each path: what generated source calls to read a document.

They answer as `walk.every` and `walk.get` do, which interpret a path step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from adapters.formats.ccda.paths import (
    ATTRIBUTE,
    CHILD,
    EQUALS,
    FUNCTION,
    INDEX,
    OUTWARD,
    PARENT,
    ROOT,
    TEMPLATE,
    Step,
    parse,
)
from adapters.formats.ccda.tree import Node
from adapters.formats.ccda.walk import text

Steps = tuple[Step, ...]
Path = str | Steps
"""As it is written, or parsed."""

Finder = Callable[[Node], Sequence[Any]]
First = Callable[[Node], Any]
Test = Callable[[Node], bool]
Choice = Callable[[Sequence[Node]], Sequence[Node]]

_NOTHING: tuple[Any, ...] = ()


def every(node: Node, path: Path) -> Sequence[Any]:
    """All that stands at a path, in document order: nodes, or texts where the path ends in an attribute."""
    return _EVERY[path](node)


def get(node: Node, path: Path) -> Any:
    """The first thing at a path; None when there is none."""
    return _FIRST[path](node)


def finder(path: Path) -> Finder:
    """What `every` calls for a path."""
    return _EVERY[path]


def first(path: Path) -> First:
    """What `get` calls for a path."""
    return _FIRST[path]


def some(path: Path) -> Test:
    """Whether something at a path has a value: a text, or an element that isn't null."""
    return _SOME[path]


class _Finders(dict[Path, Finder]):
    def __missing__(self, path: Path) -> Finder:
        made = self[path] = _finder(parse(path) if isinstance(path, str) else path)
        return made


class _Firsts(dict[Path, First]):
    def __missing__(self, path: Path) -> First:
        made = self[path] = _first(parse(path) if isinstance(path, str) else path)
        return made


class _Somes(dict[Path, Test]):
    def __missing__(self, path: Path) -> Test:
        made = self[path] = _some(parse(path) if isinstance(path, str) else path)
        return made


_EVERY, _FIRST, _SOME = _Finders(), _Firsts(), _Somes()


def _some(steps: Steps) -> Test:
    find = _finder(steps)

    return lambda node: any(type(each) is str or "nullFlavor" not in each.attributes for each in find(node))


def _finder(steps: Steps) -> Finder:
    if not steps:
        return lambda node: (node,)
    first, *rest = map(_step, steps)
    if not rest:
        return first

    def find(node: Node) -> Sequence[Any]:
        nodes = first(node)
        for step in rest:
            if len(nodes) == 1:
                nodes = step(nodes[0])
            elif nodes:
                nodes = [found for each in nodes for found in step(each)]
            else:
                return nodes
        return nodes

    return find


def _first(steps: Steps) -> First:
    if not steps:
        return lambda node: node
    kind, name, _ = steps[0]
    if kind == ATTRIBUTE:
        return lambda node: node.attributes.get(name) or None
    step = _step(steps[0])
    if len(steps) == 1:
        return lambda node: found[0] if (found := step(node)) else None
    rest = _first(steps[1:])

    def get(node: Node) -> Any:
        for each in step(node):
            if (value := rest(each)) is not None:
                return value
        return None

    return get


def _step(step: Step) -> Finder:
    kind, name, tests = step
    if kind == CHILD:
        return _children(name, tests)
    if kind == ATTRIBUTE:
        return lambda node: (value,) if (value := node.attributes.get(name)) else _NOTHING
    if kind == OUTWARD:
        return _outward(name, tests)
    if kind == ROOT:
        return lambda node: (node.top.node,)
    if kind == FUNCTION:
        return lambda node: (value,) if (value := node.top.xhtml(node)) else _NOTHING
    assert kind == PARENT
    chosen = _choice(tests)
    return lambda node: chosen((node.parent,)) if node.parent is not None else _NOTHING


def _children(name: str, tests: tuple[Any, ...]) -> Finder:
    if not tests:
        return (lambda node: node.children) if name == "*" else (lambda node: node.kids.get(name, _NOTHING))
    chosen = _choice(tests)
    if name == "*":
        return lambda node: chosen(node.children)
    return lambda node: chosen(kids) if (kids := node.kids.get(name)) else _NOTHING


def _outward(name: str, tests: tuple[Any, ...]) -> Finder:
    """The nearest of a name: children of this node, else of one around it; or a node around."""
    chosen = _choice(tests)

    def outward(node: Node) -> Sequence[Any]:
        here: Node | None = node
        while here is not None:
            if here.name == name and (found := chosen((here,))):
                return found
            if name in here.kids and (found := chosen(here.kids[name])):
                return found
            here = here.parent
        return _NOTHING

    return outward


def _choice(tests: tuple[Any, ...]) -> Choice:
    """What of several nodes meets all tests, one after the other."""
    if not tests:
        return lambda nodes: nodes
    if len(tests) > 1:
        first, rest = _choice(tests[:1]), _choice(tests[1:])
        return lambda nodes: rest(first(nodes))
    kind, _, operand = tests[0][:3]
    if kind == INDEX:
        return lambda nodes: nodes[operand - 1 : operand or None]
    test = _test(tests[0])
    return lambda nodes: [each for each in nodes if test(each)]


def _test(test: tuple[Any, ...]) -> Test:
    met = _met(test)
    return (lambda node: not met(node)) if test[1] else met


def _met(test: tuple[Any, ...]) -> Test:
    """A test in brackets, its `!` left out."""
    kind, _, operand = test[:3]
    if kind == TEMPLATE:
        roots = frozenset(operand)
        return lambda node: "templateId" in node.kids and not roots.isdisjoint(node.templates)
    attribute = operand[0][1] if len(operand) == 1 and operand[0][0] == ATTRIBUTE else ""
    if kind == EQUALS:
        values = frozenset(test[3])
        if attribute:
            return lambda node: node.attributes.get(attribute) in values
        found = _finder(operand)
        return lambda node: any(text(each) in values for each in found(node))
    if attribute:
        return lambda node: bool(node.attributes.get(attribute))
    there = _finder(operand)
    return lambda node: bool(there(node))
