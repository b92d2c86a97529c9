"""All outbound HTTP. A name is resolved once, judged, and connected to as judged; answers are bounded in size and time.

Redirects are not followed, and no URL found in data is ever fetched: only those of the configuration.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpcore

from adapters.tls import Tls, client_context

MAX_ANSWER = 1 << 20
"""Bytes of an answer that are read; one that is longer counts as not readable."""

_until: ContextVar[float] = ContextVar("until")
"""When, by the monotonic clock, the request in hand must be over: pooled connections serve many requests."""


class HttpError(Exception):
    """Unresolved, forbidden, unconnected, no handshake: nothing was sent. The others: it may have been."""

    reason: str = ""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class UnresolvedError(HttpError):
    """The name has no address."""


class ForbiddenError(HttpError):
    """The name leads to an address that may not be spoken to."""


class UnconnectedError(HttpError):
    """No connection: refused, unreachable, or too slow."""


class HandshakeError(HttpError):
    """TLS was refused by either side."""


class UnansweredError(HttpError):
    """Sent, but no whole answer in time."""


class UnreadableError(HttpError):
    """What came is no HTTP, or too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)


def is_public(address: str) -> bool:
    """True for an address of the public internet; IPv4 inside IPv6 is judged as IPv4 (CWE-918)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address in one of the well-known prefix of RFC 6052."""
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


@dataclass(slots=True, kw_only=True)
class Pinned(httpcore.NetworkBackend):
    """Resolves, judges and connects in one step, so that no second look-up can lead elsewhere.

    `private_hosts` are names (or addresses) that may lead to private addresses.
    """

    private_hosts: frozenset[str]
    connect_timeout: float

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure = UnconnectedError("no address took the connection")
        for address in self._addresses(host, port):
            try:
                connection = socket.create_connection((address, port), timeout=_left(self.connect_timeout))
            except OSError as error:
                failure = UnconnectedError(_why(error))
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _Stream(connection)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UnresolvedError from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if host.lower() not in self.private_hosts and not all(map(is_public, addresses)):
            raise ForbiddenError
        return addresses

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise ForbiddenError

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A socket whose every step ends when its request must be over."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._heard = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._socket.settimeout(_left())
            data = self._socket.recv(max_bytes)
        except OSError as error:
            raise UnansweredError(_why(error)) from error
        if not data and not self._heard:
            raise UnansweredError("closed without an answer")
        self._heard = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._socket.settimeout(_left())
            self._heard = False
            self._socket.sendall(buffer)
        except TimeoutError as error:
            raise UnansweredError(_why(error)) from error
        except OSError as error:
            raise httpcore.WriteError(_why(error)) from error  # an answer may stand there all the same

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(_left())
            return _Stream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname))
        except OSError as error:
            self.close()
            raise HandshakeError(_why(error)) from error

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        if info == "is_readable":
            return _readable(self._socket)
        return None


def _readable(connection: socket.socket) -> bool:
    """True when a connection at rest has something to read: the peer closed it, so it must not be used again. Only the
    system is asked: another thread may be taking the connection up, and its time limit stays its own."""
    poll = select.poll()
    try:
        poll.register(connection, select.POLLIN)
    except ValueError:  # closed on this side
        return True
    return bool(poll.poll(0))


def _left(at_most: float | None = None) -> float:
    left = _until.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left if at_most is None else min(left, at_most)


def _why(error: OSError) -> str:
    """What went wrong, in words that hold nothing of the data and nothing of the URL."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").lower().replace("_", " ")
    return "timed out" if isinstance(error, TimeoutError) else (error.strerror or type(error).__name__).lower()


@dataclass(kw_only=True)
class Client:
    """Keeps connections open between requests; may be used from several threads at once."""

    private_hosts: Iterable[str] = ()
    tls: Tls | None = None
    context: ssl.SSLContext | None = None
    connect_timeout: float = 10.0
    connections: int = 8

    @cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self.context or client_context(self.tls or Tls()),
            max_connections=self.connections,
            keepalive_expiry=30.0,
            network_backend=Pinned(
                private_hosts=frozenset(name.lower() for name in self.private_hosts),
                connect_timeout=self.connect_timeout,
            ),
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, deadline: float) -> Answer:
        """One request, within `deadline` seconds from its first look-up to the answer's last byte; else a HttpError."""
        return self._request("POST", url, body, headers, deadline, MAX_ANSWER)

    def get(self, url: str, headers: Mapping[str, str], *, deadline: float, at_most: int = MAX_ANSWER) -> Answer:
        """The same; `at_most` bytes are read."""
        return self._request("GET", url, b"", headers, deadline, at_most)

    def _request(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], deadline: float, at_most: int
    ) -> Answer:
        token = _until.set(time.monotonic() + deadline)
        try:
            return self._exchange(method, url, body, headers, deadline, at_most)
        except (httpcore.RemoteProtocolError, httpcore.LocalProtocolError) as error:
            raise UnreadableError("HTTP") from error
        except httpcore.PoolTimeout as error:
            raise UnconnectedError("all connections are busy") from error
        except (httpcore.TimeoutException, httpcore.NetworkError) as error:
            raise UnansweredError from error
        finally:
            _until.reset(token)

    def _exchange(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], deadline: float, at_most: int
    ) -> Answer:
        sent: list[tuple[bytes | str, bytes | str]] = [("Accept-Encoding", "identity"), *headers.items()]
        waiting = {"timeout": {"pool": deadline}}
        with self._pool.stream(method, url, headers=sent, content=body, extensions=waiting) as response:
            content = bytearray()
            for chunk in response.iter_stream():
                content += chunk
                if len(content) > at_most:
                    raise UnreadableError("HTTP: too long")
        named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Answer(status=response.status, headers=named, body=bytes(content))

    def close(self) -> None:
        self._pool.close()
