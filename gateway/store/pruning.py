"""What is forgotten: messages that are over and done with, together with what was sent of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, or_, select

from gateway.records import to_micros
from gateway.states import DeliveryState
from gateway.store.schema import ATTEMPT, DELIVERY, ENVELOPE

_OVER: tuple[DeliveryState, ...] = ("delivered", "withdrawn")
"""A dead letter or a held delivery is somebody's open question, so it is never forgotten unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune:
    """Up to `limit` messages that came, were worked and were last sent before a time."""

    before: datetime
    limit: int = 200


def prune(connection: Connection, tenant: str, requests: Sequence[Prune]) -> list[int]:
    """Forgets routed messages whose deliveries are all over; how many of each request."""
    return [_prune(connection, tenant, one) for one in requests]


def _prune(connection: Connection, tenant: str, one: Prune) -> int:
    before = to_micros(one.before)
    needed = exists().where(
        DELIVERY.c.envelope_seq == ENVELOPE.c.seq,
        or_(DELIVERY.c.state.not_in(_OVER), DELIVERY.c.changed_at >= before),
    )
    wanted = (
        select(ENVELOPE.c.seq)
        .where(ENVELOPE.c.tenant == tenant, ENVELOPE.c.state == "routed", ENVELOPE.c.received_at < before)
        .where(ENVELOPE.c.worked_at < before, ~needed)
        .order_by(ENVELOPE.c.seq)
        .limit(one.limit)
    )
    seqs = list(connection.execute(wanted).scalars())
    if seqs:
        sent = select(DELIVERY.c.seq).where(DELIVERY.c.envelope_seq.in_(seqs))
        connection.execute(delete(ATTEMPT).where(ATTEMPT.c.delivery_seq.in_(sent)))
        connection.execute(delete(DELIVERY).where(DELIVERY.c.envelope_seq.in_(seqs)))
        connection.execute(delete(ENVELOPE).where(ENVELOPE.c.seq.in_(seqs)))
    return len(seqs)
