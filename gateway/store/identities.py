"""Statements on who is known by which identifiers: keyed hashes and our own ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.records import Identity
from gateway.store import bulk
from gateway.store.schema import IDENTITY

_KEY = ("tenant", "hash", "person")


class Identities:
    def __init__(self, tenant: str) -> None:
        self._tenant = tenant

    def holders(self, connection: Connection, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        """By hash, the ids of those who are known by it."""
        found: dict[bytes, set[str]] = {}
        for tenant, digest, person in self._rows(connection, list(hashes)):
            if tenant == self._tenant:
                found.setdefault(bytes(digest), set()).add(person)
        return {digest: frozenset(persons) for digest, persons in found.items()}

    def save(self, connection: Connection, identities: Sequence[Identity]) -> None:
        """Adds what isn't known yet."""
        wanted = {(self._tenant, one.hash, one.person) for one in identities}
        if not wanted:
            return
        hashes = sorted({one.hash for one in identities})
        there = {(tenant, bytes(digest), person) for tenant, digest, person in self._rows(connection, hashes)}
        bulk.insert(connection, IDENTITY.name, _KEY, sorted(wanted - there))

    def _rows(self, connection: Connection, hashes: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
        return bulk.select_in(connection, IDENTITY.name, _KEY, "hash", hashes)
