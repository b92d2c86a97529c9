"""SARIF 2.1.0: what its schema asks of the parts that we write, and what a reader of it needs."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from conformance.catalogue import codes, issue
from conformance.issue import Issue, Where
from conformance.render.checked import Accepted, Checked
from conformance.render.sarif import sarif, uri

SECRET = "Doe^Jane"
BAD = issue("JSON-0004", Where(source="a b/ü#1.json", path="Patient.name[0]", line=3, column=7), found=SECRET)
NOTE = issue("IO-0004", Where(source="c.txt"), formats="fhir")
CHECKED = [
    Checked(source="a b/ü#1.json", issues=(BAD, NOTE)),
    Checked(source="c.txt", accepted=(Accepted(issue=NOTE, reason="known"),)),
    Checked(source="clean.json"),
]

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
URI = {"type": "string", "format": "uri-reference", "pattern": "^[A-Za-z0-9/._~%-]+$"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
POSITIVE = {"type": "integer", "minimum": 1}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _list(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


RULE = _object(
    ["id"],
    id={"type": "string"},
    shortDescription=TEXT,
    fullDescription=TEXT,
    helpUri={"type": "string", "format": "uri", "pattern": "^https?://"},
    defaultConfiguration=_object([], level=LEVEL),
)
ARTIFACT_LOCATION = _object(["uri"], uri=URI)
LOCATION = _object(
    [],
    physicalLocation=_object(
        ["artifactLocation"],
        artifactLocation=ARTIFACT_LOCATION,
        region=_object([], startLine=POSITIVE, startColumn=POSITIVE),
    ),
    logicalLocations=_list(_object([], fullyQualifiedName={"type": "string"}), uniqueItems=True),
)
RESULT = _object(
    ["message", "ruleId", "ruleIndex"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    locations=_list(LOCATION, maxItems=1),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    suppressions=_list(
        _object(["kind"], kind={"enum": ["inSource", "external"]}, justification={"type": "string"}), uniqueItems=True
    ),
    properties={"type": "object"},
)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        ["version", "runs"],
        **{"$schema": {"type": "string", "format": "uri"}},
        version={"const": "2.1.0"},
        runs=_list(
            _object(
                ["tool"],
                tool=_object(
                    ["driver"],
                    driver=_object(
                        ["name"],
                        name={"type": "string"},
                        version={"type": "string"},
                        rules=_list(RULE, uniqueItems=True),
                    ),
                ),
                columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                artifacts=_list(_object([], location=ARTIFACT_LOCATION), uniqueItems=True),
                results=_list(RESULT),
            )
        ),
    ),
}
"""The facts of the standard's schema (sections 3.13 to 3.49) for the properties that we write; no others."""


def _run(found: bool = False) -> dict[str, Any]:
    log = json.loads(json.dumps(sarif(CHECKED, found=found, version="1.2.3")))
    jsonschema.validate(log, SCHEMA, jsonschema.Draft202012Validator)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def test_every_code_of_the_catalogue_is_a_valid_rule() -> None:
    issues = tuple(Issue(severity=row.severity, code=row.code, message=row.message, spec=row.spec) for row in codes())
    jsonschema.validate(sarif([Checked(source="a", issues=issues)]), SCHEMA)
    jsonschema.validate(sarif([]), SCHEMA)


def test_a_result_names_rule_file_region_and_path() -> None:
    run = _run()
    assert run["tool"]["driver"]["version"] == "1.2.3"
    bad = run["results"][0]
    assert run["tool"]["driver"]["rules"][bad["ruleIndex"]]["id"] == bad["ruleId"] == "JSON-0004"
    (location,) = bad["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/%C3%BC%231.json"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "Patient.name[0]"}]
    assert [one["level"] for one in run["results"]] == ["error", "note", "note"]


def test_clean_sources_are_named_and_accepted_findings_suppressed() -> None:
    run = _run()
    assert [one["location"]["uri"] for one in run["artifacts"]][-1] == "clean.json"
    assert "suppressions" not in run["results"][0]
    assert run["results"][2]["suppressions"] == [{"kind": "external", "justification": "known"}]


def test_a_fingerprint_stays_when_lines_move_and_changes_with_the_place() -> None:
    def fingerprint(**where: Any) -> str:
        one = issue("JSON-0004", Where(source="a.json", **where))
        (result,) = sarif([Checked(source="a.json", issues=(one,))])["runs"][0]["results"]
        return str(result["partialFingerprints"])

    assert fingerprint(path="Patient.id", line=3) == fingerprint(path="Patient.id", line=30)
    assert fingerprint(path="Patient.id", line=3) != fingerprint(path="Patient.name", line=3)


def test_what_was_found_is_told_only_when_asked_for() -> None:
    assert SECRET not in json.dumps(_run())
    assert _run(found=True)["results"][0]["properties"] == {"found": SECRET}


def test_the_same_issues_give_the_same_bytes() -> None:
    assert json.dumps(sarif(CHECKED)) == json.dumps(sarif(CHECKED))


def test_names_that_are_no_files_are_still_uri_references() -> None:
    assert uri("<stdin>") == "%3Cstdin%3E"
    assert uri("C:\\in\\a.json") == "C%3A/in/a.json"
