"""Ways in, found through the entry points `sdoh_gateway.transports`: bytes are handed over, answers carried back.

A transport knows nothing of formats, stores or routes. It gives each unit it received (a frame, a file) to `Receive`
together with an `Answer`, which the gateway calls once, from any thread, when what was received is durable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Answer = Callable[[bytes | None], None]
"""Called once with what to send back (empty: taken, nothing to say). None: not taken; the sender must send again."""


@dataclass(slots=True)
class Received:
    """One unit. `peer` is an address or a folder, never something the sender wrote. Not frozen: one is made for every
    message, and freezing it would cost more than making it."""

    body: bytes = field(repr=False)
    peer: str


Receive = Callable[[Received, Answer], None]
"""Must return quickly and never raise for bad data; runs in the transport's own thread."""


class Listener(Protocol):
    """A running way in."""

    @property
    def address(self) -> str:
        """Where it listens, as bound: `127.0.0.1:2575`, or a folder's path."""

    def pause(self) -> None:
        """Stop reading; what is being received may be finished."""

    def resume(self) -> None: ...

    def close(self, grace: float) -> None:
        """Take nothing more, answer what was handed over within `grace` seconds, then let go of everything."""


class Transport(Protocol):
    """`settings` is a dataclass: its fields are what the configuration may say, with their types and defaults."""

    name: str
    settings: type[Any]

    def open(self, settings: Any, receive: Receive) -> Listener:
        """Starts listening; OSError when it can't."""
