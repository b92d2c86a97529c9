"""Statements on destinations that are switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from gateway.records import from_micros, to_micros
from gateway.store.schema import DESTINATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """A destination to which nothing is sent until an operator resumes it, and the code that says why."""

    name: str
    since: datetime
    code: str


class Destinations:
    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def switch_off(self, connection: Connection, items: Sequence[Off]) -> list[None]:
        self.resume(connection, [one.name for one in items])
        rows = [
            {"tenant": self._tenant, "name": one.name, "off_since": to_micros(one.since), "code": one.code}
            for one in items
        ]
        connection.execute(insert(DESTINATION), rows)
        return [None] * len(rows)

    def resume(self, connection: Connection, names: Sequence[str]) -> list[bool]:
        """Switches on again; False for one that was not off."""
        return [
            connection.execute(
                delete(DESTINATION).where(DESTINATION.c.tenant == self._tenant, DESTINATION.c.name == name)
            ).rowcount
            > 0
            for name in names
        ]

    def off(self, connection: Connection) -> dict[str, Off]:
        statement = select(DESTINATION).where(DESTINATION.c.tenant == self._tenant)
        rows = connection.execute(statement).mappings()
        return {
            row["name"]: Off(name=row["name"], since=from_micros(row["off_since"]), code=row["code"]) for row in rows
        }
