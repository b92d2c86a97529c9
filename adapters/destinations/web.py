"""What the destinations over HTTP share: settings, and what a status or a failure means for a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from adapters import http
from adapters.destinations import Accepted, Dead, Outcome, Retry, Unknown
from adapters.tls import Tls
from conformance.catalogue import issue

RETRIED = frozenset({408, 425, 429})
"""4xx answers that ask for the same request later; so do all 5xx, save 501 and 505."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`headers` are sent as they are, for a receiver's API key, say. `private_hosts`: names (or
    addresses) that may lead inside; without one only public addresses are spoken to."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    private_hosts: tuple[str, ...] = ()
    tls: Tls | None = None
    connect_timeout: float = 10.0

    def __post_init__(self) -> None:
        scheme, _, rest = self.url.partition("://")
        if scheme not in ("http", "https") or not rest.strip("/"):
            raise ValueError("url must begin with http:// or https:// and name a host")


def client(settings: WebSettings) -> http.Client:
    return http.Client(
        private_hosts=settings.private_hosts, tls=settings.tls, connect_timeout=settings.connect_timeout, connections=32
    )


def post(
    client: http.Client, url: str, body: bytes, headers: Mapping[str, str], deadline: float
) -> Outcome | http.Answer:
    """The answer of a receiver that took it (2xx), else the outcome."""
    try:
        answer = client.post(url, body, headers, deadline=deadline)
    except http.HttpError as failure:
        return _failed(failure)
    return answer if 200 <= answer.status < 300 else _refused(answer)


def _failed(failure: http.HttpError) -> Outcome:
    match failure:
        case http.UnresolvedError():
            return Retry(issue=issue("NET-0101"))
        case http.ForbiddenError():
            return Retry(issue=issue("NET-0102"))
        case http.UnconnectedError():
            return Retry(issue=issue("NET-0103", reason=failure.reason))
        case http.HandshakeError():
            return Retry(issue=issue("NET-0104", reason=failure.reason))
        case http.UnreadableError():
            return Unknown(issue=issue("NET-0106", protocol=failure.reason))
    return Unknown(issue=issue("NET-0105"))


def _refused(answer: http.Answer) -> Outcome:
    status = answer.status
    found = answer.body[:2000].decode("utf-8", "replace") or None
    if status == 410:
        return Dead(issue=issue("NET-0109", found=found), gone=True)
    if status in RETRIED or (status >= 500 and status not in (501, 505)):
        return Retry(issue=issue("NET-0107", found=found, status=status), after=_retry_after(answer.headers))
    return Dead(issue=issue("NET-0108", found=found, status=status))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds (RFC 9110 10.2.3): a number, or a date, which is read against the answer's own clock."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    wanted, said = _date(text), _date(headers.get("date", ""))
    return max((wanted - said).total_seconds(), 0.0) if wanted and said else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def accepted(outcome: Outcome | http.Answer) -> Outcome:
    return Accepted() if isinstance(outcome, http.Answer) else outcome
