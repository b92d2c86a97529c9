"""The Flask app: every route registered from its description, every answer with an id, every request in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, Response, g, request
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from adapters.formats.fhir.writer import write
from conformance.catalogue import issue
from conformance.issue import Issue
from gateway.web import admission
from gateway.web.metrics import Metrics
from gateway.web.problems import bodied
from gateway.web.route import Call, Refused, Reply, Route
from gateway.web.routes import routes
from gateway.web.services import GaveUpError, MistakeError, Services, UnavailableError
from gateway.web.settings import Settings

_log = logging.getLogger(__name__)

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_RETRY = {"Retry-After": "5"}
_CODES = {400: "HTTP-0011", 404: "HTTP-0001", 405: "HTTP-0002", 413: "HTTP-0006"}
"""Of the refusals that Flask itself finds."""

_UNKNOWN = "(unknown)"
_LONGEST_NAME = 100


@dataclass(slots=True)
class _Seen:
    """What is noted of a request while it is answered: for the log and the metrics."""

    id: str
    began: float = field(default_factory=time.perf_counter)
    route: str = _UNKNOWN
    client: str | None = None
    envelope: str | None = None


def create_app(services: Services, settings: Settings, metrics: Metrics | None = None) -> Flask:
    """The app over these services. Nothing of it is global: two may live in one process."""
    app = Flask("gateway", static_folder=None, template_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body, PROPAGATE_EXCEPTIONS=False)
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    desk = _Desk(services, settings, metrics or Metrics())
    app.before_request(desk.begin)
    app.after_request(desk.end)
    app.register_error_handler(Exception, desk.failed)
    for route in routes():
        app.add_url_rule(
            route.path.replace("{", "<").replace("}", ">"),
            endpoint=route.id,
            view_func=desk.view(route),
            methods=[route.method],
            provide_automatic_options=False,
        )
    return app


class _Desk:
    """Where requests are taken and answers given out."""

    def __init__(self, services: Services, settings: Settings, metrics: Metrics) -> None:
        self._services = services
        self._settings = settings
        self._metrics = metrics
        self._started = settings.clock()

    def begin(self) -> None:
        g.seen = _Seen(self._settings.new_id())

    def view(self, route: Route) -> Callable[..., Response]:
        def answer(**path: str) -> Response:
            g.seen.route = route.path
            reply = route.handler(self._call(route, path))
            g.seen.envelope = reply.headers.get("Message-Id")
            return _response(reply)

        return answer

    def _call(self, route: Route, path: dict[str, str]) -> Call:
        settings = self._settings
        client = admission.admit(request, route, settings)
        g.seen.client = client.name if client else None
        if any(len(value) > _LONGEST_NAME for value in path.values()):
            raise Refused(404, issue("HTTP-0001"))
        admission.accepted(request, route)
        query = admission.query(request, route)
        body, media_type = admission.body(request, route, settings.max_body)
        return Call(
            services=self._services,
            settings=settings,
            path=path,
            query=query,
            body=body,
            media_type=media_type,
            client=client,
            metrics=self._metrics,
            started=self._started,
        )

    def failed(self, error: Exception) -> Response:
        """Whatever went wrong, as an answer; a mistake of ours with its place in the log."""
        refused = self._refused(error)
        fhir = request.path.startswith("/fhir/")
        content, media_type = bodied(refused, fhir=fhir, request=g.seen.id)
        return _response(Reply(status=refused.status, content=content, media_type=media_type, headers=refused.headers))

    def _refused(self, error: Exception) -> Refused:
        match error:
            case Refused():
                return error
            case UnavailableError():
                return Refused(503, issue("HTTP-0013"), headers=_RETRY)
            case GaveUpError():
                return Refused(422, issue("HTTP-0017"))
            case HTTPException(code=int() as status) if status in _CODES:
                allow = {name: value for name, value in error.get_headers() if name == "Allow"}
                return Refused(status, self._issue_of(status), headers=allow)
        elsewhere = {"reason": str(error)} if isinstance(error, MistakeError) else {}
        _log.error("mistake", exc_info=error, extra={"request": g.seen.id, "route": g.seen.route, **elsewhere})
        return Refused(500, issue("HTTP-0014"))

    def _issue_of(self, status: int) -> Issue:
        return issue(_CODES[status], None, limit=self._settings.max_body, problem="it can't be read")

    def end(self, response: Response) -> Response:
        seen: _Seen = g.seen
        response.headers.update(SECURITY_HEADERS)
        response.headers["X-Request-Id"] = seen.id
        if request.scheme == "https":
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        took = time.perf_counter() - seen.began
        self._metrics.request(request.method, seen.route, response.status_code, took)
        facts = {
            "request": seen.id,
            "method": request.method,
            "route": seen.route,
            "status": response.status_code,
            "milliseconds": round(took * 1000, 1),
            "bytes_in": request.content_length or 0,
            "bytes_out": response.content_length,
            "client": seen.client,
            "envelope": seen.envelope,
        }
        _log.info("request", extra={name: value for name, value in facts.items() if value is not None})
        return response


def _response(reply: Reply) -> Response:
    content = reply.content
    if isinstance(content, BaseModel):
        content = content.model_dump_json().encode()
    elif content is not None and not isinstance(content, bytes):
        content = write(content).value
    response = Response(content, reply.status, mimetype=None, content_type=reply.media_type)
    response.headers.update(reply.headers)
    return response
