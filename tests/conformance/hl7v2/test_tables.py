"""The tables: they are what the script makes, they are whole, and lookups fall back as said."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from conformance.hl7v2 import distil
from conformance.hl7v2.abstract import Node, parse, write
from conformance.hl7v2.additions import EVENTS
from conformance.hl7v2.events import rank, structure_of
from conformance.hl7v2.groups import group
from conformance.hl7v2.names import EVENTS as EVENT_NAMES
from conformance.hl7v2.names import field_type, names
from conformance.hl7v2.tables import VERSIONS, codes, datatype, field_name, nearest, segment, structure, tables


def test_the_shipped_data_is_what_the_script_makes(tmp_path: Path) -> None:
    pytest.importorskip("hl7apy", reason="the script needs hl7apy, a development dependency")
    distil.main(tmp_path)
    made = {file.name: gzip.decompress(file.read_bytes()) for file in tmp_path.iterdir()}
    shipped = {file.name: gzip.decompress(file.read_bytes()) for file in distil.DATA.iterdir()}
    assert sorted(made) == sorted(shipped)
    assert {name for name in made if made[name] != shipped[name]} == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_event_has_a_structure_whose_segments_are_known(version: str) -> None:
    for event in EVENTS:
        tree = structure(version, structure_of(version, event))
        assert tree is not None, event
        unknown = {one.name for one in tree.segments() if segment(version, one.name) is None}
        assert unknown == set() or rank(version) < rank("2.6"), (event, unknown)
        assert next(tree.segments()).name == "MSH"


@pytest.mark.parametrize("version", VERSIONS)
def test_structures_are_read_as_they_are_written(version: str) -> None:
    for name in tables(version).structures():
        tree = structure(version, name)
        assert tree is not None
        assert write(parse(name, write(tree))) == write(tree)
        assert all(member.name for node in _all(tree) for member in node.members if not member.choice)


def _all(node: Node) -> list[Node]:
    return [node, *(below for member in node.members for below in _all(member))]


@pytest.mark.parametrize("text", ["MSH ]", "[MSH", "{[PID}", "[PID PV1]", "<PID|PV1"])
def test_a_mistake_in_abstract_syntax_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse("X", text)


@pytest.mark.parametrize(
    ("version", "event", "name"),
    [
        ("2.1", "A04", "ADT_A01"),
        ("2.3", "A08", "ADT_A01"),
        ("2.3.1", "A31", "ADT_A01"),
        ("2.3.1", "A22", "ADT_A02"),
        ("2.3.1", "A11", "ADT_A09"),
        ("2.3.1", "A15", "ADT_A09"),
        ("2.4", "A31", "ADT_A05"),
        ("2.4", "A12", "ADT_A09"),
        ("2.5.1", "A12", "ADT_A12"),
        ("2.5.1", "A13", "ADT_A01"),
        ("2.5.1", "A15", "ADT_A15"),
        ("2.5.1", "A22", "ADT_A21"),
        ("2.5.1", "A47", "ADT_A30"),
        ("2.5.1", "A44", "ADT_A43"),
        ("2.7", "A44", "ADT_A44"),
        ("2.5.1", "A55", "ADT_A52"),
        ("2.8", "A55", "ADT_A54"),
        ("2.9", "A40", "ADT_A39"),
        ("", "A31", "ADT_A05"),
        ("2.5.1", "A99", ""),
    ],
)
def test_structures_of_events_by_version(version: str, event: str, name: str) -> None:
    assert structure_of(version, event) == name


def test_structures_of_other_messages() -> None:
    assert structure_of("2.5.1", "S14", "SIU") == "SIU_S12"
    assert structure_of("2.5.1", "T04", "MDM") == "MDM_T02"
    assert structure_of("2.5.1", "A01", "ACK") == "ACK"


@pytest.mark.parametrize(
    ("version", "tabled"),
    [
        ("2.9", "2.8.2"),
        ("2.7.1", "2.7"),
        ("2.5.2", "2.5.1"),
        ("2.0", "2.1"),
        ("", "2.5.1"),
        ("x", "2.5.1"),
        ("3", "2.8.2"),
    ],
)
def test_a_version_without_tables_takes_the_nearest_before_it(version: str, tabled: str) -> None:
    assert nearest(version) == tables(version).version == tabled


def test_lookups() -> None:
    assert field_name("2.5.1", "PID", 5) == "Patient Name"
    assert field_name("2.5.1", "PID", 99) == field_name("2.5.1", "QQQ", 1) == ""
    fields = segment("2.5.1", "PID") or ()
    assert (fields[2].required, fields[2].repeats, fields[2].type) == (True, True, "CX")
    assert [part.type for part in datatype("2.5.1", "HD") or ()] == ["IS", "ST", "ID"]
    assert datatype("2.5.1", "ST") is None
    assert codes("2.3", "0136") == frozenset("YN")
    assert codes("2.5.1", "99999") is None
    assert structure("2.5.1", "ADT_A99") is None


def test_tables_that_sites_may_fill_are_not_hl7s() -> None:
    defined = tables("2.5.1").defined
    assert {"0136", "0125", "0085", "0103"} <= defined
    assert not {"0001", "0004", "0112", "0005", "0399"} & defined


def test_groups_by_lead_and_members() -> None:
    assert group("ADT_A01", "INSURANCE") == ("IN1", frozenset({"IN1", "IN2", "IN3", "ROL", "AUT", "RF1"}))
    assert group("ADT_A39", "PATIENT") == ("PID", frozenset({"PID", "PD1", "MRG", "PV1"}))
    assert group("ADT_A45", "MERGE_INFO") == ("MRG", frozenset({"MRG", "PV1"}))
    assert group("ADT_A01", "NONSENSE") is None
    assert group("ADT_A99", "PATIENT") is None


def test_names_go_as_deep_as_asked() -> None:
    assert names("2.5.1", "PID", 5, 1, 1) == ("Patient Name", "Family Name", "Surname")
    assert names("2.5.1", "PV1", 3, 4, 2) == ("Assigned Patient Location", "Facility", "Universal ID")
    assert names("2.5.1", "PID", 8, 2) == ("Administrative Sex",)
    assert names("2.3", "PID", 31) == ("Identity Unknown Indicator",)
    assert names("2.5.1", "ZZ1", 1) == ()
    assert field_type("2.8", "PID", 2) == "CX"
    assert set(EVENTS) < set(EVENT_NAMES)
