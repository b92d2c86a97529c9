"""Where a map reads in an HL7 v2 message (`conformance.syntax.ReadScope`), as source text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters.formats.hl7v2.paths import Path, group_of, parse_path
from conformance.syntax import Code, PathError, Value

_NTH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[([1-9][0-9]?)\])?")


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
    per: int = 0
    """The field of this segment of which one repetition is read after the other; `number` has its number from 0."""
    number: str = "0"
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
                segment = f"{self.holder}.named[{name!r}][0]"
                there = f"if {name!r} in {self.holder}.named:"
                self.head.add(f"{there} {index} = {segment}; {fields} = {index}.fields; {index} = {index}.index")
                self.head.add(f"else: {fields}, {index} = MISSING")
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
        if at.segment:
            return self._leaf_of_field(at, var)
        place = self._leaf_of_item(at, var)
        self._decoded(var)
        return Value(var, var, place)

    def _leaf_of_field(self, at: Path, var: str) -> Value:
        if not at.field:
            raise PathError("a segment has no text of its own")
        fields, index, _ = self._segment(at.segment)
        component = max(at.component, 1)
        place = f"({index}, {at.field}, {self._number(at)}"
        place += f", {component}, {at.subcomponent})" if at.component else ")"
        what = f"{fields} {at.field} {component} {at.subcomponent}"
        if held := self.code.held(what):
            return Value(held, held, place)
        self._owner(at.segment)._component_of_field(self.code, var, f"{fields}[{at.field}]", component)
        if at.component:
            self._subcomponent(var, at.subcomponent)
        self._decoded(var)
        self.code.keep(what, var)
        return Value(var, var, place)

    def _owner(self, name: str) -> V2Read:
        """The scope in whose head the fields of a segment are known."""
        if self.segment == name or name in self.opened:
            return self
        assert self.parent is not None
        return self.parent._owner(name)

    def _number(self, at: Path) -> str:
        """The number, from 0, of the repetition that is the first to be read of a field."""
        owner = self._owner(at.segment)
        return owner.number if owner.per == at.field else "0"

    def _component_of_field(self, code: Code, var: str, field: str, number: int) -> None:
        """A component of a field's first repetition. A field of which several are read is split once, in the head."""
        uses = self.split.setdefault(field, [])
        if field not in self.split_into:
            parts = self.split_into[field] = self.code.new("c")
            assert self.head is not None
            self.head.add(
                lambda: (
                    f"{parts} = ({field}.partition('~')[0] + {'^' * (max(uses) - 1)!r}).split('^')"
                    if len(uses) > 1
                    else ""
                )
            )
        parts = self.split_into[field]
        if number > 1:
            uses.append(number)
            once = f"{var} = nth({field}, {number}) if '^' in {field} else ''"
        else:
            once = f"{var} = {field}"
            first = f"{var}.partition('~')[0].partition('^')[0]"
            cut = f"if {var} and ('^' in {var} or '~' in {var}): {var} = {first}"
        code.add(lambda: f"{var} = {parts}[{number - 1}]" if len(uses) > 1 else once)
        if number == 1:
            code.add(lambda: "" if len(uses) > 1 else cut)

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
            what = f"{fields} {at.field} {at.component} node"
            if held := self.code.held(what):
                var = held
            else:
                self.code.add(f"{var} = {fields}[{at.field}]")
                self.code.add(f"if {var} and '~' in {var}: {var} = repetition({var})")
                if at.component:
                    self.code.add(f"if {var}: {var} = component({var}, {at.component})")
                self.code.keep(what, var)
            number = self._number(at)
            if not at.component:
                return Value(var, var, f"({index}, {at.field}, {number})", "component")
            return Value(var, var, f"({index}, {at.field}, {number}, {at.component})", "subcomponent")
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
            owner = self._owner(at.segment)
            only = owner.number if owner.per == at.field else number
            yield self._item(var, f"({index}, {at.field}, {only})", "component")

    def _item(self, var: str, at: str, level: str) -> V2Read:
        return V2Read(
            self.code, self.structure, self.escaped, self, at=at, item=var, level=level, head=self.code.hold()
        )

    @contextmanager
    def contexts(
        self, name: str, after: tuple[str, ...], members: tuple[str, ...] = (), per: str = ""
    ) -> Iterator[V2Read]:
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
            reading = self._segments(segment[1], after, segment[2] or "", parse_path(per).field if per else 0)
        with reading as scope:
            yield scope

    @contextmanager
    def _groups(self, lead: str, members: frozenset[str], nth: str) -> Iterator[V2Read]:
        var = self.code.new("g")
        every = f"groups(S, {self._holder()}, {lead!r}, {self.code.constant(members)})"
        with (
            self.code.block(f"if {lead!r} in {self._holder()}.named:"),
            self.code.block(f"for {var} in {_only(nth, f'[*{every}]') if nth else every}:"),
        ):
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
    def _segments(self, name: str, after: tuple[str, ...], nth: str, per: int) -> Iterator[V2Read]:
        var, fields, index = self.code.new("s"), self.code.new("f"), self.code.new("i")
        number, holder = self.code.new("n") if per else "0", self._holder(name)
        with ExitStack() as loops:
            loops.enter_context(self.code.block(f"if {name!r} in {holder}.named:"))
            loops.enter_context(self.code.block(f"for {var} in {_only(nth, f'{holder}.named[{name!r}]')}:"))
            if after:
                self.code.add(f"if not following(S, {var}, {self.code.constant(after)}): continue")
            if per:
                loops.enter_context(self.code.block(f"for {number}, {fields} in repeated({var}.fields, {per}):"))
            self.code.add(f"{index} = {var}.index" if per else f"{fields} = {var}.fields; {index} = {var}.index")
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
                per=per,
                number=number,
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
            return Value(f"{fields}[{at.field}]", "", f"({index}, {at.field}, {self._number(at)})")
        return self.leaf(path)

    def key(self, path: str, *, whole: bool) -> str:
        at = parse_path(path)
        if at.segment and not at.component:
            fields, _, _ = self._segment(at.segment)
            field = f"{fields}[{at.field}]"
            return f"(nested({field}) if {field} else BLANK)" if whole else f"{field}.rstrip('^&~')"
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
        if at.field and at.field == self._owner(at.segment).per:
            mode = "per"
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


def _only(nth: str, every: str) -> str:
    """The n-th of a list (1-based) as a list of at most one; all without a number."""
    return f"{every}[{int(nth) - 1}:{int(nth)}]" if nth else every
