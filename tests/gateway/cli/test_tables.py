"""Tables on the command line: which folders are one dataset, what is said of their rows, where bad rows go."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.datasets import is_dataset
from tests.gateway.cli.conftest import Call

ROSTER = "MemberID,SubscriberID,LastName,FirstName,BirthDate,Zip"
GOOD = "M1,S1,Hill,Ann,1980-05-06,13501"
MESSAGE = b"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\r"


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_csv", ".csv").replace("_json", ".json")).write_text(text)


def test_which_folders_are_one_dataset(tmp_path: Path) -> None:
    write(tmp_path / "hmis", Export_csv="ExportID\nE1\n", Other_csv="a,b\n1,2\n")
    write(tmp_path / "package", x_csv="a,b\n1,2\n", datapackage_json="{}")
    write(tmp_path / "members", a_csv=f"{ROSTER}\n{GOOD}\n", b_csv=f"{ROSTER}\n{GOOD}\n")
    write(tmp_path / "things", x_csv="a,b\n1,2\n")
    write(tmp_path / "mixed", a_csv=f"{ROSTER}\n{GOOD}\n")
    (tmp_path / "mixed" / "x.hl7").write_bytes(MESSAGE)
    (tmp_path / "empty").mkdir()
    found = {path.name for path in tmp_path.iterdir() if is_dataset(path)}
    assert found == {"hmis", "package", "members"}


def test_findings_name_file_line_column_and_how_often_each_rule_was_broken(call: Call) -> None:
    write(Path("in"), members_csv=f"{ROSTER}\nM1,S1,Hill,Ann,1980-02-31,1005\nM2,S1,Hull,Bo,1980-02-31,1005\n")
    made = call("validate", "in")
    assert made.status == 1
    assert 'in/members.csv:2 row 2, column E "BirthDate"' in made.out
    assert "2  CSV-0101  No such date" in made.err
    assert "1980-02-31" not in made.out
    assert "1980-02-31" in call("validate", "in", "--values").out


@pytest.mark.parametrize("form", ["json", "jsonl", "sarif", "junit", "html"])
def test_every_report_tells_of_tables(call: Call, form: str) -> None:
    write(Path("in"), members_csv=f"{ROSTER}\nM1,S1,Hill,Ann,1980-02-31,13501\n")
    assert "CSV-0101" in call("validate", "in", "--format", form).out


def test_bad_rows_go_into_files_and_good_ones_go_on(call: Call) -> None:
    write(Path("in"), members_csv=f"{ROSTER}\n{GOOD}\n1.03E+11,S1,Hull,Bo,1980-02-03,13501\n")
    call("validate", "in", "--quarantine", "bad")
    assert "1.03E+11" in Path("bad/members.kept-out.csv").read_text("utf-8-sig")
    call("convert", "in", "--to", "fhir", "-o", "out/", "--quarantine", "bad2")
    assert Path("bad2/members.kept-out.csv").exists()
    assert "Hill" in Path("out/in.json").read_text()
    assert "Hull" not in Path("out/in.json").read_text()


def test_what_the_sender_says_is_taken(call: Call) -> None:
    write(Path("."), members_csv=f"{ROSTER}\nM1,S1,Hill,Ann,03/04/1980,13501\n")
    assert "CSV-0102" in call("validate", "members.csv").out
    assert "CSV-0102" not in call("validate", "members.csv", "--dates", "DMY").out
    assert call("validate", "members.csv", "--encoding", "klingon").status == 2


def test_tables_are_checked_by_schemas_asked_for(call: Call) -> None:
    write(
        Path("."),
        things_csv="colour,size\nred,12\n",
        row_json=json.dumps({"properties": {"size": {"type": "integer", "maximum": 9}}}),
        schema_json=json.dumps({"fields": [{"name": "colour"}, {"name": "size", "type": "boolean"}]}),
    )
    Path("own.yaml").write_text("schema: own\ntables: {things: {columns: {colour: boolean, size: integer}}}\n")
    Path("broken.yaml").write_text("schema: own\ntables: {things: {columns: {colour: rainbow}}}\n")
    assert "CSV-0301" in call("validate", "things.csv", "--profile", "row.json").out
    assert 'column B "size"' in call("validate", "things.csv", "--profile", "schema.json").out
    assert 'column A "colour"' in call("validate", "things.csv", "--profile", "own.yaml").out
    assert call("validate", "things.csv", "--profile", "broken.yaml").status == 2
    assert call("validate", "things.csv", "--profile", "roster").status == 0


def test_tables_are_shown_with_how_their_headers_were_read(call: Call) -> None:
    write(Path("."), members_csv=f"{ROSTER}\n{GOOD}\n")
    shown = call("show", "members.csv")
    assert shown.status == 0
    assert "roster" in shown.out
    assert "MemberID -> person_id" in shown.out
    assert "birth_date=1980-05-06" in shown.out


def test_tables_that_no_document_can_hold_need_a_folder(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway import datasets

    write(Path("in"), members_csv=ROSTER + "\nM1,S1,Hill,Ann,1980-02-03,13501")
    monkeypatch.setattr(datasets, "TOO_LARGE", 50)
    made = call("convert", "in/members.csv", "--to", "fhir", "-o", "one.json")
    assert made.status == 2
    assert "name a folder: -o DIR/" in made.err


def test_large_tables_are_converted_share_by_share(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.formats.tabular import shares
    from gateway import datasets

    rows = [f"M{number:03},S{number // 3},Hill,Ann,1980-02-{number % 28 + 1:02},13501" for number in range(200)]
    write(Path("in"), members_csv="\n".join((ROSTER, *rows, "1.03E+11,S1,Hull,Bo,1980-02-03,13501")))
    call("convert", "in", "--to", "fhir", "-o", "whole/", "--bundle", "ndjson")
    monkeypatch.setattr(datasets, "LARGE", 100)
    monkeypatch.setattr(shares.shares, "__kwdefaults__", {"size": 1000})
    made = call("convert", "in", "--to", "fhir", "-o", "parts/", "--quarantine", "bad")
    assert "CSV-0107" in made.err
    assert "1 document, 1 converted" in made.err
    assert Path("bad/members.kept-out.csv").exists()
    whole = sorted(Path("whole/in.ndjson").read_text().splitlines())
    parts = sorted(line for file in Path("parts/in").iterdir() for line in file.read_text().splitlines())
    assert parts == whole


ROUTES = """
channels:
  lists: {transport: http, format: csv}
destinations:
  near: {type: files, to: {folder: .}, as: roster}
  nobody: {type: files, to: {folder: .}}
routes:
- {name: near, when: {postal_code: "13501"}, to: [near]}
- {name: far, when: {postal_code: "99999"}, to: [nobody]}
"""


def test_who_would_be_told_of_the_people_of_a_table(call: Call) -> None:
    other = "M2,S1,Hull,Bo,1980-02-03,01005"
    write(Path("."), members_csv=f"{ROSTER}\n{GOOD}\n{other}\n")
    Path("gateway.yaml").write_text(ROUTES)
    told = call("routes", "explain", "members.csv")
    assert told.status == 0
    assert "near: 1 of 2 people, 0 of 0 others  (to near)" in told.out
    assert "bytes, sent  (chosen by near)" in told.out
    assert "nobody: nothing" in told.out
    assert '"people": "0 of 2"' in call("routes", "explain", "members.csv", "--json").out


INTAKE = """Northside Family Center;;;;;;
Case #;Participant;Fleeing DV?;Safe to call;OK to share;Removed;Opt out
N-100;"Okafor, Ada";N;Y;Y;;N
N-101;"Ruiz, Leo";Y;N;Y;;N
N-102;"Lund, Sky";N;Y;N;;N
N-103;"Hill, Ann";N;Y;Y;x;N
N-104;"Hull, Bo";N;Y;Y;;Y
"""


def test_the_draft_for_an_unknown_export_restricts_and_takes_back(call: Call) -> None:
    write(Path("."), intake_csv=INTAKE)
    call("maps", "suggest", "intake.csv", "-o", "site")
    assert call("maps", "lint", "site").status == 0
    assert call("maps", "test", "site").status == 0
    call("convert", "intake.csv", "--to", "fhir", "--site", Path("site"), "-o", "out.json")
    made = [each["resource"] for each in json.loads(Path("out.json").read_text())["entry"]]
    people = {each["identifier"][0]["value"]: each for each in made if each["resourceType"] == "Patient"}
    labels = {name: [one["code"] for one in each.get("meta", {}).get("security", [])] for name, each in people.items()}
    assert labels == {
        "N-100": [],
        "N-101": ["R", "SDV"],
        "N-102": ["R", "NOAUTH"],
        "N-103": [],
        "N-104": ["R", "NOAUTH"],
    }
    assert [name for name, each in people.items() if each.get("active") is False] == ["N-103"]


def test_values_that_a_header_cannot_mean_are_taken_as_they_are(call: Call) -> None:
    write(Path("."), x_csv="ID,Name,Enrolled\nA1,Hill Ann,yes\nA2,Hull Bo,no\n")
    assert re.search(r"Enrolled +2 of 2 +2 +boolean +enrolled", call("maps", "suggest", "x.csv").out)


def test_a_draft_tells_persons_apart_by_what_there_is_and_guesses_no_question_by_numbers(call: Call) -> None:
    rows = ("AB12345C,Hill Ann,4,1200,315-555-0101,315-555-0102", "AB12346D,Hull Bo,1,0,315-555-0103,")
    write(Path("."), x_csv="\n".join(("CIN,Member Name,Size,Income,Home Phone,Cell Phone", *rows, "")))
    table = call("maps", "suggest", "x.csv", "-o", "mine").out
    assert re.search(r"Size +2 of 2 +2 +integer +size", table)
    assert call("maps", "lint", "mine").status == 0
    assert call("convert", "x.csv", "--to", "fhir", "--site", Path("mine"), "-o", "out.json").status == 0
    made = [each["resource"] for each in json.loads(Path("out.json").read_text())["entry"]]
    people = {each["identifier"][0]["value"]: each for each in made if each["resourceType"] == "Patient"}
    assert people.keys() == {"AB12345C", "AB12346D"}
    assert [each["value"] for each in people["AB12345C"]["telecom"]] == ["315-555-0101", "315-555-0102"]


def test_the_settings_that_the_page_shows_are_sound(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[3] / "docs" / "csv.md").read_text("utf-8")
    found = re.search(r"## Through the running gateway.*?```yaml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    Path("gateway.yaml").write_text(found[1])
    Path("inbox").mkdir()
    Path("maps").mkdir()
    monkeypatch.setenv("SHELTER_SECRET", "whsec_c2VjcmV0LW9mLXRoZS1odWItMjQrYnl0ZXM=")
    assert call("config", "check", "gateway.yaml").status == 0
