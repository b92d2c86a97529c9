"""A receiver to try a feed against: an HTTP server on loopback that answers as told and keeps what it got.

For `sdoh-gateway listen`, the demo and tests; it is no hub.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Reply:
    """`after`: seconds before the answer; `drip`: seconds before each byte of its body; `raw`: these bytes in place
    of HTTP, then the end of the connection."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float = 0.0
    raw: bytes | None = None
    drip: float = 0.0


@dataclass(slots=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(slots=True)
class Hub:
    url: str
    requests: list[Request] = field(default_factory=list)
    reply: Callable[[Request], Reply] = lambda _: Reply()

    def keys(self) -> list[str]:
        return [request.headers.get("idempotency-key", "").strip('"') for request in self.requests]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # who sent it is gone in the middle: nothing was received
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, body, time.monotonic())
        self.hub.requests.append(request)
        reply = self.hub.reply(request)
        time.sleep(reply.after)
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        for byte in reply.body if reply.drip else ():
            time.sleep(reply.drip)
            self.wfile.write(bytes([byte]))
        if not reply.drip:
            self.wfile.write(reply.body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Whoever runs it looks at `requests`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is part of many trials."""


@contextmanager
def hub(reply: Callable[[Request], Reply] | None = None, port: int = 0) -> Iterator[Hub]:
    here = Hub("")
    if reply is not None:
        here.reply = reply
    server = _Server(("127.0.0.1", port), type("Handler", (_Handler,), {"hub": here}))
    here.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
