"""Whether the first bytes of a source are a table's."""

from __future__ import annotations

import codecs

from adapters.formats.tabular.dialect import DELIMITERS, widths_
from adapters.formats.tabular.files import is_archive, is_book

_LEAST_ROWS = 2


def is_table(head: bytes) -> bool:
    """A workbook, an archive, or at least two lines of text with the same number of cells, two or more."""
    if is_book(head) or is_archive(head):
        return True
    text = _text(head)
    if not text or text.lstrip()[:1] in "{[<" or _is_binary(text):
        return False
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    if len(head) >= 4096 and len(lines) > 2:
        lines.pop()
    return any(_regular(lines, delimiter) for delimiter in DELIMITERS)


def _text(head: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, errors="ignore")
    if head[1:2] == b"\0" or head[:1] == b"\0":
        return head.decode("utf-16-le" if head[1:2] == b"\0" else "utf-16-be", errors="ignore")
    return head.decode("latin-1")


def _is_binary(text: str) -> bool:
    return any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text)


def _regular(lines: list[str], delimiter: str) -> bool:
    widths = widths_(lines, delimiter)
    if len(widths) < _LEAST_ROWS:
        return False
    most = max(set(widths), key=widths.count)
    widths = widths[widths.index(most) :]  # titles stand above
    return most > 1 and widths.count(most) >= max(_LEAST_ROWS, len(widths) * 0.6)
