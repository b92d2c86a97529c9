"""MLLP in: a server that answers each frame in the order of its connection, and is bounded in size, time and number."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast

from adapters.mllp import Frames, FrameTooLargeError, frame
from adapters.tls import Tls, server_context
from adapters.transports import Listener, Receive, Received

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MllpSettings:
    """Times in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 2575
    tls: Tls | None = None
    max_message: int = 2 << 20
    max_connections: int = 512
    max_unanswered: int = 64
    """Frames of one connection that may wait for their answers; then no more is read from it."""
    frame_timeout: float = 30.0
    """From a frame's first byte to its last."""
    idle_timeout: float = 600.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError("port must be from 0 (any that is free) to 65535")


class _Slot:
    """The place of one frame in its connection's row of answers. Called with the answer, from any thread."""

    __slots__ = ("_connection", "answer", "done")

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self.done = False
        self.answer: bytes | None = None

    def __call__(self, reply: bytes | None) -> None:
        self.answer, self.done = reply, True
        connection = self._connection
        connection.server.answered(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self.server = server
        self._frames = Frames(server.settings.max_message)
        self._slots: deque[_Slot] = deque()
        self._most = server.settings.max_unanswered
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._ended = False
        self._unwritable = False
        self._paused = False
        self.heard_at = 0.0
        self.frame_began_at: float | None = None

    @property
    def quiet(self) -> bool:
        """True when nothing is begun and nothing waits for its answer."""
        return not self._slots and not self._frames.open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        self.heard_at = monotonic()
        self.server.joined(self)
        self.apply_pause()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        server, frames, slots = self.server, self._frames, self._slots
        self.heard_at = monotonic()
        try:
            messages = frames.feed(data)
        except FrameTooLargeError:
            server.refused("too_large")
            self.cut()
            return
        if not frames.open:
            self.frame_began_at = None
        elif messages or self.frame_began_at is None:
            self.frame_began_at = self.heard_at
        for message in messages:
            slot = _Slot(self)
            slots.append(slot)
            server.receive(Received(message, self._peer), slot)
        if server.paused or len(slots) >= self._most:
            self.apply_pause()

    def eof_received(self) -> bool:
        """The peer has said all it will say; the connection stays open while answers are owed (TLS can't do that)."""
        self._ended = True
        return bool(self._slots) and self.server.settings.tls is None

    def pause_writing(self) -> None:
        self._unwritable = True
        self.apply_pause()

    def resume_writing(self) -> None:
        self._unwritable = False
        self.apply_pause()

    def flush(self) -> None:
        """Writes the answers that are there, up to the first that isn't. One that is None ends the connection."""
        if self._transport is None:
            return
        slots, answers = self._slots, b""
        while slots and slots[0].done:
            answer = slots.popleft().answer
            if answer is None:
                self._transport.write(answers)
                slots.clear()
                self._transport.close()
                return
            if answer:
                answers += frame(answer)
        if answers:
            self._transport.write(answers)
        if self._ended and not slots:
            self._transport.close()
        elif self._paused:
            self.apply_pause()

    def apply_pause(self) -> None:
        """Reads, or doesn't, as the server, the row of answers and the peer's own reading allow."""
        wait = self.server.paused or self._unwritable or len(self._slots) >= self._most
        if self._transport is None or wait == self._paused or self._transport.is_closing():
            return
        self._paused = wait
        if wait:
            self._transport.pause_reading()
        elif not self._ended:
            self._transport.resume_reading()

    def cut(self) -> None:
        """Ends it now, without answering what is open."""
        self.server.connections.discard(self)
        if self._transport is not None:
            self._transport.abort()

    def finish(self) -> None:
        """Closes it once everything handed over is answered; a frame still open gets no answer."""
        if self._transport is not None:
            self._transport.pause_reading()
            self._ended = True
            if not self._slots:
                self._transport.close()

    def overdue(self, now: float) -> str | None:
        """Why this connection must end, if it must."""
        settings = self.server.settings
        if self.frame_began_at is not None and not self._paused and now - self.frame_began_at > settings.frame_timeout:
            return "slow_frame"
        if not self._slots and now - self.heard_at > settings.idle_timeout:
            return "idle"
        return None


def _event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, which costs each message a third less; Windows has none."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop()
    return new_event_loop()


@dataclass(slots=True, eq=False, kw_only=True)
class _Server:
    """What the connections of one listener share. All of it belongs to the event loop's thread, save `answered`."""

    settings: MllpSettings
    receive: Receive
    loop: asyncio.AbstractEventLoop = field(default_factory=_event_loop)
    connections: set[_Connection] = field(default_factory=set)
    refusals: dict[str, int] = field(default_factory=dict)
    paused: bool = False
    _answered: deque[_Connection] = field(default_factory=deque)
    _waking: bool = False

    def refused(self, why: str) -> None:
        """Counts each, but logs the first, second, fourth, eighth ...: a flood must not fill the log."""
        count = self.refusals[why] = self.refusals.get(why, 0) + 1
        if count & (count - 1) == 0:
            _log.warning("connection ended", extra={"reason": why, "count": count})

    def joined(self, connection: _Connection) -> None:
        """Makes room for a new connection by ending the one that has been quiet longest; without one, ends the new."""
        self.connections.add(connection)
        if len(self.connections) > self.settings.max_connections:
            quiet = [other for other in self.connections if other.quiet]
            self.refused("too_many")
            min(quiet, key=lambda other: other.heard_at).cut()

    def answered(self, connection: _Connection) -> None:
        """From any thread: answers are due. Wakes the loop once for as many as come meanwhile."""
        self._answered.append(connection)
        if not self._waking:
            self._waking = True
            self.call(self._flush)

    def call(self, function: Callable[..., object], *values: object) -> None:
        """Runs it in the loop's thread; an answer that comes after the end finds nobody to send it to."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(function, *values)

    def _flush(self) -> None:
        self._waking = False
        due: dict[_Connection, None] = {}
        while self._answered:
            due[self._answered.popleft()] = None
        for connection in due:
            connection.flush()

    async def sweep(self) -> None:
        """Once a second (or faster for short limits), ends what has passed its time."""
        every = min(1.0, self.settings.frame_timeout / 4, self.settings.idle_timeout / 4)
        while True:
            await asyncio.sleep(every)
            now = monotonic()
            for connection in list(self.connections):
                if why := connection.overdue(now):
                    self.refused(why)
                    connection.cut()


class MllpListener:
    """A server in a thread of its own."""

    def __init__(self, settings: MllpSettings, receive: Receive) -> None:
        self._server = _Server(settings=settings, receive=receive)
        self._thread = threading.Thread(target=self._run, name=f"mllp:{settings.port}", daemon=True)
        context = None if settings.tls is None else server_context(settings.tls)
        loop = self._server.loop
        handshake = None if context is None else 10.0
        starting: Coroutine[Any, Any, asyncio.Server] = loop.create_server(
            lambda: _Connection(self._server),
            settings.host,
            settings.port,
            ssl=context,
            ssl_handshake_timeout=handshake,
            backlog=256,
        )
        try:
            self._listening = loop.run_until_complete(starting)
        except BaseException:
            loop.close()
            raise
        host, port = self._listening.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"
        self._thread.start()

    @property
    def connections(self) -> int:
        return len(self._server.connections)

    @property
    def refusals(self) -> dict[str, int]:
        """How many connections were ended, by reason: too_large, too_many, slow_frame, idle."""
        return dict(self._server.refusals)

    def _run(self) -> None:
        loop = self._server.loop
        asyncio.set_event_loop(loop)
        sweeping = loop.create_task(self._server.sweep())
        loop.run_forever()
        sweeping.cancel()
        loop.run_until_complete(asyncio.gather(sweeping, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def pause(self) -> None:
        self._server.call(self._set_paused, True)

    def resume(self) -> None:
        self._server.call(self._set_paused, False)

    def _set_paused(self, paused: bool) -> None:
        self._server.paused = paused
        for connection in list(self._server.connections):
            connection.apply_pause()

    def close(self, grace: float) -> None:
        if not self._thread.is_alive():
            return
        ended = asyncio.run_coroutine_threadsafe(self._drain(grace), self._server.loop)
        ended.result(grace + 5)
        self._server.call(self._server.loop.stop)
        self._thread.join(5)

    async def _drain(self, grace: float) -> None:
        self._listening.close()
        for connection in list(self._server.connections):
            connection.finish()
        until = monotonic() + grace
        while self._server.connections and monotonic() < until:
            await asyncio.sleep(0.01)
        for connection in list(self._server.connections):
            connection.cut()
        await asyncio.sleep(0)


class Mllp:
    name = "mllp"
    settings = MllpSettings

    def open(self, settings: MllpSettings, receive: Receive) -> Listener:
        return MllpListener(settings, receive)


TRANSPORT = Mllp()
