"""A dataset as CSV: columns in the order of the kind's schema, RFC 4180, safe to open in a spreadsheet.

For spreadsheets a cell that would be a formula gets an apostrophe in front, which reading takes away again, and the
file a byte order mark, without which spreadsheets misread names. With `raw` neither is written: for machines.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping

from adapters.formats.tabular.table import Dataset, Table
from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Result
from conformance.tabular import kinds, schema

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def render(document: Document, *, raw: bool = False) -> Result[bytes]:
    """One table as CSV, several as a zip of their files."""
    if not isinstance(document.root, Mapping) or not document.root:
        return Result(value=None, issues=(issue("CSV-0401"),))
    written = files(document, raw=raw)
    if len(written) == 1:
        return Result(value=next(iter(written.values())))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in written.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return Result(value=packed.getvalue())


def files(document: Document, *, raw: bool = False) -> dict[str, bytes]:
    """The content of each table's file, by the file's name."""
    dataset: Mapping[str, Table] = document.root
    kind = _schema(document)
    found = {}
    for name, table in dataset.items():
        known = kind.table(name) if kind else getattr(table, "schema", None)
        found[_file(name, known)] = _csv(table, columns(table, known), raw=raw)
    return found


def _schema(document: Document) -> schema.Schema | None:
    if isinstance(document.root, Dataset) and document.root.schema is not None:
        return document.root.schema
    return kinds.shipped(document.version).value if document.version in kinds.ids() else None


def _file(name: str, table: schema.Table | None) -> str:
    """The file name that the kind's standard gives a table, else its name."""
    given = next((each for each in table.files if not set(each) & set("*?[")), "") if table else ""
    return given or f"{re.sub(r'[^A-Za-z0-9_. -]', '_', name)}.csv"


def columns(table: Iterable[Mapping[str, str]], known: schema.Table | None) -> list[str]:
    """All columns of the schema in its order, then others as they first appear."""
    found = dict.fromkeys(column.name for column in known.columns) if known else {}
    for row in table:
        found.update(dict.fromkeys(name for name in row if name not in found))
    return list(found)


def _csv(rows: Iterable[Mapping[str, str]], names: list[str], *, raw: bool) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names if raw else map(guarded, names))
    for row in rows:
        cells = [row.get(name, "") for name in names]
        writer.writerow(cells if raw else map(guarded, cells))
    return text.getvalue().encode("utf-8" if raw else "utf-8-sig")


def guarded(cell: str) -> str:
    """A cell that a spreadsheet takes as text: numbers with a sign may stay."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
