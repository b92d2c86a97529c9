"""What a dataset is made of: a file, the tables of a folder or a zip, workbooks; each can be opened again.

Bounds: members of an archive and their sizes, so that a small archive can't fill the memory.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO
from weakref import finalize

from conformance.catalogue import issue
from conformance.issue import Issue, Where

TEXTS = (".csv", ".tsv", ".tab", ".txt", ".psv")
BOOKS = (".xlsx", ".xlsm", ".xls")
MOST_MEMBERS = 500
MOST_BYTES = 4 * 1024**3
"""Of one member of an archive, unpacked."""
MOST_RATIO = 200
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a dataset. `open` gives its bytes from the beginning, as often as asked."""

    name: str
    open: Callable[[], IO[bytes]] = field(repr=False)

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name.lower()).suffix

    def head(self, size: int = 65536) -> bytes:
        with self.open() as stream:
            return stream.read(size)

    def size(self) -> int:
        """Bytes, counted where nothing says how many."""
        with self.open() as stream:
            if stream.seekable():
                return stream.seek(0, io.SEEK_END)
            return sum(len(chunk) for chunk in iter(lambda: stream.read(1 << 20), b""))

    def whole(self) -> bytes:
        with self.open() as stream:
            return stream.read()


def of_bytes(raw: bytes, name: str) -> File:
    return File(name, lambda: io.BytesIO(raw))


def of_path(path: Path, name: str = "") -> File:
    return File(name or path.name, lambda: path.open("rb"))


def files(source: bytes | Path, name: str = "") -> tuple[list[File], list[Issue]]:
    """The files of a source: a folder's own and those of its archives; in the order of the dates in their names."""
    if isinstance(source, Path) and source.is_dir():
        found = [of_path(path) for path in sorted(source.iterdir()) if path.is_file() and _wanted(path.name)]
    else:
        one = of_bytes(source, name or "input.csv") if isinstance(source, bytes) else of_path(source, name)
        found = [one]
    issues: list[Issue] = []
    unpacked = [each for one in found for each in _unpacked(one, issues)]
    return sorted(unpacked, key=lambda each: (day(each.name), each.name)), issues


def _wanted(name: str) -> bool:
    return not name.startswith((".", "~$")) and name.lower().endswith((*TEXTS, *BOOKS, ".zip", "datapackage.json"))


def is_book(head: bytes, name: str = "") -> bool:
    """A workbook: an Office Open XML archive, or an old Excel file."""
    if head[:4] == _OLE:
        return True
    known = b"[Content_Types].xml" in head[:4096] or b"xl/" in head[:4096]
    return head[:4] == _ZIP and (known or name.lower().endswith(BOOKS))


def is_archive(head: bytes, name: str = "") -> bool:
    return head[:4] == _ZIP and not is_book(head, name)


def _unpacked(file: File, issues: list[Issue]) -> Iterator[File]:
    if file.suffix == ".json" or not is_archive(file.head(4096), file.name):
        yield file
        return
    try:
        with file.open() as stream, zipfile.ZipFile(stream) as archive:
            members = [each for each in archive.infolist() if not each.is_dir() and _member(each.filename)]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        issues.append(issue("CSV-0005", Where(source=file.name), problem=type(error).__name__))
        return
    for member in members[:MOST_MEMBERS]:
        if member.file_size > MOST_BYTES or member.file_size > MOST_RATIO * max(member.compress_size, 1024):
            issues.append(issue("CSV-0005", Where(source=member.filename), problem="too large when unpacked"))
        elif member.flag_bits & 1:
            issues.append(issue("CSV-0005", Where(source=member.filename), problem="encrypted"))
        else:
            yield File(_base(member.filename), _opening(file, member.filename))
    if len(members) > MOST_MEMBERS:
        issues.append(issue("CSV-0005", Where(source=file.name), problem=f"more than {MOST_MEMBERS} members"))


def _member(name: str) -> bool:
    return not name.startswith("__MACOSX/") and ".." not in name.split("/") and _wanted(_base(name))


def _base(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _opening(file: File, member: str) -> Callable[[], IO[bytes]]:
    """Opens a member; it gives no more bytes than the archive's directory says."""

    def opened() -> IO[bytes]:
        stream = file.open()
        content = zipfile.ZipFile(stream).open(member)  # noqa: SIM115 -- what is opened is the answer
        finalize(content, stream.close)  # which the archive leaves to whom the file belongs
        return content

    return opened


_DAY = re.compile(r"(20\d\d)[-_.]?(\d\d)(?:[-_.]?(\d\d))?(?:[-_.T]?(\d{4,6}))?", re.ASCII)


def day(name: str) -> str:
    """The date (and time) in a file's name, so that later exports come later; empty without one."""
    match = _DAY.search(name)
    return "".join(part or "" for part in match.groups()) if match else ""
