"""Figures for Prometheus. Labels are routes, statuses and words of the configuration: never anything that came in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.web.services import Figure

disable_created_metrics()  # type: ignore[no-untyped-call]  # the time of a series' birth: twice the lines, and no use to anybody

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts what the HTTP side does, and writes that down together with the gateway's own figures."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ("method", "route", "status")
        self._requests = Counter("sdoh_http_requests", "Requests answered", labels, registry=self._registry)
        self._seconds = Histogram(
            "sdoh_http_request_seconds", "Time to the answer", ("route",), buckets=_SECONDS, registry=self._registry
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request; `route` is its path in the description, with the parameters' names."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def exposition(self, figures: Iterable[Figure]) -> bytes:
        """The text format, of everything."""
        return generate_latest(self._registry) + generate_latest(_Given(figures))


class _Given(CollectorRegistry):
    """The figures of one moment, as gauges in the order in which they came."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        super().__init__()
        self._figures = tuple(figures)

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for one in self._figures:
            family = families.get(one.name)
            if family is None:
                kind = CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily
                family = families[one.name] = kind(one.name, one.help, labels=tuple(one.labels))
            family.add_metric(tuple(one.labels.values()), one.value)
        yield from families.values()
