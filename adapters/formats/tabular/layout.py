"""Where a table's header is, and which records are none of its rows: titles above, totals and notes below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from adapters.formats.tabular.records import Record
from conformance.tabular.plain import plain

LOOK = 40
"""Records among which the header is looked for."""
_TOTALS = frozenset(
    map(plain, ("total", "totals", "grand total", "subtotal", "sub total", "sum", "count", "average", "mean", "summe",
                "gesamt", "total records", "total rows", "record count", "row count", "number of records",
                "end of report", "end of file", "eof"))
)  # fmt: skip


@cache
def known_headers() -> frozenset[str]:
    """Every header of every kind, simplified: what makes a header more likely."""
    from conformance.tabular.kinds import headers

    return headers() | {"variablefieldname", "formname", "fieldtype", "fieldlabel", "fieldannotation"}


def header_at(records: Sequence[Record], wanted: frozenset[str] = frozenset()) -> int:
    """The position of the header among the first records; -1 for a table without one.

    The first that is about as wide as the widest and whose cells are words that differ; another, when most of its
    cells are headers that some kind knows, and more than those of the first.
    """
    known = wanted or known_headers()
    records = records[:LOOK]
    widths = [sum(1 for cell in each.cells if cell.strip()) for each in records]
    widest = max(widths, default=0)
    if not widest:
        return -1
    counts = [len({plain(cell) for cell in each.cells if cell.strip()} & known) for each in records]
    wide = [number for number, width in enumerate(widths) if width >= max(1, widest - widest // 4)]
    first = next((number for number in wide if _headerlike(records[number].cells)), wide[0])
    best = counts.index(max(counts))
    if counts[best] > max(counts[first], 2) and counts[best] * 2 >= widths[best]:
        return best
    return first


def _headerlike(cells: Sequence[str]) -> bool:
    texts = [cell.strip() for cell in cells if cell.strip()]
    words = [text for text in texts if any(letter.isalpha() for letter in text)]
    return len(words) >= 0.8 * len(texts) and len({plain(text) for text in texts}) >= 0.7 * len(texts)


def is_total(cells: Sequence[str], width: int) -> bool:
    """`Total;7 clients;;;;15;`, `Total members;3`: its first cell says so, and at least half of the cells are empty."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled or len(filled) * 2 > max(len(cells), width, 2):
        return False
    first = filled[0].strip()
    if plain(first.partition(":")[0]) in _TOTALS:
        return True
    numbers = all(not any(letter.isalpha() for letter in cell) for cell in filled[1:])
    return numbers and plain(first.partition(" ")[0]) in ("total", "totals", "subtotal")


def is_note(cells: Sequence[str], width: int) -> bool:
    """One cell of text in a wide table: `Printed 2 April 2026`, `Page 1 of 3`."""
    filled = [cell for cell in cells if cell.strip()]
    return width >= 4 and len(filled) == 1 and cells[0] == filled[0] and " " in filled[0].strip()
