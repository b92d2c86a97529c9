"""One fault is found: at least 98 in 100 of each class, on the guides' examples and on our own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.definitions.registry import Registry
from conformance.fhir import Validator
from conformance.fhir.validate import default_validator
from conformance.issue import has_errors
from tests.conformance.fhir.mutants import (
    CLASSES,
    Json,
    Mutant,
    closable,
    closed_profile,
    dropped_by_profile,
    outside,
)
from tests.conformance.fhir.own_examples import EXAMPLES
from tests.conformance.fhir.test_examples import DEFECTS, GUIDES, examples, validator

AT_LEAST = 0.98
A_FEW = {"hl7.fhir.us.davinci-alerts-1.1.0": 40}
"""Mutants tried of each example and class: large Bundles are few, small resources many."""


@cache
def clean(archive: Path, guide: str) -> tuple[tuple[str, Json], ...]:
    return tuple((name, resource) for name, resource in examples(archive) if (guide, name) not in DEFECTS)


def chosen(mutants: Iterator[Mutant], number: int) -> list[Mutant]:
    """Some of them, the same ones in every run."""
    every = list(mutants)
    return random.Random(len(every)).sample(every, min(number, len(every)))


def judge(found: list[tuple[str, bool]]) -> None:
    """Fails with the names of those that weren't found, where they are more than two in a hundred."""
    missed = [name for name, caught in found if not caught]
    assert found
    assert len(missed) <= len(found) * (1 - AT_LEAST), f"{len(missed)} of {len(found)} missed: {missed[:10]}"


@pytest.mark.parametrize("fault", CLASSES)
@pytest.mark.parametrize("guide", GUIDES)
def test_a_fault_in_a_guides_example_is_found(shared: Path, guide: str, fault: str) -> None:
    archive = shared / "packages" / f"{guide}.tgz"
    check = validator(archive).validate
    found = [
        (f"{name}: {what}", has_errors(check(mutant())))
        for name, resource in clean(archive, guide)
        for what, mutant in chosen(CLASSES[fault](resource), A_FEW.get(guide, 2))
    ]
    if found or (guide, fault) != ("hl7.fhir.us.davinci-alerts-1.1.0", "contained fault"):  # it has Bundles only
        judge(found)


@pytest.mark.parametrize("guide", [one for one in GUIDES if "us.core-9" not in one])
def test_what_a_profile_requires_is_missed(shared: Path, guide: str) -> None:
    """By the profiles' published snapshots; US Core 9.0.0 has none. What a profile inherits from one that isn't here
    isn't asked for; that is said then (FHIR-0104)."""
    archive = shared / "packages" / f"{guide}.tgz"
    published = snapshots(archive)
    check = validator(archive).validate
    found = [
        (f"{name}: {what}", has_errors(check(mutant())))
        for name, resource in clean(archive, guide)
        for profile in resource.get("meta", {}).get("profile", ())
        if not any(one.code == "FHIR-0104" for one in check(resource))
        for what, mutant in chosen(dropped_by_profile(resource, published.get(profile.partition("|")[0], [])), 3)
    ]
    if found or "alerts" not in guide:  # its examples claim their profiles inside Bundles
        judge(found)


@cache
def snapshots(archive: Path) -> dict[str, list[Json]]:
    """The published snapshots of a package, by canonical."""
    import json
    import tarfile

    found = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if "/StructureDefinition-" in member.name and "/example/" not in member.name:
                file = tar.extractfile(member)
                definition = json.load(file) if file is not None else {}
                if "snapshot" in definition:
                    found[definition["url"]] = definition["snapshot"]["element"]
    return found


def _closed(resource: Json, path: str) -> tuple[bool, bool]:
    """Whether a resource is clean by a profile that closes one of its arrays, and is not with an item more."""
    plain = {key: value for key, value in resource.items() if key != "meta"}
    profile = closed_profile(plain, path)
    check = Validator(Registry(resources=[profile])).validate
    one, more = (check(each, profiles=[profile["url"]]) for each in (plain, outside(plain, path)))
    return not has_errors(one), has_errors(more)


@pytest.mark.parametrize("guide", ["hl7.fhir.us.core-7.0.0", "hl7.fhir.us.sdoh-clinicalcare-3.0.0"])
def test_what_is_in_no_slice_of_a_closed_array_is_found(shared: Path, guide: str) -> None:
    archive = shared / "packages" / f"{guide}.tgz"
    of_kinds: dict[tuple[str, str], tuple[str, Json]] = {}
    for name, resource in clean(archive, guide):
        for path in closable(resource):
            of_kinds.setdefault((resource["resourceType"], path), (name, resource))
    found = []
    for (_, path), (name, resource) in of_kinds.items():
        fits, refused = _closed(resource, path)
        assert fits, (name, path)
        found.append((f"{name}: {path}", refused))
    judge(found)


# Without the guides: our own examples and the packages that ship


@pytest.mark.parametrize("name", EXAMPLES)
def test_our_own_examples_are_clean(name: str) -> None:
    assert not has_errors(default_validator().validate(EXAMPLES[name]))


@pytest.mark.parametrize("fault", CLASSES)
def test_a_fault_in_our_own_example_is_found(fault: str) -> None:
    check: Callable[[Any], Any] = default_validator().validate
    judge(
        [
            (f"{name}: {what}", has_errors(check(mutant())))
            for name, resource in EXAMPLES.items()
            for what, mutant in chosen(CLASSES[fault](resource), 60)
        ]
    )


def test_our_own_arrays_can_be_closed() -> None:
    cases = [(name, path) for name, resource in EXAMPLES.items() for path in closable(resource)]
    judge([(f"{name}: {path}", _closed(EXAMPLES[name], path) == (True, True)) for name, path in cases])
