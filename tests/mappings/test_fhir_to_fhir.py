"""FHIR to FHIR: identities kept, references followed, constants, and ledgers of two conversions in a row."""

from __future__ import annotations

from typing import Any

from mappings.convert import Conversion
from tests.mappings.conftest import MakeSmall
from tests.mappings.small import Small, bundle, codes, content, resources, seg, write

HEAD = "map: small\nbetween: {fhir: Bundle, fhir-alert: Bundle}\n"
MAP = """
tables:
  event: {rows: [[A01, notify-admit], [A03, notify-discharge]], unmapped: drop}
rules:
- {set: {fhir-alert: {type: message}}}
- {fhir: timestamp, fhir-alert: timestamp}
- make: MessageHeader
  key: {fhir: [eventCoding.code]}
  rules:
  - {fhir: eventCoding.code, fhir-alert: eventCoding.code, table: event}
  - {fhir: eventCoding.code, fhir-alert: meta.tag.code}
  - {fhir-alert: focus, ref: enc}
- make: Encounter
  name: enc
  rules:
  - {fhir: ".", fhir-alert: "."}
  - {set: {fhir-alert: {status: finished}}}
- make: Patient
  name: pat
  rules:
  - {each: {fhir: identifier, fhir-alert: identifier}, rules: [{fhir: value, fhir-alert: value}]}
  - {fhir: birthDate, fhir-alert: birthDate}
"""


def source() -> Any:
    return bundle(
        {"resourceType": "MessageHeader", "id": "h", "eventCoding": {"code": "A03"}},
        {"resourceType": "Encounter", "id": "e", "class": {"code": "IMP"}, "subject": {"reference": "urn:uuid:p"}},
        {"resourceType": "Encounter", "id": "e2", "class": {"code": "AMB"}},
        {"resourceType": "Patient", "id": "p", "birthDate": "1990", "identifier": [{"value": "1"}, {"value": "2"}]},
        timestamp="2024-03-17T14:05:00Z",
    )


def convert(m: Small, document: Any) -> Conversion:
    return m.converter("fhir", "fhir-alert")(document)


def test_resources_keep_their_identity_without_a_key(small: MakeSmall) -> None:
    made = convert(small(MAP, HEAD), source())
    assert made.document is not None
    entries = made.document.root["entry"]
    assert [entry["fullUrl"] for entry in entries[1:]] == ["urn:uuid:e", "urn:uuid:e2", "urn:uuid:p"]
    assert [entry["resource"]["id"] for entry in entries[1:]] == ["e", "e2", "p"]
    assert entries[0]["resource"]["id"] != "h"


def test_content_goes_over_by_rules_or_whole(small: MakeSmall) -> None:
    made = convert(small(MAP, HEAD), source())
    assert made.document is not None
    assert made.document.root["type"] == "message"
    assert made.document.root["timestamp"] == "2024-03-17T14:05:00Z"
    assert content(made, "Patient") == {"identifier": [{"value": "1"}, {"value": "2"}], "birthDate": "1990"}
    assert content(made, "MessageHeader") == {
        "eventCoding": {"code": "notify-discharge"},
        "meta": {"tag": [{"code": "A03"}]},
        "focus": [{"reference": "urn:uuid:e"}, {"reference": "urn:uuid:e2"}],
    }
    encounter = resources(made, "Encounter")[0]
    assert encounter["subject"] == {"reference": "urn:uuid:p"}
    assert encounter["class"] == {"code": "IMP"}
    assert encounter["status"] == "finished"


def test_what_goes_over_whole_is_a_copy(small: MakeSmall) -> None:
    document = source()
    made = convert(small(MAP, HEAD), document)
    resources(made, "Encounter")[0]["class"]["code"] = "changed"
    assert document.root["entry"][1]["resource"]["class"] == {"code": "IMP"}


def test_a_code_without_a_row(small: MakeSmall) -> None:
    document = source()
    document.root["entry"][0]["resource"]["eventCoding"]["code"] = "A08"
    made = convert(small(MAP, HEAD), document)
    assert codes(made) == ["MAP-0102"]
    assert "eventCoding" not in content(made, "MessageHeader")


def test_what_a_second_map_leaves_out_is_named_in_the_first_source(tmp_path_factory: Any) -> None:
    first = write(
        tmp_path_factory.mktemp("one"),
        "rules:\n- {make: MessageHeader, rules: [{v2: MSH-9.2, fhir: eventCoding.code}]}\n"
        "- make: Patient\n  key: {v2: [PID-3]}\n  rules:\n"
        "  - {each: {v2: PID-3, fhir: identifier}, rules: [{v2: '1', fhir: value}, {v2: '4', fhir: system}]}\n"
        "  - {v2: PID-7, fhir: birthDate, as: date}\n  - {v2: PID-8, fhir: gender}\n"
        "  - {v2: PID-5.1, fhir: name.family}\n  - {v2: PID-5.2, fhir: name.text}\n"
        "  - {v2: PID-30, ignore: by policy}\n",
    )
    second = write(tmp_path_factory.mktemp("two"), MAP, head=HEAD)
    made = first.forward(seg("PID", {3: "1^^^s", 5: "F^T", 7: "19900203", 8: "male", 22: "x", 30: "N"}))
    assert made.document is not None
    after = convert(second, made.document)
    rows = {row.path: (row.status, row.reason) for row in made.ledger.then(after.ledger).rows()}
    assert rows["MSH[1]-9[1].2"] == ("mapped", "")
    assert rows["PID[1]-3[1].1"] == ("mapped", "")
    assert rows["PID[1]-3[1].4"] == ("unmapped", "left out of the target: no rule reads it")
    assert rows["PID[1]-7[1]"] == ("mapped", "")
    assert rows["PID[1]-8[1]"][0] == "unmapped"
    assert rows["PID[1]-5[1].1"][0] == "unmapped"
    assert rows["PID[1]-22[1]"] == ("unmapped", "no rule reads it")
    assert rows["PID[1]-30[1]"] == ("ignored", "by policy")
    assert {row.path for row in made.ledger.rows()} == set(rows)
