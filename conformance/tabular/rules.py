"""Rules over the cells of a row, and over the rows of a screening: periods, totals, answers that fit their questions.

A rule is a class with the columns it reads and a `check` for each row. Findings name a column, and whether its value is
to be left out; what a rule can't judge it passes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from conformance.tabular.codes import code_reader
from conformance.tabular.instruments import Answer, answers, of_question, panel_of
from conformance.tabular.schema import Column, Rule

Words = Mapping[str, Any]
Row = Mapping[str, str]


class Finding(NamedTuple):
    """`column`: where; `part`: which of several ticked boxes. `drop`: the column's value isn't to be used. `value`:
    what it means in this row; such a finding has no code."""

    code: str
    column: str
    words: Words = {}  # noqa: RUF012 -- never written
    drop: bool = False
    part: str = ""
    value: str = ""


class Kind(NamedTuple):
    """A kind of rule: which columns its words name, and what makes its check for one table."""

    columns: Callable[[Words], Iterable[str]]
    check: Callable[[Words], Callable[[Row], Iterable[Finding]]]


def _period(given: Words) -> Callable[[Row], Iterable[Finding]]:
    """End not before start, as far as both are known; times with offsets are compared as instants."""
    start_name, end_name = given["start"], given["end"]

    def check(row: Row) -> Iterator[Finding]:
        start, end = row.get(start_name, ""), row.get(end_name, "")
        if start and end and _before(end, start):
            yield Finding("CSV-0205", end_name, {"start": start_name}, drop=True)

    return check


def _before(one: str, other: str) -> bool:
    if len(one) == len(other) <= 10 or "T" not in one or "T" not in other:
        size = min(len(one), len(other), 10)
        return one[:size] < other[:size]
    from datetime import datetime

    first, second = (datetime.fromisoformat(each.replace("Z", "+00:00")) for each in (one, other))
    if (first.tzinfo is None) != (second.tzinfo is None):
        return one[:10] < other[:10]
    return first < second


def _total(given: Words) -> Callable[[Row], Iterable[Finding]]:
    """The total is the sum of its parts; with `scores` the parts are answers, counted by their scores."""
    total, parts = given["total"], given["of"]
    scores = {part: _scores(part) for part in parts} if str(given.get("scores")).lower() == "true" else {}

    def check(row: Row) -> Iterator[Finding]:
        texts = [scores.get(part, {}).get(row[part], "") if scores else row[part] for part in parts if part in row]
        if total not in row or len(texts) < len(parts) or not all(map(_is_number, (*texts, row[total]))):
            return
        if sum(map(float, texts)) != float(row[total]):
            yield Finding("CSV-0206", total, {"count": len(parts)}, drop=True)

    return check


def _scores(question: str) -> dict[str, str]:
    return {answer.code: answer.score for answer in of_question(question) if answer.score}


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def _none(given: Words) -> Callable[[Row], Iterable[Finding]]:
    """`None of the above` isn't chosen together with one of those above."""
    columns, none = given["columns"], frozenset(given["none"])

    def check(row: Row) -> Iterator[Finding]:
        for column in columns:
            chosen = row.get(column, "").split(";")
            if len(chosen) > 1 and (both := none & set(chosen)):
                yield Finding("CSV-0211", column, {}, drop=False, part=min(both))

    return check


def _said(given: Words) -> Callable[[Row], Iterable[Finding]]:
    """An answer as people write it, of the question that its row names: its code, or the reason for having none. Codes
    in columns of their own count first."""
    from conformance.tabular.kinds import question as question_of

    question, answer, instrument = given["question"], given["answer"], given.get("instrument", "")
    readers: dict[tuple[str, str], Callable[[str], Any]] = {}

    def reader(asked: str, panel: str) -> Callable[[str], Any]:
        if (asked, panel) not in readers:
            column = Column(name=asked, type="answer", question=asked, separator=";")
            readers[asked, panel] = code_reader(column, {}, panel)
        return readers[asked, panel]

    def check(row: Row) -> Iterator[Finding]:
        asked = row.get(given.get("coded_question", "")) or row.get(question, "")
        if not of_question(asked):
            asked = question_of(asked, panel_of(row.get(instrument, ""))) or asked
        if asked != row.get(question, ""):
            yield Finding("", question, value=asked)
        column = given.get("coded_answer", "") if row.get(given.get("coded_answer", "")) else answer
        said = row.get(column, "")
        if not said or not of_question(asked):
            return
        cell = reader(asked, panel_of(row.get(instrument, "")))(said)
        if cell.code:
            yield Finding(cell.code, column, cell.words, drop=True)
        elif cell.value != row.get(answer, ""):
            yield Finding("", answer, value=cell.value)

    return check


def _answers(given: Words) -> Callable[[Row], Iterable[Finding]]:
    """A question, its coded answer and what the sender makes of it, one a row: the answer is one of the question's
    (CSV-0207), its polarity (CSV-0208) and category (CSV-0209) fit, and there is an answer or a reason for none."""
    judge = _Answers(given)
    return judge.check


class _Answers:
    def __init__(self, given: Words) -> None:
        self.question, self.answer = given["question"], given["answer"]
        self.text, self.instrument = given.get("text", ""), given.get("instrument", "")
        self.category, self.need, self.absent = (given.get(each, "") for each in ("category", "need", "absent"))
        self.group: tuple[str, ...] = given.get("group", ())
        self._now: tuple[str, ...] = ()
        self._scores: dict[str, float] = {}

    def check(self, row: Row) -> Iterator[Finding]:
        question = row.get(self.question, "")
        panel = row.get(self.instrument, "")
        codes = [each for each in row.get(self.answer, "").split(";") if each]
        if not question:
            return
        self._begin(row)
        asked = {each.code: each for each in of_question(question, panel)}
        yield from self._category(row, question, panel)
        if codes and row.get(self.absent):
            yield Finding("CSV-0210", self.absent)
        wrong = [code for code in codes if asked and code not in asked]
        if wrong:
            yield Finding("CSV-0207", self.answer, {"question": question, "wanted": _shown(asked.values())}, drop=True)
            return
        yield from self._polarity(row, [asked[code] for code in codes if code in asked], question)

    def _begin(self, row: Row) -> None:
        """Scores are of one screening: they begin anew with the next."""
        now = tuple(row.get(each, "") for each in self.group)
        if now != self._now:
            self._now, self._scores = now, {}

    def _category(self, row: Row, question: str, panel: str) -> Iterator[Finding]:
        said = row.get(self.category, "")
        fitting = _categories(question, panel)
        if said and fitting and said not in fitting and said != "sdoh-category-unspecified":
            yield Finding(
                "CSV-0209", self.category, {"question": question, "wanted": ", ".join(sorted(fitting))}, drop=True
            )

    def _polarity(self, row: Row, given: list[Answer], question: str) -> Iterator[Finding]:
        said = row.get(self.need, "")
        for each in given:
            if each.score and _is_number(each.score):
                self._scores[question] = float(each.score)
        if question == HITS_TOTAL:
            yield from self._score(row, said)
        elif said in ("POS", "NEG") and given and all(each.positive in ("Y", "N") for each in given):
            needs = any(each.positive == "Y" for each in given)
            if needs != (said == "POS"):
                wanted = "POS" if needs else "NEG"
                yield Finding("CSV-0208", self.need, {"question": question, "wanted": wanted}, drop=True)

    def _score(self, row: Row, said: str) -> Iterator[Finding]:
        """The safety score: the sum of its four answers, positive above 10."""
        text = row.get(self.text, "").strip()
        if not text.isdecimal():
            return
        parts = [self._scores[each] for each in HITS if each in self._scores]
        if len(parts) == len(HITS) and sum(parts) != float(text):
            yield Finding("CSV-0206", self.text, {"count": len(HITS)}, drop=True)
        if said in ("POS", "NEG") and (int(text) > HITS_POSITIVE) != (said == "POS"):
            wanted = "POS" if int(text) > HITS_POSITIVE else "NEG"
            yield Finding("CSV-0208", self.need, {"question": HITS_TOTAL, "wanted": wanted}, drop=True)


HITS = ("95618-5", "95617-7", "95616-9", "95615-1")
"""Hurt, insult, threaten, scream: four items of 1 to 5."""
HITS_TOTAL = "95614-4"
HITS_POSITIVE = 10


def _categories(question: str, panel: str) -> frozenset[str]:
    """The categories that a question's answers are of; none where its needs aren't of one."""
    mine = [each for each in answers() if each.question == question]
    found = {each.category for each in mine if each.category and (not panel or each.panel == panel)}
    return frozenset(found or {each.category for each in mine if each.category})


def _shown(given: Iterable[Answer]) -> str:
    texts = [f"{each.code} {each.display}" for each in given]
    return "; ".join(texts if len(texts) <= 8 else [*texts[:8], "..."])


RULES: dict[str, Kind] = {
    "period": Kind(lambda given: (given.get("start", ""), given.get("end", "")), _period),
    "total": Kind(lambda given: (given.get("total", ""), *given.get("of", ())), _total),
    "none": Kind(lambda given: given.get("columns", ()), _none),
    "said": Kind(lambda given: (given.get("question", ""), given.get("answer", "")), _said),
    "answers": Kind(
        lambda given: (
            *(given[each] for each in ("question", "answer", "text", "instrument", "category", "need", "absent")
              if each in given),
            *given.get("group", ()),
        ),
        _answers,
    ),
}  # fmt: skip


def checks(rules: Iterable[Rule], there: frozenset[str]) -> list[Callable[[Row], Iterable[Finding]]]:
    """The checks of one table's rows: those whose columns it has."""
    return [
        RULES[rule.name].check(rule.words)
        for rule in rules
        if not rule.name.startswith(("period", "total")) or set(RULES[rule.name].columns(rule.words)) <= there
    ]
