"""A message against its version: header, structure, fields. What `validate` says of HL7 v2 without a profile.

Errors are what a receiver can't work with: a missing segment or field that is required, a date that is none. What can
be read all the same (more than the version has, another order, a code that isn't in HL7's table) is a warning.
Z segments are nobody's business here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from conformance.hl7v2.abstract import Node
from conformance.hl7v2.events import VERSIONS, structure_of
from conformance.hl7v2.fields import PRIMITIVES, Kind, components_of, faults, kind, rules
from conformance.hl7v2.groups import Arranged, Group, arrange
from conformance.hl7v2.report import Report
from conformance.hl7v2.tables import VERSIONS as TABLED
from conformance.hl7v2.tables import nearest, structure
from conformance.issue import Issue, Where

_LATER = frozenset(("OH1", "OH2", "OH3", "OH4", "GSP", "GSR", "GSC", "PRT"))
"""Segments that v2.9 has in ADT, for which we have the tables of v2.8.2."""


class SegmentLike(Protocol):
    name: str
    index: int
    fields: list[str]


class MessageLike(Protocol):
    """What is asked of a message: the codec's has more."""

    version: str
    code: str
    event: str
    structure: str

    @property
    def segments(self) -> Sequence[SegmentLike]: ...
    @property
    def nulls(self) -> Sequence[tuple[int, ...]]: ...


Locate = Callable[..., Where]
"""(segment index, field, 0-based repetition, component, subcomponent) -> place, trailing ones optional."""


def check(message: MessageLike, locate: Locate) -> tuple[Issue, ...]:
    """Every finding, in the order of header, structure, segments; at most some dozens of each code."""
    report = _Report()
    version = nearest(message.version)
    _header(message, version, locate, report)
    tree = structure(version, message.structure)
    if tree is not None:
        _arranged(arrange(message.segments, tree), version, locate, report)
    nulls = {(segment, field) for segment, field, *_ in message.nulls}
    for segment in message.segments:
        _segment(segment, version, nulls, locate, report)
    return report.issues()


class _Report(Report):
    """Points to the page of the segment in the standard."""

    def issues(self) -> tuple[Issue, ...]:
        return tuple(_linked(issue) for issue in super().issues())


def _linked(issue: Issue) -> Issue:
    name = issue.at.path[:3]
    known = "[" in issue.at.path and rules(nearest(""), name) is not None
    return replace(issue, spec=f"https://www.hl7.eu/refactored/seg{name}.html") if known else issue


def _header(message: MessageLike, version: str, locate: Locate, report: Report) -> None:
    """MSH-9 and MSH-12: can the version and the structure be known?"""
    if message.version not in VERSIONS:
        report.add("V2-0100", partial(locate, 0, 12), message.version, used=version)
    elif message.version not in TABLED:
        report.add("V2-0101", partial(locate, 0, 12), version=message.version, used=version)
    if not message.structure:
        code = "V2-0102" if message.code in ("ADT", "") else "V2-0105"
        report.add(code, partial(locate, 0, 9), message.segments[0].fields[9])
        return
    _declared(message, locate, report)


def _declared(message: MessageLike, locate: Locate, report: Report) -> None:
    """MSH-9.3 and EVN-1 against the event."""
    parts = message.segments[0].fields[9].split("~", 1)[0].split("^")
    declared = parts[2].strip() if len(parts) > 2 else ""
    if declared and declared != message.structure and structure_of(message.version, message.event, message.code):
        report.add("V2-0103", partial(locate, 0, 9, 0, 3), declared, expected=message.structure)
    for segment in message.segments:
        event = segment.fields[1].split("^", 1)[0].strip() if segment.name == "EVN" else ""
        if event and event != message.event:
            report.add("V2-0104", partial(locate, segment.index, 1), event)


def _arranged(arranged: Arranged, version: str, locate: Locate, report: Report) -> None:
    name = arranged.root.node.name
    for lacking, group, after in _missing(arranged.root):
        where = Where(path=lacking) if after is None else replace(locate(after), path=lacking)
        report.add("V2-0110", where, segment=lacking, where=name if group is arranged.root.node else group.name)
    for code, segments in (("V2-0112", arranged.misplaced), ("V2-0113", arranged.excess)):
        for segment in segments:
            report.add(code, partial(locate, segment.index), segment=segment.name, where=name)
    for segment in arranged.foreign:
        if not segment.name.startswith("Z") and segment.name not in _LATER:
            known = rules(version, segment.name) is not None
            report.add(
                "V2-0114" if known else "V2-0115", partial(locate, segment.index), segment=segment.name, where=name
            )


def _missing(group: Group) -> Iterator[tuple[str, Node, int | None]]:
    """(segment, group it is missing from, index of the segment before the gap) for each required one."""
    node, last = group.node, None
    if node.choice:
        return
    for place, member in enumerate(node.members):
        there = group.items.get(place)
        if there is None:
            if member.required:
                yield from ((name, node, last) for name in _least(member))
            continue
        for item in there:
            if isinstance(item, Group):
                yield from _missing(item)
            else:
                last = item.index


def _least(node: Node) -> Iterator[str]:
    """The segments that a required node can't be without; of a choice, its alternatives as one."""
    if not node.members:
        yield node.name
    elif node.choice:
        yield " or ".join(segment.name for segment in node.segments())
    else:
        for member in node.members:
            if member.required:
                yield from _least(member)


def _segment(segment: SegmentLike, version: str, nulls: set[tuple[int, int]], locate: Locate, report: Report) -> None:
    known = rules(version, segment.name)
    if known is None:
        return
    fields, at, last = segment.fields, segment.index, len(known.fields)
    for number in known.required:
        if not fields[number] and (at, number) not in nulls:
            report.add("V2-0111", partial(locate, at, number), field=known.fields[number].name)
    for number, text in enumerate(fields):
        if not text or (number < 3 and (number == 0 or segment.name in ("MSH", "FHS", "BHS"))):
            continue
        if number >= last:
            report.add(
                "V2-0117", partial(locate, at, number), text, segment=segment.name, last=last - 1, version=version
            )
            break
        field = known.fields[number]
        if field.type == "WD":
            report.add("V2-0120", partial(locate, at, number), text, field=field.name, version=version)
            continue
        for fault in faults(text, _kind(segment, number, known.kinds[number], version), repeats=field.repeats):
            where = partial(locate, at, number, fault.repetition, fault.component, fault.subcomponent)
            report.add(fault.code, where, fault.found, field=field.name, what=fault.what)


def _kind(segment: SegmentLike, number: int, given: Kind, version: str) -> Kind:
    """The field's type; of OBX-5 what OBX-2 says."""
    if given.name != "varies" or segment.name != "OBX":
        return given
    name = segment.fields[2]
    return kind(version, name) if name in PRIMITIVES or components_of(version, name) else given
