"""The collector rests while a document is made, and doesn't walk it as soon as it is done."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from conformance.collecting import uncollected


@pytest.fixture(autouse=True)
def _threshold() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(500, 10, 10)
    yield
    gc.set_threshold(*before)


def objects(number: int) -> list[list[int]]:
    with uncollected():
        assert not gc.isenabled()
        return [[each] for each in range(number)]


def collected() -> int:
    return int(gc.get_stats()[0]["collections"])


def test_a_document_in_use_is_not_walked() -> None:
    before = collected()
    kept = objects(20_000)
    assert gc.isenabled()
    assert collected() == before
    assert 20_000 < gc.get_threshold()[0] < 21_500
    del kept
    objects(10)
    assert gc.get_threshold()[0] < 1_500


def test_what_is_left_over_is_collected() -> None:
    """Objects that outlive their document count as they always did."""
    before = collected()
    kept = [objects(20_000) for _ in range(4)]
    assert collected() > before
    assert len(kept) == 4


def test_a_threshold_that_the_process_sets_is_its_own() -> None:
    objects(20_000)
    gc.set_threshold(0)
    objects(20_000)
    assert gc.get_threshold()[0] == 0
    gc.set_threshold(900)
    objects(5)
    assert 900 <= gc.get_threshold()[0] < 1_500


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        objects(10)
        assert not gc.isenabled()
    finally:
        gc.enable()
