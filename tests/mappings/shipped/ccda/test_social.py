"""Social needs, from the screening to the outcome: each piece becomes what FHIR has for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mappings.shipped.ccda.clinical import bundle, codes
from tests.mappings.shipped.ccda.sdoh import DOCUMENT

MADE = bundle(DOCUMENT)
BY_URL = {each["fullUrl"]: each["resource"] for each in MADE["entry"]}


def found(kind: str, code: str) -> dict[str, Any]:
    one: dict[str, Any]
    (one,) = [
        each
        for each in BY_URL.values()
        if each["resourceType"] == kind and code in codes(each.get("code", each.get("description")))
    ]
    return one


def test_a_screening_is_a_panel_of_answers() -> None:
    panel = found("Observation", "88121-9")
    (answer,) = [BY_URL[each["reference"]] for each in panel["hasMember"]]
    assert {"survey", "sdoh"} <= codes(panel["category"])
    assert "dataAbsentReason" not in panel
    assert "LA28397-0" in codes(answer["valueCodeableConcept"])
    assert {"survey", "sdoh", "food-insecurity"} <= codes(answer["category"])


def test_a_problem_has_its_domain() -> None:
    assert {"problem-list-item", "sdoh", "food-insecurity"} <= codes(found("Condition", "733423003")["category"])


def test_a_concern_keeps_its_words_and_refers_to_the_problem() -> None:
    (concern,) = [
        each
        for each in BY_URL.values()
        if each["resourceType"] == "Condition" and "health-concern" in codes(each["category"])
    ]
    assert concern["code"]["text"] == "Not enough to eat at the end of the month"
    assert BY_URL[concern["evidence"][0]["detail"][0]["reference"]] is found("Condition", "733423003")


def test_a_goal_addresses_its_reason() -> None:
    goal = found("Goal", "1078229009")
    assert goal["lifecycleStatus"] == "active"
    assert BY_URL[goal["addresses"][0]["reference"]] is found("Condition", "733423003")


def test_interventions_are_done_or_planned() -> None:
    assert found("Procedure", "1268704002")["status"] == "completed"
    planned = found("ServiceRequest", "713109004")
    assert (planned["intent"], planned["status"]) == ("order", "active")
    assert "sdoh" in codes(planned.get("category", [])) or "713109004" in codes(planned["code"])


@pytest.mark.parametrize("value", ["407542009", "224255001"])
def test_caregiver_and_home_are_social_history(value: str) -> None:
    (one,) = [each for each in BY_URL.values() if value in codes(each.get("valueCodeableConcept"))]
    assert "social-history" in codes(one["category"])


def test_an_outcome_is_about_its_goal() -> None:
    (outcome,) = [
        each
        for each in BY_URL.values()
        if each["resourceType"] == "Observation" and "1078229009" in codes(each.get("valueCodeableConcept"))
    ]
    assert BY_URL[outcome["focus"][0]["reference"]] is found("Goal", "1078229009")
