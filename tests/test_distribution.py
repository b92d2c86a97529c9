"""The package as others get it: the steps of the Dockerfile, in a fresh environment, and what is in the wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from gateway.doctor import PACKAGES

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of exactly what the Dockerfile copies, with the build backend of this environment."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheels")
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            subprocess.run(["cp", "-r", str(ROOT / name), str(source / (name if target == name else ""))], check=True)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
    ]
    subprocess.run([*build, "--wheel-dir", str(out), str(source)], check=True)
    (made,) = out.glob("sdoh_gateway-*.whl")
    return made


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel installed; libraries come from this environment, ours don't."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    made = folder / "bin" / "python"
    libraries = folder / "libraries"
    libraries.mkdir()
    for path in sys.path:
        if path.endswith("site-packages"):
            for one in Path(path).iterdir():
                if "sdoh" not in one.name.lower() and one.suffix != ".pth":
                    (libraries / one.name).symlink_to(one)
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(f"{libraries}\n")
    install = [sys.executable, "-m", "pip", "--python", str(made), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*install, "--disable-pip-version-check", str(wheel)], check=True)
    return made


def run(python: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(python.parent / "sdoh-gateway"), *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_four_packages_their_data_and_the_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == set(PACKAGES)
    for wanted in ("gateway/samples/discharge-a03.hl7", "mappings/py.typed", "conformance/profiles/"):
        assert any(name.startswith(wanted) for name in names), wanted
    for licence in ("LICENSE", "NOTICE"):
        assert any(name.endswith(f"licenses/{licence}") for name in names)


def test_the_entry_point_runs_from_the_installed_wheel(python: Path, tmp_path: Path) -> None:
    done = run(python, "doctor", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for package in PACKAGES:
        assert re.search(rf"^ok +{package} +{re.escape(str(python.parent.parent))}", done.stdout, re.MULTILINE)


def test_the_installed_wheel_converts(python: Path, tmp_path: Path) -> None:
    done = run(python, "demo", "-o", "out", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "discharge.json").stat().st_size > 1000


def test_a_package_of_another_distribution_in_front_of_ours_is_found_out(python: Path, tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "__init__.py").write_text("def cache_folder() -> None: ...")
    (tmp_path / "mappings" / "cache.py").write_text("def folder() -> None: ...")
    call = [str(python), "-m", "gateway", "doctor"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"^no +mappings .*not ours", done.stdout, re.MULTILINE)


def test_the_image_runs_as_nobody_special_and_starts_the_command_line() -> None:
    assert re.search(r"^USER \d+$", DOCKERFILE, re.MULTILINE)
    assert 'ENTRYPOINT ["sdoh-gateway"]' in DOCKERFILE
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert stages == ["python:3.12-slim"] * 2
