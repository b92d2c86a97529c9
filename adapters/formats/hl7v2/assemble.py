"""Puts the segments that a map wrote into the order of their structure, and the header right."""

from __future__ import annotations

from hashlib import sha1

from adapters.formats.hl7v2.walk import Cells, Draft, MessageDraft, Span
from adapters.formats.hl7v2.write import build
from conformance.document import Document
from conformance.hl7v2.abstract import Node
from conformance.hl7v2.events import VERSIONS, rank, structure_of
from conformance.hl7v2.tables import structure

VERSION = "2.5.1"
"""What is written unless the caller asks for another version."""
NEWEST = VERSIONS[-1]


def assemble(draft: MessageDraft, target: str, left_out: list[str] | None = None) -> Document:
    """The message. `target` is `ADT_A03@2.5.1`, `adt@2.8`, `@2.3.1` or empty: structure by event, version 2.5.1. A
    structure is named as the newest version names it; `ADT_A08`, which is none, asks for that event. Of a
    version that was asked for, segments that its structure doesn't list are left out; `left_out` gets their names."""
    wanted, _, asked = target.partition("@")
    version = asked or VERSION
    header = draft.segment("MSH")
    first = header.row()
    event = _event(first)
    if "_" in wanted and wanted not in (structure_of(version, event), structure_of(NEWEST, event)):
        event = wanted.partition("_")[2]
    name = structure_of(version, event) or wanted if "_" in wanted else structure_of(version, event) or draft.structure
    known = structure(version, name)
    if asked and known is not None:
        _visit(draft, known, event)
    rows = {segment: segment.row() for segment in draft.rows()}
    placed = [segment for segment in rows if segment is not header]
    if asked and known is not None:
        placed = _told_otherwise(placed, known, left_out)
    placed = _ordered(placed, known)
    if asked and known is not None:
        placed = _fitting(placed, known, left_out)
    body = [_header(first, name, version, event)] + [segment.row() for segment in placed]
    if event and known is not None and all(row[0] != "EVN" for row in body):
        _insert_event(body, known, event)
    _number(body)
    if asked:
        _type_values(body, version)
    _identify(body)
    return Document(format="hl7v2", version=version, root=build(body))


_NUMBERED = frozenset(
    ("ARV", "AL1", "DB1", "DG1", "GT1", "IAM", "IN1", "IN3", "NK1", "NTE", "OBX", "OH1", "OH2", "OH4", "PID", "PR1")
) | {"PV1", "UB1", "UB2"}
"""Segments whose first field is a set id (SI)."""


def _number(rows: list[list[str]]) -> None:
    """Set ids where a map wrote none: FHIR has no place for the number of a segment in its message."""
    counted: dict[str, int] = {}
    for row in rows:
        if row[0] in _NUMBERED:
            counted[row[0]] = counted.get(row[0], 0) + 1
            row[1:2] = [(row[1] if len(row) > 1 else "") or str(counted[row[0]])]


def _type_values(rows: list[list[str]], version: str) -> None:
    """OBX-2 as the version has it (table 0125): CWE since 2.5.1, DTM since 2.6."""
    named = {"CWE": "CE"} if rank(version) < rank("2.5.1") else {"TS": "DTM"} if rank(version) >= rank("2.6") else {}
    for row in rows:
        if row[0] == "OBX" and len(row) > 2:
            row[2] = named.get(row[2], row[2])


_OF_PERSON = frozenset(("A28", "A29", "A31"))


def _visit(draft: MessageDraft, node: Node, event: str) -> None:
    """A structure that requires PV1, of a patient without a visit: class `U` of table 0004, unknown; where the event is
    about a person `N`, not applicable."""
    written = {segment.name for segment in draft.rows()}
    required = any(member.name == "PV1" and member.required for member in node.members)
    if required and "PID" in written and "PV1" not in written:
        draft.segment("PV1").put(2, 1, 0, "N" if event in _OF_PERSON else "U")


_OTHERWISE = {
    "AL1": ("IAM", {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 11}),
    "IAM": ("AL1", {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 11: 6}),
    "PRT": ("ROL", {1: 1, 2: 2, 4: 3, 5: 4, 11: 5, 12: 6, 6: 9, 7: 10, 14: 11, 15: 12, 9: 13, 8: 14}),
}
"""Segments that say the same, or less of it, and by field where they say it."""


def _told_otherwise(segments: list[Draft], node: Node, left_out: list[str] | None) -> list[Draft]:
    """Segments that a structure lists in place of those that it doesn't; `left_out` gets the names of those that say
    more than these can hold."""
    listed = {member.name for member in node.segments()}
    told: list[Draft] = []
    for segment in segments:
        name, fields = _OTHERWISE.get(segment.name, ("", {}))
        if segment.name in listed or name not in listed or (name == "ROL" and not segment.fields.get(5)):
            told.append(segment)
            continue
        other = Draft(name, segment.group, segment.after)
        other.fields = {fields[number]: [*cells] for number, cells in segment.fields.items() if number in fields}
        if name == "AL1":
            other.fields.setdefault(5, []).extend(_reactions(segment, segments))
        if left_out is not None and segment.fields.keys() - fields.keys():
            left_out.append(segment.name)
        told.append(other)
    return told


def _reactions(adverse: Draft, segments: list[Draft]) -> list[Cells]:
    """What the IAR behind an IAM name, as AL1-5 has it: a text."""
    found: list[Cells] = []
    for each in segments:
        if each.name == "IAR" and each.group is not None and each.group is adverse.group and each.fields.get(1):
            code = each.fields[1][0].cells
            text = next((code[at, 0] for at in (9, 2, 1) if (at, 0) in code), "")
            made = Cells()
            made.cells = {(1, 0): text} if text else {}
            found.append(made)
    return [each for each in found if each]


def _fitting(segments: list[Draft], node: Node, left_out: list[str] | None) -> list[Draft]:
    """The segments that a structure lists, and the site's own."""
    listed = {segment.name for segment in node.segments()}
    outside = {member.name for member in node.members}
    kept = [
        segment
        for segment in segments
        if segment.name.startswith("Z") or segment.name in (outside if segment.after else listed)
    ]
    if left_out is not None:
        left_out += [segment.name for segment in segments if segment not in kept]
    return kept


def _insert_event(rows: list[list[str]], node: Node, event: str) -> None:
    """EVN behind the header, where the structure has one and the source told nothing of it."""
    if any(segment.name == "EVN" for segment in node.segments()):
        at = max(number for number, row in enumerate(rows) if row[0] in ("MSH", "SFT", "UAC")) + 1
        rows.insert(at, ["EVN", event, rows[0][7] if len(rows[0]) > 7 else ""])


def _identify(rows: list[list[str]]) -> None:
    """MSH-10 by what the message says, where the source has no id."""
    if not rows[0][10]:
        rows[0][10] = sha1("\r".join("|".join(row) for row in rows).encode(), usedforsecurity=False).hexdigest()[:20]


def _event(header: list[str]) -> str:
    parts = header[9].split("^") if len(header) > 9 else []
    return parts[1] if len(parts) > 1 else ""


def _header(row: list[str], name: str, version: str, event: str) -> list[str]:
    """MSH with its delimiters, MSH-9.3 and MSH-12 as the target has them; the asked structure's event where none is."""
    row = row + [""] * (13 - len(row))
    row[1], row[2] = "|", "^~\\&"
    kind = row[9].split("^")[0]
    row[9] = "^".join([kind or "ADT", event, name]) if name else row[9]
    row[12] = version
    return row


def _ordered(segments: list[Draft], node: Node | None) -> list[Draft]:
    """Segments in the order of a structure; of a group's instances one after the other; unknown ones at the end."""
    order: dict[tuple[str, str], int] = {}
    if node is not None:
        _positions(node, "", order)
    opened: dict[Span, int] = {}
    for number, segment in enumerate(segments):
        span = segment.group
        while span is not None:
            opened.setdefault(span, number)
            span = span.around
    alone = {segment.name for segment in segments if segment.group is None}

    def place(item: tuple[int, Draft]) -> list[tuple[int, int]]:
        number, segment = item
        steps = [(_within(segment.group, segment.name, order), number)]
        if segment.after:
            steps = [(_after(segment, order, steps[0][0]), number)]
        span = segment.group
        while span is not None:
            steps.append((_beginning(span, order, alone), opened[span]))
            span = span.around
        return steps[::-1]

    return [segment for _, segment in sorted(enumerate(segments), key=place)]


def _beginning(span: Span, order: dict[tuple[str, str], int], alone: set[str]) -> int:
    """Where a group stands; a second PID with its own (A24) behind the first and those that belong to it."""
    if span.members and span.around is None and span.name in alone:
        return max((order[("", name)] for name in span.members if ("", name) in order), default=len(order))
    return _within(span.around, span.name, order)


def _within(span: Span | None, name: str, order: dict[tuple[str, str], int]) -> int:
    """Where a segment or group stands among its neighbours."""
    if span is not None and span.members:
        return span.members.index(name) if name in span.members else len(span.members)
    group = span.name if span is not None else ""
    whole = order.get((name, ""))
    return order.get((group, name), order.get(("", name), len(order))) if whole is None else whole


def _after(segment: Draft, order: dict[tuple[str, str], int], position: int) -> int:
    """A segment that may stand in several places (ROL) goes behind the one that its rule names."""
    places = [order[("", name)] for name in segment.after if ("", name) in order]
    return max(places) if places else position


def _positions(node: Node, group: str, order: dict[tuple[str, str], int]) -> None:
    for member in node.members:
        if member.members:
            order.setdefault((member.name, ""), len(order))
            for segment in member.segments():
                order.setdefault((member.name, segment.name), len(order))
                order.setdefault(("", segment.name), order[(member.name, segment.name)])
        else:
            order.setdefault((group, member.name), len(order))
