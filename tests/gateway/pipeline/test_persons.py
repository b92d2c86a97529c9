"""What one message can't know: survivors, and what came late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from conformance.document import Document
from gateway.persons import LATE, Known, Nobody, apply
from gateway.records import Person, Visit
from tests.gateway.harness import NOW, bundle


class Mind(Nobody):
    """A memory that is told what was learnt."""

    def __init__(self) -> None:
        self.persons: dict[str, Person] = {}
        self.visits: dict[str, Visit] = {}

    def person(self, name: str) -> Person | None:
        return self.persons.get(name)

    def visit(self, name: str) -> Visit | None:
        return self.visits.get(name)

    def see(self, root: dict[str, Any]) -> Known:
        known = apply(Document(format="fhir", version="4.0.1", root=root), self)
        self.persons |= {one.id: one for one in known.persons}
        self.visits |= {one.id: one for one in known.visits}
        return known


def merge(retired: str, survivor: str, number: int = 50) -> dict[str, Any]:
    link = {"link": [{"type": "replaced-by", "other": {"reference": f"urn:uuid:{survivor}"}}], "active": False}
    root = bundle(number, "A40", survivor, more=[{"resourceType": "Patient", "id": retired, **link}])
    root["entry"] = [one for one in root["entry"] if one["resource"]["resourceType"] != "Encounter"]
    return root


def codes(known: Known) -> list[str]:
    return [one.code for one in known.issues]


def test_the_last_event_and_the_visits_status_are_remembered() -> None:
    mind = Mind()
    known = mind.see(bundle(1, "A01"))
    assert (known.key, known.event, codes(known)) == ("p1", "A01", [])
    mind.see(bundle(2, "A03"))
    assert mind.persons["p1"] == Person(id="p1", event="A03", event_at=NOW + timedelta(minutes=2))
    assert mind.visits["v-p1"].status == "finished"


def test_what_comes_late_is_marked_passed_on_and_undoes_nothing() -> None:
    mind = Mind()
    mind.see(bundle(5, "A03"))
    late = mind.see(bundle(1, "A01"))
    assert codes(late) == ["GW-0201"]
    assert LATE in late.pivot.root["meta"]["tag"]
    assert mind.visits["v-p1"].status == "finished"
    assert mind.persons["p1"].event == "A03"


def test_the_same_again_is_not_late() -> None:
    mind = Mind()
    assert [codes(mind.see(bundle(1))) for _ in range(2)] == [[], []]


def test_a_retired_identity_leads_to_its_survivor_and_is_not_revived() -> None:
    mind = Mind()
    mind.see(bundle(1, patient="old"))
    mind.see(merge("old", "new"))
    later = mind.see(bundle(60, "A08", patient="old"))
    assert (later.key, codes(later)) == ("new", ["GW-0202"])
    assert mind.persons["old"].survivor == "new"
    mind.see(merge("new", "newest", 70))
    assert mind.see(bundle(80, patient="old")).key == "newest"


def test_a_circle_of_merges_ends_where_it_closes() -> None:
    mind = Mind()
    mind.see(merge("a", "b"))
    mind.see(merge("b", "a"))
    found = mind.see(bundle(60, patient="a"))
    assert codes(found) == ["GW-0203"]
    assert found.key in ("a", "b")


def test_a_replayed_merge_is_harmless() -> None:
    mind = Mind()
    for _ in range(3):
        mind.see(merge("old", "new"))
    assert mind.persons["old"].survivor == "new"
    assert mind.persons["new"].survivor is None


@pytest.mark.parametrize("root", [{"resourceType": "Bundle"}, {"resourceType": "Location", "id": "l"}])
def test_without_a_patient_nobody_is_remembered(root: dict[str, Any]) -> None:
    mind = Mind()
    assert mind.see(root).key is None
    assert (mind.persons, mind.visits) == ({}, {})


@pytest.mark.parametrize("stamp", ["", "2026", "not a time", "2026-11-01T08:00:00"])
def test_a_time_that_cannot_be_compared_makes_nothing_late(stamp: str) -> None:
    mind = Mind()
    mind.see(bundle(5))
    assert codes(mind.see(bundle(1, at=stamp))) == []


def export(*patients: str) -> dict[str, Any]:
    """What an export of a table becomes: people, and no message about one of them."""
    entries = [{"resource": {"resourceType": "Patient", "id": each}} for each in patients]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_the_people_of_an_export_are_each_found_or_remembered() -> None:
    mind = Mind()
    mind.see(merge("old", "new"))
    mind.see(bundle(2, patient="p1"))
    before = mind.persons["p1"]
    known = mind.see(export("p1", "p2", "old"))
    assert known.key is None
    assert [(one.code, one.at.path) for one in known.issues] == [("GW-0202", "Patient/old")]
    assert mind.persons["p1"] == before
    assert mind.persons["p2"] == Person(id="p2")
    assert mind.see(export("p1", "p2", "old")).persons == ()
