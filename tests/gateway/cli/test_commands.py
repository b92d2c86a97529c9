"""`validate`, `explain`, `show`, `config`, `maps`, `doctor`: what they print and how they end."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from gateway.cli import COMMANDS
from gateway.samples import sample
from tests.gateway.cli.conftest import A99, Call

BAD = b"MSH|^~\\&|A|B|||not a time||ADT^A03|1|P|2.5.1\rEVN|A03\rPID|||7||SECRETNAME\rPV1||Q\r"
DOUBLE = b'{"resourceType": "Patient",\n "gender": "male",\n "gender": "female"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    (made / "bad.hl7").write_bytes(BAD)
    (made / "fine.hl7").write_bytes(sample("discharge-a03.hl7"))
    (made / "notes.txt").write_text("neither message nor resource")
    return made


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS), ["maps", "lint"], ["config", "show"]])
def test_every_help_has_an_example(call: Call, words: list[str]) -> None:
    made = call(*words, "--help")
    assert made.status == 0
    assert re.search(r"Examples?:\n +sdoh-gateway", made.out)


def test_the_version(call: Call) -> None:
    assert re.fullmatch(r"sdoh-gateway \d+\.\d+\.\d+\S*\n", call("--version").out)


def test_validate_prints_a_line_for_each_issue_and_a_summary(call: Call, folder: Path) -> None:
    made = call("validate", folder)
    assert made.status == 1
    assert f"{folder}/bad.hl7:1:" in made.out
    assert "fine.hl7" not in made.out
    assert re.search(r"2 sources: \d+ errors", made.err)
    assert "SECRETNAME" not in made.out + made.err


def test_validate_as_one_outcome(call: Call, folder: Path) -> None:
    made = call("validate", folder, "--format", "json")
    outcome = json.loads(made.out)
    OperationOutcome.model_validate(outcome)
    files = {ext["valueString"] for one in outcome["issue"] for ext in one["extension"] if ext["url"].endswith("-file")}
    assert files == {f"{folder}/bad.hl7"}
    assert "SECRETNAME" not in made.out


def test_validate_as_lines_with_the_clean_ones_too(call: Call, folder: Path) -> None:
    made = call("validate", folder, "--format", "jsonl")
    lines = {Path(line["file"]).name: line["outcome"] for line in map(json.loads, made.out.splitlines())}
    assert list(lines) == ["bad.hl7", "fine.hl7"]
    assert lines["fine.hl7"]["issue"][0]["severity"] == "information"
    for outcome in lines.values():
        OperationOutcome.model_validate(outcome)


def test_validate_fails_from_the_severity_asked_for(call: Call) -> None:
    warned = b'\xef\xbb\xbf{"resourceType": "Patient"}'
    assert call("validate", "-", stdin=warned).status == 0
    assert call("validate", "-", "--fail-on", "warning", stdin=warned).status == 1


def test_validate_by_a_profile(call: Call, folder: Path) -> None:
    made = call("validate", folder / "bad.hl7", "--profile", "adt-cms-enotification")
    assert made.status == 1
    assert "PV1-7" in made.out
    assert call("validate", folder / "fine.hl7", "--profile", "adt-cms-enotification").status == 0
    unknown = call("validate", folder / "fine.hl7", "--profile", "nope")
    assert unknown.status == 2
    assert "adt-cms-enotification" in unknown.err, "it says which there are"


def test_issues_of_fhir_have_line_and_column(call: Call) -> None:
    made = call("validate", "-", stdin=DOUBLE)
    assert made.status == 1
    assert "<stdin>:3:2 gender" in made.out


def test_issues_of_a_batch_name_the_message(call: Call) -> None:
    made = call("validate", "-", stdin=b'{"resourceType":"Patient"}\n{"resourceType":"Patient",}\n')
    assert "<stdin>#2:1:" in made.out


def test_explain_shows_where_fields_went(call: Call, site: Path) -> None:
    made = call("explain", "-", "--site", site, stdin=A99)
    assert made.status == 0, made.err
    assert re.search(r"PID\[1\]-7\[1\] +mapped +leave.yaml:\d+ +Patient.birthDate", made.out)
    assert re.search(r"ZZZ\[1\]-1\[1\] +unmapped", made.out)
    assert re.search(r"\d+ fields: 6 mapped, \d+ unmapped, 1 null", made.out)
    assert "secret" not in made.out
    assert "secret" in call("explain", "-", "--site", site, "--values", stdin=A99).out
    only = call("explain", "-", "--site", site, "--unmapped", stdin=A99)
    assert "Patient.birthDate" not in only.out


def test_explain_of_the_same_form_says_so(call: Call) -> None:
    assert "nothing was mapped" in call("explain", "-", stdin=b'{"resourceType": "Patient"}').out


def test_show_names_fields_and_makes_nulls_and_escapes_visible(call: Call) -> None:
    made = call("show", "-", stdin=sample("discharge-a03.hl7"))
    assert made.status == 0
    assert re.search(r"PID-5 +Patient Name +Reyes\^Marisol", made.out)
    assert re.search(r'PID-14 .*""  \(an explicit null', made.out)
    assert "meals \\T\\ a ride to clinic  (Heat shut off at home / Son visits" in made.out
    assert "DG1[4]" in made.out
    assert "ZSD-2" in made.out


def test_show_steers_no_terminal(call: Call) -> None:
    made = call("show", "-", stdin=A99.replace(b"secret", b"\x1b[2Jsecret"))
    assert "\x1b" not in made.out
    assert "\\x1b[2Jsecret" in made.out


def test_show_of_a_bundle_is_a_line_for_each_resource(call: Call, site: Path) -> None:
    bundle = call("convert", "-", "--to", "fhir", "--site", site, stdin=A99).raw
    made = call("show", "-", stdin=bundle)
    assert made.out.splitlines()[0] == "Bundle of type message, 2 resources"
    assert re.search(r"Patient +Jo Doe; 7; 1980-02-03", made.out)


def test_config_check_show_and_schema(call: Call, site: Path) -> None:
    assert call("config", "check", site).status == 0
    shown = call("config", "show", site)
    assert "salt: '***'" in shown.out
    assert "a salt for tests" not in shown.out
    assert "zone: America/Chicago" in shown.out
    assert "senders" in json.loads(call("config", "schema").out)["properties"]
    Path("bad.yaml").write_text("tennant: {}\ndefault_zone: nowhere\n")
    checked = call("config", "check", "bad.yaml")
    assert checked.status == 1
    assert "bad.yaml:1:1" in checked.out
    assert "bad.yaml:2:15" in checked.out
    assert call("config", "check", "none.yaml").status == 2


def test_maps_are_listed_checked_and_tested(call: Call, site: Path) -> None:
    assert re.search(r"leave +v2 and fhir +ADT_A99", call("maps", "list", site).out)
    linted = call("maps", "lint", site)
    assert linted.status == 0, linted.out
    assert "leave: 8 two-way" in linted.out
    tested = call("maps", "test", site)
    assert tested.status == 0, tested.out
    assert re.search(r"[1-9]\d* tests, 0 failed", tested.err)
    assert "$schema" in json.loads(call("maps", "schema").out)


def test_a_wrong_map_is_reported_with_its_line(call: Call, site: Path) -> None:
    folder = Path("ours/maps")
    folder.mkdir(parents=True)
    text = (site / "maps" / "leave.yaml").read_text()
    (folder / "leave.yaml").write_text(text.replace("fhir: birthDate", "fhir: birthDay"))
    (folder / "leave.test.yaml").write_text((site / "maps" / "leave.test.yaml").read_text())
    linted = call("maps", "lint", "ours")
    assert linted.status == 1
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "birthDate" in one)
    assert re.search(rf"leave.yaml:{line}\b", linted.out)
    assert "birthDay" in linted.out
    assert call("maps", "test", "ours").status == 1


def test_doctor_finds_this_installation_sound(call: Call) -> None:
    made = call("doctor")
    assert made.status == 0, made.out
    for name in ("adapters", "conformance", "gateway", "mappings", "format fhir", "format hl7v2", "time zones"):
        assert re.search(rf"^ok +{name}", made.out, re.MULTILINE)
