"""HL7 v2 as the interpreter reads and writes it: every path is split anew from the segment's text, always decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from adapters.formats.hl7v2.escapes import decode
from adapters.formats.hl7v2.message import Message
from adapters.formats.hl7v2.paths import parse_path
from adapters.formats.hl7v2.syntax import SYNTAX
from adapters.formats.hl7v2.walk import Cells, Draft, MessageDraft
from conformance.hl7v2.groups import group
from conformance.syntax import Leaf
from tests.mappings.oracle_state import At, State

ATTACHED = ("ARV", "PRT", "ROL")


@dataclass(frozen=True)
class Found:
    """A text that was read, the place of it, and the leaves that reading it accounts for."""

    value: Any
    at: At
    level: str = ""
    leaves: tuple[str, ...] = ()


class Segment:
    """A segment as its number in the message, its name and its fields."""

    def __init__(self, index: int, text: str) -> None:
        self.index = index
        self.fields = text.split("|")
        self.name = self.fields[0]
        if self.name in ("MSH", "FHS", "BHS"):
            self.fields.insert(1, "|")
        self.per = self.number = 0

    def one(self, number: int, at: int) -> Segment:
        """The same with one repetition of a field alone."""
        made = Segment(self.index, "|".join(self.fields))
        made.per, made.number = number, at
        made.fields[number] = self.field(number).split("~")[at]
        return made

    def first(self, number: int) -> int:
        return self.number if number == self.per else 0

    def field(self, number: int) -> str:
        return self.fields[number] if number < len(self.fields) else ""


NONE = Segment(-1, "")


def piece(text: str, separator: str, number: int) -> str:
    """The n-th piece (1-based) of a text; empty when there are fewer."""
    pieces = text.split(separator)
    return pieces[number - 1] if number <= len(pieces) else ""


class Populated:
    """The populated leaves of a message, by segment and field."""

    def __init__(self, root: Message) -> None:
        self._known: dict[At, list[Leaf]] = {}
        for leaf in SYNTAX.leaves(root):
            self._known.setdefault((leaf.key[0], leaf.key[2]), []).append(leaf)

    def at(self, place: At, component: int, subcomponent: int) -> tuple[str, ...]:
        """Those at a place (segment, field, repetition, component: as many as are known) and in a component of it."""
        return tuple(
            leaf.path
            for leaf in self._known.get(place[:2], ())
            if (leaf.key[0], *leaf.key[2:])[: len(place)] == place
            and (not component or leaf.key[4] == component)
            and (not subcomponent or max(leaf.key[5], 1) == subcomponent)
        )


@dataclass
class V2Read:
    """A place in a message: all of it, a group, a segment, or an item of a field."""

    populated: Populated
    segments: list[Segment]
    parent: V2Read | None = None
    at: At = ()
    members: frozenset[str] | None = None
    segment: Segment | None = None
    item: str | None = None
    level: str = ""
    structure: str = ""
    var: Any = None
    root_var: Any = None

    # ---- segments --------------------------------------------------------------------------------------------

    def _segment(self, name: str) -> Segment:
        if self.segment is not None and self.segment.name == name:
            return self.segment
        if self._holds(name):
            return next((each for each in self.segments if each.name == name), NONE)
        assert self.parent is not None
        return self.parent._segment(name)

    def _holds(self, name: str) -> bool:
        """True where segments of a name are looked for: in the message, and in a group that has such members."""
        if self.segment is not None or self.item is not None:
            return False
        return self.parent is None or self.members is None or not name or name in self.members

    def _holder(self, name: str) -> list[Segment]:
        if self._holds(name):
            return self.segments
        assert self.parent is not None
        return self.parent._holder(name)

    def _message(self) -> list[Segment]:
        return self.segments if self.parent is None else self.parent._message()

    def contexts(
        self, name: str, after: tuple[str, ...], members: tuple[str, ...] = (), per: str = ""
    ) -> Iterator[V2Read]:
        bare, _, nth = name.rstrip("]").partition("[")
        if len(bare) == 3 and not members:
            found = [each for each in self._holder(bare) if each.name == bare]
            for each in found[int(nth) - 1 : int(nth)] if nth else found:
                if not after or self._lead(each) in after:
                    for one in self._repeated(each, parse_path(per).field if per else 0):
                        yield V2Read(self.populated, [], self, (each.index,), segment=one, structure=self.structure)
            return
        known = group(self.structure, bare) if len(bare) > 3 else (bare, frozenset((bare, *members)))
        assert known is not None
        found = [each for each in self._holder("") if each.name == known[0]]
        for each in found[int(nth) - 1 : int(nth)] if nth else found:
            inner = self._members(each, known[1])
            span = range(each.index, inner[-1].index + 1)
            yield V2Read(self.populated, inner, self, (span,), members=known[1], structure=self.structure)

    def _repeated(self, segment: Segment, number: int) -> list[Segment]:
        texts = segment.field(number).split("~") if number else []
        found = [segment.one(number, at) for at, text in enumerate(texts) if text]
        return found or [segment]

    def _members(self, lead: Segment, members: frozenset[str]) -> list[Segment]:
        found = [lead]
        for each in self._message()[lead.index + 1 :]:
            if each.name == lead.name or not (each.name in members or each.name.startswith("Z")):
                break
            found.append(each)
        return found

    def _lead(self, segment: Segment) -> str:
        """The name of the segment that this one belongs to."""
        for each in reversed(self._message()[: segment.index]):
            if each.name != segment.name and each.name not in ATTACHED and not each.name.startswith("Z"):
                return each.name
        return ""

    # ---- reading ---------------------------------------------------------------------------------------------

    def leaf(self, path: str, listed: bool = False) -> Found:
        at = parse_path(path)
        if at.segment:
            segment = self._segment(at.segment)
            text = piece(piece(segment.field(at.field), "~", 1), "^", at.component or 1)
            place: At = (segment.index, at.field, segment.first(at.field))
            if at.component:
                text = piece(text, "&", at.subcomponent) if at.subcomponent else text
                place += (at.component, at.subcomponent)
        else:
            assert self.item is not None
            text, place = self.item, self.at
            if at.component:
                text = piece(text, "^" if self.level == "component" else "&", at.component)
                place += (at.component, at.subcomponent) if at.subcomponent else (at.component,)
            if at.subcomponent and self.level == "component":
                text = piece(text, "&", at.subcomponent)
            elif at.subcomponent > 1:
                text = ""
        return Found(decode(text) if "\\" in text else text, place, leaves=self.leaves(path, leaf=True))

    def node(self, path: str) -> Found:
        at = parse_path(path)
        if at.segment:
            segment = self._segment(at.segment)
            text = piece(segment.field(at.field), "~", 1)
            place: At = (segment.index, at.field, segment.first(at.field))
            if not at.component:
                return Found(text, place, "component")
            return Found(piece(text, "^", at.component), (*place, at.component), "subcomponent")
        assert self.item is not None
        if not at.component:
            return Found(self.item, self.at, self.level)
        assert self.level == "component"
        return Found(piece(self.item, "^", at.component), (*self.at, at.component), "subcomponent")

    def items(self, path: str) -> Iterator[V2Read]:
        at = parse_path(path)
        if at.segment and not at.field:
            yield from self.contexts(at.segment, ())
            return
        if not at.segment or at.component:
            found = self.node(path)
            if found.value:
                yield self.inside(found)
            return
        segment = self._segment(at.segment)
        for number, text in enumerate(segment.field(at.field).split("~")):
            if text:
                place = (segment.index, at.field, number + segment.first(at.field))
                yield self.inside(Found(text, place, "component"))

    def inside(self, found: Found) -> V2Read:
        """The item that was found, as a place of its own."""
        return V2Read(self.populated, [], self, found.at, item=found.value, level=found.level, structure=self.structure)

    def part(self, found: Found) -> V2Read:
        """The item as a part sees it: nothing is around."""
        return V2Read(self.populated, [], None, found.at, item=found.value, level=found.level or "component")

    def type_at(self, path: str) -> str:
        return ""

    def is_segment(self) -> bool:
        return self.item is None

    # ---- tests and keys --------------------------------------------------------------------------------------

    def test(self, path: str, operator: str, operand: Any) -> bool:
        at = parse_path(path)
        if at.segment and not at.field:
            if operator == "count":
                return len([each for each in self._holder(at.segment) if each.name == at.segment]) == int(operand)
            return (self._segment(at.segment) is not NONE) == bool(operand == "valued")
        if operator == "count":
            return len([each for each in self._segment(at.segment).field(at.field).split("~") if each]) == int(operand)
        if operator == "is" and at.segment and not at.component:
            return bool(self._segment(at.segment).field(at.field)) == bool(operand == "valued")
        text = self.leaf(path).value
        if operator == "is":
            return bool(text) == bool(operand == "valued")
        if operator == "length":
            return len(text) >= int(operand)
        if operator == "match":
            return re.fullmatch(operand, text) is not None
        return text in operand if operator == "in" else bool(text == operand)

    def same(self, path: str, other: str) -> bool:
        return bool(self.leaf(path).value) and self.leaf(path).value == self.leaf(other).value

    def key(self, path: str, whole: bool) -> Any:
        at = parse_path(path)
        if at.segment and not at.component:
            text = self._segment(at.segment).field(at.field)
            return nested(text) if whole else text.rstrip("^&~")
        found = self.leaf(path) if at.subcomponent else self.node(path)
        if not whole:
            return found.value
        return nested(found.value) if found.level == "component" else [[plain(part) for part in found.value.split("&")]]

    # ---- the ledger ------------------------------------------------------------------------------------------

    def leaves(self, path: str, leaf: bool = False) -> tuple[str, ...]:
        """The populated leaves at a path; `leaf`: those that reading one value there accounts for."""
        at = parse_path(path)
        if at.segment:
            segment = self._segment(at.segment)
            place: At = (segment.index, at.field)
            if leaf or at.field == segment.per:
                place += (segment.first(at.field),)
            return self.populated.at(place, at.component or (1 if leaf else 0), at.subcomponent)
        if self.level == "subcomponent":
            return self.populated.at(self.at, 0, at.component)
        return self.populated.at(self.at, at.component, at.subcomponent)


def plain(text: str) -> str:
    return decode(text) if "\\" in text else text


def nested(text: str) -> list[list[list[str]]]:
    return [[[plain(part) for part in each.split("&")] for each in item.split("^")] for item in text.split("~")]


def reader(root: Message, structure: str) -> V2Read:
    segments = [Segment(number, each.text) for number, each in enumerate(root.segments)]
    return V2Read(Populated(root), segments, structure=structure)


# ---- writing -----------------------------------------------------------------------------------------------------


@dataclass
class V2Write:
    """A place in a message that is written: all of it, a group, a segment or an item."""

    state: State
    message: MessageDraft | None
    target: Any
    kind: str
    parent: V2Write | None = None
    segment: str = ""
    structure: str = ""
    level: str = "component"
    inside: str = ""
    url: str | None = field(default=None)

    @property
    def var(self) -> Any:
        return self.target

    def filled(self) -> bool:
        return bool(self.target)

    def _draft(self, name: str) -> Draft:
        if self.kind == "segment" and self.segment == name:
            assert isinstance(self.target, Draft)
            return self.target
        if self.kind == "message":
            return self.target.segment(name)  # type: ignore[no-any-return]
        if self.kind == "group":
            known = group(self.structure, self.segment)
            if name in (self.target.members or (known[1] if known else ())):
                assert self.message is not None
                return self.message.segment(name, self.target)
        assert self.parent is not None
        return self.parent._draft(name)

    def put(self, path: str, value: Any, many: bool = False, weak: bool = False) -> None:
        at = parse_path(path)
        if at.segment:
            fine = self._draft(at.segment).put(at.field, at.component or 1, at.subcomponent, value)
        else:
            fine = self.target.put(at.component or 1, at.subcomponent, value)
        if not fine and not weak:
            self.state.conflicts.append(path)

    def put_whole(self, path: str, value: Any) -> None:
        at = parse_path(path)
        if not self._draft(at.segment).whole(at.field, value):
            self.state.conflicts.append(path)

    def typed(self, path: str, value: Any) -> Any:
        return value

    def _group(self) -> Any:
        if self.kind == "group":
            return self.target
        return self.parent._group() if self.parent is not None else None

    def child(self, path: str) -> V2Write:
        at = parse_path(path)
        if at.segment and not at.field:
            return self.context(at.segment, ())
        level = "subcomponent" if at.component else "component"
        return V2Write(self.state, self.message, Cells(), "item", self, structure=self.structure, level=level)

    def context(self, name: str, after: tuple[str, ...], members: tuple[str, ...] = ()) -> V2Write:
        assert self.message is not None
        name = name.partition("[")[0]
        if members:
            span = self.message.span(name, (name, *members), self._group())
            held = V2Write(self.state, self.message, span, "group", self, name, self.structure)
            return held.context(name, after)
        if len(name) == 3:
            made: Any = self.message.new(name, self._group(), after)
            return V2Write(self.state, self.message, made, "segment", self, name, self.structure)
        return V2Write(self.state, self.message, self.message.span(name), "group", self, name, self.structure)

    def part(self, target: Any, kind: str) -> V2Write:
        return V2Write(self.state, None, target, "item", level=kind or "component")

    def attach(self, path: str, child: V2Write) -> None:
        at = parse_path(path)
        if at.segment and not at.field:
            return
        if at.segment:
            fine = self._draft(at.segment).place(at.field, at.component, child.target)
        elif not at.component:
            fine = self.target.take(child.target)
        else:
            fine = self.target.place(at.component, at.subcomponent, child.target)
        if not fine:
            self.state.conflicts.append(path)

    def describe(self, path: str) -> str:
        return path if path[:1].isupper() or path == "." else f".{path}"

    def type_at(self, path: str) -> str:
        return self.level if path == "." else ("subcomponent" if parse_path(path).component else "component")
