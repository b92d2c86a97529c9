"""How a command reaches the gateway that is running: a local socket in a folder of its owner alone.

With SQLite one process writes. A command that has to write looks for the store's lock: when a gateway holds it, the
order goes there, one JSON object a line each way; when none does, the command opens the store itself.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)
_LONGEST = 1 << 20

Order = Callable[..., Any]


class OrderFailedError(Exception):
    """The gateway could not do it; the text says why."""


class Control:
    """Takes orders. `path` is told through the store's lock."""

    def __init__(self, orders: Mapping[str, Order]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sdoh-"))  # 0700: nobody else can connect
        self.path = str(self._folder / "control")
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def handle(self) -> None:
                outer._answer(self)

        self._orders = orders
        self._server = socketserver.ThreadingUnixStreamServer(self.path, Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="control", daemon=True)
        self._thread.start()

    def _answer(self, connection: socketserver.StreamRequestHandler) -> None:
        try:
            order = json.loads(connection.rfile.readline(_LONGEST))
            answer = {"done": self._orders[order["order"]](**order.get("with", {}))}
        except Exception as error:  # noqa: BLE001 - told to the command, and kept without its words
            _log.warning("order failed", extra={"error": type(error).__name__})
            answer = {"failed": f"{type(error).__name__}: {error}"}
        connection.wfile.write(json.dumps(answer).encode() + b"\n")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)


def order(path: str, name: str, **arguments: Any) -> Any:
    """Has a running gateway do something; OrderFailedError when it can't."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(600)
        try:
            connection.connect(path)
            connection.sendall(json.dumps({"order": name, "with": arguments}).encode() + b"\n")
            with connection.makefile("rb") as stream:
                answer = json.loads(stream.readline())
        except (OSError, ValueError) as error:
            raise OrderFailedError(f"the gateway does not answer on {os.path.basename(path)}") from error
    if "failed" in answer:
        raise OrderFailedError(answer["failed"])
    return answer["done"]
