"""Acknowledgements (v2.8.2 section 2.9): original mode AA/AE/AR and enhanced mode CA/CE/CR.

An answer is made from the header of what came in, read on its own, so that a message that can't be parsed is answered
too. What is echoed goes back in the sender's delimiters and bytes, without control characters, so that it can't begin
another segment or frame.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

from adapters.formats.hl7v2.charsets import wide
from adapters.formats.hl7v2.delimiters import USUAL
from conformance.catalogue import code as row_of
from conformance.hl7v2.events import USUAL as USUAL_VERSION
from conformance.hl7v2.events import rank
from conformance.issue import Issue, has_errors
from conformance.render.err import err_values

Verdict = Literal["AA", "AE", "AR"]
Commit = Literal["CA", "CE", "CR"]
Condition = Literal["AL", "NE", "ER", "SU"]
"""Table 0155: when MSH-15 or MSH-16 wants an answer."""

_REJECT = frozenset(("200", "201", "202", "203"))
_ERROR = frozenset(("100", "101", "102", "103", "104", "204"))
"""Codes of table 0357."""

_COMMIT: Mapping[Verdict, Commit] = {"AA": "CA", "AE": "CE", "AR": "CR"}
_MOST_ERRORS = 20
_LETTERS = "FSRET"


class Header:
    """The MSH segment of a message as sent: `fields[n]` is MSH-n with control characters removed, empty when absent.
    Without an MSH all fields are empty and the delimiters the usual ones."""

    __slots__ = ("codec", "common", "components", "delimiters", "fields", "seed", "usual")

    def __init__(self, raw: bytes) -> None:
        self.common = self
        """The header that was read for all messages which differ from this one in time and control id alone. It alone
        has what follows: what those messages share."""
        self.components: dict[tuple[int, int], str] = {}
        self.usual: dict[str, tuple[str, str, str]] = {}
        """By code: the parts of an answer without findings, around MSH-7, MSH-10 and MSA-2."""
        self.seed = ""
        """A hash of what they share; empty until an answer needs it."""
        self.codec = wide(raw) or "latin-1"
        text = raw[:65536].decode(self.codec, errors="replace")
        start = text.find("MSH")
        line = text[start:].split("\r", 1)[0].split("\n", 1)[0] if start >= 0 else ""
        marks = _marks(line)
        parts = line.split(marks[0]) if len(line) > 3 else []
        clean = parts[2:] if line.isprintable() else [_printable(part) for part in parts[2:]]
        self.delimiters = marks
        self.fields = ["MSH", marks[0], marks[1:], *clean, *[""] * 20]

    def component(self, field: int, number: int = 1) -> str:
        components = self.common.components
        found = components.get((field, number))
        if found is None:
            parts = self.fields[field].split(self.delimiters[2])[0].split(self.delimiters[1])
            found = components[field, number] = parts[number - 1].strip() if number <= len(parts) else ""
        return found

    def but(self, time: str, control_id: str) -> Header:
        """The same sender's header of another message: MSH-7 and MSH-10 are never asked for their components."""
        other = object.__new__(Header)
        other.codec, other.delimiters, other.common = self.codec, self.delimiters, self
        other.fields = fields = self.fields.copy()
        fields[7], fields[10] = time, control_id
        return other

    @property
    def enhanced(self) -> bool:
        """True when the sender asks for the enhanced mode by MSH-15 or MSH-16."""
        return bool(self.fields[15] or self.fields[16])


def header(raw: bytes) -> Header:
    """`Header(raw)`. What a sender's messages have in common is read once: all but time and control id."""
    end, mark = raw.find(b"\r", 0, _LONGEST), raw[3:4]
    parts = raw[:end].split(mark) if end > 0 and mark else []
    if len(parts) > 9:
        own, time, control_id = parts[6] + parts[9], parts[6], parts[9]
        parts[6] = parts[9] = b""
        common = _common(mark.join(parts)) if own.isascii() and own.decode("ascii").isprintable() else None
        if common is not None:
            return common.but(time.decode("ascii"), control_id.decode("ascii"))
    return Header(raw)


_LONGEST = 1024
"""Bytes of a header that is remembered."""


@lru_cache(maxsize=512)
def _common(line: bytes) -> Header | None:
    """None for a line of an unusual kind."""
    if line[:3] != b"MSH" or not line.isascii() or b"\n" in line:
        return None
    made = Header(line)
    return made if made.delimiters[0] == line[3:4].decode() else None


def _printable(text: str) -> str:
    """ESC stays: it switches the character set."""
    return "".join(c for c in text if c.isprintable() or c == "\x1b")


def _marks(line: str) -> str:
    """MSH-1 and MSH-2 when they can be used, with at least four marks; else the usual ones."""
    encoding = line[4:12].split(line[3])[0] if len(line) > 3 else ""
    marks = line[3:4] + encoding
    sound = len(set(marks)) == len(marks) and not any(c.isalnum() or not c.isprintable() or c == " " for c in marks)
    return marks if sound and 5 <= len(marks) <= 6 else USUAL


def verdict(issues: Iterable[Issue]) -> Verdict:
    """AR for the reject codes of table 0357 (200 to 203), AE for its error codes (100 to 104, 204), else AA; only
    errors count."""
    codes = {row_of(issue.code).err for issue in issues if has_errors((issue,))}
    return "AR" if codes & _REJECT else "AE" if codes & _ERROR else "AA"


def commit(verdict: Verdict) -> Commit:
    """The same answer as an accept acknowledgement of the enhanced mode."""
    return _COMMIT[verdict]


def wanted(condition: str, verdict: Verdict) -> bool:
    """True when MSH-15 (or MSH-16) wants an answer to this verdict; a condition that isn't in table 0155 means always,
    so that no sender waits for nothing."""
    asked = {"NE": False, "ER": verdict != "AA", "SU": verdict == "AA"}
    return asked.get(condition.strip().upper(), True)


def reply(raw: bytes, issues: Iterable[Issue], *, now: str = "", control_id: str = "") -> bytes:
    """The answer to be sent at once: original mode when MSH-15 is empty, else the accept acknowledgement; empty when
    MSH-15 wants none."""
    return reply_to(header(raw), issues, now=now, control_id=control_id)


def reply_to(header: Header, issues: Iterable[Issue], *, now: str = "", control_id: str = "") -> bytes:
    """The same, to a message whose header was read already."""
    found = tuple(issues)
    answer, asked = verdict(found) if found else "AA", header.component(15)
    if not asked:
        return acknowledge(header, answer, found, now=now, control_id=control_id)
    if not wanted(asked, answer):
        return b""
    return acknowledge(header, commit(answer), found, now=now, control_id=control_id)


def acknowledge(
    header: Header, code: Verdict | Commit, issues: Iterable[Issue] = (), *, now: str = "", control_id: str = ""
) -> bytes:
    """An ACK in the delimiters and version of the message, ERR for each error or warning (v2.5: one segment each;
    before: ERR-1 repeats, and MSA-3 says the first).

    `now` is MSH-7, by default the message's own, so that the same message gives the same answer; `control_id` is
    MSH-10, by default derived from the message's header and the answer.
    """
    told = [issue for issue in issues if issue.severity != "information"][:_MOST_ERRORS] if issues else []
    fields, mark, usual = header.fields, header.delimiters[0], header.common.usual
    identity = control_id or _identity(header, code, told)
    before, between, after = usual.get(code) or usual.setdefault(code, _usual(header, code))
    answer = f"{before}{now or fields[7]}{between}{identity}{after}{fields[10]}"
    if not told:
        return f"{answer.rstrip(mark)}\r".encode(header.codec, errors="replace")
    old = rank(header.component(12) or USUAL_VERSION) < rank("2.5")
    lines = [mark.join((answer, _data(told[0].message, header))) if old else answer]
    lines += [_old_errors(told, header)] if old else [_error(issue, header) for issue in told]
    return "".join(line.rstrip(mark) + "\r" for line in lines).encode(header.codec, errors="replace")


def _usual(header: Header, code: str) -> tuple[str, str, str]:
    fields, version, mark = header.fields, header.component(12) or USUAL_VERSION, header.delimiters[0]
    kind = _kind(header.component(9, 2), version, header.delimiters[1])
    first = ["MSH" + mark + header.delimiters[1:], fields[5], fields[6], fields[3], fields[4], ""]
    last = mark.join(["", fields[11] or "P", fields[12] or version, "", "", "", "", "", fields[18]]).rstrip(mark)
    return mark.join(first), mark.join(["", "", kind, ""]), mark.join([f"{last}\rMSA", code, ""])


@lru_cache(maxsize=256)
def _kind(event: str, version: str, separator: str) -> str:
    """MSH-9 of the answer: with the event since v2.2, with the structure since v2.3.1."""
    known = 3 if rank(version) >= rank("2.3.1") else 2 if rank(version) >= rank("2.2") else 1
    return separator.join(("ACK", event, "ACK")[: known if event else 1])


def _identity(header: Header, code: str, told: list[Issue]) -> str:
    """Twenty characters, the most that MSH-10 holds before v2.7."""
    common, fields = header.common, header.common.fields
    common.seed = common.seed or _hashed("|".join((*fields[:7], "", *fields[8:10], "", *fields[11:])))
    return _hashed("|".join((common.seed, header.fields[7], header.fields[10], code, *(one.code for one in told))))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20].upper()


def _error(issue: Issue, header: Header) -> str:
    """ERR of v2.5 and later."""
    values = err_values(issue)
    component = header.delimiters[1]
    cells = [component.join(_data(part, header) for part in values.get(n, ())) for n in range(1, max(values) + 1)]
    return header.delimiters[0].join(["ERR", *cells])


def _old_errors(told: list[Issue], header: Header) -> str:
    """ERR-1 before v2.5 (data type ELD): segment, sequence, field and code, whose parts are subcomponents."""
    component, repetition, subcomponent = header.delimiters[1], header.delimiters[2], header.delimiters[4]
    errors = []
    for issue in told:
        values = err_values(issue)
        place = (*values.get(2, ()), "", "", "")[:3]
        code = subcomponent.join(_data(part, header) for part in values[3])
        errors.append(component.join((*place, code)))
    return header.delimiters[0].join(["ERR", repetition.join(errors)])


def _data(text: str, header: Header) -> str:
    """Our own words as data in the sender's delimiters; ASCII, so that they fit every character set."""
    escape = header.delimiters[3]
    plain = text.encode("ascii", "replace").decode("ascii")
    return "".join(
        f"{escape}{_LETTERS[header.delimiters.index(c)]}{escape}" if c in header.delimiters[:5] else c for c in plain
    )
