"""Bodies and paths that mean harm: bounded, answered, and nothing of them repeated in errors."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from gateway.web.app import create_app
from tests.gateway.web.small import ADT, Small, settings

BIG = 10 << 20
PLACES = (
    ("/api/v1/convert?to=fhir", "application/hl7-v2"),
    ("/api/v1/convert?to=hl7v2", "application/fhir+json"),
    ("/api/v1/validate", "application/hl7-v2"),
    ("/api/v1/validate", "application/fhir+json"),
    ("/api/v1/validate", "application/octet-stream"),
    ("/api/v1/channels/adt/messages", "application/hl7-v2"),
    ("/api/v1/channels/resources/messages", "application/fhir+json"),
    ("/api/v1/replay", "application/json"),
    ("/fhir/$convert-data", "application/fhir+json"),
    ("/fhir/$validate", "application/fhir+json"),
    ("/fhir/Patient/$validate", "application/json"),
    ("/fhir/$process-message", "application/fhir+json"),
)
DEEP = 100_000
BODIES = {
    "empty": b"",
    "nul": b"\0" * 100,
    "not utf-8": b'{"resourceType":"Patient","id":"\xff\xfe\xc0"}',
    "utf-16": '{"resourceType":"Patient"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"resourceType":"Patient"}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep extensions": b'{"resourceType":"Patient","extension":[' * DEEP + b"]}" * DEEP,
    "one long number": b'{"resourceType":"Patient","a":' + b"9" * 100_000 + b"}",
    "great exponent": b'{"resourceType":"Patient","a":1E999999999}',
    "lone surrogate": b'{"resourceType":"Patient","id":"\\ud800"}',
    "same key twice": b'{"resourceType":"Patient","resourceType":"Group"}',
    "null": b"null",
    "odd names": b'{"resourceType":"Patient","__class__":"x","$ref":"#","\\u0000":1}',
    "many fields": b"MSH|^~\\&|" + b"|" * 50_000 + b"\r",
    "many segments": ADT + b"ZZZ|1\r" * 5_000,
    "strange delimiters": b"MSH\r\r\r\r\r\r\rADT\rA03",
    "entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
}


@pytest.mark.parametrize("name", BODIES)
def test_bad_bodies_are_answered(client: FlaskClient, name: str) -> None:
    for path, media_type in PLACES:
        answer = client.post(path, data=BODIES[name], content_type=media_type)
        assert answer.status_code < 500, path
        assert b"root:" not in answer.data


@pytest.mark.parametrize(
    "body",
    [b"x" * BIG, b'{"resourceType":"Patient","id":"' + b"x" * BIG + b'"}', ADT + b"NTE|1||" + b"x" * BIG + b"\r"],
)
def test_ten_megabytes_are_answered(client: FlaskClient, body: bytes) -> None:
    for path, media_type in PLACES[::2]:
        answer = client.post(path, data=body, content_type=media_type)
        assert answer.status_code < 500, path
        assert len(answer.data) < 8 * len(body)


def test_more_than_the_limit_is_not_read(small: Small) -> None:
    client = create_app(small, settings(max_body=1000)).test_client()
    for path, media_type in PLACES:
        answer = client.post(path, data=b"x" * 1001, content_type=media_type)
        assert answer.status_code == 413
        assert "1000 bytes" in answer.text
        assert client.post(path, data=b"x" * 1000, content_type=media_type).status_code != 413


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/messages/" + "a" * 5000,
        "/api/v1/messages/%00",
        "/api/v1/messages/..%2f..%2fetc%2fpasswd",
        "/api/v1/messages/%ff%fe",
        "/api/v1/messages/'%20OR%201=1",
        "/api/v1//messages",
        "/api/v1/messages/",
        "//evil.example/api",
        "/fhir/%24validate/x",
        "/static/app.js",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_strange_paths_lead_nowhere(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Location" not in answer.headers
    assert "passwd" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "X"])
def test_other_methods_are_refused(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/v1/messages", method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_what_a_handler_breaks_on_is_told_to_nobody(client: FlaskClient, small: Small, logged: list[str]) -> None:
    def raises(*_: object) -> object:
        raise ValueError("Doe^Jane 123-45-6789")

    small.computes = raises
    answer = client.post("/api/v1/convert?to=fhir", data=ADT, content_type="application/hl7-v2")
    assert answer.status_code == 500
    assert "Doe" not in answer.text
    (line,) = [json.loads(one) for one in logged if '"mistake"' in one]
    assert (line["error"], line["request"]) == ("ValueError", answer.headers["X-Request-Id"])
    assert not any("Doe" in one or "123-45" in one for one in logged)
