"""Snapshots from differentials: against the published ones, and rule by rule."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.definitions import distil
from conformance.definitions.registry import Definition, Registry
from conformance.definitions.snapshot import Snapshots, Tree

Json = dict[str, Any]
HL7 = "http://hl7.org/fhir/StructureDefinition/"


def tree(type_: str, *elements: Json, base: str = "") -> dict[str, Tree]:
    """The snapshot of a profile with these elements, by id."""
    resource = {
        "resourceType": "StructureDefinition", "url": "http://example.org/p", "type": type_, "kind": "resource",
        "derivation": "constraint", "baseDefinition": base or HL7 + type_, "differential": {"element": list(elements)},
    }  # fmt: skip
    made = Snapshots(Registry()).tree(Definition(distil.structure_definition(resource)))
    assert made is not None
    return dict(made.flat())


def element(ident: str, **facts: Any) -> Json:
    path = ".".join(step.partition(":")[0] for step in ident.split("."))
    return {"id": ident, "path": path, **facts}


def test_a_type_is_what_it_inherits_and_adds() -> None:
    found = tree("Patient")
    assert list(found)[:5] == ["Patient", "Patient.id", "Patient.meta", "Patient.implicitRules", "Patient.language"]
    assert found["Patient.name"].many
    assert found["Patient.name"].types == [{"code": "HumanName"}]


def test_an_element_of_a_type_is_brought_in_when_it_is_constrained() -> None:
    found = tree("Patient", element("Patient.name.family", min=1))
    assert found["Patient.name.family"].min == 1
    assert found["Patient.name.given"].many
    assert "Patient.contact.name.family" not in found


def test_a_new_slice_is_optional_whatever_the_element_is() -> None:
    found = tree("Observation", element("Observation.code.coding", min=1), element("Observation.code.coding:a"))
    assert found["Observation.code.coding:a"].min == 0


def test_a_reslice_is_made_from_its_slice() -> None:
    found = tree(
        "Patient", element("Patient.identifier:a", min=1), element("Patient.identifier:a.system", fixedUri="urn:a"),
        element("Patient.identifier:a/b", max="1"),
    )  # fmt: skip
    assert found["Patient.identifier:a/b.system"].facts["fixedUri"] == "urn:a"
    assert (found["Patient.identifier:a/b"].min, found["Patient.identifier:a/b"].max) == (0, 1)


@pytest.mark.parametrize("ident", ["Observation.valueQuantity", "Observation.value[x]:valueQuantity"])
def test_a_type_of_a_choice_by_either_name(ident: str) -> None:
    found = tree("Observation", element(f"{ident}.unit", min=1))
    assert found["Observation.value[x]:valueQuantity.unit"].min == 1
    assert found["Observation.value[x]:valueQuantity"].types == [{"code": "Quantity"}]
    assert len(found["Observation.value[x]"].types) > 5


def test_the_only_type_that_must_be_there_is_the_type() -> None:
    found = tree("Observation", element("Observation.valueQuantity", min=1))
    assert found["Observation.value[x]"].types == [{"code": "Quantity"}]


def test_what_is_referred_to_has_the_same_children() -> None:
    found = tree("Observation", element("Observation.component.referenceRange.low", min=1))
    assert found["Observation.component.referenceRange.low"].min == 1
    assert "Observation.component.referenceRange.text" in found


def test_a_missing_base_is_told_and_the_rest_is_kept() -> None:
    resource = {
        "resourceType": "StructureDefinition", "url": "http://example.org/p", "type": "Patient", "kind": "resource",
        "derivation": "constraint", "baseDefinition": "http://elsewhere.test/base",
        "differential": {"element": [element("Patient.name", min=1), element("Patient.nothing", min=1)]},
    }  # fmt: skip
    snapshots = Snapshots(Registry())
    made = snapshots.tree(Definition(distil.structure_definition(resource)))
    assert made is not None
    assert dict(made.flat())["Patient.name"].min == 1
    assert len(snapshots.problems["http://example.org/p"]) == 2


def test_a_definition_that_derives_from_itself_is_none() -> None:
    resource = {
        "resourceType": "StructureDefinition", "url": "http://example.org/p", "type": "Patient", "kind": "resource",
        "derivation": "constraint", "baseDefinition": "http://example.org/p", "differential": {"element": []},
    }  # fmt: skip
    registry = Registry(resources=[resource])
    made = Snapshots(registry).of("http://example.org/p")
    assert made is not None
    assert made.name == "Patient"


# Against what was published

PUBLISHED = {"6.1.0": 59, "7.0.0": 63, "8.0.0": 67}


def published(archive: Path) -> Iterator[Json]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.startswith("package/StructureDefinition-") and (file := tar.extractfile(member)) is not None:
                yield json.load(file)


@pytest.mark.parametrize("version", PUBLISHED)
def test_snapshots_are_the_published_ones(shared: Path, version: str) -> None:
    """The rest: types that a slice of Provenance.agent has by the guide's own element or by R4's (in 6.1.0 and 7.0.0),
    bindings that stand on a choice or on its only slice, the SDC base profile, which is not here.
    """
    archive = shared / "packages" / f"hl7.fhir.us.core-{version}.tgz"
    every = list(published(archive))
    snapshots = Snapshots(Registry(resources=every))
    differ: Counter[str] = Counter()
    number = 0
    for definition in every:
        made = snapshots.of(f"{definition['url']}|{definition['version']}")
        assert made is not None
        ours = dict(made.flat())
        for theirs in definition["snapshot"]["element"]:
            number += 1
            differ[differing(ours.get(theirs["id"]), theirs)] += 1
    assert len(every) == PUBLISHED[version]
    assert differ.pop("") >= 0.99 * number, differ


def differing(ours: Tree | None, theirs: Json) -> str:
    if ours is None:
        return "absent"
    if (ours.min, str(ours.facts.get("max", "*"))) != (theirs.get("min", 0), str(theirs.get("max", "*"))):
        return "cardinality"
    if types(ours.facts) != types(theirs):
        return "type"
    one, other = ours.facts.get("binding") or {}, theirs.get("binding") or {}
    if (one.get("strength"), one.get("valueSet")) != (other.get("strength"), other.get("valueSet")):
        return "binding"
    return "" if fixed(ours.facts) == fixed(theirs) else "fixed"


def types(facts: Json) -> list[Any]:
    return [(each["code"], sorted(each.get("profile", ())), sorted(each.get("targetProfile", ())))
            for each in facts.get("type") or ()]  # fmt: skip


def fixed(facts: Json) -> Json:
    return {key: value for key, value in facts.items() if key.startswith(("fixed", "pattern"))}
