"""REDCap's data dictionary: the choices behind the numbers of an export, and the LOINC codes of its questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from conformance.tabular.plain import plain

_FIELD, _CHOICES, _KIND = "variablefieldname", "choicescalculationsorsliderlabels", "fieldtype"
_LOINC = re.compile(r"LOINC[ :=]{0,3}([0-9]{1,8}-[0-9])", re.IGNORECASE | re.ASCII)
_CHOICE = re.compile(r" ?(-?\w{1,40}) ?, ?(.{1,500}?) ?", re.DOTALL)
_CHOSEN = ("radio", "checkbox", "dropdown", "yesno", "truefalse")


def is_dictionary(headers: Sequence[str]) -> bool:
    names = {plain(header) for header in headers}
    return {_FIELD, _KIND} <= names and any(name.startswith("choices") for name in names)


def read(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Field to number to text, and field to the question's LOINC code; fields simplified."""
    names = [plain(header) for header in headers]
    field, kind = names.index(_FIELD), names.index(_KIND)
    choices = next(number for number, name in enumerate(names) if name.startswith("choices"))
    found: dict[str, dict[str, str]] = {}
    questions: dict[str, str] = {}
    for row in rows:
        if len(row) <= max(field, kind, choices) or not row[field].strip():
            continue
        name = plain(row[field])
        if row[kind].strip().lower() in ("yesno", "truefalse"):
            found[name] = {"1": "Yes", "0": "No"}
        elif row[kind].strip().lower() in _CHOSEN:
            parts = (_CHOICE.fullmatch(part) for part in row[choices].split("|"))
            found[name] = {match[1]: match[2] for match in parts if match}
        if match := _LOINC.search(" ".join(row)):
            questions[name] = match[1]
    return found, questions
