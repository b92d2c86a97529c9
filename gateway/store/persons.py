"""Statements on what is known of persons and visits over many messages: our own ids, events and times, no names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select

from gateway.records import Person, Visit, from_micros, to_micros
from gateway.store import bulk
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
            self._replace(connection, PERSON, one.id, {**values, "known_by": one.known_by})
        for other in visits:
            values = {"person": other.person, "status": other.status, "event": other.event, "survivor": other.survivor}
            self._replace(connection, VISIT, other.id, {**values, "event_at": _micros(other.event_at)})

    def _row(self, connection: Connection, table: Table, name: str) -> dict[str, Any] | None:
        found = bulk.execute(connection, _STATEMENTS[table].find, {"b_tenant": self._tenant, "b_id": name}).fetchone()
        if found is None:
            return None
        row = dict(zip(table.c.keys(), found, strict=True))
        del row["tenant"]
        return {**row, "event_at": None if row["event_at"] is None else from_micros(row["event_at"])}

    def _replace(self, connection: Connection, table: Table, name: str, values: dict[str, Any]) -> None:
        made = _STATEMENTS[table]
        bulk.execute(connection, made.forget, {"b_tenant": self._tenant, "b_id": name})
        bulk.execute(connection, made.keep, {"tenant": self._tenant, "id": name, **values})


class _Statements:
    """Those on one table, made once: to put them together takes longer than to run them."""

    def __init__(self, table: Table) -> None:
        one = and_(table.c.tenant == bindparam("b_tenant"), table.c.id == bindparam("b_id"))
        self.find = select(table).where(one)
        self.forget = delete(table).where(one)
        self.keep = insert(table)


_STATEMENTS = {table: _Statements(table) for table in (PERSON, VISIT)}


def _micros(time: datetime | None) -> int | None:
    return None if time is None else to_micros(time)
