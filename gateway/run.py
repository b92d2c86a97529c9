"""The process of `serve`: signals in, a status out."""

from __future__ import annotations

import gc
import logging
import os
import queue
import signal
import sys
from pathlib import Path

from conformance.issue import has_errors
from gateway.config.plan import plan as read_plan
from gateway.plan import Plan
from gateway.server import Gateway, InsecureBindError, Options, RestartNeededError

_log = logging.getLogger(__name__)

_SWITCH = 0.0005
"""Seconds after which a computing thread lets others run: the listeners must not wait five milliseconds for a turn."""


_ROUND = 10_000
"""Objects that are made before those among them that only hold one another are looked for."""


def run(plan: Plan, path: Path, options: Options) -> None:
    """Serves until SIGTERM or SIGINT. A store that has failed ends the process at once, with status 70, so that
    whatever supervises it starts a new one."""
    sys.setswitchinterval(_SWITCH)
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: signals.put(received))
    gateway = Gateway(plan, options)
    try:
        gateway.start()
    except BaseException:
        gateway.close()
        raise
    _settle_memory()
    while True:
        received = _next(signals, gateway)
        if received != signal.SIGHUP:
            _log.info("stopping", extra={"signal": signal.Signals(received).name})
            gateway.close()
            return
        _reload(gateway, path)


def _settle_memory() -> None:
    """What was loaded at the start stays: it need not be looked through again and again for what could be freed."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ROUND, 20, 50)


def _next(signals: queue.SimpleQueue[int], gateway: Gateway) -> int:
    while True:
        try:
            return signals.get(timeout=0.5)
        except queue.Empty:
            if gateway.store.writer.failure is not None:
                _log.critical("store failed", extra={"error": type(gateway.store.writer.failure).__name__})
                os._exit(os.EX_SOFTWARE)


def _reload(gateway: Gateway, path: Path) -> None:
    read = read_plan(path)
    for one in read.issues:
        if has_errors((one,)):
            _log.error("settings refused", extra={"code": one.code, "line": one.at.line or 0})
    if read.value is None:
        return
    try:
        gateway.reload(read.value)
    except RestartNeededError as refused:
        for name in refused.settings:
            _log.error("settings refused: restart needed", extra={"kind": name})
    except (InsecureBindError, OSError) as refused:
        _log.error("settings refused", extra={"error": type(refused).__name__})
    except Exception as mistake:  # noqa: BLE001 - an adapter's: the gateway goes on by the settings that it has
        _log.exception("settings refused", extra={"error": type(mistake).__name__})
