"""Outbound HTTP: where it may go, and that time and size are bounded whatever the receiver does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import trustme

from adapters import http
from adapters.receivers import Hub, Reply, hub
from adapters.tls import Tls, server_context


@pytest.fixture
def client() -> Iterator[http.Client]:
    client = http.Client(private_hosts=["127.0.0.1", "localhost"], connect_timeout=1.0)
    yield client
    client.close()


def post(client: http.Client, here: Hub, deadline: float = 5.0) -> http.Answer:
    return client.post(f"{here.url}/in", b"body", {"X-Test": "1"}, deadline=deadline)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "ff02::1", "192.0.2.1", "198.18.0.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not http.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_that_are(address: str) -> None:
    assert http.is_public(address)


def test_a_private_address_is_not_even_connected_to() -> None:
    strict = http.Client()
    with hub() as here, pytest.raises(http.ForbiddenError):
        post(strict, here)
    assert here.requests == []
    strict.close()


def test_the_address_judged_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time gains nothing: there is no second time."""
    looked_up: list[str] = []
    connected: list[object] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        return [(2, 1, 6, "", ("8.8.8.8" if len(looked_up) == 1 else "127.0.0.1", port))]

    def connect(address: object, **_: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(http.UnconnectedError):
        http.Client().post("http://rebind.example/", b"", {}, deadline=1)
    assert looked_up == ["rebind.example"]
    assert connected == [("8.8.8.8", 80)]


def test_an_answer_comes_back_and_the_connection_is_used_again(client: http.Client) -> None:
    with hub(lambda _: Reply(201, {"X-Said": "yes"}, b"thanks")) as here:
        answers = [post(client, here) for _ in range(3)]
    assert [(answer.status, answer.headers["x-said"], answer.body) for answer in answers] == [
        (201, "yes", b"thanks")
    ] * 3
    assert here.requests[0].headers["x-test"] == "1"


def test_a_redirect_is_an_answer_and_nothing_follows_it(client: http.Client) -> None:
    with hub(lambda _: Reply(307, {"Location": "http://169.254.169.254/latest"})) as here:
        assert post(client, here).status == 307
        assert len(here.requests) == 1


@pytest.mark.parametrize("reply", [Reply(after=3.0), Reply(body=b"x" * 100, drip=0.1)], ids=["silent", "dripping"])
def test_the_whole_exchange_ends_at_its_deadline(client: http.Client, reply: Reply) -> None:
    with hub(lambda _: reply) as here:
        began = time.monotonic()
        with pytest.raises(http.UnansweredError):
            post(client, here, deadline=0.4)
        assert time.monotonic() - began < 1.5


def test_an_answer_too_long_is_given_up(client: http.Client) -> None:
    with hub(lambda _: Reply(body=b"x" * (http.MAX_ANSWER + 1))) as here, pytest.raises(http.UnreadableError):
        post(client, here)


def test_what_is_no_http_is_said_to_be_none(client: http.Client) -> None:
    with hub(lambda _: Reply(raw=b"SSH-2.0-OpenSSH_9\r\n")) as here, pytest.raises(http.UnreadableError):
        post(client, here)


def test_a_connection_closed_without_a_word(client: http.Client) -> None:
    with hub(lambda _: Reply(raw=b"")) as here, pytest.raises(http.UnansweredError):
        post(client, here)


def test_nobody_there(client: http.Client) -> None:
    with hub() as here:
        pass
    with pytest.raises(http.UnconnectedError):
        post(client, here)


def test_a_name_without_address(client: http.Client) -> None:
    with pytest.raises(http.UnresolvedError):
        client.post("http://nowhere.invalid/", b"", {}, deadline=5)


def test_a_certificate_of_an_unknown_authority_is_refused_and_of_a_known_one_taken(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    context = server_context(Tls(certificate=folder / "server.pem"))
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]

    def serve() -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    unknowing = http.Client(private_hosts=["localhost"])
    knowing = http.Client(private_hosts=["localhost"], tls=Tls(ca=folder / "ca.pem"))
    with pytest.raises(http.HandshakeError, match="certificate verify failed"):
        unknowing.post(f"https://localhost:{port}/", b"", {}, deadline=5)
    assert knowing.post(f"https://localhost:{port}/", b"", {}, deadline=5).status == 204
    thread.join()
    listening.close()
    unknowing.close()
    knowing.close()
