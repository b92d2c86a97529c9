"""HL7 v2's side of the map compiler: scopes that read messages and write them, and the ledger's view of them.

Two variants are generated: the plain one for messages without an escape or an explicit null, and one that decodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from adapters.formats.hl7v2 import walk
from adapters.formats.hl7v2.message import HEADERS, Message
from adapters.formats.hl7v2.places import locate
from conformance.document import Document
from conformance.issue import Where
from conformance.syntax import Code, Leaf, PathError, Value

_FIELD = re.compile(r"([A-Z][A-Z0-9]{2})(?:-([1-9][0-9]{0,2})(?:\.([1-9][0-9]?)(?:\.([1-9][0-9]?))?)?)?")
_NTH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[([1-9][0-9]?)\])?")
_PART = re.compile(r"([1-9][0-9]?)(?:\.([1-9][0-9]?))?")
_GROUP = re.compile(r"[A-Z][A-Z0-9_]{3,}")


class Path(NamedTuple):
    """A parsed path; 0 and '' where it has no such part."""

    segment: str
    field: int
    component: int
    subcomponent: int


def parse_path(path: str) -> Path:
    """`PID-5.1.1`, `PV1`, `5.1` or `.`; PathError for anything else."""
    if path == ".":
        return Path("", 0, 0, 0)
    if match := _FIELD.fullmatch(path):
        name, *numbers = match.groups()
        return Path(name, *(int(number or 0) for number in numbers))
    if match := _PART.fullmatch(path):
        return Path("", 0, int(match[1]), int(match[2] or 0))
    raise PathError(f"`{path}` is not an HL7 v2 path")


@dataclass(slots=True)
class V2Read:
    """Where paths are read: the message or a group (`holder`), a segment in it, or an item of a field."""

    code: Code
    structure: str
    escaped: bool
    parent: V2Read | None = None
    at: str = "()"
    holder: str = ""
    members: frozenset[str] | None = None
    segment: str = ""
    fields: str = ""
    index: str = ""
    item: str = ""
    level: str = ""
    head: Code | None = None
    opened: dict[str, tuple[str, str]] = field(default_factory=dict)
    split: dict[str, list[int]] = field(default_factory=dict)
    """By field: the components of its first repetition that anything reads."""
    split_into: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    """The variables of the item's components, up to the last one that anything here reads."""

    # ---- segments --------------------------------------------------------------------------------------------

    def _segment(self, name: str) -> tuple[str, str, str]:
        """Variables of fields and index, and `all` or `first`, of a segment looked up here, then outward."""
        if self.segment == name:
            return self.fields, self.index, "all"
        if self.holder and (self.members is None or name in self.members or self.parent is None):
            if name not in self.opened:
                fields, index = self.code.new("f"), self.code.new("i")
                assert self.head is not None
                self.head.add(f"{fields}, {index} = first({self.holder}, {name!r})")
                self.opened[name] = (fields, index)
            return *self.opened[name], "first" if self.parent is None else "all"
        if self.parent is None:
            raise PathError(f"a data type knows no segment `{name}`")
        return self.parent._segment(name)

    def _decoded(self, var: str) -> None:
        if self.escaped:
            self.code.add(f"if {var} and '\\\\' in {var}: {var} = plain({var})")

    # ---- reading ---------------------------------------------------------------------------------------------

    def leaf(self, path: str, *, listed: bool = False) -> Value:
        del listed
        at = parse_path(path)
        if self.item and at.component and not at.segment and not at.subcomponent and not self.escaped:
            var = self._component(at.component)
            return Value(var, var, f"{self.at} + ({at.component},)")
        var = self.code.new("v")
        place = self._leaf_of_field(at, var) if at.segment else self._leaf_of_item(at, var)
        self._decoded(var)
        return Value(var, var, place)

    def _leaf_of_field(self, at: Path, var: str) -> str:
        if not at.field:
            raise PathError("a segment has no text of its own")
        fields, index, _ = self._segment(at.segment)
        field = f"{fields}[{at.field}]"
        if at.component > 1:
            self._owner(at.segment)._component_of_field(self.code, var, field, at.component)
        else:
            self.code.add(f"{var} = {field}")
            self.code.add(f"if '^' in {var} or '~' in {var}: {var} = {var}.partition('~')[0].partition('^')[0]")
        if not at.component:
            return f"({index}, {at.field}, 0)"
        self._subcomponent(var, at.subcomponent)
        return f"({index}, {at.field}, 0, {at.component}, {at.subcomponent})"

    def _owner(self, name: str) -> V2Read:
        """The scope in whose head the fields of a segment are known."""
        if self.segment == name or name in self.opened:
            return self
        assert self.parent is not None
        return self.parent._owner(name)

    def _component_of_field(self, code: Code, var: str, field: str, number: int) -> None:
        """A component of a field's first repetition. A field of which several are read is split once, in the head."""
        uses = self.split.setdefault(field, [])
        if not uses:
            parts = self.code.new("c")
            assert self.head is not None
            self.head.add(
                lambda: (
                    f"{parts} = ({field}.partition('~')[0] + {'^' * (max(uses) - 1)!r}).split('^')"
                    if len(uses) > 1
                    else ""
                )
            )
            self.split_into[field] = parts
        uses.append(number)
        parts = self.split_into[field]
        once = f"{var} = nth({field}, {number}) if '^' in {field} else ''"
        code.add(lambda: f"{var} = {parts}[{number - 1}]" if len(uses) > 1 else once)

    def _subcomponent(self, var: str, number: int) -> None:
        if number > 1:
            self.code.add(f"{var} = subcomponent({var}, {number}) if '&' in {var} else ''")
        elif number:
            self.code.add(f"if '&' in {var}: {var} = {var}.partition('&')[0]")

    def _leaf_of_item(self, at: Path, var: str) -> str:
        if not self.item:
            raise PathError("a component path outside a field")
        if not at.component:
            self.code.add(f"{var} = {self.item}")
            return self.at
        self.code.add(f"{var} = {self._component(at.component)}")
        if at.subcomponent and self.level == "component":
            self._subcomponent(var, at.subcomponent)
        elif at.subcomponent > 1:
            self.code.add(f"{var} = ''")
        return (
            f"{self.at} + ({at.component}, {at.subcomponent})" if at.subcomponent else f"{self.at} + ({at.component},)"
        )

    def _component(self, number: int) -> str:
        """The variable of a component of the item, which is split in its head."""
        if not self.parts:
            assert self.head is not None
            self.head.add(self._split)
        for each in range(len(self.parts), number):
            self.parts.append(f"{self.item}_{each + 1}")
        return self.parts[number - 1]

    def _split(self) -> str:
        """The line that splits the item, as far as anything here reads it."""
        separator, count = "^" if self.level == "component" else "&", len(self.parts)
        if count == 1:
            return f"{self.parts[0]} = {self.item}.partition({separator!r})[0]"
        padded = f"({self.item} + {separator * (count - 1)!r}).split({separator!r}, {count})"
        return f"{', '.join(self.parts)} = {padded}[:{count}]"

    def node(self, path: str) -> Value:
        at = parse_path(path)
        var = self.code.new("t")
        if at.segment:
            fields, index, _ = self._segment(at.segment)
            if not at.field:
                raise PathError("a segment is read by an `each`")
            self.code.add(f"{var} = {fields}[{at.field}]")
            self.code.add(f"if {var} and '~' in {var}: {var} = repetition({var})")
            if not at.component:
                return Value(var, var, f"({index}, {at.field}, 0)", "component")
            self.code.add(f"if {var}: {var} = component({var}, {at.component})")
            return Value(var, var, f"({index}, {at.field}, 0, {at.component})", "subcomponent")
        if not at.component:
            return Value(self.item, self.item, self.at, self.level)
        if self.level != "component":
            raise PathError("a subcomponent has no parts")
        var = self._component(at.component)
        return Value(var, var, f"{self.at} + ({at.component},)", "subcomponent")

    @contextmanager
    def items(self, path: str) -> Iterator[V2Read]:
        at = parse_path(path)
        if at.segment and not at.field:
            with self.contexts(at.segment, ()) as scope:
                yield scope
            return
        if not at.segment or at.component:
            value = self.node(path)
            with self.code.block(f"if {value.var}:"):
                yield self._item(value.var, value.at, value.level)
            return
        fields, index, _ = self._segment(at.segment)
        number, var = self.code.new("n"), self.code.new("t")
        with (
            self.code.block(f"if {fields}[{at.field}]:"),
            self.code.block(f"for {number}, {var} in enumerate({fields}[{at.field}].split('~')):"),
        ):
            self.code.add(f"if not {var}: continue")
            yield self._item(var, f"({index}, {at.field}, {number})", "component")

    def _item(self, var: str, at: str, level: str) -> V2Read:
        return V2Read(
            self.code, self.structure, self.escaped, self, at=at, item=var, level=level, head=self.code.hold()
        )

    @contextmanager
    def contexts(self, name: str, after: tuple[str, ...], members: tuple[str, ...] = ()) -> Iterator[V2Read]:
        """Segments of a name (`PID[2]`: the second), with their followers where `members` names them; or groups."""
        segment = _NTH.fullmatch(name)
        if segment is None:
            found = group_of(self.structure, name)
            if found is None:
                raise PathError(f"{self.structure} has no group `{name}`")
            reading = self._groups(found[0], found[1], "")
        elif members:
            reading = self._groups(segment[1], frozenset((segment[1], *members)), segment[2] or "")
        else:
            reading = self._segments(segment[1], after, segment[2] or "")
        with reading as scope:
            yield scope

    @contextmanager
    def _groups(self, lead: str, members: frozenset[str], nth: str) -> Iterator[V2Read]:
        var = self.code.new("g")
        every = f"groups(S, {self._holder()}, {lead!r}, {self.code.constant(members)})"
        with self.code.block(f"for {var} in {_only(nth, f'[*{every}]') if nth else every}:"):
            yield V2Read(
                self.code,
                self.structure,
                self.escaped,
                self,
                at=f"({var}.span,)",
                holder=var,
                members=members,
                head=self.code.hold(),
            )

    @contextmanager
    def _segments(self, name: str, after: tuple[str, ...], nth: str) -> Iterator[V2Read]:
        var, fields, index = self.code.new("s"), self.code.new("f"), self.code.new("i")
        with self.code.block(f"for {var} in {_only(nth, f'{self._holder(name)}.all({name!r})')}:"):
            if after:
                self.code.add(f"if not following(S, {var}, {self.code.constant(after)}): continue")
            self.code.add(f"{fields} = {var}.fields; {index} = {var}.index")
            yield V2Read(
                self.code,
                self.structure,
                self.escaped,
                self,
                at=f"({index},)",
                segment=name,
                fields=fields,
                index=index,
                head=self.code.hold(),
            )

    def _holder(self, name: str = "") -> str:
        scope: V2Read | None = self
        while scope is not None:
            if scope.holder and (scope.members is None or not name or name in scope.members or scope.parent is None):
                return scope.holder
            scope = scope.parent
        raise PathError("a data type knows no segments")

    # ---- tests and keys --------------------------------------------------------------------------------------

    def test(self, path: str, operator: str, operand: Any) -> str:
        at = parse_path(path)
        if at.segment and not at.field:
            if operator == "is":
                _, index, _ = self._segment(at.segment)
                return f"{index} {'>= 0' if operand == 'valued' else '< 0'}"
            if operator == "count":
                return f"len({self._holder(at.segment)}.all({at.segment!r})) == {int(operand)}"
            raise PathError("a segment can only be tested with `is` and `count`")
        if operator == "count":
            fields, _, _ = self._segment(at.segment)
            return f"count({fields}[{at.field}]) == {int(operand)}"
        value = self._raw(at, path) if operator == "is" else self.leaf(path)
        return {
            "is": lambda: value.var if operand == "valued" else f"not {value.var}",
            "eq": lambda: f"{value.var} == {str(operand)!r}",
            "in": lambda: f"{value.var} in {self.code.constant(frozenset(operand))}",
            "match": lambda: f"matches({self.code.constant(str(operand))}, {value.var})",
            "length": lambda: f"len({value.var}) >= {int(operand)}",
        }[operator]()

    def _raw(self, at: Path, path: str) -> Value:
        """A field as a whole, for `is`: valued when anything stands there."""
        if at.segment and not at.component:
            fields, index, _ = self._segment(at.segment)
            return Value(f"{fields}[{at.field}]", "", f"({index}, {at.field}, 0)")
        return self.leaf(path)

    def key(self, path: str, *, whole: bool) -> str:
        at = parse_path(path)
        if at.segment and not at.component:
            fields, _, _ = self._segment(at.segment)
            return f"nested({fields}[{at.field}])" if whole else f"{fields}[{at.field}].rstrip('^&~')"
        value = self.node(path) if not at.subcomponent else self.leaf(path)
        if not whole:
            return value.var
        return f"nested({value.var})" if value.level == "component" else f"nested_component({value.var})"

    def is_segment(self) -> bool:
        return not self.item

    def root_var(self) -> str:
        return "None"

    def type_at(self, path: str, value: Value) -> str:
        del path
        return value.level

    def where(self, path: str) -> tuple[Any, ...]:
        at = parse_path(path)
        if not at.segment:
            return ("", at.component, at.subcomponent)
        _, _, mode = self._segment(at.segment)
        return (at.segment, mode, at.field, at.component, at.subcomponent, self._is_afar(at.segment))

    def where_leaf(self, path: str) -> tuple[Any, ...]:
        """A field without a component is read as its first one."""
        at = parse_path(path)
        return self.where(f"{path}.1" if at.field and not at.component else path)

    def _is_afar(self, segment: str) -> bool:
        """True when a segment is looked up outside this context."""
        if self.item:
            return True
        return self.segment != segment and not (self.holder and (self.members is None or segment in self.members))


@dataclass(slots=True)
class V2Write:
    """Where paths are written: the message or a group instance, a segment, or an item (`Cells`)."""

    code: Code
    var: str
    kind: str
    parent: V2Write | None = None
    segment: str = ""
    inside: str = ""
    level: str = "component"
    members: tuple[str, ...] = ()

    def filled(self) -> str:
        return self.var

    def _target(self, at: Path) -> str:
        """The expression of the segment draft that a path writes to."""
        if self.kind == "segment" and self.segment == at.segment:
            return self.var
        if self.kind == "message":
            return f"{self.var}.segment({at.segment!r})"
        if self.kind == "group" and at.segment in self._members():
            return f"D.segment({at.segment!r}, {self.var})"
        if self.parent is None:
            raise PathError(f"a data type knows no segment `{at.segment}`")
        return self.parent._target(at)

    def _members(self) -> Collection[str]:
        found = None if self.members else group_of(self.inside, self.segment)
        return found[1] if found else self.members

    def put(self, path: str, expression: str, *, gives: str = "", many: bool = False, weak: bool = False) -> None:
        at = parse_path(path)
        if at.segment:
            call = f"{self._target(at)}.put({at.field}, {at.component or 1}, {at.subcomponent}, {expression})"
        elif self.kind != "item":
            raise PathError("a component path outside a field")
        else:
            call = f"{self.var}.put({at.component or 1}, {at.subcomponent}, {expression})"
        self.code.add(call if weak else f"if not {call}: R.conflict({path!r})")

    def put_whole(self, path: str, expression: str) -> None:
        """All repetitions of a field, as nested lists."""
        at = parse_path(path)
        self.code.add(f"if not {self._target(at)}.whole({at.field}, {expression}): R.conflict({path!r})")

    def describe(self, path: str) -> str:
        return path if path[:1].isupper() or path == "." else f".{path}"

    def typed(self, path: str, value: Any) -> Any:
        """A constant of a map, which is a text here."""
        del path
        return value

    def constant(self, path: str, value: Any) -> str:
        if not isinstance(value, str):
            raise PathError("a constant of HL7 v2 is a text")
        return repr(value)

    def plan_constants(self, values: dict[str, Any]) -> None:
        """Constants that `put_constants` will write."""

    def put_constants(self, values: dict[str, Any]) -> None:
        """Constants, where nothing else is yet."""
        for path, value in values.items():
            self.put(path, repr(value), weak=True)

    def absent(self, path: str, original: str) -> None:
        raise PathError("HL7 v2 has no data-absent-reason")

    def child(self, path: str) -> V2Write:
        at = parse_path(path)
        var = self.code.new("x")
        if at.segment and not at.field:
            group = self._group()
            self.code.add(f"{var} = D.new({at.segment!r}, {group})")
            return V2Write(self.code, var, "segment", self, at.segment)
        self.code.add(f"{var} = Cells()")
        return V2Write(self.code, var, "item", self, level="subcomponent" if at.component else "component")

    def _group(self) -> str:
        scope: V2Write | None = self
        while scope is not None:
            if scope.kind == "group":
                return scope.var
            scope = scope.parent
        return "None"

    def context(self, name: str, after: tuple[str, ...], members: tuple[str, ...] = ()) -> V2Write:
        """A new segment, alone or with those that belong to it, or group instance."""
        var = self.code.new("x")
        name = name.partition("[")[0]
        if members:
            members = (name, *members)
            self.code.add(f"{var} = D.span({name!r}, {members!r}, {self._group()})")
            return V2Write(self.code, var, "group", self, name, self._root(), members=members).context(name, after)
        if len(name) == 3:
            self.code.add(f"{var} = D.new({name!r}, {self._group()}, {after!r})")
            return V2Write(self.code, var, "segment", self, name)
        self.code.add(f"{var} = D.span({name!r})")
        return V2Write(self.code, var, "group", self, name, self._root())

    def _root(self) -> str:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope.inside

    def attach(self, path: str, child: V2Write) -> None:
        at = parse_path(path)
        if at.segment and not at.field:
            return
        if at.segment:
            call = f"{self._target(at)}.place({at.field}, {at.component}, {child.var})"
        elif not at.component:
            call = f"{self.var}.take({child.var})"
        else:
            call = f"{self.var}.place({at.component}, {at.subcomponent}, {child.var})"
        self.code.add(f"if not {call}: R.conflict({path!r})")

    def type_at(self, path: str) -> str:
        return self.level if path == "." else ("subcomponent" if parse_path(path).component else "component")


def _only(nth: str, every: str) -> str:
    """The n-th of a list (1-based) as a list of at most one; all without a number."""
    return f"{every}[{int(nth) - 1}:{int(nth)}]" if nth else every


def group_of(structure: str, name: str) -> tuple[str, frozenset[str]] | None:
    """The leading segment and the members of a group, from the newest version that has the structure."""
    from conformance.hl7v2.groups import group

    return group(structure, name)


class V2Syntax:
    """HL7 v2's paths for the map compiler (`conformance.syntax.Syntax`)."""

    name = "v2"
    variants: tuple[str, ...] = ("plain", "escaped")
    runtime: ClassVar[Mapping[str, Any]] = {
        "first": walk.first,
        "groups": walk.groups,
        "following": walk.following,
        "head": walk.head,
        "repetition": walk.repetition,
        "component": walk.component,
        "nth": walk.nth,
        "subcomponent": walk.subcomponent,
        "plain": walk.plain,
        "nested": walk.nested,
        "nested_component": walk.nested_component,
        "count": walk.count,
        "Cells": walk.Cells,
    }

    claims = False
    references = False
    has_contexts = True
    tree = False
    writes = True

    def is_context(self, path: str) -> bool:
        """True for a bare segment."""
        return len(path) == 3 and path.isalnum() and path[:1].isalpha()

    def item_reader(self, scope: V2Read, value: Value) -> V2Read:
        """The item that a value stands for, so that component paths can be read in it."""
        return V2Read(
            scope.code,
            scope.structure,
            scope.escaped,
            scope,
            at=value.at,
            item=value.var,
            level=value.level,
            head=scope.code.hold(),
        )

    def start(self, root: str) -> walk.MessageDraft:
        return walk.MessageDraft(root)

    def finish(self, target: walk.MessageDraft, run: Any) -> Document:
        """The message, in the order of its structure."""
        from adapters.formats.hl7v2.assemble import assemble

        return assemble(target, run.settings.target, run.unplaced)

    def origin(self, root: Message) -> tuple[str, list[str]]:
        """The control id with its sender, and the sending facility (MSH-4) as components."""
        header = root.segments[0].fields
        facility = header[4].split("~")[0].split("^")
        return f"{header[3]}|{header[4]}|{header[10]}", [walk.plain(part) for part in facility]

    def variant(self, root: Message) -> str:
        header, *rest = root.segments
        after = header.text[8:]  # behind MSH-2, which always has the escape character
        return (
            "escaped"
            if root.special and any("\\" in text for text in (after, *(each.text for each in rest)))
            else "plain"
        )

    def reader(self, code: Code, var: str, inside: str, variant: str) -> V2Read:
        return V2Read(code, inside, variant == "escaped", holder=var, head=code.hold())

    def part_reader(self, code: Code, var: str, level: str, inside: str, variant: str) -> V2Read:
        return V2Read(code, "", variant == "escaped", at="at", item=var, level=level or "component", head=code.hold())

    def writer(self, code: Code, var: str, inside: str) -> V2Write:
        return V2Write(code, var, "message", inside=inside)

    def part_writer(self, code: Code, var: str, inside: str) -> V2Write:
        return V2Write(code, var, "item", level=inside or "component")

    # ---- the ledger ------------------------------------------------------------------------------------------

    def leaves(self, root: Message) -> Iterator[Leaf]:
        """Every populated subcomponent; keys are (segment index, name, field, repetition, component, subcomponent)."""
        met: dict[str, int] = {}
        for segment in root.segments:
            name = segment.name
            occurrence = met[name] = met.get(name, 0) + 1
            first = 3 if name in HEADERS else 1
            for number, value in enumerate(segment.fields[first:], first):
                if value:
                    yield from _field_leaves(segment.index, name, occurrence, number, value)

    def covers(self, where: tuple[Any, ...], key: tuple[Any, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if where[0]:
            name, mode, number, component, subcomponent, _ = where
            if full[1] != name or full[2] != number or (mode == "first" and not full[6]):
                return None
            key = full[4:6]
        else:
            _, component, subcomponent = where
        if not component:
            return key
        if key[0] != component or (subcomponent and max(key[1], 1) != subcomponent):
            return None
        return (key[1], 0) if not subcomponent else ()

    def pattern(self, leaf: Leaf) -> str:
        """The path without indexes: `PID-5.1`."""
        return f"{leaf.key[1]}-{leaf.key[2]}.{leaf.key[4]}"

    def nulls(self, root: Message) -> list[str]:
        """Where explicit nulls stood."""
        return [locate(root, *null).path for null in root.nulls]

    def once(self, where: tuple[Any, ...], full: tuple[Any, ...]) -> bool:
        """True when a rule without `each` doesn't reach this leaf: a further repetition."""
        return bool(where[0]) and full[3] > 0

    def shape(self, full: tuple[Any, ...]) -> tuple[Any, ...]:
        _, name, field, repetition, component, subcomponent, first = full
        return name, field, repetition > 0, component, subcomponent, first

    def holders(self, full: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        """The message, the segment, the repetition, the component (which notes may write with subcomponent 0)."""
        index, _, field, repetition, component, subcomponent, _ = full
        item = (index, field, repetition)
        inner = (*item, component)
        return (), (index,), item, inner, (*inner, 0), (*inner, subcomponent)

    def spread(self, at: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        return tuple((index,) for index in at[0]) if at and isinstance(at[0], range) else (at,)

    def anchor(self, where: tuple[Any, ...]) -> tuple[str, int] | None:
        return (where[0], where[2]) if where[0] else None

    def anchors(self, full: tuple[Any, ...]) -> tuple[tuple[str, int], ...]:
        return ((full[1], full[2]),)

    def afar(self, where: tuple[Any, ...]) -> bool:
        return bool(where[0] and where[5])

    def locator(self, root: Message) -> Callable[[tuple[Any, ...], str], Where]:
        def found(at: tuple[Any, ...], path: str) -> Where:
            if not at or isinstance(at[0], range) or at[0] < 0:
                return Where(path=path)
            return locate(root, *at)

        return found


def _field_leaves(index: int, name: str, occurrence: int, number: int, value: str) -> Iterator[Leaf]:
    for repetition, item in enumerate(value.split("~")):
        for component, part in enumerate(item.split("^"), 1):
            for subcomponent, text in enumerate(part.split("&"), 1):
                if text:
                    path = f"{name}[{occurrence}]-{number}[{repetition + 1}]"
                    if "^" in item or "&" in part:
                        path += f".{component}"
                    if "&" in part:
                        path += f".{subcomponent}"
                    yield Leaf((index, name, number, repetition, component, subcomponent, occurrence == 1), path, text)


SYNTAX = V2Syntax()
