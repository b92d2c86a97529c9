"""One document to its target: `a -> FHIR -> b`, by maps, with one ledger over all hops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where
from gateway import formats
from gateway.characters import printable
from gateway.config import Site
from gateway.config.site import Sender
from gateway.targets import Misuse, Target

if TYPE_CHECKING:
    from mappings import Catalog, Ledger, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became of a document. No document where there was nothing to make or an error stood in the way; no ledger
    where nothing was mapped."""

    document: Document | None
    issues: tuple[Issue, ...] = ()
    ledger: Ledger | None = None
    more: tuple[Document, ...] = ()
    """Further documents of the same source: tables speak of many people, a message of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One map's work: `fhir` to `fhir-alerts`. `structure` is HL7 v2's, on whichever side it is."""

    source: str
    target: str
    structure: str = ""


def convert(document: Document, to: Target, site: Site, map_id: str | None = None) -> Conversion:
    """The document in the form of `to`. Misuse for a map that doesn't exist or doesn't lead there."""
    if document.format == "csv" and to.format in ("hl7v2", "ccda"):
        return _person_by_person(document, to, site, map_id)
    known = sender(document, site)
    catalog = _catalog((*site.overlays, *known.overlays))
    path = hops(document, to)
    if map_id:
        _check(catalog, map_id, path)
    settings = _settings(known, to, site)
    issues: list[Issue] = []
    ledger: Ledger | None = None
    for hop in path:
        found = map_id if map_id and _joins(catalog, map_id, hop) else _find(catalog, hop)
        if found is None:
            return Conversion(document=None, issues=(*issues, _no_map(hop)), ledger=ledger)
        converter = catalog.converter(found, hop.source, hop.target, formats.syntax)
        if converter is None:
            raise Misuse(f"map {found!r} has errors; see `sdoh-gateway maps lint`")
        result = converter(document, settings)
        issues.extend(result.issues)
        ledger = result.ledger if ledger is None else ledger.then(result.ledger)
        if result.document is None:
            return Conversion(document=None, issues=tuple(issues), ledger=ledger)
        document, found_characters = printable(document, result.document)
        issues.extend(found_characters)
    return Conversion(document=document, issues=tuple(issues), ledger=ledger)


def check_target(to: Target, site: Site) -> None:
    """Misuse for a message structure that no map of the site gives."""
    if to.format == "hl7v2" and to.structure and catalog_of(site).find("fhir", "v2", _structure(to)) is None:
        raise Misuse(f"no map gives {to.structure}; `sdoh-gateway maps list` names the structures")


def _person_by_person(document: Document, to: Target, site: Site, map_id: str | None) -> Conversion:
    """Tables as messages or documents, one for each person; the ledger is that of the first of them."""
    from gateway import people

    pivot = convert(document, Target(format="fhir"), site, map_id)
    if pivot.document is None:
        return pivot
    event = to.structure[4:] if to.structure[4:] in (people.ADD, people.UPDATE) else people.UPDATE
    issues, ledger = list(pivot.issues), pivot.ledger
    made: list[Document] = []
    for root in people.each(pivot.document.root):
        one = of_person(root, event, to, site)
        issues.extend(each for each in one.issues if each not in issues)
        if one.document is not None:
            made.append(one.document)
        if pivot.ledger is not None and one.ledger is not None and ledger is pivot.ledger:
            ledger = pivot.ledger.then(one.ledger)
    first = made[0] if made else None
    return Conversion(document=first, issues=tuple(issues), ledger=ledger, more=tuple(made[1:]))


def of_person(root: dict[str, Any], event: str, to: Target, site: Site) -> Conversion:
    """A Bundle about one person as a message (of this event) or a document."""
    from gateway import people
    from mappings.run import DEFAULT_SALT

    message = people.announced(root, event, site.salt or DEFAULT_SALT)
    if to.format != "hl7v2":
        return convert(replace(message, root=root), to, site)
    return convert(message, replace(to, structure=people.STRUCTURE), site)


def _check(catalog: Catalog, map_id: str, path: Sequence[Hop]) -> None:
    if map_id not in catalog.heads:
        raise Misuse(f"there is no map {map_id!r}; see `sdoh-gateway maps list`")
    if not any(_joins(catalog, map_id, hop) for hop in path):
        sides = " and ".join(catalog.heads[map_id].sides)
        raise Misuse(f"map {map_id!r} is between {sides}, which is not on the way here")


def hops(document: Document, to: Target) -> list[Hop]:
    """The way through the pivot; empty where source and target have the same form."""
    path = []
    if document.format != "fhir":
        path.append(Hop(source=formats.side(document.format), target="fhir", structure=structure(document)))
    if to.label:
        path.append(Hop(source="fhir", target=f"{to.format}-{to.label}"))
    if to.format != "fhir":
        path.append(Hop(source="fhir", target=formats.side(to.format), structure=_structure(to) or structure(document)))
    return path


def _structure(to: Target) -> str:
    """What the target's map is found by: for tables kind and version, `hmis@fy2026`; for HL7 v2 the structure of the
    event that is asked for (`ADT_A08`) as the newest version names it."""
    if to.format == "hl7v2":
        from conformance.hl7v2.events import VERSIONS, structure_of

        return structure_of(VERSIONS[-1], to.structure.removeprefix("ADT_")) or to.structure
    return f"{to.structure}@{to.version}" if to.format == "csv" and to.version else to.structure


def structure(document: Document) -> str:
    """HL7 v2: the message structure, `ADT_A01`. Tables: their kind. FHIR: that of the event the message is about, empty
    without one."""
    if document.format == "hl7v2":
        return str(document.root.structure)
    if document.format == "csv":
        return document.version
    if document.format != "fhir":
        return ""
    from conformance.hl7v2.events import structure_of

    entries = document.root.get("entry") or [{}]
    header = entries[0].get("resource", {}) if isinstance(entries[0], dict) else {}
    code = str(header.get("eventCoding", {}).get("code", "")) if isinstance(header, dict) else ""
    return structure_of("2.5.1", _NOTIFIED.get(code, code), "ADT") or ""


_NOTIFIED = {"notification-admit": "A01", "notification-discharge": "A03", "notification-transfer": "A02"}
"""Da Vinci notification events of others, as triggers."""


def _find(catalog: Catalog, hop: Hop) -> str | None:
    if {"v2", "csv"} & {hop.source, hop.target} and not hop.structure:
        return None
    return catalog.find(hop.source, hop.target, hop.structure)


def _joins(catalog: Catalog, map_id: str, hop: Hop) -> bool:
    return {hop.source, hop.target} == set(catalog.heads[map_id].sides)


def _no_map(hop: Hop) -> Issue:
    at = Where(path="MSH-9") if hop.source == "v2" else Where()
    return issue("MAP-0010", at, source=_named(hop.source, hop), target=_named(hop.target, hop))


def _named(name: str, hop: Hop) -> str:
    """A side as people say it: `hl7v2 ADT_A05`, `fhir`."""
    if name != "v2" or hop.structure:
        return f"hl7v2 {hop.structure}" if name == "v2" else name
    if hop.source == "v2":
        return "hl7v2 whose event has no message structure"
    return "hl7v2, because nothing there names an event; ask for one, such as --as ADT_A08@2.5.1"


def _settings(known: Sender, to: Target, site: Site) -> Settings:
    from mappings import Settings

    fields: dict[str, Any] = {"salt": site.salt} if site.salt else {}
    return Settings(
        **fields,
        zone=known.zone,
        default_zone=site.default_zone,
        authorities=known.authorities,
        sender=known.name,
        target=f"{to.structure}@{to.version}" if to.format in ("hl7v2", "ccda") else _structure(to),
    )


def sender(document: Document, site: Site) -> Sender:
    """Who sent a document, as far as the site knows."""
    return site.sender(lambda path: _texts(document, path))


def _texts(document: Document, path: str) -> Sequence[str]:
    """The texts at a path of the document; none where the path is another format's."""
    format_ = formats.named(document.format)
    try:
        return [str(value) for value, _ in format_.values(document, path)] if format_ else []
    except ValueError:
        return []


def catalog_of(site: Site) -> Catalog:
    """The maps that a site has."""
    return _catalog(site.overlays)


@cache
def _catalog(overlays: tuple[Path, ...]) -> Catalog:
    from mappings import Catalog

    return Catalog(overlays=tuple(folder.resolve() for folder in overlays))
