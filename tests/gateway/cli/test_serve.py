"""`serve` that can't begin says what stood in the way."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

SALT = "tenant: {salt: a long enough salt}\nwork: {processes: 1}\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("channels: {adt: {transport: mllp, listen: {port: TAKEN}}}", ("channel adt", "in use")),
        ("channels: {drop: {transport: files, listen: {folder: nowhere}}}", ("channel drop", "nowhere")),
        ("http: {port: TAKEN}", ("http", "in use")),
        ("", ("neither channels nor http",)),
    ],
)
def test_what_can_not_be_opened_is_named(tmp_path: Path, settings: str, said: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        text = SALT + settings.replace("TAKEN", str(taken.getsockname()[1]))
        (tmp_path / "gateway.yaml").write_text(text, "utf-8")
        serve = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(tmp_path)]
        ran = subprocess.run(serve, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 2
    assert [word for word in said if word not in ran.stderr] == []
