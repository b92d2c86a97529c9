"""The how-to pages, done step by step in one folder: files as they stand there, commands, and what these print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"```(?:(sh)|(\w+) file=(\S+)|(text))\n(.*?)```", re.DOTALL)


def plain(text: str) -> str:
    """Without the width of columns."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def run(line: str) -> str:
    """What a command prints; it ends with status 0, or with the one that a comment behind it names."""
    words = shlex.split(line.partition("  # ")[0])
    status = int(line.partition("# status ")[2] or 0)
    assert words[0] == "sdoh-gateway"
    done = CliRunner().invoke(main, words[1:], catch_exceptions=False)
    assert done.exit_code == status, f"{line}\n{done.output}"
    return plain(done.output)


@pytest.mark.parametrize("page", sorted(DOCS.glob("howto-*.md")), ids=lambda page: page.stem)
def test_each_step_works_as_it_is_written(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    printed, ran = "", 0
    for commands, _, file, shown, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if file:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(block, encoding="utf-8")
        elif commands:
            printed = "\n".join(run(line) for line in block.splitlines())
            ran += 1
        elif shown:
            assert not [line for line in plain(block).splitlines() if line not in printed], printed
    assert ran > 5
