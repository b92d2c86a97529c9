"""Screening instruments: their questions, and the answers that belong to them, by LOINC codes.

`data/screening_instruments.csv` holds facts with their sources: LOINC codes (copyright Regenstrief Institute, LOINC
licence) and whether an answer shows a need, by the instrument's own scoring.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.tabular.plain import words

_DATA = Path(__file__).parent / "data" / "screening_instruments.csv"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question. `positive`: Y, N, NA (no answer was given), or how else it counts (SCORE, review)."""

    question: str
    code: str
    display: str
    score: str
    positive: str
    category: str
    instrument: str
    panel: str


@cache
def answers() -> tuple[Answer, ...]:
    with _DATA.open(newline="", encoding="utf-8") as file:
        return tuple(
            Answer(
                question=row["question_loinc"],
                code=row["answer_loinc"],
                display=row["answer_display"],
                score=row["answer_score"],
                positive=row["positive"],
                category=row["sdohcc_category"],
                instrument=row["instrument"],
                panel=row["panel_loinc"],
            )
            for row in csv.DictReader(file)
        )


@cache
def questions() -> Mapping[str, tuple[str, ...]]:
    """LOINC code of a question to its texts."""
    found: dict[str, dict[str, None]] = {}
    with _DATA.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["question_loinc"], {})[row["question_display"]] = None
    return {code: tuple(texts) for code, texts in found.items()}


@cache
def panel_of(instrument: str) -> str:
    """The LOINC code of the panel of an instrument, by its name or the code itself: `AHC-HRSN`, `prapare`."""
    said = words(instrument)
    found = {each.panel for each in answers() if said and said in (words(each.instrument), words(each.panel))}
    return found.pop() if len(found) == 1 else ""


@cache
def of_question(question: str, panel: str = "") -> tuple[Answer, ...]:
    """The coded answers to a question; of one instrument, by its panel's code, where that asks it."""
    found = [each for each in answers() if each.question == question and each.code]
    of_panel = [each for each in found if each.panel == panel]
    return tuple(of_panel or found)


@cache
def by_text(question: str, panel: str = "") -> Mapping[str, Answer]:
    """Answers by their texts, codes and scores, simplified."""
    found: dict[str, Answer] = {}
    for each in of_question(question, panel):
        for text in (each.code, each.display, each.score):
            if text:
                found.setdefault(words(text), each)
    return found
