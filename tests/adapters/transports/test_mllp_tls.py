"""MLLP over TLS: both sides show who they are, and whoever can't is not heard (IHE ATNA's node authentication)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from adapters.destinations import Accepted, Payload
from adapters.destinations.mllp import DESTINATION
from adapters.destinations.mllp import MllpSettings as Out
from adapters.mllp import Client, NoAnswerError, frame
from adapters.tls import Tls, client_context
from adapters.transports import Answer, Received
from adapters.transports.mllp import MllpListener, MllpSettings

MESSAGE = b"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1\r"
ACK = b"MSH|^~\\&|C|D|A|B|20260101||ACK|9|P|2.5.1\rMSA|AA|1\r"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two authorities, and certificates of a server and a client by the first, of a stranger by the second."""
    made = tmp_path_factory.mktemp("tls")
    ours, theirs = trustme.CA(), trustme.CA()
    ours.cert_pem.write_to_path(str(made / "ca.pem"))
    for name, authority in (("localhost", ours), ("engine", ours), ("stranger", theirs)):
        authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(str(made / f"{name}.pem"))
    return made


@contextmanager
def listening(folder: Path, heard: list[bytes]) -> Iterator[MllpListener]:
    def receive(received: Received, answer: Answer) -> None:
        heard.append(received.body)
        answer(ACK)

    tls = Tls(certificate=folder / "localhost.pem", client_ca=folder / "ca.pem")
    listener = MllpListener(MllpSettings(port=0, tls=tls), receive)
    try:
        yield listener
    finally:
        listener.close(1.0)


def port(listener: MllpListener) -> int:
    return int(listener.address.rpartition(":")[2])


def test_a_destination_with_its_certificate_is_served_and_a_stranger_is_not(folder: Path) -> None:
    heard: list[bytes] = []
    payload = Payload(body=MESSAGE, format="hl7v2", media_type="x", suffix=".hl7")
    with listening(folder, heard) as listener:
        for name in ("engine", "stranger"):
            tls = Tls(certificate=folder / f"{name}.pem", ca=folder / "ca.pem")
            sender = DESTINATION.open(Out(host="localhost", port=port(listener), tls=tls))
            found = sender.send(payload, "key", 5.0)
            sender.close()
            assert isinstance(found, Accepted) == (name == "engine")
    assert heard == [MESSAGE]


def test_without_a_certificate_or_without_tls_nothing_is_heard(folder: Path) -> None:
    heard: list[bytes] = []
    with listening(folder, heard) as listener:
        bare = Client(host="localhost", port=port(listener), tls=client_context(Tls(ca=folder / "ca.pem")))
        with pytest.raises((NoAnswerError, ssl.SSLError)):
            bare.exchange(MESSAGE, 5.0)
        bare.close()
        with socket.create_connection(("127.0.0.1", port(listener)), timeout=5) as clear:
            clear.sendall(frame(MESSAGE))
            assert ACK not in clear.recv(4096)
    assert not heard


def test_a_server_of_another_authority_is_not_spoken_to(folder: Path) -> None:
    with listening(folder, []) as listener:
        distrusting = Client(host="localhost", port=port(listener), tls=client_context(Tls()))
        with pytest.raises(ssl.SSLError, match="certificate verify failed"):
            distrusting.exchange(MESSAGE, 5.0)


def test_pipelined_frames_over_tls_are_answered_each(folder: Path) -> None:
    heard: list[bytes] = []
    context = client_context(Tls(certificate=folder / "engine.pem", ca=folder / "ca.pem"))
    with listening(folder, heard) as listener:
        plain = socket.create_connection(("localhost", port(listener)), timeout=5)
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(frame(MESSAGE) * 20)
            got = b""
            while got.count(b"\x1c\r") < 20:
                got += connection.recv(65536)
    assert heard == [MESSAGE] * 20
