"""Tables by name: to FHIR and back, and across formats by the pivot, one test for each pair."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway import convert, explain
from gateway.targets import Misuse, target
from tests.gateway.harness import adt

ROSTER = (
    "MemberID,SubscriberID,LastName,FirstName,BirthDate,Sex,Zip,HomePhone,Medicare,Medicaid,OptOut\n"
    "M1,S9,Baptiste,Claudette,1981-03-19,F,01005,315-555-0120,1,1,N\n"
    "M2,S9,Baptiste,Amara,2014-05-06,F,01005,315-555-0120,0,1,Y\n"
)
CLIENTS = (
    "PersonalID,FirstName,LastName,NameDataQuality,SSN,SSNDataQuality,DOB,DOBDataQuality,Sex,AmIndAKNative,Asian,"
    "BlackAfAmerican,HispanicLatinao,MidEastNAfrican,NativeHIPacific,White,RaceNone,VeteranStatus,DateCreated,"
    "DateUpdated,UserID,DateDeleted,ExportID\n"
    "H-9,Wanda,Kealoha,1,,99,1970-01-02,1,0,0,1,0,1,0,1,0,,1,2026-01-05T08:00:00Z,2026-03-20T16:30:00Z,u7,,E1\n"
)


def rows(content: bytes) -> list[dict[str, str]]:
    return [{name: text for name, text in row.items() if text} for row in _reader(content.decode("utf-8-sig"))]


def _reader(text: str) -> Any:
    return csv.DictReader(io.StringIO(text, newline=""))


def sample(name: str) -> Path:
    return Path(__file__).parents[2] / "gateway" / "samples" / name


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def test_a_roster_becomes_fhir_and_comes_back() -> None:
    made = convert(ROSTER, to="fhir")
    assert made.value["type"] == "collection"
    first, second = of_type(made.value, "Patient")
    assert "meta" not in first
    assert {each["code"] for each in second["meta"]["security"]} == {"R", "NOAUTH"}
    again = rows(convert(made.value, as_="roster").value)
    assert [(row["person_id"], row["subscriber_id"], row["zip"], row.get("opt_out")) for row in again] == [
        ("M1", "S9", "01005", None),
        ("M2", "S9", "01005", "true"),
    ]


def test_an_admission_becomes_a_row_of_a_worklist_and_of_a_roster() -> None:
    (row,) = rows(convert(sample("discharge-a03.hl7"), as_="worklist").value)
    assert (row["event"], row["last_name"], row["visit_class"], row["disposition"]) == ("A03", "Reyes", "IMP", "home")
    assert (row["first_name"], row["middle_name"]) == ("Marisol", "T"), "of the first name, not of the nickname too"
    (member,) = rows(convert(sample("discharge-a03.hl7"), as_="roster").value)
    assert (member["last_name"], member["birth_date"], member["sex"]) == ("Reyes", "1958-09-17", "female")


def test_one_ledger_in_the_sources_paths() -> None:
    found = {row.path: row for row in explain(sample("discharge-a03.hl7"), as_="worklist")}
    assert found["PID[1]-5[1].1.1" if "PID[1]-5[1].1.1" in found else "PID[1]-5[1].1"].status == "mapped"
    lost = [row for row in found.values() if row.status == "unmapped" and "left out of the target" in row.reason]
    assert lost


def test_rows_of_a_roster_become_a_message_for_each_person() -> None:
    made = convert(ROSTER, as_="ADT_A31@2.5.1")
    messages = [each for each in made.value.split(b"MSH|") if each]
    assert len(messages) == 2
    assert all(b"ADT^A31^ADT_A05" in each for each in messages)
    assert b"Baptiste^Claudette" in messages[0]
    assert b"M2" in messages[1]


def test_a_roster_can_add_people() -> None:
    made = convert(ROSTER, as_="ADT_A28")
    assert made.value.count(b"ADT^A28^ADT_A05") == 2


def test_a_row_of_a_roster_becomes_a_document() -> None:
    made = convert("\n".join(ROSTER.splitlines()[:2]), as_="ccd")
    assert b"<family>Baptiste</family>" in made.value
    assert b'<birthTime value="19810319"' in made.value


def test_a_document_becomes_rows() -> None:
    document = convert("\n".join(ROSTER.splitlines()[:2]), as_="ccd").value
    (member,) = rows(convert(document, as_="roster").value)
    assert (member["last_name"], member["first_name"], member["birth_date"]) == ("Baptiste", "Claudette", "1981-03-19")
    (row,) = rows(convert(document, as_="worklist").value)
    assert (row["last_name"], row["zip"]) == ("Baptiste", "01005")


def test_hmis_of_one_year_is_written_for_another() -> None:
    made = convert(CLIENTS, as_="hmis@fy2024")
    (row,) = rows(made.value)
    assert (row["PersonalID"], row["HispanicLatinaeo"], row.get("Woman", "")) == ("H-9", "1", "")
    assert "Sex" not in row


def test_tables_need_a_kind() -> None:
    with pytest.raises(Misuse, match="--as hmis or hsds"):
        target("csv")
    assert target(None, "hmis").version == "fy2026"
    with pytest.raises(Misuse, match="fy1999"):
        target(None, "hmis@fy1999")


def test_a_folder_is_one_dataset_on_the_command_line(tmp_path: Path) -> None:
    from gateway.cli import main

    folder = tmp_path / "in" / "export"
    folder.mkdir(parents=True)
    (folder / "Client.csv").write_text(CLIENTS)
    result = CliRunner().invoke(main, ["convert", str(folder), "--to", "fhir", "-o", str(tmp_path / "out") + "/"])
    assert result.exit_code == 0, result.output
    bundle = json.loads((tmp_path / "out" / "export.json").read_text())
    assert len(of_type(bundle, "Patient")) == 1


def test_many_rows_become_a_file_for_each_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.cli import convert as command
    from gateway.cli import main

    monkeypatch.setattr(command, "MOST_ROWS", 1)
    (tmp_path / "members.csv").write_text(ROSTER)
    arguments = ["convert", str(tmp_path / "members.csv"), "--to", "fhir", "-o", str(tmp_path / "out") + "/"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    written = {path.name: path.read_text().splitlines() for path in (tmp_path / "out" / "members.csv").iterdir()}
    assert set(written) == {"Patient.ndjson", "Coverage.ndjson", "Observation.ndjson", "Organization.ndjson"}
    assert len(written["Patient.ndjson"]) == 2
    coverage = json.loads(written["Coverage.ndjson"][0])
    assert coverage["beneficiary"]["reference"].startswith("Patient/")


def test_formulas_are_escaped_for_spreadsheets_and_not_for_machines(tmp_path: Path) -> None:
    from gateway.cli import main

    text = "referral_id,client_id,last_name,referral_sent_date,referral_status,notes\nR1,C1,Rao,2026-03-16,sent,=1+1\n"
    (tmp_path / "referrals.csv").write_text(text)
    arguments = ["convert", str(tmp_path / "referrals.csv"), "--as", "referrals"]
    assert ",'=1+1" in CliRunner().invoke(main, arguments).stdout
    assert ",=1+1" in CliRunner().invoke(main, [*arguments, "--raw"]).stdout


def test_several_tables_are_an_archive(tmp_path: Path) -> None:
    folder = tmp_path / "hsds"
    folder.mkdir()
    (folder / "organizations.csv").write_text("id,name,description\no1,Hub,Food\n")
    (folder / "services.csv").write_text("id,organization_id,name,status\ns1,o1,Pantry,active\n")
    made = convert(folder, as_="hsds")
    with zipfile.ZipFile(io.BytesIO(made.value)) as archive:
        assert {"organizations.csv", "services.csv"} <= set(archive.namelist())
        assert rows(archive.read("services.csv"))[0] == {
            "id": "s1", "organization_id": "o1", "name": "Pantry", "status": "active",
        }  # fmt: skip


def test_a_discharge_becomes_a_row_that_shows_its_needs() -> None:
    codes = [("Z59.02", "Unsheltered homelessness"), ("Z59.41", "Food insecurity")]
    extra = "\r".join(f"DG1|{number}||{code}^{text}^I10C|||F" for number, (code, text) in enumerate(codes, 2))
    (row,) = rows(convert(adt(1, "A03", extra=extra), as_="worklist").value)
    assert (row["visit_id"], row["need_code"]) == ("V100", "Z59.02;Z59.41")
    made = convert(adt(1, "A03", extra=extra), to="fhir").value
    patient = next(each["fullUrl"] for each in made["entry"] if each["resource"]["resourceType"] == "Patient")
    need = {
        "resourceType": "Condition",
        "id": "n1",
        "category": [{"coding": [{"code": "problem-list-item"}]}, {"coding": [{"code": "sdoh"}]}],
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "733423003"}], "text": "Food insecurity"},
        "subject": {"reference": patient},
    }
    made["entry"].append({"fullUrl": "urn:uuid:n1", "resource": need})
    (row,) = rows(convert(made, as_="worklist").value)
    assert (row["need_code"], row["need"]) == ("Z59.02;Z59.41", "Food insecurity")


@pytest.mark.parametrize(("said", "status"), [("accepted", "accepted"), ("In Progress", "in-progress")])
def test_a_status_of_a_worklist_that_is_known(said: str, status: str) -> None:
    assert worked_on(said)["status"] == status


def test_a_status_that_nobody_knows_is_kept_as_text() -> None:
    task = worked_on("Marinating")
    assert "status" not in task
    assert task["businessStatus"] == {"text": "Marinating"}
    assert task["_status"]["extension"][0]["valueCode"] == "unsupported"


def worked_on(said: str) -> dict[str, Any]:
    """The Task of a row with this status, after it has gone there and back."""
    text = f"item_id,event,person_id,last_name,referral_id,referral_status\nR1,referral,P1,Hill,R1,{said}\n"
    made = convert(text, to="fhir")
    assert {"CSV-0117", "MAP-0102"} <= {one.code for one in made.issues} or said != "Marinating"
    back = convert(convert(made.value, as_="worklist").value, to="fhir").value
    tasks = [
        [each["resource"] for each in one["entry"] if each["resource"]["resourceType"] == "Task"]
        for one in (made.value, back)
    ]
    assert tasks[0] == tasks[1]
    found: dict[str, Any] = tasks[0][0]
    return found


def test_a_plan_goes_with_its_members_across_formats() -> None:
    headers = "MemberID,SubscriberID,LastName,FirstName,Plan,Relationship,Effective Date"
    text = f"{headers}\nM1,S9,Hill,Ann,Plan A,Self,2026-01-01\n"
    message = convert(text, as_="ADT_A31@2.5.1").value
    assert b"IN1|1|||Plan A||" in message
    (row,) = rows(convert(message, as_="roster").value)
    assert (row["plan"], row["subscriber_id"], row["effective_date"]) == ("Plan A", "S9", "2026-01-01")
    assert b"Plan A" in convert(text, as_="ccd").value
