"""Observations on their way to OBX and back: every kind of value, panels, and what is known to be unknown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mappings.shipped.messages import adt, back, code, forward, one, resources, told

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def observed(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": code("X1"), **elements}


def written(**elements: Any) -> list[list[str]]:
    """The fields of each OBX."""
    return [each.split("|") for each in told(observed(**elements)) if each.startswith("OBX")]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ({"valueBoolean": True}, "CWE", "Y^^HL70136"),
        ({"valueBoolean": False}, "CWE", "N^^HL70136"),
        ({"valueInteger": 5}, "NM", "5"),
        ({"valueTime": "10:30:00"}, "TM", "103000"),
        ({"valuePeriod": {"start": "2024-01-01", "end": "2024-01-02"}}, "DR", "20240101^20240102"),
        ({"valueCodeableConcept": code("LA33-6")}, "CWE", "LA33-6"),
        ({"dataAbsentReason": code("asked-declined", ABSENT)}, "CWE", f"asked-declined^^{ABSENT}"),
    ],
)
def test_every_kind_of_value_is_written(value: dict[str, Any], kind: str, text: str) -> None:
    ((_, _, given, _, _, found, *_),) = written(**value)
    assert (given, found) == (kind, text)


@pytest.mark.parametrize(
    ("target", "coded", "timed"),
    [("ADT_A01@2.3.1", "CE", "TS"), ("ADT_A01@2.5.1", "CWE", "TS"), ("ADT_A01@2.8", "CWE", "DTM")],
)
def test_values_have_the_types_of_the_version(target: str, coded: str, timed: str) -> None:
    values = [observed(valueCodeableConcept=code("LA33-6")), observed(valueDateTime="2024-01-02T10:30:00Z")]
    kinds = [each.split("|")[2] for each in told(*values, target=target) if each.startswith("OBX")]
    assert kinds == [coded, timed]


def test_what_was_not_asked_and_what_was_declined_come_back() -> None:
    declined = forward(adt("PID|1||7", f"OBX|1|CWE|X1||asked-declined^^{ABSENT}||||||F"))
    assert one(declined, "Observation")["dataAbsentReason"]["coding"][0]["code"] == "asked-declined"
    assert "valueCodeableConcept" not in one(declined, "Observation")
    asked = forward(adt("PID|1||7", "OBX|1||X1||||||||N"))
    assert asked.document is not None
    again = back(asked.document).document
    assert again is not None
    assert again.root.first("OBX").fields[11] == "N"


def test_components_with_codes_of_their_own_are_observations_of_their_own() -> None:
    panel = written(
        effectiveDateTime="2024-01-01",
        valueString="both",
        component=[
            {"code": code("8480-6"), "valueQuantity": {"value": 120, "unit": "mmHg"}},
            {"code": code("8462-4"), "valueQuantity": {"value": 80, "unit": "mmHg"}},
        ],
    )
    assert [(each[3], each[5], each[11], each[14]) for each in panel] == [
        ("X1", "both", "F", "20240101"), ("8480-6", "120", "F", "20240101"), ("8462-4", "80", "F", "20240101"),
    ]  # fmt: skip


def test_components_with_the_code_of_the_observation_are_repetitions() -> None:
    made = forward(adt("PID|1||7", "OBX|1|NM|X1||120~80|mmHg|||||F"))
    assert made.document is not None
    again = back(made.document).document
    assert again is not None
    assert [each.fields[5] for each in again.root.all("OBX")] == ["120~80"]


def test_who_performed_it_is_written_whoever_it_was() -> None:
    (row,) = written(valueString="a", performer=[{"display": "Dr X"}, {"type": "Organization", "display": "Lab Inc"}])
    assert (row[16], row[23]) == ("^Dr X", "Lab Inc")


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"low": {"value": 1}, "high": {"value": 2}}, "1-2"),
        ({"low": {"value": 1}}, ">1"),
        ({"high": {"value": 2}}, "<2"),
    ],
)
def test_the_ends_of_a_range_of_reference(limits: dict[str, Any], text: str) -> None:
    assert written(valueString="a", referenceRange=[limits])[0][7] == text


def test_a_result_that_cannot_be_had_keeps_its_code() -> None:
    found = one(forward(adt("PID|1||7", "OBX|1||X1||||||||X")), "Observation")
    assert found["status"] == "cancelled"
    (extension,) = found["_status"]["extension"]
    assert extension["valueCodeableConcept"]["coding"][0]["code"] == "X"


def test_one_observation_for_each_segment() -> None:
    assert len(resources(forward(adt("PID|1||7", "OBX|1|ST|A||b", "OBX|2|ST|A||c")), "Observation")) == 2
