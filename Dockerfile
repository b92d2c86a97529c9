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
    && useradd --uid 10001 --no-log-init --create-home gateway
USER 10001
WORKDIR /home/gateway
ENTRYPOINT ["sdoh-gateway"]
CMD ["--help"]
