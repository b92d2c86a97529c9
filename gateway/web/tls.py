"""TLS before a listener that doesn't speak it: each connection is decrypted and passed on to a local socket."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Coroutine
from typing import Any

from adapters.tls import server_context
from gateway.web.settings import Settings

_HANDSHAKE = 10.0
_CHUNK = 64 << 10


class TlsFront:
    """Listens from when it is made; OSError (ssl.SSLError among them) when it can't."""

    def __init__(self, settings: Settings, path: str) -> None:
        if settings.tls is None:
            raise ValueError("a front for TLS needs its settings")
        context = server_context(settings.tls)
        self._path = path
        self._most = settings.max_connections
        self._open: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="http:tls", daemon=True)
        self._thread.start()
        try:
            self._server = self._run(self._listen(settings, context))
        except BaseException:
            self._stop()
            raise
        host, port = self._server.sockets[0].getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def _listen(self, settings: Settings, context: ssl.SSLContext) -> asyncio.Server:
        return await asyncio.start_server(
            self._pass_on,
            settings.host,
            settings.port,
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE,
            ssl_shutdown_timeout=1.0,
            limit=_CHUNK,
        )

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._open) >= self._most:
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(self._path, limit=_CHUNK)
            try:
                await _both(_pump(reader, inner_writer), _pump(inner_reader, writer))
            finally:
                inner_writer.close()
        except (OSError, asyncio.CancelledError):
            pass  # either side is gone, or the gateway stops: there is nobody to tell
        finally:
            self._open.discard(task)
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    def refuse(self) -> None:
        """Takes no new connections."""
        self._loop.call_soon_threadsafe(self._server.close)

    def close(self) -> None:
        """Ends those that are open."""
        self._run(self._cancel())
        self._stop()

    async def _cancel(self) -> None:
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(list(self._open), timeout=2)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(15)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


async def _both(there: Coroutine[Any, Any, None], back: Coroutine[Any, Any, None]) -> None:
    """Until either direction ends: a client that has said its last, or an answer after which the server closed."""
    tasks = [asyncio.ensure_future(there), asyncio.ensure_future(back)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
