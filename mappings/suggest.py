"""A first draft for an export that nobody has seen: what its columns hold, and a schema and a map to be mended.

Columns are known by their headers, else by their values: types, codes, answers of screening instruments. Every line of
the draft says how sure it is; what isn't known stands there commented out. Nothing is guessed into a code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.tabular import instruments, kinds
from conformance.tabular.headers import match
from conformance.tabular.plain import plain, words
from conformance.tabular.schema import Column

MOST_ROWS = 5_000
"""How many rows are looked at."""

_LIKE = (("pantry", "clients"), ("ahc", "screenings"), ("prapare", "screenings"), ("roster", "members"),
         ("referrals", "referrals"))  # fmt: skip
"""Tables whose columns' names and other names are known everywhere."""

_PERSON = frozenset(
    ("person_id", "name", "last_name", "first_name", "middle_name", "birth_date", "sex", "ssn", "medicaid_id",
     "address", "address_2", "city", "state", "zip", "county", "phone", "phone_2", "email", "language")
)  # fmt: skip
"""Columns that the part `person` of the shipped maps reads."""

_TELLING_APART = ("person_id", "medicaid_id", "ssn")
"""Columns by which persons are told apart, the best first."""

_UNKNOWN = frozenset(("", "-", "n/a", "na", "null", "none", "unknown", "0000-00-00", "00/00/0000"))
_TESTS: Mapping[str, Callable[[str], object]] = {
    "date": re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})").fullmatch,
    "datetime": re.compile(r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{4})[T ]\d{1,2}:\d{2}.{0,14}").fullmatch,
    "boolean": frozenset(("y", "n", "yes", "no", "true", "false", "x", "1", "0", "t", "f")).__contains__,
    "integer": re.compile(r"-?\d{1,9}").fullmatch,
    "decimal": re.compile(r"-?\$?\d{1,12}(?:[.,]\d{1,4})?").fullmatch,
    "icd10cm": re.compile(r"[a-z]\d[0-9a-z](?:\.[0-9a-z]{1,4})?(?: - .{1,80})?", re.IGNORECASE).fullmatch,
    "phone": re.compile(r"\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}.{0,40}").fullmatch,
    "email": re.compile(r"[^@\s]{1,64}@[^@\s]{1,100}").fullmatch,
}
"""What the cleaned, lower-case values of a column may all be, the first that fits."""

_ENOUGH = 0.8
"""The share of a column's values that must fit."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One column: its header, how many cells of how many are filled, its most frequent values, and the type of most."""

    header: str
    filled: int
    rows: int
    distinct: int
    common: tuple[str, ...]
    type: str
    fit: float


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column may be: a canonical name or the LOINC code of a question, why, and how sure (0 to 1)."""

    profile: Profile
    name: str
    why: str
    sure: float
    column: Column | None = None


def profiles(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Profile]:
    """What stands in each column. Cells that stand for unknown don't count as filled."""
    found = []
    for place, header in enumerate(headers):
        if not header.strip():
            continue
        cells = [row[place].strip() for row in rows[:MOST_ROWS] if place < len(row)]
        filled = [cell for cell in cells if cell.casefold() not in _UNKNOWN]
        values = Counter(filled)
        kind, fit = _type([value.casefold() for value in values])
        common = tuple(value for value, _ in values.most_common(5))
        found.append(Profile(header, len(filled), len(cells), len(values), common, kind, fit))
    return found


def _type(values: list[str]) -> tuple[str, float]:
    for name, test in _TESTS.items():
        fit = sum(1 for value in values if test(value)) / len(values) if values else 0.0
        if fit >= _ENOUGH:
            return name, fit
    return "text", 1.0


def guesses(columns: Sequence[Profile]) -> list[Guess]:
    """The best guess for each column, none of them twice: by header, then by answers, then by type alone."""
    numbered = [_is_number(column) for column in columns]
    headers = tuple("" if is_number and _says_name(column) else column.header
                    for column, is_number in zip(columns, numbered, strict=True))  # fmt: skip
    by_header = _by_header(headers)
    taken = {column.name for column in by_header.values()}
    found = []
    for place, column in enumerate(columns):
        known = by_header.get(place)
        if known is not None and _contradicts(known, column):
            known = None
        guess = _named(column, known) if known is not None else _valued(column, taken, is_number=numbered[place])
        taken.add(guess.name)
        found.append(guess)
    return found


def _contradicts(known: Column, profile: Profile) -> bool:
    """Whether the values can't be what the header says: `Enrolled` is a date here, yes or no there."""
    dates = ("date", "datetime")
    return (known.type in dates and profile.type == "boolean") or (known.type == "boolean" and profile.type in dates)


def _says_name(profile: Profile) -> bool:
    """True for `Guest #`: the header of people's names, and of their numbers."""
    column = _by_header((profile.header,)).get(0)
    return column is not None and column.type == "name"


def _is_number(profile: Profile) -> bool:
    """True where each row has a value of its own, with figures in it: what rows are told apart by."""
    figures = all(any(each.isdigit() for each in value) for value in profile.common)
    dated = profile.type in ("date", "datetime", "phone", "decimal")
    return profile.filled > 1 and profile.distinct == profile.filled == profile.rows and figures and not dated


def _valued(profile: Profile, taken: set[str], *, is_number: bool) -> Guess:
    """A column whose header says nothing: by its values."""
    values = {value.casefold() for value in profile.common}
    if values and values <= _SEXES and "sex" not in taken and not values <= {"0", "1"}:
        return Guess(profile, "sex", "its values are those of sex", 0.8, _shared("sex"))
    flag = _flag(profile)
    if flag is not None and flag not in taken:
        return Guess(profile, flag, "its header speaks of safety or sharing", 0.8)
    answered = _answered(profile)
    if answered is not None and answered.name not in taken:
        return answered
    if is_number and taken.isdisjoint(_TELLING_APART):
        return Guess(profile, "person_id", "every row has its own value", 0.6, _shared("person_id"))
    if profile.type == "date" and profile.distinct < profile.filled and "screening_date" not in taken:
        return Guess(profile, "screening_date", "a date that several rows share", 0.4, _shared("screening_date"))
    return _typed(profile)


def _flag(profile: Profile) -> str | None:
    """A column of yes and no by which a person is restricted: what is overlooked here would reach everybody."""
    said = set(words(profile.header.replace("_", " ")).split())
    if profile.type != "boolean":
        return None
    if said & {"safe", "ok", "okay", "may"} and said & {"call", "contact", "text", "phone", "message", "mail", "visit"}:
        return "contact_ok"
    if said & {"dv", "ipv", "violence", "fleeing", "survivor", "abuse", "abused", "victim"}:
        return "violence"
    return "opt_out" if {"opt", "out"} <= said or said & {"optout"} or {"not", "share"} <= said else None


_RESTRICTING: Mapping[str, tuple[str, str]] = {
    "consent": ("labels-consent", "false"),
    "opt_out": ("labels-consent", "true"),
    "contact_ok": ("labels-violence", "false"),
    "violence": ("labels-violence", "true"),
}
"""By which columns a person is restricted: the labels, and the value that asks for them."""

_SEXES = frozenset(("m", "f", "male", "female", "w", "o", "x", "u", "other", "unknown", "nonbinary", "non-binary"))


def _shared(name: str) -> Column | None:
    """A column as the shipped kinds have it."""
    schema = kinds.shipped("ahc").value
    table = schema.table("screenings") if schema is not None else None
    return table.column(name) if table is not None else None


def _by_header(headers: tuple[str, ...]) -> dict[int, Column]:
    found: dict[int, Column] = {}
    taken: set[str] = set()
    for kind, table in _LIKE:
        schema = kinds.shipped(kind).value
        known = schema.table(table) if schema is not None else None
        for place, column in (match(known, headers) if known is not None else {}).items():
            if place not in found and column.name not in taken:
                found[place] = column
                taken.add(column.name)
    return found


def _named(profile: Profile, column: Column) -> Guess:
    exact = plain(profile.header) in {plain(each) for each in (column.name, *column.also)}
    wanted = {"zip": "integer", "id": "integer", "answer": "text", "code": "text", "name": "text"}
    fits = column.type in ("text", profile.type) or wanted.get(column.type) in ("text", profile.type)
    sure = (0.9 if exact else 0.7) - (0.0 if fits or not profile.filled else 0.2)
    why = "its header is a known one" if exact else "its header is close to a known one"
    return Guess(profile, column.name, why if fits else f"{why}, its values look like {profile.type}", sure, column)


def _answered(profile: Profile) -> Guess | None:
    """A question whose answers the values are; the one whose words the header has wins among several."""
    values = {words(value) for value in profile.common}
    best: tuple[float, str] | None = None
    for question in instruments.questions() if values else ():
        known = instruments.by_text(question)
        share = sum(1 for value in values if value in known) / len(values)
        if share >= _ENOUGH and len(values) > 1:
            shared = len(_telling()[question] & set(words(profile.header.replace("_", " ")).split()))
            if profile.type in ("boolean", "integer") and shared < 2:
                continue  # yes and no answer anything, and so do scores
            best = max(best or (0.0, ""), (share / 2 + min(shared, 3) / 10, question))
    if best is None:
        return None
    return Guess(profile, best[1], "its values are answers to this question", best[0])


@cache
def _telling() -> Mapping[str, frozenset[str]]:
    """The words of each question that few others have: `months`, `your` and `home` tell nothing."""
    said = {
        question: {word for text in texts for word in words(text).split() if len(word) > 3}
        for question, texts in instruments.questions().items()
    }
    often = Counter(word for each in said.values() for word in each)
    return {question: frozenset(word for word in each if often[word] <= _FEW) for question, each in said.items()}


_FEW = 3


def _typed(profile: Profile) -> Guess:
    name = re.sub(r"[^a-z0-9]+", "_", profile.header.casefold()).strip("_") or "column"
    return Guess(profile, name, f"its values look like {profile.type}", 0.5 if profile.type != "text" else 0.2)


def order_of(columns: Sequence[Profile]) -> str:
    """`DMY` or `MDY` where a date proves it; empty where none does, or where dates prove both."""
    proven = set()
    for column in columns:
        for value in column.common if column.type == "date" else ():
            parts = re.split(r"[/.-]", value)
            if len(parts[0]) < 3:
                proven |= {"DMY"} if int(parts[0]) > 12 else set()
                proven |= {"MDY"} if int(parts[1]) > 12 else set()
    return proven.pop() if len(proven) == 1 else ""


# ---- the draft -------------------------------------------------------------------------------------------------


def schema(name: str, found: Sequence[Guess]) -> str:
    """NAME.columns.yaml: how the columns are read."""
    order = order_of([each.profile for each in found])
    lines = [
        f"# Columns of {name}, by what stands in them. The figure behind a line says how sure it is.",
        f"schema: {name}",
        f"order: {order}    # proven by a date"
        if order
        else "# order: MDY    # no date proves which of day and month is first: ask",
        "tables:",
        f"  {name}:",
        f"    files: ['*{name}*']",
        f"    telling: [{', '.join(_quoted(each.name) for each in _sure(found)[:3])}]",
        "    columns:",
    ]
    lines += [f"      {_quoted(each.name)}: {_column(each)}    # {_remark(each)}" for each in found]
    key = _who(found)
    lines += [f"    key: [{key}]"] if key else ["    # key: [which column tells the rows apart?]"]
    if any(each.name == "deleted" for each in found):
        lines.append("    deleted: deleted    # such a row takes back what it said")
    return "\n".join([*lines, ""])


def _who(found: Sequence[Guess]) -> str:
    """The column that tells persons apart; empty where none does."""
    names = {each.name for each in found}
    return next((name for name in _TELLING_APART if name in names), "")


def _column(guess: Guess) -> str:
    column = guess.column
    also = f"also: [{_quoted(guess.profile.header)}]"
    if _is_question(guess) and (column is None or column.type in ("answer", "choices")):
        return f"{{is: answer, {also}}}"
    if column is None:
        kind = {"icd10cm": "text"}.get(guess.profile.type, guess.profile.type)
        return f"{{is: {kind}, {also}}}"
    more = f", separator: {_quoted(column.separator)}" if column.separator else ""
    if column.system:
        more += f", system: {column.system}, other: keep, values: []"
    elif column.values:
        codes = sorted(set(column.values.values()))
        said = {code: sorted(text for text, each in column.values.items() if each == code) for code in codes}
        texts = (f"{_quoted(code)}: [{', '.join(map(_quoted, each))}]" for code, each in said.items())
        more += f", values: {{{', '.join(texts)}}}"
    return f"{{is: {column.type}, {also}{more}}}"


def map_(name: str, found: Sequence[Guess]) -> str:
    """NAME.yaml: what becomes of them."""
    person = [each for each in found if each.name in _PERSON]
    questions = [each for each in found if _is_question(each)]
    rest = [each for each in found if each not in person and each not in questions]
    dates = [each.name for each in found if each.name == "screening_date"]
    key = _who(found)
    who = key or "person_id"
    lines = [
        "# A draft made by `maps suggest`. The figure behind a line says how sure it is: mend what is wrong, and what",
        "# is commented out. Lines of the same kind stand in the shipped maps of tables.",
        f"map: csv-{name}",
        f"between: {{csv: {name}, fhir: Bundle}}",
        "uses: [csv-shared]",
        f"title: {name}",
        "rules:",
        "- {set: {fhir: {type: collection}}}",
        f"- rows: {{from: {name}{_retract(found)}}}",
        "  rules:",
    ]
    if questions:
        lines += _panel(dates, who)
    note = "" if key else "    # no column tells persons apart: which is it?"
    lines += [
        "  - make: Patient",
        "    name: person",
        f"    key: {{csv: [{who}], as: row-key}}{note}",
        "    rules:",
    ]
    lines += ["    - {use: person}"]
    lines += [f"    # {each.name} is read by the part `person`    # {_remark(each)}" for each in person]
    for each in rest:
        if each.name in _RESTRICTING and each.name != "consent":
            lines.append(f"    - {{csv: {each.name}, ignore: others need no label}}    # {_remark(each)}")
    lines += _restrictions([each.name for each in rest])
    for each in rest:
        if each.name == "consent" or each.name not in (*_RESTRICTING, "deleted"):
            lines += _rule(each, who, screened=bool(questions))
    if questions:
        lines += _questions(questions)
    return "\n".join([*lines, ""])


def _restrictions(names: Sequence[str]) -> Iterator[str]:
    """The labels of who is restricted, once for all columns that ask for them."""
    for labels in dict.fromkeys(label for label, _ in _RESTRICTING.values()):
        asking = [(name, value) for name, (label, value) in _RESTRICTING.items() if label == labels and name in names]
        tests = ", ".join(f'{{csv: {name}, eq: "{value}"}}' for name, value in asking)
        if asking:
            yield f"    - {{use: {labels}, when: {{any: [{tests}]}}}}"


def _retract(found: Sequence[Guess]) -> str:
    """Rows flagged deleted take back what they said."""
    return ', retract: {deleted: {eq: "true"}}' if any(each.name == "deleted" for each in found) else ""


def _panel(dates: Sequence[str], who: str) -> list[str]:
    note = "" if dates else "    # which column says when the screening was?"
    return [
        "  - make: Observation    # the screening as a whole",
        "    name: panel",
        "    where: {fhir: {code.text: Screening}}",
        f"    key: {{csv: [{who}, screening_id, screening_date], as: row-key}}",
        f"    rules: [{{set: {{fhir: {{status: final}}}}}}, {{use: screening}}]{note}",
    ]


def _questions(questions: Sequence[Guess]) -> list[str]:
    columns = ", ".join(f"{each.name}: {each.name}" for each in questions)
    asked = f"columns: {{{columns}}}, to: {{question: question, answer: answer}}"
    return [
        *(
            f"  # {each.name} is asked in column {_quoted(each.profile.header)}    # {_remark(each)}"
            for each in questions
        ),
        f"  - unpivot: {{{asked}, join: {{answers: [question, answer], questions: question}}}}",
        "    rules: [{use: answer}]",
        f'  - unpivot: {{{asked}, split: ";", join: {{answers: [question, answer]}}}}',
        "    derived: what an answer proposes follows from it",
        "    rules: [{use: proposed}]",
    ]


_RULES: Mapping[str, tuple[str, ...]] = {
    "needs": (
        '  - unpivot: {columns: {needs: {}}, to: {answer: need}, split: ";"}',
        "    rules:",
        "    - make: ServiceRequest",
        "      key: {csv: [WHO, need], as: row-key}",
        "      rules:",
        "      - {csv: need, fhir: code.text}",
        "      - {set: {fhir: {status: active, intent: plan}}}",
        "      - {fhir: subject, ref: person}",
    ),
    "z_code": (
        '  - unpivot: {columns: {z_code: {}}, to: {answer: zcode}, split: ";"}',
        "    rules:",
        "    - make: Condition",
        "      key: {csv: [WHO, zcode], as: row-key}",
        "      rules:",
        "      - {csv: zcode, fhir: code.coding.code}",
        "      - {set: {fhir: {code.coding.system: $icd10}}}",
        "      - {fhir: subject, ref: person}",
    ),
    "consent": ("  - {use: consent}",),
}
"""By column: the rules that a draft gets. WHO is the column that tells persons apart."""


def _rule(guess: Guess, who: str, *, screened: bool) -> list[str]:
    if screened and guess.name in ("screening_date", "screening_id"):
        return [f"  # {guess.name} is read by the part `screening`    # {_remark(guess)}"]
    if guess.name in _RULES:
        rules = [line.replace("WHO", who) for line in _RULES[guess.name]]
        return [f"  # {guess.name}    # {_remark(guess)}", *rules]
    if guess.profile.filled == 0:
        return [
            f"  - {{csv: {_quoted(guess.name)}, ignore: empty in the rows that were looked at}}    # {_remark(guess)}"
        ]
    path = {
        "date": "effectiveDateTime",
        "datetime": "effectiveDateTime",
        "boolean": "valueBoolean",
        "integer": "valueInteger",
    }
    target = path.get(guess.profile.type, "valueString")
    name = _quoted(guess.name)
    made = f"key: {{csv: [{who}, {name}], as: row-key}}"
    says = f"{{set: {{fhir: {{status: final, code.text: {_quoted(guess.profile.header)}}}}}}}"
    told = f"[{{csv: {name}, fhir: {target}}}, {says}, {{fhir: subject, ref: person}}]"
    return [f"  # {name}    # {_remark(guess)}", f"  # - {{make: Observation, {made}, rules: {told}}}"]


def test(name: str, text: str) -> str:
    """NAME.test.yaml: rows beside the map, to say what must become of them."""
    rows = "\n".join("      " + line for line in text.splitlines())
    head = "# The first rows as they are: say what must become of them, and run `maps test`.\n- name: the first rows\n"
    return f"{head}  map: csv-{name}\n  give:\n    csv: |\n{rows}\n  expect: {{fhir: {{Bundle.type: collection}}}}\n"


def table(found: Sequence[Guess]) -> Iterator[tuple[str, ...]]:
    """What was seen, for people: header, filled, different values, type, guess and how sure."""
    for each in found:
        seen = each.profile
        filled = f"{seen.filled} of {seen.rows}"
        yield seen.header, filled, str(seen.distinct), seen.type, each.name, f"{each.sure:.1f}", each.why


def _sure(found: Sequence[Guess]) -> list[Guess]:
    return sorted((each for each in found if each.profile.filled), key=lambda each: -each.sure)


def _is_question(guess: Guess) -> bool:
    return re.fullmatch(r"\d{1,7}-\d", guess.name) is not None


def _remark(guess: Guess) -> str:
    seen = guess.profile
    filled = f"{seen.filled} of {seen.rows} filled, {seen.distinct} different"
    return f"{guess.sure:.1f} {_quoted(seen.header)}: {guess.why}; {filled}"


def _quoted(text: str) -> str:
    """A text as a YAML scalar on one line."""
    clean = "".join(" " if each in "\r\n\t" else each for each in text).strip()
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*|\d{1,7}-\d", clean) and clean not in (
        "y",
        "n",
        "yes",
        "no",
        "true",
        "false",
    ):
        return clean
    return "'" + clean.replace("'", "''") + "'"
