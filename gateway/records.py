"""What the store keeps: `Envelope`, one thing received, `Delivery`, one thing to send, and what is known of people.

Times are UTC.
"""

from __future__ import annotations

import itertools
import random
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance.issue import Issue, Where
from gateway.states import DeliveryState, EnvelopeState

WAITING, JOINED = "GW-0106", "GW-0107"
"""Reasons of envelopes that are parts of messages: one waits for the others, or was worked with them."""

_NAMESPACE = uuid.UUID("6f2f61d4-0f0e-5d6f-9d53-2c3c8f6f8a11")


@dataclass(slots=True)
class Arrival:
    """Something received and not yet stored. `control_id` is the sender's own name for it, empty where it has none;
    `dedupe` says which arrivals are the same; `lane` which are worked one after another.
    Not frozen: one is made while its sender waits, and freezing costs more than making."""

    id: str
    channel: str
    format: str
    body: bytes = field(repr=False)
    received_at: datetime
    dedupe: bytes
    sha256: bytes
    control_id: str = field(default="", repr=False)
    lane: int = 0
    issues: tuple[Issue, ...] = ()
    reason: str | None = None
    """The code of the finding for which it is not to be worked."""
    is_snapshot: bool = False
    """Whether it says how everything stands: the same again says nothing new only when nothing else came since."""
    whole: Callable[[Sequence[bytes]], tuple[Arrival, tuple[int, ...]] | None] | None = None
    """Of a part of a message: what it is together with other parts that wait, and the places of these."""


@dataclass(slots=True)
class Stored:
    """What became of an arrival, with the issues to be answered. `repeated`: it was there already; the issues are
    those that its first answer spoke of, not what was found when it was worked."""

    seq: int
    id: str
    repeated: bool = False
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """`seq` is the order of arrival. `person`: who it is about, once worked; `event` the trigger."""

    seq: int
    id: str
    channel: str
    format: str
    control_id: str = field(repr=False)
    sha256: bytes
    size: int
    received_at: datetime
    state: EnvelopeState
    lane: int
    repeats: int
    event: str | None
    person: str | None
    reason: str | None
    generation: int
    issues: tuple[Issue, ...] = ()
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """`order_key`: those of one destination with the same key go out in their order. `held`: the reason, if any."""

    destination: str
    route: str
    order_key: str
    format: str
    media_type: str
    suffix: str
    payload: bytes = field(repr=False)
    held: str | None = None
    lifetime: float
    name: str = ""
    """What its key is made of beside envelope and destination; empty: which of these it is, counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`id` is also the key that the receiver gets: the same over retries, restarts and replays."""

    seq: int
    id: str
    envelope: str
    destination: str
    route: str
    order_key: str
    format: str
    media_type: str
    suffix: str
    state: DeliveryState
    held: str | None
    attempts: int
    created_at: datetime
    next_at: datetime
    until: datetime
    last_code: str | None
    last_issue: Issue | None = None
    payload: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`id` is the Patient's. `survivor`: the one that this one was merged into."""

    id: str
    survivor: str | None = None
    event: str | None = None
    event_at: datetime | None = None
    known_by: bytes | None = None
    """What tells the identifiers that were last seen of them from others (`gateway.identities.mark`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A person is known by an identifier, of which `hash` is a keyed hash."""

    hash: bytes
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`id` is the Encounter's, `status` its status (FHIR's words) after the latest event. `survivor`: the one that its
    number was changed to, or that it was merged into."""

    id: str
    person: str
    status: str
    event: str | None = None
    event_at: datetime | None = None
    survivor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a destination was last told of a person by tables of a channel, as a digest, and by which envelope.
    `subject`: the Patient's id, or of what concerns nobody the resource's."""

    channel: str
    destination: str
    subject: str
    digest: bytes
    envelope: str


def time_ordered_id() -> str:
    """A UUID of version 7 (RFC 9562, 5.7): made later, it sorts later, so that an index over many grows at its end."""
    made = f"{time.time_ns() // 1_000_000:012x}"
    return f"{made[:8]}-{made[8:]}-{_PROCESS}{next(_COUNT) & 0xFFFFFFFFFF:010x}"


_CHANCE = random.SystemRandom().getrandbits
_PROCESS = f"7{_CHANCE(12):03x}-{0x8000 | _CHANCE(14):04x}-{_CHANCE(8):02x}"
_COUNT = itertools.count(_CHANCE(40))
"""Such an id is a name and no secret: it needs to be unlike others, not beyond guessing. So a process counts, from
anywhere, behind digits that chance gave it."""


def delivery_id(tenant: str, envelope: str, destination: str, name: str, generation: int) -> str:
    """The UUIDv5 key of a delivery; `name` tells those of one envelope to one destination apart."""
    return str(uuid.uuid5(_NAMESPACE, "|".join((tenant, envelope, destination, name, str(generation)))))


def to_micros(time: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (time - _EPOCH) // _MICRO


def from_micros(micros: int) -> datetime:
    return _EPOCH + micros * _MICRO


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = datetime.resolution


def issue_to_dict(issue: Issue) -> dict[str, Any]:
    """Without what is empty."""
    plain = asdict(issue)
    plain["at"] = {name: value for name, value in plain["at"].items() if value not in ("", None)}
    return {name: value for name, value in plain.items() if value not in ("", None, {})}


def issue_from_dict(plain: dict[str, Any]) -> Issue:
    return Issue(**{**plain, "at": Where(**plain.get("at", {}))})


def issues_to_dicts(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    return [issue_to_dict(issue) for issue in issues]


def issues_from_dicts(plain: Sequence[dict[str, Any]]) -> tuple[Issue, ...]:
    return tuple(map(issue_from_dict, plain))
