"""The development corpus: every document converts, and the facts that any correct reading gives hold."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway import convert
from tests.conftest import ROOT, shared_folder

NAMES = sorted(path.name for path in (shared_folder() or Path("none")).glob("samples/ccda/documents/*.xml"))


def _facts() -> ModuleType:
    spec = spec_from_file_location("expected_ccda", ROOT / "bench" / "expected_ccda.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES or ["(no corpus)"])
def test_every_document_becomes_a_document(name: str, shared: Path) -> None:
    made = convert(shared / "samples" / "ccda" / "documents" / name, to="fhir")
    assert made.value is not None
    entries = made.value["entry"]
    assert entries[0]["resource"]["resourceType"] == "Composition"
    urls = [each["fullUrl"] for each in entries]
    assert len(urls) == len(set(urls))
    assert set(_references(entries)) <= set(urls)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["reference"]] if isinstance(node.get("reference"), str) else []
        return own + [found for each in node.values() for found in _references(each)]
    return [found for each in node for found in _references(each)] if isinstance(node, list) else []


OWN = ("own_everything_negated", "own_food_insecurity_goal", "own_ahc_hunger")


@pytest.mark.parametrize("name", OWN)
def test_the_facts_hold(name: str, shared: Path) -> None:
    bench = _facts()
    for _, bundle, facts in bench.bundles(shared, [name]):
        assert [fact["why"] for fact in facts if not bench.holds(bundle, fact)] == []
