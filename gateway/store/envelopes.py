"""Statements on envelopes. Those that take a list of items are run by the writer, many in one commit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Integer, RowMapping, Select, and_, bindparam, func, or_, select, update

from conformance.catalogue import issue
from conformance.issue import Issue
from gateway.records import (
    JOINED,
    WAITING,
    Arrival,
    Envelope,
    Stored,
    from_micros,
    issues_from_dicts,
    issues_to_dicts,
    to_micros,
)
from gateway.states import ENVELOPE as FOLLOWS
from gateway.states import EnvelopeState
from gateway.store import bulk
from gateway.store.schema import ENVELOPE
from gateway.store.seal import Seal, open_json, seal_json

_LONGEST_WAIT = timedelta(days=1)
_MOST_WAITING = 100
_LARGEST_WAITING = 64 << 20
"""Bounds of what is looked through for the other parts of a message: age, number, bytes in all."""

Whole = Callable[[Sequence[bytes]], tuple[Arrival, tuple[int, ...]] | None]

_PLAIN = [column for column in ENVELOPE.c if column.name not in ("body_sealed", "issues_sealed")]
_ADDED = (
    "seq", "id", "tenant", "channel", "format", "dedupe", "sha256", "control_id", "size", "received_at", "lane",
    "body_sealed",
)  # fmt: skip
_NEW = {"generation": "0", "repeats": "0"}
_TO_BE_WORKED = {"state": "'received'", **_NEW}
_TOLD = ("state", "reason", "issues_sealed")
_DEDUPE = attrgetter("dedupe")
_SAME = ("dedupe", "sha256", "seq", "id", "issues_sealed")
_REPEAT = update(ENVELOPE).where(ENVELOPE.c.seq == bindparam("b_seq")).values(repeats=ENVELOPE.c.repeats + 1)
_SETTLE = (
    update(ENVELOPE)
    .where(
        ENVELOPE.c.seq == bindparam("b_seq"),
        ENVELOPE.c.state == "received",
        ENVELOPE.c.generation == bindparam("b_generation"),
    )
    .values({
        name: bindparam(name) for name in ("state", "reason", "event", "person", "worked_at", "issues_sealed")
    })
)  # fmt: skip
_LAST = (
    select(ENVELOPE.c.seq, ENVELOPE.c.id, ENVELOPE.c.dedupe, ENVELOPE.c.sha256)
    .where(ENVELOPE.c.tenant == bindparam("b_tenant"), ENVELOPE.c.channel == bindparam("b_channel"))
    .order_by(ENVELOPE.c.seq.desc())
    .limit(1)
)
_RECEIVED = (
    select(ENVELOPE)
    .where(
        ENVELOPE.c.tenant == bindparam("b_tenant"),
        ENVELOPE.c.state == "received",
        ENVELOPE.c.seq > bindparam("b_after"),
        ENVELOPE.c.lane % bindparam("b_lanes", type_=Integer) == bindparam("b_lane"),
    )
    .order_by(ENVELOPE.c.seq)
    .limit(bindparam("b_most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to; None means any. `after`: only later ones, by `seq`."""

    state: EnvelopeState | None = None
    is_set_aside: bool = False
    """Of those that were quarantined, and of those that went on without some of their rows."""
    channel: str | None = None
    person: str | None = None
    ids: tuple[str, ...] | None = None
    since: datetime | None = None
    before: datetime | None = None
    after: int = 0
    newest_first: bool = False
    limit: int = 100


def _of_arrival(first: Stored) -> tuple[Issue, ...]:
    """What storing said of the first of equals. What was found when it was worked must not change a repeat's answer."""
    return tuple(one for one in first.issues if one.code == "GW-0004")


class Envelopes:
    def __init__(self, tenant: str, seal: Seal) -> None:
        self._tenant = tenant
        self._seal = seal
        self._last: int | None = None
        """The highest `seq`; None until the first arrival. There is one writer, so nobody else counts on."""

    def add(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[Stored]:
        """Stores what is new. What has the same `dedupe` and hash as an earlier one is that one, and is counted; a
        snapshot only where the earlier one is its channel's last."""
        known = self._known(connection, arrivals)
        seq = bulk.highest(connection, ENVELOPE.name, "seq") if self._last is None else self._last
        rows: list[tuple[Any, ...]] = []
        told: list[tuple[Any, ...]] = []
        repeats: list[dict[str, Any]] = []
        answers: list[Stored] = []
        parts: list[tuple[Arrival, Whole, int]] = []
        for each in arrivals:
            arrival = self._since(connection, each, known) if each.is_snapshot else each
            same = known.get(arrival.dedupe)
            if same is None:
                issues = arrival.issues
                same = known[arrival.dedupe] = {}
            elif (first := same.get(arrival.sha256)) is not None:
                repeats.append({"b_seq": first.seq})
                answers.append(replace(first, repeated=True, issues=(*arrival.issues, *_of_arrival(first))))
                continue
            else:
                issues = (*arrival.issues, issue("GW-0004"))
            seq += 1
            if issues or arrival.reason is not None:
                told.append((*self._row(arrival, seq), *self._told(arrival, issues)))
            else:
                rows.append(self._row(arrival, seq))
            stored = same[arrival.sha256] = Stored(seq, arrival.id, False, issues)
            answers.append(stored)
            if arrival.whole is not None:
                parts.append((arrival, arrival.whole, seq))
        self._last = seq
        bulk.insert(connection, ENVELOPE.name, _ADDED, rows, _TO_BE_WORKED)
        bulk.insert(connection, ENVELOPE.name, (*_ADDED, *_TOLD), told, _NEW)
        if repeats:
            connection.execute(_REPEAT, repeats)
        for part in parts:
            self._complete(connection, *part)
        return answers

    def _complete(self, connection: Connection, part: Arrival, whole: Whole, seq: int) -> None:
        """Adds the message that a part makes with those that wait, once it is the last to come."""
        waiting = self._waiting(connection, part, seq)
        made = whole([each.body for each in waiting])
        if made is None:
            return
        self.add(connection, [made[0]])
        worked = {"state": "routed", "reason": JOINED, "worked_at": to_micros(part.received_at)}
        parts = [
            (seq, part.id, part.issues),
            *((one.seq, one.id, one.issues) for one in map(waiting.__getitem__, made[1])),
        ]
        for number, name, issues in parts:
            found = (*(one for one in issues if one.code != WAITING), issue(JOINED))
            values = {**worked, "issues_sealed": self._sealed(found, name)}
            connection.execute(update(ENVELOPE).where(ENVELOPE.c.seq == number).values(values))

    def _waiting(self, connection: Connection, part: Arrival, seq: int) -> list[Envelope]:
        """Parts of messages that came by the same channel lately, the latest first."""
        lately = (
            ENVELOPE.c.tenant == self._tenant,
            ENVELOPE.c.state == "quarantined",
            ENVELOPE.c.reason == WAITING,
            ENVELOPE.c.channel == part.channel,
            ENVELOPE.c.received_at >= to_micros(part.received_at - _LONGEST_WAIT),
            ENVELOPE.c.seq != seq,
        )
        statement = select(ENVELOPE.c.seq, ENVELOPE.c.size).where(*lately).order_by(ENVELOPE.c.seq.desc())
        chosen: list[int] = []
        size = len(part.body)
        for row in connection.execute(statement.limit(_MOST_WAITING)):
            size += row.size
            if size > _LARGEST_WAITING:
                break
            chosen.append(row.seq)
        found = connection.execute(select(ENVELOPE).where(ENVELOPE.c.seq.in_(chosen)).order_by(ENVELOPE.c.seq.desc()))
        return [self._envelope(row) for row in found.mappings()]

    def _since(self, connection: Connection, arrival: Arrival, known: dict[bytes, dict[bytes, Stored]]) -> Arrival:
        """A snapshot under a key of its own, where something else came by its channel since an equal one: things are
        again as they were."""
        if arrival.sha256 not in known.get(arrival.dedupe, {}):
            return arrival
        last = connection.execute(_LAST, {"b_tenant": self._tenant, "b_channel": arrival.channel}).first()
        if last is None:
            return arrival
        if last.sha256 == arrival.sha256:
            known.setdefault(last.dedupe, {})[last.sha256] = Stored(seq=last.seq, id=last.id)
            return replace(arrival, dedupe=last.dedupe)
        return replace(arrival, dedupe=hashlib.blake2b(arrival.dedupe + last.id.encode(), digest_size=32).digest())

    def _known(self, connection: Connection, arrivals: Sequence[Arrival]) -> dict[bytes, dict[bytes, Stored]]:
        known: dict[bytes, dict[bytes, Stored]] = {}
        dedupes = list(set(map(_DEDUPE, arrivals)))
        for dedupe, sha256, seq, name, issues in bulk.select_in(connection, ENVELOPE.name, _SAME, "dedupe", dedupes):
            first = Stored(seq=seq, id=name, issues=self._issues(issues, name))
            known.setdefault(dedupe, {})[sha256] = first
        return known

    def _row(self, arrival: Arrival, seq: int) -> tuple[Any, ...]:
        """The values of `_ADDED`."""
        name, body = arrival.id, arrival.body
        return (
            seq, name, self._tenant, arrival.channel, arrival.format, arrival.dedupe, arrival.sha256,
            arrival.control_id[:200], len(body), to_micros(arrival.received_at), arrival.lane,
            self._seal.seal(body, f"envelope.body:{name}"),
        )  # fmt: skip

    def _told(self, arrival: Arrival, issues: tuple[Issue, ...]) -> tuple[Any, ...]:
        """The values of `_TOLD`."""
        state = "received" if arrival.reason is None else "quarantined"
        return (state, arrival.reason, self._sealed(issues, arrival.id))

    def _sealed(self, issues: Sequence[Issue], name: str) -> bytes | None:
        return seal_json(self._seal, issues_to_dicts(issues), f"envelope.issues:{name}") if issues else None

    def _issues(self, sealed: bytes | None, name: str) -> tuple[Issue, ...]:
        return issues_from_dicts(open_json(self._seal, sealed, f"envelope.issues:{name}")) if sealed else ()

    def settle(self, connection: Connection, settled: Sequence[Settled]) -> list[bool]:
        """Takes envelopes out of `received`; False for one that was not in it any more."""
        return [self._settle(connection, one) for one in settled]

    def _settle(self, connection: Connection, one: Settled) -> bool:
        values = {
            "b_seq": one.seq,
            "b_generation": one.generation,
            "state": one.state,
            "reason": one.reason,
            "event": one.event,
            "person": one.person,
            "worked_at": to_micros(one.at),
            "issues_sealed": self._sealed(one.issues, one.id),
        }
        return bool(bulk.execute(connection, _SETTLE, values).rowcount == 1)

    def again(self, connection: Connection, requests: Sequence[Again]) -> list[int]:
        """Puts settled envelopes back to `received`, to be worked again; how many of each request."""
        settled = [state for state, after in FOLLOWS.items() if "received" in after]
        counts: list[int] = []
        for request in requests:
            statement = update(ENVELOPE).where(
                ENVELOPE.c.tenant == self._tenant, ENVELOPE.c.id.in_(request.ids), ENVELOPE.c.state.in_(settled)
            )
            generation = ENVELOPE.c.generation + (1 if request.as_new else 0)
            counts.append(connection.execute(statement.values(state="received", generation=generation)).rowcount)
        return counts

    def received(self, connection: Connection, *, lane: int, lanes: int, after: int, limit: int) -> list[Envelope]:
        """Those to be worked of one lane out of `lanes`, with their bodies, in the order of arrival."""
        wanted = {"b_tenant": self._tenant, "b_after": after, "b_lanes": lanes, "b_lane": lane, "b_most": limit}
        return [self._envelope(row) for row in connection.execute(_RECEIVED, wanted).mappings()]

    def find(self, connection: Connection, name: str) -> Envelope | None:
        """One, with its body."""
        statement = select(ENVELOPE).where(ENVELOPE.c.tenant == self._tenant, ENVELOPE.c.id == name)
        row = connection.execute(statement).mappings().first()
        return None if row is None else self._envelope(row)

    def listed(self, connection: Connection, wanted: Filter) -> list[Envelope]:
        """Without bodies."""
        statement = self._narrowed(select(*_PLAIN, ENVELOPE.c.issues_sealed), wanted)
        order = ENVELOPE.c.seq.desc() if wanted.newest_first else ENVELOPE.c.seq
        statement = statement.order_by(order).limit(wanted.limit)
        return [self._envelope(row) for row in connection.execute(statement).mappings()]

    def names(self, connection: Connection, wanted: Filter) -> list[str]:
        """The ids of all that match, whatever the limit, in the order of arrival."""
        statement = self._narrowed(select(ENVELOPE.c.id), wanted).order_by(ENVELOPE.c.seq)
        return list(connection.execute(statement).scalars())

    def _narrowed(self, statement: Select[Any], wanted: Filter) -> Select[Any]:
        return statement.where(ENVELOPE.c.tenant == self._tenant, *_conditions(wanted))

    def counts(self, connection: Connection) -> dict[str, int]:
        """How many there are in each state."""
        statement = select(ENVELOPE.c.state, func.count().label("number")).where(ENVELOPE.c.tenant == self._tenant)
        return {row.state: row.number for row in connection.execute(statement.group_by(ENVELOPE.c.state))}

    def _envelope(self, row: RowMapping) -> Envelope:
        name = row["id"]
        body = row.get("body_sealed")
        return Envelope(
            seq=row["seq"],
            id=name,
            channel=row["channel"],
            format=row["format"],
            control_id=row["control_id"],
            sha256=row["sha256"],
            size=row["size"],
            received_at=from_micros(row["received_at"]),
            state=row["state"],
            lane=row["lane"],
            repeats=row["repeats"],
            event=row["event"],
            person=row["person"],
            reason=row["reason"],
            generation=row["generation"],
            issues=self._issues(row["issues_sealed"], name),
            body=b"" if body is None else self._seal.open(body, f"envelope.body:{name}"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of an envelope. `generation` is the one it was worked in; `issues` are all it has now."""

    seq: int
    id: str
    generation: int
    state: EnvelopeState
    at: datetime
    reason: str | None = None
    event: str | None = None
    person: str | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Envelopes to work again. `as_new`: the receivers get new keys, so that they don't take it for a repetition."""

    ids: tuple[str, ...]
    as_new: bool = False


def _conditions(wanted: Filter) -> Iterator[Any]:
    """The conditions of a filter; the order of a page decides what `after` means."""
    if wanted.after:
        yield ENVELOPE.c.seq < wanted.after if wanted.newest_first else ENVELOPE.c.seq > wanted.after
    if wanted.state is not None:
        yield ENVELOPE.c.state == wanted.state
    if wanted.is_set_aside:
        went_on = and_(ENVELOPE.c.state == "routed", ENVELOPE.c.reason.is_not(None), ENVELOPE.c.reason != JOINED)
        yield or_(ENVELOPE.c.state == "quarantined", went_on)
    if wanted.channel is not None:
        yield ENVELOPE.c.channel == wanted.channel
    if wanted.person is not None:
        yield ENVELOPE.c.person == wanted.person
    if wanted.ids is not None:
        yield ENVELOPE.c.id.in_(wanted.ids)
    if wanted.since is not None:
        yield ENVELOPE.c.received_at >= to_micros(wanted.since)
    if wanted.before is not None:
        yield ENVELOPE.c.received_at < to_micros(wanted.before)
