"""The gateway's door: cheap checks, stored, answered. Nothing is acknowledged before it is on disk."""

from __future__ import annotations

import hashlib
import logging
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.transports import Answer, Received
from conformance.catalogue import issue
from conformance.document import Format, Glance, Glancing
from conformance.issue import Issue, Where, has_errors
from gateway import formats
from gateway.plan import Channel
from gateway.records import Arrival, Stored
from gateway.store import Store
from gateway.store.writer import Done

_log = logging.getLogger(__name__)

LANES = 64
"""Envelopes of one lane are worked one after another; one person's messages always share a lane."""

Validate = Callable[[bytes, Channel, Callable[[tuple[Issue, ...] | None], None]], None]
"""Runs a channel's accept profiles elsewhere and calls back with the findings; None when that could not be done."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to one arrival: what was stored, and the words for the sender. No `stored`: the store refused."""

    stored: Stored | None
    reply: bytes | None


class Intake:
    """Takes bytes for any channel, from any thread."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        validate: Validate,
        stored: Callable[[], None],
    ) -> None:
        """`stored` is called after each commit that brought something to work."""
        self._store = store
        self.channels = channels
        self._clock = clock
        self._new_id = new_id
        self._validate = validate
        self._stored = stored

    def receive(self, name: str) -> Callable[[Received, Answer], None]:
        """What a transport of a channel hands its units to."""

        def accept(received: Received, answer: Answer) -> None:
            self.accept(name, received.body, lambda taken: answer(taken[0].reply if taken else b""))

        return accept

    def accept(self, name: str, body: bytes, done: Callable[[list[Taken]], None]) -> None:
        """Stores the message, or each message of a batch, and calls `done` once all of it is durable."""
        channel = self.channels[name]
        format_ = _format(channel)
        pieces = format_.split(body) if _is_batch(body) else [body]
        answers = _Answers(len(pieces) or 1, done)
        for number, piece in enumerate(pieces or [body]):
            self._take(channel, format_, piece, answers.at(number))

    def _take(self, channel: Channel, format_: Format, body: bytes, done: Callable[[Taken], None]) -> None:
        seen = format_.glance(body) if isinstance(format_, Glancing) else Glance(issues=_recognised(format_, body))
        found = (*seen.issues, *_refused(channel, seen, body))
        if channel.acknowledge == "validated" and not has_errors(found):
            self._validated(channel, format_, body, seen, done)
        else:
            self._add(channel, format_, body, seen, found, done)

    def _validated(
        self, channel: Channel, format_: Format, body: bytes, seen: Glance, done: Callable[[Taken], None]
    ) -> None:
        def validated(found: tuple[Issue, ...] | None) -> None:
            if found is None:
                done(Taken(None, None))
            else:
                self._add(channel, format_, body, seen, (*seen.issues, *found), done)

        self._validate(body, channel, validated)

    def _add(
        self,
        channel: Channel,
        format_: Format,
        body: bytes,
        seen: Glance,
        found: tuple[Issue, ...],
        done: Callable[[Taken], None],
    ) -> None:
        arrival = self._arrival(channel, seen, body, found)
        try:
            self._store.writer.submit(
                self._store.envelopes.add, arrival, self._committed(channel, format_, arrival, done)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender must not be told that it is stored
            done(self._not_stored(channel, format_, body, error))

    def _arrival(self, channel: Channel, seen: Glance, body: bytes, found: tuple[Issue, ...]) -> Arrival:
        sha256 = hashlib.sha256(body).digest()
        return Arrival(
            id=self._new_id(),
            channel=channel.name,
            format=channel.format,
            body=body,
            received_at=self._clock(),
            control_id=seen.control_id,
            dedupe=_dedupe(channel, seen, sha256),
            sha256=sha256,
            lane=zlib.crc32(seen.subject or seen.control_id.encode()) % LANES,
            issues=found,
            reason=next((one.code for one in found if has_errors((one,))), None),
        )

    def _committed(self, channel: Channel, format_: Format, arrival: Arrival, done: Callable[[Taken], None]) -> Done:
        def committed(stored: Stored | None, error: BaseException | None) -> None:
            if stored is None:
                done(self._not_stored(channel, format_, arrival.body, error))
                return
            done(Taken(stored, format_.reply(arrival.body, stored.issues)))
            if not stored.repeated and arrival.reason is None:
                self._stored()

        return committed

    def _not_stored(self, channel: Channel, format_: Format, body: bytes, error: BaseException | None) -> Taken:
        """No answer, so that the sender sends again; or a refusal, where the channel asks for one."""
        _log.error("not stored", extra={"channel": channel.name, "error": type(error).__name__})
        if channel.reject_when_store_fails and isinstance(format_, Glancing):
            return Taken(None, format_.refuse(body, (issue("GW-0005"),)))
        return Taken(None, None)


class _Answers:
    """Collects the answers to the pieces of a batch."""

    def __init__(self, count: int, done: Callable[[list[Taken]], None]) -> None:
        self._taken: list[Taken | None] = [None] * count
        self._open = count
        self._done = done
        self._lock = threading.Lock()

    def at(self, number: int) -> Callable[[Taken], None]:
        if len(self._taken) == 1:
            return lambda taken: self._done([taken])

        def answered(taken: Taken) -> None:
            with self._lock:
                self._taken[number] = taken
                self._open -= 1
                last = self._open == 0
            if last:
                self._done([one for one in self._taken if one is not None])

        return answered


def _format(channel: Channel) -> Format:
    format_ = formats.named(channel.format)
    if format_ is None:
        raise LookupError(f"there is no format {channel.format!r}")
    return format_


def _is_batch(body: bytes) -> bool:
    """Only HL7's batches hold several messages in one unit; each becomes an envelope."""
    return body[:64].lstrip(b"\xef\xbb\xbf\x0b\r\n\t ")[:3] in (b"FHS", b"BHS")


def _recognised(format_: Format, body: bytes) -> tuple[Issue, ...]:
    return () if format_.sniff(body[: formats.HEAD]) else (issue("GW-0002", format=format_.name),)


def _refused(channel: Channel, seen: Glance, body: bytes) -> tuple[Issue, ...]:
    """What this channel doesn't take, though another might."""
    found: list[Issue] = []
    if len(body) > channel.max_size:
        found.append(issue("GW-0001", size=len(body), limit=channel.max_size))
    if seen.processing_id and seen.processing_id not in channel.processing_ids:
        found.append(issue("GW-0003", Where(path="MSH-11"), taken=", ".join(channel.processing_ids)))
    return tuple(found)


def _dedupe(channel: Channel, seen: Glance, sha256: bytes) -> bytes:
    """Channel, sender and control id; where the sender gives none, the content speaks for itself."""
    parts = [channel.name.encode()]
    parts += [*(one.encode() for one in seen.sender), seen.control_id.encode()] if seen.control_id else [sha256]
    return hashlib.blake2b(b"\x1f".join(parts), digest_size=16).digest()
