"""The listener itself, over real sockets: bounded, and ended without cutting anybody short."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from adapters.tls import Tls
from gateway.web.app import create_app
from gateway.web.server import WebServer
from gateway.web.settings import Settings
from tests.gateway.web.small import ADT, KEYS, Small, keyed, settings

Serve = Callable[..., WebServer]
SEND = "/api/v1/channels/adt/messages"


@pytest.fixture
def serve(small: Small) -> Iterator[Serve]:
    """Starts listeners of the small gateway on ports that the system picks; they are closed at the end."""
    running: list[WebServer] = []

    def start(**changes: Any) -> WebServer:
        wanted: Settings = settings(port=0, **changes)
        running.append(WebServer(create_app(small, wanted), wanted))
        return running[-1]

    yield start
    for one in running:
        one.close(0.1)


def _port(server: WebServer) -> int:
    return int(server.address.rpartition(":")[2])


@contextmanager
def _connected(server: WebServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", _port(server)), timeout=10) as connection:
        yield connection


def _ask(server: WebServer, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=20)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_message_over_the_wire(serve: Serve, small: Small) -> None:
    server = serve()
    assert server.address.startswith("127.0.0.1:")
    status, body = _ask(server, "POST", SEND, ADT, Content_Type="application/hl7-v2")
    assert status == 202
    assert b"MSA|CA|" in body
    status, body = _ask(server, "GET", "/api/v1/messages")
    assert len(json.loads(body)["items"]) == 1
    assert _ask(server, "GET", "/livez")[0] == 200


def test_a_body_in_chunks(serve: Serve, small: Small) -> None:
    server = serve()
    connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=10)
    pieces = [ADT[:100], ADT[100:]]
    connection.request("POST", SEND, iter(pieces), {"Content-Type": "application/hl7-v2"}, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 202
    stored = small.message(answer.headers["Message-Id"])
    assert stored is not None
    assert stored.body == ADT
    connection.close()


def test_ten_megabytes_over_the_wire(serve: Serve) -> None:
    server = serve()
    status, _ = _ask(server, "POST", "/api/v1/validate", b"x" * (10 << 20), Content_Type="application/hl7-v2")
    assert status == 200
    assert _ask(server, "POST", SEND, b"x" * (10 << 20), Content_Type="application/hl7-v2")[0] == 413


def _announced(server: WebServer, size: int, key: str | None = None) -> bytes:
    """The status line that a request gets which announces a body and doesn't send it."""
    head = f"POST {SEND} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/hl7-v2\r\nContent-Length: {size}\r\n"
    head += f"Authorization: Bearer {key}\r\n\r\n" if key else "\r\n"
    with _connected(server) as connection:
        connection.sendall(head.encode())
        connection.settimeout(2)
        try:
            return connection.recv(4096).partition(b"\r\n")[0]
        except TimeoutError:
            return b"(waits for the body)"


def test_more_than_the_limit_is_refused_before_it_is_sent(serve: Serve) -> None:
    server = serve(max_body=100_000)
    assert b"413" in _announced(server, 100_001)
    assert _announced(server, 100_000) == b"(waits for the body)"


def test_strangers_get_no_room(serve: Serve) -> None:
    server = serve(keys=keyed())
    assert b"413" in _announced(server, 1 << 20)
    assert b"413" in _announced(server, 1 << 20, "wrong")
    assert _announced(server, 1 << 20, KEYS["feed"]) == b"(waits for the body)"
    assert _ask(server, "POST", SEND, ADT, Content_Type="application/hl7-v2")[0] == 401
    assert _ask(server, "POST", SEND, ADT, Content_Type="application/hl7-v2", X_API_Key=KEYS["feed"])[0] == 202


def test_a_header_has_its_limit(serve: Serve) -> None:
    server = serve(max_header=4096)
    assert _ask(server, "GET", "/livez", X_Long="x" * 8000)[0] == 431


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"MSH|^~\\&|A|B\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(serve: Serve, request_: bytes) -> None:
    server = serve()
    with _connected(server) as connection:
        connection.sendall(request_)
        status = connection.recv(4096).split(b" ")[1:2]
    assert status == [b"400"]
    assert _ask(server, "GET", "/livez")[0] == 200


@pytest.mark.parametrize(
    ("path", "media_type", "code"),
    [
        (SEND, b"application/problem+json", b"HTTP-0006"),
        ("/fhir/$validate", b"application/fhir+json", b"OperationOutcome"),
    ],
)
def test_what_the_server_refuses_by_itself_reads_like_the_rest(
    serve: Serve, path: str, media_type: bytes, code: bytes
) -> None:
    server = serve(max_body=1000)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"
    with _connected(server) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    first, _, rest = answer.partition(b"\r\n")
    assert b"413" in first
    assert media_type in rest
    assert code in rest
    assert b"X-Request-Id" in rest
    assert b"1000 bytes" in rest


def test_one_byte_a_second_is_cut_off_while_others_are_served(serve: Serve) -> None:
    server = serve(request_timeout=1.5)
    with _connected(server) as slow:
        slow.sendall(b"POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        began = time.monotonic()
        cut = False
        while time.monotonic() - began < 10 and not cut:
            try:
                slow.sendall(b"x")
                time.sleep(0.2)
                assert _ask(server, "GET", "/livez")[0] == 200
            except (BrokenPipeError, ConnectionResetError):
                cut = True
        assert cut


def test_a_hundred_idle_connections_hold_nobody_up(serve: Serve) -> None:
    server = serve(max_connections=200)
    idle = [socket.create_connection(("127.0.0.1", _port(server))) for _ in range(100)]
    try:
        assert _ask(server, "GET", "/livez")[0] == 200
    finally:
        for one in idle:
            one.close()


def test_closing_lets_requests_end(serve: Serve, small: Small) -> None:
    server = serve()
    begun, go = threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> Any:
        begun.set()
        go.wait(10)
        raise AssertionError("the answer doesn't matter")

    small.computes = slowly
    statuses: list[int] = []
    url = "/api/v1/convert?to=fhir"
    asking = threading.Thread(
        target=lambda: statuses.append(_ask(server, "POST", url, ADT, Content_Type="application/hl7-v2")[0])
    )
    asking.start()
    assert begun.wait(10)
    closing = threading.Thread(target=server.close, args=(10,))
    closing.start()
    time.sleep(0.3)
    with pytest.raises(ConnectionRefusedError):
        _ask(server, "GET", "/livez")
    go.set()
    asking.join(10)
    closing.join(10)
    assert statuses == [500]
    assert not closing.is_alive()


def test_a_port_that_is_taken_is_an_error(serve: Serve, small: Small) -> None:
    wanted = settings(port=_port(serve()))
    with pytest.raises(OSError, match="in use"):
        WebServer(create_app(small, wanted), wanted)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[Tls, ssl.SSLContext]:
    """A server's files, and the settings of a client that trusts them."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    key.write_bytes(certificate.private_key_pem.bytes())
    chain.write_bytes(b"".join(one.bytes() for one in certificate.cert_chain_pems))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Tls(certificate=chain, key=key), context


def _secure(server: WebServer, context: ssl.SSLContext) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("localhost", _port(server), timeout=20, context=context)


def test_tls(serve: Serve, tls: tuple[Tls, ssl.SSLContext]) -> None:
    server = serve(tls=tls[0], keys=keyed())
    connection = _secure(server, tls[1])
    headers = {"Content-Type": "application/hl7-v2", "Authorization": f"Bearer {KEYS['feed']}"}
    for _ in range(3):
        connection.request("POST", SEND, ADT, headers)
        answer = connection.getresponse()
        assert answer.status == 202
        assert b"MSA|CA|" in answer.read()
        assert answer.headers["Strict-Transport-Security"]
    connection.close()
    large = _secure(server, tls[1])
    large.request("POST", "/api/v1/validate", b"x" * (10 << 20), {**headers, "X-API-Key": KEYS["operator"]})
    assert large.getresponse().status == 403
    large.close()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _ask(server, "GET", "/livez")  # in the clear there is no answer, or none that is HTTP


def test_noise_before_tls_holds_nobody_up(serve: Serve, tls: tuple[Tls, ssl.SSLContext]) -> None:
    server = serve(tls=tls[0])
    with _connected(server) as silent, _connected(server) as noisy:
        noisy.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection = _secure(server, tls[1])
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200
        connection.close()
        silent.close()


def test_tls_without_its_files_is_an_error(small: Small, tmp_path: Path) -> None:
    wanted = settings(port=0, tls=Tls(certificate=tmp_path / "none.pem"))
    with pytest.raises(OSError, match="No such file"):
        WebServer(create_app(small, wanted), wanted)
