"""The tables. The same statements run on SQLite and PostgreSQL; `migrations` leads from each version to the next.

Times are microseconds of UTC since 1970. Columns named `*_sealed` hold what a person could be known by, and pass
through one pair of functions (`gateway.store.seal`); the others hold codes, counts, keyed hashes and our own ids, and
the sender's control id.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, text

REVISION = "0003"
"""What this code needs; the newest of `migrations/versions`."""

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for `INTEGER PRIMARY KEY`."""

_IS_UNDONE = text("state IN ('queued', 'sending', 'waiting')")
_UNDONE: dict[str, Any] = {"sqlite_where": _IS_UNDONE, "postgresql_where": _IS_UNDONE}
"""Millions of delivered rows must not slow the look for the next one to send."""

ENVELOPE = Table(
    "envelope",
    METADATA,
    Column("seq", _BIG, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("format", String(32), nullable=False),
    Column("dedupe", LargeBinary(32), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("control_id", String(200), nullable=False),
    Column("size", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("lane", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(64)),
    Column("event", String(32)),
    Column("person", String(36)),
    Column("generation", Integer, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("worked_at", BigInteger),
    Column("issues_sealed", LargeBinary),
    Column("body_sealed", LargeBinary),
    Index(None, "dedupe", "sha256", unique=True),
    Index(None, "tenant", "state", "seq"),
    Index(None, "tenant", "person", "seq"),
)

DELIVERY = Table(
    "delivery",
    METADATA,
    Column("seq", _BIG, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("tenant", String(64), nullable=False),
    Column("envelope_seq", _BIG, ForeignKey("envelope.seq"), nullable=False, index=True),
    Column("envelope", String(36), nullable=False),
    Column("destination", String(64), nullable=False),
    Column("route", String(64), nullable=False),
    Column("order_key", String(64), nullable=False),
    Column("format", String(32), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("suffix", String(16), nullable=False),
    Column("state", String(12), nullable=False),
    Column("held", String(64)),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("last_code", String(16)),
    Column("last_issue_sealed", LargeBinary),
    Column("payload_sealed", LargeBinary),
    Index("ix_delivery_state", "tenant", "state", "seq"),
    Index("ix_delivery_undone", "tenant", "destination", "seq", **_UNDONE),
    Index("ix_delivery_undone_key", "tenant", "destination", "order_key", "seq", **_UNDONE),
)

ATTEMPT = Table(
    "attempt",
    METADATA,
    Column("seq", _BIG, primary_key=True),
    Column("delivery_seq", _BIG, ForeignKey("delivery.seq"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("took", BigInteger, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("code", String(16)),
)

PERSON = Table(
    "person",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("survivor", String(64)),
    Column("event", String(32)),
    Column("event_at", BigInteger),
    Column("known_by", LargeBinary(16)),
)

IDENTITY = Table(
    "identity",
    METADATA,
    Column("hash", LargeBinary(16), primary_key=True),
    Column("tenant", String(64), primary_key=True),
    Column("person", String(64), primary_key=True),
)

VISIT = Table(
    "visit",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("person", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("event", String(32)),
    Column("event_at", BigInteger),
    Column("survivor", String(64)),
)

TOLD = Table(
    "told",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("destination", String(64), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("digest", LargeBinary(16), nullable=False),
    Column("envelope", String(36), nullable=False, index=True),
)

DESTINATION = Table(
    "destination",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("off_since", BigInteger, nullable=False),
    Column("code", String(16), nullable=False),
)
