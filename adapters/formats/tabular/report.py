"""Where findings go while tables are read, and rows that are kept out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.formats.tabular.records import Record
from adapters.formats.tabular.table import KeptOut, Sheet
from conformance.catalogue import issue
from conformance.issue import Issue


@dataclass(slots=True)
class Report:
    tell: Callable[[Issue], None]
    keep_out: Callable[[KeptOut], None]

    def out(self, record: Record, sheet: Sheet, table: str, code: str, at: str = "", found: str | None = None,
            **words: Any) -> None:  # fmt: skip
        """A row is kept out: said, and kept as it was sent. `at`: the column that is why."""
        finding = issue(code, sheet.where(record.line, record.number, at), found=found, **words)
        self.tell(finding)
        self.keep_out(kept(sheet, table, record.line, record.number, record.cells, finding, at))


def kept(
    sheet: Sheet, table: str, line: int, number: int, cells: Sequence[str], finding: Issue, column: str
) -> KeptOut:
    header = sheet.by_name[column].header if column in sheet.by_name else column
    return KeptOut(
        sheet=sheet,
        table=table,
        line=line,
        number=number,
        cells=tuple(cells),
        code=finding.code,
        reason=finding.message,
        column=header,
    )
