"""Probes, metrics, and the description of everything."""

from __future__ import annotations

from typing import Any

from gateway.web import shapes
from gateway.web.media import JSON
from gateway.web.metrics import MEDIA_TYPE
from gateway.web.route import Answer, Call, Reply, Route

_METRICS = "text/plain"
_ANY_OBJECT: dict[str, Any] = {"type": "object"}


def _live(_: Call) -> Reply:
    return Reply(content=shapes.Live())


def _ready(call: Call) -> Reply:
    reasons = list(call.services.problems())
    status = 503 if reasons else 200
    return Reply(status=status, content=shapes.Readiness(status="not ready" if reasons else "ready", reasons=reasons))


def _metrics(call: Call) -> Reply:
    return Reply(content=call.metrics.exposition(call.services.figures()), media_type=MEDIA_TYPE)


def _openapi(call: Call) -> Reply:
    from gateway.web.openapi import document

    return Reply(content=document(keys=bool(call.settings.keys)))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/livez",
        id="live",
        tag="health",
        summary="Whether the process answers",
        handler=_live,
        needs=None,
        loopback_only=False,
        answers={200: Answer(description="It does.", content={JSON: shapes.Live})},
    ),
    Route(
        method="GET",
        path="/readyz",
        id="ready",
        tag="health",
        summary="Whether messages are taken",
        handler=_ready,
        needs=None,
        loopback_only=False,
        answers={
            200: Answer(description="They are.", content={JSON: shapes.Readiness}),
            503: Answer(description="Not now, and why.", content={JSON: shapes.Readiness}),
        },
    ),
    Route(
        method="GET",
        path="/metrics",
        id="metrics",
        tag="health",
        summary="Figures for Prometheus: counts and times, nothing of any patient",
        handler=_metrics,
        needs="read",
        answers={200: Answer(description="The text format, version 0.0.4.", content={_METRICS: {"type": "string"}})},
    ),
    Route(
        method="GET",
        path="/openapi.json",
        id="openapi",
        tag="health",
        summary="This description",
        handler=_openapi,
        needs=None,
        answers={200: Answer(description="OpenAPI 3.1.", content={JSON: _ANY_OBJECT})},
    ),
)
