"""One envelope worked, from what came to what each destination gets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.issue import Issue
from gateway.config.site import Site
from gateway.persons import Nobody
from gateway.pipeline import Worked, work
from gateway.plan import AUDIENCES, Rule, Work
from gateway.records import Envelope
from gateway.targets import target
from tests.gateway.harness import NOW, adt, bundle, channel, destination

ALL = Rule(name="all", to=("hub",))
ALERTS: dict[str, Any] = {
    "as_": target(None, "alerts@1.1.0"),
    "wanted": "alerts@1.1.0",
    "profiles": ("fhir-alerts-message",),
}


def envelope(body: bytes, issues: tuple[Issue, ...] = ()) -> Envelope:
    return Envelope(
        seq=1, id="e1", channel="adt", format="hl7v2", control_id="1", sha256=b"", size=len(body), received_at=NOW,
        state="received", lane=0, repeats=0, event=None, person=None, reason=None, generation=0, issues=issues,
        body=body,
    )  # fmt: skip


def setup(*rules: Rule, channel_: dict[str, Any] | None = None, **fields: Any) -> Work:
    return Work(
        site=Site(salt="pipeline-test"),
        channels={"adt": channel(**(channel_ or {}))},
        destinations={"hub": destination(**fields), "answers": destination(name="answers", type="mllp")},
        rules=rules or (ALL,),
    )


def worked(body: bytes, plan: Work) -> Worked:
    return work(envelope(body), plan, Nobody())


def codes(found: Worked) -> set[str]:
    return {one.code for one in found.issues}


def test_a_discharge_becomes_a_notification() -> None:
    found = worked(adt(1, "A03", disposition="01"), setup(**ALERTS))
    assert (found.state, found.event) == ("routed", "A03")
    assert found.person
    (made,) = found.deliveries
    assert (made.destination, made.route, made.held, made.suffix) == ("hub", "all", None, ".json")
    assert made.order_key == found.person
    message = json.loads(made.payload)
    assert (message["type"], message["identifier"]["value"]) == ("message", "MSG000001")


def test_the_same_message_gives_the_same_bytes() -> None:
    assert worked(adt(1), setup(**ALERTS)) == worked(adt(1), setup(**ALERTS))


def test_an_event_that_notifies_nobody_is_worked_and_sends_nothing() -> None:
    found = worked(adt(1, "A08"), setup(**ALERTS))
    assert (found.state, found.deliveries) == ("routed", ())


def test_what_the_accept_profile_refuses_is_quarantined_with_its_reason() -> None:
    found = worked(adt(1, "A03"), setup(channel_={"accept": ("adt-cms-enotification",)}, **ALERTS))
    assert (found.state, found.reason, found.deliveries) == ("quarantined", "PRO-0101", ())


@pytest.mark.parametrize("body", [b"", b"junk", b"MSH|^~\\&|", adt(1, "A99")])
def test_what_cannot_be_worked_is_quarantined(body: bytes) -> None:
    found = worked(body, setup(**ALERTS))
    assert found.state == "quarantined"
    assert found.reason in codes(found)


@pytest.mark.parametrize(("on_gap", "held"), [("hold", "gap"), ("send", None)])
def test_what_misses_its_profile_is_held_or_sent_as_the_destination_says(on_gap: Any, held: str | None) -> None:
    """A discharge that doesn't say when: its Encounter is without the end that the notification must have."""
    unended = adt(1, "A03", disposition="01").replace(b"-0500\rDG1", b"\rDG1").replace(b"|20261101080100\r", b"|\r")
    found = worked(unended, setup(**ALERTS, on_gap=on_gap))
    (made,) = found.deliveries
    assert made.held == held
    assert "GW-0301" in codes(found)


def test_a_protection_indicator_holds_the_notification_with_the_reason() -> None:
    hold = Rule(name="protected-person", when={"hl7v2:PD1-12": "Y"}, hold=AUDIENCES)
    protected = adt(1, extra="PD1||||||||||||Y")
    assert [one.held for one in worked(protected, setup(ALL, hold, **ALERTS)).deliveries] == ["protected-person"]
    assert [one.held for one in worked(adt(1), setup(ALL, hold, **ALERTS)).deliveries] == [None]


@pytest.mark.parametrize(("order", "key"), [("strict", "all"), ("none", "")])
def test_the_order_that_a_destination_asks_for(order: Any, key: str) -> None:
    assert [one.order_key for one in worked(adt(1), setup(order=order)).deliveries] == [key]


def test_hl7_can_go_out_again() -> None:
    found = worked(adt(1), setup(as_=target(None, "adt@2.5.1"), wanted="adt@2.5.1"))
    (made,) = found.deliveries
    assert made.format == "hl7v2"
    assert b"|MSG000001|" in made.payload.split(b"\r")[0]


def test_the_second_answer_of_the_enhanced_mode_goes_where_the_channel_says() -> None:
    asked = adt(1).replace(b"|P|2.5.1", b"|P|2.5.1|||NE|AL")
    plan = setup(channel_={"answers_to": "answers"}, **ALERTS)
    answers = [one for one in worked(asked, plan).deliveries if one.destination == "answers"]
    assert [b"MSA|AA|MSG000001" in one.payload for one in answers] == [True]
    assert [one for one in worked(adt(1), plan).deliveries if one.destination == "answers"] == []


def test_a_fhir_channel_is_routed_without_a_map() -> None:
    plan = setup(channel_={"format": "fhir"})
    found = worked(json.dumps(bundle(1)).encode(), plan)
    assert (found.state, found.event, found.person) == ("routed", "A01", "p1")
    assert json.loads(found.deliveries[0].payload)["type"] == "message"


def test_a_destination_without_a_map_does_not_stop_the_others() -> None:
    rules = (Rule(name="both", to=("answers", "hub")),)
    plan = setup(*rules, **ALERTS)
    missing = replace(plan.destinations["answers"], as_=target(None, "ADT_A03@2.5.1"), wanted="ADT_A03@2.5.1")
    plan = replace(plan, destinations={**plan.destinations, "answers": missing})
    found = worked(adt(1), plan)
    assert "hub" in [one.destination for one in found.deliveries]
