"""The table of rules: what holds, who is told, who is stopped, and that every answer says why."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.document import Document
from gateway.plan import Audience, Rule
from gateway.routing import Routing, problem, route
from gateway.routing.bundle import Pivot
from gateway.routing.facts import FACTS
from tests.gateway.harness import bundle, destination

NUBC = "https://www.nubc.org/CodeSystem/PatDischargeStatus"
DESTINATIONS = {
    "hub": destination(name="hub", audience="hub"),
    "pantry": destination(name="pantry", audience="cbo"),
    "doctor": destination(name="doctor", audience="practitioner"),
}


def discharged(code: str, system: str = NUBC) -> dict[str, Any]:
    return {"hospitalization": {"dischargeDisposition": {"coding": [{"system": system, "code": code}]}}}


def routed(root: dict[str, Any], *rules: Rule) -> Routing:
    document = Document(format="fhir", version="4.0.1", root=root)
    return route(rules, DESTINATIONS, document, document)


def told(root: dict[str, Any], *rules: Rule) -> list[str]:
    return [one.destination for one in routed(root, *rules).choices if one.stopped is None]


EXAMPLE = (
    Rule(name="admission", when={"event": ["A01", "A04"]}, to=("hub",)),
    Rule(name="home", when={"event": "A03", "outreach": "Y"}, to=("hub", "pantry")),
    Rule(name="notice", when={"event": "A03"}, to=("doctor",)),
    Rule(name="death", when={"outreach": "STOP"}, stop=("hub", "cbo")),
)


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (bundle(1, "A01"), ["hub"]),
        (bundle(1, "A03", encounter=discharged("01")), ["hub", "pantry", "doctor"]),
        (bundle(1, "A03", encounter=discharged("1")), ["hub", "pantry", "doctor"]),
        (bundle(1, "A03", encounter=discharged("home", "urn:other")), ["hub", "pantry", "doctor"]),
        (bundle(1, "A03", encounter=discharged("02")), ["doctor"]),
        (bundle(1, "A03", encounter=discharged("20")), ["doctor"]),
        (bundle(1, "A03", encounter=discharged("01"), person={"deceasedBoolean": True}), ["doctor"]),
        (bundle(1, "A01", person={"deceasedDateTime": "2026-11-01"}), []),
        (bundle(1, "A08"), []),
    ],
)
def test_home_alerts_the_hub_and_a_death_alerts_no_hub_and_no_cbo(root: dict[str, Any], expected: list[str]) -> None:
    assert told(root, *EXAMPLE) == expected


def test_every_answer_says_why() -> None:
    found = routed(bundle(1, "A03", encounter=discharged("20")), *EXAMPLE)
    assert [(one.rule.name, one.matched) for one in found.verdicts] == [
        ("admission", False),
        ("home", False),
        ("notice", True),
        ("death", True),
    ]
    why = found.verdicts[1].conditions
    assert [(one.text, one.holds, one.found) for one in why] == [
        ("event: A03", True, ("A03",)),
        ("outreach: Y", False, ("STOP",)),
    ]


def test_a_destination_is_told_once_by_the_first_rule_that_names_it() -> None:
    rules = (Rule(name="a", to=("hub",)), Rule(name="b", to=("pantry", "hub")))
    choices = routed(bundle(1), *rules).choices
    assert [(one.destination, one.rule) for one in choices] == [("hub", "a"), ("pantry", "b")]


@pytest.mark.parametrize("audience", ["hub", "cbo"])
def test_a_hold_keeps_the_reason(audience: Audience) -> None:
    rules = (Rule(name="all", to=("hub", "pantry")), Rule(name="vip", when={"security": "R"}, hold=(audience,)))
    root = bundle(1, person={"meta": {"security": [{"code": "R"}]}})
    held = {one.destination: one.held for one in routed(root, *rules).choices}
    assert held == {"hub": "vip" if audience == "hub" else None, "pantry": "vip" if audience == "cbo" else None}
    assert {one.held for one in routed(bundle(1), *rules).choices} == {None}


ORGANIZATION = {"resourceType": "Organization", "id": "o1", "name": "Acme Health", "identifier": [{"value": "H123"}]}
MORE = [
    ORGANIZATION,
    {"resourceType": "Coverage", "id": "c1", "payor": [{"reference": "urn:uuid:o1"}],
     "type": {"coding": [{"code": "MCPOL"}], "text": "Medicaid"}, "class": [{"value": "G-7"}]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ("event", {"A01"}),
        ("class", {"IMP"}),
        ("postal_code", {"62701"}),
        ("payer", {"Acme Health", "H123"}),
        ("programme", {"MCPOL", "Medicaid", "G-7"}),
        ("facility", {"Acme Health", "H123"}),
        ("deceased", {False}),
        ("outreach", set()),
    ],
)
def test_facts_are_found_where_fhir_keeps_them(fact: str, expected: set[object]) -> None:
    root = bundle(
        1,
        person={"address": [{"postalCode": "62701"}, {"use": "old", "postalCode": "99999"}]},
        encounter={"serviceProvider": {"reference": "urn:uuid:o1"}},
        more=MORE,
    )
    assert set(FACTS[fact](Pivot(root))) == expected


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"class": {"in": ["IMP", "EMER"]}}, True),
        ({"class": {"not_a_test": "x"}}, None),
        ({"postal_code": {"match": "627.."}}, True),
        ({"postal_code": {"is": "empty"}}, False),
        ({"Bundle.entry.resource.ofType(Encounter).status": "in-progress"}, True),
        ({"any": [{"event": "A99"}, {"class": "IMP"}]}, True),
        ({"not": {"event": "A01"}}, False),
        ({"hl7v2:PD1-12": "Y"}, False),
        ({}, True),
    ],
)
def test_when_speaks_of_facts_fhir_and_the_source(when: dict[str, Any], holds: bool | None) -> None:
    if holds is None:
        assert problem(when) is not None
        return
    assert problem(when) is None
    root = bundle(1, person={"address": [{"postalCode": "62701"}]})
    assert routed(root, Rule(name="r", when=when)).verdicts[0].matched is holds


@pytest.mark.parametrize(
    "root", [{}, {"entry": None}, {"entry": [1, {"resource": []}]}, {"resourceType": "Patient", "id": "x"}]
)
def test_what_is_no_bundle_has_no_facts(root: dict[str, Any]) -> None:
    assert [list(fact(Pivot(root))) for name, fact in FACTS.items() if name != "deceased"] == [[]] * (len(FACTS) - 1)
