"""Files, folders, archives and workbooks as datasets: what is read, from where, and what is said of it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.tabular import FORMAT, parse
from adapters.formats.tabular.columns import Told
from adapters.formats.tabular.dataset import opened
from adapters.formats.tabular.dialect import sniffed
from adapters.formats.tabular.records import Record, records
from adapters.formats.tabular.table import Dataset, letter
from conformance.issue import Issue
from tests.adapters.formats.tabular.workbooks import Sheets, workbook

ROSTER = "MemberID,SubscriberID,LastName,FirstName,BirthDate,Zip"


def dataset(
    source: bytes | Path, name: str = "members.csv", told: Told | None = None
) -> tuple[Dataset, tuple[Issue, ...]]:
    result = parse(source, name, told)
    assert result.value is not None
    assert isinstance(result.value.root, Dataset)
    return result.value.root, result.issues


def codes(issues: tuple[Issue, ...]) -> list[str]:
    return [one.code for one in issues]


def test_a_row_knows_where_it_stands_and_what_was_sent() -> None:
    text = f'{ROSTER}\nM1,S1,Hill,Ann,1980-02-03,"1005"\nM2,S1,"Hi\nll",Bo,3/14/1981,13501\nM3,S1,Hull,Cy,,13501\n'
    found, issues = dataset(text.encode())
    first, second, third = found["members"]
    assert (second.line, second.number, third.line, third.number) == (3, 3, 5, 4)
    assert first.raw("zip") == "1005"
    assert str(first.where("zip")) == 'members.csv:2 row 2, column F "Zip"'
    assert str(third.where()) == "members.csv:5 row 4"
    assert codes(issues) == ["CSV-0118"]
    assert issues[0].found == "1005 (read as 01005)"


@pytest.mark.parametrize(
    ("position", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_the_letters_of_spreadsheets(position: int, name: str) -> None:
    assert letter(position) == name


def test_an_unknown_table_keeps_its_headers_and_texts() -> None:
    found, issues = dataset(b"colour,size\n red ,N/A\nblue,01\n", "things.csv")
    assert found.kind == ""
    assert [dict(row) for row in found["things"]] == [
        {"colour": "red", "size": "N/A"},
        {"colour": "blue", "size": "01"},
    ]
    assert issues == ()


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a;b;c", "1,5;2;3", "2,5;3;4"], ";"),
        (["a\tb", "1\t2,3"], "\t"),
        (["a|b|c", "1|2|3"], "|"),
        (['"a, x",b', '"1;2;3",4', '"5;6;7",8'], ","),
        (["sep=;", "a;b"], ";"),
        (["alone"], ","),
    ],
)
def test_delimiters(lines: list[str], delimiter: str) -> None:
    assert sniffed([f"{line}\n" for line in lines]).delimiter == delimiter


def all_records(text: str, width: int) -> list[Record]:
    lines = io.StringIO(text, newline="").readlines()
    return list(records(lines, sniffed(lines), width))


def test_a_quote_that_is_never_closed_costs_its_line_alone() -> None:
    rows = [f"{number},a{number},b,c,d,e" for number in range(300)]
    rows[5] = '5,"a5,b,c,d,e'
    found = all_records("\n".join(rows), 6)
    assert len(found) == 300
    assert [each.line for each in found if each.broken] == [6]
    assert found[6].cells == ["6", "a6", "b", "c", "d", "e"]


def test_two_such_quotes_do_not_swallow_what_is_between() -> None:
    rows = [f"{number},a{number},b,c,d,e" for number in range(30)]
    rows[5], rows[9] = '5,"a5,b,c,d,e', '9,a9",b,c,d,e'
    found = all_records("\n".join(rows), 6)
    assert [each.cells[0] for each in found if not each.broken] == [str(n) for n in range(30) if n not in (5,)]


@settings(max_examples=50)
@given(st.lists(st.lists(st.text(alphabet='ab",\n\r ;', max_size=6), min_size=3, max_size=3), min_size=1, max_size=8))
def test_no_line_is_lost_or_read_twice(rows: list[list[str]]) -> None:
    text = "\n".join(",".join(row) for row in rows)
    count = len(io.StringIO(text, newline="").readlines())
    found = all_records(text, 3)
    starts = [each.line for each in found]
    assert starts == sorted(set(starts))
    assert all(1 <= line <= count for line in starts)


def test_a_file_of_one_endless_line_is_bounded() -> None:
    result = parse(b"a,b\n" + b'"' + b"x" * 3_000_000, "x.csv")
    assert result.value is not None
    assert all(len(row.get("a", "")) <= 1 << 20 for row in result.value.root["x"])


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"   ", b"\xff\xfe", b"\0\0\0\0", b"PK\x03\x04nonsense", b"\xd0\xcf\x11\xe0"]
)
def test_what_is_no_table_is_told(content: bytes) -> None:
    result = parse(content, "x.csv")
    assert result.value is None
    assert result.issues


@settings(max_examples=60)
@given(st.binary(max_size=200), st.sampled_from(["", "MemberID,SubscriberID,BirthDate\n", "client,dob;x\n"]))
def test_garbage_is_never_an_exception(content: bytes, head: str) -> None:
    parse(head.encode() + content, "x.csv")
    FORMAT.sniff(content)


def test_encodings() -> None:
    text = f"{ROSTER}\nM1,S1,Muñoz,Zoë,1980-02-03,13501\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        found, _ = dataset(text.encode(encoding))
        assert found["members"][0]["last_name"] == "Muñoz", encoding
    found, issues = dataset(text.encode("cp1252"))
    assert found["members"][0]["first_name"] == "Zoë"
    assert codes(issues) == ["CSV-0002"]
    found, issues = dataset(text.replace("ñ", "ň").encode("cp1250", "replace"), told=Told(encoding="cp1250"))
    assert found["members"][0]["last_name"] == "Muňoz"
    assert issues == ()


def test_lines_of_another_encoding_are_told_each() -> None:
    raw = f"{ROSTER}\n".encode() + "M1,S1,Muñoz,Zoë,,\n".encode("cp1252") + "M2,S1,JOSÉ’S,Zoë,,\n".encode("cp1252")
    raw += "M3,S1,Muñoz,Zoë,,\n".encode()
    found, issues = dataset(raw)
    assert [row["last_name"] for row in found["members"]] == ["Muñoz", "JOSÉ’S", "Muñoz"]
    assert [(one.code, one.at.line) for one in issues] == [("CSV-0002", None), ("CSV-0003", 4)]


def test_the_declared_order_of_dates_is_taken() -> None:
    text = f"{ROSTER}\nM1,S1,Hill,Ann,03/04/1980,13501\n".encode()
    assert "birth_date" not in dataset(text)[0]["members"][0]
    assert dataset(text, told=Told(order="DMY"))[0]["members"][0]["birth_date"] == "1980-04-03"
    declared = text.replace(b"BirthDate", b"BirthDate (dd/mm/yyyy)")
    assert dataset(declared)[0]["members"][0]["birth_date"] == "1980-04-03"


def test_a_workbook_is_one_dataset() -> None:
    sheets: Sheets = {
        "Clients": [["Clients of the pantry"], [""],
                    ["Client ID", "First Name", "Last Name", "Date of Birth", "ZIP", "Medicaid?"],
                    ["C1", "Ann", "Hill", (27493, "date"), 2301, True], ["C2", "Bo", "Hull", 32874, "02301", "no"]],
        "Visits": [["Visit No", "Client ID", "Visit Date", "Pounds"], [1, "C1", (46056, "date"), 31.5],
                   [2, "C9", (46056, "date"), 1]],
    }  # fmt: skip
    raw = workbook(sheets)
    found, issues = dataset(raw, "book.xlsx")
    assert found.kind == "pantry"
    first, second = found["clients"]
    assert (first["birth_date"], first["zip"], first["medicaid"]) == ("1975-04-09", "02301", "true")
    assert second["birth_date"] == "1990-01-01"
    assert str(second.where("birth_date")) == 'book.xlsx#Clients:5 row 5, column D "Date of Birth"'
    assert dict(found["visits"][0]) == {
        "visit_id": "1",
        "person_id": "C1",
        "visit_date": "2026-02-03",
        "quantity": "31.5",
    }
    assert [(one.at.source, one.at.line) for one in issues if one.code == "CSV-0204"] == [("book.xlsx#Visits", 3)]


def test_a_workbook_that_counts_from_1904() -> None:
    sheets: Sheets = {
        "Clients": [["Client ID", "First Name", "Last Name", "Date of Birth"], ["C1", "Ann", "Hill", 31412]]
    }
    assert dataset(workbook(sheets, epoch1904=True), "b.xlsx")[0]["clients"][0]["birth_date"] == "1990-01-01"


def test_a_workbook_whose_last_cell_is_far_away_is_not_opened() -> None:
    packed, far = io.BytesIO(), b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(workbook({"A": [["a", "b"]]}))) as book, zipfile.ZipFile(packed, "w") as spoilt:
        for name in book.namelist():
            spoilt.writestr(name, book.read(name).replace(b"</sheetData>", far))
    result = parse(packed.getvalue(), "book.xlsx")
    assert result.value is None
    assert codes(result.issues) == ["CSV-0005"]


def test_an_archive_is_one_dataset_and_a_bomb_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("out/members.csv", f"{ROSTER}\nM1,S1,Hill,Ann,1980-02-03,13501\n")
        archive.writestr("__MACOSX/members.csv", "x")
        archive.writestr("readme.md", "x")
        archive.writestr("bomb.csv", b"0" * 3_000_000)
    found, issues = dataset(packed.getvalue(), "all.zip")
    assert list(found) == ["members"]
    assert [(one.code, one.at.source) for one in issues] == [("CSV-0005", "bomb.csv")]


def test_exports_of_several_days_are_read_in_the_order_of_their_dates(tmp_path: Path) -> None:
    head = "referral_id,client_id,referral_status"
    (tmp_path / "referrals_2026-03-18.csv").write_text(f"{head}\nR1,C1,Accepted\n")
    (tmp_path / "referrals_2026-03-16.csv").write_text(f"{head}\nR1,C1,Sent\nR2,C2,Sent\n")
    found, issues = dataset(tmp_path)
    assert {row["referral_id"]: row["referral_status"] for row in found["referrals"]} == {
        "R1": "accepted",
        "R2": "sent",
    }
    assert [(one.code, one.at.source) for one in issues] == [("CSV-0212", "referrals_2026-03-16.csv")]


def test_two_files_without_dates_do_not_replace_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{ROSTER}\nM1,S1,Hill,Ann,1980-02-03,13501\n")
    (tmp_path / "b.csv").write_text(f"{ROSTER}\nM1,S1,Hull,Ann,1980-02-03,13501\n")
    found, issues = dataset(tmp_path)
    assert [row["last_name"] for row in found["members"]] == ["Hill"]
    assert codes(issues) == ["CSV-0202"]


def test_batches_say_what_the_whole_says_and_keep_no_rows() -> None:
    rows = [f"M{number},S1,Hill,Ann,1980-02-{number % 31 + 1:02},13501" for number in range(2500)]
    rows[1800] = rows[3]
    rows[2100] = rows[4].replace("Hill", "Hull")
    raw = "\n".join((ROSTER, *rows)).encode()
    whole, issues = dataset(raw)
    told: list[Issue] = []
    batches = [len(rows) for _, rows in opened(raw, "members.csv").batches(told.append, lambda one: None)]
    assert max(batches) <= 1000
    assert sum(batches) == len(whole["members"]) + 2
    assert sorted((one.code, one.at.line or 0) for one in told) == sorted(
        (one.code, one.at.line or 0) for one in issues
    )


def test_redcap_with_its_dictionary_beside(tmp_path: Path) -> None:
    (tmp_path / "dictionary.csv").write_text(
        "Variable / Field Name,Form Name,Field Type,Field Label,\"Choices, Calculations, OR Slider Labels\",Note\n"
        "safe,prapare,radio,Safe,\"1, Yes | 0, No\",LOINC 93026-3\n"
        "stress,prapare,radio,Stress,\"1, Not at all | 5, Very much\",LOINC 93038-8\n"
        "prapare_transport,prapare,checkbox,Rides,\"1, No | 2, I choose not to answer this question\",LOINC 93030-5\n"
    )  # fmt: skip
    (tmp_path / "data.csv").write_text(
        "record_id,safe,stress,prapare_transport___1,prapare_transport___2\n1,0,5,1,0\n2,7,1,0,0\n"
    )
    found, issues = dataset(tmp_path)
    assert found.kind == "prapare"
    assert dict(found["screenings"][0]) == {
        "person_id": "1",
        "93026-3": "LA32-8",
        "93038-8": "LA13914-9",
        "93030-5": "LA32-8",
    }
    assert dict(found["screenings"][1]) == {"person_id": "2", "93038-8": "LA6568-5"}
    assert codes(issues) == ["CSV-0113"]


def test_hmis_says_its_version(tmp_path: Path) -> None:
    for version in ("FY2022", "2024 v1.5", "2026 v1.0"):
        (tmp_path / "Export.csv").write_text(f"ExportID,SourceType,CSVVersion,HashStatus\nE1,1,{version},1\n")
        (tmp_path / "Client.csv").write_text("PersonalID,FirstName,LastName,DOB,DateUpdated\nP1,Ann,Hill,1980-02-03,\n")
        found, _ = dataset(tmp_path)
        assert found.kind == f"hmis@fy{version.removeprefix('FY')[:4]}"


def test_a_datapackage_beside_an_unknown_table_is_its_schema(tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_text("colour,made\nred,03/04/2024\n")
    (tmp_path / "datapackage.json").write_text(
        '{"name": "things", "resources": [{"path": "things.csv", "schema": {"fields": [{"name": "colour"}, '
        '{"name": "made", "type": "date", "format": "%d/%m/%Y"}]}}]}'
    )
    found, issues = dataset(tmp_path)
    assert (found.kind, dict(found["things"][0])) == ("things", {"colour": "red", "made": "2024-04-03"})
    assert issues == ()


@pytest.mark.parametrize(
    ("head", "is_table"),
    [
        (b"a,b\n1,2\n", True),
        (b"a;b\r\n1;2\r\n3;4\r\n", True),
        (workbook({"A": [["a", "b"]]}), True),
        (b"hello, world", False),
        (b"just some\nlines of text\n", False),
        (b'{"a": 1,\n"b": 2}', False),
        (b"<a,b>\n<c,d>", False),
        (b"a,b\0\n1,2\n\x01", False),
    ],
)
def test_tables_are_recognised_by_their_first_bytes(head: bytes, is_table: bool) -> None:
    assert FORMAT.sniff(head[:4096]) is is_table


def test_a_cell_that_was_left_out_is_in_the_ledger() -> None:
    from gateway import explain

    rows = explain(f"{ROSTER}\nM1,S1,Hill,Ann,1980-02-31,13501\n", from_="csv")
    (left,) = (row for row in rows if "BirthDate" in row.path)
    assert (left.status, left.path) == ("unmapped", 'row 2, column E "BirthDate", left out (CSV-0101)')


def test_a_row_of_answers_is_no_header() -> None:
    """`No` is a header of some lists (the number of the row), and said once it counts once."""
    asked = ",".join(f"Do you need help with thing {number}?" for number in range(9))
    found, issues = dataset(f"Client ref,{asked}\n7,No,No,No,No,No,No,No,No,No\n".encode())
    assert [row.line for row in found["members"]] == [2]
    assert "CSV-0006" not in codes(issues)


def test_a_spreadsheet_of_the_standards_country_saved_the_dates(tmp_path: Path) -> None:
    (tmp_path / "Export.csv").write_text("ExportID,CSVVersion\nX,2026 v1.0\n")
    (tmp_path / "Client.csv").write_text("PersonalID,FirstName,LastName,DOB,ExportID\n7,Ana,Ruiz,4/5/1971,X\n")
    found, issues = dataset(tmp_path)
    assert [row["DOB"] for row in found["Client"]] == ["1971-04-05"]
    assert "CSV-0102" not in codes(issues)
