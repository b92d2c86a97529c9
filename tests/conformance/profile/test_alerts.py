"""The Alerts message profile: a minimal message passes, each fault alone is found at its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from conformance import profile
from conformance.document import Document

SYSTEM = "http://hl7.org/fhir/us/davinci-alerts/CodeSystem/notification-event"


def message() -> dict[str, Any]:
    resources: list[dict[str, Any]] = [
        {"resourceType": "MessageHeader", "id": "h", "eventCoding": {"system": SYSTEM, "code":
         "notification-discharge"}, "source": {"endpoint": "urn:x"}, "focus": [{"reference": "urn:uuid:1"}]},
        {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "IMP"}, "type": [{"text":
         "t"}], "subject": {"reference": "urn:uuid:2"}, "period": {"start": "2024-03-15", "end": "2024-03-17"},
         "participant": [{"individual": {"reference": "urn:uuid:4"}}]},
        {"resourceType": "Patient", "id": "p", "name": [{"family": "Quillfeather"}]},
        {"resourceType": "Condition", "id": "c", "encounter": {"reference": "urn:uuid:1"},
         "subject": {"reference": "urn:uuid:2"}},
        {"resourceType": "Practitioner", "id": "d"},
    ]  # fmt: skip
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": each} for n, each in enumerate(resources)]
    return {
        "resourceType": "Bundle",
        "id": "b",
        "type": "message",
        "timestamp": "2024-03-17T14:05:00Z",
        "entry": entries,
    }


def faults(root: dict[str, Any]) -> list[tuple[str, str]]:
    loaded = profile.load("fhir-alerts-message").value
    assert loaded is not None
    found = profile.check(loaded, Document(format="fhir", version="4.0.1", root=root))
    return [
        (each.message.split("fhir-alerts-message, ")[1].split("]")[0].split(" ")[0], each.at.path) for each in found
    ]


def test_a_minimal_message_is_clean() -> None:
    assert faults(message()) == []


def entry(number: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda root: root["entry"][number]["resource"]


@pytest.mark.parametrize(
    ("part", "key", "value", "expected"),
    [
        (lambda root: root, "id", None, ("bundle-id", "Bundle.id")),
        (lambda root: root, "timestamp", None, ("bundle-timestamp", "Bundle.timestamp")),
        (lambda root: root, "type", "collection", ("bundle-type", "Bundle.type")),
        (entry(0), "id", None, ("header-id", "Bundle.entry[0].resource.id")),
        (entry(0), "response", {"identifier": "x"}, ("header-response", "Bundle.entry[0].resource.response")),
        (entry(1), "type", None, ("encounter-type", "Bundle.entry[1].resource.type")),
        (entry(1), "status", "in-progress", ("discharge-is-finished", "Bundle.entry.resource.ofType(Encounter)")),
        (entry(3), "encounter", None, ("condition-encounter", "Bundle.entry[3].resource.encounter.reference")),
        (entry(3), "recorder", {"reference": "urn:uuid:9"}, ("closure", "Bundle.entry[3].resource.recorder")),
        (entry(4), "resourceType", "Patient", ("one-patient", "Bundle.entry[4].resource")),
    ],
)
def test_each_fault_alone_is_found_at_its_place(
    part: Callable[[Any], Any], key: str, value: Any, expected: tuple[str, str]
) -> None:
    root = copy.deepcopy(message())
    if value is None:
        del part(root)[key]
    else:
        part(root)[key] = value
    assert faults(root) == [expected]


def test_the_header_comes_first() -> None:
    root = message()
    root["entry"].append(root["entry"].pop(0))
    assert faults(root) == [("header-first", "Bundle")]


def test_another_resource_is_no_message() -> None:
    assert ("is-a-bundle", "") in faults({"resourceType": "Patient"})
