"""The description and what is there are one: by construction, and by asking."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from gateway.store import Wanted
from gateway.web import media
from gateway.web.app import create_app
from gateway.web.openapi import answers
from gateway.web.route import Route
from gateway.web.routes import routes
from tests.gateway.web.small import ADT, KEYS, MESSAGE, PATIENT, Small, keyed
from tests.gateway.web.small import settings as web_settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
TEXTS = [*media.types_of("hl7v2"), media.NDJSON, media.FHIR_XML, media.ANY]

XML = b'<Patient xmlns="http://hl7.org/fhir"><gender value="female"/></Patient>'

for _name in TEXTS:
    schemathesis.openapi.media_type(
        _name, st.sampled_from([ADT, ADT + ADT, PATIENT, MESSAGE, XML, b"", b"MSH|^~\\&|"]) | st.binary(max_size=200)
    )


@dataclass(frozen=True)
class Described:
    """A gateway that has worked a little, so that lists are not empty, with what it says of itself. `there`: values of
    path parameters that lead somewhere."""

    schema: Any
    there: dict[str, str]


@pytest.fixture(scope="module", params=["open", "keys"])
def described(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    small = Small(tmp_path_factory.mktemp("described"))
    client = create_app(small, web_settings()).test_client()
    for number in range(3):
        body = ADT.replace(b"RG-20260312-000417", b"RG-%d" % number)
        sent = client.post("/api/v1/channels/adt/messages", data=body, content_type="application/hl7-v2")
    small.work("hub")
    client.post("/api/v1/channels/adt/messages", data=ADT, content_type="application/hl7-v2")
    small.work()
    (delivery, *_) = small.deliveries(Wanted())
    there = {"channel": "adt", "message": sent.headers["Message-Id"], "delivery": delivery.id, "type": "Patient"}
    app = create_app(small, web_settings(keys=keyed() if request.param == "keys" else ()))
    yield Described(schemathesis.openapi.from_wsgi("/openapi.json", app), {**there, "id": "convert-data"})
    small.store.close()


def _asked(described: Described, route: Route, times: int, checks: list[Any], **headers: str) -> None:
    """Asks a route so many times with what its description allows, and as often with what it doesn't."""
    modes = [GenerationMode.POSITIVE] + [GenerationMode.NEGATIVE] * bool(route.query or route.body)
    operation = described.schema[route.path][route.method]
    for mode in modes:

        @settings(max_examples=times, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode), there=st.booleans())
        def ask(case: Any, there: bool) -> None:
            if there:
                case.path_parameters.update({name: described.there[name] for name in route.parameters})
            case.call_and_validate(checks=checks, headers=headers)

        ask()


@pytest.mark.parametrize("described", ["open"], indirect=True)
@pytest.mark.parametrize("route", routes(), ids=lambda route: route.id)
def test_answers_are_as_described(described: Described, route: Route) -> None:
    _asked(described, route, 10, CHECKS)


@pytest.mark.parametrize("described", ["keys"], indirect=True)
@pytest.mark.parametrize("route", routes(), ids=lambda route: route.id)
def test_keys_are_needed_where_that_is_described(described: Described, route: Route) -> None:
    checks = [not_a_server_error, status_code_conformance, ignored_auth]
    _asked(described, route, 2, checks, Authorization=f"Bearer {KEYS['operator']}")


def test_every_route_is_described_and_every_description_is_a_route(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]  # type: ignore[index]
    there = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, ways in paths.items() for method in ways} == there
    ids = [one["operationId"] for ways in paths.values() for one in ways.values()]
    assert len(set(ids)) == len(ids) == len(routes())


def test_every_reference_leads_somewhere_and_every_schema_is_used(client: FlaskClient) -> None:
    text = client.get("/openapi.json").text
    described = json.loads(text)
    for name in described["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name
    for used in {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        assert used in described["components"]["schemas"]


def test_the_description_is_the_same_each_time_and_says_whether_keys_are_needed(
    client: FlaskClient, guarded_client: FlaskClient
) -> None:
    assert client.get("/openapi.json").data == client.get("/openapi.json").data
    assert '"security"' not in client.get("/openapi.json").text
    asked: Any = guarded_client.get("/openapi.json").json
    assert asked["paths"]["/api/v1/messages"]["get"]["security"] == [{"bearer": []}, {"key": []}]
    assert "security" not in asked["paths"]["/livez"]["get"]


@pytest.fixture
def guarded_client(small: Small) -> FlaskClient:
    return create_app(small, web_settings(keys=keyed())).test_client()


def test_refusals_have_a_body_of_their_kind() -> None:
    for route in routes():
        for status, answer in answers(route).items():
            if status >= 400 and not (status == 503 and route.path == "/readyz"):
                assert list(answer.content) == [media.FHIR if route.is_fhir else media.PROBLEM], route.path
