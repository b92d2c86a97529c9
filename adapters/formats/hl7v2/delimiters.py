r"""MSH-1 and MSH-2 (v2.8.2 section 2.5.4), and the rewriting of any delimiters to the usual `|^~\&`."""

from __future__ import annotations

from adapters.formats.hl7v2.escapes import replaced
from adapters.formats.hl7v2.message import Delimiters
from conformance.hl7v2.report import Report
from conformance.issue import Where

USUAL = "|^~\\&"
_LETTERS = "FSRET"
HEAD = "MSH" + USUAL
"""How every canonical message begins."""

_USUAL = Delimiters()
_USUAL_HEAD = HEAD + "|"


def declared(text: str, start: int, line: int, report: Report) -> Delimiters | None:
    """The delimiters of the MSH segment at `start`; None when MSH-1 can't be one. What MSH-2 lacks is plain data."""
    if text.startswith(_USUAL_HEAD, start):
        return _USUAL
    separator = text[start + 3 : start + 4]
    if not separator or separator.isalnum() or separator.isspace() or not separator.isprintable():
        report.refuse("V2-0006", found=text[start : start + 40])
        return None
    at = Where(path="MSH[1]-2", line=line, column=5)
    encoding = text[start + 4 : encoding_end(text, start)]
    if encoding == "^~&":
        # What a string literal makes of "^~\&" when nobody doubles the escape.
        report.add("V2-0008", at, encoding)
        return Delimiters(separator)
    if _usable(separator + encoding):
        return Delimiters(separator, *encoding, *[""] * (4 - len(encoding)))
    report.add("V2-0009", at, encoding)
    return Delimiters(*[character if character != separator else "" for character in USUAL])._replace(field=separator)


def encoding_end(text: str, start: int) -> int:
    """Where MSH-2 of the segment at `start` ends."""
    ends = (text.find(mark, start + 4) for mark in (text[start + 3], "\r", "\n"))
    return min((end for end in ends if end >= 0), default=len(text))


def _usable(characters: str) -> bool:
    """True for two to six different marks."""
    return (
        1 < len(characters) <= 6
        and len(set(characters)) == len(characters)
        and not any(one.isalnum() or one.isspace() or not one.isprintable() for one in characters)
    )


def canonical(text: str, start: int, delimiters: Delimiters) -> str:
    r"""The text from MSH on, with the usual delimiters; a usual one that was plain data becomes its escape."""
    if text.startswith(_USUAL_HEAD, start):
        return text[start:]
    rest = text[encoding_end(text, start) :]
    if delimiters[:5] != tuple(USUAL):
        rest = rest.translate(_table(delimiters))
    if delimiters.truncation not in ("", "#") and "\\P\\" in rest:
        rest = replaced(rest, "P", delimiters.truncation)
    return HEAD + rest


def _table(delimiters: Delimiters) -> dict[int, str]:
    plain = {ord(one): f"\\{letter}\\" for one, letter in zip(USUAL, _LETTERS, strict=True)}
    return plain | {ord(sent): one for sent, one in zip(delimiters[:5], USUAL, strict=True) if sent}
