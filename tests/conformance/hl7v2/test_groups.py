"""A message's segments in its structure."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.hl7v2.additions import EVENTS
from conformance.hl7v2.events import structure_of
from conformance.hl7v2.groups import Group, SegmentLike, arrange
from conformance.hl7v2.tables import VERSIONS, structure
from tests.conformance.hl7v2.valid import names


class One:
    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.index = index


def arranged(version: str, event: str, text: str) -> tuple[Group, list[list[str]]]:
    """The tree, and the names of misplaced, excess and foreign segments."""
    tree = structure(version, structure_of(version, event))
    assert tree is not None
    found = arrange([One(name, index) for index, name in enumerate(text.split())], tree)
    return found.root, [[one.name for one in part] for part in (found.misplaced, found.excess, found.foreign)]


def spans(groups: list[Group]) -> list[str]:
    """Each group's own segments in order."""
    return [" ".join(one.name for one in _flat(group)) for group in groups]


def _flat(group: Group) -> list[SegmentLike]:
    return [
        segment
        for _, items in sorted(group.items.items())
        for item in items
        for segment in (_flat(item) if isinstance(item, Group) else [item])
    ]


def test_insurance_and_procedures_are_grouped() -> None:
    root, faults = arranged("2.5.1", "A01", "MSH EVN PID PV1 PR1 ROL ROL PR1 GT1 IN1 IN2 IN1 IN1 IN2 IN3 IN3 ACC")
    assert faults == [[], [], []]
    assert spans(root.groups("PROCEDURE")) == ["PR1 ROL ROL", "PR1"]
    assert spans(root.groups("INSURANCE")) == ["IN1 IN2", "IN1", "IN1 IN2 IN3 IN3"]
    assert [one.name for one in root.segments("GT1")] == ["GT1"]


def test_pairs_of_a_merge_stay_together() -> None:
    root, faults = arranged("2.5.1", "A40", "MSH EVN PID PD1 MRG PID MRG PV1 PID MRG")
    assert faults == [[], [], []]
    assert spans(root.groups("PATIENT")) == ["PID PD1 MRG", "PID MRG PV1", "PID MRG"]


def test_two_patients_that_are_no_group_take_their_two_places() -> None:
    root, faults = arranged("2.3.1", "A17", "MSH EVN PID PV1 OBX PID PV1 OBX")
    assert faults == [[], [], []]
    assert [[one.index for one in root.items[place] if not isinstance(one, Group)] for place in (2, 4)] == [[2], [3]]
    assert [one.index for one in root.segments("PID")] == [2, 5]


def test_a_role_belongs_to_what_it_follows() -> None:
    root, faults = arranged("2.5.1", "A01", "MSH EVN PID ROL NK1 PV1 ROL PR1 ROL IN1 ROL")
    assert faults == [[], [], []]
    assert [one.index for one in root.segments("ROL")] == [3, 6]
    assert spans(root.groups("PROCEDURE")) == ["PR1 ROL"]
    assert spans(root.groups("INSURANCE")) == ["IN1 ROL"]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("MSH EVN PV1 PID", [["PID"], [], []]),
        ("MSH EVN PID PV1 PV2 PV2", [[], ["PV2"], []]),
        ("MSH EVN PID PV1 FT1 ZZ1", [[], [], ["FT1", "ZZ1"]]),
        ("MSH EVN PID PV1 IN2", [[], [], []]),
        ("MSH EVN PID PV1 IN1 ACC IN2", [["IN2"], [], []]),
        ("MSH EVN PID PV1 DG1 AL1", [["AL1"], [], []]),
    ],
)
def test_what_does_not_fit_is_told_apart(text: str, faults: list[list[str]]) -> None:
    assert arranged("2.5.1", "A01", text)[1] == faults


@given(st.sampled_from(VERSIONS), st.sampled_from(EVENTS), st.booleans())
@settings(max_examples=80)
def test_a_message_in_the_order_of_its_structure_fits(version: str, event: str, full: bool) -> None:
    tree = structure(version, structure_of(version, event))
    assert tree is not None
    text = " ".join(names(tree, full=full))
    root, faults = arranged(version, event, text)
    assert faults == [[], [], []]
    assert [one.name for one in _flat(root)] == text.split()


NAME = st.sampled_from(("MSH", "EVN", "PID", "PD1", "PV1", "PV2", "ROL", "IN1", "IN2", "MRG", "ZZ1", "OBX", "PR1"))


@given(st.lists(NAME, max_size=30))
@settings(max_examples=80)
def test_every_segment_is_placed_once_or_foreign(text: list[str]) -> None:
    for event in ("A01", "A40", "A45", "A17"):
        root, (_, _, foreign) = arranged("2.5.1", event, " ".join(text))
        assert sorted(one.name for one in _flat(root)) + sorted(foreign) != [] or not text
        assert len(_flat(root)) + len(foreign) == len(text)
        assert len({id(one) for one in _flat(root)}) == len(_flat(root))
