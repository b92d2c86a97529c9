"""What the store promises: stored once, worked once, sent in order, and all of a group or nothing of it."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from conformance.issue import Issue, Where
from gateway.records import Arrival, Delivery, Identity, NewDelivery, Person, Stored, Told, Visit, time_ordered_id
from gateway.store import (
    Again,
    Attempt,
    Claim,
    Filter,
    Finished,
    Move,
    Prune,
    Settled,
    Store,
    StoreFailedError,
    Wanted,
    migrate,
)
from gateway.store.backup import BackupError, backup, restore
from tests.gateway.harness import wait_for

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
ISSUE = Issue(severity="warning", code="V2-0001", message="m", at=Where(path="PID-3"), found="Miller")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    migrate(f"sqlite:///{tmp_path / 'store.db'}")
    store = Store(f"sqlite:///{tmp_path / 'store.db'}", write=True)
    yield store
    store.close()


def arrival(number: int = 1, body: bytes = b"body", **fields: Any) -> Arrival:
    plain: dict[str, Any] = {
        "id": f"id-{number}-{body.decode()}",
        "channel": "adt",
        "format": "hl7v2",
        "body": body,
        "received_at": NOW + timedelta(seconds=number),
        "dedupe": number.to_bytes(16, "big"),
        "sha256": hashlib.sha256(body).digest(),
    }
    return Arrival(**{**plain, **fields})


def add(store: Store, *arrivals: Arrival) -> list[Stored]:
    return [store.writer.now(store.envelopes.add, one) for one in arrivals]


def new_delivery(destination: str = "hub", key: str = "p1", payload: bytes = b"{}", **fields: Any) -> NewDelivery:
    plain: dict[str, Any] = {
        "destination": destination,
        "route": "all",
        "order_key": key,
        "format": "fhir",
        "media_type": "application/fhir+json",
        "suffix": ".json",
        "payload": payload,
        "lifetime": 3600.0,
    }
    return NewDelivery(**{**plain, **fields})


def finish(store: Store, stored: Stored, *deliveries: NewDelivery, generation: int = 0, **more: Any) -> bool:
    settled = Settled(seq=stored.seq, id=stored.id, generation=generation, state="routed", at=NOW)
    return store.writer.now(store.finish, Finished(settled=settled, deliveries=deliveries, **more))


def claim(store: Store, now: datetime = NOW, limit: int = 100, destination: str = "hub") -> list[Delivery]:
    wanted = Claim(destination=destination, now=now, limit=limit, lease=now + LEASE)
    return store.writer.now(store.deliveries.claim, wanted)


def record(
    store: Store, one: Delivery, state: Any, next_at: datetime = NOW, number: int = 1, claimed: datetime = NOW
) -> None:
    attempt = Attempt(
        seq=one.seq, id=one.id, lease=claimed + LEASE, number=number, at=NOW, took=timedelta(milliseconds=5),
        outcome="x", state=state, next_at=next_at, issue=ISSUE,
    )  # fmt: skip
    store.writer.now(store.deliveries.record, attempt)


def listed(store: Store, **wanted: Any) -> list[Delivery]:
    with store.reading() as connection:
        return store.deliveries.listed(connection, Wanted(**wanted))


def test_ids_are_of_version_7_unlike_each_other_and_later_ones_sort_later() -> None:
    made = [time_ordered_id() for _ in range(5000)]
    assert len(set(made)) == 5000
    assert made == sorted(made)
    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in made} == {(7, uuid.RFC_4122)}
    assert abs((uuid.UUID(made[-1]).int >> 80) / 1000 - time.time()) < 60


def test_what_is_stored_comes_back_as_it_was(store: Store) -> None:
    body = bytes(range(256))
    stored = add(store, Arrival(**{**_fields(arrival()), "body": body, "issues": (ISSUE,)}))[0]
    with store.reading() as connection:
        found = store.envelopes.find(connection, stored.id)
    assert found is not None
    assert (found.body, found.issues, found.state, found.size) == (body, (ISSUE,), "received", 256)
    assert found.received_at == NOW + timedelta(seconds=1)


def _fields(one: Arrival) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Arrival.__slots__}


def test_the_same_again_is_the_first_one_with_its_first_issues_and_other_content_is_new(store: Store) -> None:
    first, again, other = add(
        store, arrival(issues=(ISSUE,)), arrival(id="id-2", issues=(ISSUE,)), arrival(body=b"other")
    )
    assert (again.id, again.repeated, again.issues) == (first.id, True, (ISSUE,))
    assert (other.repeated, other.seq) == (False, first.seq + 1)
    assert [one.code for one in other.issues] == ["GW-0004"]
    with store.reading() as connection:
        assert [one.repeats for one in store.envelopes.listed(connection, Filter())] == [1, 0]


def test_the_same_twice_in_one_commit_is_stored_once(store: Store) -> None:
    gate = threading.Event()
    results: list[Stored] = []
    store.writer.submit(_wait_for(gate), None, lambda *_: None)
    for number in (1, 1, 2, 1):
        store.writer.submit(store.envelopes.add, arrival(number), lambda stored, _: results.append(stored))
    gate.set()
    assert add(store, arrival(3))[0].seq == 3
    assert [(one.seq, one.repeated) for one in results] == [(1, False), (1, True), (2, False), (1, True)]


def _wait_for(gate: threading.Event) -> Any:
    def wait(connection: Connection, items: Sequence[None]) -> list[None]:
        gate.wait(5)
        return [None] * len(items)

    return wait


def test_a_snapshot_is_the_same_only_while_nothing_else_came_by_its_channel(store: Store) -> None:
    def came(name: str, body: bytes, channel: str = "lists") -> Stored:
        digest = hashlib.sha256(body).digest()
        one = arrival(id=name, body=body, channel=channel, dedupe=digest[:16], is_snapshot=True)
        return add(store, one)[0]

    assert [came("1", b"a").id, came("2", b"a").id] == ["1", "1"]
    assert came("3", b"b").id == "3"
    came("x", b"x", "another")
    assert [came("4", b"a").id, came("5", b"a").id, came("6", b"b").id] == ["4", "4", "6"]
    with store.reading() as connection:
        found = {one.id: one.repeats for one in store.envelopes.listed(connection, Filter(channel="lists"))}
    assert found == {"1": 1, "3": 0, "4": 1, "6": 0}


def test_what_was_told_is_forgotten_when_its_message_is_worked_again(store: Store) -> None:
    def digests() -> dict[str, bytes]:
        with store.reading() as connection:
            return dict(store.tellings.told(connection, "lists", "hub"))

    def finish(name: str, number: int, *told: tuple[str, bytes]) -> None:
        (stored,) = add(store, arrival(number, id=name))
        settled = Settled(seq=stored.seq, id=name, generation=0, state="routed", at=NOW)
        said = (Told(channel="lists", destination="hub", subject=who, digest=what, envelope=name) for who, what in told)
        assert store.writer.now(store.finish, Finished(settled=settled, told=tuple(said)))

    finish("e1", 1, ("p1", b"a"), ("p2", b"a"))
    finish("e2", 2, ("p2", b"b"))
    assert digests() == {"p1": b"a", "p2": b"b"}
    store.writer.now(store.again, Again(ids=("e1",)))
    assert digests() == {"p2": b"b"}


def test_people_are_found_by_what_they_are_known_by(store: Store) -> None:
    (stored,) = add(store, arrival())
    settled = Settled(seq=stored.seq, id=stored.id, generation=0, state="routed", at=NOW)
    people = (Person(id="p1", known_by=b"ab"),)
    for said in ([(b"a", "p1"), (b"a", "p2"), (b"b", "p1")], [(b"a", "p1")]):
        identities = tuple(Identity(hash=what, person=who) for what, who in said)
        store.writer.now(store.finish, Finished(settled=settled, persons=people, identities=identities))
        store.writer.now(store.again, Again(ids=(stored.id,)))
    with store.reading() as connection:
        assert store.identities.holders(connection, [b"a", b"b", b"c"]) == {b"a": {"p1", "p2"}, b"b": {"p1"}}
        assert store.identities.holders(connection, []) == {}
        assert store.persons.person(connection, "p1") == people[0]


def test_one_bad_write_fails_alone_and_the_others_of_its_commit_stand(store: Store) -> None:
    gate = threading.Event()
    errors: list[BaseException | None] = []
    store.writer.submit(_wait_for(gate), None, lambda *_: None)

    def bad(connection: Connection, items: Sequence[None]) -> list[None]:
        store.envelopes.add(connection, [arrival(9)])
        raise ZeroDivisionError

    for write, item in ((store.envelopes.add, arrival(1)), (bad, None), (store.envelopes.add, arrival(2))):
        store.writer.submit(write, item, lambda _, error: errors.append(error))  # type: ignore[arg-type]
    gate.set()
    assert add(store, arrival(3))[0].repeated is False
    assert [type(error) for error in errors] == [type(None), ZeroDivisionError, type(None)]
    with store.reading() as connection:
        assert store.envelopes.counts(connection) == {"received": 3}


def test_after_the_disk_has_failed_nothing_is_said_to_be_stored_again(store: Store) -> None:
    """A later commit that succeeds would prove nothing about the pages that a failed fsync has lost."""

    def fail(connection: Connection, items: Sequence[None]) -> list[None]:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        raise OperationalError("COMMIT", {}, error)

    with pytest.raises(StoreFailedError, match="SQLITE_IOERR_FSYNC"):
        store.writer.now(fail, None)
    with pytest.raises(StoreFailedError):
        add(store, arrival())
    assert store.writer.failure is not None


def test_a_full_disk_refuses_and_takes_again_when_there_is_room(store: Store) -> None:
    def pages(limit: int) -> Any:
        def set_limit(connection: Connection, items: Sequence[None]) -> list[Any]:
            return [connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}").scalar()]

        return set_limit

    add(store, arrival(1))
    store.writer.now(pages(60), None)
    with pytest.raises(StoreFailedError, match="SQLITE_FULL"):
        add(store, arrival(2, body=b"x" * 1_000_000))
    store.writer.now(pages(1_000_000), None)
    assert add(store, arrival(300))[0].repeated is False


def test_an_envelope_is_settled_once_with_its_deliveries_and_persons(store: Store) -> None:
    stored = add(store, arrival())[0]
    person, visit = Person(id="p1", event="A03", event_at=NOW), Visit(id="v1", person="p1", status="finished")
    assert finish(store, stored, new_delivery(), persons=(person,), visits=(visit,)) is True
    assert finish(store, stored, new_delivery(), new_delivery("other")) is False
    assert [(one.destination, one.state) for one in listed(store)] == [("hub", "queued")]
    with store.reading() as connection:
        assert store.persons.person(connection, "p1") == person
        assert store.persons.visit(connection, "v1") == visit
        assert store.persons.person(connection, "p2") is None


def test_deliveries_of_one_person_are_claimed_in_order_and_others_pass(store: Store) -> None:
    for number, key in enumerate(("p1", "p1", "p2", "p1"), 1):
        finish(store, add(store, arrival(number))[0], new_delivery(key=key, payload=b"%d" % number))
    first, second, third, fourth = claim(store)
    assert [one.payload for one in (first, second, third, fourth)] == [b"1", b"2", b"3", b"4"]
    assert claim(store) == []
    record(store, first, "waiting", NOW + timedelta(seconds=60))
    for one in (second, fourth):
        record(store, one, "waiting", number=0)
    record(store, third, "delivered")
    assert claim(store) == []
    later = claim(store, NOW + timedelta(seconds=61))
    assert [one.payload for one in later] == [b"1", b"2", b"4"]
    assert [one.attempts for one in later] == [1, 0, 0]


def test_a_dead_one_lets_the_persons_later_ones_pass(store: Store) -> None:
    for number in (1, 2):
        finish(store, add(store, arrival(number))[0], new_delivery(payload=b"%d" % number))
    first = claim(store, limit=1)[0]
    assert claim(store) == []
    record(store, first, "dead")
    assert [one.payload for one in claim(store)] == [b"2"]


def test_after_a_crash_what_was_being_sent_is_sent_again_with_its_key(store: Store) -> None:
    finish(store, add(store, arrival())[0], new_delivery())
    before = claim(store)[0]
    assert store.writer.now(store.deliveries.recover, NOW) == 1
    assert [one.id for one in claim(store)] == [before.id]


def test_what_an_attempt_gave_is_kept(store: Store) -> None:
    finish(store, add(store, arrival())[0], new_delivery())
    record(store, claim(store)[0], "waiting", NOW + timedelta(seconds=5))
    one = listed(store)[0]
    assert (one.attempts, one.last_code, one.last_issue) == (1, "V2-0001", ISSUE)
    with store.reading() as connection:
        assert [tried.number for tried in store.deliveries.attempts(connection, one.seq)] == [1]
        assert store.deliveries.next_due(connection, "hub", NOW) == NOW + timedelta(seconds=5)


def test_working_again_keeps_the_keys_and_as_new_does_not(store: Store) -> None:
    stored = add(store, arrival())[0]
    finish(store, stored, new_delivery(), new_delivery("other"))
    for one in claim(store):
        record(store, one, "delivered")
    keys = {one.id for one in listed(store)}
    assert store.writer.now(store.envelopes.again, Again(ids=(stored.id,))) == 1
    finish(store, stored, new_delivery(payload=b"changed"))
    assert [(one.id in keys, one.state) for one in listed(store)] == [(True, "queued"), (True, "withdrawn")]
    assert [one.payload for one in claim(store)] == [b"changed"]
    assert store.writer.now(store.envelopes.again, Again(ids=(stored.id,), as_new=True)) == 1
    assert finish(store, stored, new_delivery()) is False, "work of an older generation comes too late"
    finish(store, stored, new_delivery(), generation=1)
    assert len({one.id for one in listed(store)} - keys) == 1


def test_what_a_claimer_never_spoke_of_is_taken_over_when_its_lease_has_run_out(store: Store) -> None:
    """In order per person; what the first claimer says of it later counts for nothing."""
    for number in (1, 2):
        finish(store, add(store, arrival(number))[0], new_delivery())
    first = claim(store, limit=1)
    early, late = NOW + LEASE - timedelta(seconds=1), NOW + LEASE
    assert [one.seq for one in first] == [1]
    assert claim(store, now=early) == []
    again = claim(store, now=late)
    assert [(one.seq, one.id) for one in again] == [(1, first[0].id), (2, again[1].id)]
    record(store, first[0], "dead")
    assert [one.state for one in listed(store)] == ["sending", "sending"]
    record(store, again[0], "delivered", claimed=late)
    assert [one.state for one in listed(store)] == ["delivered", "sending"]


@pytest.mark.parametrize(("urgent", "pressed"), [(True, True), (False, False)])
def test_many_who_wait_for_their_acknowledgements_are_pressing_and_other_writes_are_not(
    store: Store, urgent: bool, pressed: bool
) -> None:
    told, seen = threading.Semaphore(0), list[bool]()

    def done(*_: object) -> None:
        seen.append(store.writer.pressed)
        told.release()

    def other(_: Connection, items: Sequence[Arrival]) -> list[None]:
        return [None] * len(items)

    def slow(_: Connection, items: Sequence[None]) -> list[None]:
        time.sleep(0.05)
        return [None] * len(items)

    store.writer.submit(slow, None, lambda *_: None)
    for number in range(1, 33):
        store.writer.submit(store.envelopes.add if urgent else other, arrival(number), done)
    for _ in range(32):
        assert told.acquire(timeout=10)
    assert seen[0] is pressed
    wait_for(lambda: not store.writer.pressed)


def test_a_mistake_of_one_who_waits_for_a_write_stops_no_other(store: Store) -> None:
    def mistaken(*_: object) -> None:
        raise ZeroDivisionError

    store.writer.submit(store.envelopes.add, arrival(1), mistaken)
    assert [one.seq for one in add(store, arrival(2))] == [2]


@pytest.mark.parametrize(
    ("to", "states"),
    [("queued", ["queued", "queued", "withdrawn"]), ("withdrawn", ["withdrawn", "withdrawn", "withdrawn"])],
)
def test_an_operator_moves_what_the_states_allow(store: Store, to: Any, states: list[str]) -> None:
    held, dead, gone = new_delivery(held="protected"), new_delivery("b"), new_delivery("c", held="x")
    finish(store, add(store, arrival())[0], held, dead, gone)
    record(store, claim(store, destination="b")[0], "dead")
    ids = tuple(one.id for one in listed(store))
    store.writer.now(store.deliveries.move, Move(ids=ids[2:], to="withdrawn", at=NOW))
    assert store.writer.now(store.deliveries.move, Move(ids=ids, to=to, at=NOW, lifetime=60.0)) == 2
    assert [one.state for one in listed(store)] == states


def test_lists_are_narrowed_and_paged(store: Store) -> None:
    for number in range(1, 8):
        add(store, arrival(number, channel="a" if number % 2 else "b"))
    with store.reading() as connection:
        pages = [
            [one.seq for one in store.envelopes.listed(connection, Filter(channel="a", limit=2, after=after))]
            for after in (0, 3, 7)
        ]
        newest = store.envelopes.listed(connection, Filter(newest_first=True, limit=2, after=6))
        between = Filter(since=NOW + timedelta(seconds=2), before=NOW + timedelta(seconds=4))
        assert len(store.envelopes.names(connection, between)) == 2
    assert pages == [[1, 3], [5, 7], []]
    assert [one.seq for one in newest] == [5, 4]


def test_claiming_uses_the_index_of_what_is_undone(store: Store) -> None:
    """Whatever has been delivered before, the look for the next one costs the same."""
    statements: list[str] = []

    def explain(connection: Connection, items: Sequence[None]) -> list[list[str]]:
        connection.connection.dbapi_connection.set_trace_callback(statements.append)  # type: ignore[union-attr]
        store.deliveries.claim(connection, [Claim(destination="hub", now=NOW, limit=1, lease=NOW + LEASE)])
        connection.connection.dbapi_connection.set_trace_callback(None)  # type: ignore[union-attr]
        plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statements[-1])
        return [[str(row[-1]) for row in plan]]

    plan = store.writer.now(explain, None)
    assert any("ix_delivery_undone " in line for line in plan), plan
    assert any("ix_delivery_undone_key" in line for line in plan), plan


def test_backup_while_writing_and_restore(store: Store, tmp_path: Path) -> None:
    add(store, arrival(1))
    assert backup(tmp_path / "store.db", tmp_path / "copy.db") > 0
    add(store, arrival(2))
    with pytest.raises(FileExistsError):
        backup(tmp_path / "store.db", tmp_path / "copy.db")
    store.close()
    restore(tmp_path / "copy.db", tmp_path / "store.db")
    back = Store(f"sqlite:///{tmp_path / 'store.db'}", write=True)
    with back.reading() as connection:
        assert [one.seq for one in back.envelopes.listed(connection, Filter())] == [1]
    back.close()
    assert (tmp_path / "store.db.before-restore").exists()


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_is_no_store_is_not_restored(store: Store, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.db").write_bytes(content)
    with pytest.raises(BackupError):
        restore(tmp_path / "bad.db", tmp_path / "other.db")
    assert not (tmp_path / "other.db").exists()


def test_a_running_store_is_not_restored_over(store: Store, tmp_path: Path) -> None:
    backup(tmp_path / "store.db", tmp_path / "copy.db")
    with pytest.raises(Exception, match="in use"):
        restore(tmp_path / "copy.db", tmp_path / "store.db")


def test_only_what_is_over_is_forgotten(store: Store) -> None:
    later = NOW + timedelta(days=40)
    made = add(store, *(arrival(number) for number in range(1, 7)))
    outcomes: list[list[Any]] = [["delivered"], ["dead"], [], ["delivered", None], [None]]
    for one, states in zip(made, outcomes, strict=False):
        finish(store, one, *(new_delivery(key=f"k{one.seq}-{n}") for n in range(len(states))))
        wanted = [state for state in states if state]
        for delivery, state in zip(claim(store, limit=len(wanted)) if wanted else [], wanted, strict=True):
            record(store, delivery, state)
    count = store.writer.now(store.prune, Prune(before=later))
    assert (count, store.writer.now(store.prune, Prune(before=later))) == (2, 0)
    with store.reading() as connection:
        kept = store.envelopes.names(connection, Filter())
    assert kept == [one.id for one in made if one.seq in (2, 4, 5, 6)], "dead, half sent, queued, not worked yet"


def test_what_was_sent_again_lately_is_kept(store: Store) -> None:
    (one,) = add(store, arrival())
    finish(store, one, new_delivery())
    record(store, claim(store)[0], "delivered")
    assert store.writer.now(store.prune, Prune(before=NOW)) == 0
    assert store.writer.now(store.prune, Prune(before=NOW + timedelta(days=1))) == 1
    assert not listed(store)
    assert not add(store, arrival())[0].repeated
