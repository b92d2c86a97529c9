"""Calls that fire the codes of the area CFG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.issue import Issue
from gateway.config import site


def _site(text: str | None) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            path = Path(folder, "gateway.yaml")
            if text is not None:
                path.write_text(text, encoding="utf-8")
            return site(path).issues

    return fire


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "CFG-0001": _site(None),
    "CFG-0002": _site("tennant: {salt: x}"),
    "CFG-0003": _site("default_zone: Amerika/New_York"),
    "CFG-0004": _site("senders: {a: {}}"),
    "CFG-0005": _site("tenant: {salt: '${env:SDOH_NOT_SET}'}"),
    "CFG-0006": _site("tenant: {salt: '${file:none}'}"),
    "CFG-0007": _site("tenant: {salt: '${vault:salt}'}"),
    "CFG-0008": _site("tenant: {}"),
    "CFG-0009": _site("overlays: [none]"),
}
