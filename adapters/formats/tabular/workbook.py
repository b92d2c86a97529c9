"""Sheets of a workbook as records, each cell as the text that a CSV export of good manners would have.

The library lays a sheet out as a grid from its first to its last cell: a small file whose last cell is far away would
take all memory. So the places of cells are looked at before, and what would be too large is not opened.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from adapters.formats.tabular.files import File
from adapters.formats.tabular.records import Record
from conformance.catalogue import issue
from conformance.issue import Issue, Where

MOST_BYTES = 256 * 1024 * 1024
"""Of the file."""
MOST_UNPACKED = 2 * 1024**3
MOST_CELLS = 24_000_000
"""Of all sheets, empty ones between others too: a million rows of twenty columns, and some."""
_PLACE = re.compile(rb'<(?:\w+:)?c [^<>]{0,200}?r="([A-Z]{1,3})(\d{1,7})"')
_CHUNK = 1 << 20
_OVERLAP = 512


class _TooLargeError(ValueError):
    """A workbook that would not fit into memory."""


def sheets(file: File) -> tuple[list[tuple[str, list[Record]]], bool, list[Issue]]:
    """Visible sheets with their rows, and whether days are counted from 1904."""
    from python_calamine import CalamineError

    try:
        raw = file.head(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise _TooLargeError
        if raw[:4] == b"PK\x03\x04":
            _check(raw)
        return list(_sheets(raw)), _epoch1904(raw), []
    except _TooLargeError:
        problem = "it would be too large"
    except (CalamineError, zipfile.BadZipFile, KeyError, ValueError, OSError, NotImplementedError) as error:
        problem = type(error).__name__
    return [], False, [issue("CSV-0005", Where(source=file.name), problem=problem)]


def _check(raw: bytes) -> None:
    """Refuses what isn't an Office Open XML workbook, or one of which the grid would be too large."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > MOST_UNPACKED:
            raise _TooLargeError
        archive.getinfo("xl/workbook.xml")
        grids = (_grid(archive, each.filename) for each in members if each.filename.startswith("xl/worksheets/"))
        if sum(grids) > MOST_CELLS:
            raise _TooLargeError


def _grid(archive: zipfile.ZipFile, name: str) -> int:
    """Cells from the first to the last of a sheet."""
    width = height = 0
    rest = b""
    with archive.open(name) as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            text = rest + chunk
            for match in _PLACE.finditer(text):
                width = max(width, _column(match[1]))
                height = max(height, int(match[2]))
            rest = text[-_OVERLAP:]
    return width * height


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheets(raw: bytes) -> Iterator[tuple[str, list[Record]]]:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    left = MOST_CELLS
    for each in book.sheets_metadata:
        if each.visible is not SheetVisibleEnum.Visible:
            continue
        sheet = book.get_sheet_by_name(each.name)
        left -= sheet.total_height * sheet.total_width
        if left < 0:
            raise _TooLargeError
        if rows := list(_records(sheet)):
            yield each.name, rows


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
    """`workbookPr date1904="1"` of an Office Open XML workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open("xl/workbook.xml") as stream:
            head = stream.read(65536)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError):
        return False
    return re.search(rb'date1904="(?:1|true)"', head) is not None
