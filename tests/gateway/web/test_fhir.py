"""The FHIR side as a FHIR client sees it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway import validate
from gateway.web.app import create_app
from gateway.web.routes import routes
from tests.gateway.web.small import ADT, CHANNELS, MESSAGE, NOW, PATIENT, Small, settings

FHIR = {"content_type": "application/fhir+json"}


def _errors(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in outcome["issue"] if one["severity"] in ("fatal", "error")]


def _convert(client: FlaskClient, **values: str) -> Any:
    parameters = [{"name": name, "valueString": value} for name, value in values.items()]
    return client.post("/fhir/$convert-data", json={"resourceType": "Parameters", "parameter": parameters})


def test_the_capability_statement_is_valid_and_true(client: FlaskClient) -> None:
    statement: Any = client.get("/fhir/metadata").json
    assert not _errors(validate(json.dumps(statement)))
    assert statement["date"] == NOW.isoformat()
    (rest,) = statement["rest"]
    assert "security" not in rest
    offered = {one["name"] for one in rest["operation"]}
    there = {route.path.removeprefix("/fhir/$") for route in routes() if route.path.startswith("/fhir/$")}
    assert offered == there == {"convert-data", "process-message", "validate"}
    for one in rest["resource"]:
        assert client.post(f"/fhir/{one['type']}/$validate", data=PATIENT, **FHIR).status_code == 200
    assert client.post("/fhir/Nothing/$validate", data=PATIENT, **FHIR).status_code == 404
    assert client.post("/fhir/DomainResource/$validate", data=PATIENT, **FHIR).status_code == 404


def test_the_capability_statement_follows_the_settings(small: Small, guarded: FlaskClient) -> None:
    statement: Any = guarded.get("/fhir/metadata").json
    assert "API key" in statement["rest"][0]["security"]["description"]
    small.known = {"adt": CHANNELS["adt"]}
    statement = guarded.get("/fhir/metadata").json
    assert "messaging" not in statement
    assert "process-message" not in {one["name"] for one in statement["rest"][0]["operation"]}


def test_our_own_operation_is_defined(client: FlaskClient) -> None:
    statement: Any = client.get("/fhir/metadata").json
    definition: Any = client.get("/fhir/OperationDefinition/convert-data").json
    assert definition["url"] in {one["definition"] for one in statement["rest"][0]["operation"]}
    assert not _errors(validate(json.dumps(definition)))
    assert client.get("/fhir/OperationDefinition/other").status_code == 404


def test_convert_data(client: FlaskClient) -> None:
    answer = _convert(
        client,
        inputData=ADT.decode(),
        inputDataType="Hl7v2",
        templateCollectionReference="registry/templates:default",
        rootTemplate="ADT_A03",
    )
    assert (answer.status_code, answer.content_type) == (200, "application/fhir+json")
    assert answer.json == client.post("/api/v1/convert?to=fhir", data=ADT, content_type="application/hl7-v2").json


def test_convert_data_to_a_form(client: FlaskClient) -> None:
    answer = _convert(client, inputData=ADT.decode(), inputDataType="Hl7v2", rootTemplate="alerts@1.1.0")
    assert answer.status_code == 200
    assert answer.json["type"] == "message"


ROW = {"referral_id": "RF-1", "client_id": 71, "last_name": "Rao", "date_of_birth": "1988-08-08", "phone": None,
       "need_category": "food-insecurity", "receiving_organization": "Riverbend Food Hub",
       "referral_status": "Accepted",
       "referral_sent_date": "2026-03-16", "contact_ok": True}  # fmt: skip


def test_convert_data_of_json_is_that_of_the_same_rows_or_resource(client: FlaskClient) -> None:
    cells = ["" if cell is None else str(cell) for cell in ROW.values()]
    rows = ",".join(ROW) + "\r\n" + ",".join(cells).replace("True", "true") + "\r\n"
    made = _convert(client, inputData=json.dumps([ROW]), inputDataType="Json")
    assert made.status_code == 200
    assert made.json == _convert(client, inputData=json.dumps(ROW), inputDataType="Json").json
    assert made.json == _convert(client, inputData=rows, inputDataType="Csv").json
    assert "Rao" in made.text
    same = _convert(client, inputData=PATIENT.decode(), inputDataType="Json")
    assert same.json == _convert(client, inputData=PATIENT.decode(), inputDataType="Fhir").json


def test_convert_data_of_names_in_any_script(client: FlaskClient) -> None:
    foreign = ADT.decode().replace("||M|", "||M|").replace("RIVERBEND GENERAL", "ЛІКАРНЯ Ñ")
    answer = _convert(client, inputData=foreign, inputDataType="Hl7v2")
    assert answer.status_code == 200
    assert "ЛІКАРНЯ Ñ" in answer.text


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"inputData": "MSH|", "inputDataType": "Hl7"}, 400),
        ({"inputDataType": "Hl7v2"}, 400),
        ({"inputData": "MSH|"}, 400),
        ({"inputData": "x", "inputDataType": "Json"}, 400),
        ({"inputData": "[]", "inputDataType": "Json"}, 400),
        ({"inputData": '{"a": "1", "a": "2"}', "inputDataType": "Json"}, 400),
        ({"inputData": '{"a": {"b": 1}}', "inputDataType": "Json"}, 400),
        ({"inputData": "[" * 100_000, "inputDataType": "Json"}, 400),
        ({"inputData": ADT.decode(), "inputDataType": "Hl7v2", "rootTemplate": "no-such-map"}, 400),
        ({"inputData": "hello", "inputDataType": "Hl7v2"}, 422),
        ({"inputData": "", "inputDataType": "Hl7v2"}, 422),
    ],
)
def test_convert_data_that_can_not_be_done(client: FlaskClient, values: dict[str, str], status: int) -> None:
    answer = _convert(client, **values)
    assert answer.status_code == status
    assert _errors(answer.json)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[1]",
        b"nonsense",
        b'{"resourceType":"Parameters"}',
        b'{"resourceType":"Parameters","parameter":{}}',
        b'{"resourceType":"Parameters","parameter":[1]}',
        b'{"resourceType":"Parameters","parameter":[{"name":"a"},{"name":"a"}]}',
        b'{"resourceType":"Parameters","parameter":[{"name":"inputDataType","valueInteger":1}]}',
        b'{"resourceType":"Parameters","parameter":[{"name":"inputDataType","valueString":"Fhir","valueCode":"a"}]}',
    ],
)
def test_convert_data_takes_parameters_only(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/fhir/$convert-data", data=body, **FHIR)
    assert answer.status_code == 400
    assert _errors(answer.json)  # type: ignore[arg-type]


def test_validate_takes_a_resource(client: FlaskClient) -> None:
    assert not _errors(client.post("/fhir/$validate", data=PATIENT, **FHIR).json)  # type: ignore[arg-type]
    bad = client.post("/fhir/$validate", data=PATIENT.replace(b"female", b"femail"), **FHIR)
    assert bad.status_code == 200
    assert _errors(bad.json)  # type: ignore[arg-type]
    assert "femail" not in bad.text


def test_validate_takes_parameters(client: FlaskClient) -> None:
    def asked(*more: dict[str, Any]) -> Any:
        wrapped = {"name": "resource", "resource": {**json.loads(PATIENT), "gender": "femail"}}
        body = {"resourceType": "Parameters", "parameter": [wrapped, *more]}
        return client.post("/fhir/$validate", json=body)

    assert _errors(asked().json)
    assert _errors(asked({"name": "mode", "valueCode": "create"}).json)
    assert asked({"name": "mode", "valueCode": "delete"}).status_code == 400
    core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    by_profile = asked({"name": "profile", "valueUri": core})
    assert len(_errors(by_profile.json)) > len(_errors(asked().json))
    assert client.post("/fhir/$validate", json={"resourceType": "Parameters", "parameter": []}).status_code == 400


def test_xml_is_read_too(client: FlaskClient) -> None:
    patient = '<Patient xmlns="http://hl7.org/fhir"><gender value="femail"/></Patient>'
    parameter = f'<parameter><name value="resource"/><resource>{patient}</resource></parameter>'
    wrapped = f'<Parameters xmlns="http://hl7.org/fhir">{parameter}</Parameters>'
    for body in (patient, wrapped):
        answer = client.post("/fhir/$validate", data=body, content_type="application/fhir+xml")
        assert (answer.status_code, answer.content_type) == (200, "application/fhir+json")
        assert "Patient.gender" in answer.text
        assert len(_errors(answer.json)) == 1  # type: ignore[arg-type]
    again = client.post("/api/v1/validate", data=patient, content_type="application/fhir+xml")
    assert _errors(again.json)  # type: ignore[arg-type]


def test_validate_by_profile_in_the_query(client: FlaskClient) -> None:
    core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    plain = client.post("/fhir/Patient/$validate", data=PATIENT, **FHIR).json
    narrowed = client.post("/fhir/Patient/$validate", query_string={"profile": core}, data=PATIENT, **FHIR).json
    assert len(_errors(narrowed)) > len(_errors(plain))  # type: ignore[arg-type]


def test_validate_holds_the_type_against_the_path(client: FlaskClient) -> None:
    answer = client.post("/fhir/Encounter/$validate", data=PATIENT, **FHIR)
    assert answer.status_code == 200
    codes = [one["details"]["coding"][0]["code"] for one in answer.json["issue"]]  # type: ignore[index]
    assert "HTTP-0015" in codes


def test_validate_of_what_is_no_resource_is_not_possible(client: FlaskClient) -> None:
    answer = client.post("/fhir/$validate", data=b'{"a": ', **FHIR)
    assert answer.status_code == 400
    assert _errors(answer.json)  # type: ignore[arg-type]


def test_process_message_takes_custody(client: FlaskClient, small: Small) -> None:
    answer = client.post("/fhir/$process-message", data=MESSAGE, **FHIR)
    assert answer.status_code == 202
    assert not _errors(answer.json)  # type: ignore[arg-type]
    stored = small.message(answer.headers["Message-Id"])
    assert stored is not None
    assert (stored.channel, stored.body) == ("resources", MESSAGE)


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("?async=true", MESSAGE, 400),
        ("?response-url=urn:x", MESSAGE, 400),
        ("", PATIENT, 400),
        ("", MESSAGE.replace(b'"message"', b'"batch"'), 400),
        ("", b"{", 400),
    ],
)
def test_process_message_takes_messages_only(client: FlaskClient, query: str, body: bytes, status: int) -> None:
    assert client.post(f"/fhir/$process-message{query}", data=body, **FHIR).status_code == status
    assert client.get("/api/v1/messages").json["items"] == []  # type: ignore[index]


def test_process_message_feeds_the_channel_of_the_settings(small: Small) -> None:
    small.known = {**CHANNELS, "alerts": replace(CHANNELS["resources"], name="alerts")}
    undecided = create_app(small, settings()).test_client()
    assert undecided.post("/fhir/$process-message", data=MESSAGE, **FHIR).status_code == 404
    decided = create_app(small, settings(process_message="resources")).test_client()
    assert decided.post("/fhir/$process-message", data=MESSAGE, **FHIR).status_code == 202


def test_errors_are_outcomes(client: FlaskClient) -> None:
    for path in ("/fhir/nothing", "/fhir/Patient/1", "/fhir/$unknown"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.content_type == "application/fhir+json"
        assert _errors(answer.json)  # type: ignore[arg-type]
    wrong = client.get("/fhir/$validate")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")


def test_answers_are_json_whatever_way_that_is_asked_for(client: FlaskClient) -> None:
    for query in ("_format=json", "_format=application/fhir+json", "_format=application%2Ffhir%2Bjson", "_pretty=true"):
        assert client.get(f"/fhir/metadata?{query}").status_code == 200
    assert client.get("/fhir/metadata?_format=xml").status_code == 400
    assert client.get("/fhir/metadata", headers={"Accept": "application/fhir+xml"}).status_code == 406
    assert client.get("/fhir/metadata", headers={"Accept": "application/json, */*;q=0.1"}).status_code == 200
