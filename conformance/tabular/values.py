"""What a cell says: one reader a column, from text as sent to the normalised text of the column's type.

Each reader is a function of the text alone, so that its answers can be remembered. What can't be read is a finding, and
no value; ids are never mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from conformance.profile.pattern import compiled
from conformance.tabular import dates
from conformance.tabular.codes import code_reader
from conformance.tabular.plain import words
from conformance.tabular.schema import Column, Order


class Cell(NamedTuple):
    """`value`: normalised, empty for none. `code`: the finding, `words` for its message. `more`: cells beside it."""

    value: str = ""
    code: str = ""
    words: Mapping[str, Any] = {}
    more: tuple[tuple[str, str], ...] = ()


NONE = Cell()
Reader = Callable[[str], Cell]

UNKNOWN = frozenset(
    words(each)
    for each in ("NULL", "N/A", "NaN", "nil", "unknown", "unk", "not available", "not applicable", "not provided",
                 "not recorded", "not known", "missing", "blank", "tbd", "no data", "not given", "none given",
                 "not asked", "(blank)", "<null>", "#N/A", "none")
)  # fmt: skip
"""What stands for unknown in every column but those of text, simplified; a cell of punctuation alone does too."""
UNKNOWN_TEXT = frozenset(
    ("NULL", "null", "N/A", "n/a", "NaN", "nan", "UNKNOWN", "Unknown", "unknown", "(null)", "(blank)", "<null>", "#N/A",
     "\\N", "none given", "not provided", "Not provided")
)  # fmt: skip
"""The same for text, as it is written: Null and Nan are names of people."""

_SHEET_ERRORS = ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
_MANGLED = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d{1,3}|\d[.,]\d+[Ee]\d{1,3}", re.ASCII)
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_TRUE = frozenset(map(words, ("y", "yes", "true", "t", "1", "x", "on", "checked", "ja", "si", "oui", "wahr", "1.0")))
_FALSE = frozenset(map(words, ("n", "no", "false", "f", "0", "off", "unchecked", "nein", "non", "falsch", "0.0")))
_TICKS = frozenset("✓✔☑✗✘")
_INTEGER = re.compile(r"[+-]?\d{1,18}(?:\.0+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[Ee][+-]?\d{1,2})?", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d{1,18}),\d{1,18}", re.ASCII)
_ZIP = re.compile(r"(\d{3,5})(?:-?(\d{4}))?(?:\.0)?", re.ASCII)
_PHONE = re.compile(
    r"(?P<number>\+?\d?[-. ]{0,2}\(?\d{3}\)?[-./ ]{0,3}\d{3}[-. ]{0,2}\d{4}|\+\d[\d .()-]{6,20}\d)"
    r"(?P<extension>,? {0,2}(?:x|ext|extension)[. ]{0,2}\d{1,6})?",
    re.ASCII | re.IGNORECASE,
)  # fmt: skip
_ALIKE, _DIGITS = 7, frozenset("0123456789")
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,255}\.[A-Za-z]{2,24}", re.ASCII)


def cleaned(text: str) -> str:
    """Without the blanks around it, non-breaking and zero-width ones too, and without our guard against formulas."""
    text = text.strip(" \t\r\n\f\v\xa0\u200b\ufeff\u2007\u202f")
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text


def reader(column: Column, order: Callable[[], Order], unknown: frozenset[str], *, comma: bool, epoch1904: bool,
           choices: Mapping[str, str] | None = None, panel: str = "") -> Reader:  # fmt: skip
    """The reader of a column. `order` is asked when a date needs it; `comma`: numbers have a decimal comma; `choices`:
    what the sender's numbers stand for."""
    stands = UNKNOWN | unknown | column.unknown
    kinds: dict[str, Reader] = {
        "text": _several(column.separator) if column.separator else Cell,
        "id": _id,
        "date": lambda text: _date(text, order, epoch1904, whole=True),
        "datetime": lambda text: _date(text, order, epoch1904, whole=False),
        "boolean": _boolean,
        "integer": lambda text: _bounded(_number(text, comma, whole=True), column),
        "decimal": lambda text: _bounded(_number(text, comma, whole=False), column),
        "zip": _zip,
        "phone": _phone,
        "email": lambda text: (
            Cell(text) if _EMAIL.fullmatch(text) else Cell("", "CSV-0111", {"wanted": "an e-mail address"})
        ),
        "name": _name,
    }
    inner = kinds.get(column.type) or code_reader(column, choices or {}, panel)
    if column.pattern:
        inner = _patterned(column, inner)
    if column.shortest or column.longest is not None:
        inner = _measured(column, inner)
    coded = column.type in ("code", "answer", "choices")
    return _guarded(column, inner, stands, coded)


def at_once(column: Column) -> Callable[[str], str] | None:
    """For columns whose cells mostly are what they say: the text, where there can be no doubt; else nothing, and the
    reader must be asked."""
    if column.separator:
        return None
    return {"text": _plain_text, "id": _plain_id, "date": _plain_day, "datetime": _plain_day}.get(column.type)


def _plain_text(text: str) -> str:
    if not text or not text[0].isalnum() or not text[-1].isalnum() or text in UNKNOWN_TEXT:
        return ""
    return "" if text[-1].isdecimal() and ("e" in text or "E" in text) else text


def _plain_id(text: str) -> str:
    if not text or not text[0].isalnum() or not text[-1].isdecimal() or "." in text:
        return ""
    return "" if "e" in text or "E" in text else text


def _plain_day(text: str) -> str:
    if len(text) != 10 or text[4] != "-" or text[7] != "-" or text in dates.STAND_INS:
        return ""
    try:
        date.fromisoformat(text)
    except ValueError:
        return ""
    return text


def _guarded(column: Column, inner: Reader, stands: frozenset[str], coded: bool) -> Reader:
    """What holds for every type: blanks, stand-ins for unknown, what a spreadsheet has spoilt."""
    free = column.type in ("text", "name")
    plainly = column.type in ("text", "id", "date", "datetime", "zip") and not column.unknown and stands == UNKNOWN
    number = column.type in ("decimal", "integer")
    if column.type in ("answer", "choices"):
        stands = stands - {"none"}  # None may be what was answered
    values = column.values or {}

    def read(raw: str) -> Cell:
        text = cleaned(raw)
        if not text:
            return NONE
        if plainly and text[0].isalnum() and (free or text[-1].isdecimal()):
            return unspoilt(text) if text not in UNKNOWN_TEXT else NONE
        if text[0] == "#" and (text.startswith(_SHEET_ERRORS) or not text.strip("#")):
            return Cell("", "CSV-0121")
        simple = words(text)
        if coded and simple in values:
            return inner(text)
        if not simple and not _TICKS & set(text):
            return NONE if column.type not in ("date", "datetime") else Cell("", "CSV-0103")
        if text in UNKNOWN_TEXT or (simple in column.unknown) or (not free and simple in stands):
            return Cell("", "CSV-0103") if column.type in ("date", "datetime") else NONE
        return inner(text) if number else unspoilt(text)

    def unspoilt(text: str) -> Cell:
        if text[-1].isdecimal() and _MANGLED.fullmatch(text):
            return Cell("", "CSV-0107")
        return inner(text)

    return read


def _several(separators: str) -> Reader:
    """Texts in one cell, joined again by `;`."""

    def read(text: str) -> Cell:
        for separator in separators:
            if separator in text:
                return Cell(";".join(part.strip() for part in text.split(separator) if part.strip()))
        return Cell(text)

    return read


def _patterned(column: Column, inner: Reader) -> Reader:
    fits = compiled(column.pattern)
    problem = Cell("", "CSV-0110", {"wanted": column.example or column.pattern})

    def read(text: str) -> Cell:
        return inner(text) if fits(text) else problem

    return read


def _measured(column: Column, inner: Reader) -> Reader:
    most = column.longest if column.longest is not None else 1 << 62
    problem = Cell("", "CSV-0110", {"wanted": f"of {column.shortest} to {most} characters"})

    def read(text: str) -> Cell:
        return inner(text) if column.shortest <= len(text) <= most else problem

    return read


def _id(text: str) -> Cell:
    """As it is; a number that went through a float has lost nothing but its looks."""
    if text.endswith(".0") and text[:-2].isdecimal():
        return Cell(text[:-2])
    return Cell(text)


def _date(text: str, order: Callable[[], Order], epoch1904: bool, *, whole: bool) -> Cell:
    found = dates.read(text, order, epoch1904=epoch1904)
    if whole and found.precise:
        return Cell(found.value[:10], "" if found.code == "CSV-0105" else found.code)
    return Cell(found.value, found.code)


def _boolean(text: str) -> Cell:
    simple = words(text)
    if simple in _TRUE or text in ("✓", "✔", "☑"):
        return Cell("true")
    if simple in _FALSE or text in ("✗", "✘"):
        return Cell("false")
    return Cell("", "CSV-0111", {"wanted": "yes or no"})


def _number(text: str, comma: bool, *, whole: bool) -> Cell:
    bare = text.replace("$", "").replace("€", "").replace("£", "").strip().replace("\xa0", "").replace(" ", "")
    if comma and _COMMA.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if whole:
        return Cell(bare.split(".")[0].lstrip("+")) if _INTEGER.fullmatch(bare) else _no_number("a whole number")
    return Cell(bare.lstrip("+")) if _DECIMAL.fullmatch(bare) else _no_number("a number")


def _no_number(wanted: str) -> Cell:
    return Cell("", "CSV-0111", {"wanted": wanted})


def _bounded(cell: Cell, column: Column) -> Cell:
    if not cell.value or (column.least is None and column.most is None):
        return cell
    number = float(cell.value)
    if (column.least is not None and number < column.least) or (column.most is not None and number > column.most):
        return Cell(
            "", "CSV-0111", {"wanted": f"{column.least if column.least is not None else 'at most'} to {column.most}"}
        )
    return cell


def _zip(text: str) -> Cell:
    """Five digits, or five and four; a spreadsheet takes the zeros in front. Postal codes of other countries stay."""
    match = _ZIP.fullmatch(text)
    if match is None:
        if re.fullmatch(r"\d{8}", text, re.ASCII):
            return Cell(f"0{text[:4]}-{text[4:]}", "CSV-0118")
        known = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]{1,9}", text, re.ASCII)
        return Cell(text) if known else Cell("", "CSV-0111", {"wanted": "a postal code"})
    digits, rest = match[1], match[2]
    if rest is None and re.fullmatch(r"\d{7}", text, re.ASCII):
        return Cell("", "CSV-0111", {"wanted": "a postal code"})
    value = digits.zfill(5) + (f"-{rest}" if rest else "")
    return Cell(value, "CSV-0118" if len(digits) < 5 else "")


def _phone(text: str) -> Cell:
    """The first number, as written; the words beside it are a cell of their own."""
    match = _PHONE.search(text)
    digits = sum(each.isdecimal() for each in text)
    if match is None:
        if not digits:
            return Cell("", "CSV-0119", more=(("phone_note", text),)) if len(words(text)) > 1 else NONE
        local = re.fullmatch(r"\d{3}[-. ]?\d{4}", text, re.ASCII)
        return Cell(text) if local else Cell("", "CSV-0111", {"wanted": "a telephone number"})
    number = match["number"].strip() + (" " + match["extension"].lstrip(", ") if match["extension"] else "")
    rest = (text[: match.start()] + text[match.end() :]).strip(" ,;:-/()")
    if rest[:1].isdecimal() and text[match.end() : match.end() + 1].isdecimal():
        return Cell("", "CSV-0111", {"wanted": "a telephone number"})
    if number.count(number[-1]) >= _ALIKE and {*number} & _DIGITS == {number[-1]}:  # 000-000-0000: nobody's
        return Cell("", "CSV-0119", more=(("phone_note", rest),)) if rest else NONE
    return Cell(number, "CSV-0119" if rest else "", more=(("phone_note", rest),) if rest else ())


def _name(text: str) -> Cell:
    """`Last, First M` is told apart by its comma; without one the name stays whole."""
    last, comma, given = text.partition(",")
    first, _, middle = given.strip().partition(" ")
    if not comma or not last.strip() or not first or "," in given:
        return Cell(text)
    parts = (("last_name", last.strip()), ("first_name", first), ("middle_name", middle.strip()))
    return Cell("", more=tuple((name, value) for name, value in parts if value))
