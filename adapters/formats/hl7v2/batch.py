"""Batches (v2.8.2 section 2.10.3): FHS and BHS before, BTS and FTS after, any number of messages between."""

from __future__ import annotations

import re

from adapters.formats.hl7v2.charsets import wide
from conformance.catalogue import issue
from conformance.issue import Issue, Where

_LINE = r"(?:^|(?<=[\r\n\x0b\x1c\x00\ufeff\xbf]))"
"""Where a segment may begin; 0xBF ends UTF-8's byte order mark, the text being read as Latin-1."""

_MESSAGE = re.compile(_LINE + r"MSH[^A-Za-z0-9\s]")
_WRAPPER = re.compile(_LINE + r"(?:FHS|BHS|BTS|FTS)(?:[^A-Za-z0-9\s][^\r\n]*)?(?=[\r\n\x1c]|$)[\r\n]*")
_GOES_ON = re.compile(_LINE + r"DSC([^A-Za-z0-9\s])([^\r\n]*?)(?:\1F?[^\r\n]*)?[\r\n\x1c]*$")
_TRAILER = re.compile(_LINE + r"(BTS|FTS)([^A-Za-z0-9\s])(\d*)")


def split(raw: bytes) -> list[bytes]:
    """The messages of a batch or of several frames, each in its own bytes; a single message as it is."""
    codec = wide(raw)
    text = raw.decode(codec or "latin-1", errors="replace")
    starts = [match.start() for match in _MESSAGE.finditer(text)]
    if not starts or (len(starts) == 1 and not _WRAPPER.search(text)):
        return [raw]
    ends = [*starts[1:], len(text)]
    head = _WRAPPER.sub("", text[: starts[0]]).strip("\r\n\x0b\x1c\x00\ufeff\xef\xbb\xbf")
    chunks = [_WRAPPER.sub("", text[start:end]).rstrip("\x0b") for start, end in zip(starts, ends, strict=True)]
    chunks[0] = head + "\r" * bool(head) + chunks[0]
    return [chunk.encode(_plain(codec)) for chunk in _joined(chunks)]


def _joined(chunks: list[str]) -> list[str]:
    """Fragments of one message put together (section 2.10.2): DSC-1 of a part is MSH-14 of the part that goes on with
    it, next to it or further on."""
    whole: list[list[str]] = []
    waiting: dict[str, tuple[list[str], int]] = {}
    """By DSC-1: the parts of a message that isn't at its end, and where the DSC of the last begins."""
    for chunk in chunks:
        goes_on = _GOES_ON.search(chunk)
        parts, end = waiting.pop(_continues(chunk), ([], 0))
        if parts:
            _, _, rest = re.split(r"(\r\n|\r|\n)", chunk, maxsplit=1)
            parts[-1] = parts[-1][:end]
        else:
            whole.append(parts)
            rest = chunk
        parts.append(rest)
        if goes_on and goes_on[2]:
            waiting[goes_on[2]] = parts, goes_on.start() - len(chunk) + len(rest)
    return ["".join(parts) for parts in whole]


def _continues(chunk: str) -> str:
    """MSH-14, the continuation pointer."""
    header = re.split(r"[\r\n]", chunk.lstrip("\x0b"), maxsplit=1)
    fields = header[0].split(chunk.lstrip("\x0b")[3:4]) if len(header) == 2 else []
    return fields[13] if len(fields) > 13 else ""


def _plain(codec: str) -> str:
    """A codec that writes no byte order mark into each message."""
    return {"": "latin-1", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(codec, codec)


def check(raw: bytes) -> tuple[Issue, ...]:
    """Trailers whose counts aren't true: BTS-1 counts messages, FTS-1 batches. A batch cut short shows here."""
    text = raw.decode(wide(raw) or "latin-1", errors="replace")
    issues, begin, batches = [], 0, 0
    for trailer in _TRAILER.finditer(text):
        kind, _, declared = trailer.groups()
        counted = len(_MESSAGE.findall(text, begin, trailer.start())) if kind == "BTS" else batches
        if declared and int(declared[:9]) != counted:
            where = Where(path=f"{kind}-1", line=_line(text, trailer.start()))
            issues.append(issue("V2-0018", where, found=declared, trailer=kind, counted=counted))
        begin, batches = trailer.end(), batches + (kind == "BTS")
    return tuple(issues)


def _line(text: str, at: int) -> int:
    return 1 + text.count("\r", 0, at) + text.count("\n", 0, at) - text.count("\r\n", 0, at)
