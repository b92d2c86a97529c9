"""C-CDA paths as maps, profiles and routes write them: a small part of XPath, parsed once.

`effectiveTime/low/@value` walks children and ends in an attribute; a path that ends in an element gives its text, or
what its `reference` leads to. `*` is any child, `..` the parent, a leading `/` the document. `^author` is the nearest
one looking outward (what C-CDA calls context conduction): a child of this element, else of one around it, or an
element around itself. Tests in brackets: `[2]`, `[last()]`, `[@typeCode=RSON]`, `[code/@code=33999-4|11323-3]`,
`[template=2.16.840...]`, `[@nullFlavor]`; with `!` before it a test is turned round. `text/xhtml()` is a narrative
block as FHIR's Narrative.div, and `visit()` tells apart the visits that share an id (`Tree.visit`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from conformance.syntax import PathError

CHILD, ATTRIBUTE, PARENT, OUTWARD, ROOT, FUNCTION = range(6)

INDEX, TEMPLATE, EQUALS, THERE = range(4)

Step = tuple[int, str, tuple[Any, ...]]
"""Kind, name and tests. A test: (kind, negated, operand...)."""

FUNCTIONS = ("xhtml()", "visit()")

_NAME = re.compile(r"(?:sdtc:)?[A-Za-z][A-Za-z0-9]*|\*")
_ATTRIBUTE = re.compile(r"@(?:xsi:|sdtc:)?[A-Za-z][A-Za-z0-9]*")


@lru_cache(maxsize=20_000)
def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path, none for `.`; PathError for what is none."""
    if path == ".":
        return ()
    steps: list[Step] = []
    if path.startswith("/"):
        steps.append((ROOT, "", ()))
        path = path[1:]
    for text in _split(path):
        if steps and steps[-1][0] in (ATTRIBUTE, FUNCTION):
            raise PathError(f"`{path}` goes on behind its end")
        steps.append(_step(text))
    return tuple(steps)


def _split(path: str) -> list[str]:
    """The steps' texts: at each `/` outside brackets."""
    parts, depth, start = [], 0, 0
    for place, char in enumerate(path):
        depth += (char == "[") - (char == "]")
        if char == "/" and not depth:
            parts.append(path[start:place])
            start = place + 1
    if depth:
        raise PathError(f"`{path}` has an open bracket")
    return [*parts, path[start:]]


def _step(text: str) -> Step:
    name, _, rest = text.partition("[")
    tests = tuple(_test(each) for each in rest[:-1].split("][")) if rest else ()
    if name == "..":
        return (PARENT, "", tests)
    if name in FUNCTIONS:
        return (FUNCTION, name, tests)
    if name.startswith("^") and _NAME.fullmatch(name[1:]):
        return (OUTWARD, name[1:], tests)
    if _ATTRIBUTE.fullmatch(name) and not tests:
        return (ATTRIBUTE, name[1:], ())
    if _NAME.fullmatch(name):
        return (CHILD, name, tests)
    raise PathError(f"`{text}` is not a step of a C-CDA path")


def _test(text: str) -> tuple[Any, ...]:
    if text.isdecimal():
        return (INDEX, False, int(text))
    if text == "last()":
        return (INDEX, False, 0)
    negated = text.startswith("!")
    left, equals, right = text.removeprefix("!").partition("=")
    if left == "template" and equals:
        return (TEMPLATE, negated, tuple(right.split("|")))
    steps = parse(left)
    return (EQUALS, negated, steps, tuple(right.split("|"))) if equals else (THERE, negated, steps)
