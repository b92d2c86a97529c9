"""Fires every code of the area NET by a real attempt to deliver."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from adapters.destinations import Accepted, Destination, Payload, fhir_messaging, files, mllp
from adapters.destinations.web import WebSettings
from adapters.receivers import Reply, hub
from adapters.transports import Answer, Received
from adapters.transports.mllp import MllpListener
from adapters.transports.mllp import MllpSettings as ListenerSettings
from conformance.issue import Issue

_ADT = b"MSH|^~\\&|GW|US|HUB|THEM|20261101||ADT^A01|1|P|2.5.1\r"


def _issues(destination: Destination, settings: Any, body: bytes = b"{}", deadline: float = 1.0) -> Iterable[Issue]:
    sender = destination.open(settings)
    outcome = sender.send(Payload(body=body, format="fhir", media_type="", suffix=".json"), "key", deadline)
    sender.close()
    return () if isinstance(outcome, Accepted) else (outcome.issue,)


def _to(url: str, *hosts: str) -> Iterable[Issue]:
    return _issues(fhir_messaging.DESTINATION, WebSettings(url=url, private_hosts=hosts, connect_timeout=1.0))


def _answered(reply: Reply) -> Iterable[Issue]:
    with hub(lambda _: reply) as here:
        return _to(here.url, "127.0.0.1")


def _response(code: str) -> Iterable[Issue]:
    return _answered(Reply(body=b'{"entry":[{"resource":{"response":{"code":"%s"}}}]}' % code.encode()))


def _private() -> Iterable[Issue]:
    return _to("http://127.0.0.1:1")


def _refused() -> Iterable[Issue]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return _to(f"http://127.0.0.1:{port}", "127.0.0.1")


def _plain_where_tls_was_meant() -> Iterable[Issue]:
    with hub() as here:
        return _to(here.url.replace("http:", "https:"), "127.0.0.1")


def _acknowledged(msa: bytes | None) -> Iterable[Issue]:
    def receive(_: Received, answer: Answer) -> None:
        answer(None if msa is None else b"MSH|^~\\&|HUB\r" + msa)

    listener = MllpListener(ListenerSettings(port=0), receive)
    host, _, port = listener.address.rpartition(":")
    try:
        return _issues(mllp.DESTINATION, mllp.MllpSettings(host=host, port=int(port)), _ADT)
    finally:
        listener.close(0.1)


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "NET-0101": lambda: _to("http://nowhere.invalid"),
    "NET-0102": _private,
    "NET-0103": _refused,
    "NET-0104": _plain_where_tls_was_meant,
    "NET-0105": lambda: _answered(Reply(raw=b"")),
    "NET-0106": lambda: _answered(Reply(raw=b"junk\r\n\r\n")),
    "NET-0107": lambda: _answered(Reply(503)),
    "NET-0108": lambda: _answered(Reply(400)),
    "NET-0109": lambda: _answered(Reply(410)),
    "NET-0110": lambda: _response("fatal-error"),
    "NET-0111": lambda: _response("transient-error"),
    "NET-0201": lambda: _acknowledged(None),
    "NET-0202": lambda: _acknowledged(b"MSA|AE|1\r"),
    "NET-0203": lambda: _acknowledged(b"MSA|AR|1\r"),
    "NET-0204": lambda: _acknowledged(b"MSA|AA|2\r"),
    "NET-0301": lambda: _issues(files.DESTINATION, files.FilesSettings(folder=Path("/nonexistent"))),
}
