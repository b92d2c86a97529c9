"""The guides' own examples are clean, and one fault put into one is found: at least 98 in 100 of each class."""

from __future__ import annotations

import copy
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance import packages
from conformance.definitions import r4
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


# One fault


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Json]]:
    """Every object in a resource with its path, but for narratives."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            if key not in ("text", "div"):
                yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def unknown_element(resource: Json, chance: random.Random) -> bool:
    chance.choice([node for _, node in places(resource)])["notAnElement"] = "x"
    return True


def wrong_type(resource: Json, chance: random.Random) -> bool:
    texts = [
        (node, key)
        for _, node in places(resource)
        for key, value in node.items()
        if isinstance(value, str) and not key.startswith("_") and key != "resourceType"
    ]
    node, key = chance.choice(texts)
    node[key] = {"a": 1} if chance.random() < 0.5 else [node[key]]
    return True


def wrong_form(resource: Json, chance: random.Random) -> bool:
    lists = [
        (node, key)
        for _, node in places(resource)
        for key, value in node.items()
        if isinstance(value, list) and len(value) == 1 and not key.startswith("_")
    ]
    if not lists:
        return False
    node, key = chance.choice(lists)
    node[key] = node[key][0]
    return True


DATES = (
    "birthDate",
    "authoredOn",
    "date",
    "issued",
    "effectiveDateTime",
    "recordedDate",
    "start",
    "authored",
    "created",
)


def bad_date(resource: Json, chance: random.Random) -> bool:
    dated = [(node, key) for _, node in places(resource) for key in DATES if isinstance(node.get(key), str)]
    if not dated:
        return False
    node, key = chance.choice(dated)
    node[key] = chance.choice(["2023-02-31", "yesterday", "2023-13-01", "2023/01/01", "20230101"])
    return True


def bad_code(resource: Json, chance: random.Random) -> bool:
    coded = [
        (node, key)
        for path, node in places(resource)
        for key in ("status", "gender", "use", "intent")
        if isinstance(node.get(key), str) and _bound(resource, path, key)
    ]
    if not coded:
        return False
    node, key = chance.choice(coded)
    node[key] = "not-a-code"
    return True


def _bound(resource: Json, path: tuple[Any, ...], key: str) -> bool:
    steps = [step for step in path if isinstance(step, str)]
    element = r4.element(".".join([resource["resourceType"], *steps, key]))
    return element is not None and element.binding is not None and element.binding[0] == "required"


def dropped_required(resource: Json, chance: random.Random) -> bool:
    required = [
        name for name, element in r4.children(resource["resourceType"]).items() if element.min and name in resource
    ]
    if not required:
        return False
    del resource[chance.choice(required)]
    return True


def wrong_reference(resource: Json, chance: random.Random) -> bool:
    found = [
        node for _, node in places(resource) if isinstance(node.get("reference"), str) and "/" in node["reference"]
    ]
    subject = resource.get("subject") or resource.get("patient")
    if subject not in found or resource["resourceType"] in ("Bundle", "Task"):
        return False
    subject["reference"] = "Medication/1"
    subject.pop("type", None)
    return True


def broken_invariant(resource: Json, chance: random.Random) -> bool:
    """per-1, qty-3, cpt-2, obs-6 or att-1: one that the resource has something for."""
    faults: list[tuple[Json, Json, str]] = []
    for _, node in places(resource):
        if {"start", "end"} <= node.keys():
            faults.append((node, {"start": "2024-02-01", "end": "2024-01-01"}, ""))
        if {"value", "unit", "system", "code"} <= node.keys():
            faults.append((node, {}, "system"))
        if {"data", "contentType"} <= node.keys():
            faults.append((node, {}, "contentType"))
    faults += [(node, {}, "system") for node in resource.get("telecom", ()) if "system" in node]
    if resource["resourceType"] == "Observation" and any(key.startswith("value") for key in resource):
        faults.append((resource, {"dataAbsentReason": {"text": "unknown"}}, ""))
    if not faults:
        return False
    node, changes, dropped = chance.choice(faults)
    node.update(changes)
    node.pop(dropped, None)
    return True


def misplaced_extension(resource: Json, chance: random.Random) -> bool:
    """US Core's race is for Patients (and people), nowhere else."""
    if resource["resourceType"] in (
        "Patient",
        "RelatedPerson",
        "Person",
        "Practitioner",
        "Bundle",
        "FamilyMemberHistory",
    ):
        return False
    race = {
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        "extension": [{"url": "text", "valueString": "x"}],
    }
    resource.setdefault("extension", []).append(race)
    return True


def contained_fault(resource: Json, chance: random.Random) -> bool:
    """Contained, and nobody refers to it (dom-3); without an id; or containing another (dom-2)."""
    if resource["resourceType"] in ("Bundle", "Parameters", "Binary"):
        return False
    fault = chance.randrange(3)
    inner: Json = {"resourceType": "Practitioner", "active": True}
    if fault:
        inner["id"] = "c1"
    if fault == 2:
        inner["contained"] = [{"resourceType": "Practitioner", "id": "c2"}]
    resource.setdefault("contained", []).append(inner)
    return True


FAULTS: tuple[Callable[[Json, random.Random], bool], ...] = (
    unknown_element, wrong_type, wrong_form, bad_date, bad_code, dropped_required, wrong_reference, broken_invariant,
    misplaced_extension, contained_fault,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_fault_is_found(shared: Path, fault: Callable[[Json, random.Random], bool]) -> None:
    archive = shared / "packages" / "hl7.fhir.us.core-6.1.0.tgz"
    chance, tried, missed = random.Random(4), 0, []
    for name, resource in examples(archive):
        mutant = copy.deepcopy(resource)
        if ("hl7.fhir.us.core-6.1.0", name) in DEFECTS or not fault(mutant, chance):
            continue
        tried += 1
        if not errors(validator(archive).validate(mutant)):
            missed.append(name)
    assert tried > 5
    assert len(missed) <= tried * 0.02, missed
