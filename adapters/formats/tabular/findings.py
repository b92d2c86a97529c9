"""Findings of a large dataset, bounded: of a rule in a file the first ones each by itself, the others as a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.catalogue import code, issue
from conformance.issue import Issue, Where

MOST = 1000
"""Of one rule in one file."""


class Findings:
    """Takes findings as they come; iterating gives those that were kept, then how many more there were."""

    __slots__ = ("_counts", "_kept")

    def __init__(self) -> None:
        self._kept: list[Issue] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, one: Issue) -> None:
        rule = (one.at.source, one.code)
        self._counts[rule] += 1
        if self._counts[rule] <= MOST:
            self._kept.append(one)

    def __iter__(self) -> Iterator[Issue]:
        yield from self._kept
        yield from self.rest()

    def taken(self) -> tuple[Issue, ...]:
        """Those that came since they were taken before."""
        taken = tuple(self._kept)
        self._kept.clear()
        return taken

    def rest(self) -> tuple[Issue, ...]:
        """How many there were of each rule beyond those that were kept."""
        return tuple(
            issue("CSV-0018", Where(source=source), count=count - MOST, code=name, title=code(name).title)
            for (source, name), count in self._counts.items()
            if count > MOST
        )
