"""Message structures in the standard's own abstract syntax: `MSH [{SFT}] PID {PATIENT: PID [PD1] MRG} <OBR|RXO>`.

`[ ]` is optional, `{ }` repeats, `( )` neither, `< | >` is a choice, `NAME:` before the first member names a group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"\w+:?|[\[\]{}()<>|]")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A segment or a group in a structure. `many` is True when it repeats; a segment has no `members`.
    Of a `choice` exactly one member stands there."""

    name: str
    required: bool = True
    many: bool = False
    members: tuple[Node, ...] = ()
    choice: bool = False

    def segments(self) -> Iterator[Node]:
        """The segments below this node, in order; of a segment, itself."""
        if not self.members:
            yield self
        for member in self.members:
            yield from member.segments()


def parse(name: str, text: str) -> Node:
    """The structure of that name as a group. The text is our own data: a mistake in it is a ValueError."""
    tokens = _TOKEN.findall(text)[::-1]
    members = _members(tokens, "")
    if tokens:
        raise ValueError(f"{name}: {tokens[-1]!r} closes nothing")
    return Node(name, members=members)


def _members(tokens: list[str], closing: str) -> tuple[Node, ...]:
    members: list[Node] = []
    while tokens and tokens[-1] != closing:
        mark = tokens.pop()
        if mark == "|":
            continue
        if mark in "]})>":
            raise ValueError(f"{mark!r} where {closing or 'the end'!r} was expected")
        members.append(_member(mark, tokens))
    if closing:
        if not tokens:
            raise ValueError(f"{closing!r} is missing")
        tokens.pop()
    return tuple(members)


def _member(mark: str, tokens: list[str]) -> Node:
    if mark == "[":
        inner = _one(_members(tokens, "]"))
        return Node(inner.name, False, inner.many, inner.members, inner.choice)
    if mark == "{":
        inner = _one(_members(tokens, "}"))
        return Node(inner.name, inner.required, True, inner.members, inner.choice)
    if mark == "(":
        return _one(_members(tokens, ")"))
    if mark == "<":
        return Node("", members=_members(tokens, ">"), choice=True)
    return Node(mark)


def _one(members: tuple[Node, ...]) -> Node:
    """What stands in brackets as one node: a group when it begins with `NAME:`."""
    if members and members[0].name.endswith(":"):
        return Node(members[0].name[:-1], members=members[1:])
    if len(members) != 1:
        raise ValueError("several members in brackets without a group name")
    return members[0]


def write(node: Node) -> str:
    """The abstract syntax of a structure's members: the inverse of `parse`."""
    return " ".join(_written(member) for member in node.members)


def _written(node: Node) -> str:
    if node.choice:
        text = "<" + "|".join(_written(member) for member in node.members) + ">"
    elif node.members:
        text = f"{node.name}: {write(node)}"
    else:
        text = node.name
    if node.many:
        text = "{" + text + "}"
    elif node.members and not node.choice and node.required:
        text = f"({text})"
    return text if node.required else f"[{text}]"
