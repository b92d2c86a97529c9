"""The tests beside the shipped maps, as the command of a map author runs them, and the quick parts of the lint."""

from __future__ import annotations

import pytest

from gateway import formats
from mappings.compiler import compile_map
from mappings.conversions import REGISTRY
from mappings.lint import dead
from mappings.trial import trial
from tests.mappings.shipped.messages import SYNTAXES, catalog


def test_what_stands_beside_the_maps_holds() -> None:
    outcomes, issues = trial((), formats.syntax, formats.of_side)
    assert not issues
    assert len(outcomes) >= 50
    assert [(outcome.source, outcome.name, outcome.failures) for outcome in outcomes if outcome.failures] == []


def test_no_rule_of_the_shipped_maps_is_dead() -> None:
    assert [str(issue) for map_id in catalog().ids() for issue in dead(catalog().link(map_id)[0])] == []


@pytest.mark.parametrize("map_id", ["adt-a01", "adt-a24", "adt-a39"])
@pytest.mark.parametrize(("read", "write"), [("v2", "fhir"), ("fhir", "v2")])
def test_a_map_is_compiled_without_remarks(map_id: str, read: str, write: str) -> None:
    linked, _ = catalog().link(map_id)
    assert linked is not None
    assert [str(issue) for issue in compile_map(linked, read, write, SYNTAXES, REGISTRY)[1]] == []
