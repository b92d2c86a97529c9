"""`sdoh-gateway validate`: report forms, baselines, the second opinion, and the process that answers line by line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from gateway.cli import stdio
from gateway.cli.stdio import LONGEST, Server, serve
from tests.conformance.packages.making import PROFILE, guide, written
from tests.gateway.cli.conftest import Call

SECRET = "Secretive"
BAD = {"resourceType": "Patient", "gender": SECRET}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "bad.json").write_text(json.dumps(BAD))
    (folder / "good.json").write_text('{"resourceType": "Patient"}')
    return folder


def _baseline(folder: Path, until: str, code: str = "FHIR-0040") -> Path:
    path = folder / "accepted.yaml"
    path.write_text(f"accept:\n- {{code: {code}, path: Patient.gender, reason: known for long, until: {until}}}\n")
    return path


def _code(call: Call, files: Path) -> str:
    """The code of the one error in bad.json."""
    outcome = json.loads(call("validate", files / "bad.json", "--format", "json").out)
    (only,) = [one["details"]["coding"][0]["code"] for one in outcome["issue"] if one["severity"] == "error"]
    return str(only)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "sarif", "junit", "html"])
def test_every_form_tells_the_same_and_keeps_secrets(form: str, call: Call, files: Path) -> None:
    code = _code(call, files)
    plain = call("validate", files, "--format", form)
    assert plain.status == 1
    assert code in plain.out
    assert "bad.json" in plain.out
    assert SECRET not in plain.out + plain.err
    assert SECRET in call("validate", files, "--format", form, "--values").out
    assert call("validate", files, "--format", form).raw == plain.raw


def test_reports_are_what_they_say(call: Call, files: Path) -> None:
    run = json.loads(call("validate", files, "--format", "sarif").out)["runs"][0]
    assert [Path(one["location"]["uri"]).name for one in run["artifacts"]] == ["bad.json", "good.json"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    suites = ElementTree.fromstring(call("validate", files, "--format", "junit").out)
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    assert call("validate", files, "--format", "html").out.startswith("<!DOCTYPE html>")


def test_what_a_baseline_accepts_does_not_fail(call: Call, files: Path, tmp_path: Path) -> None:
    accepted = _baseline(tmp_path, "2026-06-30", _code(call, files))
    before = call("validate", files, "--baseline", accepted, "--today", "2026-06-30")
    assert before.status == 0
    assert "1 accepted" in before.err
    after = call("validate", files, "--baseline", accepted, "--today", "2026-07-01")
    assert after.status == 1
    assert "BASE-0002" in after.err
    assert call("validate", files, "--baseline", accepted, "--today", "2026-07-01", "--format", "json").status == 1
    sarif = call("validate", files, "--baseline", accepted, "--today", "2026-06-30", "--format", "sarif").out
    assert json.loads(sarif)["runs"][0]["results"][0]["suppressions"][0]["justification"] == "known for long"
    unneeded = call("validate", files / "good.json", "--baseline", accepted, "--today", "2026-01-01")
    assert unneeded.status == 0
    assert "BASE-0003" in unneeded.err
    (tmp_path / "wrong.yaml").write_text("accept: [{}]")
    assert call("validate", files, "--baseline", tmp_path / "wrong.yaml").status == 2


def test_the_second_opinion_stands_beside_ours(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps({"resourceType": "Patient", "name": [{"family": 3}]}))
    ours = call("validate", path)
    both = call("validate", path, "--strict-models")
    assert "MOD-0001" not in ours.out
    assert "MOD-0001" in both.out
    assert "Patient.name[0].family" in both.out


def test_nothing_to_validate_is_misuse(call: Call, files: Path) -> None:
    assert call("validate").status == 2
    assert call("validate", files, "--stdio").status == 2
    assert call("validate", "--stdio", "--profile", "no-such-profile").status == 2


def _asked(*lines: bytes | dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    source = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    target = io.BytesIO()
    serve((), (), source=io.BytesIO(source), target=target, **options)
    answers = [json.loads(line) for line in target.getvalue().splitlines()]
    assert all(one["resourceType"] == "OperationOutcome" for one in answers)
    return answers


def _told(answer: dict[str, Any]) -> list[str]:
    return [one["details"]["coding"][0]["code"] for one in answer["issue"] if "coding" in one["details"]]


def test_each_line_is_answered_by_a_line(files: Path, tmp_path: Path) -> None:
    package = written(tmp_path, guide())
    profile = tmp_path / "named.json"
    profile.write_text(json.dumps(guide()["StructureDefinition-named.json"]))
    good = str(files / "good.json")
    answers = _asked(
        {"file": good},
        {"file": good, "profile": str(profile)},
        {"file": good, "profile": str(profile), "profile_url": PROFILE},
        {"file": good, "profile_url": PROFILE, "igs": [str(package)]},
        {"file": good, "profile_url": PROFILE, "igs": str(profile)},
        {"file": good},
    )
    assert [_told(one) for one in answers] == [[], *[["FHIR-0004"]] * 4, []]


def test_no_line_ends_the_process(files: Path, tmp_path: Path) -> None:
    good = str(files / "good.json")
    answers = _asked(
        b"\n",
        b"{\n",
        b"[" * 50_000 + b"\n",
        b"\xff\n",
        b"1\n",
        b'"' + b"x" * (LONGEST * 2) + b'"\n',
        {},
        {"file": 1},
        {"file": good, "other": 1},
        {"file": good, "igs": [1]},
        {"file": "a\0b"},
        {"file": good, "profile": str(tmp_path)},
        {"file": good, "profile": str(tmp_path / "absent.json")},
        {"file": good, "igs": ["org.example.absent@1.0.0"]},
        {"file": str(tmp_path / "absent")},
        {"file": str(tmp_path)},
        {"file": good},
        b'{"file": "' + good.encode() + b'"}',
    )
    codes = [_told(one) for one in answers]
    assert codes == [*[["IO-0008"]] * 13, ["IO-0001"], ["IO-0001"], [], []]


def test_a_mistake_of_ours_is_an_answer_too(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(stdio, "checks", broken)
    answer = Server().answer(json.dumps({"file": str(files / "bad.json")}).encode())
    assert _told(json.loads(answer)) == ["IO-0009"]
    assert SECRET not in answer.decode()


def test_what_was_found_is_told_only_when_asked_for(files: Path) -> None:
    asked = {"file": str(files / "bad.json")}
    assert SECRET not in json.dumps(_asked(asked))
    assert SECRET in json.dumps(_asked(asked, found=True))


def test_the_process_answers_while_its_input_is_open(files: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "validate", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        for name in ("good.json", "bad.json", "good.json"):
            process.stdin.write(json.dumps({"file": str(files / name)}).encode() + b"\n")
            process.stdin.flush()
            assert bool(_told(json.loads(process.stdout.readline()))) is (name == "bad.json")
        process.stdin.close()
        assert process.wait(20) == 0
