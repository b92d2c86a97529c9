"""When the garbage collector need not run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """While one document is read or converted, thousands of objects are made and none is garbage: the collector would
    walk them again and again, for a quarter of the time. For work that is bounded by a document's size."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
