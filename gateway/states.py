"""The states of an envelope and of a delivery, and which may follow which. Nothing else decides this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

EnvelopeState = Literal["received", "routed", "quarantined", "failed"]
DeliveryState = Literal["held", "queued", "sending", "delivered", "waiting", "dead", "withdrawn"]

ENVELOPE: Mapping[EnvelopeState, frozenset[EnvelopeState]] = {
    "received": frozenset({"routed", "quarantined", "failed"}),
    "routed": frozenset({"received"}),  # worked again, on an operator's word
    "quarantined": frozenset({"received", "routed"}),  # routed: a part whose message is whole now
    "failed": frozenset({"received"}),
}

DELIVERY: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    "held": frozenset({"queued", "withdrawn"}),
    "queued": frozenset({"sending", "withdrawn"}),
    "sending": frozenset({"sending", "delivered", "waiting", "dead"}),  # taken over, when a lease has run out
    "waiting": frozenset({"sending", "dead", "withdrawn"}),
    "delivered": frozenset({"queued"}),  # sent again, on an operator's word
    "dead": frozenset({"queued", "withdrawn"}),
    "withdrawn": frozenset(),
}

UNDONE: tuple[DeliveryState, ...] = ("queued", "sending", "waiting")
"""A delivery in one of these keeps the later ones of its person and destination waiting."""


def may_become(state: DeliveryState) -> tuple[DeliveryState, ...]:
    """The states from which a delivery may come into this one."""
    return tuple(before for before, after in DELIVERY.items() if state in after)
