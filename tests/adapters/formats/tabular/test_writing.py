"""Datasets as CSV: stable columns, safe in spreadsheets, read back as they were; rows kept out, mended, read again."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.formats.tabular import FORMAT, parse
from adapters.formats.tabular.quarantine import Writer, file_name
from adapters.formats.tabular.table import Dataset, Row, Table
from adapters.formats.tabular.write import files, guarded, render
from conformance.document import Document
from conformance.tabular import kinds

ROSTER = "MemberID,SubscriberID,LastName,FirstName,BirthDate,Zip"


def made(kind: str, **tables: list[dict[str, str]]) -> Document:
    dataset = Dataset(kind)
    for name, rows in tables.items():
        dataset[name] = Table(name, (Row(row) for row in rows))
    return Document(format="csv", version=kind, root=dataset)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
        ("+1 518 555 0101", "'+1 518 555 0101"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-x", "'-x"),
        ("'=x", "''=x"),
        ("\tx", "'\tx"),
        ("-12.5", "-12.5"),
        ("+5", "+5"),
        ("a=b", "a=b"),
    ],
)
def test_a_cell_that_would_be_a_formula_is_text(cell: str, written: str) -> None:
    assert guarded(cell) == written


def test_columns_stand_in_the_order_of_the_schema_others_behind() -> None:
    document = made("roster", members=[{"zip": "01005", "person_id": "M1", "shoe size": "9"}])
    (content,) = files(document, raw=True).values()
    header = content.decode().split("\r\n")[0].split(",")
    schema = kinds.shipped("roster").value
    assert schema is not None
    assert header == [*(column.name for column in schema.tables[0].columns), "shoe size"]


def test_several_tables_are_an_archive_named_as_the_standard_names_them() -> None:
    document = made("hmis@fy2026", Client=[{"PersonalID": "P1"}], Exit=[{"ExitID": "X1"}])
    first, second = (render(document).value for _ in range(2))
    assert first is not None
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["Client.csv", "Exit.csv"]


def test_machines_get_the_cells_alone() -> None:
    document = made("", things=[{"note": "=1+1"}])
    assert render(document, raw=True).value == b"note\r\n=1+1\r\n"
    assert render(document).value == b"\xef\xbb\xbfnote\r\n'=1+1\r\n"


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf")), min_size=1, max_size=12).filter(
    lambda text: any(map(str.isalpha, text))
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(TEXT, TEXT | st.sampled_from(["=1+1", "'=x", "+x", "-x", "@x", "'-"])), min_size=1, max_size=5),
    st.booleans(),
)
def test_what_is_written_is_read_as_it_was(cells: list[tuple[str, str]], raw: bool) -> None:
    rows = [{"colour of it": f"c{number} {one}", "size": other} for number, (one, other) in enumerate(cells)]
    content = render(made("", things=rows), raw=raw).value
    assert content is not None
    result = parse(content, "things.csv")
    assert result.value is not None
    back = [dict(row) for row in result.value.root["things"]]
    if not raw:  # a machine that wants an apostrophe in front of a formula can't tell it from ours
        assert back == rows


@pytest.mark.parametrize("name", ["ny1115", "ahc-wide", "referrals", "roster", "foodbank", "hmis-fy2024", "hsds"])
def test_samples_are_the_same_when_written_and_read_again(name: str, shared: Path) -> None:
    first = parse(shared / "samples/csv" / name).value
    assert first is not None
    content = FORMAT.render(first).value
    assert content is not None
    again = parse(content, "again.zip" if content[:2] == b"PK" else f"{first.version}.csv").value
    assert again is not None
    assert again.version.partition("@")[0] == first.version.partition("@")[0]
    for table, rows in first.root.items():
        if rows:
            assert sorted(map(sorted, (row.items() for row in again.root[table]))) == sorted(
                map(sorted, (row.items() for row in rows))
            ), table


def kept_out(folder: Path, text: str) -> list[list[str]]:
    result = parse(text.encode(), "members.csv")
    assert result.value is not None
    with Writer(folder) as writer:
        for one in result.value.root.kept_out:
            writer.add(one)
    (file,) = folder.iterdir()
    return list(csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline="")))


def test_rows_kept_out_can_be_mended_and_read_again(tmp_path: Path) -> None:
    text = f"{ROSTER}\n1.03E+11,S1,Hill,Ann,1980-02-03,13501\nM2,S1,Hull, Jr.,Bo,1980-02-03,13501\n,S1,=x,Cy,,13501\n"
    header, *rows = kept_out(tmp_path / "bad", text)
    assert header[:2] == ["MemberID", "SubscriberID"]
    assert header[-6:] == [f"kept out: {each}" for each in ("line", "row", "column", "value", "code", "reason")]
    assert [(row[-6], row[-4], row[-3], row[-2]) for row in rows] == [
        ("2", "MemberID", "1.03E+11", "CSV-0107"),
        ("3", "", "13501", "CSV-0011"),
        ("4", "MemberID", "", "CSV-0108"),
    ]
    (file,) = (tmp_path / "bad").iterdir()
    mended = [header, *(["M" + row[-6], *row[1:]] for row in rows)]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(mended)
    file.write_text(out.getvalue())
    again = parse(tmp_path / "bad")
    assert again.value is not None
    assert again.value.version == "roster"
    assert [row["person_id"] for row in again.value.root["members"]] == ["M2", "M3", "M4"]
    assert again.value.root["members"][2]["last_name"] == "=x"
    assert not [name for row in again.value.root["members"] for name in row if name.startswith("kept out")]


def test_a_short_row_that_nobody_mended_is_kept_out_again(tmp_path: Path) -> None:
    text = "PATIENT_MR_ID_VALUE,GIVEN_NAME,PATIENT_BIRTH_DATE,FAMILY_NAME\nP1,Ann\nP2,Bo,1980-02-03,Hill\n"
    result = parse(text.encode(), "SDOH_PtInfo_X.csv")
    assert result.value is not None
    with Writer(tmp_path) as writer:
        for one in result.value.root.kept_out:
            writer.add(one)
    again = parse(tmp_path)
    assert again.value is not None
    assert len(again.value.root["PtInfo"]) == 0
    assert [one.line for one in again.value.root.kept_out] == [2]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("clients.csv", "clients.kept-out.csv"),
        ("book.xlsx#Visits", "book.Visits.kept-out.csv"),
        ("../../etc/passwd.csv", "passwd.kept-out.csv"),
        ("noname", "noname.kept-out.csv"),
    ],
)
def test_files_of_rows_kept_out_are_named_after_their_source(source: str, name: str) -> None:
    assert file_name(source) == name
