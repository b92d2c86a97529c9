"""Messages that are sent in several parts: each is stored and answered, and all are worked together."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from adapters.formats.hl7v2.parse import parse
from gateway.persons import Nobody
from gateway.pipeline import work
from gateway.records import Envelope
from gateway.store import Again, Filter, Store
from tests.gateway.harness import FakeClock, adt, channel
from tests.gateway.intake.test_intake import accept, door, kept
from tests.gateway.pipeline.test_pipeline import setup

HEAD = b"MSH|^~\\&|EPIC|GENERAL|GW|HUB|20261101080100-0500||ADT^A01|%b|P|2.5.1||%b\r"
WHOLE = adt(1, extra="DG1|2||Z59.00^Homelessness unspecified^I10C\rZZ1|1")


def parts(name: bytes = b"C") -> list[bytes]:
    """The same message in three: cut behind PV1, and inside of a DG1."""
    cut, inside = WHOLE.index(b"DG1|1"), WHOLE.index(b"Homelessness")
    return [
        WHOLE[:cut] + b"DSC|%b1|F\r" % name,
        HEAD % (b"MSG2", name + b"1") + WHOLE[cut:inside] + b"\rDSC|%b2|F\r" % name,
        HEAD % (b"MSG3", name + b"2") + b"ADD|" + WHOLE[inside:],
    ]


def envelopes(store: Store) -> list[Envelope]:
    with store.reading() as connection:
        found = [store.envelopes.find(connection, each.id) for each in store.envelopes.listed(connection, Filter())]
    return [each for each in found if each is not None]


def segments(raw: bytes) -> list[str]:
    read = parse(raw).value
    return [] if read is None else [each.text for each in read.root.segments]


JOINED = ("routed", "GW-0107")
WAITING = ("quarantined", "GW-0106")


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_parts_are_worked_as_one_when_the_last_has_come(tmp_path: Path, order: tuple[int, ...]) -> None:
    with door(tmp_path) as (intake, store):
        for count, number in enumerate(order):
            assert kept(store) == [WAITING] * count
            assert b"MSA|AA|" in (accept(intake, parts()[number])[0].reply or b"")
        assert sorted(kept(store), key=str) == [("received", None), JOINED, JOINED, JOINED]
        (whole,) = (each for each in envelopes(store) if each.state == "received")
        assert segments(whole.body) == segments(WHOLE)
        assert (whole.control_id, whole.issues) == ("MSG000001", ())
        assert work(whole, setup(), Nobody()).state == "routed"


def test_parts_sent_again_are_known_and_joined_once(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        taken = [accept(intake, part)[0] for part in (*parts(), *parts())]
        assert [one.stored and one.stored.repeated for one in taken] == [False] * 3 + [True] * 3
        assert taken[0].reply == taken[3].reply
        assert len(kept(store)) == 4


def test_only_parts_of_the_same_sender_pointer_channel_and_day_are_joined(tmp_path: Path) -> None:
    first, _, last = parts()
    other_sender = first.replace(b"|EPIC|", b"|OTHER|").replace(b"DSC|C1", b"DSC|C2")
    clock = FakeClock()
    with door(tmp_path, channel(), channel(name="west"), clock=clock) as (intake, store):
        accept(intake, other_sender)
        accept(intake, first.replace(b"DSC|C1", b"DSC|X9"))
        accept(intake, first.replace(b"DSC|C1", b"DSC|C2"), "west")
        clock.move(hours=-25)
        accept(intake, first.replace(b"DSC|C1", b"DSC|C2").replace(b"MSG000001", b"OLD"))
        clock.move(hours=25)
        accept(intake, last)
        assert set(kept(store)) == {WAITING}


def test_of_several_parts_with_one_pointer_the_latest_is_meant(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        for part in (parts()[0].replace(b"MSG000001", b"EARLIER"), *parts()):
            accept(intake, part)
        assert [each.control_id for each in envelopes(store) if each.state == "received"] == ["MSG000001"]
        assert kept(store).count(WAITING) == 1


def test_what_is_wrong_with_the_whole_is_found_as_soon_as_it_is_whole(tmp_path: Path) -> None:
    with door(tmp_path, channel(max_size=len(WHOLE) - 10)) as (intake, store):
        for part in parts():
            assert b"MSA|AA|" in (accept(intake, part)[0].reply or b"")
        assert sorted(kept(store), key=str) == [("quarantined", "GW-0001"), JOINED, JOINED, JOINED]


def test_what_only_looks_like_a_part_is_a_message(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        accept(intake, adt(1).replace(b"|P|2.5.1\r", b"|P|2.5.1||EPIC-7\r"))
        accept(intake, adt(2, extra="DSC||F"))
        accept(intake, adt(3, extra="NTE|1||DSC|1|F\rZZ1|DSC|1"))
        assert kept(store) == [("received", None)] * 3


def test_parts_are_not_told_again_and_a_waiting_one_goes_on_alone_on_an_operators_word(tmp_path: Path) -> None:
    with door(tmp_path) as (intake, store):
        for part in (*parts(), parts(b"D")[0].replace(b"MSG000001", b"LONE")):
            accept(intake, part)
        ids = tuple(each.id for each in envelopes(store))
        store.writer.now(store.again, Again(ids=ids))
        worked = {each.control_id + str(each.reason): work(each, setup(), Nobody()) for each in envelopes(store)}
        assert [(each.reason, len(each.deliveries)) for name, each in sorted(worked.items()) if "0107" in name] == [
            ("GW-0107", 0)
        ] * 3
        alone = worked["LONEGW-0106"]
        assert (alone.state, "V2-0014" in {one.code for one in alone.issues}) == ("routed", True)
