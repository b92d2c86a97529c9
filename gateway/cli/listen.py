"""`sdoh-gateway listen`."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from gateway.cli.options import misuse_is_status_2
from gateway.targets import Misuse

_ANSWERS = click.Choice(["AA", "AE", "AR", "late", "never"])
_STATUS = {"AA": 200, "AE": 503, "AR": 422}


@click.command("listen")
@click.option("--mllp", type=click.IntRange(0, 65535), metavar="PORT", help="Receive MLLP on this port of loopback.")
@click.option(
    "--http", type=click.IntRange(0, 65535), metavar="PORT", help="Receive HTTP POSTs; also $process-message."
)
@click.option("--answer", type=_ANSWERS, default="AA", show_default=True, help="Over HTTP: 200, 503, 422.")
@click.option("--late", "seconds", default=60.0, show_default=True, help="Seconds that a late answer takes.")
@click.option("-o", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Keep what comes.")
@click.option("--count", type=click.IntRange(1), help="End after so many messages.")
@misuse_is_status_2
def command(
    mllp: int | None, http: int | None, answer: str, seconds: float, folder: Path | None, count: int | None
) -> None:
    """Receive as a test: keep what comes, answer as told. It is no hub: it forgets everything when it ends.

    \b
    Example:
      sdoh-gateway listen --http 9000 -o received
    """
    if (mllp is None) == (http is None):
        raise Misuse("say how: either --mllp PORT or --http PORT")
    desk = _Desk(folder, count)
    opened: Any = _mllp(desk, mllp, answer, seconds) if mllp is not None else _http(desk, http or 0, answer, seconds)
    with suppress(KeyboardInterrupt):
        desk.done.wait()
        time.sleep(0.1)
    opened.close()


class _Desk:
    """Keeps and counts what came."""

    def __init__(self, folder: Path | None, most: int | None) -> None:
        self._folder = folder
        self._most = most
        self._numbers = itertools.count(1)
        self.done = threading.Event()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def take(self, body: bytes, key: str = "") -> None:
        """File names are numbers: names in the data stay in the data."""
        number = next(self._numbers)
        suffix = ".json" if body[:1] in b"{[" else ".hl7" if body[:3] == b"MSH" else ".txt"
        if self._folder is not None:
            (self._folder / f"{number:06}{suffix}").write_bytes(body)
        digest = hashlib.sha256(body).hexdigest()[:12]
        click.echo(f"{number}: {len(body)} bytes, sha256 {digest}" + (f", key {key}" if key else ""))
        if self._most is not None and number >= self._most:
            self.done.set()


class _Closing:
    def __init__(self, close: Any) -> None:
        self.close = close


def _mllp(desk: _Desk, port: int, answer: str, seconds: float) -> _Closing:
    from adapters.formats.hl7v2.acknowledge import Header, acknowledge
    from adapters.transports import Answer, Received
    from adapters.transports.mllp import MllpListener, MllpSettings

    def receive(received: Received, reply: Answer) -> None:
        desk.take(received.body)
        code: Any = "AA" if answer in ("late", "never") else answer
        told = acknowledge(Header(received.body), code)
        if answer == "late":
            threading.Timer(seconds, reply, (told,)).start()
        elif answer != "never":
            reply(told)

    listener = MllpListener(MllpSettings(port=port), receive)
    click.echo(f"receiving MLLP on {listener.address}, answering {answer}")
    return _Closing(lambda: listener.close(0.5))


def _http(desk: _Desk, port: int, answer: str, seconds: float) -> _Closing:
    from contextlib import ExitStack

    from adapters.receivers import Reply, Request, hub

    def reply(request: Request) -> Reply:
        desk.take(request.body, request.headers.get("idempotency-key", "").strip('"'))
        wait = {"late": seconds, "never": 365 * 86400.0}.get(answer, 0.0)
        return Reply(_STATUS.get(answer, 200), after=wait)

    stack = ExitStack()
    here = stack.enter_context(hub(reply, port))
    click.echo(f"receiving HTTP on {here.url}, answering {answer}")
    return _Closing(stack.close)
