"""Sheets of a workbook as records, each cell as the text that a CSV export of good manners would have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from adapters.formats.tabular.files import File
from adapters.formats.tabular.records import Record
from conformance.catalogue import issue
from conformance.issue import Issue, Where

MOST_BOOK = 256 * 1024 * 1024


def sheets(file: File) -> tuple[list[tuple[str, list[Record]]], bool, list[Issue]]:
    """Visible sheets with their rows, and whether days are counted from 1904."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    raw = file.whole()
    if len(raw) > MOST_BOOK:
        return [], False, [issue("CSV-0005", Where(source=file.name), problem="too large")]
    try:
        import io

        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        shown = [each.name for each in book.sheets_metadata if each.visible is SheetVisibleEnum.Visible]
        found = [(name, list(_records(book.get_sheet_by_name(name)))) for name in shown]
    except (CalamineError, ValueError, OSError) as error:
        return [], False, [issue("CSV-0005", Where(source=file.name), problem=type(error).__name__)]
    return [(name, rows) for name, rows in found if rows], _epoch1904(raw), []


def _records(sheet: Any) -> Iterator[Record]:
    for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1):
        yield Record(number, number, [_text(cell) for cell in cells])


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _epoch1904(raw: bytes) -> bool:
    """`workbookPr date1904="1"` of an OOXML workbook."""
    import io
    import re
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open("xl/workbook.xml") as stream:
            head = stream.read(65536)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError):
        return False
    return re.search(rb'date1904="(?:1|true)"', head) is not None
