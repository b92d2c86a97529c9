"""Hostile input through parsing and the shipped maps, in both directions: never an exception, and bounded."""

from __future__ import annotations

import resource
import time
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT as HL7V2
from conformance.document import Document
from mappings.catalog import Catalog
from mappings.convert import Conversion, Converter
from tests.mappings.generated import segments
from tests.mappings.small import MSH, SYNTAXES, adt, bundle, seg

QUICK = settings(max_examples=25, deadline=None)


@cache
def converter(read: str, write: str) -> Converter:
    found = Catalog().converter("adt-a01", read, write, SYNTAXES.__getitem__)
    assert found is not None
    return found


def through(document: Document, read: str = "v2", write: str = "fhir") -> Conversion:
    """Converted, and everything that is made on demand too."""
    made = converter(read, write)(document)
    assert made.issues is not None
    assert made.ledger.rows() is not None
    return made


@QUICK
@given(segments())
def test_generated_messages_go_there_and_back(given: list[str]) -> None:
    made = through(adt(*given))
    assert made.document is not None
    assert through(made.document, "fhir", "v2").document is not None


@QUICK
@given(st.binary(max_size=300))
def test_random_bytes_behind_a_header(raw: bytes) -> None:
    document = HL7V2.parse(MSH.replace("{control}", "1").encode() + b"\r" + raw).value
    if document is not None:
        through(document)


@QUICK
@given(st.data())
def test_truncated_messages(data: st.DataObject) -> None:
    whole = adt(*data.draw(segments())).root.raw
    document = HL7V2.parse(whole[: data.draw(st.integers(0, len(whole)))]).value
    if document is not None:
        through(document)


MARKS = st.text(st.sampled_from('|^~&\\"\r\nAZ1.XEF'), max_size=60)


@QUICK
@given(st.lists(MARKS, max_size=6))
def test_segments_of_delimiters(texts: list[str]) -> None:
    names = ("PID|", "PV1|", "OBX|", "DG1|", "IN1|", "EVN|")
    through(adt(*(name + text for name, text in zip(names, texts, strict=False))))


# ---- hostile trees ------------------------------------------------------------------------------------------------


@cache
def full() -> Any:
    """A Bundle with much of what the map writes."""
    name = "Day&von^Ann^B^Jr^Dr^MD^L"
    doctor = "1234567893^Fox^Bob^^^^^^NPPES&2.16.840.1.113883.4.6&ISO^L^^^NPI"
    fields = {
        3: "1^^^A&1.2.3&ISO^MR~2^^^B^SS", 5: name, 7: "198002031430", 8: "F", 10: "2106-3^White^CDCREC", 29: "2020",
        11: "1 Oak^2^Town^IL^1^USA^H", 13: "^PRN^PH^a@b.c^1^22^333^4", 15: "en", 16: "M", 18: "9", 22: "H",
    }  # fmt: skip
    visit = {
        2: "I",
        3: "W^1^2^H",
        4: "E",
        7: doctor,
        10: "MED",
        14: "7",
        17: doctor,
        19: "77",
        36: "01",
        44: "20240101",
    }
    made = converter("v2", "fhir")(
        adt(
            "EVN|A01|20240317",
            seg("PID", fields),
            f"PD1||||{doctor}",
            f"NK1|1|{name}|MTH|1 Oak|^PRN^PH^^^1^2",
            seg("PV1", visit),
            "DG1|1||I10^x^I10||2024|A",
            "AL1|1|DA|1^Nuts^L|SV|Hives|2024",
            "OBX|1|NM|8867-4^Rate^LN||72.50|/min^^UCUM|||||F|||20240317",
            "IN1|1|P^Plan|5|Payer",
        )
    )
    assert made.document is not None
    return made.document.root


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        found += places(child, (*path, name))
    return found


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The tree with another value at a path; nothing else is shared with the original."""
    if not path:
        return value
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    made = {name: replaced(child, path[1:] if name == path[0] else (), value if name == path[0] else child)
            for name, child in items}  # fmt: skip
    return made if isinstance(node, dict) else list(made.values())


WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "text", [], {}, [None], [[]], [{}], {"reference": 1}, {"coding": "x"}, ["a", {"b": []}],
    {"extension": [{"url": 5}, 7]}, [{"reference": {}}], "2024-13-45T99:99", "a" * 300, {"resourceType": "Patient"},
)  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: repr(value)[:20])
def test_a_wrong_value_anywhere(wrong: Any) -> None:
    every = places(full())
    for path in Random(repr(wrong)).sample(every, 12):
        through(Document(format="fhir", version="4.0.1", root=replaced(full(), path, wrong)), "fhir", "v2")


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "reference", "identifier", "name", "value", "coding", "extension", "url", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@QUICK
@given(st.sampled_from(["Patient", "Encounter", "MessageHeader", "Observation", "Coverage"]), TREES, TREES)
def test_trees_of_anything(kind: str, one: Any, other: Any) -> None:
    resource = {"resourceType": kind, "id": "x", "identifier": one, "name": other, "participant": one, "subject": other}
    through(bundle(resource), "fhir", "v2")
    through(Document(format="fhir", version="4.0.1", root={"resourceType": "Bundle", "entry": one}), "fhir", "v2")


# ---- much of something ---------------------------------------------------------------------------------------------


BIG = 9_000_000


@pytest.mark.parametrize(
    "body",
    [
        b"OBX|1|ST|c^d^LN||v\r" * 30_000,
        b"DG1|1||Z59.0^x\r" * 49_000,
        b"PID|||||" + b"^a" * (BIG // 2),
        b"PID|||1||" + b"A" * BIG,
        b"OBX|1|CWE|c^d^LN||" + b"a^b~" * (BIG // 4),
        b"PID|||1||" + b"\\F\\" * (BIG // 3),
        b"ZZZ|a^b^c\r" * 49_000,
    ],
    ids=["OBX", "DG1", "components", "a field", "repetitions", "escapes", "Z segments"],
)
def test_ten_megabytes_take_seconds_and_bounded_memory(body: bytes) -> None:
    tracing = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    document = HL7V2.parse(MSH.replace("{control}", "1").encode() + b"\r" + body).value
    if document is not None:
        made = converter("v2", "fhir")(document)
        assert made.issues
    assert time.process_time() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - tracing < 1_000_000  # KiB


MANY = 1000
DOCTOR = "{}^Fox^Bob^^^^^^NPPES&2.16.840.1.113883.4.6&ISO^L^^^NPI"


@pytest.mark.parametrize(
    "given",
    [
        [f"OBX|{number}|ST|c^x^L||v" for number in range(MANY)],
        [f"DG1|{number}||A{number}^x^I10||2024ab|ZZ" for number in range(MANY)],
        [f"IN1|{number}|P{number}|c{number}|Comp{number}" for number in range(MANY)],
        [seg("PV1", {7: "~".join(f"1^N{number}^^^^^^^A" for number in range(MANY))})],
        [seg("PV1", {7: "~".join(DOCTOR.format(number) for number in range(MANY))})],
        [seg("PID", {3: "~".join(f"{number}^^^A{number}^ZZ" for number in range(MANY))})],
        [seg("PID", {5: "^".join("x" * MANY), 11: "&".join("x" * MANY)})],
        [seg("PID", {5: "&^~" * MANY, 23: "\\" * MANY, 3: '""~' * MANY})],
    ],
    ids=["OBX", "DG1", "IN1", "one doctor", "many doctors", "PID-3", "components", "marks"],
)
def test_much_of_something_takes_seconds_not_minutes(given: list[str]) -> None:
    started = time.process_time()
    made = through(adt(seg("PID", {3: "1"}), *given))
    assert made.document is not None
    through(made.document, "fhir", "v2")
    assert time.process_time() - started < 30
