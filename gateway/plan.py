"""What a running gateway is to do, as plain values: made from `gateway.yaml`, handed to every part and worker process.

Secrets of destinations are in their adapters' settings, which stay in the process that sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from gateway.config.site import Site
from gateway.targets import Target
from gateway.web.settings import Settings as Http

Acknowledge = Literal["stored", "validated"]
Audience = Literal["hub", "cbo", "practitioner", "plan", "other"]
Order = Literal["person", "none", "strict"]
OnGap = Literal["send", "hold"]

AUDIENCES: tuple[Audience, ...] = ("hub", "cbo", "practitioner", "plan", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way in. `accept` and `emit` are profiles: of the source, and of the FHIR made from it."""

    name: str
    transport: str
    listen: Any = field(default=None, repr=False)
    format: str
    acknowledge: Acknowledge = "stored"
    reject_when_store_fails: bool = False
    accept: tuple[str, ...] = ()
    emit: tuple[str, ...] = ()
    map: str | None = None
    processing_ids: tuple[str, ...] = ("P", "T", "D")
    max_size: int = 16 << 20
    dates: str = ""
    """Order of day and month in tables: DMY, MDY, YMD; empty where nothing is declared."""
    encoding: str = ""
    answers_to: str | None = None
    """The destination that application answers of the enhanced mode go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Seconds: before the second attempt, the factor for each further one, and the most."""

    first: float = 5.0
    factor: float = 3.0
    most: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A way out. `to` are the settings of its adapter; `lifetime` and `timeout` are seconds."""

    name: str
    type: str
    to: Any = field(default=None, repr=False)
    as_: Target
    wanted: str
    """`as_` as people write it: `alerts@1.1.0`."""
    profiles: tuple[str, ...] = ()
    on_gap: OnGap = "hold"
    audience: Audience = "hub"
    cleared: frozenset[str] = frozenset()
    """Codes of security labels: what tables restrict goes only to whom it is cleared for."""
    order: Order = "person"
    concurrency: int = 4
    lifetime: float = 72 * 3600.0
    timeout: float = 30.0
    retry: Retry = Retry()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table. `when` in the notation of tests; `stop` and `hold` name audiences."""

    name: str
    when: Mapping[str, Any] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    stop: tuple[Audience, ...] = ()
    hold: tuple[Audience, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker process needs to know to work envelopes. No secret but the salt of the ids."""

    site: Site
    channels: Mapping[str, Channel]
    destinations: Mapping[str, Destination]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything. `time_limit` is what one message may take, in seconds; `memory_limit` a worker's, in bytes; `keep`:
    the seconds for which what is over and done with is kept, None for ever."""

    site: Site
    channels: Mapping[str, Channel]
    destinations: Mapping[str, Destination]
    rules: tuple[Rule, ...]
    http: Http | None
    store: str
    keep: float | None = None
    tenant: str = "default"
    workers: int = 1
    time_limit: float = 20.0
    memory_limit: int = 2 << 30
    folder: Path = Path()

    @property
    def work(self) -> Work:
        return Work(
            site=self.site,
            channels={name: _bare_channel(one) for name, one in self.channels.items()},
            destinations={name: _bare_destination(one) for name, one in self.destinations.items()},
            rules=self.rules,
        )


def _bare_channel(channel: Channel) -> Channel:
    return replace(channel, listen=None)


def _bare_destination(destination: Destination) -> Destination:
    return replace(destination, to=None)
