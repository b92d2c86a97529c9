"""C-CDA -> FHIR -> C-CDA -> FHIR: every fact comes back, up to the one normalisation (`facts.py`, docs/ccda.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import convert, validate
from tests.conftest import shared_folder
from tests.mappings.shipped.ccda.facts import facts, lost
from tests.mappings.shipped.ccda.sdoh import DOCUMENT
from tests.mappings.shipped.ccda.us_core import bundle

FOLDER = shared_folder()
NAMES = sorted(path.name for path in FOLDER.glob("samples/ccda/documents/*.xml")) if FOLDER else []


def there_and_back(source: bytes) -> tuple[dict[str, object], dict[str, object], bytes]:
    first, document = convert(source, to="fhir").value, convert(source, to="ccda").value
    assert isinstance(document, bytes)
    second = convert(document, to="fhir").value
    assert first is not None
    assert second is not None
    return first, second, document


def test_our_own_social_document_comes_back() -> None:
    first, second, document = there_and_back(DOCUMENT.encode())
    assert lost(first, second) == {}
    assert [each for each in validate(document)["issue"] if each["severity"] == "error"] == []


def test_a_second_time_changes_nothing() -> None:
    """What was written and read is written the same: the normalisation is done once."""
    once = convert(bundle(), as_="ccd").value
    assert isinstance(once, bytes)
    first, second, twice = there_and_back(once)
    assert lost(first, second) == {}
    _, third, _ = there_and_back(twice)
    assert facts(third) == facts(second)


@pytest.mark.parametrize("name", NAMES[::4] or ["(no corpus)"])
def test_documents_of_others_come_back(name: str, shared: Path) -> None:
    first, second, _ = there_and_back((shared / "samples" / "ccda" / "documents" / name).read_bytes())
    missing = sum(lost(first, second).values())
    assert missing <= 0.03 * sum(facts(first).values())
