"""The development corpus through the shipped maps: the facts of each message, and what holds for all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared_folder
from tests.mappings.shipped.messages import everything

SHARED = shared_folder()
SAMPLES = sorted((SHARED / "samples" / "hl7v2").glob("*.hl7")) if SHARED else []


def convert(path: Path) -> Any:
    from gateway import convert as conversion

    return conversion(path, to="fhir")


def test_every_fact_of_every_message_holds(shared: Path) -> None:
    from bench.expected_hl7v2 import bundles, holds

    failed = [
        (name, fact["fhirpath"], fact["equals"])
        for name, bundle, facts in bundles(shared, [])
        for fact in facts
        if bundle is None or not holds(bundle, fact)
    ]
    assert failed == []


@pytest.mark.skipif(not SAMPLES, reason="the development corpus is not beside the project (../shared)")
def test_samples_give_whole_bundles() -> None:
    for path in SAMPLES:
        bundle = convert(path).value
        if bundle is None:
            continue  # no ADT message
        nodes = list(everything(bundle))
        assert not [node for node in nodes if node in ("", [], {})], path.name
        urls = {entry["fullUrl"] for entry in bundle["entry"]}
        assert len(urls) == len(bundle["entry"]), path.name
        references = {
            node["reference"] for node in nodes if isinstance(node, dict) and isinstance(node.get("reference"), str)
        }
        assert references <= urls, path.name
        assert json.dumps(convert(path).value, default=str) == json.dumps(bundle, default=str), path.name
