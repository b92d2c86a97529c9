"""Messages one after the other through the pipeline: merges, moves, links, replays, and what comes late."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.persons import LATE, Nobody
from gateway.pipeline import Worked, work
from gateway.records import Person, Visit
from tests.gateway.pipeline.test_pipeline import codes, envelope, setup

SETUP = setup()


class Mind(Nobody):
    """What is known after each message."""

    def __init__(self) -> None:
        self.persons: dict[str, Person] = {}
        self.visits: dict[str, Visit] = {}

    def person(self, name: str) -> Person | None:
        return self.persons.get(name)

    def visit(self, name: str) -> Visit | None:
        return self.visits.get(name)

    def see(self, event: str, *segments: str, minute: int = 0, control: str = "") -> Worked:
        at = f"20240301{8 + minute // 60:02}{minute % 60:02}00+0000"
        head = f"MSH|^~\\&|A|GH|||{at}||ADT^{event}|{control or f'{event}-{minute}'}|P|2.5.1"
        worked = work(envelope("\r".join([head, f"EVN||{at}", *segments]).encode()), SETUP, self)
        assert worked.state == "routed", worked.issues
        self.persons |= {one.id: one for one in worked.persons}
        self.visits |= {one.id: one for one in worked.visits}
        return worked

    def snapshot(self) -> tuple[dict[str, Person], dict[str, Visit]]:
        return dict(self.persons), dict(self.visits)


def pid(number: int) -> str:
    return f"PID|||{number}^^^GH^MR||Stone^Ann"


def mrg(number: int) -> str:
    return f"MRG|{number}^^^GH^MR"


VISIT = "PV1||I|4E^1||||||||||||||||55^^^GH^VN"
MERGED = "GW-0202"
LATER = "GW-0201"
RENUMBERED = "GW-0205"


def entries(worked: Worked, kind: str) -> list[dict[str, Any]]:
    root = json.loads(worked.deliveries[0].payload)
    return [each["resource"] for each in root["entry"] if each["resource"]["resourceType"] == kind]


def links(worked: Worked) -> list[tuple[str, str]]:
    """(value of the patient's first identifier, type of link)."""
    return sorted(
        (each["identifier"][0]["value"], link["type"])
        for each in entries(worked, "Patient")
        for link in each.get("link", ())
    )


def test_a_merge_its_replay_and_a_later_update_of_the_retired_id() -> None:
    mind = Mind()
    survivor, retired = mind.see("A01", pid(1), VISIT).person, mind.see("A04", pid(2), minute=1).person
    assert survivor != retired
    merge = mind.see("A40", pid(1), mrg(2), minute=2)
    assert merge.person == survivor
    assert links(merge) == [("1", "replaces"), ("2", "replaced-by")]
    known = mind.snapshot()
    again = mind.see("A40", pid(1), mrg(2), minute=2)
    assert (again.person, mind.snapshot(), LATER in codes(again)) == (survivor, known, False)
    assert again.deliveries[0].payload == merge.deliveries[0].payload
    update = mind.see("A08", pid(2), minute=3)
    assert update.person == survivor
    assert MERGED in codes(update)
    assert mind.see("A08", pid(1), minute=4).person == survivor


def test_chains_of_merges_lead_to_the_last_survivor() -> None:
    mind = Mind()
    mind.see("A40", pid(2), mrg(3), minute=1)
    last = mind.see("A40", pid(1), mrg(2), minute=2).person
    assert mind.see("A08", pid(3), minute=3).person == last
    assert mind.see("A08", pid(2), minute=4).person == last


def test_what_comes_after_something_newer_is_marked_and_undoes_nothing() -> None:
    mind = Mind()
    mind.see("A01", pid(1), VISIT, minute=1)
    mind.see("A03", pid(1), VISIT, minute=5)
    known = mind.snapshot()
    late = mind.see("A08", pid(1), VISIT, minute=3)
    assert LATER in codes(late)
    assert json.loads(late.deliveries[0].payload)["meta"]["tag"] == [LATE]
    assert mind.snapshot() == known
    mind.see("A40", pid(9), mrg(1), minute=6)
    survivor = mind.see("A08", pid(9), minute=7).person
    stale = mind.see("A08", pid(1), VISIT, minute=4)
    assert (stale.person, LATER in codes(stale), MERGED in codes(stale)) == (survivor, True, True)


def test_links_join_and_part_again_and_nobody_is_retired() -> None:
    mind = Mind()
    one, other = mind.see("A04", pid(1)).person, mind.see("A04", pid(2), minute=1).person
    linked = mind.see("A24", pid(1), pid(2), minute=2)
    assert links(linked) == [("1", "seealso"), ("2", "seealso")]
    parted = mind.see("A37", pid(1), pid(2), minute=3)
    assert links(parted) == []
    assert [mind.see("A08", pid(1), minute=4).person, mind.see("A08", pid(2), minute=5).person] == [one, other]
    assert all(person.survivor is None for person in mind.persons.values())


def test_moves_leave_both_patients_active_and_their_own() -> None:
    mind = Mind()
    one, other = mind.see("A04", pid(1)).person, mind.see("A04", pid(2), minute=1).person
    for minute, event in enumerate(("A43", "A44"), 2):
        moved = mind.see(event, pid(1) + "|" * 13 + "77^^^GH^AN", mrg(2) + "||78^^^GH^AN", minute=minute)
        assert not [each for each in entries(moved, "Patient") if each.get("active") is False]
        assert links(moved) == []
        assert (
            mind.see(event, pid(1) + "|" * 13 + "77^^^GH^AN", mrg(2) + "||78^^^GH^AN", minute=minute).person
            == moved.person
        )
    visit = mind.see("A45", pid(1), mrg(2) + "||||55^^^GH^VN", VISIT, minute=5)
    assert links(visit) == []
    assert mind.see("A08", pid(1), minute=6).person == one
    assert mind.see("A08", pid(2), minute=7).person == other


def test_a_changed_identifier_keeps_one_patient() -> None:
    mind = Mind()
    changed = mind.see("A47", pid(5), mrg(4), minute=1)
    (patient,) = entries(changed, "Patient")
    assert {each["value"]: each.get("use") for each in patient["identifier"]} == {"5": None, "4": "old"}
    again = mind.see("A47", pid(5), mrg(4), minute=1)
    assert again.deliveries[0].payload == changed.deliveries[0].payload
    assert mind.see("A08", pid(5), minute=2).person == changed.person


def test_every_replay_of_a_sequence_is_harmless() -> None:
    steps = [
        ("A01", pid(1), VISIT), ("A04", pid(2)), ("A24", pid(1), pid(2)), ("A37", pid(1), pid(2)),
        ("A40", pid(1), mrg(2)), ("A47", pid(3), mrg(1)), ("A03", pid(3), VISIT),
    ]  # fmt: skip
    mind = Mind()
    first = [mind.see(*step, minute=minute).deliveries[0].payload for minute, step in enumerate(steps)]
    known = mind.snapshot()
    for minute, step in enumerate(steps):
        again = mind.see(*step, minute=minute)
        assert {LATER, MERGED} >= codes(again) & {"GW-0201", "GW-0202", "GW-0203"}
        assert entries(again, "Patient") == [
            each["resource"]
            for each in json.loads(first[minute])["entry"]
            if each["resource"]["resourceType"] == "Patient"
        ]
    assert mind.snapshot() == known


@pytest.mark.parametrize(
    ("event", "field"), [("A46", "||||{}^^^GH^MR"), ("A47", "|{}^^^GH^MR"), ("A48", "||{}^^^GH^MR")]
)
def test_who_comes_under_an_identifier_that_was_changed_is_the_same_person(event: str, field: str) -> None:
    mind = Mind()
    before = mind.see("A04", pid(2)).person
    changed = mind.see(event, pid(1), "MRG" + field.format(2), minute=1)
    assert changed.person != before
    later = mind.see("A08", pid(2), minute=2)
    assert later.person == changed.person
    assert MERGED in codes(later)
    assert mind.see("A08", pid(1), minute=3).person == changed.person
    replayed = mind.snapshot()
    mind.see(event, pid(1), "MRG" + field.format(2), minute=1)
    assert mind.see("A08", pid(2), minute=4).person == changed.person
    assert set(mind.persons) == set(replayed[0])


def test_an_identifier_that_is_changed_back_names_its_person_again() -> None:
    mind = Mind()
    first = mind.see("A04", pid(2)).person
    mind.see("A47", pid(1), mrg(2), minute=1)
    assert mind.see("A47", pid(2), mrg(1), minute=2).person == first
    for number in (1, 2):
        assert mind.see("A08", pid(number), minute=3).person == first


def visit(number: int, alternate: str = "") -> str:
    return f"PV1||I|4E^1||||||||||||||||{number}^^^GH^VN{'|' * 31 + alternate if alternate else ''}"


def renamed(old: int) -> str:
    return f"MRG|1^^^GH^MR||||{old}^^^GH^VN"


@pytest.mark.parametrize("event", ["A50", "A42"])
def test_messages_under_an_old_visit_number_count_to_the_same_visit(event: str) -> None:
    mind = Mind()
    (before,) = mind.see("A01", pid(1), visit(54)).visits
    changed = mind.see(event, pid(1), renamed(54), visit(55), minute=2)
    old, now = sorted(changed.visits, key=lambda each: each.survivor is None)
    assert (old.id, old.survivor) == (before.id, now.id)
    known = mind.snapshot()
    assert mind.see(event, pid(1), renamed(54), visit(55), minute=2).visits == changed.visits
    assert mind.snapshot() == known
    later = mind.see("A03", pid(1), visit(54), minute=4)
    assert [(each.id, each.status) for each in later.visits] == [(now.id, "finished")]
    assert RENUMBERED in codes(later)
    late = mind.see("A08", pid(1), visit(54), minute=3)
    assert LATER in codes(late)
    assert mind.visits[now.id].status == "finished"


def test_messages_under_an_old_alternate_visit_id_count_to_the_same_visit() -> None:
    mind = Mind()
    alternate = "PV1||I" + "|" * 48 + "A-1^^^GH"
    (before,) = mind.see("A01", pid(1), alternate).visits
    changed = mind.see("A51", pid(1), "MRG|1^^^GH^MR|||||A-1^^^GH", alternate.replace("A-1", "A-2"), minute=1)
    later = mind.see("A08", pid(1), alternate, minute=2)
    assert before.id not in {each.id for each in later.visits}
    assert {each.id for each in later.visits} == {each.id for each in changed.visits if each.survivor is None}


def test_numbers_of_visits_change_on_and_back() -> None:
    mind = Mind()
    (first,) = mind.see("A01", pid(1), visit(1)).visits
    mind.see("A50", pid(1), renamed(1), visit(2), minute=1)
    last = mind.see("A50", pid(1), renamed(2), visit(3), minute=2).visits[-1].id
    assert [each.id for each in mind.see("A08", pid(1), visit(1), minute=3).visits] == [last]
    mind.see("A50", pid(1), renamed(3), visit(1), minute=4)
    for minute, number in enumerate((1, 2, 3), 5):
        assert [each.id for each in mind.see("A08", pid(1), visit(number), minute=minute).visits] == [first.id]


def test_an_old_number_that_another_persons_visit_gets_is_that_ones() -> None:
    mind = Mind()
    (first,) = mind.see("A01", pid(1), visit(1)).visits
    mind.see("A50", pid(1), renamed(1), visit(2), minute=1)
    other = mind.see("A01", pid(9), visit(1), minute=2)
    assert [(each.id, each.person) for each in other.visits] == [(first.id, other.person)]
    assert RENUMBERED not in codes(other)


def test_pairs_of_merged_visits_do_not_mix() -> None:
    mind = Mind()
    groups = (pid(1), renamed(1), visit(2), pid(9), "MRG|9^^^GH^MR||||3^^^GH^VN", visit(4))
    merged = mind.see("A42", *groups, minute=1)
    assert len(merged.visits) == 3
    for number, person, minute in ((1, 1, 2), (3, 9, 3)):
        present = mind.see("A08", pid(person), visit(number + 1), minute=minute + 10).visits[0].id
        old = mind.see("A08", pid(person), visit(number), minute=minute + 20)
        assert [each.id for each in old.visits] == [present]
