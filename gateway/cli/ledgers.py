"""`--ledger FILE`: one JSON object a line for each document, with what became of each of its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.issue import Issue, Where
from gateway.cli.outputs import replace_file

if TYPE_CHECKING:
    from mappings import Ledger, Row
    from mappings.ledger import Status

STATUSES: tuple[Status, ...] = ("mapped", "ignored", "unmapped", "null")


@dataclass(slots=True)
class Ledgers:
    """`{"file", "counts": {status: n}, "rows": [{"path", "status", "targets", "rule", "reason"}]}` a line; with
    `values` each row has the text that stood there."""

    target: str | None
    values: bool
    _lines: list[bytes] = field(default_factory=list)

    def add(self, name: str, ledger: Ledger | None) -> None:
        if self.target is None or ledger is None:
            return
        import orjson

        rows = ledger.rows(values=self.values)
        line = {"file": name, "counts": counts(rows), "rows": [shown(row) for row in rows]}
        self._lines.append(orjson.dumps(line) + b"\n")

    def end(self) -> Issue | None:
        if self.target is None:
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
