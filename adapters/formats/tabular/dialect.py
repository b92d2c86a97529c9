"""How a text's cells are separated: the delimiter that cuts its first lines into rows of one width."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 60


@dataclass(frozen=True, slots=True)
class Dialect:
    """RFC 4180 with another delimiter, and quotes escaped by a backslash where the file does so."""

    delimiter: str = ","
    escape: bool = False

    def options(self) -> dict[str, Any]:
        if self.escape:
            return {"delimiter": self.delimiter, "doublequote": False, "escapechar": "\\"}
        return {"delimiter": self.delimiter}


def sniffed(lines: Sequence[str]) -> Dialect:
    """By the first lines. A comma where nothing separates anything."""
    lines = [line for line in lines if line.strip()][:SAMPLE]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].rstrip("\r\n")) == 5:
        return Dialect(lines[0][4], _escaped(lines))
    best = max(DELIMITERS, key=lambda each: score(lines, each))
    return Dialect(best, _escaped(lines))


def _escaped(lines: Sequence[str]) -> bool:
    text = "".join(lines)
    return '\\"' in text and '""' not in text.replace(',""', "").replace(';""', "")


def score(lines: Sequence[str], delimiter: str) -> float:
    """Share of the rows that have the most usual number of cells, by how many these are; 0 for one cell a row."""
    widths = Counter(widths_(lines, delimiter))
    if not widths:
        return 0.0
    width, count = max(((width, count) for width, count in widths.items()), key=lambda each: each[1] * min(each[0], 12))
    if width < 2:
        return 0.0
    return float(count / sum(widths.values()) * min(width, 40) ** 0.5)


def widths_(lines: Sequence[str], delimiter: str) -> list[int]:
    """Cells of each row, by a reader that takes quotes as it finds them."""
    try:
        return [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return [line.count(delimiter) + 1 for line in lines]
