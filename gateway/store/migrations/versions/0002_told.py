"""What destinations were told of people by tables, and by which identifiers people are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "told",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("envelope", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "channel", "destination", "subject", name=op.f("pk_told")),
    )
    op.create_table(
        "identity",
        sa.Column("hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("hash", "tenant", "person", name=op.f("pk_identity")),
    )
    op.add_column("person", sa.Column("known_by", sa.LargeBinary(length=16), nullable=True))
    op.create_index(op.f("ix_told_envelope"), "told", ["envelope"], unique=False)
