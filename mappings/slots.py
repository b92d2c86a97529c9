"""Variables of a generated function that are never alive together share a name.

CPython reaches the first 256 variables of a function in one instruction and the others in two, and a call clears all of
them: a function with thousands spends a sixth of its time on that.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from heapq import heappop, heappush

MOST = 250
"""A function with fewer lines is left as it is."""

_NAME = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b[a-z]+[0-9]+(?:_[0-9]+)?\b)""")
"""What a line of generated source is split at: literals, and names with a number."""
_STEM = re.compile(r"[a-z]+")


def shared(lines: list[str], others: Collection[str]) -> list[str]:
    """The lines of a function with as few variables as can be; `others` are names that are no variables."""
    if len(lines) <= MOST:
        return lines
    split = [[line] if line.lstrip(" ")[:1] == "#" else _NAME.split(line) for line in lines]
    lives = _lives(split, others)
    names = _named(lives)
    return ["".join([names.get(part, part) for part in parts]) for parts in split]


def _lives(split: list[list[str]], others: Collection[str]) -> dict[str, tuple[int, int]]:
    """First and last line of each variable. One from outside a loop lives to the end of the loop it is met in."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    until: dict[str, int] = {}
    """Variable -> the first line of the last outermost loop that it must outlive."""
    ends: dict[int, int] = {}
    loops: list[tuple[int, int]] = []
    """Indent and first line of the loops around the line."""
    for number, parts in enumerate(split):
        indent = len(parts[0]) - len(parts[0].lstrip(" "))
        while loops and indent <= loops[-1][0]:
            ends[loops.pop()[1]] = number - 1
        for name in parts[1::2]:
            if name[0] in "'\"" or name in others:
                continue
            begun = first.setdefault(name, number)
            last[name] = number
            around = next((start for _, start in loops if start > begun), None)
            if around is not None:
                until[name] = around
        if parts[0].lstrip(" ")[:4] == "for ":
            loops.append((indent, number))
    ends.update((start, len(split)) for _, start in loops)
    return {name: (begun, max(last[name], ends.get(until.get(name, -1), -1))) for name, begun in first.items()}


def _named(lives: dict[str, tuple[int, int]]) -> dict[str, str]:
    """A name for each variable: its stem, and the smallest number that is free while it lives."""
    names: dict[str, str] = {}
    free: dict[str, list[int]] = {}
    alive: list[tuple[int, str, int]] = []
    used: dict[str, int] = {}
    for name, (begun, ended) in sorted(lives.items(), key=lambda each: each[1][0]):
        while alive and alive[0][0] < begun:
            _, stem, number = heappop(alive)
            heappush(free[stem], number)
        stem = _STEM.match(name).group()  # type: ignore[union-attr]
        numbers = free.setdefault(stem, [])
        if numbers:
            number = heappop(numbers)
        else:
            number = used[stem] = used.get(stem, 0) + 1
        names[name] = f"{stem}{number}"
        heappush(alive, (ended, stem, number))
    return names
