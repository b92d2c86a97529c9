"""The JSON bodies of `/api/v1`, which are read and written by the same types that describe them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from conformance.issue import has_errors
from gateway.intake import Taken
from gateway.records import Delivery, Envelope
from gateway.states import DeliveryState, EnvelopeState
from gateway.store import Tried
from gateway.web.problems import Finding, shown

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Receipt(Shape):
    """One message that was stored. `accepted`: no error was found at the door; one with errors is in quarantine.
    `repeated`: it was there already."""

    id: str
    accepted: bool
    repeated: bool
    issues: list[Finding]


class Receipts(Shape):
    """`id` is the first message's; a batch has several."""

    id: str
    messages: list[Receipt]


class Message(Shape):
    """An envelope, without its body. `person` is the gateway's own id; `event` the trigger."""

    id: str
    channel: str
    format: str
    received_at: datetime
    size: int
    sha256: str
    state: EnvelopeState
    reason: str | None
    event: str | None
    person: str | None
    control_id: str
    repeats: int
    generation: int
    issues: list[Finding]


class Attempt(Shape):
    """One try of a delivery; `took` in seconds."""

    number: int
    at: datetime
    took: float
    outcome: str
    code: str | None


class Sending(Shape):
    """A delivery, without its payload. `id` is also the key that the receiver gets. `held`: why it waits."""

    id: str
    message: str
    destination: str
    route: str
    format: str
    state: DeliveryState
    held: str | None
    attempts: int
    created_at: datetime
    next_at: datetime
    until: datetime
    last_code: str | None


class SendingInFull(Sending):
    history: list[Attempt]
    issues: list[Finding]


class Messages(Shape):
    """`next` is the cursor of the page after this one; null on the last."""

    items: list[Message]
    next: str | None


class Sendings(Shape):
    items: list[Sending]
    next: str | None


class Choice(Shape):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})


class MessageChoice(Choice):
    """Which messages; all that is given must hold."""

    ids: (
        Annotated[list[Annotated[str, StringConstraints(max_length=36)]], Field(min_length=1, max_length=1000)] | None
    ) = None
    channel: Name | None = None
    state: Literal["routed", "quarantined", "failed"] | None = None
    person: Annotated[str, StringConstraints(max_length=64)] | None = None
    since: AwareDatetime | None = None
    before: AwareDatetime | None = None


class DeliveryChoice(Choice):
    """Which deliveries; all that is given must hold."""

    ids: (
        Annotated[list[Annotated[str, StringConstraints(max_length=36)]], Field(min_length=1, max_length=1000)] | None
    ) = None
    destination: Name | None = None
    state: Literal["held", "dead", "delivered"] | None = None
    message: Annotated[str, StringConstraints(max_length=36)] | None = None


class Replay(Shape):
    """Either messages, to be worked again, or deliveries, to be sent again. `as_new`: under new keys, so that
    receivers don't take them for repetitions."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["messages"]}, {"required": ["deliveries"]}]}
    )

    messages: MessageChoice | None = None
    deliveries: DeliveryChoice | None = None
    as_new: bool = False

    @model_validator(mode="after")
    def _narrowed(self) -> Replay:
        """Everything at once is never what was meant."""
        chosen = [one for one in (self.messages, self.deliveries) if one is not None]
        if len(chosen) != 1:
            raise ValueError("give either messages or deliveries")
        if all(value is None for value in chosen[0].__dict__.values()):
            raise ValueError("say which ones: at least one condition is needed")
        return self


class Replayed(Shape):
    count: int


class Converted(Shape):
    """A conversion with its account. `value`: JSON for FHIR, a list for `bundle=ndjson`, text for other formats; null
    where nothing was made. `counts` and `rows` are the ledger's."""

    media_type: str | None
    value: Any
    outcome: dict[str, Any]
    counts: dict[str, int]
    rows: list[dict[str, Any]]


class FeedField(Shape):
    """A place that is filled, `PID-5.1`: in how many messages, and how often it was mapped, ignored by policy, left
    unmapped (`reason` says why) or explicitly null."""

    path: str
    messages: int
    mapped: int
    ignored: int
    unmapped: int
    null: int
    reason: str | None = None


class Feed(Shape):
    """What one sender sent over a channel."""

    channel: str
    sender: str
    messages: int
    fields: list[FeedField]


class FeedLedger(Shape):
    """Paths and counts; no value of a message."""

    feeds: list[Feed]


class Live(Shape):
    status: Literal["live"] = "live"


class Readiness(Shape):
    status: Literal["ready", "not ready"]
    reasons: list[str]


def receipts(taken: Sequence[Taken]) -> Receipts:
    """Of messages that all were stored."""
    messages = [
        Receipt(
            id=one.stored.id,
            accepted=not has_errors(one.stored.issues),
            repeated=one.stored.repeated,
            issues=shown(one.stored.issues),
        )
        for one in taken
        if one.stored is not None
    ]
    return Receipts(id=messages[0].id, messages=messages)


def message(one: Envelope) -> Message:
    same = {name: getattr(one, name) for name in Message.model_fields if name not in ("sha256", "issues")}
    return Message(**same, sha256=one.sha256.hex(), issues=shown(one.issues))


def sending(one: Delivery) -> Sending:
    return Sending(**_sending(one))


def sending_in_full(one: Delivery, history: Iterable[Tried]) -> SendingInFull:
    attempts = [
        Attempt(number=it.number, at=it.at, took=it.took.total_seconds(), outcome=it.outcome, code=it.code)
        for it in history
    ]
    issues = [one.last_issue] if one.last_issue else []
    return SendingInFull(**_sending(one), history=attempts, issues=shown(issues))


def _sending(one: Delivery) -> dict[str, Any]:
    same = {name: getattr(one, name) for name in Sending.model_fields if name != "message"}
    return {**same, "message": one.envelope}
