"""Acknowledgements (v2.8.2 section 2.9): original mode AA/AE/AR and enhanced mode CA/CE/CR.

An answer is made from the header of what came in, read on its own, so that a message that can't be parsed is answered
too. What is echoed goes back in the sender's delimiters and bytes, without control characters, so that it can't begin
another segment or frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
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
_LONG = 20
"""Characters of MSH-10, the most that it holds before v2.7."""
_LETTERS = "FSRET"


class Header:
    """The MSH segment of a message as sent: `fields[n]` is MSH-n with control characters removed, empty when absent.
    Without an MSH all fields are empty and the delimiters the usual ones."""

    __slots__ = ("codec", "delimiters", "fields")

    def __init__(self, raw: bytes) -> None:
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
        parts = self.fields[field].split(self.delimiters[2])[0].split(self.delimiters[1])
        return parts[number - 1].strip() if number <= len(parts) else ""

    @property
    def enhanced(self) -> bool:
        """True when the sender asks for the enhanced mode by MSH-15 or MSH-16."""
        return bool(self.fields[15] or self.fields[16])


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
    header, found = Header(raw), tuple(issues)
    code = _at_once(header, verdict(found))
    return acknowledge(header, code, found, now=now, control_id=control_id) if code else b""


def _at_once(header: Header, verdict: Verdict) -> Verdict | Commit | None:
    """What MSH-15 wants to hear at once of this verdict."""
    asked = header.component(15)
    return verdict if not asked else commit(verdict) if wanted(asked, verdict) else None


def replying(header: Header) -> Callable[[bytes, bytes], bytes]:
    """`reply` without findings, to messages which differ from this header in MSH-7 and MSH-10 alone: from these two,
    which are of printable ASCII and not empty."""
    code = _at_once(header, "AA")
    if code is None:
        return lambda time, control_id: b""
    before, between, after = (part.encode(header.codec) for part in _around(header, code))
    seed, answered = _seed(header).encode(), code.encode()

    def replied(time: bytes, control_id: bytes) -> bytes:
        identity = sha256(b"%b|%b|%b|%b" % (seed, time, control_id, answered)).hexdigest()[:_LONG].upper().encode()
        return b"%b%b%b%b%b%b\r" % (before, time, between, identity, after, control_id)

    return replied


def acknowledge(
    header: Header, code: Verdict | Commit, issues: Iterable[Issue] = (), *, now: str = "", control_id: str = ""
) -> bytes:
    """An ACK in the delimiters and version of the message, ERR for each error or warning (v2.5: one segment each;
    before: ERR-1 repeats, and MSA-3 says the first).

    `now` is MSH-7, by default the message's own, so that the same message gives the same answer; `control_id` is
    MSH-10, by default derived from the message's header and the answer.
    """
    told = [issue for issue in issues if issue.severity != "information"][:_MOST_ERRORS]
    fields, mark = header.fields, header.delimiters[0]
    before, between, after = _around(header, code)
    answer = f"{before}{now or fields[7]}{between}{control_id or _identity(header, code, told)}{after}{fields[10]}"
    old = rank(header.component(12) or USUAL_VERSION) < rank("2.5")
    lines = [mark.join((answer, _data(told[0].message, header))) if old and told else answer]
    if told:
        lines += [_old_errors(told, header)] if old else [_error(issue, header) for issue in told]
    return "".join(line.rstrip(mark) + "\r" for line in lines).encode(header.codec, errors="replace")


def _around(header: Header, code: Verdict | Commit) -> tuple[str, str, str]:
    """The parts of an answer around MSH-7, MSH-10 and MSA-2."""
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
    fields = header.fields
    return _hashed("|".join((_seed(header), fields[7], fields[10], code, *(one.code for one in told))))


def _seed(header: Header) -> str:
    """A hash of all but MSH-7 and MSH-10."""
    fields = header.fields
    return _hashed("|".join((*fields[:7], "", *fields[8:10], "", *fields[11:])))


def _hashed(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:_LONG].upper()


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
