"""Bare conversion and validation over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import convert
from gateway.web.services import GaveUpError, MistakeError, UnavailableError
from tests.gateway.web.small import ADT, PATIENT, Small

HL7 = {"content_type": "application/hl7-v2"}
FHIR = {"content_type": "application/fhir+json"}


def test_conversion_gives_what_the_python_api_gives(client: FlaskClient) -> None:
    answer = client.post("/api/v1/convert?to=fhir", data=ADT, **HL7)
    made = convert(ADT, to="fhir")
    assert (answer.status_code, answer.content_type) == (200, "application/fhir+json")
    assert answer.json == json.loads(json.dumps(made.value, default=float))
    warnings = sum(1 for one in made.issues if one.severity == "warning")
    assert f"warning={warnings}" in answer.headers["Issues"]


def test_the_full_answer_has_issues_and_ledger(client: FlaskClient) -> None:
    answer: Any = client.post("/api/v1/convert?to=fhir&answer=full", data=ADT, **HL7).json
    made = convert(ADT, to="fhir")
    assert made.ledger is not None
    assert answer["media_type"] == "application/fhir+json"
    assert answer["value"]["resourceType"] == "Bundle"
    assert answer["outcome"]["resourceType"] == "OperationOutcome"
    assert sum(answer["counts"].values()) == len(answer["rows"]) == len(made.ledger.rows())


def test_there_and_back(client: FlaskClient) -> None:
    bundle = client.post("/api/v1/convert?to=fhir", data=ADT, **HL7).data
    back = client.post("/api/v1/convert?to=hl7v2", data=bundle, **FHIR)
    assert (back.status_code, back.content_type) == (200, "application/hl7-v2")
    assert back.data.startswith(b"MSH|^~\\&|")


def test_a_bundle_in_lines(client: FlaskClient) -> None:
    answer = client.post("/api/v1/convert?to=fhir&bundle=ndjson", data=ADT, **HL7)
    assert answer.content_type == "application/fhir+ndjson"
    assert next(json.loads(line)["resourceType"] for line in answer.data.splitlines()) == "MessageHeader"
    full: Any = client.post("/api/v1/convert?to=fhir&bundle=ndjson&answer=full", data=ADT, **HL7).json
    assert isinstance(full["value"], list)


def test_the_content_says_what_it_is_when_the_media_type_does_not(client: FlaskClient) -> None:
    answer = client.post("/api/v1/convert?to=fhir", data=ADT, content_type="application/octet-stream")
    assert answer.json["resourceType"] == "Bundle"  # type: ignore[index]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("to=docx", 400),
        ("to=fhir&as=nothing@1", 400),
        ("to=fhir&map=no-such-map", 400),
        ("to=fhir&to=fhir", 400),
        ("to=fhir&bundle=box", 400),
        ("to=fhir&colour=red", 400),
        ("to=fhir&bundle=document", 422),
    ],
)
def test_what_is_not_there_is_said(client: FlaskClient, query: str, status: int) -> None:
    answer = client.post(f"/api/v1/convert?{query}", data=ADT, **HL7)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["issues"]  # type: ignore[index]


def test_several_documents_are_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/convert?to=fhir", data=ADT + ADT, **HL7)
    assert answer.status_code == 400
    assert "2 documents" in answer.text


def test_what_can_not_be_read_has_its_issues(client: FlaskClient) -> None:
    answer = client.post("/api/v1/convert?to=fhir", data=b"nonsense", **HL7)
    assert answer.status_code == 422
    assert answer.json["issues"][0]["severity"] in ("fatal", "error")  # type: ignore[index]


def test_validation_gives_an_outcome_whatever_is_found(client: FlaskClient) -> None:
    fine = client.post("/api/v1/validate", data=PATIENT, **FHIR)
    assert (fine.status_code, fine.content_type) == (200, "application/fhir+json")
    bad = client.post("/api/v1/validate", data=PATIENT.replace(b"female", b"femail"), **FHIR)
    assert bad.status_code == 200
    assert "error=0" not in bad.headers["Issues"]
    assert "femail" not in bad.text
    quoted = client.post("/api/v1/validate?found=true", data=PATIENT.replace(b"female", b"femail"), **FHIR)
    assert "femail" in quoted.text


def test_validation_by_profile(client: FlaskClient) -> None:
    answer = client.post("/api/v1/validate?profile=adt-cms-enotification", data=ADT, **HL7)
    assert answer.status_code == 200
    unknown = client.post("/api/v1/validate?profile=adt-cms-enotification&profile=nothing", data=ADT, **HL7)
    assert unknown.status_code == 400


@pytest.mark.parametrize("profile", ["/etc/passwd", "../../pyproject.toml", "pyproject.toml", "./x.yaml"])
def test_profiles_are_never_files(client: FlaskClient, profile: str) -> None:
    answer = client.post("/api/v1/validate", query_string={"profile": profile}, data=ADT, **HL7)
    assert answer.status_code == 400
    assert "there is no profile" in answer.text


@pytest.mark.parametrize(
    ("error", "status"), [(GaveUpError(), 422), (UnavailableError(), 503), (MistakeError("KeyError@map:7"), 500)]
)
def test_work_that_does_not_end_well(
    client: FlaskClient, small: Small, logged: list[str], error: Exception, status: int
) -> None:
    def raises(*_: Any) -> Any:
        raise error

    small.computes = raises
    answer = client.post("/api/v1/convert?to=fhir", data=ADT, **HL7)
    assert answer.status_code == status
    if status == 500:
        assert any('"reason": "KeyError@map:7"' in line for line in logged)
        assert "KeyError" not in answer.text
