"""What a destination gets of tables: without the people who are restricted, unless it is cleared for them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.routing.clearance import NO_DISCLOSURE, RESTRICTED, VIOLENCE, cleared

SDV = [{"code": "R"}, {"code": "SDV"}]


def bundle() -> dict[str, Any]:
    def entry(kind: str, name: str, **members: Any) -> dict[str, Any]:
        return {"fullUrl": f"urn:uuid:{name}", "resource": {"resourceType": kind, "id": name, **members}}

    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            entry("Patient", "p1"),
            entry("Patient", "p2", meta={"security": SDV}),
            entry("Encounter", "e1", subject={"reference": "urn:uuid:p1"}),
            entry("Encounter", "e2", subject={"reference": "Patient/p2"}),
            entry("Observation", "o1", subject={"reference": "urn:uuid:p1"}, meta={"security": [{"code": "R"}]}),
            entry("Organization", "g1", meta={"security": [{"code": "SDV"}]}),
        ],
    }


def ids(classes: frozenset[str]) -> list[str]:
    return [entry["resource"]["id"] for entry in cleared(bundle(), classes)["entry"]]


@pytest.mark.parametrize(
    ("classes", "kept"),
    [
        (frozenset[str](), ["p1", "e1"]),
        (frozenset({RESTRICTED}), ["p1", "e1", "o1"]),
        (frozenset({RESTRICTED, VIOLENCE}), ["p1", "p2", "e1", "e2", "o1", "g1"]),
        (frozenset({NO_DISCLOSURE}), ["p1", "e1"]),
    ],
)
def test_who_is_restricted_goes_with_all_that_refers_to_them(classes: frozenset[str], kept: list[str]) -> None:
    assert ids(classes) == kept


def test_the_source_is_left_as_it_is() -> None:
    source = bundle()
    cleared(source, frozenset())
    assert source == bundle()


def test_what_is_no_bundle_of_entries_stays() -> None:
    assert cleared({"resourceType": "Patient"}, frozenset()) == {"resourceType": "Patient"}
