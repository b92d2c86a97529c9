"""`send` as an interface engine: with a certificate of its own, where the receiver asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

from adapters.tls import Tls
from adapters.transports import Answer, Received
from adapters.transports.mllp import MllpListener, MllpSettings
from gateway.cli.send import command

MESSAGE = b"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1\r"
ACK = b"MSH|^~\\&|C|D|A|B|20260101||ACK|9|P|2.5.1\rMSA|AA|1\r"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name in ("localhost", "engine"):
        authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    (tmp_path / "message.hl7").write_bytes(MESSAGE)
    return tmp_path


def test_a_receiver_that_asks_for_a_certificate_is_shown_one(folder: Path) -> None:
    def receive(_: Received, answer: Answer) -> None:
        answer(ACK)

    tls = Tls(certificate=folder / "localhost.pem", client_ca=folder / "ca.pem")
    listener = MllpListener(MllpSettings(port=0, tls=tls), receive)
    try:
        place = f"localhost:{listener.address.rpartition(':')[2]}"
        said = [str(folder / "message.hl7"), "--mllp", place, "--tls", "--ca", str(folder / "ca.pem")]
        with_one = CliRunner().invoke(command, [*said, "--certificate", str(folder / "engine.pem")])
        without = CliRunner().invoke(command, said)
    finally:
        listener.close(1.0)
    assert (with_one.exit_code, without.exit_code) == (0, 1)
    assert ": AA " in with_one.output


def test_a_file_that_is_no_certificate_is_named_as_such(folder: Path) -> None:
    message = str(folder / "message.hl7")
    ran = CliRunner().invoke(command, [message, "--mllp", "localhost:1", "--tls", "--certificate", message])
    assert ran.exit_code == 2
    assert "certificate" in ran.output
