"""Rows seen before, when a dataset is read in batches and none of its rows is kept: four numbers a row.

What is said twice or contradicts is found when a table has been read, by sorting; rows themselves have gone on by then.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_MASK = (1 << 63) - 1


class Again(NamedTuple):
    """A row whose mark an earlier one has. `same`: what is compared is the same too."""

    line: int
    number: int
    sheet: int
    same: bool
    near: bool
    """In the same file as the earlier one."""


@dataclass(slots=True)
class Marks:
    """`mark` is the hash of what must not come twice (a key, a value), `beside` of what it comes with (the row, a
    key)."""

    _marks: array[int] = field(default_factory=lambda: array("q"))
    _beside: array[int] = field(default_factory=lambda: array("q"))
    _lines: array[int] = field(default_factory=lambda: array("l"))
    _numbers: array[int] = field(default_factory=lambda: array("l"))
    _sheets: array[int] = field(default_factory=lambda: array("H"))

    def add(self, mark: int, beside: int, line: int, number: int, sheet: int) -> None:
        self._marks.append(mark & _MASK)
        self._beside.append(beside & _MASK)
        self._lines.append(line)
        self._numbers.append(number)
        self._sheets.append(sheet)

    def again(self) -> Iterator[Again]:
        """Every row whose mark was there before, in the order in which they were read."""
        marks, beside = self._marks, self._beside
        order = sorted(range(len(marks)), key=marks.__getitem__)
        found = []
        first = -1
        for place in order:
            if first >= 0 and marks[place] == marks[first]:
                near = self._sheets[place] == self._sheets[first]
                found.append((place, beside[place] == beside[first], near))
            else:
                first = place
        for place, same, near in sorted(found):
            yield Again(self._lines[place], self._numbers[place], self._sheets[place], same, near)
