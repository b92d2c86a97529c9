"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNDONE = sa.text("state IN ('queued', 'sending', 'waiting')")


def upgrade() -> None:
    op.create_table(
        "destination",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("off_since", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_destination")),
    )
    op.create_table(
        "envelope",
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("dedupe", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("control_id", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=True),
        sa.Column("person", sa.String(length=36), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("worked_at", sa.BigInteger(), nullable=True),
        sa.Column("issues_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_envelope")),
        sa.UniqueConstraint("id", name=op.f("uq_envelope_id")),
    )
    op.create_index(op.f("ix_envelope_dedupe_sha256"), "envelope", ["dedupe", "sha256"], unique=True)
    op.create_index(op.f("ix_envelope_tenant_person_seq"), "envelope", ["tenant", "person", "seq"], unique=False)
    op.create_index(op.f("ix_envelope_tenant_state_seq"), "envelope", ["tenant", "state", "seq"], unique=False)
    op.create_table(
        "person",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("survivor", sa.String(length=64), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=True),
        sa.Column("event_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_person")),
    )
    op.create_table(
        "visit",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=True),
        sa.Column("event_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_visit")),
    )
    op.create_table(
        "delivery",
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("envelope_seq", _BIG, nullable=False),
        sa.Column("envelope", sa.String(length=36), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("order_key", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("suffix", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("held", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("last_code", sa.String(length=16), nullable=True),
        sa.Column("last_issue_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("payload_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["envelope_seq"], ["envelope.seq"], name=op.f("fk_delivery_envelope_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_delivery")),
        sa.UniqueConstraint("id", name=op.f("uq_delivery_id")),
    )
    op.create_index(op.f("ix_delivery_envelope_seq"), "delivery", ["envelope_seq"], unique=False)
    op.create_index("ix_delivery_state", "delivery", ["tenant", "state", "seq"], unique=False)
    op.create_index(
        "ix_delivery_undone",
        "delivery",
        ["tenant", "destination", "seq"],
        unique=False,
        sqlite_where=_UNDONE,
        postgresql_where=_UNDONE,
    )
    op.create_index(
        "ix_delivery_undone_key",
        "delivery",
        ["tenant", "destination", "order_key", "seq"],
        unique=False,
        sqlite_where=_UNDONE,
        postgresql_where=_UNDONE,
    )
    op.create_table(
        "attempt",
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("delivery_seq", _BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("took", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["delivery_seq"], ["delivery.seq"], name=op.f("fk_attempt_delivery_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_delivery_seq"), "attempt", ["delivery_seq"], unique=False)
