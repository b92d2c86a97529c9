"""Identities: never by position, always with who gave the identifier."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from mappings.conversions import REGISTRY
from tests.mappings.conversions.asking import Asking


def field(text: str) -> list[list[list[str]]]:
    return [[part.split("&") for part in item.split("^")] for item in text.split("~")]


def key(name: str, *fields: str, **settings: Any) -> str | None:
    given = [field(each) for each in fields]
    listed = name in ("person-key", "identifier-key", "visit-key")
    found = REGISTRY[name].forward(given if listed else given[0], Asking(**settings))
    assert found is None or isinstance(found, str)
    return found


def test_mr_then_pi_then_all_whatever_the_order() -> None:
    items = ["1^^^GH^MR", "2^^^GH^PI", "3^^^SSA^SS"]
    keys = {key("person-key", "~".join(order)) for order in permutations(items)}
    assert keys == {"MR|1|GH"}
    assert {key("person-key", "~".join(order)) for order in permutations(items[1:])} == {"PI|2|GH"}
    weak = ["7^^^A^XX", "8^^^B", "3^^^SSA^SS"]
    assert len({key("person-key", "~".join(order)) for order in permutations(weak)}) == 1


def test_a_configured_authority_comes_first_but_not_with_what_the_state_gives() -> None:
    authorities = {"PLAN": "http://plan.example"}
    assert key("person-key", "1^^^GH^MR~9^^^PLAN^MB", authorities=authorities) == "MB|9|http://plan.example"
    assert key("person-key", "1^^^GH^MR~9^^^PLAN^SS", authorities=authorities) == "MR|1|GH"


def test_two_hospitals_numbers_are_two_people() -> None:
    assert key("person-key", "12345^^^^MR", facility=["GH"]) != key("person-key", "12345^^^^MR", facility=["XH"])
    assert key("person-key", "12345^^^MR", facility=["GH"]) != key("person-key", "12345^^^MR", facility=["XH"])
    assert key("person-key", "12345^^^^MR", sender="a") != key("person-key", "12345^^^^MR", sender="b")


def test_one_authority_by_name_and_by_oid_when_configured() -> None:
    authorities = {"GH": "http://gh.example", "2.16.1.5": "http://gh.example"}
    one = key("person-key", "1^^^GH^MR", authorities=authorities)
    assert one == key("person-key", "1^^^&2.16.1.5&ISO^MR", authorities=authorities)


def test_the_next_field_serves_when_the_first_is_empty() -> None:
    assert key("person-key", "", "5^^^GH^PT") == "PT|5|GH"
    assert key("person-key", "", "") is None


def test_a_visit_by_number_by_the_alternate_else_by_its_beginning() -> None:
    assert key("visit-key", "V1^^^GH", "", "", "", "") == "V1|GH"
    assert key("visit-key", "", "A1^^^GH", "", "", "") == "A1|GH"
    run = Asking()
    fields = [field(each) for each in ("", "", "ACC^^^GH", "1^^^GH^MR", "20240301")]
    assert REGISTRY["visit-key"].forward(fields, run) == "ACC|GH|20240301"
    assert run.codes() == ["MAP-0206"]
    assert key("visit-key", "", "", "", "1^^^GH^MR", "") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1234567893^Stone^R^^^^^^NPI", "1234567893^STONE^RUTH^^^^^^GH^^^^NPI"),
        ("D1^Stone^^^^^^^GH", "D1^Stone^Ruth^^^^^^GH"),
    ],
)
def test_one_practitioner_by_id(one: str, other: str) -> None:
    assert key("practitioner-key", one) == key("practitioner-key", other)


def test_practitioners_without_an_id_by_name_at_the_sender() -> None:
    assert key("practitioner-key", "^Stone^Ruth", sender="a") != key("practitioner-key", "^Stone^Ruth", sender="b")
    assert key("practitioner-key", "^^^^^^MD") is None


def test_organizations() -> None:
    assert key("organization-key", "Plan^^77^^^GH") == "77|GH"
    assert key("organization-key", "Plan^^^^^GH^^^^X9") == "X9|GH"
    assert key("organization-key", "Plan", sender="a") == "name|Plan|a"
    assert key("organization-key", "") is None


def test_facilities_by_uri_oid_or_name() -> None:
    assert key("facility-key", "GH^2.16.1.5^ISO") == "urn:oid:2.16.1.5"
    assert key("facility-key", "GH^gh.example^DNS") == "gh.example"
    assert key("facility-key", "GH") == "GH"
    assert key("facility-key", "") is None


def test_a_bed_is_one_of_its_room() -> None:
    bed = "location-key-bed"
    assert key(bed, "W3^301^A^GH") != key(bed, "W3^302^A^GH")
    assert key(bed, "W3^301^A^GH") != key(bed, "W3^301^A^XH")
    assert key("location-key-facility", "W3^301^A^GH") == key("location-key-facility", "W9^^^GH")
    assert key(bed, "W3^301") is None


def test_names_and_texts() -> None:
    assert key("name-key", "Rivers^Ada", sender="a") == "name|Rivers|Ada|||a"
    assert key("name-key", "") is None
    assert key("text-key", "22&Homes") == "22&Homes|"
    assert key("text-key", "") is None


def test_ids_of_messages_follow_from_their_control_ids() -> None:
    forward = REGISTRY["message-id"].forward
    assert forward("C1", Asking(sender="a")) == forward("C1", Asking(sender="a")) != forward("C1", Asking(sender="b"))
    assert REGISTRY["alert-id"].forward("b1", Asking()) != "b1"
