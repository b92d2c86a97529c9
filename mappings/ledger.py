"""The ledger: what became of every populated field of a source.

A conversion records only exceptions (a rule left out, a case taken, a value that gave nothing). What the rules cover is
known from compiling. The rows are made of both, when somebody asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from conformance.syntax import Leaf
from mappings.compiled import Cover
from mappings.run import BLANK, DROPPED, NOTHING, NOWHERE, SKIP, TOOK, Note

Status = Literal["mapped", "ignored", "unmapped", "null"]

REASONS = {
    SKIP: "its condition isn't met",
    NOTHING: "its value can't be converted",
    DROPPED: "its code has no row in the table",
    BLANK: "its code has no counterpart",
    NOWHERE: "its reference leads nowhere",
}


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
class Found:
    """What one rule says of a field."""

    alive: bool
    cover: Cover
    reason: str = ""


class Ledger:
    """The account of one conversion. Holds the source document and the notes; rows are made on demand."""

    def __init__(
        self,
        root: Any,
        syntax: Any,
        covers: tuple[Cover, ...],
        parts: Mapping[str, tuple[Cover, ...]],
        notes: list[Note],
        lines: list[str],
    ) -> None:
        self._root = root
        self._syntax = syntax
        self._covers = covers
        self._parts = parts
        self._lines = lines
        self._notes: dict[int, list[tuple[int, tuple[Any, ...]]]] = {}
        for kind, at, site, _ in notes:
            if kind in REASONS or kind == TOOK:
                self._notes.setdefault(site, []).append((kind, at))
        self._next: Ledger | None = None

    def then(self, following: Ledger | None) -> Ledger:
        """The ledger of two conversions in a row: what the second leaves out is named by its place in this source."""
        made = Ledger(self._root, self._syntax, self._covers, self._parts, [], self._lines)
        made._notes = self._notes
        made._next = following if self._next is None else self._next.then(following)
        return made

    def rows(self, *, values: bool = False) -> list[Row]:
        """A row for each populated field, in the order of the source; with its value only when asked."""
        lost = self._lost()
        return [self._after(self._row(leaf, values), lost) for leaf in self.leaves()] + [
            Row(path=path, status="null", reason='explicit null "": nothing is written')
            for path in self._syntax.nulls(self._root)
        ]

    def counts(self) -> dict[str, int]:
        """How many fields were mapped, ignored, left unmapped, or explicitly null."""
        found = Counter(row.status for row in self.rows())
        return {status: found.get(status, 0) for status in ("mapped", "ignored", "unmapped", "null")}

    # ---- one source ------------------------------------------------------------------------------------------

    def _row(self, leaf: Leaf, values: bool) -> Row:
        found = list(self._find(self._covers, leaf.key, leaf.key))
        value = leaf.value if values else None
        alive = [each for each in found if each.alive and not each.cover.ignored]
        if alive:
            targets = dict.fromkeys(target for each in alive for target in each.cover.targets)
            return Row(
                path=leaf.path, status="mapped", targets=tuple(targets), rule=self._line(alive[0].cover), value=value
            )
        for each in found:
            if each.alive:
                return Row(
                    path=leaf.path,
                    status="ignored",
                    rule=self._line(each.cover),
                    reason=each.cover.ignored,
                    value=value,
                )
        if found:
            return Row(
                path=leaf.path,
                status="unmapped",
                rule=self._line(found[0].cover),
                reason=found[0].reason or "not reached",
                value=value,
            )
        return Row(path=leaf.path, status="unmapped", reason="no rule reads it", value=value)

    def _line(self, cover: Cover) -> str:
        return self._lines[cover.site]

    def _find(self, covers: Iterable[Cover], key: tuple[Any, ...], full: tuple[Any, ...]) -> Iterator[Found]:
        for cover in covers:
            rest = key if cover.where is None else self._syntax.covers(cover.where, key, full)
            if rest is None:
                continue
            further = cover.once and cover.where is not None and self._syntax.once(cover.where, full)
            reason = "a further repetition" if further else self._reason(cover, full)
            below = self._parts[cover.part] if cover.part else cover.below
            if not below:
                if cover.where is not None or cover.targets:
                    yield Found(not reason, cover, reason)
                continue
            for each in self._find(below, rest, full):
                each = replace(each, cover=_under(cover, each.cover))
                yield each if not reason else replace(each, alive=False, reason=reason)

    def _reason(self, cover: Cover, full: tuple[Any, ...]) -> str:
        """Why a rule didn't carry a field; empty when it did."""
        notes = self._notes.get(cover.site, ())
        for kind, at in notes:
            if kind != TOOK and self._syntax.inside(at, full):
                return REASONS[kind]
        if cover.claims and not any(kind == TOOK and self._syntax.inside(at, full) for kind, at in notes):
            return REASONS[SKIP]
        return ""

    # ---- two conversions in a row ----------------------------------------------------------------------------

    def _lost(self) -> dict[str, str]:
        """What the following conversion left out: target path (without indexes) -> reason."""
        if self._next is None:
            return {}
        following = self._next
        rows = [(following._syntax.pattern(leaf), following._row(leaf, False)) for leaf in following.leaves()]
        kept = {pattern for pattern, row in rows if row.status in ("mapped", "ignored")}
        return {pattern: row.reason for pattern, row in rows if row.status == "unmapped" and pattern not in kept}

    def leaves(self) -> Iterator[Leaf]:
        """Every populated field of the source."""
        yield from self._syntax.leaves(self._root)

    def _after(self, row: Row, lost: Mapping[str, str]) -> Row:
        if not lost or row.status != "mapped" or not row.targets:
            return row
        reasons = [next((why for path, why in lost.items() if _below(path, target)), None) for target in row.targets]
        if all(reason is not None for reason in reasons):
            return replace(row, status="unmapped", reason=f"left out of the target: {reasons[0]}")
        return row


def _under(outer: Cover, inner: Cover) -> Cover:
    """A rule of an item or of a part, its targets (`.family`) below the target that the outer rule gave the item."""
    if not outer.targets:
        return inner
    base = outer.targets[0]
    return replace(inner, targets=tuple(_joined(base, target) for target in inner.targets) or outer.targets)


def _joined(base: str, target: str) -> str:
    if target[:1] != "." or base == ".":
        return target
    return base if target == "." else base + target


def _below(path: str, target: str) -> bool:
    return path == target or path.startswith(target + ".")
