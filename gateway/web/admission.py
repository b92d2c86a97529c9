"""What is asked of a request before its handler sees it: who sends it, what it wants back, what it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.catalogue import issue
from gateway.web import media
from gateway.web.media import FHIR, JSON
from gateway.web.openapi import answers
from gateway.web.route import Refused, Route
from gateway.web.settings import ApiKey, Settings, client, is_loopback

if TYPE_CHECKING:
    from flask import Request
    from werkzeug.datastructures import Headers

_BEARER = {"WWW-Authenticate": 'Bearer realm="sdoh-gateway"'}


def admit(request: Request, route: Route, settings: Settings) -> ApiKey | None:
    """The client, None where no key is needed. Refused: 401, 403, 421."""
    if not settings.keys:
        if route.loopback_only:
            _from_here(request)
        return None
    if route.needs is None:
        return None
    presented = presented_key(request.headers)
    found = client(settings.keys, presented) if presented else None
    if found is None:
        raise Refused(401, issue("HTTP-0003"), headers=_BEARER)
    if route.needs not in found.may:
        raise Refused(403, issue("HTTP-0004", scope=route.needs))
    return found


def presented_key(headers: Headers) -> str | None:
    """The key of a request, in either of the two headers."""
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("X-API-Key")


def _from_here(request: Request) -> None:
    """Without keys, the only protection is that nobody else can connect. Two ways around that are closed: a name of
    somebody's domain that points to 127.0.0.1 (DNS rebinding), and a page that lets the browser of this machine ask."""
    host = request.environ.get("HTTP_HOST", "localhost")
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        raise Refused(421, issue("HTTP-0005"))
    origin = request.headers.get("Origin")
    foreign = origin is not None and urlsplit(origin).netloc != host
    if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Refused(403, issue("HTTP-0005"))


def accepted(request: Request, route: Route) -> None:
    """Refused when the client accepts nothing of what a good answer can be."""
    if not request.accept_mimetypes or "_format" in request.args:
        return
    given = [one for status, answer in answers(route).items() if status < 300 for one in answer.content]
    alike = [JSON] if FHIR in given else []
    if given and not request.accept_mimetypes.best_match((*given, *alike)):
        raise Refused(406, issue("HTTP-0008", types=" or ".join(given)))


def query(request: Request, route: Route) -> dict[str, Any]:
    """Every parameter's value, by name: a list for a repeated one, else the default when it isn't there."""
    known = {one.name: one for one in route.query}
    given = request.args.to_dict(flat=False)
    if any(name not in known or (len(values) > 1 and not known[name].repeated) for name, values in given.items()):
        raise Refused(400, issue("HTTP-0009", names=", ".join(known) or "none"))
    if len(given.get("profile", ())) > _MOST:
        raise Refused(400, issue("HTTP-0010", name="profile", expected=f"given at most {_MOST} times"))
    values = {name: [one.read(text) for text in given.get(name, ())] for name, one in known.items()}
    return {
        name: found if known[name].repeated else found[0] if found else known[name].default
        for name, found in values.items()
    }


_MOST = 10


def body(request: Request, route: Route, limit: int) -> tuple[bytes, str]:
    """The body and its media type; both empty for a route that takes none. Refused: 413, 415."""
    if not route.body:
        return b"", ""
    if (request.content_length or 0) > limit:
        raise Refused(413, issue("HTTP-0006", limit=limit))
    media_type = request.mimetype
    if media_type not in route.body or not _plain(request, media_type):
        raise Refused(415, issue("HTTP-0007", types=" or ".join(route.body)))
    return request.get_data(cache=False), media_type


def _plain(request: Request, media_type: str) -> bool:
    """Neither compressed, nor JSON in another character set than its only one (RFC 8259, 8.1)."""
    if request.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        return False
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    return not media.is_json(media_type) or charset in ("utf-8", "utf8", "us-ascii")
