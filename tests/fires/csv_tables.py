"""Calls that fire the codes of tables."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.formats.tabular import FORMAT, parse
from adapters.formats.tabular.findings import MOST
from conformance.document import Document
from conformance.issue import Issue
from conformance.tabular import frictionless, json_rows

ROSTER = "MemberID,SubscriberID,LastName,FirstName,BirthDate,Zip,HomePhone,MedicaidID,Relationship,OptOut"
GOOD = "M1,S1,Hill,Ann,1980-05-06,13501,315-555-0101,AA1,Self,N"
NY = "PATIENT_MR_ID_VALUE,ENCOUNTER_ID,SCREENING_IDENTIFIER,SCREENING_CODE,QUESTION_CODE,ANSWER_CODE,"
NY += "ANSWER_CODE_DESCRIPTION,OBSERVATION_CATEGORY_SDOH_CODE,DATA_ABSENT_REASON_CODE,"
NY += "POTENTIAL_NEED_INDICATED,SCREENING_START_DATETIME"
STARTED = "2026-03-02T09:30:00-05:00"

Fire = Callable[[], Iterable[Issue]]


def _read(text: str | bytes, name: str = "members.csv") -> Fire:
    raw = text.encode() if isinstance(text, str) else text
    return lambda: parse(raw, name).issues


def _roster(row: str, header: str = ROSTER) -> Fire:
    return _read(f"{header}\n{row}\n{GOOD}\n")


def _cell(column: str, value: str) -> Fire:
    cells = dict(zip(ROSTER.split(","), GOOD.split(","), strict=True)) | {
        "MemberID": "M2",
        "MedicaidID": "AA2",
        column: value,
    }
    return _roster(",".join(cells.values()))


def _screening(*rows: str) -> Fire:
    return _read("\n".join((NY, *rows)), "SDOH_ScreeningObs_X.csv")


def _answer(question: str, answer: str, category: str = "food-insecurity", absent: str = "", need: str = "POS",
            started: str = STARTED, text: str = "") -> Fire:  # fmt: skip
    return _screening(f"P1,E1,S1,96777-8,{question},{answer},{text},{category},{absent},{need},{started}")


def _pantry(header: str, *rows: str) -> Fire:
    return _read("\n".join((header, *rows)), "clients.csv")


def _hsds() -> Iterable[Issue]:
    with TemporaryDirectory() as folder:
        Path(folder, "organizations.csv").write_text("id,name,description\nO1,Food Hub,Meals\n")
        Path(folder, "services.csv").write_text("id,organization_id,name,status\nS1,O2,Meals,active\n")
        return parse(Path(folder)).issues


def _orphan() -> Iterable[Issue]:
    with TemporaryDirectory() as folder:
        Path(folder, "clients.csv").write_text("Client ID,First name,DOB\nC1,Ann,1980-02-03\n")
        Path(folder, "visits.csv").write_text("Visit No,Client ID,Visit date\n1,C9,2026-02-03\n")
        return parse(Path(folder)).issues


def _hmis(*files: tuple[str, str]) -> Fire:
    def issues() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            header = "ExportID,SourceType,CSVVersion,ExportStartDate,ExportEndDate,HashStatus"
            Path(folder, "Export.csv").write_text(f"{header}\nE1,1,2024 v1.0,2025-10-01,2026-03-31,1\n")
            for name, text in files:
                Path(folder, name).write_text(text)
            return parse(Path(folder)).issues

    return issues


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.csv", "a,b\n1,2\n")
    return packed.getvalue()[:-30]


def _package(descriptor: str) -> Fire:
    return lambda: frictionless.read(descriptor.encode(), "datapackage.json").issues


def _row_schema() -> Iterable[Issue]:
    from gateway.tables import findings

    check = json_rows.read(b'{"properties": {"Born": {"maxLength": 4}}}', "row.json").value
    assert check is not None
    return findings(b"Client ID,Born,Town\nC1,1980-02-03,Barre\n", "clients.csv", [check])


def _many() -> Iterable[Issue]:
    return parse(
        "\n".join((ROSTER, *(f"M{n},S1,Hill,Ann,1980-02-31,13501,,,Self,N" for n in range(MOST + 2)))).encode()
    ).issues


FIRES: dict[str, Fire] = {
    "CSV-0001": _read("\n\n"),
    "CSV-0002": _read(f"{ROSTER}\nM1,S1,Muñoz,Ana,1980-05-06,13501,,,Self,N\n".encode("cp1252")),
    "CSV-0003": _read(f"{ROSTER}\nM1,S1,Muñoz,Ana,,,,,,\n".encode() + "M2,S1,Muñoz,Eva,,,,,,\n".encode("cp1252")),
    "CSV-0004": _read(f"{ROSTER}\n".encode() + b"M1,S1,Mu\x81oz,Ana,,,,,,\n"),
    "CSV-0005": _read(_zip(), "tables.zip"),
    "CSV-0006": _read(f"Members of the plan,,,,,,,,,\n{ROSTER}\n{GOOD}\n"),
    "CSV-0007": _roster("Total,1 member,,,,,,,,"),
    "CSV-0008": _roster('M2,S1,"Hill,Ann'),
    "CSV-0009": _read("ID;Name;Town;Zip;Phone\n1;Ann;Barre;01005;x\n2;Bo\n", "list.csv"),
    "CSV-0010": _roster("M2,S1,Hill,Bo"),
    "CSV-0011": _roster("M2,S1,Hill, Jr.,Bo,1980-05-06,13501,,,Self,N"),
    "CSV-0012": _read(f"{ROSTER},Zip\n{GOOD},13502\n"),
    "CSV-0013": _hmis(("Client.csv", "PersonalID,FirstName,LastName,DOB,ShoeSize\nP1,Ann,Hill,1980-02-03,9\n")),
    "CSV-0014": _roster("M2,S1,Hill,Bo,1980-05-06,13501,,,Self,N", ROSTER.replace("SubscriberID", "SubscirberID")),
    "CSV-0015": _hmis(("Client.csv", "PersonalID,FirstName\nP1,Ann\n")),
    "CSV-0016": _roster('M2,S1,"Hill"y",Bo,1980-05-06,13501,,,Self,N'),
    "CSV-0017": _hmis(("Shoes.csv", "ShoeID,Size\nI1,4\n")),
    "CSV-0018": _many,
    "CSV-0019": _read(f"{ROSTER},Postal Code\n{GOOD},13502\n"),
    "CSV-0101": _cell("BirthDate", "1988-02-30"),
    "CSV-0102": _pantry("Client ID,First name,Last name,DOB", "C1,Ann,Hill,03/04/1980"),
    "CSV-0103": _cell("BirthDate", "0000-00-00"),
    "CSV-0104": _cell("BirthDate", "15/08/58"),
    "CSV-0105": _answer("88122-7", "LA28397-0", started="2026-03-02T09:30:00"),
    "CSV-0106": _cell("BirthDate", "32874"),
    "CSV-0107": _cell("MemberID", "1.03E+11"),
    "CSV-0108": _cell("MemberID", ""),
    "CSV-0109": _answer("88122-7", "LA28397-0", need=""),
    "CSV-0110": _read("PATIENT_MR_ID_VALUE,PATIENT_MEDICAID_ID,PATIENT_BIRTH_DATE\nP1,11MN223P,1980-02-03",
                      "SDOH_PtInfo_X.csv"),
    "CSV-0111": _cell("OptOut", "perhaps"),
    "CSV-0112": _answer("88122-7", "LA28397-0", category="hunger"),
    "CSV-0113": _read("client_no,dob,88122-7,88123-5,93030-5\nC1,1980-02-03,Mostly true,Never true,No\n", "hrsn.csv"),
    "CSV-0114": _answer("71802-3", "LA31994-7", category="homelessness"),
    "CSV-0115": _pantry("Client ID,First name,Last name,DOB,Z code", "C1,Ann,Hill,1980-02-03,Z59.0"),
    "CSV-0116": _pantry("Client ID,First name,Last name,DOB,Z code", "C1,Ann,Hill,1980-02-03,Z59.99"),
    "CSV-0117": _read("referral_id,client_id,referral_status\nR1,C1,Escalated\n", "r.csv"),
    "CSV-0118": _cell("Zip", "1005"),
    "CSV-0119": _cell("HomePhone", "413-555-0121 (daughter Pia)"),
    "CSV-0121": _cell("LastName", "#REF!"),
    "CSV-0201": _roster(GOOD),
    "CSV-0202": _roster(GOOD.replace("Hill", "Hull")),
    "CSV-0203": _cell("MedicaidID", "AA1"),
    "CSV-0204": _orphan,
    "CSV-0205": _hmis(("Project.csv", "ProjectID,OrganizationID,ProjectName,OperatingStartDate,OperatingEndDate\n"
                                      "P1,O1,Night,2025-01-02,2024-01-02\n")),
    "CSV-0206": _read("client_no,dob,88122-7,88123-5,93030-5,q7_hurt,q8_insult,q9_threaten,q10_scream,hits_total\n"
                      "C1,1980-02-03,Never true,Never true,No,1,1,1,1,15\n", "hrsn.csv"),
    "CSV-0207": _answer("96779-4", "LA28397-0", category="utility-insecurity"),
    "CSV-0208": _answer("88122-7", "LA28398-8"),
    "CSV-0209": _answer("88122-7", "LA28397-0", category="employment-status"),
    "CSV-0210": _answer("88122-7", "LA28397-0", absent="asked-declined"),
    "CSV-0211": _read("client_no,dob,96778-6,88122-7,88123-5,93030-5\nC1,1980-02-03,Mold; None of the above,Never true,"
                      "Never true,No\n", "hrsn.csv"),
    "CSV-0212": _read("referral_id,person_id,status,status_date\nR1,C1,Sent,2026-03-16\nR1,C1,Open,2026-03-17\n",
                      "referrals.csv"),
    "CSV-0213": _hsds,
    "CSV-0301": _row_schema,
    "CSV-0302": _package("[]"),
    "CSV-0401": lambda: FORMAT.render(Document(format="csv", version="", root=[])).issues,
}  # fmt: skip
