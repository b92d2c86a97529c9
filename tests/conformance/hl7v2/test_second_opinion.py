"""What we call valid, hl7apy's validator calls valid too."""

from __future__ import annotations

import pytest

from adapters.formats.hl7v2.write import build
from conformance.hl7v2.additions import EVENTS
from conformance.hl7v2.events import structure_of
from tests.conformance.hl7v2.valid import valid

_TWO_PATIENTS = frozenset(("ADT_A17", "ADT_A24", "ADT_A37"))
"""Structures with the same segment at two places, which hl7apy takes for a repetition too many."""


@pytest.mark.parametrize("version", ["2.3.1", "2.4", "2.5.1", "2.6", "2.8"])
def test_valid_messages_are_valid_for_hl7apy(version: str) -> None:
    parser = pytest.importorskip("hl7apy.parser", reason="hl7apy is a development dependency")
    strict = pytest.importorskip("hl7apy.consts").VALIDATION_LEVEL.STRICT
    known = pytest.importorskip(f"hl7apy.v{version.replace('.', '_')}").MESSAGES
    for event in EVENTS:
        structure = structure_of(version, event)
        if structure in known and structure not in _TWO_PATIENTS:
            text = build(valid(version, event)).raw.decode()
            assert parser.parse_message(text, validation_level=strict).validate(), event
