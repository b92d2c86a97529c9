"""The development corpus through the whole: what has a map becomes a sound Bundle, what hasn't is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from conformance.document import Document
from conformance.issue import has_errors
from gateway.api import Converted, convert_all
from gateway.sources import Part
from gateway.validation import findings
from tests.conftest import shared_folder

MESSAGES = sorted((shared_folder() or Path("none")).glob("samples/hl7v2/**/*.hl7"))


def converted(path: Path) -> list[Converted]:
    return list(convert_all(path, to="fhir"))


def test_the_corpus_is_there(shared: Path) -> None:
    assert len(MESSAGES) >= 50


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_message_becomes_a_sound_bundle_or_is_refused_by_name(path: Path) -> None:
    for made in converted(path):
        if made.value is None:
            assert [one.code for one in made.issues if one.severity == "error"] == ["MAP-0010"]
            continue
        assert not has_errors(made.issues)
        Bundle.model_validate(made.value)
        assert made.ledger is not None
        assert {row.status for row in made.ledger.rows()} <= {"mapped", "ignored", "unmapped", "null"}


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_bundle_validates(path: Path) -> None:
    for made in converted(path):
        if made.value is not None:
            document = Document(format="fhir", version="4.0.1", root=made.value)
            found = findings(Part(raw=b"", document=document))
            assert [(one.code, one.at.path) for one in found if has_errors([one])] == []


@pytest.mark.parametrize("path", MESSAGES[:5], ids=lambda path: path.stem)
def test_twice_is_the_same(path: Path) -> None:
    assert [made.value for made in converted(path)] == [made.value for made in converted(path)]
