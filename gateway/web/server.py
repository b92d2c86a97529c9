"""The HTTP listener: waitress, bounded in size, time and number, ended without cutting anybody short.

Waitress reads a request as a whole before the app sees it. So that strangers can't fill the memory, one without a valid
key gets room for a small body only; whatever it wants is then refused by the app.
"""

from __future__ import annotations

import copy
import logging
import math
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ThreadedTaskDispatcher

from gateway.web.refusal import Refusal
from gateway.web.settings import Settings, client

if TYPE_CHECKING:
    from flask import Flask

    from gateway.server import Gateway
    from gateway.web.tls import TlsFront
    from gateway.workers import Worker

logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever a request waits for a thread

_STRANGERS_ROOM = 64 << 10
_LOOK = 1.0
"""Seconds between looks for requests that take too long."""


class _Limits(Adjustments):
    """Waitress's settings, and ours beside them."""

    settings: Settings
    strangers: _Limits


class _Parser(HTTPRequestParser):
    """Knows from the head of a request how large its body may be."""

    adj: _Limits

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        settings = self.adj.settings
        if settings.keys and not client(settings.keys, _presented(self.headers)):
            self.adj = self.adj.strangers


def _presented(headers: Mapping[str, str]) -> str:
    """The key of a request; waitress has the names of headers in capitals."""
    scheme, _, key = headers.get("AUTHORIZATION", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("X_API_KEY", "")


class _Channel(HTTPChannel):
    """One connection. `began`: when the request that is being read began."""

    parser_class = _Parser
    error_task_class = Refusal
    began = 0.0

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.began = time.time()
        return bool(super().received(data))


class _Tcp(TcpWSGIServer):
    channel_class = _Channel

    def maintenance(self, now: Any) -> None:
        super().maintenance(now)
        _end_slow(self, now)


class _Unix(UnixWSGIServer):
    channel_class = _Channel

    def maintenance(self, now: Any) -> None:
        super().maintenance(now)
        _end_slow(self, now)


def _end_slow(server: _Tcp | _Unix, now: float) -> None:
    """Ends connections whose request doesn't come to an end."""
    limits = cast("_Limits", server.adj)
    channels = cast("dict[int, _Channel]", server.active_channels)  # the stubs say that it is one channel
    for channel in channels.values():
        if channel.request is not None and now - channel.began > limits.settings.request_timeout:
            channel.will_close = True


class WebServer:
    """Listens from when it is made until it is closed; OSError when it can't. With TLS, waitress sits behind a front
    that speaks it, on a socket in a folder of its owner alone."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._closed = False
        self._tasks = ThreadedTaskDispatcher()
        self._map: dict[int, Any] = {}
        self._folder: Path | None = None
        self._front: TlsFront | None = None
        listening = self._behind_tls() if settings.tls else self._in_the_clear(settings)
        limits = _limits(settings, listening)
        kind = _Unix if settings.tls else _Tcp
        self._server: Any = kind(
            app, self._map, _sock=listening, dispatcher=self._tasks, adj=limits, bind_socket=False,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
        )  # fmt: skip
        self._tasks.set_thread_count(settings.threads)
        self._thread = threading.Thread(target=self._server.run, name="http", daemon=True)
        self._thread.start()
        if settings.tls:
            self._front = self._tls_front(settings, str(listening.getsockname()))
        self.address = self._front.address if self._front else _shown(listening)

    def _in_the_clear(self, settings: Settings) -> socket.socket:
        family, kind, number, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
        except OSError:
            listening.close()
            raise
        return listening

    def _behind_tls(self) -> socket.socket:
        self._folder = Path(tempfile.mkdtemp(prefix="sdoh-"))  # 0700: nobody else can connect
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self._folder / "http"))
        return listening

    def _tls_front(self, settings: Settings, path: str) -> TlsFront:
        from gateway.web.tls import TlsFront

        try:
            return TlsFront(settings, path)
        except BaseException:
            self.close(0)
            raise

    def close(self, grace: float) -> None:
        """Takes no new connection, answers what has been read within `grace` seconds, then lets go of everything."""
        if self._closed:
            return
        self._closed = True
        if self._front is not None:
            self._front.refuse()
        self._in_loop(lambda: wasyncore.dispatcher.close(self._server))
        until = time.monotonic() + grace
        while time.monotonic() < until and any(map(_busy, list(self._server.active_channels.values()))):
            time.sleep(0.02)
        if self._front is not None:
            self._front.close()
        self._tasks.shutdown(timeout=math.ceil(max(until - time.monotonic(), 0.1)))
        self._in_loop(lambda: wasyncore.close_all(self._map))
        self._thread.join(5)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _in_loop(self, call: Any) -> None:
        """Sockets are closed by the thread that waits for them."""
        done = threading.Event()

        def run() -> None:
            call()
            done.set()

        self._server.trigger.pull_trigger(run)
        done.wait(5)


def _busy(channel: HTTPChannel) -> bool:
    return bool(channel.requests or channel.request is not None or channel.total_outbufs_len)


def _shown(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _limits(settings: Settings, listening: socket.socket) -> _Limits:
    limits = _Limits(
        sockets=[listening],
        ident=None,
        threads=settings.threads,
        url_scheme="https" if settings.tls else "http",
        connection_limit=settings.max_connections,
        max_request_header_size=settings.max_header,
        max_request_body_size=settings.max_body + 1,
        inbuf_overflow=settings.max_body + (1 << 20),  # nothing that came in is put into temporary files
        channel_timeout=settings.idle_timeout,
        cleanup_interval=_LOOK,
        log_socket_errors=False,
    )
    limits.settings = settings
    limits.strangers = copy.copy(limits)
    limits.strangers.max_request_body_size = min(_STRANGERS_ROOM, limits.max_request_body_size)
    return limits


class Web:
    """The HTTP side of a running gateway: made when it starts, closed when it stops."""

    def __init__(self, gateway: Gateway, settings: Settings) -> None:
        """Listens at once; OSError when it can't."""
        from gateway.web.app import create_app
        from gateway.web.live import Live

        self._live = Live(gateway)
        self._server = WebServer(create_app(self._live, settings), settings)
        self.address = self._server.address

    @property
    def workers(self) -> tuple[Worker, ...]:
        return (self._live.worker,)

    def close(self, grace: float) -> None:
        self._server.close(grace)
        self._live.close()
