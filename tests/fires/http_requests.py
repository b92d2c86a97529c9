"""Requests that fire the codes of the area HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask.testing import FlaskClient

from conformance.catalogue import code
from conformance.issue import Issue
from gateway.web.app import create_app
from gateway.web.server import WebServer
from gateway.web.services import GaveUpError, UnavailableError
from gateway.web.work import Validation, validate
from tests.gateway.web.small import ADT, MESSAGE, PATIENT, Small, keyed, settings

HL7 = {"content_type": "application/hl7-v2"}
FHIR = {"content_type": "application/fhir+json"}
Ask = Callable[[FlaskClient], Any]


def _said(ask: Ask, raises: Exception | None = None, **changes: Any) -> Callable[[], Iterable[Issue]]:
    """The codes of a real answer, whether a problem or an OperationOutcome, as issues."""

    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            small = Small(Path(folder))
            if raises is not None:
                small.computes = lambda *_: _raise(raises)
            answer = ask(create_app(small, settings(**changes)).test_client())
            small.store.close()
        body = json.loads(answer.data)
        named = [one.get("code") for one in body.get("issues", ())]
        named += [one["details"]["coding"][0]["code"] for one in body.get("issue", ()) if "coding" in one["details"]]
        return [Issue(severity=code(one).severity, code=one, message="") for one in named]

    return fire


def _refused(request: bytes) -> Callable[[], Iterable[Issue]]:
    """The issues that the server itself names to whoever sends this."""

    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            small = Small(Path(folder))
            limits = settings(port=0, max_header=4096)
            server = WebServer(create_app(small, limits), limits)
            host, _, port = server.address.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(request)
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            server.close(1.0)
            small.store.close()
        found = json.loads(answer.partition(b"\r\n\r\n")[2])["issues"]
        return [Issue(severity=one["severity"], code=one["code"], message="") for one in found]

    return fire


def _raise(error: Exception) -> None:
    raise error


def _convert(client: FlaskClient, query: str = "to=fhir", **more: Any) -> Any:
    return client.post(f"/api/v1/convert?{query}", data=ADT, **(HL7 | more))


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "HTTP-0001": _said(lambda client: client.get("/nothing")),
    "HTTP-0002": _said(lambda client: client.get("/api/v1/replay")),
    "HTTP-0003": _said(lambda client: client.get("/api/v1/messages"), keys=keyed()),
    "HTTP-0004": _said(
        lambda client: client.get("/api/v1/messages", headers={"X-API-Key": "k-feed-aaaaaaaaaaaaaaaaaaaaaaaa"}),
        keys=keyed(),
    ),
    "HTTP-0005": _said(lambda client: client.get("/api/v1/messages", headers={"Host": "evil.example"})),
    "HTTP-0006": _said(_convert, max_body=10),
    "HTTP-0007": _said(lambda client: _convert(client, content_type="text/html")),
    "HTTP-0008": _said(lambda client: client.get("/fhir/metadata", headers={"Accept": "application/fhir+xml"})),
    "HTTP-0009": _said(lambda client: client.get("/api/v1/messages?colour=red")),
    "HTTP-0010": _said(lambda client: client.get("/api/v1/messages?limit=0")),
    "HTTP-0011": _said(lambda client: client.post("/fhir/$convert-data", data=PATIENT, **FHIR)),
    "HTTP-0012": _said(lambda client: _convert(client, "to=fhir&map=none")),
    "HTTP-0013": _said(_convert, raises=UnavailableError()),
    "HTTP-0014": _said(_convert, raises=KeyError("x")),
    "HTTP-0015": lambda: validate(Validation(body=PATIENT, from_="fhir", type_="Group")).issues,
    "HTTP-0016": _said(lambda client: client.post("/fhir/$process-message", data=MESSAGE, **FHIR)),
    "HTTP-0017": _said(_convert, raises=GaveUpError()),
    "HTTP-0018": _refused(b"GET / HTTP/1.1\r\nX: " + b"x" * 5000),
    "HTTP-0019": _refused(b"MSH|^~\\&|A|B\r\n\r\n"),
}
