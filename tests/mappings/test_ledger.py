"""The ledger against a scan of its own: every populated field once, with a status; nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.document import Document
from mappings.catalog import Catalog
from mappings.convert import Converter
from tests.mappings.generated import segments
from tests.mappings.small import SYNTAXES, Small, adt, seg, write

MAP = """
parts:
  xpn: [{v2: "1.1", fhir: family}, {v2: ["2", "3"], fhir: given, as: given-names}, {v2: "7", fhir: use}]
  cx: [{v2: "1", fhir: value}, {v2: "4.1", fhir: system}]
rules:
- make: Patient
  name: pat
  key: {v2: [PID-3]}
  rules:
  - each: {v2: PID-3, fhir: identifier}
    cases:
    - {where: {v2: {"5": SS}}, rules: [{v2: "1", fhir: value}]}
    - {use: cx}
  - {v2: PID-5, fhir: name, use: xpn}
  - {v2: PID-7, fhir: birthDate, as: date}
  - {v2: PID-1, ignore: by policy}
- each: DG1
  when: {v2: DG1-6, is: valued}
  rules: [{make: Condition, key: {under: pat, v2: [DG1-3]}, rules: [{v2: DG1-3.1, fhir: code.text}]}]
"""


def scan(raw: bytes) -> Counter[str]:
    """Every populated leaf of a message, counted without any of our code: `PID[1]-3[2].4.1`."""
    found: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for line in raw.decode().rstrip("\r").split("\r"):
        name, *fields = line.split("|")
        met[name] += 1
        if name == "MSH":
            fields = ["|", *fields]
        for number, field in enumerate(fields, 1):
            if name == "MSH" and number < 3:
                continue
            for repetition, item in enumerate(field.split("~"), 1):
                for place, component in enumerate(item.split("^"), 1):
                    for inner, leaf in enumerate(component.split("&"), 1):
                        if leaf:
                            path = f"{name}[{met[name]}]-{number}[{repetition}]"
                            path += f".{place}" if "^" in item or "&" in component else ""
                            path += f".{inner}" if "&" in component else ""
                            found[path] += 1
    return found


def without_nulls(raw: bytes) -> bytes:
    return raw.replace(b'""', b"")


@pytest.fixture(scope="module")
def small_map(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return write(tmp_path_factory.mktemp("ledger"), MAP)


@pytest.fixture(scope="module")
def shipped() -> Converter:
    found = Catalog().converter("adt-a01", "v2", "fhir", SYNTAXES.__getitem__)
    assert found is not None
    return found


def accounts(converter: Converter, given: list[str]) -> None:
    document = adt(*given)
    ledger = converter(document).ledger
    rows = ledger.rows()
    found = Counter(row.path for row in rows if row.status != "null")
    raw: bytes = document.root.raw
    assert found == scan(raw) if b'""' not in raw else set(found.values()) <= {1}
    nulls = sum(leaf == '""' for leaf in _leaves(raw))
    assert sum(row.status == "null" for row in rows) == nulls
    assert len(found) + nulls == sum(scan(raw).values())
    for row in rows:
        assert row.status in ("mapped", "ignored", "unmapped", "null")
        assert bool(row.reason) == (row.status != "mapped")
    assert sum(ledger.counts().values()) == len(rows)


def _leaves(raw: bytes) -> list[str]:
    text = raw.decode().split("\r", 1)[1] if b"\r" in raw else ""
    for mark in "\r|~^&":
        text = text.replace(mark, "\x00")
    return text.split("\x00")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments())
def test_every_populated_field_is_there_once_by_a_small_map(small_map: Small, given: list[str]) -> None:
    accounts(small_map.converter("v2", "fhir"), given)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments())
def test_every_populated_field_is_there_once_by_the_shipped_map(shipped: Converter, given: list[str]) -> None:
    accounts(shipped, given)


def test_components_and_subcomponents_have_rows_of_their_own(small_map: Small) -> None:
    made = small_map.forward(seg("PID", {1: "1", 3: "7^8^^A&B~9^^^C^SS", 5: "V&W^Ann^^^^^L", 7: "1990x"}))
    rows = {row.path: (row.status, row.targets) for row in made.ledger.rows() if row.path.startswith("PID")}
    assert rows == {
        "PID[1]-1[1]": ("ignored", ()),
        "PID[1]-3[1].1": ("mapped", ("Patient.identifier.value",)),
        "PID[1]-3[1].2": ("unmapped", ()),
        "PID[1]-3[1].4.1": ("mapped", ("Patient.identifier.system",)),
        "PID[1]-3[1].4.2": ("unmapped", ()),
        "PID[1]-3[2].1": ("mapped", ("Patient.identifier.value",)),
        "PID[1]-3[2].4": ("unmapped", ()),
        "PID[1]-3[2].5": ("mapped", ("(small.yaml:14)",)),
        "PID[1]-5[1].1.1": ("mapped", ("Patient.name.family",)),
        "PID[1]-5[1].1.2": ("unmapped", ()),
        "PID[1]-5[1].2": ("mapped", ("Patient.name.given",)),
        "PID[1]-5[1].7": ("mapped", ("Patient.name.use",)),
        "PID[1]-7[1]": ("unmapped", ()),
    }


def test_a_field_read_without_a_component_carries_its_first_only(tmp_path: Path) -> None:
    m = write(
        tmp_path, "rules: [{make: Patient, rules: [{v2: PID-23, fhir: name.text}, {v2: PID-7, fhir: birthDate}]}]\n"
    )
    rows = {row.path: row.status for row in m.forward(seg("PID", {7: "1990", 23: "a&b^c~d"})).ledger.rows()}
    assert rows["PID[1]-7[1]"] == "mapped"
    assert [rows[f"PID[1]-23{rest}"] for rest in ("[1].1.1", "[1].1.2", "[1].2", "[2]")] == [
        "mapped", "mapped", "unmapped", "unmapped"
    ]  # fmt: skip


def test_values_only_when_asked(small_map: Small) -> None:
    ledger = small_map.forward(seg("PID", {3: "secret"})).ledger
    assert {row.value for row in ledger.rows()} == {None}
    assert "secret" in {row.value for row in ledger.rows(values=True)}


def test_the_ledger_of_the_way_back_accounts_for_every_element(small_map: Small) -> None:
    made = small_map.forward(seg("PID", {3: "7^^^A", 5: "V^Ann"}), seg("DG1", {3: "X", 6: "F"}))
    rows = small_map.back(made.document).ledger.rows()
    assert made.document is not None
    assert len(rows) == len({row.path for row in rows}) == _elements(made.document.root)


def _elements(root: Any) -> int:
    """Primitive values of a Bundle's resources, types and ids left out."""
    count = 0
    for entry in root["entry"]:
        inner = {name: value for name, value in entry["resource"].items() if name not in ("resourceType", "id")}
        count += _primitives(inner)
    return count


def _primitives(node: Any) -> int:
    if isinstance(node, dict):
        return sum(map(_primitives, node.values()))
    return sum(map(_primitives, node)) if isinstance(node, list) else 1


def test_rows_take_time_linear_in_the_source(shipped: Converter) -> None:
    made = shipped(adt(seg("PID", {3: "1"}), *(f"OBX|{number}|ST|c^x^L||v" for number in range(3000))))
    assert len(made.ledger.rows()) > 15_000


def test_of_elements_of_which_one_value_is_read_the_further_ones_are_not_mapped(tmp_path: Path) -> None:
    part = "parts:\n  xpn: [{v2: ['2', '3'], fhir: given, as: given-names}]\n"
    rules = "rules:\n- make: Practitioner\n  rules:\n  - {v2: PID-5, fhir: name, use: xpn}\n"
    small = write(tmp_path, part + rules + "  - {v2: PID-7, fhir: qualification.code.text}\n")
    degrees = [{"code": {"text": text}} for text in ("MD", "RN")]
    resource = {"resourceType": "Practitioner", "id": "a", "name": [{"given": ["Ada", "B"]}], "qualification": degrees}
    bundle = {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:a", "resource": resource}]}
    made = small.converter("fhir", "v2")(Document(format="fhir", version="4.0.1", root=bundle))
    told = {row.path.removeprefix("Bundle.entry[0].resource."): row.status for row in made.ledger.rows()}
    assert told == {
        "name[0].given[0]": "mapped", "name[0].given[1]": "mapped", "qualification[0].code.text": "mapped",
        "qualification[1].code.text": "unmapped",
    }  # fmt: skip
