"""Forgets, now and then, what `store: {keep: ...}` says needs to be kept no longer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.store import Prune, Store, StoreFailedError

_log = logging.getLogger(__name__)

EVERY = 3600.0
_FIRST = 60.0
"""Seconds after the start, and from one look to the next."""


def run(
    store: Store,
    keep: Callable[[], float | None],
    clock: Callable[[], datetime],
    closing: threading.Event,
) -> None:
    """Until the gateway closes. `keep` is asked each time, because settings may change; None keeps everything."""
    wait = _FIRST
    while not closing.wait(wait):
        wait = EVERY
        if (seconds := keep()) is not None:
            try:
                count = forget(store, clock() - timedelta(seconds=seconds), closing)
            except StoreFailedError:
                return
            _log.info("pruned", extra={"count": count})


def forget(store: Store, before: datetime, closing: threading.Event) -> int:
    """Some at a time, so that what is received in between doesn't have to wait; how many in all."""
    count = 0
    while not closing.is_set():
        request = Prune(before=before)
        forgotten = store.writer.now(store.prune, request)
        count += forgotten
        if forgotten < request.limit:
            break
    return count
