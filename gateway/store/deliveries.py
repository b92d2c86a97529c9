"""Statements on deliveries: made with their envelope, claimed in order per person, moved by what an attempt gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, bindparam, func, insert, select, update

from conformance.issue import Issue
from gateway.records import (
    Delivery,
    NewDelivery,
    delivery_id,
    from_micros,
    issue_from_dict,
    issue_to_dict,
    to_micros,
)
from gateway.states import UNDONE, DeliveryState, may_become
from gateway.store import bulk
from gateway.store.schema import ATTEMPT, DELIVERY
from gateway.store.seal import Seal, open_json, seal_json

_PLAIN = [column for column in DELIVERY.c if column.name != "payload_sealed"]


def _undone(table: Any) -> ColumnElement[bool]:
    """Written out, not bound: a planner takes a partial index only for a condition that it can read."""
    return table.c.state.in_(bindparam("undone", UNDONE, expanding=True, literal_execute=True, unique=True))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Up to `limit` deliveries to a destination that are due, none before an earlier one of the same order key. They
    are the claimer's until `lease`: should it not say by then what became of one, the next claim takes that over."""

    destination: str
    now: datetime
    limit: int
    lease: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of a delivery claimed until `lease`; without effect on one that was taken over since. `number` 0:
    nothing was tried, it is put back."""

    seq: int
    id: str
    lease: datetime
    number: int
    at: datetime
    took: timedelta
    outcome: str
    state: DeliveryState
    next_at: datetime
    issue: Issue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An attempt as it was kept."""

    number: int
    at: datetime
    took: timedelta
    outcome: str
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An operator's word. `lifetime` seconds are given to those that are to be sent."""

    ids: tuple[str, ...]
    to: DeliveryState
    at: datetime
    lifetime: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is narrowed to; None means any. `after`: only later ones, by `seq`."""

    state: DeliveryState | None = None
    destination: str | None = None
    envelope: str | None = None
    ids: tuple[str, ...] | None = None
    after: int = 0
    newest_first: bool = False
    limit: int = 100


class Deliveries:
    def __init__(self, tenant: str, seal: Seal) -> None:
        self._tenant = tenant
        self._seal = seal

    def make(
        self, connection: Connection, seq: int, envelope: str, generation: int, at: datetime, new: Sequence[NewDelivery]
    ) -> list[str]:
        """Makes an envelope's deliveries, or makes them again; what was there and is not wanted now is withdrawn."""
        there = self._there(connection, seq)
        numbers: Counter[str] = Counter()
        rows: list[dict[str, Any]] = []
        for one in new:
            part = one.name or str(numbers[one.destination])
            numbers[one.destination] += 1
            name = delivery_id(self._tenant, envelope, one.destination, part, generation)
            if name in there:
                self._renew(connection, there.pop(name), name, one, at)
            else:
                rows.append(self._row(one, name, seq, envelope, at))
        if rows:
            bulk.execute(connection, _MAKE, *rows)
        if there:
            self._withdraw(connection, list(there.values()), at)
        return [row["id"] for row in rows]

    def _there(self, connection: Connection, seq: int) -> dict[str, int]:
        return dict(bulk.execute(connection, _THERE, {"b_envelope": seq}).fetchall())

    def _row(self, one: NewDelivery, name: str, seq: int, envelope: str, at: datetime) -> dict[str, Any]:
        return {
            "id": name,
            "tenant": self._tenant,
            "envelope_seq": seq,
            "envelope": envelope,
            "destination": one.destination,
            "order_key": one.order_key or name,
            "attempts": 0,
            "created_at": to_micros(at),
            **self._content(one, name, at),
        }

    def _content(self, one: NewDelivery, name: str, at: datetime) -> dict[str, Any]:
        return {
            "route": one.route,
            "format": one.format,
            "media_type": one.media_type,
            "suffix": one.suffix,
            "state": "queued" if one.held is None else "held",
            "held": one.held,
            "next_at": to_micros(at),
            "until": to_micros(at + timedelta(seconds=one.lifetime)),
            "changed_at": to_micros(at),
            "payload_sealed": self._seal.seal(one.payload, f"delivery.payload:{name}"),
        }

    def _renew(self, connection: Connection, seq: int, name: str, one: NewDelivery, at: datetime) -> None:
        """The same delivery with what it is now; one being sent, or stopped for good, is left as it is."""
        changeable = ("held", "queued", "waiting", "delivered", "dead")
        statement = update(DELIVERY).where(DELIVERY.c.seq == seq, DELIVERY.c.state.in_(changeable))
        connection.execute(statement.values(attempts=0, **self._content(one, name, at)))

    def _withdraw(self, connection: Connection, seqs: list[int], at: datetime) -> None:
        statement = update(DELIVERY).where(
            DELIVERY.c.seq.in_(seqs), DELIVERY.c.state.in_([s for s in may_become("withdrawn") if s != "dead"])
        )
        connection.execute(statement.values(state="withdrawn", changed_at=to_micros(at)))

    def claim(self, connection: Connection, claims: Sequence[Claim]) -> list[list[Delivery]]:
        """Takes due deliveries to be sent, each with its payload, in the order in which they must go."""
        return [self._claim(connection, claim) for claim in claims]

    def _claim(self, connection: Connection, claim: Claim) -> list[Delivery]:
        wanted = {
            "b_tenant": self._tenant,
            "b_destination": claim.destination,
            "b_now": to_micros(claim.now),
            "b_most": claim.limit,
        }
        claimed = [self._delivery(row) for row in connection.execute(_DUE, wanted).mappings()]
        if claimed:
            taken = {"b_now": wanted["b_now"], "b_lease": to_micros(claim.lease)}
            bulk.execute(connection, _TAKE, *({"b_seq": one.seq, **taken} for one in claimed))
        return claimed

    def recover(self, connection: Connection, times: Sequence[datetime]) -> list[int]:
        """After a crash nobody is sending: what was, is tried again with the same key. How many there were."""
        statement = update(DELIVERY).where(DELIVERY.c.tenant == self._tenant, DELIVERY.c.state == "sending")
        return [
            connection.execute(
                statement.values(state="waiting", next_at=to_micros(time), changed_at=to_micros(time))
            ).rowcount
            for time in times
        ]

    def record(self, connection: Connection, attempts: Sequence[Attempt]) -> list[None]:
        """Moves claimed deliveries on, and keeps the attempts."""
        bulk.execute(connection, _MOVE_ON, *map(self._moved, attempts))
        tried = [_tried(one) for one in attempts if one.number]
        if tried:
            bulk.execute(connection, _KEEP, *tried)
        return [None] * len(attempts)

    def _moved(self, one: Attempt) -> dict[str, Any]:
        issue = one.issue
        sealed = None if issue is None else seal_json(self._seal, issue_to_dict(issue), f"delivery.issue:{one.id}")
        return {
            "b_seq": one.seq,
            "b_lease": to_micros(one.lease),
            "state": one.state,
            "tried": 1 if one.number else 0,
            "next_at": to_micros(one.next_at),
            "changed_at": to_micros(one.at + one.took),
            "last_code": None if issue is None else issue.code,
            "last_issue_sealed": sealed,
        }

    def move(self, connection: Connection, moves: Sequence[Move]) -> list[int]:
        """Does what an operator says, where the states allow it; how many of each."""
        return [self._move(connection, move) for move in moves]

    def _move(self, connection: Connection, move: Move) -> int:
        at = to_micros(move.at)
        statement = update(DELIVERY).where(
            DELIVERY.c.tenant == self._tenant,
            DELIVERY.c.id.in_(move.ids),
            DELIVERY.c.state.in_(may_become(move.to)),
        )
        values: dict[str, Any] = {"state": move.to, "changed_at": at}
        if move.to == "queued":
            until = to_micros(move.at + timedelta(seconds=move.lifetime))
            values |= {"next_at": at, "until": until, "attempts": 0, "held": None}
        return connection.execute(statement.values(values)).rowcount

    def find(self, connection: Connection, name: str) -> Delivery | None:
        """One, with its payload."""
        statement = select(DELIVERY).where(DELIVERY.c.tenant == self._tenant, DELIVERY.c.id == name)
        row = connection.execute(statement).mappings().first()
        return None if row is None else self._delivery(row)

    def attempts(self, connection: Connection, seq: int) -> list[Tried]:
        statement = select(ATTEMPT).where(ATTEMPT.c.delivery_seq == seq).order_by(ATTEMPT.c.seq)
        return [
            Tried(
                number=row["number"],
                at=from_micros(row["at"]),
                took=timedelta(microseconds=row["took"]),
                outcome=row["outcome"],
                code=row["code"],
            )
            for row in connection.execute(statement).mappings()
        ]

    def listed(self, connection: Connection, wanted: Wanted) -> list[Delivery]:
        """Without payloads."""
        order = DELIVERY.c.seq.desc() if wanted.newest_first else DELIVERY.c.seq
        statement = self._narrowed(select(*_PLAIN), wanted).order_by(order).limit(wanted.limit)
        return [self._delivery(row) for row in connection.execute(statement).mappings()]

    def names_by_destination(self, connection: Connection, wanted: Wanted) -> dict[str, list[str]]:
        """The ids of all that match, whatever the limit."""
        names: dict[str, list[str]] = {}
        statement = self._narrowed(select(DELIVERY.c.id, DELIVERY.c.destination), wanted).order_by(DELIVERY.c.seq)
        for name, destination in connection.execute(statement):
            names.setdefault(destination, []).append(name)
        return names

    def _narrowed(self, statement: Select[Any], wanted: Wanted) -> Select[Any]:
        return statement.where(DELIVERY.c.tenant == self._tenant, *_conditions(wanted))

    def counts(self, connection: Connection) -> dict[tuple[str, str], int]:
        """How many there are, by destination and state."""
        statement = select(DELIVERY.c.destination, DELIVERY.c.state, func.count()).where(
            DELIVERY.c.tenant == self._tenant
        )
        grouped = statement.group_by(DELIVERY.c.destination, DELIVERY.c.state)
        return {(destination, state): count for destination, state, count in connection.execute(grouped)}

    def next_due(self, connection: Connection, destination: str, after: datetime) -> datetime | None:
        """When the next one of a destination becomes due, of those that are not due yet."""
        wanted = {"b_tenant": self._tenant, "b_destination": destination, "b_now": to_micros(after)}
        micros = connection.execute(_NEXT_DUE, wanted).scalar()
        return None if micros is None else from_micros(micros)

    def _delivery(self, row: RowMapping) -> Delivery:
        name, payload, issue = row["id"], row.get("payload_sealed"), row["last_issue_sealed"]
        return Delivery(
            seq=row["seq"],
            id=name,
            envelope=row["envelope"],
            destination=row["destination"],
            route=row["route"],
            order_key=row["order_key"],
            format=row["format"],
            media_type=row["media_type"],
            suffix=row["suffix"],
            state=row["state"],
            held=row["held"],
            attempts=row["attempts"],
            created_at=from_micros(row["created_at"]),
            next_at=from_micros(row["next_at"]),
            until=from_micros(row["until"]),
            last_code=row["last_code"],
            last_issue=issue_from_dict(open_json(self._seal, issue, f"delivery.issue:{name}")) if issue else None,
            payload=b"" if payload is None else self._seal.open(payload, f"delivery.payload:{name}"),
        )


def _waiting() -> ColumnElement[bool]:
    """Deliveries of a destination that are to be sent. One that is being sent is due when its lease has run out."""
    return and_(
        DELIVERY.c.tenant == bindparam("b_tenant"),
        DELIVERY.c.destination == bindparam("b_destination"),
        _undone(DELIVERY),
    )


def _blocked() -> ColumnElement[bool]:
    """An earlier one of the same order key is not due yet, or under way: then its lease has not run out."""
    earlier = DELIVERY.alias("earlier")
    return (
        select(earlier.c.seq)
        .where(
            earlier.c.tenant == DELIVERY.c.tenant,
            earlier.c.destination == DELIVERY.c.destination,
            earlier.c.order_key == DELIVERY.c.order_key,
            earlier.c.seq < DELIVERY.c.seq,
            _undone(earlier),
            earlier.c.next_at > bindparam("b_now"),
        )
        .exists()
    )


# Made once: to put such a statement together takes longer than to run it.
_DUE = (
    select(DELIVERY)
    .where(_waiting(), DELIVERY.c.next_at <= bindparam("b_now"), ~_blocked())
    .order_by(DELIVERY.c.seq)
    .limit(bindparam("b_most"))
)
_NEXT_DUE = select(func.min(DELIVERY.c.next_at)).where(_waiting(), DELIVERY.c.next_at > bindparam("b_now"))
_TAKE = (
    update(DELIVERY)
    .where(DELIVERY.c.seq == bindparam("b_seq"))
    .values(state="sending", changed_at=bindparam("b_now"), next_at=bindparam("b_lease"))
)
_THERE = select(DELIVERY.c.id, DELIVERY.c.seq).where(DELIVERY.c.envelope_seq == bindparam("b_envelope"))
_MAKE = insert(DELIVERY)
_KEEP = insert(ATTEMPT)
_MOVE_ON = (
    update(DELIVERY)
    .where(
        DELIVERY.c.seq == bindparam("b_seq"),
        DELIVERY.c.state == "sending",
        DELIVERY.c.next_at == bindparam("b_lease"),
    )
    .values(
        state=bindparam("state"),
        attempts=DELIVERY.c.attempts + bindparam("tried"),
        next_at=bindparam("next_at"),
        changed_at=bindparam("changed_at"),
        last_code=bindparam("last_code"),
        last_issue_sealed=bindparam("last_issue_sealed"),
    )
)


def _tried(one: Attempt) -> dict[str, Any]:
    return {
        "delivery_seq": one.seq,
        "number": one.number,
        "at": to_micros(one.at),
        "took": one.took // timedelta.resolution,
        "outcome": one.outcome,
        "code": None if one.issue is None else one.issue.code,
    }


def _conditions(wanted: Wanted) -> Iterator[Any]:
    """The conditions of a list; the order of a page decides what `after` means."""
    if wanted.after:
        yield DELIVERY.c.seq < wanted.after if wanted.newest_first else DELIVERY.c.seq > wanted.after
    if wanted.state is not None:
        yield DELIVERY.c.state == wanted.state
    if wanted.destination is not None:
        yield DELIVERY.c.destination == wanted.destination
    if wanted.envelope is not None:
        yield DELIVERY.c.envelope == wanted.envelope
    if wanted.ids is not None:
        yield DELIVERY.c.id.in_(wanted.ids)
