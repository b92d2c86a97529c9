"""Which visit one is now whose number was changed, or that was merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("visit", sa.Column("survivor", sa.String(length=64), nullable=True))
