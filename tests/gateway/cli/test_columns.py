"""The account of tables by column: in the ledger's lines and in `explain`, for a few rows and for many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.columns import MOST_ROWS
from tests.gateway.cli.conftest import Call

HEAD = "MemberID,SubscriberID,LastName,FirstName,BirthDate,Zip,Shoe size"


def rows(count: int) -> str:
    lines = (f"M{number},S1,Hill,Ann,1980-02-03,13501,{number % 5 or ''}" for number in range(count))
    return "\n".join((HEAD, *lines, "B1,S1,Hull,Bo,1980-02-31,13501,", ""))


def ledger(call: Call, *more: str) -> dict[str, Any]:
    call("convert", "members.csv", "--to", "fhir", "-o", "out/", "--ledger", "l.jsonl", *more)
    (line,) = Path("l.jsonl").read_text().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def columns(line: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each.pop("column"): each for each in line["columns"]}


def test_a_small_table_has_its_cells_and_its_columns(call: Call) -> None:
    Path("members.csv").write_text(rows(9))
    line = ledger(call)
    found = columns(line)
    assert found["members.birth_date"] == {
        "filled": 10,
        "mapped": 9,
        "unmapped": 1,
        "targets": ["Patient.birthDate"],
        "reasons": {"left out: CSV-0101": 1},
    }
    assert found["members.Shoe size"] == {"filled": 7, "unmapped": 7, "reasons": {"no rule reads it": 7}}
    assert sum(line["counts"].values()) == len(line["rows"]) == sum(each["filled"] for each in found.values())
    told = call("explain", "members.csv").out
    assert "members.birth_date" in told
    assert 'row 11, column E "BirthDate", left out (CSV-0101)' in told
    assert "10 rows, " in told
    lacking = call("explain", "members.csv", "--unmapped").out
    assert "members.Shoe size" in lacking
    assert "members.zip" not in lacking


def test_of_a_large_table_columns_alone_are_told(call: Call) -> None:
    Path("members.csv").write_text(rows(MOST_ROWS))
    line = ledger(call)
    assert "rows" not in line
    assert columns(line)["members.last_name"]["mapped"] == MOST_ROWS + 1


def test_shares_are_one_account(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("members.csv").write_text(rows(2000))
    whole = ledger(call)
    asked = call("explain", "members.csv").out
    monkeypatch.setattr("gateway.datasets.LARGE", 1000)
    monkeypatch.setattr("adapters.formats.tabular.shares.BYTES", 20_000)
    shared = ledger(call)
    assert shared["counts"] == whole["counts"]
    assert columns(shared) == columns(whole)
    assert call("explain", "members.csv").out.splitlines()[-1] == asked.splitlines()[-1]
