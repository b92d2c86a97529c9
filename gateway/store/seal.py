"""The one pair through which everything passes that a person could be known by, on its way into the store and out."""

from __future__ import annotations

from typing import Any, Protocol

import orjson

_CLEAR = b"\x00"


class Seal(Protocol):
    """`context` binds a sealed text to its row and column; a text that was moved elsewhere does not open."""

    def seal(self, clear: bytes, context: str) -> bytes: ...

    def open(self, sealed: bytes, context: str) -> bytes: ...


class Clear:
    """Seals nothing. The first byte says so, so that rows stay readable once encryption is turned on."""

    def seal(self, clear: bytes, context: str) -> bytes:
        return _CLEAR + clear

    def open(self, sealed: bytes, context: str) -> bytes:
        if not sealed.startswith(_CLEAR):
            raise ValueError("this text is sealed with a key that is not configured")
        return sealed[1:]


def seal_json(seal: Seal, plain: Any, context: str) -> bytes:
    return seal.seal(orjson.dumps(plain), context)


def open_json(seal: Seal, sealed: bytes, context: str) -> Any:
    return orjson.loads(seal.open(sealed, context))
