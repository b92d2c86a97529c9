"""Each command of the quickstarts is run, in their order, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gateway.samples import sample
from tests.gateway.harness import free_port, wait_for

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"```(sh|yaml file=(\S+))\n(.*?)```", re.DOTALL)
SERVERS = ("serve", "listen")
READY = {"serve": '"event": "started"', "listen": "receiving"}


@contextmanager
def background(words: list[str], folder: Path) -> Iterator[None]:
    log = folder / f"{words[1]}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(_ours(words), cwd=folder, stdout=stream, stderr=stream, env=_environment())
        try:
            wait_for(lambda: READY[words[1]] in log.read_text() or process.poll() is not None, 30.0, " ".join(words))
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
            process.wait(30)


def _ours(words: list[str]) -> list[str]:
    assert words[0] == "sdoh-gateway"
    return [sys.executable, "-m", "gateway.cli", *words[1:]]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize("page", ["quickstart-hospital.md", "quickstart-hub.md"])
def test_each_command_of_a_quickstart_works(page: str, tmp_path: Path) -> None:
    text = (DOCS / page).read_text()
    for port in ("2575", "8080", "9000"):
        text = text.replace(port, str(free_port()))
    (tmp_path / "discharge.hl7").write_bytes(sample("discharge-a03.hl7"))
    run = 0
    with ExitStack() as running:
        for _, file, block in BLOCK.findall(text):
            if file:
                (tmp_path / file).write_text(block)
                continue
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                run += 1
                if words[1] in SERVERS:
                    running.enter_context(background(words, tmp_path))
                    continue
                done = subprocess.run(
                    _ours(words),
                    cwd=tmp_path,
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                    env=_environment(),
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
                if words[1] == "send":
                    wait_for(lambda: list((tmp_path / "received").glob("*.json")), 30.0, "what the hub keeps")
    assert run > 6
