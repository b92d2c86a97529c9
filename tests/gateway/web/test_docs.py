"""`docs/http.md`: its commands are run, its settings are read, its tables are true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config.plan import plan
from gateway.server import Gateway, Options
from gateway.web.routes import routes
from gateway.web.settings import Settings
from tests.gateway.web.small import ADT, MESSAGE, PATIENT

TEXT = (Path(__file__).parents[3] / "docs" / "http.md").read_text()
YAML = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for command in re.split(r"\n(?! )", block.strip())
    if command.startswith("curl")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the page names."""
    made = tmp_path_factory.mktemp("docs")
    (made / "gateway.yaml").write_text(YAML[0].replace("8080", "0"))
    (made / "discharge.hl7").write_bytes(ADT)
    (made / "patient.json").write_bytes(PATIENT)
    (made / "message.json").write_bytes(MESSAGE)
    values = {"inputData": ADT.decode(), "inputDataType": "Hl7v2", "rootTemplate": "alerts@1.1.0"}
    parameters = [{"name": name, "valueString": value} for name, value in values.items()]
    (made / "convert-data.json").write_text(json.dumps({"resourceType": "Parameters", "parameter": parameters}))
    return made


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    read = plan(folder)
    assert read.value is not None, read.issues
    gateway = Gateway(read.value, Options(grace=2))
    gateway.start()
    assert gateway.web is not None
    yield gateway.web.address
    gateway.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page(command: str, folder: Path, address: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    asked = command.replace("127.0.0.1:8080", address).replace("curl ", "curl --silent --fail-with-body ", 1)
    done = subprocess.run(["sh", "-c", asked], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.parametrize("text", YAML)
def test_settings_of_the_page_are_good(text: str, tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(text)
    read = plan(tmp_path)
    assert read.value is not None, read.issues
    assert read.value.http is not None


def test_the_table_has_every_route() -> None:
    rows = re.findall(r"^\| `(GET|POST) (\S+)` \| (?:`(\w+)`)? ?\|", TEXT, re.MULTILINE)
    assert rows == [(route.method, route.path, route.needs or "") for route in routes()]


def test_the_limits_are_those_of_the_settings() -> None:
    plain = Settings()
    assert f"`max_body` ({plain.max_body >> 20} MiB)" in TEXT
    assert f"| header of a request | {plain.max_header >> 10} KiB |" in TEXT
    assert f"to its last | {plain.request_timeout:g} seconds |" in TEXT
    assert f"| idle connection | {plain.idle_timeout:g} seconds |" in TEXT
    assert f"| connections | {plain.max_connections} |" in TEXT
