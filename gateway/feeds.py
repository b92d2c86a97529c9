"""The account of a feed: over many messages, which fields a sender fills, and which of them nothing maps.

Paths and counts alone: no value of a message is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from conformance.document import Document
from gateway.columns import of_tables
from gateway.config import Site
from gateway.sources import AUTO, Part, parts
from gateway.targets import Target

if TYPE_CHECKING:
    from mappings import Ledger, Row

STATUSES = ("mapped", "ignored", "unmapped", "null")

_INDEX = re.compile(r"\[[0-9]+\]")
_PIVOT = Target(format="fhir")


@dataclass(slots=True)
class Field:
    """One place, `PID-5.1`. `messages`: in how many it was filled; `counts`: by what became of it; `reason`: why
    nothing was made of it, where that is so."""

    path: str
    messages: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reason: str = ""


@dataclass(slots=True)
class Feed:
    """What one sender sends over one channel (empty where the messages came from files)."""

    channel: str
    sender: str
    messages: int = 0
    fields: dict[str, Field] = field(default_factory=dict)

    def add(self, rows: Iterable[Row]) -> None:
        """One message's ledger."""
        self.messages += 1
        met: set[str] = set()
        for row in rows:
            path = _INDEX.sub("", row.path)
            found = self.fields.setdefault(path, Field(path))
            found.messages += path not in met
            met.add(path)
            found.counts[row.status] += 1
            if row.status == "unmapped":
                found.reason = found.reason or row.reason

    def sorted(self, *, every: bool = False) -> list[Field]:
        """The fields that nothing maps, those of most messages first; with `every` all that were filled."""
        chosen = [one for one in self.fields.values() if every or one.counts["unmapped"]]
        return sorted(chosen, key=lambda one: (-one.counts["unmapped"], -one.messages, one.path))

    def plain(self, *, every: bool = False) -> dict[str, Any]:
        """As JSON."""
        fields = [
            {"path": one.path, "messages": one.messages, **{name: one.counts[name] for name in STATUSES},
             **({"reason": one.reason} if one.reason else {})}
            for one in self.sorted(every=every)
        ]  # fmt: skip
        return {"channel": self.channel, "sender": self.sender, "messages": self.messages, "fields": fields}


@dataclass(slots=True)
class Feeds:
    """The feeds that messages belong to."""

    site: Site
    _feeds: dict[tuple[str, str], Feed] = field(default_factory=dict)

    def add(self, part: Part, channel: str = "", map_id: str | None = None) -> None:
        """One document, by its channel and sender; what can't be read or mapped has no account."""
        from gateway.conversion import convert

        if part.document is None:
            return
        ledger = convert(part.document, _PIVOT, self.site, map_id).ledger
        if ledger is not None:
            name = self._sender(part.document)
            self._feeds.setdefault((channel, name), Feed(channel, name)).add(_rows(ledger))

    def _sender(self, document: Document) -> str:
        """The site's name for the sender, else what an HL7 v2 header says: application and facility."""
        from gateway.conversion import sender

        known = sender(document, self.site).name
        if known or document.format != "hl7v2":
            return known
        header = document.root.segments[0].fields
        return f"{header[3]}|{header[4]}"

    def all(self) -> list[Feed]:
        return [self._feeds[key] for key in sorted(self._feeds)]


def _rows(ledger: Ledger) -> Iterable[Row]:
    """The ledger's rows; of tables by column, whatever the row."""
    if not of_tables(ledger):
        return ledger.rows()
    return (replace(row, path=place) for _, place, row in ledger.fields())


def accounts(
    bodies: Sequence[bytes], from_: str = AUTO, channel: str = "", map_id: str | None = None, site: Site | None = None
) -> list[Feed]:
    """The feeds of messages as they were received."""
    feeds = Feeds(site or Site())
    for body in bodies:
        for part in parts(body, from_, site=feeds.site, map_id=map_id):
            feeds.add(part, channel, map_id)
    return feeds.all()
