"""Reads the files of a FHIR package: a gzipped tar archive or a folder. Nothing is ever unpacked to disk.

Archives come from elsewhere: one with a link, a device, a path that leads out of it, or more than anybody's guide needs
is refused as a whole. The limits hold for what is read, whatever the headers say.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

LARGEST_ARCHIVE = 256 << 20
"""Bytes of an archive, compressed."""
LARGEST_CONTENT = 1 << 30
"""Bytes of all its files."""
LARGEST_FILE = 64 << 20
MOST_FILES = 50_000
_CHUNK = 1 << 20

ABOUT = "package.json"
_ROOT = "package"


class RefusedError(ValueError):
    """The archive isn't safe to read; the text says why, without anything of its content."""


class UnreadableError(ValueError):
    """This is no package; the text says why."""


def files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each JSON file right in the package's folder, in the package's order."""
    if source.is_dir():
        return _of_folder(folder(source))
    if source.stat().st_size > LARGEST_ARCHIVE:
        raise RefusedError(f"it has more than {LARGEST_ARCHIVE} bytes")
    return _of_file(source)


def folder(path: Path) -> Path:
    """Where a folder's resources lie: in `package/`, as in `~/.fhir/packages/NAME#VERSION`, or in itself."""
    inner = path / _ROOT
    return inner if (inner / ABOUT).is_file() else path


def _of_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    """Links are not followed."""
    total = 0
    for number, file in enumerate(sorted(path.glob("*.json"))):
        if file.is_symlink() or not file.is_file():
            continue
        size = file.stat().st_size
        total += size
        _within(number, size, total)
        yield file.name, file.read_bytes()


def _of_file(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as stream:
        yield from read(stream)


def read(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The same from an open archive."""
    try:
        with gzip.open(stream) as unpacked, tarfile.open(fileobj=_Bounded(unpacked), mode="r:") as tar:
            yield from _members(tar)
    except (OSError, EOFError, zlib.error, tarfile.TarError, UnicodeError) as error:
        raise UnreadableError("it is no gzipped tar archive, or damaged") from error


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    total = 0
    for number, member in enumerate(tar):
        total += member.size
        _within(number, member.size, total)
        parts = _parts(member)
        if len(parts) == 2 and parts[0] == _ROOT and parts[1].endswith(".json") and member.isreg():
            content = tar.extractfile(member)
            if content is not None:
                yield parts[1], content.read()


def _within(number: int, size: int, total: int) -> None:
    if number >= MOST_FILES:
        raise RefusedError(f"it has more than {MOST_FILES} files")
    if size > LARGEST_FILE:
        raise RefusedError(f"one of its files has more than {LARGEST_FILE} bytes")
    if total > LARGEST_CONTENT:
        raise RefusedError(f"its files have more than {LARGEST_CONTENT} bytes together")


def _parts(member: tarfile.TarInfo) -> list[str]:
    """The steps of a member's path."""
    if not (member.isdir() or (member.isreg() and not member.issparse())):
        raise RefusedError("it holds a link, a device or a sparse file")
    name = member.name
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or ":" in "".join(parts[:1]):
        raise RefusedError("a path leads out of it")
    return parts


class _Bounded(io.RawIOBase):
    """What a gzip stream gives, up to a limit; goes forward only, since a package is read once from end to end."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._place = 0

    def tell(self) -> int:
        return self._place

    def read(self, size: int = -1) -> bytes:
        """A header that asks for more than any file may have is no header of a package."""
        if size < 0 or size > LARGEST_FILE:
            raise RefusedError(f"one of its entries has more than {LARGEST_FILE} bytes")
        content = self._stream.read(size)
        self._place += len(content)
        if self._place > LARGEST_CONTENT + MOST_FILES * 1024:
            raise RefusedError("it unpacks to more than it says")
        return content

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or place < self._place:
            raise io.UnsupportedOperation("forward only")
        while self._place < place and self.read(min(_CHUNK, place - self._place)):
            continue
        return self._place

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def packed(source: Path) -> bytes:
    """A folder's files as an archive: the same files, the same bytes."""
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in _of_folder(folder(source)):
            member = tarfile.TarInfo(f"{_ROOT}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return made.getvalue()
