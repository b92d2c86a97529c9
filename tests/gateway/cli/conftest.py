"""The command line as a user calls it, without a process for each call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main

SITE = Path(__file__).parent.parent / "site"

A99 = (
    b"MSH|^~\\&|LAB|RIVERBEND GENERAL|||20260101||ADT^A99^ADT_A99|77|P|2.5.1\r"
    b'PID|||7||Doe^Jo||19800203||||||""\r'
    b"ZZZ|secret\r"
)
"""A message of a structure that only the test site's map serves."""


@dataclass(frozen=True)
class Called:
    status: int
    out: str
    err: str
    raw: bytes


Call = Callable[..., Called]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls `sdoh-gateway` in an empty folder with the test site's settings where `--site` is asked for."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Called:
        result = CliRunner().invoke(main, [str(one) for one in arguments], input=stdin, catch_exceptions=False)
        return Called(result.exit_code, result.stdout, result.stderr, result.stdout_bytes)

    return run


@pytest.fixture
def site() -> Path:
    return SITE
