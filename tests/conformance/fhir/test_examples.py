"""The guides' own examples are clean, but for those that are wrong. Mutants of them: `test_mutants.py`."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance import packages
from conformance.definitions.registry import Registry
from conformance.fhir import Validator
from conformance.issue import Issue

Json = dict[str, Any]

GUIDES = {
    "hl7.fhir.us.core-6.1.0": 183,
    "hl7.fhir.us.core-7.0.0": 214,
    "hl7.fhir.us.core-8.0.0": 228,
    "hl7.fhir.us.core-9.0.0": 230,
    "hl7.fhir.us.sdoh-clinicalcare-3.0.0": 71,
    "hl7.fhir.us.davinci-alerts-1.1.0": 6,
}
"""Packages and how many examples they ship."""

DEFECTS = {
    ("hl7.fhir.us.core-6.1.0", "Bundle-66c8856b-ba11-4876-8aa8-467aad8c11a2.json"): "FHIR-0083",
    ("hl7.fhir.us.core-6.1.0", "Bundle-docref-example-2.json"): "FHIR-0083",
    ("hl7.fhir.us.core-9.0.0", "DiagnosticReport-cbc.json"): "FHIR-0004",
}
"""Examples that are wrong: a RESTful fullUrl that ends with another id than the resource's (two), and a narrative
without its div, which the guide's publisher adds only when it publishes."""


@cache
def validator(archive: Path) -> Validator:
    pack = packages.compiled(archive, archive_cache()).value
    assert pack is not None
    return Validator(Registry([pack]))


@cache
def archive_cache() -> Path:
    folder = Path(__file__).parent.parent.parent.parent / ".pytest_cache" / "packs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def examples(archive: Path) -> Iterator[tuple[str, Json]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.rpartition("/")[2]
            if "/example/" in member.name and name.endswith(".json") and not name.startswith("."):
                file = tar.extractfile(member)
                resource = json.load(file) if file is not None else {}
                if "resourceType" in resource:
                    yield name, resource


def errors(found: tuple[Issue, ...]) -> list[tuple[str, str]]:
    return [(each.code, each.at.path) for each in found if each.severity in ("error", "fatal")]


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guides_examples_are_clean(shared: Path, guide: str) -> None:
    archive = shared / "packages" / f"{guide}.tgz"
    number = 0
    for name, resource in examples(archive):
        number += 1
        found = errors(validator(archive).validate(resource))
        defect = DEFECTS.get((guide, name))
        assert {code for code, _ in found} == ({defect} if defect else set()), (name, found[:5])
    assert number == GUIDES[guide]


KINDS = (
    "CapabilityStatement", "CodeSystem", "ImplementationGuide", "OperationDefinition", "SearchParameter",
    "StructureDefinition", "ValueSet", "Questionnaire",
)  # fmt: skip


@pytest.mark.parametrize("guide", ["hl7.fhir.us.core-6.1.0", "hl7.fhir.us.sdoh-clinicalcare-3.0.0"])
def test_a_guides_definitions_are_clean(shared: Path, guide: str) -> None:
    """Some of each kind: the largest and oddest resources there are."""
    archive = shared / "packages" / f"{guide}.tgz"
    tried: dict[str, int] = {}
    for resource in definitions(archive):
        kind = resource["resourceType"]
        tried[kind] = tried.get(kind, 0) + 1
        if kind in KINDS and tried[kind] <= 8:
            assert errors(validator(archive).validate(resource)) == [], resource.get("url")
    assert {"CapabilityStatement", "StructureDefinition", "ValueSet"} <= tried.keys()


def definitions(archive: Path) -> Iterator[Json]:
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.removeprefix("package/")
            if "/" not in name and name.endswith(".json") and not name.startswith("."):
                file = tar.extractfile(member)
                resource = json.load(file) if file is not None else {}
                if "resourceType" in resource:
                    yield resource
