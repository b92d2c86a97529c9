"""`serve` that can't begin says what stood in the way."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.serve import command

SALT = "tenant: {salt: a long enough salt}\nwork: {processes: 1}\n"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("channels: {adt: {transport: mllp, listen: {port: TAKEN}}}", ("channel adt", "in use")),
        ("channels: {drop: {transport: files, listen: {folder: nowhere}}}", ("channel drop", "nowhere")),
        ("http: {port: TAKEN}", ("http", "in use")),
    ],
)
def test_what_can_not_be_opened_is_named(tmp_path: Path, settings: str, said: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        text = SALT + settings.replace("TAKEN", str(taken.getsockname()[1]))
        (tmp_path / "gateway.yaml").write_text(text, "utf-8")
        ran = CliRunner().invoke(command, ["--config", str(tmp_path)])
    assert ran.exit_code == 2
    assert [word for word in said if word not in ran.output] == []
