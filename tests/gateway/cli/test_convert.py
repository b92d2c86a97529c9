"""`convert`: what goes in, what comes out, where it is put, and what is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway.samples import sample
from tests.gateway.cli.conftest import A99, Call

BATCH = b"BHS|^~\\&|A\r" + A99 + A99.replace(b"|77|", b"|78|").replace(b"||7||", b"||8||") + b"BTS|2\r"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder with a message, one in a folder below, a batch, and something else."""
    folder = tmp_path / "inbox"
    (folder / "b").mkdir(parents=True)
    (folder / "x.hl7").write_bytes(A99)
    (folder / "b" / "y.hl7").write_bytes(A99)
    (folder / "batch.hl7").write_bytes(BATCH)
    (folder / "README.txt").write_text("not a message")
    (folder / ".hidden.hl7").write_bytes(A99)
    (folder / "half.hl7.part").write_bytes(A99)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_message_becomes_a_bundle_on_standard_output(call: Call, inbox: Path, site: Path) -> None:
    made = call("convert", inbox / "x.hl7", "--to", "fhir", "--site", site)
    assert made.status == 0, made.err
    bundle = json.loads(made.out)
    assert bundle["resourceType"] == "Bundle"
    assert [entry["resource"]["resourceType"] for entry in bundle["entry"]] == ["MessageHeader", "Patient"]
    assert made.out.startswith('{\n  "resourceType"'), "one result is written for people"


def test_outputs_of_a_folder_are_named_after_their_sources(call: Call, inbox: Path, site: Path) -> None:
    made = call("convert", inbox, "--to", "fhir", "--site", site, "-o", "out")
    assert made.status == 0, made.err
    assert files(Path("out")) == ["b/y.hl7.json", "batch.hl7.1.json", "batch.hl7.2.json", "x.hl7.json"]
    assert "README.txt" in made.err
    assert "4 documents, 4 converted" in made.err
    assert made.out == ""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--to", "fhir", "--bundle", "ndjson"], "x.hl7.ndjson"),
        (["--to", "hl7v2"], "x.hl7.hl7"),
        (["--as", "ADT_A99@2.8"], "x.hl7.hl7"),
    ],
)
def test_the_suffix_is_that_of_the_target(
    call: Call, inbox: Path, site: Path, options: list[str], expected: str
) -> None:
    made = call("convert", inbox / "x.hl7", *options, "--site", site, "-o", "out/")
    assert made.status == 0, made.err
    assert files(Path("out")) == [expected]


def test_a_glob_keeps_the_path_below_its_fixed_part(call: Call, inbox: Path, site: Path) -> None:
    made = call("convert", f"{inbox}/**/*.hl7", "--to", "fhir", "--site", site, "-o", "out")
    assert made.status == 0, made.err
    assert files(Path("out")) == ["b/y.hl7.json", "batch.hl7.1.json", "batch.hl7.2.json", "x.hl7.json"]


def test_standard_input_and_a_named_file(call: Call, site: Path) -> None:
    made = call("convert", "-", "--to", "fhir", "--site", site, "-o", "one.json", stdin=A99)
    assert made.status == 0, made.err
    assert json.loads(Path("one.json").read_bytes())["resourceType"] == "Bundle"
    assert files(Path()) == ["one.json"], "nothing is left beside it"


def test_several_results_in_one_stream_stand_one_on_a_line(call: Call, inbox: Path, site: Path) -> None:
    made = call("convert", inbox / "batch.hl7", "--to", "fhir", "--site", site)
    assert len(made.out.splitlines()) == 2
    assert {json.loads(line)["resourceType"] for line in made.out.splitlines()} == {"Bundle"}
    file = call("convert", inbox, "--to", "fhir", "--site", site, "-o", "all.ndjson")
    assert file.status == 0
    assert len(Path("all.ndjson").read_bytes().splitlines()) == 4


def test_the_same_run_twice_gives_the_same_bytes(call: Call, inbox: Path, site: Path) -> None:
    first = call("convert", inbox, "--to", "fhir", "--site", site, "-o", "out", "--ledger", "l.jsonl")
    before = {name: Path("out", name).read_bytes() for name in files(Path("out"))} | {"l": Path("l.jsonl").read_bytes()}
    second = call("convert", inbox, "--to", "fhir", "--site", site, "-o", "out", "--ledger", "l.jsonl")
    after = {name: Path("out", name).read_bytes() for name in files(Path("out"))} | {"l": Path("l.jsonl").read_bytes()}
    assert first.status == second.status == 0
    assert before == after


def test_the_salt_of_the_site_makes_the_ids(call: Call, inbox: Path, site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "maps").mkdir(parents=True)
    (other / "maps" / "leave.yaml").write_bytes((site / "maps" / "leave.yaml").read_bytes())
    (other / "gateway.yaml").write_text("tenant: {salt: another salt}")
    ours = json.loads(call("convert", inbox / "x.hl7", "--to", "fhir", "--site", site).out)
    theirs = json.loads(call("convert", inbox / "x.hl7", "--to", "fhir", "--site", other).out)
    assert ours["entry"][1]["resource"]["id"] != theirs["entry"][1]["resource"]["id"]


def test_the_ledger_has_a_line_for_each_document_and_values_only_when_asked(
    call: Call, inbox: Path, site: Path
) -> None:
    call("convert", inbox, "--to", "fhir", "--site", site, "-o", "out", "--ledger", "l.jsonl")
    lines = [json.loads(line) for line in Path("l.jsonl").read_text().splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["y.hl7", "batch.hl7#1", "batch.hl7#2", "x.hl7"]
    statuses = {row["path"]: row["status"] for row in lines[3]["rows"]}
    assert statuses["PID[1]-7[1]"] == "mapped"
    assert statuses["ZZZ[1]-1[1]"] == "unmapped"
    assert lines[3]["counts"]["null"] == 1
    assert "secret" not in Path("l.jsonl").read_text()
    call("convert", inbox / "x.hl7", "--to", "fhir", "--site", site, "-o", "out/", "--ledger", "l.jsonl", "--values")
    assert "secret" in Path("l.jsonl").read_text()


def test_the_ledger_on_standard_output(call: Call, inbox: Path, site: Path) -> None:
    made = call("convert", inbox / "x.hl7", "--to", "fhir", "--site", site, "-o", "out.json", "--ledger", "-")
    assert made.status == 0
    assert json.loads(made.out)["file"].endswith("x.hl7")
    assert not Path("-").exists()


def test_a_structure_without_a_map_is_refused_by_name(call: Call, inbox: Path) -> None:
    made = call("convert", inbox / "x.hl7", "--to", "fhir", "-o", "out/")
    assert made.status == 1
    assert "MAP-0010" in made.err
    assert "hl7v2 ADT_A99" in made.err
    assert not Path("out").exists()


def test_one_bad_source_does_not_stop_the_others(call: Call, inbox: Path, site: Path) -> None:
    (inbox / "a-broken.hl7").write_bytes(b"MSH|^~\\&|A")
    (inbox / "b-empty.hl7").write_bytes(b"")
    (inbox / "c-random.hl7").write_bytes(os.urandom(3000))
    (inbox / "d.json").write_bytes(b'{"resourceType": "Patient",}')
    made = call("convert", inbox, "--to", "fhir", "--site", site, "-o", "out")
    assert made.status == 1
    assert "IO-0003" in made.err
    assert "JSON-0001" in made.err
    assert "Traceback" not in made.err
    assert {"b/y.hl7.json", "batch.hl7.1.json", "batch.hl7.2.json", "x.hl7.json"} <= set(files(Path("out")))


def test_what_was_found_is_shown_only_when_asked_for(call: Call) -> None:
    raw = b'{"resourceType": "Patient", "id": "doe", "id": "doejane"}'
    assert "doejane" not in call("convert", "-", "--to", "fhir", "-o", "x.json", stdin=raw).err
    assert "doejane" in call("convert", "-", "--to", "fhir", "-o", "x.json", "--values", stdin=raw).err


@pytest.mark.parametrize("form", ["transaction", "collection", "ndjson"])
def test_forms_of_a_bundle(call: Call, inbox: Path, site: Path, form: str) -> None:
    made = call("convert", inbox / "x.hl7", "--to", "fhir", "--bundle", form, "--site", site)
    assert made.status == 0, made.err
    if form == "ndjson":
        header, patient = (json.loads(line) for line in made.out.splitlines())
        assert header["focus"] == [{"reference": f"Patient/{patient['id']}"}]
        return
    bundle = json.loads(made.out)
    assert bundle["type"] == form
    header, patient = (entry["resource"] for entry in bundle["entry"])
    assert header["focus"] == [{"reference": bundle["entry"][1]["fullUrl"]}]
    if form == "transaction":
        assert bundle["entry"][1]["request"] == {"method": "PUT", "url": f"Patient/{patient['id']}"}


def test_a_document_bundle_is_not_made_up(call: Call, inbox: Path, site: Path) -> None:
    made = call("convert", inbox / "x.hl7", "--to", "fhir", "--bundle", "document", "--site", site)
    assert made.status == 1
    assert "IO-0007" in made.err
    assert made.out == ""


def test_fhir_is_written_as_it_was_read(call: Call) -> None:
    raw = b'{"resourceType":"Observation","valueQuantity":{"value":72.50}}'
    made = call("convert", "-", "--to", "fhir", stdin=raw)
    assert made.status == 0
    assert '"value": 72.50' in made.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["convert", "x.hl7"], "say what to make of it"),
        (["convert", "x.hl7", "--to", "csv"], "say which kind of tables"),
        (["convert", "x.hl7", "--to", "fihr"], "did you mean fhir"),
        (["convert", "x.hl7", "--as", "ccdd"], "there is no kind 'ccdd' yet"),
        (["convert", "x.hl7", "--as", "alerts@9"], "no version '9' of alerts; known: 1.1.0"),
        (["convert", "x.hl7", "--as", "ADT_A98"], "no map gives adt_a98"),
        (["explain", "x.hl7", "--as", "ADT_A98"], "no map gives adt_a98"),
        (["convert", "x.hl7", "--to", "fhir", "--ledger", "-"], "can't both go to standard output"),
        (["convert", "x.hl7", "--as", "alerts", "--to", "hl7v2"], "is a form of fhir"),
        (["convert", "x.hl7", "--as", "alerts", "--bundle", "collection"], "a message by its definition"),
        (["convert", "x.hl7", "--to", "fhir", "--map", "nope"], "there is no map 'nope'"),
        (["convert", "x.hl7", "--to", "fhir", "--from", "pdf"], "there is no format 'pdf' to read"),
        (["convert", "none.hl7", "--to", "fhir"], "no file or folder"),
        (["convert", "none/*.hl7", "--to", "fhir"], "no file matches"),
        (["convert", "empty", "--to", "fhir"], "no files in the folder"),
        (["convert", "x.hl7", "--to", "fhir", "-o", "x.hl7"], "is one of the inputs"),
        (["convert", "a/x.hl7", "b/x.hl7", "--to", "fhir", "-o", "out"], "would both be written"),
        (["convert", "x.hl7", "--to", "fhir", "--site", "nowhere"], "does not exist"),
        (["convert", "x.hl7", "--to", "fhir", "--site", ".", "--config", "x.hl7"], "give one of them"),
        (["convert", "x.hl7", "--to", "fhir", "--site", "broken"], "the settings have errors"),
        (["convert"], "missing argument"),
        (["convret"], "did you mean convert"),
    ],
)
def test_misuse_is_told_and_nothing_is_written(call: Call, arguments: list[str], said: str) -> None:
    for folder in ("a", "b", "empty", "broken"):
        Path(folder).mkdir()
    for name in ("x.hl7", "a/x.hl7", "b/x.hl7"):
        Path(name).write_bytes(A99)
    Path("broken/gateway.yaml").write_text("tennant: {}")
    made = call(*arguments)
    assert made.status == 2
    assert said in " ".join(made.err.lower().split())
    assert made.out == ""
    assert Path("x.hl7").read_bytes() == A99
    assert not Path("out").exists()


def test_an_output_that_cannot_be_written_is_an_issue(call: Call, inbox: Path, site: Path) -> None:
    Path("out").mkdir()
    Path("out/b").write_text("a file where a folder is needed")
    made = call("convert", inbox, "--to", "fhir", "--site", site, "-o", "out")
    assert made.status == 1
    assert "IO-0006" in made.err
    assert "x.hl7.json" in files(Path("out"))


def test_a_link_in_the_output_folder_is_not_a_way_out(call: Call, inbox: Path, site: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.json"
    victim.write_text("mine")
    Path("out").mkdir()
    Path("out/x.hl7.json").symlink_to(victim)
    call("convert", inbox / "x.hl7", "--to", "fhir", "--site", site, "-o", "out")
    assert victim.read_text() == "mine"
    assert json.loads(Path("out/x.hl7.json").read_bytes())


def test_ten_megabytes_of_nothing_are_refused_quickly(call: Call) -> None:
    Path("big.hl7").write_bytes(b"MSH|^~\\&|" + b"A" * 10_000_000)
    made = call("convert", "big.hl7", "--to", "fhir")
    assert made.status == 1
    assert "Traceback" not in made.err


def test_the_shipped_sample_by_a_device(call: Call, site: Path) -> None:
    made = call("convert", "-", "--to", "fhir", "--site", site, "-o", os.devnull, stdin=A99)
    assert made.status == 0, made.err
    assert Path(os.devnull).is_char_device()


def test_the_sample_message_is_read_without_an_issue(call: Call) -> None:
    made = call("validate", "-", stdin=sample("discharge-a03.hl7"))
    assert made.status == 0, made.out
