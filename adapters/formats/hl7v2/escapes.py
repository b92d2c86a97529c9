r"""Escape sequences of HL7 v2 text (v2.8.2 chapter 2.7), in the canonical form with `\` as the escape character.

They are decoded once, at the leaf. What can't be decoded stays as it is; `malformed` finds it for the report.
"""

from __future__ import annotations

from collections.abc import Iterator

_LETTERS = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", "P": "#", "H": "", "N": ""}
"""Delimiters, the truncation character (v2.7), and highlighting, which plain text can't show."""

_COMMANDS = {".br": "\n", ".ce": "\n", ".sp": "\n", ".sk": " ", ".fi": "", ".nf": "", ".in": "", ".ti": ""}
"""Formatting commands of FT (2.7.6) as plain text; the last two and `.sp`, `.sk` take a number."""

_NUMBERED = frozenset((".sp", ".sk", ".in", ".ti"))

_MAX_COUNT = 99
"""Lines or spaces that one command may make; a larger number is taken for malformed."""

_ISO_2022 = ("iso2022_jp_2", "iso2022_kr")
r"""Codecs of the character sets that `\C..\` and `\M..\` switch to in 7 bits (2.14.9.18, ISO 2022)."""

_HEX = frozenset("0123456789ABCDEFabcdef")

_HEXED = {chr(code): f"\\X{code:02X}\\" for code in range(32) if chr(code) not in "\n\t"}
CONTROLS = str.maketrans(_HEXED | {"\n": "\\.br\\"})
"""For text that is escaped already: what would end its segment or frame."""
_ENCODE = str.maketrans(
    {"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\", "\n": "\\.br\\"} | _HEXED
)


def encode(text: str) -> str:
    r"""Any text as HL7 v2 data: `decode(encode(text)) == text`.

    A line feed becomes `\.br\`, other controls `\Xhh\` (a carriage return would end the segment, 0x0B and 0x1C the
    frame). Text that is exactly `""` is spelt in hexadecimal, or it would be an explicit null.
    """
    return "\\X2222\\" if text == '""' else text.translate(_ENCODE)


def decode(text: str) -> str:
    """A leaf's text with its escape sequences replaced; `Z` sequences and malformed ones stay as they are."""
    if "\\" not in text:
        return text
    runs: list[tuple[str, list[str]]] = [("", [])]
    hexadecimal = ""
    for piece, escape in _tokens(text):
        if escape and piece[0] == "X":
            hexadecimal += piece[1:]
            continue
        if hexadecimal and piece:
            runs[-1][1].append(_bytes(hexadecimal))
            hexadecimal = ""
        if escape and piece[0] in "CM":
            runs.append((piece, []))
        else:
            runs[-1][1].append(_plain(piece) if escape else piece)
    if hexadecimal:
        runs[-1][1].append(_bytes(hexadecimal))
    return "".join(_switched(switch, "".join(parts)) for switch, parts in runs)


def malformed(text: str) -> list[tuple[int, str]]:
    """(0-based offset, what stands there) of each escape character that begins no sequence of the standard."""
    found, at = [], 0
    for piece, escape in _tokens(text):
        if piece.startswith("\\"):
            found.append((at, piece))
        at += len(piece) + (2 if escape else 0)
    return found


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """(literal, False) and (body of a sequence, True) in order; an escape character that begins none is literal,
    and the next one is tried again, so that `C:\\dir \\F\\` loses nothing but the first."""
    parts = text.split("\\")
    yield parts[0], False
    at = 1
    while at < len(parts):
        if at + 1 < len(parts) and _known(parts[at]):
            yield parts[at], True
            yield parts[at + 1], False
            at += 2
        else:
            yield "\\" + parts[at], False
            at += 1


def _known(body: str) -> bool:
    """True for the body of a well-formed sequence: `F`, `X0D0A`, `.sp+3`, `M2442`, `Zabc`."""
    kind, rest = body[:1], body[1:]
    if not rest:
        return kind in _LETTERS
    if kind == "X":
        return len(rest) % 2 == 0 and _HEX.issuperset(rest)
    if kind == "C" or kind == "M":
        return len(rest) in (4, 6) and _HEX.issuperset(rest)
    if kind == ".":
        return _count(body) >= 0
    return kind == "Z" and not any(delimiter in rest for delimiter in "|^~&")


def _count(body: str) -> int:
    """The number of a formatting command (1 without one), or -1 when it is none: `.sp+3` -> 3, `.in-4` -> 4."""
    command, number = body[:3].lower(), body[3:].strip().lstrip("+-")
    if command not in _COMMANDS:
        return -1
    if not body[3:]:
        return 1
    fits = command in _NUMBERED and number.isascii() and number.isdigit() and len(number) < 4
    return int(number) if fits and int(number) <= _MAX_COUNT else -1


def _plain(body: str) -> str:
    kind = body[0]
    if kind == ".":
        return _COMMANDS[body[:3].lower()] * max(_count(body), 1)
    return f"\\{body}\\" if kind == "Z" else _LETTERS[body]


def _bytes(hexadecimal: str) -> str:
    """Text of adjacent hexadecimal sequences: UTF-8 when it is that, else Windows' and last ISO's Latin-1."""
    raw = bytes.fromhex(hexadecimal)
    for charset in ("utf-8", "cp1252"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _switched(switch: str, text: str) -> str:
    """Text after a switch of character set, `M2442` being the ISO 2022 sequence ESC 24 42; unchanged when unknown."""
    if not switch or not text:
        return text
    for charset in _ISO_2022:
        try:
            decoded = (b"\x1b" + bytes.fromhex(switch[1:]) + text.encode("ascii")).decode(charset)
        except UnicodeError:
            continue
        if "\x1b" not in decoded:
            return decoded
    return f"\\{switch}\\{text}"


def replaced(text: str, body: str, by: str) -> str:
    """The text with each sequence of that body replaced, all others as they are."""
    return "".join(piece if not escape else by if piece == body else f"\\{piece}\\" for piece, escape in _tokens(text))
