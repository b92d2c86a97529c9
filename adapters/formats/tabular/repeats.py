"""Rows of one key: the same row twice, a later version, or rows that contradict one another."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.formats.tabular.report import Report, kept
from adapters.formats.tabular.table import Row, Sheet
from conformance.catalogue import issue
from conformance.tabular import schema

_Earlier = tuple[int, Row]
"""The hash of a row's content, and the row."""


@dataclass(slots=True)
class Repeats:
    """The rows of one table that were read before, by the hashes of their keys."""

    _rows: dict[int, _Earlier] = field(default_factory=dict)

    def takes(self, row: Row, table: schema.Table, key: list[str], report: Report) -> bool:
        """False where the row is the same as an earlier one or contradicts it. An earlier row whose place it takes is
        emptied."""
        content = hash(tuple(row.items()))
        many = table.many or not key
        mark = content if many else hash(tuple(row.get(name, "") for name in key))
        if mark not in self._rows:
            self._rows[mark] = (content, row)
            return True
        before, earlier = self._rows[mark]
        resent = _is_resent(row.sheet, earlier.sheet, table)
        if before == content and not resent:
            report.tell(issue("CSV-0201", row.where()))
        elif resent or _is_later(row, earlier, table):
            self._rows[mark] = (content, row)
            report.tell(issue("CSV-0212", earlier.where()))
            earlier.clear()
            return True
        elif table.latest:
            report.tell(issue("CSV-0212", row.where()))
        else:
            _contradicts(row, earlier, table.name, report)
        return False


def _is_resent(sheet: Sheet, other: Sheet, table: schema.Table) -> bool:
    """Whether the rows of a file take the place of an earlier one's: exports of two days, or of a table that says when
    a row was changed."""
    if sheet is other:
        return False
    return bool(table.latest) or (bool(sheet.day and other.day) and sheet.day != other.day)


def _is_later(row: Row, other: Row, table: schema.Table) -> bool:
    return bool(table.latest) and [row.get(each, "") for each in table.latest] >= [
        other.get(each, "") for each in table.latest
    ]


def _contradicts(row: Row, earlier: Row, table: str, report: Report) -> None:
    column = next((name for name in {**earlier, **row} if earlier.get(name) != row.get(name)), "")
    finding = issue("CSV-0202", row.where(column), found=row.raw(column), column=column)
    report.tell(finding)
    report.keep_out(kept(row.sheet, table, row.line, row.number, row.cells, finding, column))
