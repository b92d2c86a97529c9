"""Notes: what a run records of exceptions, of which issues and the ledger are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SKIP, TOOK, NOTHING, KEPT, DROPPED, BLANK, SAID, CONFLICT, KEYLESS, NOWHERE, UNCLAIMED, HEARD, AGAIN = range(13)
"""Kinds of notes: a rule left out, a case or item taken, a conversion or a table that gave nothing (or kept the code),
an issue said by a conversion, two values for one place, no identity, a reference that leads nowhere, a profile that is
not claimed, an issue that a conversion didn't say again, remembered notes at a place."""

Note = tuple[int, tuple[Any, ...], int, Any]
"""Kind, place, number of the rule's site, what was found."""


class Said(set[str]):
    """The codes that conversions said once per document. Asking for one that was said leaves a note, so that what was
    converted in its silence isn't remembered for other documents."""

    def __init__(self, notes: list[Note]) -> None:
        super().__init__()
        self._notes = notes

    def __contains__(self, code: object) -> bool:
        found = super().__contains__(code)
        if found:
            self._notes.append((HEARD, (), 0, None))
        return found


def told(notes: list[Note], at: tuple[Any, ...]) -> Iterator[Note]:
    for note in notes:
        kind, below, site, what = note
        if kind == AGAIN:
            yield from told(what, at + below)
        else:
            yield (kind, at + below, site, what) if at and kind != UNCLAIMED else note
