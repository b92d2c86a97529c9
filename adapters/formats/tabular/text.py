"""A file's bytes as lines of text: by its byte order mark, strict UTF-8, as declared, else cp1252 with an issue.

An encoding is never guessed from letters, which would change names. A file that isn't UTF-8 as a whole is read line by
line: lines that are, in a file that isn't, are told.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from adapters.formats.tabular.files import File
from conformance.catalogue import issue
from conformance.issue import Issue, Where

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
"""Characters of one line; what is longer is cut there, and so isn't a row."""
_MOST_TOLD = 20


@dataclass(slots=True)
class Text:
    """A file's lines, which can be read again; line ends are kept."""

    file: File
    encoding: str
    mark: int = 0
    size: int = 0
    """Bytes of the file."""
    issues: list[Issue] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        with self.file.open() as stream:
            stream.read(self.mark)
            if self.encoding != "mixed":
                yield from _decoded(stream, self.encoding)
                return
            for line in _decoded(stream, "latin-1"):
                yield line if line.isascii() else _mended(line, "cp1252")[0]


def _decoded(stream: object, encoding: str) -> Iterator[str]:
    """Lines, with a bound on their length: a file without line ends doesn't fill the memory."""
    wrapped = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")  # type: ignore[type-var]
    try:
        yield from iter(lambda: wrapped.readline(LONGEST_LINE), "")
    finally:
        wrapped.detach()


def _mended(line: str, declared: str) -> tuple[str, str]:
    """A line read as Latin-1, and what it is: UTF-8, the declared encoding, or with letters that have none."""
    raw = line.encode("latin-1")
    for encoding in ("utf-8", declared):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode(declared, errors="replace"), ""


def text(file: File, declared: str = "") -> Text:
    """How a file is encoded, by one pass over its bytes."""
    head = file.head(4096)
    size = file.size()
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Text(file, encoding, len(mark), size, list(_replaced(file, encoding, len(mark))))
    if encoding := _wide(head):
        found = issue("CSV-0002", Where(source=file.name), encoding=encoding, why="it has no byte order mark")
        return Text(file, encoding, 0, size, [found, *_replaced(file, encoding, 0)])
    if _strict(file, "utf-8"):
        return Text(file, "utf-8", 0, size)
    if declared and _known(declared) and _strict(file, declared):
        return Text(file, declared, 0, size)
    return Text(file, "mixed", 0, size, list(_told(file)))


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of plain letters is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 8 or max(even, odd) < len(head) // 5:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _strict(file: File, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with file.open() as stream:
        try:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _replaced(file: File, encoding: str, mark: int) -> Iterator[Issue]:
    """Lines of a marked encoding with bytes that it doesn't have."""
    if _strict_from(file, encoding, mark):
        return
    for number, line in enumerate(Text(file, encoding, mark).lines(), 1):
        if "�" in line:
            yield issue("CSV-0004", Where(source=file.name, line=number, path=f"row {number}"))


def _strict_from(file: File, encoding: str, mark: int) -> bool:
    decoder: Callable[[bytes, bool], str] = codecs.getincrementaldecoder(encoding)().decode
    with file.open() as stream:
        stream.read(mark)
        try:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                decoder(chunk, False)
            decoder(b"", True)
        except UnicodeError:
            return False
    return True


def _told(file: File) -> Iterator[Issue]:
    """That a file was read as cp1252; each of its lines that looks like UTF-8 or has bytes of neither."""
    first, told = 0, 0
    lines: list[Issue] = []
    with file.open() as stream:
        for number, line in enumerate(_decoded(stream, "latin-1"), 1):
            if line.isascii():
                continue
            _, encoding = _mended(line, "cp1252")
            first = first or (number if encoding != "utf-8" else 0)
            if encoding != "cp1252" and told < _MOST_TOLD:
                told += 1
                where = Where(source=file.name, line=number, path=f"row {number}")
                lines.append(issue("CSV-0003" if encoding else "CSV-0004", where))
    why = f"it is not UTF-8 (first on line {first})"
    yield issue("CSV-0002", Where(source=file.name), encoding="cp1252", why=why)
    yield from lines
