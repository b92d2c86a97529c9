"""What the HTTP side needs to know: where to listen, whom to let in, how much to take."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args
from uuid import uuid4

from adapters.tls import Tls

Scope = Literal["send", "convert", "read", "operate"]
"""send: messages into channels. convert: conversion and validation. read: lists and metrics. operate: replay."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

_HASH = re.compile(r"sha256:[0-9a-f]{64}")


class InsecureError(ValueError):
    """The settings would let anybody in from the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A client. `hash` is `sha256:` and 64 hexadecimal digits; no `channels` means any."""

    name: str
    hash: str = field(repr=False)
    may: tuple[Scope, ...] = SCOPES
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _HASH.fullmatch(self.hash):
            raise ValueError("the hash of a key is `sha256:` and 64 hexadecimal digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Sizes in bytes, times in seconds. Clock and ids are here so that tests can hold them."""

    host: str = "127.0.0.1"
    port: int = 8080
    tls: Tls | None = None
    insecure_bind: bool = False
    """Clear text beyond loopback, because something before the gateway brings TLS. A key is needed all the same."""
    keys: tuple[ApiKey, ...] = ()
    process_message: str | None = None
    """The channel that `$process-message` feeds; without it the only one over HTTP that takes FHIR."""
    max_body: int = 16 << 20
    max_header: int = 16 << 10
    threads: int = 8
    max_connections: int = 100
    request_timeout: float = 60.0
    """From a request's first byte to its last."""
    idle_timeout: float = 60.0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = lambda: str(uuid4())

    def __post_init__(self) -> None:
        if is_loopback(self.host):
            return
        if not self.keys:
            raise InsecureError(f"{self.host} is not a loopback address: it needs an API key")
        if self.tls is None and not self.insecure_bind:
            raise InsecureError(f"{self.host} is not a loopback address: it needs TLS, or --insecure-bind")


def is_loopback(host: str) -> bool:
    """Only for addresses that can't be reached from elsewhere, and `localhost`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def new_key() -> tuple[str, str]:
    """A new key, to give to the client and forget, and its hash, to write into the configuration."""
    key = f"sdoh_{secrets.token_urlsafe(32)}"
    return key, hash_of(key)


def hash_of(key: str) -> str:
    """A plain hash is enough for what is random: nobody can try 2^256 keys, as they could passwords."""
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def client(keys: tuple[ApiKey, ...], presented: str) -> ApiKey | None:
    """Whose key this is. Every key is compared, in constant time, whichever it is."""
    hashed = hash_of(presented)
    found = None
    for key in keys:
        if hmac.compare_digest(key.hash, hashed):
            found = key
    return found
