"""Webhooks as https://www.standardwebhooks.com (1.0.0) signs them: HMAC-SHA256 over `id.timestamp.body`.

`webhook-id` is the delivery's key: the same on every attempt, so that a receiver can drop a repeated one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.destinations import Outcome, Payload, Sender
from adapters.destinations.web import WebSettings, accepted, client, post


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings(WebSettings):
    """`secrets` as the receiver gave them (`whsec_...`). All sign, so that one can be replaced without a gap."""

    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        WebSettings.__post_init__(self)
        if not self.secrets:
            raise ValueError("a webhook needs at least one secret")
        for secret in self.secrets:
            _key(secret)


def _key(secret: str) -> bytes:
    """ValueError unless it is base64 of 24 to 64 bytes after the prefix."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is `whsec_` and base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("a webhook secret has 24 to 64 bytes")
    return key


def signature(secret: str, key: str, timestamp: int, body: bytes) -> str:
    signed = hmac.new(_key(secret), f"{key}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


class WebhookSender:
    def __init__(self, settings: WebhookSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._client = client(settings)
        self._clock = clock

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        timestamp = int(self._clock())
        signatures = (signature(secret, key, timestamp, payload.body) for secret in self._settings.secrets)
        headers = {
            **self._settings.headers,
            "Content-Type": payload.media_type,
            "Idempotency-Key": f'"{key}"',
            "webhook-id": key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }
        return accepted(post(self._client, self._settings.url, payload.body, headers, deadline))

    def close(self) -> None:
        self._client.close()


class Webhook:
    name = "webhook"
    settings = WebhookSettings
    formats: tuple[str, ...] = ()

    def open(self, settings: WebhookSettings) -> Sender:
        return WebhookSender(settings)


DESTINATION = Webhook()
