"""Tables on their way to those who are to be told: person by person, by the same rules as messages.

An export says of many people what may be known of each. So rules are asked of each person alone; a destination gets
those whom rules choose for it and whom it is cleared for; and of them those who aren't as they were when it was last
told of them by the same channel, since most exports are sent anew every day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where
from gateway import people
from gateway.bundle import in_form
from gateway.conversion import Conversion, convert, of_person
from gateway.payloads import payload
from gateway.people import People, Share
from gateway.plan import Destination, Work
from gateway.records import NewDelivery, Told
from gateway.routing import Choice, Routing, route
from gateway.routing.clearance import is_cleared, withheld

if TYPE_CHECKING:
    from gateway.persons import Memory

MOST_PEOPLE = 500
"""People of one transaction: a server works it as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The pivot of tables, taken apart; `routings` has the decisions on each share."""

    pivot: Document
    bundle: People
    shares: tuple[Share, ...]
    routings: tuple[Routing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is to be sent, what is said of it, and what is to be remembered."""

    deliveries: tuple[NewDelivery, ...] = ()
    issues: tuple[Issue, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A share for a destination: by which rule, and the places of the entries that it may get."""

    share: Share
    choice: Choice
    entries: tuple[int, ...]


def is_export(pivot: Document) -> bool:
    """Whether a pivot was made of tables: a collection, which is no message."""
    return pivot.format == "fhir" and pivot.root.get("type") == "collection"


def kept_out(source: Document) -> tuple[Issue, ...]:
    """That rows of tables were kept out, if so."""
    count = len(source.root.kept_out) if source.format == "csv" else 0
    return (issue("GW-0105", count=count),) if count else ()


def routed(source: Document, pivot: Document, setup: Work) -> Export:
    """Every rule asked of each person, and of each thing that is about nobody."""
    bundle = People(pivot.root)
    shares = tuple(bundle.shares())
    rows = _rows(source)
    routings = (route(setup.rules, setup.destinations, rows(one), replace(pivot, root=one.root)) for one in shares)
    return Export(pivot=pivot, bundle=bundle, shares=shares, routings=tuple(routings))


def _rows(source: Document) -> Any:
    """What gives a share's own rows: those of other people decide nothing about this one."""
    schema = source.root.schema if source.format == "csv" else None
    column = schema.person if schema is not None else ""
    if not column:
        return lambda share: source
    common: dict[str, list[Any]] = {
        name: [row for row in rows if column not in row] for name, rows in source.root.items()
    }
    own: dict[str, dict[str, list[Any]]] = {}
    for name, rows in source.root.items():
        for row in rows:
            if column in row:
                own.setdefault(row[column], {}).setdefault(name, []).append(row)

    def of(share: Share) -> Document:
        found = {name: [*rows] for name, rows in common.items()}
        for value in _identifiers(share):
            for name, rows in own.get(value, {}).items():
                found[name] += rows
        return replace(source, root=found)

    return of


def _identifiers(share: Share) -> Iterator[str]:
    for entry in share.root["entry"] if share.is_of_person else ():
        if entry["resource"].get("id") == share.subject:
            yield from (str(each["value"]) for each in entry["resource"].get("identifier", ()) if "value" in each)


def tell(export: Export, channel: str, envelope: str, setup: Work, memory: Memory) -> Telling:
    """What each destination gets of an export."""
    deliveries: list[NewDelivery] = []
    issues: list[Issue] = []
    told: list[Told] = []
    for destination in setup.destinations.values():
        chosen, found = _chosen(export, destination)
        digests = {one.share.subject: _digest(export, one, destination) for one in chosen}
        known = memory.told(channel, destination.name) if chosen else {}
        new = [one for one in chosen if known.get(one.share.subject) != digests[one.share.subject]]
        if same := len(chosen) - len(new):
            found.append(issue("GW-0304", Where(source=destination.name), count=same, destination=destination.name))
        made, problems = _made(export, new, destination, channel, setup)
        deliveries += made
        issues += [*found, *problems]
        if made:
            told += (
                Told(channel=channel, destination=destination.name, subject=name, digest=digests[name],
                     envelope=envelope)
                for name in (one.share.subject for one in new)
            )  # fmt: skip
    return Telling(deliveries=tuple(deliveries), issues=tuple(issues), told=tuple(told))


def _chosen(export: Export, destination: Destination) -> tuple[list[_Chosen], list[Issue]]:
    """Whom rules choose for a destination, each with what it may get: nothing about those who weren't chosen for it,
    nor about those who are restricted and whom it isn't cleared for."""
    wanted = {
        share.at: (share, choice)
        for share, routing in zip(export.shares, export.routings, strict=True)
        for choice in routing.choices
        if choice.destination == destination.name and choice.stopped is None
    }
    restricted = withheld(export.bundle, destination.cleared)
    unknown = {one.at for one in export.shares if one.is_of_person and one.at not in wanted} | restricted
    chosen = []
    for share, choice in wanted.values():
        entries = tuple(at for at in share.entries if _may_get(export.bundle, at, unknown, destination))
        if share.at in entries:
            chosen.append(_Chosen(share, choice, entries))
    issues = []
    if count := len(restricted & wanted.keys()):
        issues.append(issue("GW-0303", Where(source=destination.name), count=count, destination=destination.name))
    return chosen, issues


def _may_get(bundle: People, at: int, unknown: set[int], destination: Destination) -> bool:
    return bundle.about[at].isdisjoint(unknown) and is_cleared(bundle.entries[at], destination.cleared)


def _digest(export: Export, one: _Chosen, destination: Destination) -> bytes:
    """Of what a destination is told of a share, in the form it wants."""
    from adapters.formats.fhir.writer import write

    hashed = blake2b(destination.wanted.encode(), digest_size=16)
    for at in one.entries:
        hashed.update(write(export.bundle.entries[at], indent=False).value or b"")
    return hashed.digest()


def _made(
    export: Export, chosen: list[_Chosen], destination: Destination, channel: str, setup: Work
) -> tuple[list[NewDelivery], list[Issue]]:
    deliveries: list[NewDelivery] = []
    issues: list[Issue] = []
    for choice, key, made in _documents(export, chosen, destination, channel, setup):
        delivery, found = payload(choice, destination, made, key)
        issues += [one for one in found if one not in issues]
        if delivery is not None:
            name = blake2b(delivery.payload, digest_size=16).hexdigest()
            deliveries.append(replace(delivery, name=name))
    return deliveries, issues


def _documents(
    export: Export, chosen: list[_Chosen], destination: Destination, channel: str, setup: Work
) -> Iterator[tuple[Choice, str, Conversion]]:
    """Each document with the choice that it goes by and the key that it is ordered by: the channel's, since a later
    export is newer; a person's, where it is about one."""
    to = destination.as_
    for choice, group in _groups(chosen):
        if to.format in ("hl7v2", "ccda"):
            for one in group:
                if one.share.is_of_person and not one.share.is_deleted:
                    root = export.bundle.of(one.entries)
                    yield choice, one.share.subject, of_person(root, people.UPDATE, to, setup.site)
            continue
        is_fhir = to.format == "fhir" and not to.label
        size = MOST_PEOPLE if is_fhir else len(group)
        for start in range(0, len(group), size):
            places = sorted({at for one in group[start : start + size] for at in one.entries})
            part = replace(export.pivot, root=export.bundle.of(places))
            yield choice, channel, _transaction(part) if is_fhir else convert(part, to, setup.site)


def _groups(chosen: list[_Chosen]) -> Iterator[tuple[Choice, list[_Chosen]]]:
    """Those who go by one rule, or wait by one rule, together."""
    groups: dict[Choice, list[_Chosen]] = {}
    for one in chosen:
        groups.setdefault(one.choice, []).append(one)
    yield from groups.items()


def _transaction(part: Document) -> Conversion:
    """FHIR of tables is sent as updates by id: a receiver has each resource once, however often it is sent, and what a
    row takes back is replaced (http://hl7.org/fhir/R4/http.html#transaction)."""
    found = in_form(part.root, "transaction").value
    return Conversion(document=replace(part, root=found[0]) if found else None)
