"""Cells that hold codes: of a list with its synonyms, of a code system, or answers to a question."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance.tabular.instruments import Answer, by_text, of_question
from conformance.tabular.plain import plain, words
from conformance.tabular.schema import Column

if TYPE_CHECKING:
    from conformance.tabular.values import Cell

_FORMS = {
    "loinc": re.compile(r"((?:L[APGL])?\d{1,8}-\d)(?:\b|$)", re.IGNORECASE | re.ASCII),
    "snomed": re.compile(r"(\d{6,18})\b", re.ASCII),
    "icd10cm": re.compile(r"([A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?)\b", re.IGNORECASE | re.ASCII),
}
_BESIDE = re.compile(r" {1,3}[-–—|:=] {1,3}|: | ?\(")
_NOT_WORD = re.compile(r"[\W_]+")
_OTHER = re.compile(r"other\b[ :,-]{0,3}", re.IGNORECASE)
_YES, _NO = "LA33-6", "LA32-8"
_LIST_SEPARATORS = (";", "|", ",", "\n")
_MOST_JOINED = 6
"""So many separators, and one less, may stand in one value."""
_LEAST_LETTERS = 5
"""The beginning of an answer that is taken for it has as many."""


def code_reader(column: Column, choices: Mapping[str, str], panel: str) -> Callable[[str], Cell]:
    """The reader of a column of type code, answer or choices."""
    if column.type in ("answer", "choices"):
        one = _answers(column, choices, panel)
    elif column.system:
        one = _of_system(column.system)
    else:
        one = _of_list(column)
    if not column.separator:
        return one
    return lambda text: _each(text, one, column.separator)


def _cell(value: str = "", code: str = "", words_: Mapping[str, Any] | None = None) -> Cell:
    from conformance.tabular.values import Cell

    return Cell(value, code, words_ or {})


def _each(text: str, one: Callable[[str], Cell], separators: str) -> Cell:
    """Several values in a cell, joined again by `;`; the first that can't be read is the finding."""
    whole = one(text)
    if whole.value and not whole.code:
        return whole
    for separator in dict.fromkeys((*separators, *_LIST_SEPARATORS)):
        parts = [part.strip() for part in text.split(separator) if part.strip()]
        if len(parts) > 1:
            read = _longest(parts, one, separator)
            if separator in separators or all(each.value for each in read):
                problem = next((each for each in read if each.code), _cell())
                return _cell(";".join(each.value for each in read if each.value), problem.code, problem.words)
    return whole


def _longest(parts: list[str], one: Callable[[str], Cell], separator: str) -> list[Cell]:
    """What the parts say; the separator may stand in a value too: `Pests such as bugs, ants, or mice, Mold`."""
    read: list[Cell] = []
    start = 0
    while start < len(parts):
        most = min(len(parts), start + _MOST_JOINED)
        joined = ((end, one(f"{separator} ".join(parts[start:end]))) for end in range(most, start, -1))
        end, cell = next(((end, cell) for end, cell in joined if cell.value and not cell.code), (start + 1, None))
        read.append(cell or one(parts[start]))
        start = end
    return read


def _of_list(column: Column) -> Callable[[str], Cell]:
    values = column.values or {}
    expected = ", ".join(dict.fromkeys(values.values()))
    shown = expected if len(expected) <= 200 else f"{len(set(values.values()))} codes of the list"

    def read(text: str) -> Cell:
        for candidate in _candidates(text):
            if candidate in values:
                return _cell(values[candidate])
        if column.other == "keep" or not values:
            return _cell(text)
        if _OTHER.match(text) and len(text) > len("other: "):
            return _cell(text)
        if column.other == "tell":
            return _cell(text, "CSV-0117", {"wanted": shown})
        return _cell("", "CSV-0112", {"wanted": shown})

    return read


def _candidates(text: str) -> list[str]:
    """The text, and what stands before and behind a dash or bracket: `1 - Male`, `Male (M)`; a number that went through
    a float."""
    whole = words(text)
    found = [whole]
    if text.endswith(".0"):
        found.append(words(text[:-2]))
    parts = _BESIDE.split(text, maxsplit=1)
    if len(parts) == 2:
        found += [words(parts[0]), words(parts[1].rstrip(")"))]
    return found


def _of_system(system: str) -> Callable[[str], Cell]:
    form = _FORMS[system]
    check = {"loinc": _loinc, "snomed": _snomed, "icd10cm": _icd10cm}[system]

    def read(text: str) -> Cell:
        match = form.match(text)
        rest = text[match.end() :] if match else ""
        if match is None or (rest.strip() and not _is_display(rest, form)):
            return _cell(text) if _OTHER.match(text) else _cell("", "CSV-0116", {"system": _NAMES[system]})
        return check(match[1].upper())

    return read


def _is_display(rest: str, form: re.Pattern[str]) -> bool:
    """Whether what follows a code is its words: `LA28397-0 - Often true`, and not another code."""
    return (rest[0] == " " or _BESIDE.match(rest) is not None) and form.search(rest) is None


_NAMES = {"loinc": "LOINC", "snomed": "SNOMED CT", "icd10cm": "ICD-10-CM"}


def _loinc(code: str) -> Cell:
    from conformance.terminology import checkdigits

    return _cell(code) if checkdigits.loinc(code) else _cell("", "CSV-0114", _meant(code, "LOINC"))


def _meant(code: str, system: str) -> dict[str, str]:
    """The right check digit, where there is a known answer or question that has it."""
    from conformance.tabular.instruments import answers, questions
    from conformance.terminology.checkdigits import loinc

    stem = code.rpartition("-")[0]
    right = next((f"{stem}-{digit}" for digit in range(10) if loinc(f"{stem}-{digit}")), "")
    known = right in questions() or any(each.code == right for each in answers())
    return {"system": system, "hint": f"; {right} would be right" if known else ""}


def _snomed(code: str) -> Cell:
    from conformance.terminology import checkdigits

    return _cell(code) if checkdigits.snomed(code) else _cell("", "CSV-0114", {"system": "SNOMED CT", "hint": ""})


def _icd10cm(code: str) -> Cell:
    from conformance.terminology import icd10cm

    if "." not in code and len(code) > 3:
        code = f"{code[:3]}.{code[3:]}"
    if not icd10cm.covers(code):
        return _cell(code)
    release, known = icd10cm.codes()
    if code not in known:
        return _cell("", "CSV-0116", {"system": f"ICD-10-CM {release}"})
    if not known[code]:
        codes = ", ".join(icd10cm.successors(code))
        return _cell("", "CSV-0115", {"release": release, "successors": codes})
    return _cell(code)


def _answers(column: Column, choices: Mapping[str, str], panel: str) -> Callable[[str], Cell]:
    """The reader of answers to the column's question. The sender's own numbers go before scores."""
    asked = of_question(column.question, panel)
    known: Mapping[str, Answer] = by_text(column.question, panel)
    codes = {answer.code for answer in asked}
    binary = {_YES, _NO} <= codes
    declined = next((answer.code for answer in asked if answer.positive == "NA"), "")
    meant = {words(number): text for number, text in choices.items()}
    expected = "; ".join(dict.fromkeys(answer.display for answer in asked)) or "a coded answer"

    def read(text: str) -> Cell:
        if meant and words(text) in meant:
            text = meant[words(text)]
        elif meant and text.lstrip("-").isdecimal():
            return _cell("", "CSV-0113", {"question": column.question, "wanted": expected})
        candidates = _candidates(text)
        for candidate in candidates:
            if candidate in known:
                return _cell(known[candidate].code)
        if binary and (found := _yes_no(text)):
            return _cell(found)
        if begun := _begun(text, asked):
            return _cell(begun)
        if reason := next((_NO_ANSWER[each] for each in candidates if each in _NO_ANSWER), ""):
            return _cell(declined if reason == "asked-declined" and declined else reason)
        return _cell("", "CSV-0113", {"question": column.question, "wanted": expected})

    return read


_NO_ANSWER = {
    words(text): code
    for code, texts in {
        "asked-declined": ("asked-declined", "declined", "declined to answer", "refused", "refused to answer",
                           "prefer not to answer", "prefers not to answer", "prefer not to say", "chose not to answer",
                           "I choose not to answer", "I prefer not to answer", "I decline to answer",
                           "client prefers not to answer", "patient declined", "patient refused"),
        "asked-unknown": ("asked-unknown", "don't know", "do not know", "doesn't know", "I don't know", "not sure",
                          "client doesn't know", "unsure", "dk"),
        "not-asked": ("not-asked", "data not collected", "not collected", "skipped"),
    }.items()
    for text in texts
}  # fmt: skip
"""What is no answer to any question, and the reason (FHIR's data-absent-reason) why there is none."""


def _begun(text: str, asked: Sequence[Answer]) -> str:
    """The one answer that begins with these words, or one of whose alternatives they are: `Never` of `Never true`,
    `Refused` of `Don't know/refused`; empty where it may be several, or none."""
    said = _tokens(text)
    if len("".join(said)) < _LEAST_LETTERS or not said[0][0].isalpha():
        return ""
    found = {
        answer.code
        for answer in asked
        for each in (answer.display, *answer.display.split("/"))
        if _tokens(each)[: len(said)] == said
    }
    return found.pop() if len(found) == 1 else ""


def _tokens(text: str) -> list[str]:
    return [part for part in map(plain, _NOT_WORD.split(text.replace("'", "").replace("’", ""))) if part]


def _yes_no(text: str) -> str:
    from conformance.tabular.values import _FALSE, _TRUE

    simple = words(text)
    return _YES if simple in _TRUE else _NO if simple in _FALSE else ""
