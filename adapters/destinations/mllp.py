"""MLLP out: one message at a time on each connection, its answer matched by MSA-2.

A repeated message carries the same MSH-10, by which the receiver recognises it.
"""

from __future__ import annotations

import queue
import ssl
from dataclasses import dataclass

from adapters.destinations import Accepted, Dead, Outcome, Payload, Retry, Sender, Unknown
from adapters.mllp import Client, NoAnswerError
from adapters.tls import Tls, client_context
from conformance.catalogue import issue


@dataclass(frozen=True, slots=True, kw_only=True)
class MllpSettings:
    """`max_errors`: AE (or CE) that one message may be answered with before it is given up. `connect_timeout` in
    seconds; `tls` may be `{}`, which trusts the system's authorities."""

    host: str
    port: int
    tls: Tls | None = None
    connect_timeout: float = 10.0
    max_errors: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise ValueError("port must be from 1 to 65535")


class MllpSender:
    """A connection for each thread that sends at the same time; they are kept and used again."""

    def __init__(self, settings: MllpSettings) -> None:
        self._settings = settings
        self._tls = None if settings.tls is None else client_context(settings.tls)
        self._idle: queue.SimpleQueue[Client] = queue.SimpleQueue()

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        connection = self._take()
        try:
            answer = connection.exchange(payload.body, deadline)
        except NoAnswerError:
            return Unknown(issue=issue("NET-0201"))
        except ssl.SSLError as error:
            return Retry(issue=issue("NET-0104", reason=(error.reason or "TLS error").lower().replace("_", " ")))
        except OSError as error:
            return Retry(issue=issue("NET-0103", reason=(error.strerror or type(error).__name__).lower()))
        else:
            outcome = _judged(payload.body, answer, self._settings.max_errors)
            if isinstance(outcome, Unknown):
                connection.close()
            return outcome
        finally:
            self._idle.put(connection)

    def _take(self) -> Client:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            settings = self._settings
            return Client(
                host=settings.host, port=settings.port, tls=self._tls, connect_timeout=settings.connect_timeout
            )

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get().close()


def _judged(sent: bytes, answer: bytes, max_errors: int) -> Outcome:
    code, control_id = _field(answer, b"MSA", 1), _field(answer, b"MSA", 2)
    if code is None or control_id is None:
        return Unknown(issue=issue("NET-0106", protocol="an HL7 acknowledgement"))
    if control_id != _field(sent, b"MSH", 10):
        return Unknown(issue=issue("NET-0204"))
    match code:
        case b"AA" | b"CA":
            return Accepted()
        case b"AE" | b"CE":
            return Retry(issue=issue("NET-0202", code=code.decode()), most=max_errors)
        case b"AR" | b"CR":
            return Dead(issue=issue("NET-0203", code=code.decode()))
    return Unknown(issue=issue("NET-0106", protocol="an HL7 acknowledgement"))


def _field(message: bytes, segment: bytes, number: int) -> bytes | None:
    """The first such segment's field, as it stands. MSH-1 is the delimiter itself, so MSH counts one less."""
    delimiter = message[3:4]
    for line in message.replace(b"\n", b"\r").split(b"\r"):
        if delimiter and line.startswith(segment + delimiter):
            fields = line.split(delimiter)
            at = number - (segment == b"MSH")
            return fields[at].strip() if at < len(fields) else b""
    return None


class Mllp:
    name = "mllp"
    settings = MllpSettings
    formats: tuple[str, ...] = ("hl7v2",)

    def open(self, settings: MllpSettings) -> Sender:
        return MllpSender(settings)


DESTINATION = Mllp()
