"""A dispatcher on a real store, with a receiver that behaves as told."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.destinations import Accepted, Dead, Outcome, Payload, Retry, Unknown
from conformance.catalogue import issue
from gateway.delivery import Dispatcher
from gateway.plan import Retry as Waits
from gateway.records import Arrival, Delivery, NewDelivery
from gateway.store import Finished, Settled, Store, StoreFailedError, Wanted
from tests.gateway.harness import NOW, FakeSender, a_store, destination, slowly, wait_for

BUSY = issue("NET-0107", None, found=None, status="503")
LOST = issue("NET-0105")
REFUSED = issue("NET-0108", None, found=None, status="422")


def fill(store: Store, count: int, patients: int = 5, name: str = "hub", start: int = 0) -> None:
    """So many deliveries, of so many patients in turn; the body says patient and number."""
    for number in range(start, start + count):
        arrival = Arrival(
            id=f"{name}-{number}", channel="adt", format="fhir", body=b"x", received_at=NOW,
            dedupe=f"{name}{number:012}".encode()[:16].ljust(16, b"-"), sha256=number.to_bytes(32, "big"),
        )  # fmt: skip
        stored = store.writer.now(store.envelopes.add, arrival)
        key = f"p{number % patients}"
        new = NewDelivery(
            destination=name, route="r", order_key=key, format="fhir", media_type="application/json", suffix=".json",
            payload=f"{key} {number}".encode(), lifetime=3600.0,
        )  # fmt: skip
        settled = Settled(seq=stored.seq, id=stored.id, generation=0, state="routed", at=datetime.now(UTC))
        store.writer.now(store.finish, Finished(settled=settled, deliveries=(new,)))


@contextmanager
def dispatching(store: Store, sender: FakeSender, *, off: bool = False, **fields: Any) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(destination(**fields), sender, store, clock=lambda: datetime.now(UTC), chance=lambda: 0.5)
    dispatcher.start(off=off)
    try:
        yield dispatcher
    finally:
        dispatcher.close(5.0)


def states(store: Store, name: str = "hub") -> Counter[str]:
    with store.reading() as connection:
        found = store.deliveries.listed(connection, Wanted(destination=name, limit=100_000))
    return Counter(one.state for one in found)


def deliveries(store: Store) -> list[Delivery]:
    with store.reading() as connection:
        return store.deliveries.listed(connection, Wanted(limit=1000))


def in_order(sender: FakeSender) -> bool:
    """Each patient's first arrivals are in the order of their numbers."""
    seen: dict[str, list[int]] = {}
    taken: set[bytes] = set()
    for _, body in sender.sent:
        if body not in taken:
            taken.add(body)
            key, number = body.decode().split()
            seen.setdefault(key, []).append(int(number))
    return all(numbers == sorted(numbers) for numbers in seen.values())


def test_everything_is_sent_once_and_in_order_per_person(tmp_path: Path) -> None:
    sender = FakeSender()
    with a_store(tmp_path) as store:
        fill(store, 100)
        with dispatching(store, sender):
            wait_for(lambda: states(store) == {"delivered": 100})
    assert len({key for key, _ in sender.sent}) == len(sender.sent) == 100
    assert in_order(sender)
    assert sender.closed


def test_a_receiver_that_fails_now_and_then_gets_everything_in_order_under_the_same_keys(tmp_path: Path) -> None:
    tries: Counter[str] = Counter()

    def flaky(payload: Payload, key: str) -> Outcome:
        tries[key] += 1
        number = int(payload.body.split()[1])
        if number % 7 == 3 and tries[key] < 3:
            return Retry(issue=BUSY)
        if number % 11 == 5 and tries[key] < 2:
            return Unknown(issue=LOST)
        return Accepted()

    class Received(FakeSender):
        def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
            outcome = self.answer(payload, key)
            if isinstance(outcome, Accepted):
                self.sent.append((key, payload.body))
            return outcome

    sender = Received(flaky)
    with a_store(tmp_path) as store:
        fill(store, 60)
        with dispatching(store, sender):
            wait_for(lambda: states(store) == {"delivered": 60}, 20.0)
        assert in_order(sender)
        assert len(sender.sent) == 60
        assert max(one.attempts for one in deliveries(store)) == 3


def test_what_is_refused_is_a_dead_letter_and_the_persons_next_goes_on(tmp_path: Path) -> None:
    sender = FakeSender(lambda payload, _: Dead(issue=REFUSED) if payload.body == b"p0 0" else Accepted())
    with a_store(tmp_path) as store:
        fill(store, 10)
        with dispatching(store, sender):
            wait_for(lambda: states(store) == {"delivered": 9, "dead": 1})
        dead = next(one for one in deliveries(store) if one.state == "dead")
        assert (dead.last_code, dead.attempts) == ("NET-0108", 1)


def test_a_receiver_that_refuses_a_message_again_and_again_has_said_its_last_word(tmp_path: Path) -> None:
    """Failures of another kind in between don't count, and nobody else's messages are touched."""
    tries: Counter[bytes] = Counter()

    def moody(payload: Payload, _: str) -> Outcome:
        tries[payload.body] += 1
        if payload.body != b"p0 0":
            return Accepted()
        refused = Retry(issue=issue("NET-0202", code="AE"), most=3)
        return Retry(issue=BUSY) if tries[payload.body] % 2 else refused

    with a_store(tmp_path) as store:
        fill(store, 4, patients=2)
        with dispatching(store, FakeSender(moody)):
            wait_for(lambda: states(store) == {"delivered": 3, "dead": 1})
        dead = next(one for one in deliveries(store) if one.state == "dead")
    assert (dead.last_code, dead.attempts) == ("GW-0402", 6)


def test_a_receiver_that_is_gone_is_switched_off_until_it_is_resumed(tmp_path: Path) -> None:
    gone = True
    sender = FakeSender(lambda *_: Dead(issue=issue("NET-0109"), gone=True) if gone else Accepted())
    with a_store(tmp_path) as store:
        fill(store, 20, patients=1)
        with dispatching(store, sender, concurrency=1) as dispatcher:
            wait_for(lambda: dispatcher.off)
            time.sleep(0.3)
            sent = len(sender.sent)
            time.sleep(0.3)
            assert len(sender.sent) == sent
            gone = False
            dispatcher.resume()
            wait_for(lambda: not {"queued", "waiting", "sending"} & set(states(store)))
        with store.reading() as connection:
            assert store.destinations.off(connection)["hub"].code == "NET-0109"
        assert states(store)["delivered"] >= 20 - sent


def test_a_receiver_that_is_down_uses_up_no_attempts_while_the_breaker_is_open(tmp_path: Path) -> None:
    down = True
    sender = FakeSender(lambda *_: Retry(issue=BUSY) if down else Accepted())
    with a_store(tmp_path) as store:
        fill(store, 50, patients=50)
        with dispatching(store, sender) as dispatcher:
            wait_for(lambda: dispatcher.breaker.open_until is not None)
            time.sleep(0.5)
            assert len(sender.sent) < 30
            assert sum(one.attempts == 0 for one in deliveries(store)) > 20
            down = False
            wait_for(lambda: states(store) == {"delivered": 50})


def test_a_slow_receiver_does_not_slow_another(tmp_path: Path) -> None:
    slow = FakeSender(lambda *_: slowly(0.5))
    fast = FakeSender()
    with a_store(tmp_path) as store:
        fill(store, 40, patients=40, name="slow")
        fill(store, 40, patients=40, name="fast")
        with dispatching(store, slow, name="slow"):
            began = time.monotonic()
            with dispatching(store, fast, name="fast"):
                wait_for(lambda: states(store, "fast") == {"delivered": 40})
            assert time.monotonic() - began < 2.0
            assert states(store, "slow")["delivered"] < 40


def test_an_adapter_that_raises_is_an_unknown_outcome(tmp_path: Path) -> None:
    failed = threading.Event()

    def answer(*_: object) -> Outcome:
        if not failed.is_set():
            failed.set()
            raise ZeroDivisionError
        return Accepted()

    with a_store(tmp_path) as store:
        fill(store, 1)
        with dispatching(store, FakeSender(answer)):
            wait_for(lambda: states(store) == {"delivered": 1})
        assert deliveries(store)[0].attempts == 2


def test_a_mistake_of_ours_holds_no_delivery_for_ever(tmp_path: Path) -> None:
    chances = iter([ZeroDivisionError()])

    def chance() -> float:
        for mistake in chances:
            raise mistake
        return 0.5

    with a_store(tmp_path) as store:
        fill(store, 3, patients=1)
        sender = FakeSender()
        dispatcher = Dispatcher(
            destination(retry=Waits(first=0.05)), sender, store, clock=lambda: datetime.now(UTC), chance=chance
        )
        dispatcher.start(off=False)
        try:
            wait_for(lambda: states(store) == {"delivered": 3})
        finally:
            dispatcher.close(5.0)
        assert in_order(sender)


def test_a_sender_that_never_comes_back_holds_nothing_longer_than_its_lease(tmp_path: Path) -> None:
    """Each of the threads is lost in turn; what they had goes out all the same, under the same keys and in order."""
    passed, stuck, freed = timedelta(0), Counter[str](), threading.Event()

    def answer(_: Payload, key: str) -> Outcome:
        stuck[key] += 1
        if len(stuck) <= 4 and stuck[key] == 1:
            freed.wait(30)
            return Dead(issue=REFUSED)
        return Accepted()

    with a_store(tmp_path) as store:
        fill(store, 60, patients=6)
        sender, waits = FakeSender(answer), Waits(first=0.02, most=0.05)
        now = lambda: datetime.now(UTC) + passed  # noqa: E731
        dispatcher = Dispatcher(destination(retry=waits), sender, store, clock=now, chance=lambda: 0.5)
        dispatcher.start(off=False)
        try:
            wait_for(lambda: len(stuck) == 4)
            passed = timedelta(seconds=151)
            dispatcher.call()
            wait_for(lambda: states(store) == {"delivered": 60})
            freed.set()
            wait_for(lambda: len(sender.sent) == 64)
        finally:
            freed.set()
            dispatcher.close(5.0)
        assert states(store) == {"delivered": 60}
    assert in_order(sender)
    assert sorted(stuck.values()) == [1] * 56 + [2] * 4


def test_a_claim_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([StoreFailedError("SQLITE_FULL"), ZeroDivisionError()])
    with a_store(tmp_path) as store:
        fill(store, 3)
        claim = store.deliveries.claim

        def failing(*given: Any) -> Any:
            for failure in failures:
                raise failure
            return claim(*given)

        monkeypatch.setattr(store.deliveries, "claim", failing)
        with dispatching(store, FakeSender()):
            wait_for(lambda: states(store) == {"delivered": 3})


@pytest.mark.parametrize("order", ["strict", "none"])
def test_closing_ends_what_is_under_way_and_puts_the_rest_back(tmp_path: Path, order: str) -> None:
    sender = FakeSender(lambda *_: slowly(0.05))
    with a_store(tmp_path) as store:
        fill(store, 200, patients=1 if order == "strict" else 200)
        with dispatching(store, sender):
            wait_for(lambda: len(sender.sent) > 5)
        counted = states(store)
        assert counted["sending"] == 0
        assert counted["delivered"] == len(sender.sent) < 200


def test_new_deliveries_go_out_at_once_when_the_dispatcher_is_called(tmp_path: Path) -> None:
    sender = FakeSender()
    with a_store(tmp_path) as store, dispatching(store, sender) as dispatcher:
        time.sleep(0.1)
        for start in range(5):
            fill(store, 1, start=start)
            began = time.monotonic()
            dispatcher.call()
            wait_for(lambda: len(sender.sent) > start)  # noqa: B023 - awaited within the turn
            assert time.monotonic() - began < 0.5


def fill_many(store: Store, count: int, patients: int) -> None:
    """The same as `fill`, in large commits."""
    done = threading.Semaphore(0)

    def stored(number: int, one: Any, _: BaseException | None) -> None:
        key = f"p{number % patients}"
        new = NewDelivery(
            destination="hub", route="r", order_key=key, format="fhir", media_type="x", suffix=".json",
            payload=f"{key} {number}".encode(), lifetime=3600.0,
        )  # fmt: skip
        settled = Settled(seq=one.seq, id=one.id, generation=0, state="routed", at=datetime.now(UTC))
        finished = Finished(settled=settled, deliveries=(new,))
        store.writer.submit(store.finish, finished, lambda *_: done.release())

    for number in range(count):
        arrival = Arrival(
            id=f"m-{number}", channel="adt", format="fhir", body=b"x", received_at=NOW,
            dedupe=number.to_bytes(16, "big"), sha256=number.to_bytes(32, "big"),
        )  # fmt: skip
        store.writer.submit(store.envelopes.add, arrival, partial(stored, number))
    for _ in range(count):
        assert done.acquire(timeout=60)


def test_a_backlog_of_ten_thousand_drains_in_order(tmp_path: Path) -> None:
    """The receiver is down at first and comes back; what waited goes out, each person's in order, none twice."""
    back = threading.Event()
    sender = FakeSender(lambda *_: Accepted() if back.is_set() else Retry(issue=BUSY))
    with a_store(tmp_path) as store:
        fill_many(store, 10_000, patients=700)
        with dispatching(store, sender, concurrency=8) as dispatcher:
            wait_for(lambda: dispatcher.breaker.open_until is not None)
            refused = len(sender.sent)
            sender.sent.clear()
            back.set()
            began = time.monotonic()
            wait_for(lambda: len(sender.sent) >= 10_000, 120.0, "the drain")
            print(f"\n10000 delivered in {time.monotonic() - began:.1f} s after {refused} refusals")
            wait_for(lambda: states(store) == {"delivered": 10_000})
    assert len({key for key, _ in sender.sent}) == len(sender.sent) == 10_000
    assert in_order(sender)
