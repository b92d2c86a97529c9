"""`sdoh-gateway send`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.options import misuse_is_status_2
from gateway.targets import Misuse

if TYPE_CHECKING:
    from adapters.tls import Tls

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MEDIA = {"hl7v2": "application/hl7-v2", "fhir": "application/fhir+json", "ccda": "application/xml", "csv": "text/csv"}


@click.command("send")
@click.argument("sources", nargs=-1, required=True, metavar="FILE...")
@click.option("--mllp", metavar="HOST:PORT", help="Over MLLP, each message after the answer to the one before.")
@click.option("--http", metavar="URL", help="POST to this URL: .../api/v1/channels/NAME/messages.")
@click.option("--key", envvar="SDOH_GATEWAY_KEY", help="API key; also read from SDOH_GATEWAY_KEY.")
@click.option("--tls", is_flag=True, help="MLLP over TLS.")
@click.option("--ca", type=_FILE, help="Authority to trust in place of the system's.")
@click.option("--certificate", type=_FILE, help="Of this sender, where the receiver asks for one (mutual TLS).")
@click.option("--certificate-key", type=_FILE, help="Its private key, where the certificate's file hasn't got it.")
@click.option("--timeout", default=30.0, show_default=True)
@misuse_is_status_2
def command(
    sources: tuple[str, ...],
    mllp: str | None,
    http: str | None,
    key: str | None,
    tls: bool,
    ca: Path | None,
    certificate: Path | None,
    certificate_key: Path | None,
    timeout: float,
) -> None:
    """Send messages and show each answer. Status 1 when one was not taken.

    \b
    Example:
      sdoh-gateway send discharge.hl7 --mllp localhost:2575
    """
    from adapters.tls import Tls

    if (mllp is None) == (http is None):
        raise Misuse("say where to: either --mllp HOST:PORT or --http URL")
    trust = Tls(certificate=certificate, key=certificate_key, ca=ca)
    send = _by_mllp(mllp, trust if tls else None, timeout) if mllp else _by_http(str(http), key, trust, timeout)
    failed = 0
    for name, body in _messages(sources):
        began = time.monotonic()
        taken, told = send(body)
        failed += not taken
        click.echo(f"{name}: {told}  ({(time.monotonic() - began) * 1000:.0f} ms)")
    if failed:
        raise SystemExit(1)


def _messages(sources: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Each message, those of a batch by themselves."""
    from gateway import formats

    for source in sources:
        if source != "-" and not Path(source).is_file():
            raise Misuse(f"there is no file {source!r}")
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        format_ = formats.recognised(raw)
        pieces = (format_.split(raw) if format_ else None) or [raw]
        for number, piece in enumerate(pieces, 1):
            yield (f"{source}#{number}" if len(pieces) > 1 else source), piece


def _by_mllp(place: str, tls: Tls | None, timeout: float) -> Callable[[bytes], tuple[bool, str]]:
    from adapters.mllp import Client, NoAnswerError
    from adapters.tls import client_context

    host, _, port = place.rpartition(":")
    if not port.isdigit():
        raise Misuse(f"{place!r} is not HOST:PORT")
    try:
        context = client_context(tls) if tls else None
    except OSError as error:
        raise Misuse(f"a certificate, key or authority can't be used: {error.strerror or error}") from None
    client = Client(host=host or "localhost", port=int(port), tls=context)
    click.get_current_context().call_on_close(client.close)

    def send(body: bytes) -> tuple[bool, str]:
        try:
            answer = client.exchange(body, timeout)
        except NoAnswerError:
            return False, "no answer"
        except OSError as error:
            return False, f"not connected: {error.strerror or type(error).__name__}"
        return _acknowledged(answer)

    return send


def _acknowledged(answer: bytes) -> tuple[bool, str]:
    lines = answer.decode("utf-8", "replace").replace("\r", "\n").splitlines()
    separator = lines[0][3:4] if lines else "|"
    codes = [line.split(separator)[1] for line in lines if line.startswith(f"MSA{separator}")]
    errors = [line for line in lines if line.startswith(f"ERR{separator}")]
    code = codes[0] if codes else "an answer without MSA"
    return code in ("AA", "CA"), "; ".join([code, *errors])


def _by_http(url: str, key: str | None, tls: Tls, timeout: float) -> Callable[[bytes], tuple[bool, str]]:
    from urllib.parse import urlsplit

    from adapters.http import Client, HttpError
    from gateway import formats

    host = urlsplit(url).hostname
    if host is None or urlsplit(url).scheme not in ("http", "https"):
        raise Misuse(f"{url!r} is no http(s) URL")
    client = Client(private_hosts=[host], tls=tls)

    def send(body: bytes) -> tuple[bool, str]:
        format_ = formats.recognised(body)
        headers = {"Content-Type": _MEDIA.get(format_.name if format_ else "", "application/octet-stream")}
        headers |= {"Authorization": f"Bearer {key}"} if key else {}
        try:
            answer = client.post(url, body, headers, deadline=timeout)
        except HttpError as error:
            return False, f"{type(error).__name__.removesuffix('Error').lower()}: {error.reason}"
        told = answer.body.decode("utf-8", "replace").replace("\r", " ").strip()
        return 200 <= answer.status < 300, f"{answer.status} {answer.headers.get('message-id', '')} {told[:300]}"

    return send
