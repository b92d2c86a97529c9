"""The ledger: what became of every populated field of a source.

A conversion records only exceptions (a rule left out, a case taken, a value that gave nothing). What the rules cover is
known from compiling. The rows are made of both, when somebody asks, in time linear in the source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal

from conformance.syntax import Leaf
from mappings.compiled import Compiled, Cover
from mappings.notes import BLANK, DROPPED, NOTHING, NOWHERE, SKIP, TOOK, Note

Status = Literal["mapped", "ignored", "unmapped", "null"]

REASONS = {
    SKIP: "its condition isn't met",
    NOTHING: "its value can't be converted",
    DROPPED: "its code has no row in the table",
    BLANK: "its code has no counterpart",
    NOWHERE: "its reference leads nowhere",
}

Chain = tuple[Cover, ...]
"""A rule that reads, behind the rules around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One populated field: where it is, what became of it, where it went, by which rule, or why not."""

    path: str
    status: Status
    targets: tuple[str, ...] = ()
    rule: str = ""
    reason: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A rule that reads a leaf, as far as its map and the leaf's place tell: the rules around the place where it begins
    to read (`above`), and those from there down to itself (`own`)."""

    above: Chain
    own: Chain
    afar: bool
    """It begins to read outside the context that its rule stands in."""
    repeated: int
    """Which of `own` reads only a first value where the leaf is a further one; -1 for none."""
    plain: bool
    """No rule of the chain has to have taken anything, or leaves further values out."""
    sites: frozenset[int]
    targets: tuple[str, ...]


MOST_SHAPES = 20_000


class Coverage:
    """What the rules of a compiled map read, found by where they begin to read. Made once per map and direction."""

    def __init__(self, compiled: Compiled, syntax: Any) -> None:
        self.syntax = syntax
        self.lines = [site.line for site in compiled.sites]
        self._parts = compiled.parts
        self._anchored: dict[Hashable, list[tuple[Chain, Cover]]] = {}
        self._loose: list[tuple[Chain, Cover]] = []
        self._shapes: dict[Hashable, tuple[Reader, ...]] = {}
        self._lead = getattr(syntax, "lead", None)
        self._led: dict[str, frozenset[str] | None] = {}
        self._indexes: dict[int, dict[str, tuple[Cover, ...]]] = {}
        self._collect(compiled.covers, (), within=False)

    def below(self, cover: Cover) -> tuple[Cover, ...]:
        return self._parts[cover.part] if cover.part else cover.below

    def _collect(self, covers: Iterable[Cover], above: Chain, *, within: bool) -> None:
        """Registers rules by their anchors; `within` a rule that reads, only those that read elsewhere."""
        for cover in covers:
            anchor = None if cover.where is None else self.syntax.anchor(cover.where)
            if anchor is not None:
                self._anchored.setdefault(anchor, []).append((above, cover))
            elif cover.where is not None and not within:
                self._loose.append((above, cover))
            if cover.part and any(each.part == cover.part for each in above):
                continue  # a part that uses itself, further down in the tree
            inside = within or cover.where is not None
            if not cover.part or cover.part in (self._anchored_parts if inside else self._open_parts):
                self._collect(self.below(cover), (*above, cover), within=inside)

    @cached_property
    def _anchored_parts(self) -> frozenset[str]:
        """Parts in which a rule has an anchor of its own: all that matters of a part inside a rule that reads. Parts
        use parts in more ways than could be gone through."""
        return self._parts_with(lambda cover: cover.where is not None and self.syntax.anchor(cover.where) is not None)

    @cached_property
    def _open_parts(self) -> frozenset[str]:
        """Parts in which a rule has an anchor, or reads nothing itself."""
        return self._parts_with(lambda cover: cover.where is None or self.syntax.anchor(cover.where) is not None)

    def _parts_with(self, test: Callable[[Cover], bool]) -> frozenset[str]:
        """Parts with such a rule in them, or in a part that they use."""
        rules = {part: list(_all(covers)) for part, covers in self._parts.items()}
        found = {part for part, covers in rules.items() if any(map(test, covers))}
        while more := {
            part for part, covers in rules.items() if part not in found and any(each.part in found for each in covers)
        }:
            found |= more
        return frozenset(found)

    def readers(self, key: tuple[Any, ...], missed: Callable[[Cover], str]) -> tuple[Reader, ...]:
        """The rules that may read a leaf, in their order; remembered for leaves of one shape. Where leaves have no
        shape (a tree whose parts use themselves), only those that were not passed over (`missed`), else the first that
        was, each part looked into once."""
        shape = self.syntax.shape(key)
        if shape is None:
            found = tuple(self._readers(key, missed, None))
            return found or tuple(islice(self._readers(key, None, set()), 1))
        known = self._shapes.get(shape)
        if known is None:
            known = tuple(self._readers(key, None, None))
            if len(self._shapes) >= MOST_SHAPES:
                self._shapes.clear()
            self._shapes[shape] = known
        return known

    def _readers(
        self, key: tuple[Any, ...], missed: Callable[[Cover], str] | None, seen: set[str] | None
    ) -> Iterator[Reader]:
        for above, cover in self._reading(key):
            rest = self.syntax.covers(cover.where, key, key)
            if rest is not None and (missed is None or not missed(cover)):
                for own in self._below((cover,), rest, key, missed, seen):
                    yield self._reader(above, own, key)

    def _reading(self, key: tuple[Any, ...]) -> Iterator[tuple[Chain, Cover]]:
        """The rules that begin to read where a leaf may be, each behind the rules around it."""
        yield from self._loose
        for anchor in self.syntax.anchors(key):
            yield from self._anchored.get(anchor, ())

    def _below(
        self,
        chain: Chain,
        rest: tuple[Any, ...],
        key: tuple[Any, ...],
        missed: Callable[[Cover], str] | None,
        seen: set[str] | None,
    ) -> Iterator[Chain]:
        cover = chain[-1]
        if seen is not None and cover.part:
            if cover.part in seen:
                return
            seen.add(cover.part)
        below = self.below(cover)
        if not below and (cover.where is not None or cover.targets):
            yield chain
        for inner in self._leading(below, rest):
            left = rest if inner.where is None else self.syntax.covers(inner.where, rest, key)
            if left is not None and (missed is None or not missed(inner)):
                yield from self._below((*chain, inner), left, key, missed, seen)

    def _leading(self, below: tuple[Cover, ...], rest: tuple[Any, ...]) -> tuple[Cover, ...]:
        """Of some rules those that may begin to read what is left of a key, in their order; all where the syntax
        doesn't tell."""
        if self._lead is None or len(below) < 2:
            return below
        index = self._indexes.get(id(below))
        if index is None:
            leads = [self._leads(each) for each in below]
            names = {name for each in leads if each is not None for name in each}
            some = {name: tuple(one for one, each in zip(below, leads, strict=True) if each is None or name in each)
                    for name in (*names, "")}  # fmt: skip
            index = self._indexes[id(below)] = some
        return index.get(self.syntax.begins(rest)) or index[""]

    def _leads(self, cover: Cover) -> frozenset[str] | None:
        """What a rule, or one of those below it, begins to read with; None for anything. Each part is looked into once:
        one that uses itself may read anything."""
        if cover.where is not None:
            lead: str | None = self.syntax.lead(cover.where)
            return None if lead is None else frozenset((lead,))
        if not cover.part:
            return self._together(cover.below)
        if cover.part not in self._led:
            self._led[cover.part] = None
            self._led[cover.part] = self._together(self.below(cover))
        return self._led[cover.part]

    def _together(self, below: tuple[Cover, ...]) -> frozenset[str] | None:
        found = [self._leads(each) for each in below]
        known = [each for each in found if each is not None]
        return frozenset().union(*known) if known and len(known) == len(found) else None

    def _reader(self, above: Chain, own: Chain, key: tuple[Any, ...]) -> Reader:
        chain = (*above, *own)
        repeated = any(_repeated(self.syntax, cover, key) for cover in chain)
        return Reader(
            above,
            own,
            bool(above) and self.syntax.afar(own[0].where),
            next((number for number, cover in enumerate(own) if _repeated(self.syntax, cover, key)), -1),
            not repeated and not any(cover.claims for cover in chain),
            frozenset(cover.site for cover in chain),
            _targets(chain),
        )


def _all(covers: Iterable[Cover]) -> Iterator[Cover]:
    """Rules with those below them, parts left closed."""
    for cover in covers:
        yield cover
        yield from _all(cover.below)


def _repeated(syntax: Any, cover: Cover, key: tuple[Any, ...]) -> bool:
    """True where a rule reads only a first value, and the leaf is a further one."""
    return cover.once and cover.where is not None and bool(syntax.once(cover.where, key))


class Ledger:
    """The account of one conversion. Holds the source document and the notes; rows are made on demand."""

    def __init__(self, root: Any, coverage: Coverage, notes: list[Note]) -> None:
        self._root = root
        self._coverage = coverage
        self.syntax = coverage.syntax
        self._notes = notes
        self._next: Ledger | None = None

    def then(self, following: Ledger | None) -> Ledger:
        """The ledger of two conversions in a row: what the second leaves out is named by its place in this source."""
        made = Ledger(self._root, self._coverage, self._notes)
        made._next = following if self._next is None else self._next.then(following)
        return made

    def rows(self, *, values: bool = False) -> list[Row]:
        """A row for each populated field, in the order of the source; with its value only when asked."""
        after = _After(self._next)
        return [after.judged(self._row(leaf, values)) for leaf in self.leaves()] + [
            Row(path=path, status="null", reason='explicit null "": nothing is written')
            for path in self.syntax.nulls(self._root)
        ]

    def fields(self, *, values: bool = False) -> Iterator[tuple[Leaf, str, Row]]:
        """The same one after the other, each with its place in the source's structure: `Client.DOB`."""
        after = _After(self._next)
        for leaf in self.leaves():
            yield leaf, self.syntax.pattern(leaf), after.judged(self._row(leaf, values))

    def counts(self) -> dict[str, int]:
        """How many fields were mapped, ignored, left unmapped, or explicitly null."""
        found = Counter(row.status for row in self.rows())
        return {status: found.get(status, 0) for status in ("mapped", "ignored", "unmapped", "null")}

    def leaves(self) -> Iterator[Leaf]:
        """Every populated field of the source."""
        yield from self.syntax.leaves(self._root)

    # ---- one field -------------------------------------------------------------------------------------------

    def _row(self, leaf: Leaf, values: bool) -> Row:
        value = leaf.value if values else None
        field = _Field(self, leaf)
        readers = self._coverage.readers(leaf.key, field.missed)
        alive = [reader for reader in readers if not field.reason(reader)]
        mapped = [reader for reader in alive if not reader.own[-1].ignored]
        if mapped:
            targets = tuple(dict.fromkeys(target for reader in mapped for target in reader.targets))
            return Row(path=leaf.path, status="mapped", targets=targets, rule=self._line(mapped[0]), value=value)
        if alive:
            reason = alive[0].own[-1].ignored
            return Row(path=leaf.path, status="ignored", rule=self._line(alive[0]), reason=reason, value=value)
        if readers:
            line, reason = self._line(readers[0]), field.reason(readers[0])
            return Row(path=leaf.path, status="unmapped", rule=line, reason=reason, value=value)
        return Row(path=leaf.path, status="unmapped", reason="no rule reads it", value=value)

    def _line(self, reader: Reader) -> str:
        return self._coverage.lines[reader.own[-1].site]

    @cached_property
    def failed(self) -> dict[int, dict[tuple[Any, ...], int]]:
        """By rule: where it was left out or gave nothing, and what kind of note says so."""
        found: dict[int, dict[tuple[Any, ...], int]] = {}
        for kind, at, number, _ in self._notes:
            if kind in REASONS:
                places = found.setdefault(number, {})
                for place in self.syntax.spread(at):
                    places.setdefault(place, kind)
        return found

    @cached_property
    def took(self) -> dict[int, set[tuple[Any, ...]]]:
        """By rule: where it took what it found."""
        found: dict[int, set[tuple[Any, ...]]] = {}
        for kind, at, number, _ in self._notes:
            if kind == TOOK:
                found.setdefault(number, set()).update(self.syntax.spread(at))
        return found


class _Field:
    """One leaf, and why rules that read its place didn't carry it."""

    def __init__(self, ledger: Ledger, leaf: Leaf) -> None:
        self._failed, self._took = ledger.failed, ledger.took
        self._syntax = ledger.syntax
        self._key = leaf.key
        self._known: dict[tuple[int, bool], str] = {}

    @cached_property
    def _holders(self) -> tuple[tuple[Any, ...], ...]:
        return tuple(self._syntax.holders(self._key))

    def reason(self, reader: Reader) -> str:
        """Why a rule didn't carry the leaf; empty when it did."""
        if reader.plain and self._failed.keys().isdisjoint(reader.sites):
            return ""
        failed = self._failed
        reason = self._around(reader.above, reader.afar) if reader.above else ""
        for number, cover in enumerate(reader.own):
            if reason:
                return reason
            if number == reader.repeated:
                return "a further repetition"
            if cover.claims or cover.site in failed:
                reason = self.missed(cover)
        return reason

    def _around(self, above: Chain, afar: bool) -> str:
        """Why one of the rules around didn't carry the leaf. What happened to another item says nothing of it."""
        known = self._known.get((id(above), afar))
        if known is None:
            known = self._known[(id(above), afar)] = self._judge(above, afar)
        return known

    def _judge(self, above: Chain, afar: bool) -> str:
        for cover in reversed(above):
            afar = afar or cover.where is not None
            further = not afar and _repeated(self._syntax, cover, self._key)
            reason = "a further repetition" if further else self._elsewhere(cover) if afar else self.missed(cover)
            if reason:
                return reason
            # What was taken here is the leaf's own: a reference may have led from the resource around to another.
            afar = afar or (cover.claims and not self._took.get(cover.site, _NOWHERE).isdisjoint(self._holders))
        return ""

    def _elsewhere(self, cover: Cover) -> str:
        if not cover.claims:
            return ""
        took = self._took.get(cover.site)
        if took and self._beside(cover):
            took = {place for place in took if place[:1] in self._holders}
        return "" if took else REASONS[SKIP]

    def _beside(self, cover: Cover) -> bool:
        """True for items of a segment of the leaf's name: what happened in other segments says nothing of this one."""
        if self._syntax.tree or cover.where is None:
            return False
        return bool(cover.where[:1] == next(iter(self._syntax.anchors(self._key)))[:1])

    def missed(self, cover: Cover) -> str:
        failed = self._failed.get(cover.site)
        if failed:
            for holder in self._holders:
                if holder in failed:
                    return REASONS[failed[holder]]
        if cover.claims and self._took.get(cover.site, _NOWHERE).isdisjoint(self._holders):
            return REASONS[SKIP]
        return ""


_NOWHERE: frozenset[tuple[Any, ...]] = frozenset()


def _targets(chain: Chain) -> tuple[str, ...]:
    """The targets of the last rule; those of an item or a part (`.family`) below the target that was given to it."""
    *around, last = chain
    targets = last.targets
    for cover in reversed(around):
        if cover.targets:
            targets = tuple(_joined(cover.targets[0], target) for target in targets) or cover.targets
    return targets


def _joined(base: str, target: str) -> str:
    if target[:1] != "." or base == ".":
        return target
    return base if target == "." else base + target


# ---- two conversions in a row ----------------------------------------------------------------------------------


class _After:
    """What a following conversion made of the targets of the first."""

    def __init__(self, following: Ledger | None) -> None:
        self._kept: set[str] = set()
        self._lost: dict[str, str] = {}
        for leaf, row in ((leaf, following._row(leaf, False)) for leaf in following.leaves()) if following else ():
            pattern = following.syntax.pattern(leaf) if following else ""
            for prefix in _prefixes(pattern):
                if row.status == "unmapped":
                    self._lost.setdefault(prefix, row.reason)
                else:
                    self._kept.add(prefix)

    def judged(self, row: Row) -> Row:
        """A row of the first conversion, unmapped when all of its targets were left out by the second."""
        if not self._lost or row.status != "mapped" or not row.targets:
            return row
        plain = [_INDEX.sub("", target) for target in row.targets]
        if all(target in self._lost and target not in self._kept for target in plain):
            return replace(row, status="unmapped", reason=f"left out of the target: {self._lost[plain[0]]}")
        return row


_INDEX = re.compile(r"\([^()]*\)|\[[0-9]+\]")
"""What a path of a map says beyond names."""


def _prefixes(path: str) -> Iterator[str]:
    names = path.split(".")
    for depth in range(1, len(names) + 1):
        yield ".".join(names[:depth])
