"""A run's own parts: ids, what is remembered, and that no two documents share anything."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT as HL7V2
from bench.adt_messages import messages
from mappings.catalog import Catalog
from mappings.convert import Converter
from mappings.run import DIRECTORY, NAMESPACE, identifier
from tests.mappings.conftest import MakeSmall
from tests.mappings.small import SYNTAXES, codes, resources, seg, statuses


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_ids_are_those_of_the_standard_library(salt: str, name: str) -> None:
    assert identifier(salt, name) == str(uuid.uuid5(uuid.uuid5(NAMESPACE, salt), name))


def shipped() -> Converter:
    found = Catalog().converter("adt-a01", "v2", "fhir", SYNTAXES.__getitem__)
    assert found is not None
    return found


def objects(node: Any, found: set[int] | None = None) -> set[int]:
    """The ids of all objects and lists of a tree."""
    found = set() if found is None else found
    if isinstance(node, (dict, list)):
        assert id(node) not in found, "one object in two places"
        found.add(id(node))
        for child in node.values() if isinstance(node, dict) else node:
            objects(child, found)
    return found


def test_documents_share_no_object_but_those_of_a_directory_and_none_is_in_two_places() -> None:
    convert, raws = shipped(), list(messages(3)) * 3
    roots = [convert(document).document for raw in raws if (document := HL7V2.parse(raw).value) is not None]
    ids: set[int] = set()
    for root in roots:
        assert root is not None
        objects(root.root)
        resources = [each["resource"] for each in root.root["entry"]]
        own = set().union(*(objects(each) for each in resources if each["resourceType"] not in DIRECTORY))
        assert not own & ids
        ids |= own


def test_the_same_message_gives_the_same_every_time() -> None:
    convert = shipped()
    document = HL7V2.parse(next(messages(1))).value
    assert document is not None
    first = convert(document)
    assert first.document is not None
    kept = copy.deepcopy(first.document.root)
    rows, issues = first.ledger.rows(), first.issues
    for raw in messages(20):  # what others make of the same directory leaves no trace
        other = HL7V2.parse(raw).value
        assert other is not None
        convert(other)
        made = convert(document)
        assert made.document is not None
        assert made.document.root == kept
        assert made.ledger.rows() == rows
        assert made.issues == issues


REMEMBERED = """
parts:
  xcn:
  - {v2: "1", fhir: identifier.value}
  - {v2: "2.1", fhir: name.family}
  - {v2: "3", fhir: name.period.start, as: dateTime}
  - {v2: "4", fhir: gender, table: sex}
tables: {sex: {rows: [[F, female]], unmapped: drop}}
rules:
- make: Encounter
  key: {v2: [PV1-19]}
  rules:
  - {v2: PV1-19, fhir: identifier.value}
  - each: {v2: PV1-7, fhir: participant}
    rules: [{v2: ".", fhir: individual, to: Practitioner, key: {v2: ["1"]}, use: xcn}]
  - each: {v2: PV1-8, fhir: participant}
    rules: [{v2: ".", fhir: individual, to: Practitioner, key: {v2: ["1"]}, use: xcn}]
"""


def test_what_is_remembered_says_the_same_issues_and_rows_again(small: MakeSmall) -> None:
    m = small(REMEMBERED)
    segment = seg("PV1", {7: "1^Day^2024031^X", 8: "1^Day^2024031^X", 19: "7"})
    first = m.forward(segment)
    assert codes(first) == ["MAP-0101", "MAP-0102"] * 2
    for _ in range(2):
        again = m.forward(segment)
        assert again.issues == first.issues
        assert statuses(again) == statuses(first)
        assert resources(again) == resources(first)
    other = m.forward(seg("PV1", {8: "2^Fox~1^Day^2024031^X", 19: "8"}))
    assert [issue.at.path for issue in other.issues] == ["PV1[1]-8[2].3", "PV1[1]-8[2].4"]


def test_what_is_said_once_is_said_in_every_document(small: MakeSmall) -> None:
    m = small(REMEMBERED)
    one, two = seg("PV1", {7: "1^Day^20240301100000", 19: "7"}), seg("PV1", {7: "2^Fox^20240301100000", 19: "8"})
    both = seg("PV1", {7: "1^Day^20240301100000~2^Fox^20240301100000", 19: "9"})
    assert codes(m.forward(both)) == ["MAP-0202"]
    assert codes(m.forward(two)) == ["MAP-0202"]
    assert codes(m.forward(one)) == ["MAP-0202"]
    assert codes(m.forward(both)) == ["MAP-0202"]


def test_settings_and_facilities_are_remembered_apart(small: MakeSmall) -> None:
    m = small(REMEMBERED)
    segment = seg("PV1", {7: "1^Day^20240301100000", 19: "7"})
    for zone, offset in (("America/New_York", "-05:00"), ("UTC", "+00:00"), ("America/New_York", "-05:00")):
        (doctor,) = resources(m.forward(segment, zone=zone), "Practitioner")
        assert doctor["name"][0]["period"]["start"].replace("Z", "+00:00").endswith(offset)
