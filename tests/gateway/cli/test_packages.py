"""`sdoh-gateway packages` and `terminology`, and that validation then stands on what was added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.adapters.test_package_registry import pages, registry
from tests.conformance.packages.making import PROFILE, SYSTEM, archived, code_system, guide, unpacked, written
from tests.gateway.cli.conftest import Call


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDOH_GATEWAY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def _patient(tmp_path: Path, **more: object) -> Path:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps({"resourceType": "Patient", "meta": {"profile": [PROFILE]}, **more}))
    return path


def _codes(out: str) -> list[str]:
    outcome = json.loads(out)
    return [one["details"]["coding"][0]["code"] for one in outcome["issue"] if "coding" in one["details"]]


def test_a_guide_is_added_used_listed_and_removed(call: Call, tmp_path: Path) -> None:
    nameless = _patient(tmp_path)
    assert call("validate", nameless, "--format", "json").status == 0
    added = call("packages", "add", written(tmp_path, guide(dependencies={"org.example.absent": "1.0.0"})))
    assert added.status == 0
    assert added.out == "added org.example.guide@1.0.0: 1 profile or extension, 1 code system\n"
    assert "org.example.absent@1.0.0, which is not here" in added.err
    found = call("validate", nameless, "--format", "json")
    assert found.status == 1
    assert "FHIR-0004" in _codes(found.out)
    assert call("validate", _patient(tmp_path, name=[{"family": "Doe"}])).status == 0
    listed = call("packages", "list").out
    assert "org.example.guide@1.0.0" in listed
    assert "hl7.fhir.us.core@7.0.0" in listed
    assert call("packages", "remove", "org.example.guide").out == "removed org.example.guide@1.0.0\n"
    assert call("validate", nameless).status == 0
    assert "org.example.guide" not in call("packages", "list").out


def test_a_package_may_be_named_for_one_run(call: Call, tmp_path: Path) -> None:
    archive, folder = written(tmp_path, guide()), unpacked(tmp_path, guide())
    (tmp_path / "home" / ".fhir" / "packages").mkdir(parents=True)
    unpacked(tmp_path / "home" / ".fhir" / "packages", guide("2.0.0"))
    alone = tmp_path / "named.json"
    alone.write_text(json.dumps(guide()["StructureDefinition-named.json"]))
    for package in (archive, folder, alone, "org.example.guide@2.0.0"):
        assert call("validate", _patient(tmp_path), "--package", package).status == 1
    assert call("validate", _patient(tmp_path), "--package", "hl7.fhir.us.core@6.1.0").status == 0
    absent = call("validate", _patient(tmp_path), "--package", "org.example.guide@9.9.9")
    assert absent.status == 2
    assert "no package 'org.example.guide@9.9.9'" in absent.err
    bad = tmp_path / "bad.tgz"
    bad.write_bytes(b"not a package")
    assert call("validate", _patient(tmp_path), "--package", bad).status == 2


def test_profiles_by_url_id_and_file(call: Call, tmp_path: Path) -> None:
    plain = tmp_path / "plain.json"
    plain.write_text('{"resourceType": "Patient"}')
    alone = tmp_path / "named.json"
    alone.write_text(json.dumps(guide()["StructureDefinition-named.json"]))
    assert call("validate", plain).status == 0
    assert call("validate", plain, "--profile", alone).status == 1
    assert call("validate", plain, "--profile", PROFILE, "--package", alone).status == 1
    assert call("validate", plain, "--profile", "us-core-patient").status == 1
    assert call("validate", plain, "--profile", "no-such-profile").status == 2
    assert call("validate", plain, "--profile", plain).status == 2


def test_archives_are_added_from_a_cache_of_packages(call: Call, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    for version in ("1.0.0", "2.0.0"):
        unpacked(packages, guide(version))
    assert call("packages", "add", packages).out.count("added") == 2
    assert call("packages", "remove", "org.example.guide@1.0.0").status == 0
    assert "org.example.guide@2.0.0" in call("packages", "list").out


def test_misuse_of_packages_is_said(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert call("packages", "add", tmp_path / "empty").status == 2
    assert call("packages", "add", "org.example.guide@1.0.0").status == 2
    assert "no registry is named" in call("packages", "add", "org.example.guide").err
    assert call("packages", "add", "a b").status == 2
    assert call("packages", "add", "absent.tgz").status == 1
    assert call("packages", "remove", "org.example.guide").status == 2
    assert "comes with the gateway" in call("packages", "remove", "hl7.fhir.us.core").err


def test_a_hostile_archive_leaves_nothing_behind(call: Call, tmp_path: Path) -> None:
    import tarfile

    bad = tmp_path / "bad.tgz"
    bad.write_bytes(archived(guide(), [tarfile.TarInfo("package/../../../etc/x")]))
    result = call("packages", "add", bad)
    assert result.status == 1
    assert "PKG-0002" in result.err
    assert not (tmp_path / "data").exists()


def test_a_package_is_fetched_from_the_registry_that_was_named(call: Call, tmp_path: Path) -> None:
    with registry(pages()) as (url, asked):
        (tmp_path / "gateway.yaml").write_text(f"package_registry: {url}\n")
        for options in (["--registry", url], ["--config", tmp_path / "gateway.yaml"]):
            added = call("packages", "add", "org.example.guide@1.0.0", *options)
            assert (added.status, added.out.partition(":")[0]) == (0, "added org.example.guide@1.0.0")
        assert len(asked) == 4
        assert call("packages", "add", "org.example.guide@9.0.0", "--registry", url).status == 1
    assert "org.example.guide@1.0.0" in call("packages", "list").out


def _observation(tmp_path: Path, code: str) -> Path:
    path = tmp_path / "observation.json"
    coding = {"system": SYSTEM, "code": code}
    path.write_text(json.dumps({"resourceType": "Observation", "status": "final", "code": {"coding": [coding]}}))
    return path


def test_terminology_is_added_used_listed_and_removed(call: Call, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("Code,Display\nred,Red\n")
    blue = _observation(tmp_path, "blue")
    assert "FHIR-0042" not in _codes(call("validate", blue, "--format", "json").out)
    added = call("terminology", "add", tmp_path / "codes.csv", "--system", SYSTEM, "--complete", "--version", "1")
    assert added.out == f"added {SYSTEM}|1\n"
    assert "FHIR-0042" in _codes(call("validate", blue, "--format", "json").out)
    assert call("validate", _observation(tmp_path, "red")).status == 0
    assert f"CodeSystem  {SYSTEM}|1  1" in call("terminology", "list").out
    assert call("terminology", "remove", SYSTEM).out == f"removed {SYSTEM}|1\n"
    assert SYSTEM not in call("terminology", "list").out


def test_misuse_of_terminology_is_said(call: Call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("nothing")
    assert call("terminology", "add", bad).status == 1
    assert call("terminology", "add", tmp_path / "absent").status == 2
    assert call("terminology", "add", bad, "--system", "LOINC").status == 2
    assert call("terminology", "remove", "https://example.org/none").status == 2
    fine = tmp_path / "fine.json"
    fine.write_text(json.dumps(code_system()))
    assert call("terminology", "add", fine, bad).status == 1
    assert SYSTEM in call("terminology", "list").out
