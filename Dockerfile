# The wheel is built in one stage and installed in the other, which has neither compiler nor sources.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY adapters adapters
COPY conformance conformance
COPY gateway gateway
COPY mappings mappings
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.12-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir --no-index --find-links /wheels sdoh-gateway \
    && useradd --uid 10001 --no-log-init --create-home gateway \
    && install --directory --owner=10001 --group=10001 /data
USER 10001
WORKDIR /data
VOLUME /data
# The store, and gateway.yaml, which says where it listens: beyond loopback only with TLS files (or --insecure-bind
# behind something that brings TLS), and over HTTP only with an API key.
EXPOSE 8080 2575
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["sdoh-gateway", "alive", "--config", "/data"]
ENTRYPOINT ["sdoh-gateway"]
CMD ["serve", "--config", "/data"]
