"""Groups of segments: which ones a structure has, and a message's segments arranged by its structure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
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


class Group:
    """One repetition of a group (or the message itself): what stands at each member of its node."""

    __slots__ = ("items", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.items: dict[int, list[SegmentLike | Group]] = {}
        """Place of the member in `node.members` -> segments, or repetitions of an inner group, in order."""

    def groups(self, name: str) -> list[Group]:
        """The repetitions of an inner group, wherever it is below this one."""
        found: list[Group] = []
        for item in self._all():
            if isinstance(item, Group):
                found += [item] if item.node.name == name else item.groups(name)
        return found

    def segments(self, name: str) -> list[SegmentLike]:
        """Segments of this group itself, not of inner ones."""
        return [item for item in self._all() if not isinstance(item, Group) and item.name == name]

    def _all(self) -> Iterator[SegmentLike | Group]:
        for place in sorted(self.items):
            yield from self.items[place]


@dataclass(slots=True)
class Arranged:
    """A message's segments in its structure, and those that don't fit. What fits somewhere is placed even when it comes
    out of order (`misplaced`) or too often (`excess`); `foreign` segments stand nowhere in the structure."""

    root: Group
    misplaced: list[SegmentLike] = field(default_factory=list)
    excess: list[SegmentLike] = field(default_factory=list)
    foreign: list[SegmentLike] = field(default_factory=list)


def arrange(segments: Iterable[SegmentLike], structure: Node) -> Arranged:
    """Each segment goes to the first place after the last one that may hold it, inner groups first, a repetition of a
    group when its leading segment comes again; time is linear in the segments for a structure of bounded size."""
    arranged = Arranged(Group(structure))
    open_groups: list[tuple[Group, int]] = [(arranged.root, 0)]
    for segment in segments:
        if not (_forward(segment, open_groups, _leads) or _backward(segment, arranged)):
            if _forward(segment, open_groups, _holds):
                continue
            arranged.foreign.append(segment)
    return arranged


def _forward(
    segment: SegmentLike, open_groups: list[tuple[Group, int]], fits: Callable[[Node], frozenset[str]]
) -> bool:
    """Places the segment at or after the current place; `open_groups` is the way to it, the message first."""
    name = segment.name
    for depth in range(len(open_groups) - 1, -1, -1):
        current, at = open_groups[depth]
        members = current.node.members
        for place in range(at, len(members)):
            member = members[place]
            if name in fits(member) and (member.many or place not in current.items):
                open_groups[depth:] = [(current, place)]
                _descend(segment, current, place, open_groups, fits)
                return True
    return False


def _descend(
    segment: SegmentLike,
    current: Group,
    place: int,
    open_groups: list[tuple[Group, int]],
    fits: Callable[[Node], frozenset[str]],
) -> None:
    member = current.node.members[place]
    while member.members:
        inner = Group(member)
        current.items.setdefault(place, []).append(inner)
        current = inner
        place = next(n for n, one in enumerate(member.members) if segment.name in fits(one))
        open_groups.append((current, place))
        member = member.members[place]
    current.items.setdefault(place, []).append(segment)


def _backward(segment: SegmentLike, arranged: Arranged) -> bool:
    """Places the segment at an earlier place, in the last repetition of groups, without going back there."""
    found = _earlier(segment.name, arranged.root)
    if found is None:
        return False
    current, place = found
    over = place in current.items and not current.node.members[place].many
    (arranged.excess if over else arranged.misplaced).append(segment)
    current.items.setdefault(place, []).append(segment)
    return True


def _earlier(name: str, current: Group) -> tuple[Group, int] | None:
    for place in range(len(current.node.members) - 1, -1, -1):
        member = current.node.members[place]
        if not member.members:
            if member.name == name:
                return current, place
        elif name in _holds(member) and place in current.items:
            inner = current.items[place][-1]
            found = _earlier(name, inner) if isinstance(inner, Group) else None
            if found is not None:
                return found
    return None


@cache
def _leads(node: Node) -> frozenset[str]:
    """Segments that a node can begin with."""
    if not node.members:
        return frozenset((node.name,))
    names: frozenset[str] = frozenset()
    for member in node.members:
        names |= _leads(member)
        if member.required and not node.choice:
            break
    return names


@cache
def _holds(node: Node) -> frozenset[str]:
    """Segments anywhere in a node."""
    return frozenset(segment.name for segment in node.segments())
