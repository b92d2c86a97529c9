"""The Minimal Lower Layer Protocol (HL7 v2.5.1, Appendix C.4.3): its frames, and a client that waits for each answer.

A frame is VT, the message, FS CR. Noise between frames is skipped; a VT inside a frame means that the sender began
again, so what came before it is dropped; a sender that leaves out the CR is understood when the next VT shows the end.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c\r"
_FS = b"\x1c"
_END_WITHOUT_CR = b"\x1c\x0b"
_CR = 0x0D


class FrameTooLargeError(Exception):
    """The open frame has passed the limit; the stream can't be followed any further."""


def frame(message: bytes) -> bytes:
    return START + message + END


class Frames:
    """Bytes in, whole messages out. Holds at most `limit` bytes of one open frame."""

    __slots__ = ("_buffer", "_searched", "dropped", "limit", "open")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.dropped = 0
        """Frames begun and never ended, because another began inside them."""
        self.open = False
        """True while a frame has begun and not ended."""
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete. FrameTooLargeError when an open frame passes the limit."""
        if not self._buffer and not self.open:
            whole, _, rest = data.partition(_FS)  # one frame and no more, as those send it who wait for each answer
            if rest == b"\r" and whole.rfind(START) == 0 and len(data) <= self.limit:
                return [whole[1:]]
        self._buffer += data
        messages: list[bytes] = []
        while self._start() and (end := self._end()) >= 0:
            begun_before, _, message = bytes(self._buffer[:end]).rpartition(START)
            self.dropped += bool(begun_before)
            messages.append(message)
            del self._buffer[: end + (2 if self._buffer[end + 1] == _CR else 1)]
            self.open = False
        if len(self._buffer) > self.limit:
            raise FrameTooLargeError
        return messages

    def _start(self) -> bool:
        """Skips to the next VT unless a frame is open already; False when there is none yet."""
        if not self.open:
            at = self._buffer.find(START)
            del self._buffer[: at + 1 if at >= 0 else len(self._buffer)]
            self.open = at >= 0
            self._searched = 0
        return self.open

    def _end(self) -> int:
        """Where the FS that ends the open frame stands; -1 when it isn't there yet. Looks at each byte once."""
        ends = [at for mark in (END, _END_WITHOUT_CR) if (at := self._buffer.find(mark, self._searched)) >= 0]
        self._searched = max(len(self._buffer) - 1, 0)
        return min(ends, default=-1)


class NoAnswerError(Exception):
    """The message may have arrived; its answer did not."""


@dataclass(slots=True, kw_only=True)
class Client:
    """One connection, made when first needed and kept; not for several threads at once.

    OSError: nothing was sent. NoAnswerError: sent (in part), not answered; the connection is closed, since a late
    answer would be taken for the next message's.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    connect_timeout: float = 10.0
    limit: int = 1 << 20
    _socket: socket.socket | None = None
    _frames: Frames | None = None

    def exchange(self, message: bytes, timeout: float) -> bytes:
        """Sends one message and returns its answer, within `timeout` seconds in all."""
        until = time.monotonic() + timeout
        connection, frames = self._connected(timeout)
        try:
            connection.settimeout(_left(until))
            connection.sendall(frame(message))
            while True:
                connection.settimeout(_left(until))
                data = connection.recv(65536)
                if not data:
                    raise NoAnswerError
                if answers := frames.feed(data):
                    return answers[0]
        except (OSError, FrameTooLargeError) as error:
            self.close()
            raise NoAnswerError from error
        except NoAnswerError:
            self.close()
            raise

    def _connected(self, timeout: float) -> tuple[socket.socket, Frames]:
        """The open connection, or a new one when there is none or the peer has closed it meanwhile."""
        if self._socket is not None and _closed_by_peer(self._socket):
            self.close()
        if self._socket is None or self._frames is None:
            plain = socket.create_connection((self.host, self.port), timeout=min(timeout, self.connect_timeout))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = self.tls.wrap_socket(plain, server_hostname=self.host) if self.tls else plain
            self._frames = Frames(self.limit)
        return self._socket, self._frames

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = self._frames = None


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _closed_by_peer(connection: socket.socket) -> bool:
    """True when the peer closed, or said something that nobody asked for: either way it is not to be used again."""
    connection.settimeout(0)
    try:
        connection.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    return True
