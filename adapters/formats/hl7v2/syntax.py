"""HL7 v2's side of the map compiler: scopes that read messages and write them, and the ledger's view of them.

Two variants are generated: the plain one for messages without an escape or an explicit null, and one that decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from adapters.formats.hl7v2 import walk
from adapters.formats.hl7v2.message import HEADERS, Message
from adapters.formats.hl7v2.places import locate
from adapters.formats.hl7v2.read_scope import V2Read
from adapters.formats.hl7v2.write_scope import V2Write
from conformance.document import Document
from conformance.issue import Where
from conformance.syntax import Code, Leaf, Value


class V2Syntax:
    """HL7 v2's paths for the map compiler (`conformance.syntax.Syntax`)."""

    name = "v2"
    variants: tuple[str, ...] = ("plain", "escaped")
    runtime: ClassVar[Mapping[str, Any]] = {
        "MISSING": walk.MISSING,
        "BLANK": walk.BLANK,
        "groups": walk.groups,
        "following": walk.following,
        "repeated": walk.repeated,
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
        return bool(where[0]) and full[3] > 0 and where[1] != "per"

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
