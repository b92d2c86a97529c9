"""Lines to records. A quote that is never closed would swallow the rows below it: it is found and costs only its line.

Python's csv module reads; this watches how many lines a record takes. Where a record can't be right, its first line is
taken as it stands and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from adapters.formats.tabular.dialect import Dialect

MOST_LINES = 100
"""Of one record: a longer one is a quote that was never closed."""

csv.field_size_limit(1 << 20)


class Record(NamedTuple):
    """`line`: physical line where it begins; `number`: which record it is, from 1. `broken`: its quotes are at odds."""

    line: int
    number: int
    cells: list[str]
    broken: bool = False


class _Feed:
    """Lines for the csv reader, with those of the current record, and room to give some back."""

    __slots__ = ("_back", "_lines", "taken")

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES:
            raise StopIteration
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        return line

    def give_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))


def records(lines: Iterable[str], dialect: Dialect, width: int = 0) -> Iterator[Record]:
    """All records, empty ones too. `width`: how many cells the header has; 0 where it isn't known yet."""
    feed = _Feed(lines)
    options = dialect.options()
    reader = csv.reader(feed, strict=True, **options)
    line, number = 1, 0
    while True:
        feed.taken = []
        broken = False
        try:
            cells = next(reader)
        except StopIteration:
            if not feed.taken:
                return
            cells, broken = [], True
        except csv.Error:
            cells, broken = [], True
        taken = len(feed.taken)
        if broken or (taken > 1 and _swallowed(feed.taken, len(cells), dialect.delimiter, width)):
            feed.give_back(feed.taken[1:])
            cells, broken, taken = _as_it_stands(feed.taken[0], dialect, width), True, 1
            reader = csv.reader(feed, strict=True, **options)
        number += 1
        yield Record(line, number, cells, broken)
        line += taken


def _swallowed(lines: list[str], count: int, delimiter: str, width: int) -> bool:
    """Whether a record of several lines holds what were rows of their own."""
    if len(lines) >= MOST_LINES:
        return True
    if width < 2:
        return False
    whole = sum(_cells(line, delimiter) == width for line in lines[1:])
    return (count != width and whole > 0) or (whole > 0 and width >= 6) or whole > 1


def _cells(line: str, delimiter: str) -> int:
    """Cells of a line by itself; -1 where its quotes are at odds."""
    try:
        return len(next(csv.reader([line], delimiter=delimiter, strict=True), []))
    except csv.Error:
        return -1


def _as_it_stands(line: str, dialect: Dialect, width: int) -> list[str]:
    """A line with a stray quote: read leniently where that gives the right width, else cut at each delimiter."""
    bare = line.rstrip("\r\n")
    lenient = next(csv.reader([bare], strict=False, **dialect.options()), [])
    if len(lenient) == width:
        return lenient
    cut = [cell.strip().removeprefix('"').removesuffix('"') for cell in bare.split(dialect.delimiter)]
    return cut if len(cut) == width else lenient
