"""When the garbage collector need not run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_usual, _set = 0, 0
"""The collector's first threshold as the process has it, and as it was set here."""


@contextmanager
def uncollected() -> Iterator[None]:
    """While one document is read or converted, thousands of objects are made and none is garbage: the collector would
    walk them again and again, for a quarter of the time. For work that is bounded by a document's size."""
    collecting = gc.isenabled()
    before = gc.get_count()[0]
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            _wait(gc.get_count()[0] - before)
            gc.enable()


def _wait(made: int) -> None:
    """Raises the first threshold by the objects that a document has just made, which are all in use: the collector
    would walk them at once, to find nothing. What is left over from before counts as it always did."""
    global _usual, _set
    threshold, *others = gc.get_threshold()
    if threshold != _set:
        _usual = threshold
    if _usual:  # 0: this process doesn't collect
        _set = _usual + max(made, 0)
        gc.set_threshold(_set, *others)
