"""Large datasets in shares: each person's rows together, in one share, and all of them what the whole would be."""

from __future__ import annotations

from pathlib import Path

from adapters.formats.tabular import parse
from adapters.formats.tabular.dataset import opened
from adapters.formats.tabular.shares import is_shareable, shares
from adapters.formats.tabular.table import KeptOut
from conformance.issue import Issue


def export(folder: Path) -> Path:
    people = [f"P{number},Ann,Hill,1980-02-{number % 31 + 1:02},2026-01-01 08:00:00" for number in range(60)]
    stays = [
        f"E{number},P{number % 60},R1,2026-01-{number % 28 + 1:02},H{number},2026-01-01 08:00:00"
        for number in range(150)
    ]
    people += [people[3], people[4].replace("Hill", "Hull")]
    files = {
        "Export.csv": ["ExportID,SourceType,CSVVersion", "X1,1,2026 v1.0"],
        "Client.csv": ["PersonalID,FirstName,LastName,DOB,DateUpdated", *people],
        "Project.csv": ["ProjectID,OrganizationID,ProjectName,OperatingStartDate", "R1,O1,Night,2019-01-01"],
        "Enrollment.csv": [
            "EnrollmentID,PersonalID,ProjectID,EntryDate,HouseholdID,DateUpdated",
            *stays,
            "E999,P999,R1,2026-01-01,,",
        ],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines))
    return folder


def test_shares_together_are_the_whole(tmp_path: Path) -> None:
    whole = parse(export(tmp_path))
    assert whole.value is not None
    issues: list[Issue] = []
    out: list[KeptOut] = []
    reading = opened(tmp_path)
    assert is_shareable(reading)
    parts = list(shares(reading, issues.append, out.append, size=1000))
    assert len(parts) > 5
    for name, rows in whole.value.root.items():
        together = [dict(row) for part in parts for row in part[name]]
        if name in ("Export", "Project"):
            assert all([dict(row) for row in part[name]] == [dict(row) for row in rows] for part in parts)
        else:
            assert sorted(map(str, together)) == sorted(str(dict(row)) for row in rows)
    assert sorted((one.code, one.at.line or 0) for one in issues) == sorted(
        (one.code, one.at.line or 0) for one in whole.issues
    )
    assert [(one.code, one.line) for one in out] == [(one.code, one.line) for one in whole.value.root.kept_out]


def test_a_person_is_in_one_share_with_all_rows(tmp_path: Path) -> None:
    seen: dict[str, int] = {}
    for number, part in enumerate(shares(opened(export(tmp_path)), lambda one: None, lambda one: None, size=1000)):
        for name in ("Client", "Enrollment"):
            for row in part[name]:
                assert seen.setdefault(row["PersonalID"], number) == number
                assert row.where("PersonalID").source == f"{name}.csv"
                assert row.raw("PersonalID") == row["PersonalID"]


def test_tables_of_services_are_taken_apart_by_what_they_are_about(tmp_path: Path) -> None:
    count = 40
    organizations = [f"O{number},Hub {number},Meals" for number in range(count)]
    services = [f"S{number},O{number % 7},Meals,active,G1" for number in range(count)]
    phones = [f"T{number},S{number},315-555-{number:04}" for number in range(count)]
    files = {
        "organizations.csv": ["id,name,description", *organizations],
        "services.csv": ["id,organization_id,name,status,program_id", *services],
        "phones.csv": ["id,service_id,number", *phones],
        "programs.csv": ["id,organization_id,name", "G1,O1,Meals on wheels"],
    }
    for name, lines in files.items():
        (tmp_path / name).write_text("\n".join(lines))
    parts = list(shares(opened(tmp_path), lambda one: None, lambda one: None, size=300))
    assert len(parts) > 5
    for part in parts:
        assert [row["id"] for row in part["program"]] == ["G1"]
        assert {row["service_id"] for row in part["phone"]} == {row["id"] for row in part["service"]}
    assert sum(len(part["organization"]) for part in parts) == count


def test_tables_of_no_known_kind_are_not_taken_apart(tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_text("colour,shape,weight\nred,round,1\n")
    assert not is_shareable(opened(tmp_path))
