"""What cells say: text as sent to the normalised text of the column's type, or a finding and no value."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.tabular import dates
from conformance.tabular.schema import Column, Order
from conformance.tabular.values import Cell, reader


def read(column: Column, text: str, order: Order = "", choices: dict[str, str] | None = None) -> Cell:
    return reader(column, lambda: order, frozenset(), comma=False, epoch1904=False, choices=choices)(text)


def cell(type_: str, text: str, **words: Any) -> tuple[str, str]:
    found = read(Column(name=words.pop("name", "x"), type=type_, **words), text)
    return found.value, found.code


@pytest.mark.parametrize(
    ("text", "order", "value", "code"),
    [
        ("2026-03-02", "", "2026-03-02", ""),
        ("2026/3/2", "", "2026-03-02", ""),
        ("20260302", "", "2026-03-02", ""),
        ("02.04.2026", "DMY", "2026-04-02", ""),
        ("02/04/2026", "MDY", "2026-02-04", ""),
        ("02/04/2026", "", "", "CSV-0102"),
        ("04/04/2026", "", "2026-04-04", ""),
        ("25/04/2026", "", "2026-04-25", ""),
        ("04/25/2026", "DMY", "2026-04-25", ""),
        ("14-Jan-2026", "", "2026-01-14", ""),
        ("Wednesday, January 14, 2026", "", "2026-01-14", ""),
        ("3rd March 2026", "", "2026-03-03", ""),
        ("15/08/58", "", "1958-08-15", "CSV-0104"),
        ("15/08/05", "", "2005-08-15", "CSV-0104"),
        ("1985", "", "1985", ""),
        ("2024-03", "", "2024-03", ""),
        ("03/2024", "", "2024-03", ""),
        ("46056", "", "2026-02-03", "CSV-0106"),
        ("46056.5", "", "2026-02-03T12:00:00", "CSV-0106"),
        ("2026-03-09T10:00:00-0400", "", "2026-03-09T10:00:00-04:00", ""),
        ("2026-03-09 10:00Z", "", "2026-03-09T10:00:00Z", ""),
        ("2026-03-09 10:00:05.25 +02:00", "", "2026-03-09T10:00:05.25+02:00", ""),
        ("3/14/2026 2:30 PM", "", "2026-03-14T14:30:00", "CSV-0105"),
        ("3/14/2026 12:05 am", "", "2026-03-14T00:05:00", "CSV-0105"),
        ("0000-00-00", "", "", "CSV-0103"),
        ("00/00/0000", "", "", "CSV-0103"),
        ("1/1/1900", "", "", "CSV-0103"),
        ("9999-12-31", "", "", "CSV-0103"),
        ("1988-02-30", "", "", "CSV-0101"),
        ("31/09/1995", "", "", "CSV-0101"),
        ("19900230", "", "", "CSV-0101"),
        ("13/13/1990", "", "", "CSV-0101"),
        ("3/14/2026 25:00", "", "", "CSV-0101"),
        ("3/14/2026 10:00 +99:00", "", "", "CSV-0101"),
        ("soon", "", "", "CSV-0101"),
        ("1" * 100, "", "", "CSV-0101"),
    ],
)
def test_dates(text: str, order: Order, value: str, code: str) -> None:
    found = dates.read(text, lambda: order)
    assert (found.value, found.code) == (value, code)


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    assert dates.read("44594", lambda: "", epoch1904=True).value == "2026-02-03"


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2026", "13/02/2026"], "DMY"),
        (["01/02/2026", "02/13/2026"], "MDY"),
        (["01/02/2026", "2/3/2026"], ""),
        (["13/02/2026", "02/13/2026"], ""),
        (["2026-01-02", "", "n/a"], ""),
    ],
)
def test_a_column_proves_the_order_of_its_dates(texts: list[str], order: Order) -> None:
    assert dates.proven(texts) == order


@pytest.mark.parametrize(
    ("type_", "text", "value", "code"),
    [
        ("text", "  Ann\u00a0", "Ann", ""),
        ("text", "NULL", "", ""),
        ("text", "Null", "Null", ""),
        ("text", "Nan", "Nan", ""),
        ("text", "N/A", "", ""),
        ("text", "-", "", ""),
        ("text", "'=1+1", "=1+1", ""),
        ("text", "''=1+1", "'=1+1", ""),
        ("text", "'tis", "'tis", ""),
        ("text", "1.03E+11", "", "CSV-0107"),
        ("text", "#REF!", "", "CSV-0121"),
        ("text", "#####", "", "CSV-0121"),
        ("id", "00123", "00123", ""),
        ("id", "123.0", "123", ""),
        ("id", "7,001E+11", "", "CSV-0107"),
        ("id", "12E4", "12E4", ""),
        ("id", "unknown", "", ""),
        ("boolean", "Y", "true", ""),
        ("boolean", "x", "true", ""),
        ("boolean", "✓", "true", ""),
        ("boolean", "1", "true", ""),
        ("boolean", "FALSE", "false", ""),
        ("boolean", "0", "false", ""),
        ("boolean", "-", "", ""),
        ("boolean", "perhaps", "", "CSV-0111"),
        ("integer", "4.0", "4", ""),
        ("integer", "1,234", "1234", ""),
        ("integer", "4.5", "", "CSV-0111"),
        ("decimal", "$1,234.50", "1234.50", ""),
        ("decimal", "943.50", "943.50", ""),
        ("decimal", "-12", "-12", ""),
        ("decimal", "12 lbs", "", "CSV-0111"),
        ("zip", "1005", "01005", "CSV-0118"),
        ("zip", "501", "00501", "CSV-0118"),
        ("zip", "13501-2299", "13501-2299", ""),
        ("zip", "135012299", "13501-2299", ""),
        ("zip", "10051234", "01005-1234", "CSV-0118"),
        ("zip", "K1A 0B1", "K1A 0B1", ""),
        ("zip", "Main St 5, Rome", "", "CSV-0111"),
        ("phone", "(518) 555-0171", "(518) 555-0171", ""),
        ("phone", "518.555.0172", "518.555.0172", ""),
        ("phone", "5185550172", "5185550172", ""),
        ("phone", "+1 518 555 0172", "+1 518 555 0172", ""),
        ("phone", "518-555-0174 x12", "518-555-0174 x12", ""),
        ("phone", "000-000-0000", "", ""),
        ("phone", "845-555-0101 ask for Itzel", "845-555-0101", "CSV-0119"),
        ("phone", "no phone", "", "CSV-0119"),
        ("phone", "N/A", "", ""),
        ("phone", "12", "", "CSV-0111"),
        ("phone", "51855501720000000000000", "", "CSV-0111"),
        ("email", "a@example.org", "a@example.org", ""),
        ("email", "a at example", "", "CSV-0111"),
    ],
)
def test_types(type_: str, text: str, value: str, code: str) -> None:
    assert cell(type_, text) == (value, code)


def test_words_beside_a_telephone_number_are_a_cell_of_their_own() -> None:
    assert read(Column(name="phone", type="phone"), "413-555-0121 (daughter Pia)").more == (
        ("phone_note", "daughter Pia"),
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Lévesque, Amélie", {"last_name": "Lévesque", "first_name": "Amélie"}),
        ("Ruiz Ortega, José Luís", {"last_name": "Ruiz Ortega", "first_name": "José", "middle_name": "Luís"}),
    ],
)
def test_a_name_with_a_comma_is_told_apart(text: str, parts: dict[str, str]) -> None:
    assert dict(read(Column(name="name", type="name"), text).more) == parts


@pytest.mark.parametrize("text", ["Madonna", "Ann Hill", "Hill, Ann, MD"])
def test_any_other_name_stays_whole(text: str) -> None:
    assert read(Column(name="name", type="name"), text) == Cell(text)


SEX = {"male": "male", "m": "male", "1": "male", "female": "female"}


@pytest.mark.parametrize(
    ("text", "other", "value", "code"),
    [
        ("M", "drop", "male", ""),
        ("1.0", "drop", "male", ""),
        ("1 - Male", "drop", "male", ""),
        ("Male (M)", "drop", "male", ""),
        ("many", "drop", "", "CSV-0112"),
        ("many", "tell", "many", "CSV-0117"),
        ("many", "keep", "many", ""),
        ("Other: agender", "drop", "Other: agender", ""),
    ],
)
def test_codes_of_a_list(text: str, other: Any, value: str, code: str) -> None:
    assert cell("code", text, values=SEX, other=other) == (value, code)


@pytest.mark.parametrize(
    ("system", "text", "value", "code"),
    [
        ("loinc", "la32-8", "LA32-8", ""),
        ("loinc", "LA28397-0 - Often true", "LA28397-0", ""),
        ("loinc", "LA28580-1;LA31998-0", "LA28580-1;LA31998-0", ""),
        ("loinc", "LA28580-1 - Mold; LA31998-0 - Lack of heat", "LA28580-1;LA31998-0", ""),
        ("loinc", "LA28580-1;LA31998-1", "LA28580-1", "CSV-0114"),
        ("loinc", "LA31994-7", "", "CSV-0114"),
        ("loinc", "Mold", "", "CSV-0116"),
        ("snomed", "405672008", "405672008", ""),
        ("snomed", "405672009", "", "CSV-0114"),
        ("icd10cm", "Z59.41 - Food insecurity", "Z59.41", ""),
        ("icd10cm", "z5941", "Z59.41", ""),
        ("icd10cm", "Z59.0", "", "CSV-0115"),
        ("icd10cm", "Z59.99", "", "CSV-0116"),
        ("icd10cm", "E11.9", "E11.9", ""),
    ],
)
def test_codes_of_a_system(system: Any, text: str, value: str, code: str) -> None:
    assert cell("code", text, system=system, separator=";", values={}) == (value, code)


def test_the_right_code_is_named_where_only_the_check_digit_is_wrong() -> None:
    found = read(Column(name="x", type="code", system="loinc"), "LA31994-7")
    assert found.words["hint"] == "; LA31994-9 would be right"


def test_billable_codes_below_a_header_are_named() -> None:
    found = read(Column(name="x", type="code", system="icd10cm"), "Z59.0")
    assert found.words["successors"] == "Z59.00, Z59.01, Z59.02"


@pytest.mark.parametrize(
    ("question", "text", "value", "code"),
    [
        ("88122-7", " Never true ", "LA28398-8", ""),
        ("88122-7", "never TRUE.", "LA28398-8", ""),
        ("88122-7", "LA28398-8", "LA28398-8", ""),
        ("88122-7", "Mostly true", "", "CSV-0113"),
        ("93030-5", "Y", "LA33-6", ""),
        ("93030-5", "0", "LA32-8", ""),
        ("95618-5", "3", "LA10082-8", ""),
        ("96778-6", "Mold; Lack of heat", "LA28580-1;LA31998-0", ""),
        ("96778-6", "Pests such as bugs, ants, or mice", "LA31996-4", ""),
        ("96778-6", "Mold, Pests such as bugs, ants, or mice", "LA28580-1;LA31996-4", ""),
        ("96778-6", "None", "", "CSV-0113"),
        ("71802-3", "I do not have a steady place to live (staying with others)", "LA31995-6", ""),
    ],
)
def test_answers(question: str, text: str, value: str, code: str) -> None:
    column = Column(name=question, type="answer", question=question, separator=";")
    found = reader(column, lambda: "", frozenset(), comma=False, epoch1904=False, panel="96777-8")(text)
    assert (found.value, found.code) == (value, code)


def test_a_sender_says_what_its_numbers_stand_for() -> None:
    column = Column(name="93026-3", type="answer", question="93026-3")
    choices = {"1": "Yes", "0": "No", "77": "I choose not to answer this question"}
    assert read(column, "77", choices=choices).value == "LA30122-8"
    assert read(column, "9", choices=choices).code == "CSV-0113"


def test_a_number_with_a_decimal_comma() -> None:
    column = Column(name="x", type="decimal")
    comma = reader(column, lambda: "", frozenset(), comma=True, epoch1904=False)
    assert [comma(text).value for text in ("12,5", "1.234,50", "12.5")] == ["12.5", "1234.50", "12.5"]
