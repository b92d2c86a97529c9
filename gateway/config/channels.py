"""The sections of a running gateway: where messages come in, whom they go to, by which rules, where they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from adapters.tls import Tls
from gateway import plugins
from gateway.config.adapters import one_of, section_of
from gateway.config.durations import Bytes, Seconds
from gateway.config.model import Section, Texts
from gateway.plan import Acknowledge, Audience, OnGap, Order
from gateway.web.settings import SCOPES, Scope

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
"""Of a channel, destination or rule: it appears in logs and metrics."""


class ChannelSection(Section):
    """A way in."""

    format: str = Field("hl7v2", description="Format of what comes in")
    acknowledge: Acknowledge = Field("stored", description="`validated`: the accept profiles are checked first")
    when_store_fails: Literal["close", "reject"] = Field(
        "close", description="No answer, so that the sender sends again; or AR (CE)"
    )
    accept: Texts = Field([], description="Profiles that a message must meet; else it is quarantined")
    emit: Texts = Field([], description="Profiles that the FHIR made of it must meet")
    map: str | None = Field(None, description="Map to use in place of the one that would be chosen")
    processing_ids: Texts = Field(["P", "T", "D"], description="MSH-11 that is taken; production takes [P] only")
    max_size: Bytes = Field(16 << 20, description="Largest message")
    dates: Literal["DMY", "MDY", "YMD"] | None = Field(None, description="Tables: order of day and month")
    encoding: str | None = Field(None, description="Tables: encoding of what is neither marked nor UTF-8")
    answers_to: str | None = Field(None, description="Destination of application answers (MSH-16)")


class HttpChannelSection(ChannelSection):
    """A way in through `POST /api/v1/channels/{name}/messages` alone; every channel can be reached that way too."""

    transport: Literal["http"]


class RetrySection(Section):
    """Waits between attempts: spread at random over the whole of their length."""

    first: Seconds = Field(5.0, description="The first wait, at most")
    factor: float = Field(3.0, ge=1, description="What each further one is multiplied with")
    most: Seconds = Field(900.0, description="The longest wait")


class DestinationSection(Section):
    """A way out."""

    as_: str = Field("fhir", alias="as", description="What is sent: fhir, alerts@1.1.0, adt@2.5.1, ADT_A03@2.5.1")
    profile: Texts | None = Field(None, description="Profiles that it must meet; by default those of its kind")
    on_gap: OnGap = Field("hold", description="What happens to one that does not meet them")
    audience: Audience = Field("hub", description="Who this is; rules stop and hold by it")
    cleared: list[str] = Field([], description="Security labels it may get from tables: R, SDV, NOAUTH")
    order: Order = Field("person", description="`person`: in order per person; `strict`: one after another; `none`")
    concurrency: int = Field(4, ge=1, le=64, description="Deliveries under way at the same time")
    lifetime: Seconds = Field(72 * 3600.0, description="After this a delivery is given up")
    timeout: Seconds = Field(30.0, gt=0, description="For one attempt, from the look-up to the last byte")
    retry: RetrySection = RetrySection()


class RuleSection(Section):
    """A row of the table: `when` in the words of tests; all rows are asked."""

    name: Name
    when: dict[str, Any] = Field({}, description="Tests by fact, FHIRPath or FORMAT:path; without any it always holds")
    to: Texts = Field([], description="Destinations")
    stop: list[Audience] = Field([], description="Audiences that get nothing, whatever other rows say")
    hold: list[Audience] = Field([], description="Audiences whose deliveries wait for a person's decision")


class KeySection(Section):
    """A client of the API."""

    key: SecretStr | None = Field(None, min_length=24, description="The key itself, better as ${env:X} or ${file:X}")
    hash: str | None = Field(None, pattern="^sha256:[0-9a-f]{64}$", description="Its hash, in place of the key")
    may: list[Scope] = Field(list(SCOPES), description="What it opens")
    channels: Texts = Field([], description="Channels it may send to; none means any")

    @model_validator(mode="after")
    def _one_of_both(self) -> KeySection:
        if (self.key is None) == (self.hash is None):
            raise ValueError("give either `key` or `hash`")
        return self


class HttpSection(Section):
    """The API, FHIR operations, health and metrics."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    tls: section_of(Tls) | None = None  # type: ignore[valid-type]
    keys: dict[Name, KeySection] = Field({}, description="API keys by the name of who has it")
    process_message: str | None = Field(None, description="Channel that $process-message feeds")
    max_body: Bytes = 16 << 20


REPEATS = 30 * 86400.0
"""Seconds in which a repeated message must be known for what it is."""


class StoreSection(Section):
    """Where everything is kept."""

    url: str = Field("sqlite:///gateway.db", description="A path in it is relative to this file")
    keep: Seconds | None = Field(
        None, description="After this (30d at least) what was delivered is forgotten; by default nothing is"
    )

    @field_validator("keep")
    @classmethod
    def _beyond_repeats(cls, keep: float | None) -> float | None:
        if keep is not None and keep < REPEATS:
            raise ValueError("at least 30d: so long the same message sent again has to be recognised")
        return keep


class WorkSection(Section):
    """The processes that validate and convert."""

    processes: int | None = Field(None, ge=1, le=64, description="By default one for each core, up to four")
    time_limit: Seconds = Field(20.0, gt=0, description="For one message")
    memory_limit: Bytes = Field(2 << 30, description="For one process")


if TYPE_CHECKING:
    AnyChannel = ChannelSection
    AnyDestination = DestinationSection
else:
    TRANSPORTS, BROKEN_TRANSPORTS = plugins.installed(plugins.TRANSPORTS)
    DESTINATIONS, BROKEN_DESTINATIONS = plugins.installed(plugins.DESTINATIONS)
    AnyChannel = one_of(ChannelSection, "transport", "listen", TRANSPORTS, HttpChannelSection)
    AnyDestination = one_of(DestinationSection, "type", "to", DESTINATIONS)
