"""Which column of a table a header means: by its name or another that it goes by, then by a small misspelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from conformance.tabular.plain import plain
from conformance.tabular.schema import Column, Table

_NUMBERED = re.compile(r"\s{0,4}(?:q(?:uestion)?\s{0,2})?\d{1,3}[a-z]?\s{0,2}[.):]\s{1,4}", re.IGNORECASE)
_LOINC = re.compile(r"(?:^|[\s(\[:_])(\d{4,6}-\d)(?=$|[\s)\]:_,.])", re.ASCII)
_BRACKETED = re.compile(r"\s{0,4}[(\[][^()\[\]]{0,80}[)\]]\s{0,4}$")
_WHOSE = re.compile(
    r"\s{0,4}(?:client|patient|member|person|participant|guest|enrollee|beneficiary|consumer|caller|individual|seeker"
    r"|pt|resident|customer|applicant|student|neighbou?r)"
    r"(?:[’']s)?[\s_.-]{1,3}(?=\w)",
    re.IGNORECASE,
)
"""Whose a column is, before what it is: `Client phone`, `member_zip`."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_TIMES = frozenset({"at", "on", "date", "datetime", "time", "timestamp", "dt"})
"""How the header of a time ends, `referral_sent_at`, where its column may be called otherwise: `date sent`."""
_LEAST_WORDS = 4
"""A header that is a question has as many."""
_MOST_COMPARED = 400
"""In a wider table no header is compared letter by letter."""
_LEAST_LETTERS = 7
"""Shorter headers are taken as they are written: one letter makes another word of them."""


def fits(table: Table, headers: tuple[str, ...], *, near: bool = False) -> Mapping[str, int]:
    """Column name to the position of its header; with `near` misspelt ones too."""
    found = match(table, headers) if near else _exact(table, headers)
    return {column.name: position for position, column in found.items()}


@lru_cache(maxsize=512)
def match(table: Table, headers: tuple[str, ...]) -> Mapping[int, Column]:
    """Position to column. Each column once: the header that is its name wins over one that it goes by, the first of
    equals over the later ones, and what is left is compared letter by letter."""
    found = dict(_exact(table, headers))
    taken = {column.name for column in found.values()}
    for position, text in enumerate(map(plain, headers) if len(headers) <= _MOST_COMPARED else ()):
        if text and position not in found:
            column = _misspelt(text, table, taken)
            if column is not None:
                found[position] = column
                taken.add(column.name)
    return found


@lru_cache(maxsize=2048)
def _exact(table: Table, headers: tuple[str, ...]) -> Mapping[int, Column]:
    found: dict[int, Column] = {}
    taken: set[str] = set()

    def take(position: int, column: Column | None) -> None:
        if column and position not in found and column.name not in taken:
            found[position] = column
            taken.add(column.name)

    for position, header in enumerate(headers):
        if "#" in header:  # `Medicaid #` is the number, not whether
            take(position, _known(plain(header.replace("#", " number ")), table))
    forms = [_forms(header) for header in headers]
    for names in _names(table):
        for position, texts in enumerate(forms):
            for column in (column for text in texts for column in names.get(text, ())):
                take(position, column)
    for position, header in enumerate(headers):
        take(position, _asked(header, table) if position not in found else None)
    for position, header in enumerate(headers):
        if position not in found and (whose := _WHOSE.match(header)):
            bare = header[whose.end() :]
            take(position, _known(plain(bare), table) or _ending(bare, table))
    for position, header in enumerate(headers):
        take(position, _ending(header, table) if position not in found else None)
    return found


def _ending(header: str, table: Table) -> Column | None:
    """The one column that a header means but for its last word: when it was, or what is named."""
    words = [word.lower() for word in _WORD.findall(header)]
    if len(words) < 2:
        return None
    rest = plain("".join(words[:-1]))
    if words[-1] == "name":
        column = _known(rest, table)
        return column if column is not None and column.type == "text" else None
    times = _times(table).get(rest, ()) if words[-1] in _TIMES else ()
    return times[0] if len(times) == 1 else None


@lru_cache(maxsize=256)
def _times(table: Table) -> Mapping[str, tuple[Column, ...]]:
    """The columns of dates and times by their names without the word that says so."""
    found: dict[str, dict[str, Column]] = {}
    for column in table.columns:
        for name in (column.name, *column.also) if column.type in ("date", "datetime") else ():
            words = [word.lower() for word in _WORD.findall(name)]
            rest = plain("".join(word for word in words if word not in _TIMES and word != "of"))
            if rest:
                found.setdefault(rest, {})[column.name] = column
    return {rest: tuple(columns.values()) for rest, columns in found.items()}


def _known(text: str, table: Table) -> Column | None:
    return next((names[text][0] for names in _names(table) if text in names), None)


@lru_cache(maxsize=16384)
def _forms(header: str) -> tuple[str, ...]:
    """A header simplified; also without the number of its question and without brackets, `3. Food (past year)`; and the
    LOINC code in it: `Housing status (71802-3)`."""
    bare = _NUMBERED.sub("", header, count=1) if _NUMBERED.match(header) else header
    coded = _LOINC.search(header)
    forms = (plain(header), plain(bare), plain(_BRACKETED.sub("", bare)), plain(coded[1]) if coded else "")
    return tuple(dict.fromkeys(form for form in forms if form))


def _asked(header: str, table: Table) -> Column | None:
    """The one column whose question a long header is."""
    if len(header.split()) < _LEAST_WORDS:
        return None
    text = plain(header)
    asked = [column for column in table.columns if any(plain(words) in text for words in column.asks)]
    return asked[0] if len(asked) == 1 else None


def asked(table: Table, headers: tuple[str, ...]) -> int:
    """How many of the headers are the code or the words of a question, and not only another name of its column."""
    codes = {plain(column.question): column for column in table.columns if column.question}
    return len(
        {
            column.name
            for header in headers
            for column in (*(codes.get(form) for form in _forms(header)), _asked(header, table))
            if column and column.question
        }
    )


@lru_cache(maxsize=256)
def _names(table: Table) -> tuple[dict[str, list[Column]], dict[str, list[Column]]]:
    """Columns by their names, and by the others that they go by; both simplified. One that several go by means the
    first of them that no other header does."""
    own = {plain(column.name): [column] for column in table.columns}
    others: dict[str, list[Column]] = {}
    for column in table.columns:
        for each in column.also:
            others.setdefault(plain(each), []).append(column)
        if column.question:
            for text in _question(column.question):
                others.setdefault(text, []).append(column)
    return own, others


@lru_cache(maxsize=256)
def _question(code: str) -> tuple[str, ...]:
    from conformance.tabular.instruments import questions

    return tuple(plain(_BRACKETED.sub("", text)) for text in questions().get(code, ()))


def _misspelt(text: str, table: Table, taken: set[str]) -> Column | None:
    """The one column whose name is a letter more, less, other or swapped; None where several could be meant."""
    if len(text) < _LEAST_LETTERS:
        return None
    own, others = _names(table)
    near = {
        column.name: column
        for names in (own, others)
        for name, columns in names.items()
        for column in columns
        if column.name not in taken and len(name) >= _LEAST_LETTERS and _near(text, name)
    }
    return next(iter(near.values())) if len(near) == 1 else None


def _near(one: str, other: str) -> bool:
    """True when one edit (a letter added, left out, changed, or two neighbours swapped) makes one the other; digits
    and the last letter don't count as misspelt: `address1` is not `address2`, `dates` no `date`."""
    if one == other or abs(len(one) - len(other)) > 1:
        return one == other
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if start >= min(len(one), len(other)):
        return False
    if len(one) == len(other):
        swapped = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
        changed = one[start + 1 :] == other[start + 1 :]
        return (swapped or changed) and one[start].isalpha() and other[start].isalpha()
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[start + 1 :] == shorter[start:] and longer[start].isalpha()


@lru_cache(maxsize=4096)
def known_as(column: Column) -> frozenset[str]:
    """All that a column goes by, simplified."""
    asked = _question(column.question) if column.question else ()
    return frozenset((plain(column.name), *map(plain, column.also), *asked))


def is_far(header: str, column: Column) -> bool:
    """Whether a header is none of the names that its column goes by, but a letter away."""
    whose = _WHOSE.match(header)
    bare = header[whose.end() :] if whose else header
    others = (plain(header.replace("#", " number ")), plain(bare))
    if not known_as(column).isdisjoint((*_forms(header), *others)):
        return False
    alone = Table(name="", columns=(column,))
    if _ending(header, alone) or _ending(bare, alone):
        return False
    return not any(plain(words) in plain(header) for words in column.asks)
