"""From bytes to text: MSH-18 and table 0211 (v2.8.2 section 2.14.9.18), and what to do when it isn't true."""

from __future__ import annotations

from collections.abc import Callable

_CODECS = {
    "ASCII": "ascii",
    "8859/1": "latin-1",
    **{f"8859/{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
    "UNICODE UTF-32": "utf-32",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    "ISO IR6": "ascii",
    "ISO IR14": "iso2022_jp_ext",
    "ISO IR87": "iso2022_jp_ext",
    "ISO IR159": "iso2022_jp_ext",
}
"""Table 0211 to Python's codecs."""

_ALIASES = {
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "UNICODE UTF8": "utf-8",
    "UTF-16": "utf-16",
    "ISO-8859-1": "latin-1",
    "ISO8859-1": "latin-1",
    "ISO 8859-1": "latin-1",
    "8859-1": "latin-1",
    "ISO-8859-15": "iso8859-15",
    "WINDOWS-1252": "cp1252",
    "CP1252": "cp1252",
    "US-ASCII": "ascii",
}
"""Names that senders write instead."""

_WESTERN = frozenset(("ascii", "latin-1", "iso8859-15", "cp1252"))
"""Sets in which a run of valid UTF-8 makes no words (`Ã©`), so that UTF-8 under these names is a wrong declaration."""

_STRICT = ("iso2022_jp_ext", "ascii", "utf-8")
"""Sets that reject bytes that aren't theirs, so that among several declared they can be tried first, in this order."""

_WIDE = frozenset(("utf-16", "utf-32"))
"""Seen by their zero bytes; where those are missing, a declaration of these is wrong."""

Report = Callable[[str, str], None]
"""Takes a catalogue code and what was found."""


def read(raw: bytes, header: bytes, report: Report) -> tuple[str, str]:
    """(text, Python codec) of a message whose first MSH segment is `header`. Every byte becomes text, and whenever it
    isn't by the declaration, `report` says so: no mojibake in silence."""
    sixteen = wide(raw)
    if sixteen:
        return raw.decode(sixteen, errors="replace"), sixteen
    names = _declared(header)
    codecs = [codec for codec in (_codec(name) for name in names) if codec and codec not in _WIDE]
    for name in names:
        if not _codec(name):
            report("V2-0020", name)
    if raw.isascii() and "iso2022_jp_ext" not in codecs:
        return raw.decode("ascii"), codecs[0] if codecs else "utf-8"
    return _judged(raw, codecs, ", ".join(names), report)


def _judged(raw: bytes, codecs: list[str], declared: str, report: Report) -> tuple[str, str]:
    utf8 = _strict(raw, "utf-8")
    if utf8 is not None and _WESTERN.issuperset(codecs):
        if declared:
            report("V2-0021", declared)
        return utf8, "utf-8"
    for codec in sorted(codecs, key=lambda codec: _STRICT.index(codec) if codec in _STRICT else 9):
        if codec == "latin-1" and _strict(raw, "cp1252") is not None and any(0x80 <= byte < 0xA0 for byte in raw):
            report("V2-0022", declared)
            return raw.decode("cp1252"), "cp1252"
        text = _strict(raw, codec)
        if text is not None:
            return text, codec
    return _fallback(raw, utf8, declared, report)


def _fallback(raw: bytes, utf8: str | None, declared: str, report: Report) -> tuple[str, str]:
    """UTF-8 when it is that, else Windows' Latin-1, which only five bytes aren't in, else ISO's, which has all."""
    report("V2-0023" if declared else "V2-0024", declared)
    if utf8 is not None:
        return utf8, "utf-8"
    text = _strict(raw, "cp1252")
    return (text, "cp1252") if text is not None else (raw.decode("latin-1"), "latin-1")


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeError:
        return None


def wide(raw: bytes) -> str:
    """The codec of UTF-16 or UTF-32 by byte order mark, or by the zero bytes in its `MSH`; else empty."""
    head = raw[:64]
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" not in head:
        return ""
    at = head.find(b"M\x00S\x00H")
    if at < 0 or b"MSH" in head:
        return ""
    return "utf-16-le" if at % 2 == 0 or head[0] == 0x0B else "utf-16-be"


def _declared(header: bytes) -> list[str]:
    """The valued repetitions of MSH-18."""
    fields = header.split(header[3:4], 18) if header[3:4] else []
    if len(fields) < 18:
        return []
    names = fields[17].decode("latin-1").split(header[5:6].decode("latin-1") or "~")
    return [name.strip() for name in names if name.strip() not in ("", '""')]


def name_of(codec: str) -> str:
    """What MSH-18 calls a Python codec; empty when table 0211 doesn't have it."""
    return next((name for name, known in _CODECS.items() if known == codec and name != "UNICODE"), "")


def _codec(name: str) -> str:
    return _CODECS.get(name.upper()) or _ALIASES.get(name.upper(), "")
