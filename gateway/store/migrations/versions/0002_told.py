"""What destinations were told of people by tables."""

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
    op.create_index(op.f("ix_told_envelope"), "told", ["envelope"], unique=False)
