"""Someone else's distribution, installed as pip installs it: it keeps the contracts, is configured, run and listed."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import DestinationContract, FormatContract
from gateway import plugins
from tests.gateway.harness import bundle, wait_for
from tests.plugins.example.sdoh_gateway_example import fhir_gzip, logbook

HERE = Path(__file__).parent / "example"
PROJECT = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]


class TestFormat(FormatContract):
    format = fhir_gzip.FORMAT
    samples = (gzip.compress(json.dumps(bundle(1), separators=(",", ":")).encode(), mtime=0),)


@dataclass
class _Book:
    settings: logbook.LogbookSettings

    def taken(self) -> list[tuple[str, bytes]]:
        lines = self.settings.file.read_text().split("\n")[:-1]
        return [(key, bytes.fromhex(body)) for key, body in map(str.split, lines)]


class TestDestination(DestinationContract):
    destination = logbook.DESTINATION

    @contextlib.contextmanager
    def receiver(self, tmp_path: Path) -> Iterator[_Book]:
        yield _Book(logbook.LogbookSettings(file=tmp_path / "book.txt"))

    def unreachable(self, tmp_path: Path) -> logbook.LogbookSettings:
        return logbook.LogbookSettings(file=tmp_path / "missing" / "book.txt")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the distribution is installed beside ours."""
    folder = tmp_path_factory.mktemp("site")
    wheel = folder / "sdoh_gateway_example-1.0-py3-none-any.whl"
    info = "sdoh_gateway_example-1.0.dist-info"
    points = "\n".join(
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in entries.items())
        for group, entries in PROJECT["entry-points"].items()
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in sorted((HERE / "sdoh_gateway_example").glob("*.py")):
            archive.write(file, f"sdoh_gateway_example/{file.name}")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: sdoh-gateway-example\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", points)
        archive.writestr(f"{info}/RECORD", "")
    words = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(folder / "lib"), str(wheel)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "lib"), os.environ.get("PYTHONPATH", "")])}


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_doctor_lists_what_is_there_and_names_what_is_broken(installed: dict[str, str]) -> None:
    told = run(installed, "doctor").stdout
    lines = {line.split("  ")[0].strip(" ✓✗okfail"): line for line in told.splitlines()}
    assert "fhir_gzip" in told
    assert "logbook" in told
    assert any("broken" in line and "ModuleNotFoundError" in line for line in lines.values()), told


def configure(folder: Path, kind: str) -> Path:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "gateway.yaml").write_text(
        f"""
tenant: {{salt: plugin-test}}
work: {{processes: 1}}
channels:
  drop: {{transport: files, listen: {{folder: in, every: 0.05}}, format: fhir_gzip}}
destinations:
  book: {{type: {kind}, to: {{file: book.txt}}}}
routes:
- {{name: all, to: [book]}}
"""
    )
    return folder / "gateway.yaml"


def test_it_is_configured_and_run(installed: dict[str, str], tmp_path: Path) -> None:
    path = configure(tmp_path, "logbook")
    assert run(installed, "config", "check", str(path)).returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "serve", "--config", str(path)], env=installed, stderr=subprocess.PIPE
    )
    try:
        (tmp_path / "in" / "a.json.gz").write_bytes(gzip.compress(json.dumps(bundle(1)).encode()))
        wait_for((tmp_path / "book.txt").exists, 30.0, "the delivery")
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
    _, body = (tmp_path / "book.txt").read_text().split()
    assert json.loads(bytes.fromhex(body))["resourceType"] == "Bundle"


def test_settings_of_a_plugin_are_checked_like_ours(installed: dict[str, str], tmp_path: Path) -> None:
    path = configure(tmp_path, "logbook")
    path.write_text(path.read_text().replace("{file: book.txt}", "{fil: book.txt}"))
    told = run(installed, "config", "check", str(path))
    assert told.returncode == 1
    assert "did you mean `file`" in told.stdout


def test_a_broken_one_is_named_when_it_is_asked_for(installed: dict[str, str], tmp_path: Path) -> None:
    told = run(installed, "config", "check", str(configure(tmp_path, "broken")))
    assert told.returncode == 1
    assert "broken from sdoh-gateway-example can't be imported" in told.stdout


def test_ours_are_the_entry_points_that_we_declare() -> None:
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["entry-points"]
    for group in (plugins.TRANSPORTS, plugins.DESTINATIONS):
        there, _ = plugins.installed(group)
        found: dict[str, Any] = {name: place.partition(":")[0] for name, place in declared[group].items()}
        assert {name: type(one).__module__ for name, one in there.items() if name in found} == found
