"""Rows that were kept out, as files that can be mended and read again.

For each source file one CSV with its own headers and the rows as they were sent; the columns behind them say where a
row stood and why it was kept out. Reading passes these columns over, so that a mended file, or a folder of them, is
converted like any other.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TextIO, cast

from adapters.formats.tabular.table import KeptOut
from adapters.formats.tabular.write import guarded
from conformance.tabular.plain import plain

COLUMNS = ("kept out: line", "kept out: row", "kept out: column", "kept out: value", "kept out: code",
           "kept out: reason")  # fmt: skip
SUFFIX = ".kept-out.csv"
_OURS = frozenset(map(plain, COLUMNS))


def is_ours(header: str) -> bool:
    """A column that says why a row was kept out."""
    return plain(header) in _OURS


def file_name(source: str) -> str:
    """`clients.csv` gives `clients.kept-out.csv`, `book.xlsx#Visits` gives `book.Visits.kept-out.csv`."""
    whole, _, sheet = source.replace("\\", "/").rpartition("/")[2].partition("#")
    stem = whole.rpartition(".")[0] or whole
    parts = [part for part in (stem, sheet) if part]
    return "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in ".".join(parts)) + SUFFIX


def cells(one: KeptOut) -> list[str]:
    head = next((head for head in one.sheet.heads if one.column and head.header == one.column), None)
    value = one.cells[head.position] if head and head.position < len(one.cells) else ""
    width = len(one.sheet.heads)
    filled = [*one.cells[:width], *[""] * (width - len(one.cells))]
    over = list(one.cells[width:])
    tail = [str(one.line), str(one.number), one.column, value or " ".join(over), one.code, one.reason]
    return [*filled, *tail]


class Writer:
    """Writes rows into files of a folder as they come; nothing is made when none comes, or without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.count = 0
        self._open: dict[str, TextIO] = {}
        self._names: dict[tuple[str, tuple[str, ...]], str] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for stream in self._open.values():
            stream.close()

    def add(self, one: KeptOut) -> None:
        if self.folder is None:
            return
        headers = tuple(head.header for head in one.sheet.heads)
        known = (one.sheet.source, headers)
        if known not in self._names:
            self._names[known] = self._begun(file_name(one.sheet.source), headers)
        self.count += 1
        csv.writer(self._open[self._names[known]]).writerow([guarded(cell) for cell in cells(one)])

    def _begun(self, name: str, headers: Sequence[str]) -> str:
        """A new file, under a name that no other source has."""
        folder = cast("Path", self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        stem = name.removesuffix(SUFFIX)
        number = 2
        while name in self._open:
            name = f"{stem}.{number}{SUFFIX}"
            number += 1
        self._open[name] = (folder / name).open("w", encoding="utf-8-sig", newline="")
        csv.writer(self._open[name]).writerow([*headers, *COLUMNS])
        return name
