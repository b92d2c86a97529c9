"""Calls that fire the codes of a running gateway's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.issue import Issue
from gateway.config.plan import plan

_HUB = "destinations: {hub: {type: files, to: {folder: .}}}\n"


def _plan(text: str) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            path = Path(folder, "gateway.yaml")
            path.write_text(text, encoding="utf-8")
            return plan(path).issues

    return fire


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "CFG-0101": _plan("routes: [{name: a, to: [nowhere]}]"),
    "CFG-0102": _plan("destinations: {hub: {type: files, to: {folder: .}, as: alrts}}"),
    "CFG-0103": _plan("destinations: {hub: {type: mllp, to: {host: h, port: 1}, as: alerts}}"),
    "CFG-0104": _plan("destinations: {hub: {type: webhook, to: {url: 'https://hub.example', secrets: [abc]}}}"),
    "CFG-0105": _plan(_HUB + "routes: [{name: a, to: [hub]}, {name: a, to: [hub]}]"),
    "CFG-0106": _plan(_HUB + "routes: [{name: a, when: {event: {inn: [A01]}}, to: [hub]}]"),
    "CFG-0107": _plan(_HUB + "routes: [{name: a}]"),
    "CFG-0108": _plan(_HUB),
}
