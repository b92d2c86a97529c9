"""A large dataset in shares of whole persons (or things, where it is about nobody), each small enough for memory:
conversion needs all of a person's rows of all tables together.

Rows go by the hash of their person or thing into files of a temporary folder, and come back share by share. Rows that
all may need (organizations and projects beside persons, programs beside services) are in every share.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast
from zlib import crc32

from adapters.formats.tabular.dataset import Opened
from adapters.formats.tabular.repeats import Repeats
from adapters.formats.tabular.report import Report
from adapters.formats.tabular.table import Dataset, KeptOut, Row, Sheet, Table
from conformance.issue import Issue
from conformance.tabular import schema

BYTES = 1 << 18
"""Of the source, in one share."""
BYTES_OF_THINGS = 1 << 19
"""The same where there are no persons: what is in every share is more."""
MOST = 400
"""Shares, so that not too many files are open."""


@dataclass(slots=True)
class _Sorted:
    """Rows on their way to their shares."""

    files: list[BinaryIO]
    common: list[tuple[str, Row]] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)

    def put(self, table: str, row: Row, person: str) -> None:
        if id(row.sheet) not in self.numbers:
            self.numbers[id(row.sheet)] = len(self.sheets)
            self.sheets.append(row.sheet)
        told = (table, self.numbers[id(row.sheet)], row.line, row.number, list(row.cells), dict(row), row.refused)
        marshal.dump(told, self.files[crc32(person.encode()) % len(self.files)])

    def rows(self, share: int) -> Iterator[tuple[str, Row]]:
        stream = self.files[share]
        stream.seek(0)
        while True:
            try:
                table, sheet, line, number, cells, values, refused = marshal.load(stream)  # noqa: S302 -- our own file
            except EOFError:
                return
            row = Row.made(values.items(), self.sheets[sheet], line, number, cells)
            row.refused = refused
            yield table, row


def is_shareable(reading: Opened) -> bool:
    """Whether the rows of a dataset belong to persons or things, so that it can be taken apart."""
    return reading.schema is not None and bool(reading.schema.person or reading.schema.things)


def shares(
    reading: Opened, tell: Callable[[Issue], None], keep_out: Callable[[KeptOut], None], *, size: int = 0
) -> Iterator[Dataset]:
    """The dataset, share by share. Findings on single rows come before the first share, those on rows of one key with
    it."""
    kind = cast("schema.Schema", reading.schema)
    size = size or (BYTES if kind.person else BYTES_OF_THINGS)
    count = max(1, min(MOST, sum(source.size for source, _ in reading.sources) // size + 1))
    with TemporaryDirectory() as folder, ExitStack() as stack:
        paths = (Path(folder, str(number)) for number in range(count))
        held = _Sorted([cast("BinaryIO", stack.enter_context(path.open("w+b"))) for path in paths])
        owner = _owner(kind, _own(kind))
        for table, rows in reading.batches(tell, keep_out, keeps_rows=None):
            for row in rows:
                if whose := owner(table, row):
                    held.put(table, row, whose)
                else:
                    held.common.append((table, row))
        for share in range(count):
            yield _share(reading, kind, held, share, Report(tell, keep_out))


def _owner(kind: schema.Schema, own: dict[str, str]) -> Callable[[str, Row], str]:
    """Of a table's row the person or thing that it is of; empty for a row that all may need. `own`: of tables that
    others refer to, the column that says which thing a row is."""

    def of_person(table: str, row: Row) -> str:
        return row.get(kind.person, "")

    def of_thing(table: str, row: Row) -> str:
        if table in kind.everywhere:
            return ""
        columns = (own[table],) if table in own else kind.things
        return next((row[column] for column in columns if column in row), "")

    return of_person if kind.person else of_thing


def _own(kind: schema.Schema) -> dict[str, str]:
    columns = (column for table in kind.tables for column in table.columns if column.name in kind.things)
    return dict(column.refers for column in columns if column.refers)


def _share(reading: Opened, kind: schema.Schema, held: _Sorted, share: int, report: Report) -> Dataset:
    dataset = Dataset(reading.kind, kind)
    for _, name in reading.sources:
        dataset.setdefault(name, Table(name, (), kind.table(name)))
    repeats: dict[str, Repeats] = {}
    for name, row in held.rows(share):
        table = kind.table(name)
        there = [head.name for head in row.sheet.heads]
        key = [each for each in table.key if each in there] if table else []
        if table is None or repeats.setdefault(name, Repeats()).takes(row, table, key, report):
            dataset[name].append(row)
    for name, row in held.common:
        dataset[name].append(row)
    for rows in dataset.values():
        rows[:] = [row for row in rows if row]
        rows.sheets = list({id(row.sheet): row.sheet for row in rows}.values())
    return dataset
