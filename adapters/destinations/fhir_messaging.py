"""FHIR messaging: POST [base]/$process-message, as Da Vinci Unsolicited Notifications asks; a transaction to [base].

The receiver recognises a repeated message by Bundle.identifier and MessageHeader.id, and by the header
`Idempotency-Key`.
"""

from __future__ import annotations

import json
from typing import Any

from adapters import http
from adapters.destinations import Accepted, Dead, Outcome, Payload, Retry, Sender
from adapters.destinations.web import WebSettings, client, post
from conformance.catalogue import issue

MEDIA_TYPE = "application/fhir+json"


class FhirMessagingSender:
    def __init__(self, settings: WebSettings) -> None:
        self._client = client(settings)
        self._base = settings.url.rstrip("/")
        self._headers = {**settings.headers, "Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        headers = {**self._headers, "Idempotency-Key": f'"{key}"'}
        url = self._base if _is_transaction(payload.body) else f"{self._base}/$process-message"
        answer = post(self._client, url, payload.body, headers, deadline)
        return _response(answer) if isinstance(answer, http.Answer) else answer

    def close(self) -> None:
        self._client.close()


def _is_transaction(body: bytes) -> bool:
    """True for a Bundle of changes (http://hl7.org/fhir/R4/http.html#transaction), which is no message."""
    bundle: Any = json.loads(body) if b'"transaction"' in body else None
    return isinstance(bundle, dict) and bundle.get("type") == "transaction"


def _response(answer: http.Answer) -> Outcome:
    """A 2xx answer may carry a message of its own, whose MessageHeader says how the processing went."""
    match _response_code(answer.body):
        case "fatal-error":
            return Dead(issue=issue("NET-0110"))
        case "transient-error":
            return Retry(issue=issue("NET-0111"))
    return Accepted()


def _response_code(body: bytes) -> str | None:
    """MessageHeader.response.code of a message Bundle; None for any other answer, which only says `taken`."""
    try:
        bundle: Any = json.loads(body)
        return str(bundle["entry"][0]["resource"]["response"]["code"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


class FhirMessaging:
    name = "fhir_messaging"
    settings = WebSettings
    formats: tuple[str, ...] = ("fhir",)

    def open(self, settings: WebSettings) -> Sender:
        return FhirMessagingSender(settings)


DESTINATION = FhirMessaging()
