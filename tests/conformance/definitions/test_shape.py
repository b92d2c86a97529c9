"""Definitions that aren't shaped as R4 says are left out, so that none can make the validator fall over."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.definitions.registry import Registry
from conformance.definitions.shape import fault
from conformance.fhir import Validator
from conformance.packages.compiling import compiled_files
from tests.conformance.packages.making import PROFILE, code_system, profile

JUNK: tuple[Any, ...] = (
    None,
    [],
    {},
    [None],
    [1],
    "",
    "x",
    -1,
    True,
    {"a": 1},
    [[1]],
    [{}],
    "(" * 50,
    "$this.f(",
    PROFILE,
)


def _guide() -> list[dict[str, Any]]:
    """A profile that uses most of what a differential can say, and terminology for it."""
    rich = profile()
    rich["differential"]["element"] += [
        {
            "id": "Patient.identifier",
            "path": "Patient.identifier",
            "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "open", "ordered": False},
            "min": 0,
        },
        {"id": "Patient.identifier:a", "path": "Patient.identifier", "sliceName": "a", "min": 0, "max": "1"},
        {"id": "Patient.identifier:a.system", "path": "Patient.identifier.system", "min": 1, "fixedUri": "urn:a"},
        {
            "id": "Patient.gender",
            "path": "Patient.gender",
            "binding": {"strength": "required", "valueSet": "https://example.org/ValueSet/v"},
            "constraint": [{"key": "a-1", "severity": "error", "human": "x", "expression": "$this.exists()"}],
        },
        {
            "id": "Patient.generalPractitioner",
            "path": "Patient.generalPractitioner",
            "type": [{"code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Practitioner"]}],
        },
        {"id": "Patient.maritalStatus", "path": "Patient.maritalStatus", "patternCodeableConcept": {"text": "x"}},
        {"id": "Patient.multipleBirth[x]", "path": "Patient.multipleBirth[x]", "type": [{"code": "integer"}]},
    ]
    values = {
        "resourceType": "ValueSet",
        "url": "https://example.org/ValueSet/v",
        "status": "active",
        "compose": {
            "include": [
                {"system": "http://hl7.org/fhir/administrative-gender", "concept": [{"code": "male"}]},
                {"system": code_system()["url"], "filter": [{"property": "concept", "op": "is-a", "value": "red"}]},
            ],
            "exclude": [{"valueSet": ["http://hl7.org/fhir/ValueSet/marital-status"]}],
        },
    }
    return [rich, values, code_system()]


PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:a", "value": "1"}],
    "name": [{"text": "x"}],
    "gender": "male",
    "maritalStatus": {"text": "x"},
    "multipleBirthInteger": 1,
    "generalPractitioner": [{"reference": "Practitioner/1"}],
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(inner, (*path, key))


def test_a_sound_definition_has_no_fault() -> None:
    assert [fault(one) for one in _guide()] == ["", "", ""]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("differential", "element", 1, "min"), "1", "differential.element[1].min"),
        (("differential", "element", 1, "min"), True, "differential.element[1].min"),
        (("differential", "element", 4, "max"), "many", "differential.element[4].max"),
        (("differential", "element"), {}, "differential.element"),
        (("differential", "element", 0), "x", "differential.element[0]"),
        (("abstract",), "false", "abstract"),
        (("extension",), [{"value": 1}], "extension[0]"),
        (("resourceType",), "Nothing", "resourceType"),
    ],
)
def test_a_fault_is_told_with_its_place(path: tuple[Any, ...], value: Any, told: str) -> None:
    made = _guide()[0]
    holder: Any = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    assert fault(made) == told


def test_no_broken_definition_makes_validation_fall_over(tmp_path: Path) -> None:
    chance = random.Random(11)
    for _ in range(150):
        guide = copy.deepcopy(_guide())
        one = chance.choice(guide)
        path = chance.choice([path for path in _places(one) if path[0] not in ("url", "resourceType")])
        holder: Any = one
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = chance.choice(JUNK)
        files = [(f"{number}.json", json.dumps(each).encode()) for number, each in enumerate(guide)]
        packed = compiled_files("broken", files, tmp_path)
        assert packed.value is not None
        Validator(Registry([packed.value])).validate(PATIENT, profiles=[PROFILE])
