"""What the web server refuses before the app sees it, in the same words and forms as the app's own refusals."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from waitress.task import ErrorTask

from conformance.catalogue import issue
from conformance.issue import Issue
from gateway.web.app import SECURITY_HEADERS
from gateway.web.problems import bodied
from gateway.web.route import Refused

_log = logging.getLogger(__name__)

_CODES: Mapping[int, str] = {413: "HTTP-0006", 431: "HTTP-0018", 500: "HTTP-0014"}


def found(status: int, limits: Any) -> Issue:
    """The issue of a status; `limits` are waitress's adjustments."""
    limit = limits.max_request_header_size if status == 431 else limits.max_request_body_size - 1
    return issue(_CODES.get(status, "HTTP-0019"), limit=limit)


class Refusal(ErrorTask):
    """Waitress's answer to what it can't take."""

    def execute(self) -> None:
        request: Any = self.request
        status, limits = request.error.code, request.adj
        name = limits.settings.new_id()
        fhir = str(getattr(request, "path", "")).startswith("/fhir/")
        content, media_type = bodied(Refused(status, found(status, limits)), fhir=fhir, request=name)
        body = orjson.dumps(content)
        self.status = f"{status} {request.error.reason}"
        headers = {**SECURITY_HEADERS, "Content-Type": media_type, "X-Request-Id": name}
        self.response_headers = [*self.response_headers, *headers.items()]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        _log.info("refused", extra={"request": name, "status": status})
