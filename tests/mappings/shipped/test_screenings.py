"""Screenings as other tools export them: questions and answers in their own words, none lost and none turned round."""

from __future__ import annotations

from typing import Any

import pytest

from gateway import convert

AHC = (
    'Timestamp,Client ID,Full name,"1. What is your living situation today?",'
    '"2. Think about the place you live. Do you have problems with any of the following? CHOOSE ALL THAT APPLY",'
    '"3. Within the past 12 months, you worried that your food would run out before you got money to buy more.",'
    '"5. In the past 12 months, has lack of reliable transportation kept you from getting things needed?",'
    '"7. How often does anyone physically hurt you?","8. How often does anyone insult or talk down to you?",'
    '"9. How often does anyone threaten you with harm?","10. How often does anyone scream or curse at you?"\n'
)


def screened(*rows: str, header: str = AHC) -> dict[str, Any]:
    made = convert(header + "".join(f"{row}\n" for row in rows), to="fhir")
    value: dict[str, Any] = made.value
    return value


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def answer(bundle: dict[str, Any], question: str) -> list[str]:
    found = []
    for each in of_type(bundle, "Observation"):
        if any(coding.get("code") == question for coding in each["code"].get("coding", ())):
            found += [each, *each.get("component", ())]
    return [coding["code"] for each in found for coding in each.get("valueCodeableConcept", {}).get("coding", ())]


def absent(bundle: dict[str, Any], question: str) -> str:
    (found,) = [each for each in of_type(bundle, "Observation") if each["code"]["coding"][0]["code"] == question]
    assert "valueCodeableConcept" not in found
    code: str = found["dataAbsentReason"]["coding"][0]["code"]
    return code


def test_several_answers_whose_words_have_commas() -> None:
    made = screened('3/15/2026 9:00,N-1,A B,,"Pests such as bugs, ants, or mice, Water leaks, Mold",Never true,No,,,,')
    assert sorted(answer(made, "96778-6")) == ["LA28580-1", "LA31996-4", "LA32001-2"]


def test_answers_are_known_by_how_they_begin_where_only_one_does() -> None:
    made = screened('3/15/2026 9:00,N-1,A B,"I do not have a steady place to live (in a car)",Pests,often,yes,,,,')
    assert answer(made, "71802-3") == ["LA31995-6"]
    assert answer(made, "96778-6") == ["LA31996-4"]
    assert answer(made, "88122-7") == ["LA28397-0"]
    short = screened("3/15/2026 9:00,N-1,A B,I,,true,,,,,")
    assert answer(short, "71802-3") == answer(short, "88122-7") == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [("Refused", "asked-declined"), ("Prefer not to answer", "asked-declined"), ("Don't know", "asked-unknown")],
)
def test_a_question_without_an_answer_says_why(said: str, reason: str) -> None:
    made = screened(f"3/15/2026 9:00,N-1,A B,,,Never true,{said},,,,")
    assert absent(made, "93030-5") == reason
    assert not of_type(made, "Condition")
    again = convert(made, as_="ahc").value.decode()
    assert reason in again


def test_an_instrument_that_has_such_an_answer_gets_it() -> None:
    header = "patient_id,screening_date,88122-7,88123-5\n"
    made = screened("P1,2026-01-05,Don't know,refused", header=header)
    assert answer(made, "88122-7") == answer(made, "88123-5") == ["LA15775-2"]
    header = "patient_id,screening_date,71802-3,93033-9,93038-8\n"
    made = screened("P1,2026-01-05,I do not have housing,Prefer not to answer,Very much", header=header)
    assert answer(made, "71802-3") == ["LA30190-5"]
    assert answer(made, "93033-9") == ["LA30122-8"]


def test_questions_are_known_by_their_codes() -> None:
    header = "patient_id,screening_date,Housing status (71802-3),LOINC 93033-9,93031-3\n"
    made = screened("P1,2026-01-05,I have housing,No,Food;Utilities", header=header)
    assert answer(made, "71802-3") == ["LA30189-7"]
    assert sorted(answer(made, "93031-3")) == ["LA30124-4", "LA30125-1"]


@pytest.mark.parametrize(
    ("answers", "restricted"),
    [("Sometimes,Sometimes,Sometimes,Rarely", True), ("Rarely,Sometimes,Rarely,Sometimes", False)],
)  # fmt: skip
def test_answers_on_safety_restrict_without_their_sum(answers: str, restricted: bool) -> None:
    made = screened(f"3/15/2026 9:00,N-1,A B,,,Never true,No,{answers}")
    (person,) = of_type(made, "Patient")
    assert ("security" in person.get("meta", {})) is restricted
    assert len(of_type(made, "Condition")) == restricted
