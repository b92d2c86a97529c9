"""Each defect of real exports, and several at once: read right, or reported at its line; never silently wrong."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.tabular import parse
from tests.adapters.formats.tabular.dirt import DEFECTS, TRUTH, Spoilt, clean, judge


def faults(spoilt: Spoilt) -> list[str]:
    name = "members.zip" if spoilt.container else "members.csv"
    result = parse(spoilt.content(), name)
    assert result.value is not None
    assert result.value.version == "roster"
    return judge(result.value.root["members"], result.issues, spoilt)


def test_a_clean_table_is_read_as_it_is_without_a_finding() -> None:
    result = parse(clean().content(), "members.csv")
    assert result.value is not None
    assert result.issues == ()
    assert [dict(row) for row in result.value.root["members"]] == [dict(row) for row in TRUTH]


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_read_right_or_reported_at_its_line(name: str) -> None:
    for seed in range(4):
        spoilt = clean()
        DEFECTS[name](spoilt, Random(seed))
        assert faults(spoilt) == []


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(DEFECTS)), min_size=2, max_size=5, unique=True), st.integers(0, 1 << 30))
def test_defects_together_are_read_right_or_reported(names: list[str], seed: int) -> None:
    spoilt = clean()
    random = Random(seed)
    for name in names:
        DEFECTS[name](spoilt, random)
    assert faults(spoilt) == []
