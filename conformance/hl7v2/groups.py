"""Groups of segments: which ones a structure has, and a message's segments arranged by its structure."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from conformance.hl7v2.abstract import Node
from conformance.hl7v2.tables import VERSIONS, tables


class SegmentLike(Protocol):
    """What is asked of a segment here."""

    @property
    def name(self) -> str: ...
    @property
    def index(self) -> int: ...


@cache
def group(structure: str, name: str) -> tuple[str, frozenset[str]] | None:
    """The leading segment and all segments of a group (`INSURANCE` of `ADT_A01`: IN1, and IN1 IN2 IN3 ROL AUT RF1), by
    the newest version that has the structure; None when it has no such group."""
    for version in reversed(VERSIONS):
        tree = tables(version).structure(structure)
        if tree is not None:
            found = _find(tree, name)
            return None if found is None else _span(found)
    return None


def _find(node: Node, name: str) -> Node | None:
    for member in node.members:
        if member.members:
            if member.name == name:
                return member
            found = _find(member, name)
            if found is not None:
                return found
    return None


def _span(node: Node) -> tuple[str, frozenset[str]]:
    names = [segment.name for segment in node.segments()]
    return names[0], frozenset(names)
