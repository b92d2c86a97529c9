"""The same issues as OperationOutcome, ERR values and a table; what was found is shown only when asked for."""

from __future__ import annotations

import json

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from conformance.catalogue import codes, issue
from conformance.issue import Issue, Where
from conformance.render.err import TABLE_0357, err_values, location
from conformance.render.operation_outcome import SYSTEM, operation_outcome
from conformance.render.table import aligned, summary, table

SECRET = "Doe^Jane"
ISSUES: list[Issue] = [
    issue("JSON-0004", Where(source="a.json", path="Patient.name[0].family", line=3, column=7), found=SECRET),
    issue("JSON-0003", Where(path="PID-5[1].2"), found=SECRET),
    issue("JSON-0001", problem="expecting value"),
]


def test_an_outcome_says_what_where_and_by_which_rule() -> None:
    outcome = operation_outcome(ISSUES)
    OperationOutcome.model_validate(outcome)
    first, second, third = outcome["issue"]
    assert first["severity"] == "error"
    assert first["code"] == "duplicate"
    assert first["details"]["coding"] == [{"system": SYSTEM, "code": "JSON-0004", "display": "Duplicate property"}]
    assert first["expression"] == ["Patient.name[0].family"]
    extensions = {one["url"].rpartition("/")[2]: one for one in first["extension"]}
    assert extensions["operationoutcome-file"]["valueString"] == "a.json"
    assert extensions["operationoutcome-issue-line"]["valueInteger"] == 3
    assert extensions["operationoutcome-issue-col"]["valueInteger"] == 7
    assert second["location"] == ["PID-5[1].2"]
    assert "expression" not in second
    assert "location" not in third


def test_no_issues_are_an_outcome_too() -> None:
    (only,) = operation_outcome([])["issue"]
    assert only["severity"] == "information"
    OperationOutcome.model_validate(operation_outcome([]))


def test_what_was_found_is_shown_only_when_asked_for() -> None:
    assert SECRET not in json.dumps(operation_outcome(ISSUES))
    assert operation_outcome(ISSUES, found=True)["issue"][0]["diagnostics"] == SECRET
    assert SECRET not in table(ISSUES)
    assert SECRET in table(ISSUES, found=True)
    assert not any(SECRET in "".join(part) for one in ISSUES for part in err_values(one).values())


def test_a_table_is_aligned_and_has_one_line_for_each_issue() -> None:
    lines = table(ISSUES).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("error    JSON-0004  a.json:3:7 Patient.name[0].family  the property")
    assert lines[1].index("PID-5") == lines[0].index("a.json")
    assert table([]) == aligned([]) == ""


def test_a_summary_counts() -> None:
    assert summary(ISSUES) == "1 fatal, 1 error, 1 warning"
    assert summary([ISSUES[0], ISSUES[0]]) == "2 errors"
    assert summary([]) == "no issues"


@pytest.mark.parametrize(
    ("path", "components"),
    [
        ("PID", ("PID", "1")),
        ("PID-5", ("PID", "1", "5", "1")),
        ("OBX[3]-5[2].1.4", ("OBX", "3", "5", "2", "1", "4")),
        ("Patient.name", ()),
        ("", ()),
    ],
)
def test_a_path_is_an_error_location(path: str, components: tuple[str, ...]) -> None:
    assert location(path) == components


def test_err_values_are_those_of_the_standard() -> None:
    assert err_values(ISSUES[1]) == {
        2: ("PID", "1", "5", "1", "2"),
        3: ("0", "Message accepted", "HL70357"),
        4: ("W",),
        5: ("JSON-0003", "Byte order mark", "L"),
        8: ("the text begins with a byte order mark, which was left out",),
    }


def test_every_code_has_an_error_condition_of_table_0357() -> None:
    assert {row.err for row in codes()} <= set(TABLE_0357)
