"""The gateway's door: cheap checks, stored, answered. Nothing is acknowledged before it is on disk."""

from __future__ import annotations

import hashlib
import logging
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache, partial

from adapters.transports import Answer, Received
from conformance.catalogue import issue
from conformance.document import Continuing, Format, Glance, Glancing
from conformance.issue import Issue, Where, has_errors
from gateway import formats
from gateway.plan import Channel
from gateway.records import WAITING, Arrival, Stored
from gateway.store import Store

_log = logging.getLogger(__name__)

LANES = 64
"""Envelopes of one lane are worked one after another; one person's messages always share a lane."""

Validate = Callable[[bytes, Channel, Callable[[tuple[Issue, ...] | None], None]], None]
"""Runs a channel's accept profiles elsewhere and calls back with the findings; None when that could not be done."""


_Told = Callable[[Stored | None, bytes | None], None]
"""Called once, after the commit: with what was stored, None where the store refused, and the words for the sender."""


@dataclass(slots=True)
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
        self._submit = store.writer.submit
        self._write = store.envelopes.add
        self.channels = channels
        self._clock = clock
        self._new_id = new_id
        self._validate = validate
        self._stored = stored

    def receive(self, name: str) -> Callable[[Received, Answer], None]:
        """What a transport of a channel hands its units to."""

        def accept(received: Received, answer: Answer) -> None:
            body = received.body
            if _is_single(body):
                self._take(self.channels[name], body, lambda _, reply: answer(reply))
            else:
                self.accept(name, body, lambda taken: answer(_together(taken)))

        return accept

    def accept(self, name: str, body: bytes, done: Callable[[list[Taken]], None]) -> None:
        """Stores the message, or each where the format finds several in one unit (a batch, messages one after another,
        lines of NDJSON), and calls `done` once all of it is durable."""
        channel = self.channels[name]
        pieces = _format(channel.format).split(body) if not _is_single(body) else []
        answers = _Answers(len(pieces) or 1, done)
        for number, piece in enumerate(pieces or [body]):
            self._take(channel, piece, answers.at(number))

    def _take(self, channel: Channel, body: bytes, done: _Told) -> None:
        seen = _glance(channel.format)(body)
        found, asked = seen.issues, seen.processing_id
        if len(body) > channel.max_size or (asked and asked not in channel.processing_ids):
            found += _refused(channel, seen, body)
        if seen.is_part and not has_errors(found):
            self._add(channel, body, seen, (*found, issue(WAITING)), done)
        elif channel.acknowledge == "validated" and not has_errors(found):
            self._validated(channel, body, seen, done)
        else:
            self._add(channel, body, seen, found, done)

    def _validated(self, channel: Channel, body: bytes, seen: Glance, done: _Told) -> None:
        def validated(found: tuple[Issue, ...] | None) -> None:
            if found is None:
                done(None, None)
            else:
                self._add(channel, body, seen, (*seen.issues, *found), done)

        self._validate(body, channel, validated)

    def _add(self, channel: Channel, body: bytes, seen: Glance, found: tuple[Issue, ...], done: _Told) -> None:
        """The usual answer is made before it may be given: the listener has time while the writer writes."""
        arrival = self._arrival(channel, seen, body, found)
        reply = seen.reply or partial(_format(channel.format).reply, body)
        committed = partial(self._committed, channel, arrival, reply, reply(found), done)
        try:
            self._submit(self._write, arrival, committed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender must not be told that it is stored
            done(None, self._not_stored(channel, body, error))

    def _arrival(self, channel: Channel, seen: Glance, body: bytes, found: tuple[Issue, ...]) -> Arrival:
        """Made by position, as `Glance` is: names would cost more than it does, and one is made for every message."""
        sha256, control_id, reason = hashlib.sha256(body).digest(), seen.control_id, _reason(found) if found else None
        return Arrival(
            self._new_id(),
            channel.name,
            channel.format,
            body,
            self._clock(),
            _dedupe(channel.name, seen.sender, control_id, sha256),
            sha256,
            control_id,
            zlib.crc32(seen.subject or control_id.encode()) % LANES,
            found,
            reason,
            channel.format == "csv",
            partial(self._whole, channel, body) if reason == WAITING else None,
        )

    def _whole(self, channel: Channel, part: bytes, others: Sequence[bytes]) -> tuple[Arrival, tuple[int, ...]] | None:
        """The message that a part makes with others: an arrival like any other, by the header of its first part."""
        format_ = _glancing(channel.format)
        if not isinstance(format_, Continuing) or (made := format_.joined(part, others)) is None:
            return None
        body, used = made
        seen = format_.glance(body)
        arrival = self._arrival(channel, seen, body, seen.issues + _refused(channel, seen, body))
        return replace(arrival, dedupe=hashlib.blake2b(arrival.dedupe + b"whole", digest_size=32).digest()), used

    def _committed(
        self,
        channel: Channel,
        arrival: Arrival,
        reply: Callable[[Iterable[Issue]], bytes],
        usual: bytes,
        done: _Told,
        stored: Stored | None,
        error: BaseException | None,
    ) -> None:
        if stored is None:
            done(None, self._not_stored(channel, arrival.body, error))
            return
        done(stored, usual if stored.issues == arrival.issues else reply(stored.issues))
        if not stored.repeated and (arrival.reason is None or arrival.whole is not None):
            self._stored()

    def _not_stored(self, channel: Channel, body: bytes, error: BaseException | None) -> bytes | None:
        """No answer, so that the sender sends again; or a refusal, where the channel asks for one."""
        _log.error("not stored", extra={"channel": channel.name, "error": type(error).__name__})
        glancing = _glancing(channel.format)
        if channel.reject_when_store_fails and glancing:
            return glancing.refuse(body, (issue("GW-0005"),))
        return None


def _together(taken: list[Taken]) -> bytes | None:
    """The answers to the messages of one unit, one after the other; none at all when one of them gives none: the sender
    sends all of it again."""
    replies = [one.reply for one in taken if one.reply is not None]
    return b"".join(replies) if len(replies) == len(taken) else None


class _Answers:
    """Collects the answers to the pieces of a batch."""

    def __init__(self, count: int, done: Callable[[list[Taken]], None]) -> None:
        self._taken: list[Taken | None] = [None] * count
        self._open = count
        self._done = done
        self._lock = threading.Lock()

    def at(self, number: int) -> _Told:
        def answered(stored: Stored | None, reply: bytes | None) -> None:
            with self._lock:
                self._taken[number] = Taken(stored, reply)
                self._open -= 1
                last = self._open == 0
            if last:
                self._done([one for one in self._taken if one is not None])

        return answered


@cache
def _format(name: str) -> Format:
    format_ = formats.named(name)
    if format_ is None:
        raise LookupError(f"there is no format {name!r}")
    return format_


@cache
def _glancing(name: str) -> Glancing | None:
    """The format, when its messages are acknowledged one by one; asked once, because asking is slow."""
    format_ = _format(name)
    return format_ if isinstance(format_, Glancing) else None


@cache
def _glance(name: str) -> Callable[[bytes], Glance]:
    """How a message of the format is looked at."""
    glancing, format_ = _glancing(name), _format(name)
    return glancing.glance if glancing else lambda body: Glance(issues=_recognised(format_, body))


def _is_single(body: bytes) -> bool:
    """Whether this is one message of HL7 v2 for sure, as nearly all are: nobody has to look closer. Searched from the
    end, which is the quicker way."""
    return body[:3] == b"MSH" and body.rfind(b"MSH", 3) < 0 and b"\x0b" not in body


def _recognised(format_: Format, body: bytes) -> tuple[Issue, ...]:
    return () if format_.sniff(body[: formats.HEAD]) else (issue("GW-0002", format=format_.name),)


def _reason(found: tuple[Issue, ...]) -> str | None:
    """The code of the finding for which something isn't worked, or not yet."""
    return next((one.code for one in found if one.code == WAITING or has_errors((one,))), None)


def _refused(channel: Channel, seen: Glance, body: bytes) -> tuple[Issue, ...]:
    """What this channel doesn't take, though another might."""
    found: tuple[Issue, ...] = ()
    if len(body) > channel.max_size:
        found += (issue("GW-0001", size=len(body), limit=channel.max_size),)
    if seen.processing_id and seen.processing_id not in channel.processing_ids:
        found += (issue("GW-0003", Where(path="MSH-11"), taken=", ".join(channel.processing_ids)),)
    return found


def _dedupe(channel: str, sender: tuple[str, ...], control_id: str, sha256: bytes) -> bytes:
    """Channel, sender and control id; where the sender gives none, the content speaks for itself.

    A sender's control ids mostly count upwards. So the key ends with the id itself (where it is short), not with a hash
    of it: neighbours come to lie side by side, and the index over millions of them grows in one place.
    """
    name = control_id.encode() if control_id else sha256[:16]
    if len(name) > _SHORT:
        name = name[:8] + hashlib.blake2b(name, digest_size=16).digest()
    return _hashed(channel, sender) + name


_SHORT = 20
"""Bytes that MSH-10 has at most before v2.7."""


@lru_cache(maxsize=1024)
def _hashed(channel: str, sender: tuple[str, ...]) -> bytes:
    return hashlib.blake2b("\x1f".join((channel, *sender)).encode(), digest_size=8).digest()
