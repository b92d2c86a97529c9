"""`conformance.document.Format` for tables: CSV and its like, workbooks, archives of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.document import Document
from conformance.issue import Issue, Result, Where

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from conformance.syntax import Syntax
    from conformance.tabular.schema import Schema


class Tabular:
    """Tables of any delimiter, encoding and layout; `Document.root` is a `Dataset`."""

    name = "csv"
    suffixes: tuple[str, ...] = (".csv", ".tsv", ".tab", ".psv", ".xlsx", ".xlsm", ".xls", ".zip")
    media_type = "text/csv"

    def sniff(self, head: bytes) -> bool:
        """True for workbooks, archives, and text whose first lines have cells of one number."""
        from adapters.formats.tabular.sniff import is_table

        return is_table(head)

    def split(self, raw: bytes) -> list[bytes]:
        return [raw]

    def parse(self, raw: bytes) -> Result[Document]:
        return self.read(raw)

    def read(self, source: bytes | Path, name: str = "", told: Told | None = None,
             schema: Schema | None = None) -> Result[Document]:  # fmt: skip
        """A file's content, or the path of a file, folder or archive; `name` is what findings call content."""
        from adapters.formats.tabular.dataset import parse

        return parse(source, name, told, schema)

    def render(self, document: Document) -> Result[bytes]:
        """One table as CSV for spreadsheets, several as a zip of them."""
        from adapters.formats.tabular.write import render

        return render(document)

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        """`Client.DOB`: the cells of a column, each with its place."""
        from adapters.formats.tabular.places import spot

        wanted, _, column = path.rpartition(".")
        tables = {name: rows for name, rows in document.root.items() if wanted in ("", name)}
        found = [(name, row) for name, rows in tables.items() for row in rows if column in row]
        return [(row[column], spot(name, row, column)) for name, row in found]

    def reply(self, raw: bytes, issues: Iterable[Issue]) -> bytes:
        """Tables are not acknowledged."""
        return b""

    @property
    def syntax(self) -> Syntax:
        from adapters.formats.tabular.syntax import SYNTAX

        return SYNTAX
