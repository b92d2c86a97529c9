from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.destinations import Accepted, Dead, Outcome, Retry, Unknown
from conformance.catalogue import issue
from gateway import states
from gateway.delivery.policy import Breaker, after
from gateway.plan import Retry as Waits
from gateway.records import Delivery
from tests.gateway.harness import NOW

BUSY = issue("NET-0107", None, found=None, status="503")
WAITS = Waits(first=5.0, factor=3.0, most=900.0)


def delivery(**fields: Any) -> Delivery:
    plain: dict[str, Any] = {
        "seq": 1, "id": "d", "envelope": "e", "destination": "hub", "route": "r", "order_key": "p", "format": "fhir",
        "media_type": "x", "suffix": ".json", "state": "sending", "held": None, "attempts": 0, "created_at": NOW,
        "next_at": NOW, "until": NOW + timedelta(hours=72), "last_code": None,
    }  # fmt: skip
    return Delivery(**{**plain, **fields})


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted(), "delivered"),
        (Retry(issue=BUSY), "waiting"),
        (Unknown(issue=BUSY), "waiting"),
        (Dead(issue=BUSY), "dead"),
        (Dead(issue=BUSY, gone=True), "dead"),
    ],
)
def test_each_outcome_leads_to_a_state_that_may_follow_sending(outcome: Outcome, state: str) -> None:
    following = after(outcome, delivery(), WAITS, NOW, 0.5)
    assert following.state == state
    assert following.state in states.DELIVERY["sending"]
    assert following.gone == (isinstance(outcome, Dead) and outcome.gone)


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e6)))
def test_waits_are_bounded_and_never_shorter_than_asked(attempts: int, chance: float, asked: float | None) -> None:
    following = after(Retry(issue=BUSY, after=asked), delivery(attempts=attempts), WAITS, NOW, chance)
    wait = (following.at - NOW).total_seconds()
    if following.state == "waiting":
        assert (asked or 0) - 0.001 <= wait <= max(900.0, asked or 0) + 0.001
    else:
        assert following.issue is not None
        assert following.issue.code == "GW-0401"
        assert asked is not None
        assert asked > 72 * 3600 - 900


def test_waits_grow_and_are_spread() -> None:
    longest = [
        (after(Retry(issue=BUSY), delivery(attempts=n), WAITS, NOW, 1.0).at - NOW).total_seconds() for n in range(7)
    ]
    assert longest == [5, 15, 45, 135, 405, 900, 900]
    assert after(Retry(issue=BUSY), delivery(), WAITS, NOW, 0.1).at - NOW == timedelta(seconds=0.5)


def test_after_its_lifetime_a_delivery_is_given_up() -> None:
    following = after(Retry(issue=BUSY), delivery(until=NOW + timedelta(seconds=1)), WAITS, NOW, 1.0)
    assert (following.state, following.issue and following.issue.code) == ("dead", "GW-0401")
    assert following.issue is not None
    assert following.issue.message.endswith(f"with {BUSY.code}: {BUSY.message}")


def test_a_breaker_opens_after_failures_in_a_row_and_then_lets_one_through() -> None:
    breaker = Breaker(failures_to_open=3, first=10.0, most=40.0)
    assert [breaker.record(True, NOW) for _ in range(2)] == [False, False]
    breaker.record(False, NOW)
    assert [breaker.record(True, NOW) for _ in range(3)] == [False, False, True]
    assert breaker.allows(NOW, 8) == 0
    later = NOW + timedelta(seconds=10)
    assert breaker.allows(later, 8) == 1
    assert breaker.record(True, later) is False
    assert breaker.allows(later + timedelta(seconds=19), 8) == 0
    assert breaker.allows(later + timedelta(seconds=20), 8) == 1
    breaker.record(False, later)
    assert breaker.allows(NOW, 8) == 8


def test_the_states_are_closed_and_the_end_is_the_end() -> None:
    for table in (states.DELIVERY, states.ENVELOPE):
        assert {after for following in table.values() for after in following} <= set(table)
    assert states.DELIVERY["withdrawn"] == frozenset()
    assert set(states.may_become("sending")) == {"queued", "waiting", "sending"}
