"""`--ledger FILE`: one JSON object a line for each document, with what became of each of its fields."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.issue import Issue, Where
from gateway.cli.inputs import STDIN
from gateway.cli.outputs import replace_file

if TYPE_CHECKING:
    from gateway.columns import Columns
    from mappings import Ledger, Row
    from mappings.ledger import Status

STATUSES: tuple[Status, ...] = ("mapped", "ignored", "unmapped", "null")


@dataclass(slots=True)
class Ledgers:
    """`{"file", "counts": {status: n}, "rows": [{"path", "status", "targets", "rule", "reason"}]}` a line; with
    `values` each row has the text that stood there. Tables have `"columns": [{"column", "filled", status: n, "targets",
    "reasons"}]` too, and no `rows` when they are large."""

    target: str | None
    values: bool
    _lines: list[bytes] = field(default_factory=list)
    _name: str = ""
    _columns: Columns | None = None

    def add(self, name: str, ledger: Ledger | None) -> None:
        """The ledger of a document; of tables that of a share, which may follow others of the same name."""
        if self.target is None or ledger is None:
            return
        from gateway.columns import Columns, of_tables

        if self._columns is None or name != self._name:
            self._flush()
        if of_tables(ledger):
            self._name, self._columns = name, self._columns or Columns()
            self._columns.add(ledger, values=self.values)
            return
        rows = ledger.rows(values=self.values)
        self._line({"file": name, "counts": counts(rows), "rows": [shown(row) for row in rows]})

    def _flush(self) -> None:
        """Writes the line of tables that are over."""
        if self._columns is None:
            return
        found = self._columns.counts()
        line: dict[str, Any] = {"file": self._name, "counts": {status: found[status] for status in STATUSES}}
        line["columns"] = [each.shown() for each in self._columns]
        if self._columns.cells is not None:
            line["rows"] = [shown(row) for row in self._columns.cells]
        self._columns = None
        self._line(line)

    def _line(self, line: dict[str, Any]) -> None:
        import orjson

        self._lines.append(orjson.dumps(line) + b"\n")

    def end(self) -> Issue | None:
        if self.target is None:
            return None
        self._flush()
        if self.target == STDIN:
            sys.stdout.buffer.writelines(self._lines)
            return None
        try:
            replace_file(Path(self.target), self._lines)
        except OSError as error:
            return issue("IO-0006", Where(source=self.target), problem=error.strerror or type(error).__name__)
        return None


def counts(rows: Iterable[Row]) -> dict[str, int]:
    """How many fields have each status."""
    found = Counter(row.status for row in rows)
    return {status: found[status] for status in STATUSES}


def shown(row: Row) -> dict[str, Any]:
    """A row as JSON, without what it doesn't say."""
    return {key: value for key, value in asdict(row).items() if value not in (None, "", ())}
