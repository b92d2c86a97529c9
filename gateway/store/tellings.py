"""Statements on what destinations were told of people by tables: digests under our own ids, nothing that was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from gateway.records import Told
from gateway.store.schema import TOLD

_KEY = ("tenant", "channel", "destination", "subject")
_OF = select(TOLD.c.subject, TOLD.c.digest).where(
    *(TOLD.c[name] == bindparam(f"b_{name}") for name in ("tenant", "channel", "destination"))
)
_FORGET = delete(TOLD).where(and_(*(TOLD.c[name] == bindparam(f"b_{name}") for name in _KEY)))
_KEEP = insert(TOLD)
_MANY = 500


class Tellings:
    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def told(self, connection: Connection, channel: str, destination: str) -> Mapping[str, bytes]:
        """By subject, the digest of what the destination was last told."""
        wanted = {"b_tenant": self._tenant, "b_channel": channel, "b_destination": destination}
        return {row.subject: row.digest for row in connection.execute(_OF, wanted)}

    def save(self, connection: Connection, told: Sequence[Told]) -> None:
        """Replaces what was told before."""
        if told:
            rows = [{"tenant": self._tenant, **asdict(one)} for one in told]
            connection.execute(_FORGET, [{f"b_{name}": row[name] for name in _KEY} for row in rows])
            connection.execute(_KEEP, rows)

    def forget(self, connection: Connection, envelopes: Sequence[str]) -> None:
        """What these envelopes told: worked again, they tell it anew."""
        for at in range(0, len(envelopes), _MANY):
            some = TOLD.c.envelope.in_(envelopes[at : at + _MANY])
            connection.execute(delete(TOLD).where(TOLD.c.tenant == self._tenant, some))
