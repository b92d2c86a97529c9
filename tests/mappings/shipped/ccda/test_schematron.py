"""What is written passes HL7's Schematron for R2.1, where a developer has it (`CCDA_SCHEMATRON=Consolidation.sch`)."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from adapters.formats.ccda import FORMAT
from conformance.ccda.referee import Schematron
from tests.mappings.shipped.ccda.test_writing import KINDS, written
from tests.mappings.shipped.ccda.us_core import bundle, of

FILE = Path(os.environ.get("CCDA_SCHEMATRON", "nowhere"))

pytestmark = pytest.mark.skipif(
    not FILE.is_file() or importlib.util.find_spec("saxonche") is None,
    reason="the official Schematron or saxonche isn't here: CCDA_SCHEMATRON names no file",
)


def test_the_official_schematron_finds_no_error() -> None:
    referee = Schematron(FILE)
    for kind in KINDS:
        for source in (bundle(), bundle(of("Patient", "p"))):
            root = FORMAT.parse(written(source, f"{kind}@2.1")).value
            assert root is not None
            assert [each.message for each in referee.judge(root.root.element) if each.severity == "error"] == []
