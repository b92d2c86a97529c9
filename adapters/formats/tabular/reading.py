"""The rows of one sheet: records in batches, read column by column, checked, kept out where they can't be used.

A column is read by memory: most texts of a column come again, and a lookup costs a tenth of a reading. Batches keep the
memory bounded; what must be known of all rows (keys, references) is kept as hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import compress, islice
from typing import Any

from adapters.formats.tabular.columns import Columns, Read
from adapters.formats.tabular.layout import is_note, is_total
from adapters.formats.tabular.records import Record
from adapters.formats.tabular.repeats import Repeats
from adapters.formats.tabular.report import Report, kept
from adapters.formats.tabular.seen import Marks
from adapters.formats.tabular.table import KeptOut, Row, Sheet
from conformance.catalogue import issue
from conformance.issue import Issue
from conformance.tabular import schema
from conformance.tabular.plain import plain
from conformance.tabular.rules import Finding
from conformance.tabular.rules import checks as rule_checks
from conformance.tabular.values import Cell

BATCH = 1000
_NOTHING = ("CSV-0103", "CSV-0119")
"""Findings on cells that say nothing: a stand-in for unknown; words in place of a number are a cell of their own."""


@dataclass(slots=True)
class Keys:
    """What is known of rows read before: their keys, values that belong to one row, and what may be referred to."""

    wanted: frozenset[tuple[str, str]] = frozenset()
    """Tables and columns that others refer to."""
    there: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    rows: dict[str, Repeats] = field(default_factory=dict)
    """By table."""
    unique: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    keeps_rows: bool | None = True
    """False where rows go on in batches: then what comes again is found at the end, by `marks`. None: not at all."""
    marks: dict[tuple[str, str], Marks] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)


@dataclass(slots=True)
class SheetReader:
    """Reads one sheet into rows of its table."""

    columns: Columns
    table: schema.Table | None
    name: str
    report: Report
    keys: Keys
    headers: tuple[str, ...]
    required: list[Read] = field(init=False)
    key: list[str] = field(init=False)
    rules: list[Callable[[Mapping[str, str]], Iterable[Finding]]] = field(init=False)

    def __post_init__(self) -> None:
        reads = self.columns.reads
        self.required = [each for each in reads if each.column and (each.column.required or each.column.key)]
        self.key = [each.name for each in reads if each.column and each.column.key]
        there = frozenset(each.name for each in reads)
        self.rules = rule_checks(self.table.rules, there) if self.table else []

    def rows(self, records: Iterable[Record]) -> Iterator[list[Row]]:
        """Batches of rows; those kept out are reported, and not among them."""
        stream = iter(records)
        while batch := list(islice(stream, BATCH)):
            report, found, out = self.report, list[Issue](), list[KeptOut]()
            self.report = Report(found.append, out.append)
            try:
                rows = self._read([each for each in batch if self._is_row(each)])
            finally:
                self.report = report
            for one in sorted(found, key=lambda one: one.at.line or 0):
                report.tell(one)
            for each in sorted(out, key=lambda each: each.line):
                report.keep_out(each)
            yield rows

    def _is_row(self, record: Record) -> bool:
        """Whether a record is a row of the right shape; short ones are filled up."""
        cells, width = record.cells, self.columns.width
        empty = cells.count("")
        if empty == len(cells) or not any(map(str.strip, cells)):
            return False
        lacking = empty + max(width - len(cells), 0)
        if lacking * 2 >= max(len(cells), width) - 1 and self._is_no_row(cells):
            self._say("CSV-0007", record)
            return False
        if len(cells) == width and not record.broken:
            return cells[0] != self.headers[0] or not self._is_header(record)
        return self._is_whole(record)

    def _is_no_row(self, cells: list[str]) -> bool:
        return is_total(cells, self.columns.width) or is_note(cells, self.columns.width)

    def _is_header(self, record: Record) -> bool:
        if [plain(cell) for cell in record.cells] != [plain(header) for header in self.headers[: self.columns.width]]:
            return False
        self._say("CSV-0007", record)
        return True

    def _is_whole(self, record: Record) -> bool:
        """A record with other cells than headers, or with quotes at odds."""
        cells, width = record.cells, self.columns.width
        if len(cells) > width and not any(map(str.strip, cells[width:])):
            del cells[width:]
        counts: dict[str, Any] = {"count": width, "found_count": len(cells)}
        sheet, out = self.columns.sheet, self.report.out
        if record.broken and len(cells) != width:
            out(record, sheet, self.name, "CSV-0008")
            return False
        if len(cells) > width:
            out(record, sheet, self.name, "CSV-0011", **counts)
            return False
        if record.broken:
            self._say("CSV-0016", record)
        if len(cells) < width:
            lacks = next((each.name for each in self.required if each.position >= len(cells)), "")
            if lacks or (not self.table and len(cells) * 2 < width):
                out(record, sheet, self.name, "CSV-0009", column=lacks or "most of them", **counts)
                return False
            self._say("CSV-0010", record, **counts)
            cells.extend([""] * (width - len(cells)))
        return True

    def _say(self, code: str, record: Record, name: str = "", found: str | None = None, **words: Any) -> None:
        self.report.tell(issue(code, self.columns.sheet.where(record.line, record.number, name), found=found, **words))

    def _read(self, records: list[Record]) -> list[Row]:
        """Column by column: values by memory, then what was to be said of some of them."""
        if not records:
            return []
        for each in self.columns.reads:
            each.memo.trim()
        sent = list(zip(*(each.cells[: self.columns.width] for each in records), strict=True))
        reads = self.columns.reads
        values = [
            self._boxes(each, sent) if each.boxes else list(map(each.memo.__getitem__, sent[each.position]))
            for each in reads
        ]
        names = [each.name for each in reads]
        sheet = self.columns.sheet
        rows: list[Row | None] = [
            Row.made(compress(zip(names, row, strict=True), row), sheet, record.line, record.number, record.cells)
            for record, row in zip(records, zip(*values, strict=True), strict=True)
        ]  # fmt: skip
        self._flagged(records, rows, sent)
        self._lacking(records, rows, dict(zip(names, values, strict=True)))
        self._refers(records, rows)
        self._ruled(records, rows)
        self._known(records, rows)
        return [row for row in rows if row is not None]

    def _boxes(self, read: Read, sent: list[tuple[str, ...]]) -> list[str]:
        """Ticked boxes as the codes of what they stand for, joined; a list of codes where it is one column."""
        found = []
        for row in zip(*(sent[at] for at, _ in read.boxes), strict=True):
            ticked = [choice for (_, choice), cell in zip(read.boxes, row, strict=True) if cell.strip() in _TICKED]
            found.append(";".join(filter(None, (read.memo[choice] for choice in ticked))))
        return found

    def _flagged(self, records: list[Record], rows: list[Row | None], sent: list[tuple[str, ...]]) -> None:
        """Findings of single cells, and the cells that came with one (parts of a name, words beside a number)."""
        for read in self.columns.reads:
            flagged = read.memo.flagged
            if not flagged or read.boxes or flagged.keys().isdisjoint(sent[read.position]):
                continue
            for number, text in enumerate(sent[read.position]):
                cell = flagged.get(text)
                row = rows[number]
                if cell is not None and row is not None:
                    self._cell(read, cell, records[number], row, text)
                    if cell.code and not cell.value and read.column and read.column.key:
                        self._keyless(read, cell, records[number])
                        rows[number] = None

    def _cell(self, read: Read, cell: Cell, record: Record, row: Row, text: str) -> None:
        sheet = self.columns.sheet
        for name, value in cell.more:
            if name not in sheet.by_name:
                row[name] = value
                sheet.parts.setdefault(name, sheet.by_name[read.name])
        if cell.code and not (read.column and read.column.key and not cell.value):
            found = f"{text} (read as {cell.value})" if cell.value and cell.value != text else text
            self._say(cell.code, record, read.name, found, **cell.words)
            if not cell.value and cell.code not in _NOTHING:
                row.refuse(read.name, cell.code)

    def _keyless(self, read: Read, cell: Cell, record: Record) -> None:
        """The key itself can't be read: the finding of the cell says why the row is kept out."""
        found = record.cells[read.position]
        self.report.out(record, self.columns.sheet, self.name, cell.code, read.name, found, **cell.words)

    def _lacking(self, records: list[Record], rows: list[Row | None], values: Mapping[str, list[str]]) -> None:
        """Required cells that are empty or stand for unknown."""
        for read in self.required:
            column, given = read.column, values[read.name]
            if column is None or "" not in given:
                continue
            for number, value in enumerate(given):
                row = rows[number]
                if value or row is None or any(name.startswith("last_name") for name in row if column.type == "name"):
                    continue
                if self.columns.mended and not column.key:
                    self.report.out(records[number], self.columns.sheet, self.name, "CSV-0109", read.name,
                                    column=read.name)  # fmt: skip
                    rows[number] = None
                elif column.key:
                    self.report.out(records[number], self.columns.sheet, self.name, "CSV-0108", read.name,
                                    column=read.name)  # fmt: skip
                    rows[number] = None
                elif records[number].cells[read.position] not in read.memo.flagged:
                    self._say("CSV-0109", records[number], read.name, column=read.name)

    def _refers(self, records: list[Record], rows: list[Row | None]) -> None:
        """References to rows of other tables that were read before; where the reference is needed, the row is out."""
        for read in self.columns.reads:
            target = read.column.refers if read.column else None
            there = self.keys.there.get(target) if target else None
            if target is None or there is None or read.column is None:
                continue
            needed = read.column.required or read.column.key
            for number, row in enumerate(rows):
                value = row.get(read.name) if row is not None else None
                if row is None or value is None or hash(value) in there:
                    continue
                words = {"table": target[0], "column": target[1]}
                if needed:
                    where = self.columns.sheet.where(records[number].line, records[number].number, read.name)
                    finding = issue("CSV-0204", where, found=value, **words)
                    self.report.tell(finding)
                    record = records[number]
                    self.report.keep_out(
                        kept(
                            self.columns.sheet, self.name, record.line, record.number, record.cells, finding, read.name
                        )
                    )
                    rows[number] = None
                else:
                    self._say("CSV-0213", records[number], read.name, value, **words)

    def _ruled(self, records: list[Record], rows: list[Row | None]) -> None:
        for number, row in enumerate(rows):
            if row is None:
                continue
            for check in self.rules:
                for one in check(row):
                    if one.value:
                        row[one.column] = one.value
                        continue
                    part = f"{one.column}={one.part}"
                    name = part if one.part and part in self.columns.sheet.by_name else one.column
                    self._say(one.code, records[number], name, row.get(one.column), **one.words)
                    if one.drop:
                        row.refuse(one.column, one.code)

    def _known(self, records: list[Record], rows: list[Row | None]) -> None:
        """Rows of a key that was there before, values that belong to one row, and what may be referred to."""
        if self.table is not None and self.keys.keeps_rows:
            repeats = self.keys.rows.setdefault(self.name, Repeats())
            for number, row in enumerate(rows):
                if row is not None and not repeats.takes(row, self.table, self.key, self.report):
                    rows[number] = None
        elif self.table is not None and self.keys.keeps_rows is False:
            self._mark([row for row in rows if row is not None])
        for table, column in self.keys.wanted:
            if table == self.name:
                there = self.keys.there.setdefault((table, column), set())
                there.update(hash(row[column]) for row in rows if row is not None and column in row)
        for read in self.columns.reads:
            if read.column and (read.column.unique or read.column.alone) and self.keys.keeps_rows:
                self._unique(read, records, rows)

    def _mark(self, rows: list[Row]) -> None:
        """Four numbers a row, in place of the row."""
        marks = self.keys.marks
        here = len(self.keys.sheets)
        whole = marks.setdefault((self.name, ""), Marks())
        unique = [
            (each.name, each.column.alone, marks.setdefault((self.name, each.name), Marks()))
            for each in self.columns.reads
            if each.column and (each.column.unique or each.column.alone)
        ]
        many = self.table is None or self.table.many or not self.key
        names = self.key
        for row in rows:
            key = hash(row.get(names[0], "")) if len(names) == 1 else hash(tuple([row.get(name, "") for name in names]))
            content = hash(tuple(row.items()))
            whole.add(content if many else key, content, row.line, row.number, here)
            for name, alone, each in unique:
                if name in row:
                    each.add(hash(row[name]), row.line if alone else key, row.line, row.number, here)

    def _unique(self, read: Read, records: list[Record], rows: list[Row | None]) -> None:
        name = read.name
        alone = read.column is not None and read.column.alone
        seen = self.keys.unique.setdefault((self.name, name), {})
        for number, row in enumerate(rows):
            value = row.get(name) if row is not None else None
            if row is None or value is None:
                continue
            mine = row.line if alone else hash(tuple(row.get(each, "") for each in self.key))
            if seen.setdefault(value, mine) != mine:
                self._say("CSV-0203", records[number], name, value, column=name)
                row.refuse(name, "CSV-0203")


def repeated(keys: Keys, kind: schema.Schema | None) -> Iterator[Issue]:
    """What came again in tables that were read in batches; of rows of two files only that one is a later version."""
    for (name, column), marks in keys.marks.items():
        table = kind.table(name) if kind else None
        for again in marks.again():
            where = keys.sheets[again.sheet].where(again.line, again.number, column)
            if column and not again.same:
                yield issue("CSV-0203", where, column=column)
            elif not column and again.same:
                yield from [issue("CSV-0201", where)] if again.near else []
            elif not column and again.near and not (table and table.latest):
                yield issue("CSV-0202", where, column="another column")
            elif not column:
                yield issue("CSV-0212", where)


_TICKED = frozenset(("1", "x", "X", "Checked", "checked", "TRUE", "True", "true", "Yes", "yes", "Y", "y"))
