"""Starting is quick, and what makes it so: the heavy libraries come in only where they are needed."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HEAVY = ("pydantic", "fhir.resources", "fhirpathpy", "rich", "jsonschema", "hl7apy")
SAMPLE = Path(__file__).parent.parent / "gateway" / "samples" / "discharge-a03.hl7"

COUNT = """
import sys
from click.testing import CliRunner
from gateway.cli import main
result = CliRunner().invoke(main, sys.argv[2:])
assert result.exit_code == 0, result.output
print(*[name for name in sys.argv[1].split(",") if name in sys.modules])
"""


@pytest.mark.parametrize("words", [["--help"], ["convert", str(SAMPLE), "--to", "fhir"], ["validate", str(SAMPLE)]])
def test_nothing_heavy_is_imported(words: Sequence[str]) -> None:
    done = subprocess.run([sys.executable, "-c", COUNT, ",".join(HEAVY), *words], capture_output=True, check=True)
    assert done.stdout.decode().split() == []


@pytest.mark.parametrize(
    ("words", "seconds"), [(["--help"], 0.3), (["convert", str(SAMPLE), "--to", "fhir"], 0.6)], ids=["help", "convert"]
)
def test_a_call_is_quick(words: Sequence[str], seconds: float) -> None:
    """Processor time, the best of several calls: what is measured is the program, not what else the machine does."""
    call = [sys.executable, "-m", "gateway", *words]
    subprocess.run(call, capture_output=True, check=True)
    taken = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(call, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(taken) < seconds
