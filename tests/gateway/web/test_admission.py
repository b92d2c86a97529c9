"""Who is let in, and with what."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from flask.testing import FlaskClient

from adapters.tls import Tls
from gateway.web.app import SECURITY_HEADERS, create_app
from gateway.web.routes import routes
from gateway.web.settings import ApiKey, InsecureError, Settings, hash_of, is_loopback, new_key
from tests.gateway.web.small import ADT, KEYS, Small, keyed, settings

SEND = "/api/v1/channels/adt/messages"
HL7 = {"content_type": "application/hl7-v2"}


def _bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[name]}"}


def test_every_route_but_the_open_ones_needs_a_key(guarded: FlaskClient) -> None:
    open_ = {"/livez", "/readyz", "/openapi.json", "/fhir/metadata", "/fhir/OperationDefinition/{id}"}
    for route in routes():
        path = route.path.replace("{id}", "convert-data").replace("{", "").replace("}", "")
        answer = guarded.open(path, method=route.method)
        assert (answer.status_code == 401) == (route.path not in open_), route.path
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Basic {KEYS['operator']}"},
        {"Authorization": KEYS["operator"]},
        {"X-API-Key": KEYS["operator"][:-1]},
        {"X-API-Key": hash_of(KEYS["operator"])},
        {"X-API-Key": "\u00ff"},
    ],
)
def test_a_wrong_key_opens_nothing(guarded: FlaskClient, headers: dict[str, str]) -> None:
    assert guarded.get("/api/v1/messages", headers=headers).status_code == 401


def test_a_key_opens_what_it_may(guarded: FlaskClient, small: Small) -> None:
    assert guarded.post(SEND, data=ADT, headers=_bearer("feed"), **HL7).status_code == 202
    other = guarded.post("/api/v1/channels/resources/messages", data=ADT, headers=_bearer("feed"), **HL7)
    assert other.status_code == 403
    for path in ("/api/v1/messages", "/api/v1/quarantine", "/api/v1/deliveries", "/metrics"):
        assert guarded.get(path, headers=_bearer("feed")).status_code == 403
        assert guarded.get(path, headers={"X-API-Key": KEYS["operator"]}).status_code == 200
    assert guarded.post("/api/v1/replay", json={}, headers=_bearer("feed")).status_code == 403
    assert guarded.post("/api/v1/convert?to=fhir", data=ADT, headers=_bearer("feed"), **HL7).status_code == 403


def test_every_key_is_compared_in_constant_time(guarded: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Any] = []
    real = hmac.compare_digest

    def noting(one: Any, other: Any) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr("gateway.web.settings.hmac.compare_digest", noting)
    guarded.get("/api/v1/messages", headers=_bearer("feed"))
    assert compared == [one.hash for one in keyed()]


def test_keys_are_random_and_only_their_hash_is_kept() -> None:
    key, hashed = new_key()
    assert new_key()[0] != key
    assert hashed == hash_of(key)
    assert key not in hashed
    assert hashed not in repr(ApiKey(name="a", hash=hashed))
    with pytest.raises(ValueError, match="sha256"):
        ApiKey(name="a", hash=key)


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_what_counts_as_this_machine(host: str, is_local: bool) -> None:
    assert is_loopback(host) == is_local


def test_beyond_this_machine_needs_keys_and_tls() -> None:
    keys = keyed()
    for wrong in ({}, {"keys": keys}, {"insecure_bind": True}, {"tls": Tls()}):
        with pytest.raises(InsecureError):
            Settings(host="0.0.0.0", **wrong)
    assert Settings(host="0.0.0.0", keys=keys, insecure_bind=True).keys == keys
    assert Settings(host="0.0.0.0", keys=keys, tls=Tls()).tls == Tls()


@pytest.mark.parametrize(
    "host", ["evil.example", "gateway:8080", "192.0.2.1", "127.0.0.1.evil.example", "[::2]", "a b"]
)
def test_without_keys_a_foreign_name_is_turned_away(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/messages", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"])
def test_without_keys_a_loopback_name_is_fine(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/messages", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_without_keys_a_page_is_turned_away(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post(SEND, data=ADT, headers=headers, **HL7).status_code == 403
    assert client.get("/api/v1/messages", headers=headers).status_code == 403
    assert client.get("/livez", headers=headers).status_code == 200


def test_a_page_of_our_own_is_fine(client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.get("/api/v1/messages", headers=headers).status_code == 200


def test_every_answer_has_an_id_and_the_security_headers(client: FlaskClient) -> None:
    seen = set()
    for path in ("/livez", "/nothing", "/fhir/metadata", "/api/v1/messages?limit=x"):
        answer = client.get(path, headers={"X-Request-Id": "mine"})
        assert SECURITY_HEADERS.items() <= dict(answer.headers).items()
        assert "Server" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
        seen.add(answer.headers["X-Request-Id"])
    assert len(seen) == 4
    assert "mine" not in seen
    assert "Strict-Transport-Security" in client.get("/livez", base_url="https://localhost").headers


@pytest.mark.parametrize(
    ("query", "ok"),
    [
        ("limit=1", True),
        ("limit=200", True),
        ("limit=0", False),
        ("limit=201", False),
        ("limit=1e1", False),
        ("limit=%D9%A1", False),
        ("limit=", False),
        ("limit=1&limit=1", False),
        ("state=routed", True),
        ("state=ROUTED", False),
        ("colour=red", False),
        ("channel=no%20such", False),
        ("channel=adt", True),
        ("since=2026-03-01T12:00:00%2B01:00", True),
        ("since=2026-03-01T12:00:00+01:00", True),
        ("since=2026-03-01T12:00:00", False),
        ("since=yesterday", False),
        ("since=9999-12-31T23:59:59-14:00", True),
        ("since=0001-01-01T00:00:00%2B14:00", True),
    ],
)
def test_parameters_are_read_strictly(client: FlaskClient, query: str, ok: bool) -> None:
    answer = client.get(f"/api/v1/messages?{query}")
    assert answer.status_code == (200 if ok else 400)


@pytest.mark.parametrize(
    ("accept", "status"),
    [("*/*", 200), ("application/json", 200), ("application/*", 200), ("text/html", 406), ("", 200)],
)
def test_what_the_client_accepts(client: FlaskClient, accept: str, status: int) -> None:
    assert client.get("/api/v1/messages", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/fhir+json; charset=utf-8"}, 200),
        ({"Content-Type": "APPLICATION/FHIR+JSON"}, 200),
        ({"Content-Type": "application/fhir+json; charset=utf-16"}, 415),
        ({"Content-Type": "application/fhir+json", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "text/html"}, 415),
        ({}, 415),
    ],
)
def test_the_media_type_is_what_counts(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    answer = client.post("/fhir/$validate", data=b'{"resourceType":"Basic"}', headers=headers)
    assert answer.status_code == status


def test_probes_say_how_it_is(client: FlaskClient, small: Small) -> None:
    assert client.get("/readyz").status_code == 200
    small.unwell = ["the store has failed"]
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "reasons": ["the store has failed"]})
    assert client.get("/livez").status_code == 200
    assert client.head("/livez").data == b""


def test_metrics_count_requests_by_route(small: Small) -> None:
    client = create_app(small, settings()).test_client()
    client.post(SEND, data=ADT, **HL7)
    client.get("/api/v1/messages/4711")
    client.get("/nothing/Doe")
    text = client.get("/metrics").text
    sent = 'sdoh_http_requests_total{method="POST",route="/api/v1/channels/{channel}/messages",status="202"} 1.0'
    assert sent in text
    assert 'route="/api/v1/messages/{message}",status="404"} 1.0' in text
    assert 'route="(unknown)",status="404"} 1.0' in text
    assert 'sdoh_messages{state="received"} 1.0' in text
    assert 'sdoh_attempts_total{outcome="dead"} 3.0' in text
    assert "process_resident_memory_bytes" in text
    assert "4711" not in text
    assert "Doe" not in text
