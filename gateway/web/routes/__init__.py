"""Every route there is, by subject."""

from __future__ import annotations

from functools import cache

from gateway.web.route import Route


@cache
def routes() -> tuple[Route, ...]:
    from gateway.web.routes import conversion, deliveries, fhir, health, messages

    return (*messages.ROUTES, *deliveries.ROUTES, *conversion.ROUTES, *fhir.ROUTES, *health.ROUTES)
