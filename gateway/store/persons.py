"""Statements on what is known of persons and visits over many messages: our own ids, events and times, no names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from gateway.records import Person, Visit, from_micros, to_micros
from gateway.store.schema import PERSON, VISIT


class Persons:
    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def person(self, connection: Connection, name: str) -> Person | None:
        row = self._row(connection, PERSON, name)
        return None if row is None else Person(**row)

    def visit(self, connection: Connection, name: str) -> Visit | None:
        row = self._row(connection, VISIT, name)
        return None if row is None else Visit(**row)

    def save(self, connection: Connection, persons: Sequence[Person], visits: Sequence[Visit]) -> None:
        """Replaces what was known of each."""
        for one in persons:
            values = {"survivor": one.survivor, "event": one.event, "event_at": _micros(one.event_at)}
            self._replace(connection, PERSON, one.id, values)
        for other in visits:
            values = {"person": other.person, "status": other.status, "event": other.event}
            self._replace(connection, VISIT, other.id, {**values, "event_at": _micros(other.event_at)})

    def _row(self, connection: Connection, table: Table, name: str) -> dict[str, Any] | None:
        statement = select(table).where(table.c.tenant == self._tenant, table.c.id == name)
        row = connection.execute(statement).mappings().first()
        if row is None:
            return None
        plain = {key: value for key, value in row.items() if key != "tenant"}
        return {**plain, "event_at": None if row["event_at"] is None else from_micros(row["event_at"])}

    def _replace(self, connection: Connection, table: Table, name: str, values: dict[str, Any]) -> None:
        connection.execute(delete(table).where(table.c.tenant == self._tenant, table.c.id == name))
        connection.execute(insert(table).values(tenant=self._tenant, id=name, **values))


def _micros(time: datetime | None) -> int | None:
    return None if time is None else to_micros(time)
