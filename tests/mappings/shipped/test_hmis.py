"""HMIS CSV: every column of every table and every code of every list comes through, and means what HUD says."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conformance.tabular import kinds
from conformance.tabular.schema import Column, Table
from gateway import convert, explain

ROWS = 30
IDS = {"PersonalID": "Client", "EnrollmentID": "Enrollment", "AssessmentID": "Assessment"}
YES_NO = ("TANFChildCare", "TANFTransportation", "OtherTANF")
SENT = {"ExportID": "E1", "HashStatus": "1", "DateDeleted": "", "SSNDataQuality": "1", "VictimServiceProvider": "1"}


def cell(table: Table, column: Column, row: int) -> str:
    """A value that is right for the column and seldom that of the row before."""
    name = column.name
    if name in SENT:
        return SENT[name]
    if name in table.key or name in IDS:
        return f"{IDS.get(name, table.name)}-{row}"
    if name in ("ProjectID", "ResProjectID", "OrganizationID", "UserID", "HouseholdID"):
        return f"{name.removesuffix('ID').removeprefix('Res')}-{row}"
    if name == "SSN":
        return str(520_000_001 + row)
    if column.type == "code" and column.values:
        codes = list(dict.fromkeys(column.values.values()))
        return codes[row % len(codes)]
    if column.type == "date":
        return f"{2026 if 'End' in name or 'Exit' in name or 'Result' in name else 2025}-{row % 12 + 1:02}-17"
    if column.type == "datetime":
        return f"2026-{row % 12 + 1:02}-17 1{row % 10}:05:09"
    if column.type == "integer":
        return str((0, 1, 99)[row % 3]) if name in YES_NO else str(row % 4)
    return f"{row}.50" if column.type == "decimal" else f"{name} {row}"


def export(version: str) -> dict[str, list[dict[str, str]]]:
    schema = kinds.shipped(f"hmis@{version}").value
    assert schema is not None
    made: dict[str, list[dict[str, str]]] = {}
    for table in schema.tables:
        count = 1 if table.name == "Export" else ROWS
        made[table.name] = [{each.name: cell(table, each, row) for each in table.columns} for row in range(count)]
    made["Export"][0]["CSVVersion"] = version.removeprefix("fy")
    for each in made["IncomeBenefits"]:
        amounts = (Decimal(value) for name, value in each.items() if name.endswith("Amount"))
        each["TotalMonthlyIncome"] = str(sum(amounts))
    return made


def written(folder: Path, tables: dict[str, list[dict[str, str]]]) -> Path:
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def tables_of(archive: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(files.read(name).decode("utf-8-sig"))))
            for name in files.namelist()
        }


@pytest.mark.parametrize("version", ["fy2024", "fy2026"])
def test_every_cell_comes_back_as_it_was_sent(version: str, tmp_path: Path) -> None:
    sent = export(version)
    made = convert(written(tmp_path, sent), to="fhir")
    again = tables_of(convert(made.value, as_=f"hmis@{version}").value)
    for name, rows in sent.items():
        key = next(iter(rows[0]))
        back = {row[key]: row for row in again[name]}
        for row in rows:
            assert {column: back[row[key]].get(column, "") for column in row} == row, name


def test_every_cell_is_mapped(tmp_path: Path) -> None:
    rows = explain(written(tmp_path, export("fy2026")), to="fhir")
    assert {row.status for row in rows} == {"mapped"}


def small(folder: Path, **tables: str) -> dict[str, Any]:
    """An export of one client, with further tables; each text is a header, and rows behind `|`."""
    least = {
        "Export": "ExportID,CSVVersion,HashStatus,ExportDate,SoftwareName|E1,2026 v1,1,2026-04-01 08:00:00,Ours",
        "Client": "PersonalID,FirstName,LastName,DOB,Sex|C1,Ana,Rey,1980-02-03,0",
        "Project": "ProjectID,OrganizationID,ProjectName,ProjectType|P1,O1,Night,1",
        "Organization": "OrganizationID,OrganizationName,VictimServiceProvider|O1,House,0",
        "Enrollment": "EnrollmentID,PersonalID,ProjectID,EntryDate,LivingSituation|N1,C1,P1,2026-01-02,410",
        **tables,
    }
    for name, text in least.items():
        (folder / f"{name}.csv").write_text(text.replace("|", "\n") + "\n", encoding="utf-8")
    value: dict[str, Any] = convert(folder, to="fhir").value
    return value


def of_type(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def observed(bundle: dict[str, Any], text: str) -> dict[str, Any]:
    (found,) = [each for each in of_type(bundle, "Observation") if each["code"].get("text") == text]
    return found


def component(observation: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in observation["component"] if each["code"]["text"] == name]
    return {key: value for key, value in found.items() if key != "code"}


@pytest.mark.parametrize(
    ("kind", "response", "words", "condition"),
    [
        ("5", "1", "Yes", "Physical disability"),
        ("8", "1", "Yes", "HIV/AIDS"),
        ("9", "0", "No", ""),
        ("10", "1", "Alcohol use disorder", "Alcohol use disorder"),
        ("10", "3", "Both alcohol and drug use disorders", "Both alcohol and drug use disorders"),
        ("10", "0", "No", ""),
    ],
)
def test_what_an_answer_about_a_disability_means_depends_on_which(
    tmp_path: Path, kind: str, response: str, words: str, condition: str
) -> None:
    names = "DisabilitiesID,EnrollmentID,PersonalID,InformationDate,DisabilityType,DisabilityResponse"
    made = small(tmp_path, Disabilities=f"{names}|D1,N1,C1,2026-01-02,{kind},{response}")
    found = component(observed(made, "Disability (HMIS)"), "DisabilityResponse")
    assert found["valueCodeableConcept"]["coding"][0]["display"] == words
    assert [each["code"]["text"] for each in of_type(made, "Condition")] == ([condition] if condition else [])


@pytest.mark.parametrize(("code", "reason"), [("8", "asked-unknown"), ("9", "asked-declined"), ("99", "not-asked")])
def test_what_was_not_answered_says_why(tmp_path: Path, code: str, reason: str) -> None:
    made = small(
        tmp_path,
        Client=f"PersonalID,FirstName,LastName,DOB,Sex,VeteranStatus|C1,Ana,Rey,1980-02-03,{code},{code}",
        Enrollment=f"EnrollmentID,PersonalID,ProjectID,EntryDate,LivingSituation|N1,C1,P1,2026-01-02,{code}",
        IncomeBenefits=f"IncomeBenefitsID,EnrollmentID,PersonalID,InformationDate,SNAP,Medicaid|I1,N1,C1,2026-01-02,{code},{code}",
    )
    assert of_type(made, "Patient")[0]["gender"] == "unknown"
    client = observed(made, "Client (HMIS)")
    for each in (
        component(client, "Sex"),
        component(client, "VeteranStatus"),
        component(observed(made, "Income and benefits (HMIS)"), "Medicaid"),
        observed(made, "Living situation before the project"),
        observed(made, "SNAP"),
    ):
        assert each["dataAbsentReason"]["coding"][0]["code"] == reason
        assert "valueCodeableConcept" not in each
    assert not of_type(made, "Coverage")
    assert not of_type(made, "Condition")


def test_services_say_what_they_are(tmp_path: Path) -> None:
    rows = "S1,N1,C1,2026-01-05,144,2,,|S2,N1,C1,2026-01-06,152,1,450.00,2026-02-01|S3,N1,C1,2026-01-07,161,6,,"
    made = small(
        tmp_path,
        Services=f"ServicesID,EnrollmentID,PersonalID,DateProvided,RecordType,TypeProvided,FAAmount,FAStartDate|{rows}",
    )
    said = [each["code"]["coding"][0]["display"] for each in of_type(made, "Procedure")]
    assert said == ["Case management services", "Rental assistance", "Housing services"]
    paid = observed(made, "Financial assistance (HMIS)")
    assert (str(paid["valueQuantity"]["value"]), paid["effectivePeriod"]) == ("450.00", {"start": "2026-02-01"})
    (referral,) = of_type(made, "ServiceRequest")
    assert (referral["code"]["text"], referral["status"]) == ("Housing services", "active")


@pytest.mark.parametrize(
    ("result", "status", "asked"),
    [("1", "accepted", "active"), ("2", "rejected", "revoked"), ("", "requested", "active")],
)
def test_what_became_of_a_referral(tmp_path: Path, result: str, status: str, asked: str) -> None:
    made = small(
        tmp_path,
        Event=f"EventID,EnrollmentID,PersonalID,EventDate,Event,ReferralResult,ResultDate|V1,N1,C1,2026-01-05,14,{result},2026-01-09",
    )
    (task,), (request,) = of_type(made, "Task"), of_type(made, "ServiceRequest")
    assert (task["status"], request["status"], task["lastModified"]) == (status, asked, "2026-01-09")
    assert task["code"]["coding"][0]["display"] == "Referral to PSH project resource opening"


def test_a_project_for_survivors_restricts_its_clients(tmp_path: Path) -> None:
    made = small(
        tmp_path,
        Project="ProjectID,OrganizationID,ProjectName,ProjectType,TargetPopulation,HousingType|P1,O1,Night,1,1,2",
        ProjectCoC="ProjectCoCID,ProjectID,CoCCode,City,State,ZIP|L1,P1,KY-500,Utica,NY,13501",
    )
    assert {each["code"] for each in of_type(made, "Patient")[0]["meta"]["security"]} == {"R", "SDV"}
    (service,), (site,) = of_type(made, "HealthcareService"), of_type(made, "Location")
    said = {each["text"]: each["coding"][0]["display"] for each in service["characteristic"]}
    assert said["HousingType"] == "Site-based - clustered / multiple sites"
    assert service["type"][0]["coding"][0]["display"] == "Emergency Shelter - Night-by-Night"
    assert service["location"] == [{"reference": f"urn:uuid:{site['id']}"}]


def test_who_died_and_who_speaks_what(tmp_path: Path) -> None:
    made = small(
        tmp_path,
        Export="ExportID,CSVVersion,HashStatus,ExportDate,SoftwareName|E1,FY2024,1,2026-04-01 08:00:00,Ours",
        Client="PersonalID,FirstName,LastName,DOB,Woman,Man|C1,Ana,Rey,1980-02-03,1,0",
        Enrollment="EnrollmentID,PersonalID,ProjectID,EntryDate,LivingSituation,TranslationNeeded,PreferredLanguage|N1,C1,P1,2026-01-02,410,1,367",
        Exit="ExitID,EnrollmentID,PersonalID,ExitDate,Destination|X1,N1,C1,2026-02-02,24",
    )
    (person,) = of_type(made, "Patient")
    assert person["deceasedBoolean"] is True
    assert person["communication"][0]["language"]["coding"][0]["code"] == "es"
    assert person["extension"][-1]["valueBoolean"] is True
    (stay,) = of_type(made, "Encounter")
    assert stay["hospitalization"]["dischargeDisposition"]["coding"] == [{"code": "24", "display": "Deceased"}]


@pytest.mark.parametrize(
    ("number", "quality", "kept"),
    [("520-11-2233", "1", True), ("520112233", "", True), ("520112233", "2", False), ("xxx112233", "2", False),
     ("000000000", "1", False), ("999999999", "99", False), ("123456789", "1", False)],
)  # fmt: skip
def test_a_number_that_is_whole_identifies(tmp_path: Path, number: str, quality: str, kept: bool) -> None:
    made = small(tmp_path, Client=f"PersonalID,FirstName,LastName,SSN,SSNDataQuality|C1,Ana,Rey,{number},{quality}")
    found = [each["value"] for each in of_type(made, "Patient")[0]["identifier"] if "ssn" in each.get("system", "")]
    assert found == ([number] if kept else [])


def test_what_is_written_is_hmis_again(tmp_path: Path) -> None:
    from gateway import validate

    made = convert(written(tmp_path, export("fy2026")), to="fhir")
    archive = tmp_path / "again.zip"
    archive.write_bytes(convert(made.value, as_="hmis@fy2026").value)
    found = validate(archive)["issue"]
    assert [each for each in found if each["severity"] in ("error", "fatal")] == []
