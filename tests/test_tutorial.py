"""docs/tutorial-csv.md: its commands, run as an analyst would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial-csv.md"
BLOCK = re.compile(r"```(csv|sh)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """Runs the blocks of the tutorial in a folder of its own, one after the other."""
    folder = tmp_path_factory.mktemp("tutorial")
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": scripts, "SDOH_GATEWAY_CACHE": str(folder / "cache")}
    done = []
    for kind, text in BLOCK.findall(TUTORIAL.read_text("utf-8")):
        if kind == "csv":
            (folder / "shelter.csv").write_text(text, encoding="utf-8")
        else:
            command = ["bash", "-ec", text]
            done.append(
                subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            )
    return folder, done


def test_every_command_succeeds(told: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    assert [(each.args[-1], each.stderr) for each in told[1] if each.returncode] == []


def test_the_draft_says_what_the_tutorial_says(told: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    folder, (suggested, *_) = told
    assert re.search(r"Tag .*person_id +0\.6", suggested.stdout)
    assert re.search(r"Gndr .*sex +0\.8", suggested.stdout)
    assert re.search(r"Worried about food\? .*88122-7 +0\.9", suggested.stdout)
    columns = (folder / "our-site" / "maps" / "shelter.columns.yaml").read_text()
    assert "order: DMY" in columns
    assert "key: [person_id]" in columns


def test_the_map_is_tested_and_its_ledger_names_the_reason(
    told: tuple[Path, list[subprocess.CompletedProcess[str]]],
) -> None:
    outputs = [each.stdout + each.stderr for each in told[1]]
    assert any("1 tests, 0 failed" in each for each in outputs)
    assert any("a bed is given anew every night" in each for each in outputs)
