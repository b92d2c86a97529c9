"""Ways out, found through the entry points `sdoh_gateway.destinations`: a destination tries once and says how it went.

Retries, order, breakers and dead letters live outside, in the gateway. The `key` is the same on every attempt of a
delivery, on every node and after a crash, and must reach the receiver, so that it can drop a duplicate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from conformance.issue import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What to send. `format` is a format's name (`fhir`, `hl7v2`), `suffix` its usual file suffix (`.json`)."""

    body: bytes = field(repr=False)
    format: str
    media_type: str
    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The receiver has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Not now. `after`: seconds the receiver asked for, if it did. `most`: the answer after so many of its kind is that
    it will never be."""

    issue: Issue
    after: float | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """Never: the receiver refused this payload. `gone`: it refuses every other one too."""

    issue: Issue
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It was sent and no answer came: it must be sent again with the same key. The one source of duplicates."""

    issue: Issue


Outcome = Accepted | Retry | Dead | Unknown


class Sender(Protocol):
    """An open way out. `send` may be called from several threads at once."""

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        """Tries once, within `deadline` seconds in all; never raises for what the receiver or the network does."""

    def close(self) -> None: ...


class Destination(Protocol):
    """`settings` is a dataclass: its fields are what the configuration may say, with their types and defaults."""

    name: str
    settings: type[Any]
    formats: tuple[str, ...]
    """Formats it can carry; empty for any."""

    def open(self, settings: Any) -> Sender: ...
