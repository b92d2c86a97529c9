from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT
from gateway.samples import sample
from gateway.scrub import fhir, hl7v2, inventor
from tests.gateway.harness import adt

RAW = sample("discharge-a03.hl7")
IDENTITIES = (b"Reyes", b"Marisol", b"700418", b"999-84-1207", b"Alder", b"45701", b"5550148", b"mreyes", b"19580917")


def shape(raw: bytes) -> bytes:
    """The message with every letter and digit made alike."""
    return re.sub(rb"[0-9]", b"9", re.sub(rb"[A-Za-z]", b"x", raw))


def test_no_identity_is_left_and_the_structure_is_the_same() -> None:
    made = hl7v2(RAW, inventor(b"k"))
    assert [one for one in IDENTITIES if one in made] == []
    assert shape(made) == shape(RAW)
    assert [one.code for one in FORMAT.parse(made).issues] == [one.code for one in FORMAT.parse(RAW).issues]


def test_what_agreed_still_agrees_and_another_key_gives_others() -> None:
    two = adt(1, patient="12345") + adt(2, patient="12345")
    made = hl7v2(two, inventor(b"k")).decode()
    assert len(set(re.findall(r"PID\|1\|\|(\w+)\^", made))) == 1
    assert hl7v2(RAW, inventor(b"k")) == hl7v2(RAW, inventor(b"k")) != hl7v2(RAW, inventor(b"l"))


def test_codes_organizations_escapes_and_nulls_stay() -> None:
    raw = RAW.replace(b"Alder St", b"Alder \\T\\ St").replace(b"DG1|1||I50.9", b'DG1|1|""|I50.9')
    made = hl7v2(raw, inventor(b"k"))
    for kept in (
        b"I50.9^Heart failure",
        b"RIVERBEND GENERAL",
        b"\\T\\",
        b'""',
        b"ADT^A03^ADT_A03",
        b"20260312141500-0400",
    ):
        assert kept in made


@settings(max_examples=80)
@given(st.binary(max_size=400))
def test_anything_can_be_scrubbed(raw: bytes) -> None:
    assert hl7v2(b"MSH|^~\\&|\rPID|1||" + raw, inventor(b"k")).startswith(b"MSH|^~\\&|\rPID|")


def test_fhir_keeps_its_shape() -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"family": "Reyes", "given": ["Marisol"]}],
        "identifier": [{"system": "urn:oid:1.2", "value": "700418"}],
        "birthDate": "1958-09-17",
        "gender": "female",
        "text": {"status": "generated", "div": "<div>Reyes</div>"},
        "deceasedBoolean": False,
    }
    made = fhir(patient, inventor(b"k"))
    assert not {"Reyes", "Marisol", "700418"} & set(re.findall(r"\w+", str(made)))
    assert (made["gender"], made["identifier"][0]["system"], made["deceasedBoolean"]) == (
        "female",
        "urn:oid:1.2",
        False,
    )
    assert re.fullmatch(r"1958-\d\d-\d\d", made["birthDate"])
