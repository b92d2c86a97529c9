"""The forms of a Bundle: what each holds, and that references stay resolvable."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.bundle import in_form
from gateway.targets import BUNDLE_FORMS, BundleForm

HEADER = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "MessageHeader", "id": "1",
          "focus": [{"reference": "urn:uuid:2"}, {"reference": "Patient/elsewhere"}]}}  # fmt: skip
PATIENT = {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Patient", "id": "2"}}
COMPOSITION = {"fullUrl": "urn:uuid:3", "resource": {"resourceType": "Composition", "id": "3"}}


def bundle(*entries: dict[str, Any], kind: str = "message") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "timestamp": "2026-01-01T00:00:00Z", "entry": list(entries)}


def one(root: dict[str, Any], form: BundleForm) -> dict[str, Any]:
    result = in_form(root, form)
    assert result.value is not None
    (made,) = result.value
    return made


def test_a_message_is_left_as_it_is() -> None:
    root = bundle(HEADER, PATIENT)
    assert one(root, "message") is root


def test_a_collection_has_neither_timestamp_nor_requests() -> None:
    made = one(bundle(HEADER, PATIENT), "collection")
    assert made == {"resourceType": "Bundle", "type": "collection", "entry": [HEADER, PATIENT]}


def test_a_transaction_puts_each_resource_by_its_id() -> None:
    made = one(bundle(HEADER, PATIENT), "transaction")
    assert [entry["request"]["url"] for entry in made["entry"]] == ["MessageHeader/1", "Patient/2"]
    urls = {entry["fullUrl"] for entry in made["entry"]}
    assert made["entry"][0]["resource"]["focus"][0]["reference"] in urls


def test_ndjson_refers_by_type_and_id_and_leaves_other_references() -> None:
    header, patient = in_form(bundle(HEADER, PATIENT), "ndjson").value or []
    assert header["focus"] == [{"reference": "Patient/2"}, {"reference": "Patient/elsewhere"}]
    assert patient == PATIENT["resource"]


def test_a_document_begins_with_its_composition() -> None:
    made = one(bundle(PATIENT, COMPOSITION), "document")
    assert [entry["resource"]["resourceType"] for entry in made["entry"]] == ["Composition", "Patient"]
    assert made["timestamp"]
    assert in_form(bundle(HEADER, PATIENT), "document").value is None


def test_a_message_cannot_be_made_without_a_header() -> None:
    result = in_form(bundle(PATIENT, kind="transaction"), "message")
    assert result.value is None
    assert [issue.code for issue in result.issues] == ["IO-0007"]


def test_a_collection_made_of_tables_stays_one() -> None:
    root = bundle(PATIENT, kind="collection")
    assert in_form(root, "message").value == [root]


@pytest.mark.parametrize("form", BUNDLE_FORMS)
def test_what_is_no_such_bundle_is_left_alone(form: BundleForm) -> None:
    for root in ({"resourceType": "Patient"}, bundle(PATIENT, kind="searchset")):
        assert in_form(root, form).value == [root]


@pytest.mark.parametrize("form", BUNDLE_FORMS)
def test_the_input_is_not_changed(form: BundleForm) -> None:
    root = bundle(HEADER, PATIENT)
    before = repr(root)
    in_form(root, form)
    assert repr(root) == before
