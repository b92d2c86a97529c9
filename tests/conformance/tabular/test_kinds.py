"""Which kind a dataset is, which column a header means, and what a schema's file may say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.tabular import frictionless, json_rows, kinds
from conformance.tabular.headers import match
from conformance.tabular.kinds import Sheet
from conformance.tabular.notation import read
from conformance.tabular.rules import RULES
from conformance.tabular.schema import Schema


def headers(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


@pytest.mark.parametrize("name", kinds.ids())
def test_a_shipped_kind_is_sound(name: str) -> None:
    result = kinds.shipped(name)
    assert result.issues == ()
    assert result.value is not None
    assert result.value.id == name
    for table in result.value.tables:
        names = {column.name for column in table.columns}
        assert len(names) == len(table.columns)
        assert {*table.telling, *table.latest} <= names
        assert not table.deleted or table.deleted in names
        for column in table.columns:
            target = result.value.table(column.refers[0]) if column.refers else None
            assert column.refers is None or (target is not None and target.column(column.refers[1]) is not None)
        for rule in table.rules:
            assert set(RULES[rule.name].columns(rule.words)) <= names


@pytest.mark.parametrize("name", kinds.ids())
def test_each_kind_is_known_by_its_own_headers(name: str) -> None:
    schema = kinds.shipped(name).value
    assert schema is not None
    sheets = [Sheet(f"{table.name}.csv", tuple(column.name for column in table.columns)) for table in schema.tables]
    found, tables = kinds.detect(sheets)
    assert found == name
    assert [tables[number] for number in range(len(sheets))] == [table.name for table in schema.tables]


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("pantry", "list.csv", "Client ID,First Name,Last Name,Date of Birth,ZIP"),
        ("roster", "x.csv", "MEMBER_ID,SUBSCRIBER_ID,LAST_NAME,DOB"),
        ("referrals", "x.csv", "Referral ID,Client First Name,Client Last Name,Status,Date Sent"),
        ("referrals", "x.csv", "servicerequest_id,servicerequest_status,servcierequest_authoredon"),
        ("hvs", "x.csv", "MRN,DOB,HVS Q1,HVS Q2"),
        ("ahc", "x.csv", "Patient ID,Date,1. What is your living situation today?,3. You worried that your food would "
                         "run out,4. The food you bought just didn't last,5. Lack of reliable transportation"),
        ("pantry", "clients.csv", "Client ID,First name,Last name,DOB"),
        ("hmis@fy2026", "Client.csv", "PersonalID,FirstName,LastName,DOB,Sex"),
        ("", "x.csv", "id,name,town"),
        ("", "x.csv", "colour,shape,size"),
    ],
)  # fmt: skip
def test_kinds_are_told_by_headers(name: str, file: str, text: str) -> None:
    assert kinds.detect([Sheet(file, headers(text))])[0] == name


def columns(kind: str, table: str, text: str) -> list[str]:
    schema = kinds.shipped(kind).value
    assert schema is not None
    found_table = schema.table(table)
    assert found_table is not None
    found = match(found_table, headers(text))
    return [found[number].name if number in found else "" for number in range(len(headers(text)))]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (" last-name ", "last_name"),
        ("LASTNAME", "last_name"),
        ("Family Name", "last_name"),
        ("Lastnmae", "last_name"),
        ("DOB (MM/DD/YYYY)", "birth_date"),
        ("3. Date of birth", "birth_date"),
        ("Address1", "address"),
        ("Address2", "address_2"),
        ("Addresses", ""),
        ("Colour", ""),
    ],
)
def test_headers(header: str, column: str) -> None:
    assert columns("roster", "members", f"MemberID,{header}")[1] == column


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("referral_sent_at", "referral_sent_date"),
        ("ReferralSentOn", "referral_sent_date"),
        ("Case Closed At", "closed_date"),
        ("Status Updated At", "status_date"),
        ("receiving_organization_name", "receiving_organization"),
        ("Seeker Date of Birth", "birth_date"),
        ("Applicant ZIP", "zip"),
        ("Seeker ID", "person_id"),
        ("Denied at", ""),
        ("Zip name", ""),
        ("At", ""),
    ],
)
def test_headers_that_say_when_or_what_is_named(header: str, column: str) -> None:
    assert columns("referrals", "referrals", f"Referral ID,{header}")[1] == column


@pytest.mark.parametrize(
    ("text", "panel", "code"),
    [
        ("Are you worried about losing your housing?", "", "93033-9"),
        ("7. Are you worried about losing your housing?", "93025-5", "93033-9"),
        ("Worried food would run out (88122-7)", "", "88122-7"),
        ("What colour is your house?", "", ""),
        ("Notes", "", ""),
    ],
)
def test_a_question_is_known_by_its_words(text: str, panel: str, code: str) -> None:
    assert kinds.question(text, panel) == code


def test_a_column_is_taken_once_and_its_own_name_first() -> None:
    assert columns("roster", "members", "Cell,Phone,Telephone") == ["phone_2", "phone", ""]


MISTAKES = [
    ("schema: x\ntables: {t: {columns: {a: colour}}}", "PRO-0201", 2),
    ("schema: x\ntables: {t: {columns: {a: code nothing}}}", "PRO-0201", 2),
    ("schema: x\ntables:\n  t:\n    colums: {}", "PRO-0202", 4),
    ("schema: x\ntables:\n  t: {columns: {a: {is: text, pattern: '(a+)+'}}}", "PRO-0201", 3),
    ("schema: x\ntables:\n  t: {with: [nobody]}", "PRO-0201", 3),
    ("schema: x\ntables:\n  t: {columns: {a: text}, key: [b]}", "PRO-0201", 3),
    ("schema: x\ntables:\n  t:\n    columns: {a: text}\n    rules: [{rule: period, start: a, end: b}]", "PRO-0201", 5),
    ("schema: x\nlike: nothing", "PRO-0201", 2),
    ("schema: x\norder: YDM", "PRO-0201", 2),
    ("tables: {}", "PRO-0203", 1),
    ("- a", "PRO-0203", 1),
    ("schema: [", "YAML-0001", 2),
]


@pytest.mark.parametrize(("text", "code", "line"), MISTAKES)
def test_a_mistake_in_a_schema_is_told_with_its_line(text: str, code: str, line: int) -> None:
    result = read(text.encode(), "own.yaml", kinds.parts(), kinds.load)
    assert (result.issues[0].code, result.issues[0].at.line) == (code, line)


def test_the_schema_in_the_docs_is_sound() -> None:
    text = (Path(__file__).parents[3] / "docs/csv.md").read_text(encoding="utf-8")
    block = text.partition("```yaml\n")[2].partition("```")[0]
    result = read(block.encode(), "docs/csv.md", kinds.parts(), kinds.load)
    assert result.issues == ()
    assert result.value is not None


def test_a_schema_of_ones_own_takes_shared_columns_and_another_schema() -> None:
    text = b"schema: ours\nlike: pantry\norder: DMY\ntables: {clients: {with: [person], columns: {nap: boolean}}}\n"
    schema = read(text, "ours.yaml", kinds.parts(), kinds.load).value
    assert schema is not None
    table = schema.table("clients")
    assert table is not None
    assert table.column("nap") is not None
    assert table.column("snap") is not None
    assert schema.order == "DMY"


PACKAGE = {
    "name": "pantry_export",
    "missingValues": ["", "unk"],
    "resources": [
        {"name": "people", "path": "people.csv", "schema": {
            "primaryKey": "id",
            "fields": [
                {"name": "id", "type": "string", "constraints": {"required": True}},
                {"name": "born", "type": "date", "format": "%d/%m/%Y"},
                {"name": "size", "type": "integer", "constraints": {"minimum": 1, "maximum": 9}},
                {"name": "kind", "type": "string", "constraints": {"enum": ["a", "b"]}},
                {"name": "mail", "type": "string", "format": "email"},
                {"name": "code", "type": "string", "constraints": {"pattern": "[A-Z]{2}", "unique": True}},
                {"name": "ok", "type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]},
            ]}},
        {"name": "visits", "path": "visits.csv", "schema": {
            "fields": [{"name": "person", "type": "string"}],
            "foreignKeys": [{"fields": "person", "reference": {"resource": "people", "fields": "id"}}]}},
    ],
}  # fmt: skip


def package() -> Schema:
    result = frictionless.read(json.dumps(PACKAGE).encode(), "datapackage.json")
    assert result.value is not None
    assert result.issues == ()
    return result.value


def test_a_data_package_is_a_schema() -> None:
    people, visits = package().tables
    assert people.key == ("id",)
    found = {column.name: column for column in people.columns}
    assert found["born"].order == "DMY"
    assert (found["size"].least, found["size"].most) == (1, 9)
    assert found["kind"].values == {"a": "a", "b": "b"}
    assert found["mail"].type == "email"
    assert found["code"].alone
    assert found["ok"].values == {"ja": "true", "nein": "false"}
    assert visits.columns[0].refers == ("people", "id")


def test_rows_are_checked_by_a_data_package() -> None:
    from adapters.formats.tabular import parse

    text = b"id,born,size,kind,mail,code,ok\n1,03/04/1980,2,a,a@b.org,AB,ja\n2,3/4/1981,12,c,x,AB,nein\n,unk,,,,,\n"
    result = parse(text, "people.csv", schema=package())
    assert result.value is not None
    rows = result.value.root["people"]
    assert dict(rows[0]) == {"id": "1", "born": "1980-04-03", "size": "2", "kind": "a", "mail": "a@b.org", "code": "AB",
                             "ok": "true"}  # fmt: skip
    assert sorted(one.code for one in result.issues if one.at.line == 3) == [
        "CSV-0111",
        "CSV-0111",
        "CSV-0112",
        "CSV-0203",
    ]
    assert [one.line for one in result.value.root.kept_out] == [4]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"resources": []}', '{"fields": [1]}', "[" * 100_000])
def test_a_descriptor_that_is_none_is_told(text: str) -> None:
    result = frictionless.read(text.encode(), "datapackage.json")
    assert result.value is None or not result.value.tables[0].columns
    assert result.value is not None or result.issues[0].code == "CSV-0302"


def test_a_json_schema_checks_each_row() -> None:
    schema = {
        "required": ["Name"],
        "properties": {"Size": {"type": "integer", "maximum": 3}, "OK": {"type": "boolean"}},
    }
    check = json_rows.read(json.dumps(schema).encode(), "row.json").value
    assert check is not None
    found = list(check({"size": "5", "ok": "maybe"}, {"size": "Size", "ok": "OK"}))
    assert {(one.column, one.words["keyword"]) for one in found} == {
        ("size", "maximum"),
        ("ok", "type"),
        ("Name", "required"),
    }
    assert list(check({"size": "3", "ok": "true", "Name": "x"}, {"size": "Size", "ok": "OK"})) == []


def test_a_json_schema_that_is_none_is_told() -> None:
    assert json_rows.read(b'{"type": 5}', "row.json").issues[0].code == "CSV-0302"
