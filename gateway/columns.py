"""The account of tables by column: how many cells were filled, and what became of them. As small for a million rows as
for ten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mappings import Ledger, Row

MOST_ROWS = 10_000
"""Of tables with more rows the ledger tells columns alone, not each cell."""

_LEFT_OUT = ", left out ("
"""Behind the place of a cell that was left out when it was read stands why."""


@dataclass(slots=True)
class Column:
    """`path`: `members.birth_date`. `reasons`: why cells went nowhere, with how many of them."""

    path: str
    counts: Counter[str] = field(default_factory=Counter)
    targets: dict[str, None] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def filled(self) -> int:
        return self.counts.total()

    def add(self, row: Row) -> None:
        self.counts[row.status] += 1
        for target in row.targets:
            self.targets[target] = None
        code = row.path.partition(_LEFT_OUT)[2].removesuffix(")")
        if row.status != "mapped":
            self.reasons[f"left out: {code}" if code else row.reason] += 1

    def shown(self) -> dict[str, Any]:
        """As JSON, without what it doesn't say."""
        plain = {"column": self.path, "filled": self.filled, **self.counts}
        told = {"targets": sorted(self.targets), "reasons": dict(self.reasons.most_common())}
        return plain | {key: value for key, value in told.items() if value}


class Columns:
    """Of one source, over one or several ledgers (its shares)."""

    def __init__(self) -> None:
        self._found: dict[str, Column] = {}
        self.rows = 0
        self.cells: list[Row] | None = []
        """Each cell, while there are few; None from then on."""

    def add(self, ledger: Ledger, *, values: bool = False) -> None:
        at: object = None
        for leaf, place, row in ledger.fields(values=values):
            if leaf.key[:2] != at:
                at = leaf.key[:2]
                self.rows += 1
            self._found.setdefault(place, Column(place)).add(row)
            if self.rows > MOST_ROWS:
                self.cells = None
            elif self.cells is not None:
                self.cells.append(row)

    def __iter__(self) -> Iterator[Column]:
        return iter(self._found.values())

    def counts(self) -> Counter[str]:
        return sum((column.counts for column in self._found.values()), Counter[str]())


def of_tables(ledger: Ledger) -> bool:
    """Whether a ledger's source is tables."""
    return bool(ledger.syntax.name == "csv")
