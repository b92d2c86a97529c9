"""Statements on who is known by which identifiers: keyed hashes and our own ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, delete, insert

from gateway.records import Identity
from gateway.store import bulk
from gateway.store.schema import IDENTITY

_KEY = ("tenant", "hash", "person")
_FORGET = delete(IDENTITY).where(and_(*(IDENTITY.c[name] == bindparam(f"b_{name}") for name in _KEY)))
_KEEP = insert(IDENTITY)


class Identities:
    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def holders(self, connection: Connection, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        """By hash, the ids of those who are known by it."""
        found: dict[bytes, set[str]] = {}
        for tenant, digest, person in bulk.select_in(connection, IDENTITY.name, _KEY, "hash", list(hashes)):
            if tenant == self._tenant:
                found.setdefault(bytes(digest), set()).add(person)
        return {digest: frozenset(persons) for digest, persons in found.items()}

    def save(self, connection: Connection, identities: Sequence[Identity]) -> None:
        if identities:
            rows = [{"tenant": self._tenant, "hash": one.hash, "person": one.person} for one in identities]
            connection.execute(_FORGET, [{f"b_{name}": row[name] for name in _KEY} for row in rows])
            connection.execute(_KEEP, rows)
