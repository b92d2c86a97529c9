"""What is documented is true: generated pages are up to date, links lead somewhere, the README's commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.pages import pages

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def commands() -> list[str]:
    """The lines of the README's blocks that call the command line."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = (line.removeprefix("$ ") for block in blocks for line in block.splitlines())
    return [line for line in lines if line.startswith("sdoh-gateway ")]


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_readme_works(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sample = ROOT / "gateway" / "samples" / "discharge-a03.hl7"
    (tmp_path / "discharge.hl7").write_bytes(sample.read_bytes())
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "discharge.hl7").write_bytes(sample.read_bytes())
    words = shlex.split(line.partition(" | ")[0].partition(" > ")[0], comments=True)[1:]
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr


def test_the_readme_shows_what_the_commands_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of a console block stands in the output of the command above it, columns apart; `...` is what is left
    out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "discharge.hl7").write_bytes((ROOT / "gateway" / "samples" / "discharge-a03.hl7").read_bytes())
    text = README.read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        command, *shown = block.splitlines()
        result = CliRunner().invoke(main, shlex.split(command.removeprefix("$ "))[1:], catch_exceptions=False)
        printed = {plain(line) for line in result.output.splitlines()}
        for line in shown:
            assert line == "..." or plain(line) in printed, f"{command}: {line}"


def plain(line: str) -> str:
    """Without the width of columns and the numbers of lines in maps, which change with every edit."""
    return re.sub(r"(\.yaml):\d+", r"\1", " ".join(line.split()))
