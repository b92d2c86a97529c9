"""What the HTTP side asks of the gateway behind it. `gateway.web.live` answers with the store and the intake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from gateway.config import Site
from gateway.intake import Taken
from gateway.plan import Channel
from gateway.records import Delivery, Envelope
from gateway.store import Filter, Tried, Wanted


class UnavailableError(Exception):
    """Not now: the store can't be written, everybody is busy, or the gateway is going down. The sender tries again."""


class GaveUpError(Exception):
    """The work on what was sent took too long, or brought its worker down."""


class MistakeError(Exception):
    """A mistake of the gateway itself, made elsewhere: its type and its place in the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of `/metrics`. Labels are our own words (states, names of the configuration), never data."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["gauge", "counter"] = "gauge"


class Services(Protocol):
    """All may be called from any thread."""

    def channels(self) -> Mapping[str, Channel]:
        """Every channel, by name; each can be fed over HTTP, whatever other way in it has."""

    def accept(self, channel: str, body: bytes) -> Sequence[Taken]:
        """Returns once all of it is on disk, one item for each message of a batch. UnavailableError when it isn't."""

    def messages(self, wanted: Filter) -> Sequence[Envelope]: ...

    def message(self, name: str) -> Envelope | None: ...

    def deliveries(self, wanted: Wanted) -> Sequence[Delivery]: ...

    def delivery(self, name: str) -> tuple[Delivery, Sequence[Tried]] | None: ...

    def replay(self, wanted: Filter, *, as_new: bool) -> int:
        """Works the messages again that match, in their order; how many. `as_new`: under new keys."""

    def resend(self, wanted: Wanted) -> int:
        """Sends the deliveries again that match and whose state allows it; how many."""

    def site(self) -> Site:
        """The settings of conversions, as they are now."""

    def compute(self, function: str, *arguments: Any) -> Any:
        """The result of `module:function`, run where it can be stopped. GaveUpError, UnavailableError, MistakeError."""

    def problems(self) -> Sequence[str]:
        """Why the gateway is not ready to take messages: words of our own."""

    def figures(self) -> Iterable[Figure]: ...
