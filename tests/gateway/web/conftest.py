"""Clients of the HTTP side of a small gateway, and what its log says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.web.app import create_app
from tests.gateway.web.small import Small, keyed, settings


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def client(small: Small) -> FlaskClient:
    return create_app(small, settings()).test_client()


@pytest.fixture
def guarded(small: Small) -> FlaskClient:
    """Of an app that asks for keys."""
    return create_app(small, settings(keys=keyed())).test_client()


@pytest.fixture
def broken(small: Small) -> Small:
    """One whose disk has failed."""
    small.store.writer.failure = OSError("no")
    return small


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line that the gateway's log would have, of all loggers."""
    from gateway.logs import JsonLines

    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before)
