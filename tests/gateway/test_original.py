"""The original beside its FHIR, where a sender's settings ask for it."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from conformance.fhir_models import typed
from gateway import convert, validate
from gateway.config import site
from gateway.persons import Nobody
from gateway.pipeline import work
from gateway.plan import Rule, Work
from gateway.samples import sample
from tests.gateway.harness import channel, destination
from tests.gateway.pipeline.test_pipeline import envelope

ADT = sample("discharge-a03.hl7")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gateway.yaml").write_text("senders: {any: {match: {MSH-12: 2.5.1}, attach_original: true}}\n")
    return tmp_path


def of(root: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in root["entry"] if each["resource"]["resourceType"] == kind]


def errors(root: dict[str, Any]) -> int:
    return sum(one["severity"] in ("fatal", "error") for one in validate(root)["issue"])


def test_the_bytes_as_received_and_what_they_are(folder: Path) -> None:
    root = convert(ADT, "fhir", site=folder).value
    (binary,), (reference,) = of(root, "Binary"), of(root, "DocumentReference")
    assert b64decode(binary["resource"]["data"]) == ADT
    attachment = reference["resource"]["content"][0]["attachment"]
    assert (attachment["url"], attachment["size"]) == (binary["fullUrl"], len(ADT))
    assert reference["resource"]["subject"]["reference"] == of(root, "Patient")[0]["fullUrl"]
    assert reference["resource"]["context"]["encounter"][0]["reference"] == of(root, "Encounter")[0]["fullUrl"]
    typed(root)
    assert errors(root) == errors(convert(ADT, "fhir").value)


def test_the_same_original_has_the_same_id_and_only_who_asks_gets_it(folder: Path) -> None:
    assert convert(ADT, "fhir", site=folder).value == convert(ADT, "fhir", site=folder).value
    assert of(convert(ADT, "fhir").value, "Binary") == []
    assert of(convert(ADT, as_="alerts", site=folder).value, "Binary") == []


def test_references_to_it_hold_in_ndjson(folder: Path) -> None:
    resources = convert(ADT, "fhir", site=folder, bundle="ndjson").value
    by_type = {each["resourceType"]: each for each in resources}
    assert by_type["DocumentReference"]["content"][0]["attachment"]["url"] == f"Binary/{by_type['Binary']['id']}"


def test_destinations_of_fhir_get_it_others_do_not(folder: Path) -> None:
    settings = site(folder).value
    assert settings is not None
    setup = Work(
        site=settings,
        channels={"adt": channel()},
        destinations={"hub": destination()},
        rules=(Rule(name="all", to=("hub",)),),
    )
    (delivery,) = work(envelope(ADT), setup, Nobody()).deliveries
    assert b'"resourceType":"Binary"' in delivery.payload
