"""By which identifiers a person is known: keyed hashes of them, since the identifiers themselves are nobody's business
here. Only those of a named authority count: who is M1 at one pantry isn't M1 at another.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from gateway.routing.bundle import Resource, at

SIZE = 16
"""Bytes of a hash."""


def hashes(person: Resource, salt: str) -> tuple[bytes, ...]:
    """Of a Patient's identifiers that have a system and aren't out of use, sorted."""
    key = blake2b(salt.encode(), digest_size=32).digest()
    found = {_hash(each, key) for each in at(person, "identifier") if isinstance(each, dict) and _counts(each)}
    return tuple(sorted(found))


def mark(found: tuple[bytes, ...]) -> bytes | None:
    """What tells one set of identifiers from another."""
    return blake2b(b"".join(found), digest_size=SIZE).digest() if found else None


def linked(person: Resource, others: list[str]) -> Resource:
    """The Patient with what else is known of the same person: `seealso`, since two sources may say different things."""
    links: list[Any] = [*person.get("link", ())]
    links += ({"other": {"reference": f"Patient/{name}"}, "type": "seealso"} for name in others)
    return {**person, "link": links}


def _counts(identifier: Resource) -> bool:
    return bool(identifier.get("system") and identifier.get("value")) and identifier.get("use") != "old"


def _hash(identifier: Resource, key: bytes) -> bytes:
    text = f"{identifier['system']}\x1f{str(identifier['value']).strip().casefold()}"
    return blake2b(text.encode(), key=key, digest_size=SIZE).digest()
