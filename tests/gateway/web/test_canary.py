"""Nothing of a message gets into a log, a metric, an error's text or a URL."""

from __future__ import annotations

import ast
import json
import logging
from pathlib import Path
from typing import Any

import pytest

import gateway
from gateway.logs import FIELDS, JsonLines
from gateway.web.app import create_app
from tests.gateway.web.small import KEYS, Small, keyed, settings

CANARIES = ("Zanzibarova", "Quetzalina", "MRN-7719-4242", "912-44-7719", "CTRL-CANARY-7")
ADT = (
    b"MSH|^~\\&|EPIC|GENERAL|GW|HUB|20261101080000-0500||ADT^A01^ADT_A01|CTRL-CANARY-7|P|2.5.1\r"
    b"EVN|A01|20261101080000-0500\r"
    b"PID|1||MRN-7719-4242^^^GENERAL^MR~912-44-7719^^^SSA^SS||Zanzibarova^Quetzalina||19700101|X9Q\r"
    b"PV1|1|I|Zanzibarova|||||||||||||||||MRN-7719-4242\r"
)
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "Zanzibarova": 1,
    "gender": "Quetzalina",
    "identifier": [{"system": "912-44-7719", "value": "MRN-7719-4242"}],
    "name": [{"family": "Zanzibarova", "given": "Quetzalina"}],
}
SECRET = ("Zanzibarova", "Quetzalina", "MRN-7719-4242", "912-44-7719")
"""Not in answers either, except where the document itself or a list of messages is asked for."""


def test_canaries_stay_where_they_are(small: Small, logged: list[str]) -> None:
    client = create_app(small, settings(keys=keyed())).test_client()
    key = {"X-API-Key": KEYS["operator"]}
    hl7 = {"content_type": "application/hl7-v2", "headers": key}
    fhir = {"content_type": "application/fhir+json", "headers": key}
    resource = json.dumps(PATIENT).encode()
    wrapped = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "Zanzibarova", "valueString": "MRN-7719-4242"},
            {"name": "Zanzibarova", "valueString": "912-44-7719"},
        ],
    }
    told = [
        client.post("/api/v1/channels/adt/messages", data=ADT.replace(b"PID|", b"PIQ|"), **hl7),
        client.post("/api/v1/channels/resources/messages", data=resource, **fhir),
        client.post("/api/v1/channels/Zanzibarova/messages", data=ADT, **hl7),
        client.post("/api/v1/validate", data=ADT, **hl7),
        client.post("/fhir/$validate", data=resource, **fhir),
        client.post("/fhir/$convert-data", data=json.dumps(wrapped), **fhir),
        client.post("/fhir/$process-message", data=resource, **fhir),
        client.post("/api/v1/replay", json={"messages": {"Zanzibarova": "MRN-7719-4242"}}, headers=key),
        client.get("/api/v1/messages/MRN-7719-4242", headers=key),
        client.get("/api/v1/messages?Zanzibarova=Quetzalina", headers=key),
        client.get("/api/v1/messages?person=912-44-7719%20x", headers=key),
        client.get("/fhir/Patient/MRN-7719-4242", headers=key),
        client.get("/Zanzibarova", headers={"X-API-Key": "912-44-7719", "User-Agent": "Quetzalina"}),
        client.post("/api/v1/convert?to=Zanzibarova", data=ADT, **hl7),
    ]
    client.post("/api/v1/convert?to=fhir", data=ADT, **hl7)
    client.post("/api/v1/channels/adt/messages", data=ADT, **hl7)
    metrics = client.get("/metrics", headers=key).text
    assert len(logged) >= len(told)
    for canary in CANARIES:
        assert not any(canary in line for line in logged), canary
        assert canary not in metrics
        for answer in told:
            assert canary not in str(answer.headers), answer.request.path
    for canary in SECRET:
        for answer in told:
            assert canary not in _outside_of_places(answer.text), (canary, answer.request.path)


def _outside_of_places(text: str) -> str:
    """An answer without the places that its issues name: a property that FHIR doesn't know is named where it is."""
    lines = json.dumps(json.loads(text), indent=0).splitlines() if text.startswith("{") else [text]
    return "\n".join(line for line in lines if not line.startswith(('"Patient.', '"path": "Patient.')))


@pytest.mark.parametrize("name", ["waitress", "sqlalchemy.engine", "asyncio", "py.warnings"])
def test_of_other_libraries_only_the_place_is_logged(name: str) -> None:
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, "Doe^Jane %s", ("MRN1",), None)
    assert "Doe" not in JsonLines().format(record)
    assert "MRN1" not in JsonLines().format(record)


def test_fields_hold_words_only() -> None:
    record = logging.LogRecord("gateway.x", logging.INFO, __file__, 1, "worked", (), None)
    record.channel, record.code, record.patient = "Doe^Jane 1970", "V2-0103", "MRN1"
    line = json.loads(JsonLines().format(record))
    assert line["code"] == "V2-0103"
    assert "channel" not in line
    assert "patient" not in line


def _calls() -> list[tuple[str, ast.Call]]:
    """Every logging call of our packages."""
    root = Path(gateway.__file__).parent.parent
    found = []
    for package in ("adapters", "conformance", "gateway", "mappings"):
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "_log"
                ):
                    found.append((f"{path.relative_to(root)}:{node.lineno}", node))
    return found


def test_every_logging_call_says_fixed_words_and_allowed_fields() -> None:
    calls = _calls()
    assert len(calls) > 10
    for place, call in calls:
        texts = [call.args[0].body, call.args[0].orelse] if isinstance(call.args[0], ast.IfExp) else call.args
        assert all(isinstance(one, ast.Constant) for one in texts), f"{place} fills something into its text"
        for keyword in call.keywords:
            if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
                names = {one.value for one in keyword.value.keys if isinstance(one, ast.Constant)}
                assert names <= FIELDS, f"{place} logs {names - FIELDS}"
