"""The door: stored before answered, once, and never acknowledged when it could not be stored."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from adapters.transports import Received
from conformance.catalogue import issue
from conformance.issue import Issue, Where
from gateway.intake import LANES, Intake, Taken
from gateway.plan import Channel
from gateway.store import Filter, Finished, Settled, Store, StoreFailedError
from tests.gateway.harness import FakeClock, a_store, adt, channel


@contextmanager
def door(
    folder: Path, *channels: Channel, findings: tuple[Issue, ...] | None = (), clock: FakeClock | None = None
) -> Iterator[tuple[Intake, Store]]:
    numbers = count(1)

    def validate(body: bytes, one: Channel, done: Any) -> None:
        done(findings)

    with a_store(folder) as store:
        yield (
            Intake(
                store,
                {one.name: one for one in channels or (channel(),)},
                clock=clock or FakeClock(),
                new_id=lambda: f"id-{next(numbers)}",
                validate=validate,
                stored=lambda: None,
            ),
            store,
        )


def accept(intake: Intake, body: bytes, name: str = "adt") -> list[Taken]:
    answered = threading.Event()
    answers: list[list[Taken]] = []

    def done(taken: list[Taken]) -> None:
        answers.append(taken)
        answered.set()

    intake.accept(name, body, done)
    assert answered.wait(10)
    return answers[0]


def kept(store: Store) -> list[tuple[str, str | None]]:
    with store.reading() as connection:
        return [(one.state, one.reason) for one in store.envelopes.listed(connection, Filter())]


def test_what_is_answered_is_stored(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        taken = accept(intake, adt(1))[0]
        assert taken.stored is not None
        assert b"MSA|AA|MSG000001" in (taken.reply or b"")
        with store.reading() as connection:
            found = store.envelopes.find(connection, taken.stored.id)
        assert found is not None
        assert (found.body, found.control_id, found.state) == (adt(1), "MSG000001", "received")


@pytest.mark.parametrize(
    ("body", "reply", "state"),
    [
        (adt(1, "A99"), b"MSA|AR|", ("quarantined", "V2-0102")),
        (adt(1).replace(b"|P|2.5.1", b"|X|2.5.1"), b"MSA|AR|", ("quarantined", "GW-0003")),
        (b"not a message", b"MSA|AE\r", ("quarantined", "V2-0003")),
        (adt(1, patient=""), b"MSA|AA|", ("received", None)),
        (adt(1) + b"NTE|1||" + b"x" * 5000 + b"\r", b"MSA|AE|", ("quarantined", "GW-0001")),
    ],
)
def test_what_is_wrong_at_first_sight_is_kept_answered_and_not_worked(
    tmp_path: Path, body: bytes, reply: bytes, state: tuple[str, str | None]
) -> None:
    with door(tmp_path, channel(max_size=4000)) as (intake, store):
        assert reply in (accept(intake, body)[0].reply or b"")
        assert kept(store) == [state]


def test_the_same_again_gets_its_first_answer_and_is_counted(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        answers = [accept(intake, adt(1))[0] for _ in range(3)]
        assert len({one.reply for one in answers}) == 1
        assert [one.stored and one.stored.repeated for one in answers] == [False, True, True]
        assert len(kept(store)) == 1


def test_what_was_found_when_it_was_worked_does_not_change_the_answer_to_a_repeat(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        first = accept(intake, adt(1))[0]
        assert first.stored is not None
        later = (issue("MAP-0202", Where(path="PID[1]-29[1]")),)
        settled = Settled(
            seq=first.stored.seq, id=first.stored.id, generation=0, state="routed", at=FakeClock()(), issues=later
        )
        assert store.writer.now(store.finish, Finished(settled=settled, deliveries=()))
        again = accept(intake, adt(1))[0]
        assert again.stored is not None
        assert again.stored.repeated
        assert again.reply == first.reply


def test_the_same_control_id_with_other_content_is_worked_with_a_warning(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        accept(intake, adt(1))
        second = accept(intake, adt(1, name="Other^Name"))[0]
        assert second.stored is not None
        assert [one.code for one in second.stored.issues] == ["GW-0004"]
        assert b"MSA|AA|" in (second.reply or b"")
        assert kept(store) == [("received", None)] * 2


def test_two_channels_and_two_senders_do_not_share_control_ids(tmp_path: Path) -> None:
    with door(tmp_path, channel(), channel(name="other")) as (intake, store):
        accept(intake, adt(1))
        accept(intake, adt(1), "other")
        accept(intake, adt(1).replace(b"|EPIC|", b"|CERNER|"))
        assert kept(store) == [("received", None)] * 3


def test_a_batch_is_stored_message_by_message(tmp_path: Path) -> None:
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + adt(1) + adt(2) + b"BTS|2\rFTS|1\r"
    with door(tmp_path) as (intake, store):
        taken = accept(intake, batch)
        assert [b"MSG000001" in (taken[0].reply or b""), b"MSG000002" in (taken[1].reply or b"")] == [True, True]
        assert len(kept(store)) == 2


def test_each_message_of_a_batch_is_answered_over_mllp(tmp_path: Path) -> None:
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + adt(1) + adt(2).replace(b"ADT^A03", b"ADT^Q99") + adt(3) + b"BTS|3\rFTS|1\r"
    with door(tmp_path) as (intake, _):
        answered: Future[bytes | None] = Future()
        intake.receive("adt")(Received(body=batch, peer="here"), answered.set_result)
        replies = answered.result(10) or b""
    said = [line for line in replies.decode().split("\r") if line.startswith("MSA")]
    assert [line.split("|")[2] for line in said] == ["MSG000001", "MSG000002", "MSG000003"]


@pytest.mark.parametrize("between", [b"", b"\n", b"\x1c\r\x0b"])
def test_messages_one_after_another_are_stored_one_by_one(tmp_path: Path, between: bytes) -> None:
    with door(tmp_path) as (intake, store):
        taken = accept(intake, adt(1) + between + adt(2))
        assert [b"MSG000001" in (taken[0].reply or b""), b"MSG000002" in (taken[1].reply or b"")] == [True, True]
        assert len(kept(store)) == 2


def test_lines_of_ndjson_are_stored_one_by_one(tmp_path: Path) -> None:
    lines = b'{"resourceType":"Bundle","id":"a"}\r\n{"resourceType":"Bundle","id":"b"}\r\n'
    with door(tmp_path, channel(format="fhir")) as (intake, store):
        assert len(accept(intake, lines)) == 2
        assert len(kept(store)) == 2


def test_fhir_is_known_by_its_content_and_another_format_is_refused(tmp_path: Path) -> None:
    with door(tmp_path, channel(format="fhir")) as (intake, store):
        first, second = (accept(intake, b'{"resourceType":"Bundle","type":"message"}')[0] for _ in range(2))
        assert b"OperationOutcome" in (first.reply or b"")
        assert second.stored
        assert second.stored.repeated
        accept(intake, adt(1))
        assert kept(store) == [("received", None), ("quarantined", "GW-0002")]


def test_a_channel_that_validates_first_refuses_what_its_profile_refuses(tmp_path: Path) -> None:
    wrong = (issue("PRO-0101", None, found=None, path="PV1-36"),)
    with door(tmp_path, channel(acknowledge="validated"), findings=wrong) as (intake, store):
        assert b"MSA|AE|" in (accept(intake, adt(1))[0].reply or b"")
        assert kept(store) == [("quarantined", "PRO-0101")]


def test_when_validation_can_not_be_done_nothing_is_said(tmp_path: Path) -> None:
    with door(tmp_path, channel(acknowledge="validated"), findings=None) as (intake, store):
        assert accept(intake, adt(1))[0] == Taken(None, None)
        assert kept(store) == []


@pytest.mark.parametrize("reject", [False, True])
def test_what_the_store_refuses_is_never_acknowledged(tmp_path: Path, reject: bool) -> None:
    def broken(connection: Connection, items: Sequence[None]) -> list[None]:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
        raise OperationalError("INSERT", {}, error)

    with door(tmp_path, channel(reject_when_store_fails=reject)) as (intake, store):
        with pytest.raises(StoreFailedError):
            store.writer.now(broken, None)
        taken = accept(intake, adt(1))[0]
        assert taken.stored is None
        enhanced = accept(intake, adt(2).replace(b"|P|2.5.1", b"|P|2.5.1|||AL|NE"))[0]
        replies = [taken.reply, enhanced.reply]
        if reject:
            assert [b"MSA|AR|" in (replies[0] or b""), b"MSA|CE|" in (replies[1] or b"")] == [True, True]
        else:
            assert replies == [None, None]


def test_a_persons_messages_share_a_lane_and_persons_are_spread(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        for number in range(60):
            accept(intake, adt(number, patient=str(number % 20)))
        with store.reading() as connection:
            lanes = [(one.control_id, one.lane) for one in store.envelopes.listed(connection, Filter())]
    by_patient = {int(name[3:]) % 20: {lane for other, lane in lanes if int(other[3:]) % 20 == int(name[3:]) % 20}
                  for name, _ in lanes}  # fmt: skip
    assert all(len(found) == 1 for found in by_patient.values())
    assert len({lane for _, lane in lanes}) > 5
    assert all(0 <= lane < LANES for _, lane in lanes)
