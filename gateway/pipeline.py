"""One envelope worked: validated, converted, seen in the light of what is known, routed, made ready for each receiver.

A pure function of the envelope, the settings and what is known of persons; it runs in a worker process and never sends.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.catalogue import issue
from conformance.document import Document, Glancing
from conformance.issue import Issue, has_errors
from gateway import datasets, formats, patch, persons
from gateway.changes import former, former_visits
from gateway.conversion import convert
from gateway.exports import Export, is_export, kept_out, routed, tell
from gateway.original import attached
from gateway.payloads import payload, profile_findings
from gateway.plan import Channel, Destination, Work
from gateway.records import JOINED, Envelope, Identity, NewDelivery, Person, Told, Visit
from gateway.routing import Choice, Routing, route
from gateway.samples import sample
from gateway.sources import Part, parts
from gateway.states import EnvelopeState
from gateway.targets import Target
from gateway.validation import findings

if TYPE_CHECKING:
    from mappings import Ledger

PIVOT = Target(format="fhir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What became of an envelope. `reason` is the code of the finding that stopped it."""

    state: EnvelopeState
    reason: str | None = None
    event: str | None = None
    person: str | None = None
    issues: tuple[Issue, ...] = ()
    deliveries: tuple[NewDelivery, ...] = ()
    persons: tuple[Person, ...] = ()
    visits: tuple[Visit, ...] = ()
    told: tuple[Told, ...] = ()
    identities: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A message before its deliveries are made: what routing is explained from."""

    part: Part
    known: persons.Known
    routing: Routing
    issues: tuple[Issue, ...]
    ledger: Ledger | None = None
    export: Export | None = None
    """The people of tables, each with who is told of them; `routing` is empty then."""


def work(envelope: Envelope, setup: Work, memory: persons.Memory) -> Worked:
    """Everything that happens between storing and sending."""
    if envelope.reason == JOINED:
        return Worked(state="routed", reason=JOINED, issues=envelope.issues)
    channel = setup.channels.get(envelope.channel)
    if channel is None:
        return _stopped((issue("GW-0104"),))
    prepared = prepare(envelope.body, channel, setup, memory)
    first = tuple(one for one in envelope.issues if one.code == "GW-0004")
    if isinstance(prepared, tuple):
        return _stopped((*first, *prepared))
    known, issues = prepared.known, [*first, *prepared.issues]
    if prepared.export is not None:
        return _exported(envelope, prepared.export, prepared, tuple(issues), setup, memory)
    deliveries: list[NewDelivery] = []
    whole = _whole(prepared, channel, setup)
    for choice in prepared.routing.choices:
        if choice.stopped is None:
            made, found = deliver(choice, setup.destinations[choice.destination], setup, known, whole)
            issues += found
            deliveries += [made] if made else []
    deliveries += _application_answer(envelope, channel, tuple(issues), setup)
    return Worked(
        state="routed",
        event=known.event,
        person=known.key,
        issues=tuple(issues),
        deliveries=tuple(deliveries),
        persons=known.persons,
        identities=known.identities,
        visits=known.visits,
    )


def _exported(
    envelope: Envelope, export: Export, prepared: Prepared, issues: tuple[Issue, ...], setup: Work,
    memory: persons.Memory,
) -> Worked:  # fmt: skip
    """Tables: each destination is told of the people whom rules choose for it, and who aren't as they were."""
    told = tell(export, envelope.channel, envelope.id, setup, memory)
    return Worked(
        state="routed",
        reason=next((one.code for one in issues if one.code == "GW-0105"), None),
        issues=(*issues, *told.issues),
        deliveries=told.deliveries,
        persons=prepared.known.persons,
        identities=prepared.known.identities,
        told=told.told,
    )


def prepare(body: bytes, channel: Channel, setup: Work, memory: persons.Memory) -> Prepared | tuple[Issue, ...]:
    """Up to the decision of who is told; the issues alone when the message stops here."""
    part = read(body, channel, setup)
    accepted = findings(part, channel.accept) if channel.accept or part.document is None else part.issues
    if part.document is None or (channel.accept and has_errors(accepted)):
        return accepted
    accepted = (*accepted, *kept_out(part.document))
    if part.document.format == "csv" and not any(part.document.root.values()):
        return accepted
    made = convert(part.document, PIVOT, setup.site, channel.map)
    found = (*accepted, *made.issues)
    if made.document is None:
        return (*found, issue("GW-0103"))
    before = former(part.document, setup.site, channel.map)
    visits = former_visits(part.document, setup.site, channel.map)
    known = persons.apply(made.document, memory, before, setup.site.salt, visits)
    found = (*found, *known.issues)
    emitted = profile_findings(known.pivot, channel.emit) if channel.emit else ()
    if has_errors(emitted):
        return (*found, *emitted)
    found = (*found, *emitted)
    if is_export(known.pivot):
        export = routed(part.document, known.pivot, setup)
        return Prepared(
            part=part,
            known=known,
            routing=Routing(verdicts=(), choices=()),
            issues=found,
            ledger=made.ledger,
            export=export,
        )
    routing = route(setup.rules, setup.destinations, part.document, known.pivot)
    return Prepared(part=part, known=known, routing=routing, issues=found, ledger=made.ledger)


def read(body: bytes, channel: Channel, setup: Work) -> Part:
    """The one document of a body; of tables by the site's own schema, where it has one for them."""
    told = datasets.told(channel.dates, channel.encoding)
    return next(parts(body, channel.format, channel.name, setup.site, channel.map, told))


def warm(setup: Work) -> None:
    """Loads what the first messages would otherwise wait for: samples go all the way, and nothing is kept of them."""
    plain = Channel(name="", transport="", format="hl7v2")
    for channel in (plain, *setup.channels.values()):
        for name in _SAMPLES if channel.format == "hl7v2" else ():
            prepared = prepare(sample(name), channel, setup, persons.Nobody())
            if channel is plain and isinstance(prepared, Prepared):
                for one in setup.destinations.values():
                    deliver(Choice(destination=one.name, rule=""), one, setup, prepared.known)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)  # objects: a message makes thousands that nothing holds on to in a circle


_SAMPLES = ("admission-a01.hl7", "discharge-a03.hl7")


def accepted(body: bytes, channel: Channel) -> tuple[Issue, ...]:
    """The findings of the accept profiles alone: for a channel that acknowledges only what meets them."""
    return findings(next(parts(body, channel.format)), channel.accept)


def _stopped(issues: tuple[Issue, ...]) -> Worked:
    reason = next((one.code for one in issues if has_errors((one,))), issues[-1].code)
    return Worked(state="quarantined", reason=reason, issues=issues)


def _whole(prepared: Prepared, channel: Channel, setup: Work) -> Document:
    """What a destination of FHIR gets: the Bundle, with its original where the sender's settings ask for it, or the
    patches that a sender's update stands for."""
    source, pivot = prepared.part.document, prepared.known.pivot
    if source is None:
        return pivot
    pivot = attached(source, prepared.part.raw, pivot, setup.site)
    return patch.patch(source, pivot, setup.site, channel.map) if patch.wanted(source, setup.site) else pivot


def deliver(
    choice: Choice, destination: Destination, setup: Work, known: persons.Known, whole: Document | None = None
) -> tuple[NewDelivery | None, list[Issue]]:
    """What one destination gets of a message. Nothing when its map makes nothing of this event, which is said by the
    map."""
    source = whole if whole is not None and destination.as_ == PIVOT else known.pivot
    return payload(choice, destination, convert(source, destination.as_, setup.site), known.key or "")


def _application_answer(
    envelope: Envelope, channel: Channel, issues: tuple[Issue, ...], setup: Work
) -> list[NewDelivery]:
    """The answer of the enhanced mode's second phase, as a delivery like any other."""
    format_ = formats.named(channel.format)
    if channel.answers_to is None or format_ is None or not isinstance(format_, Glancing):
        return []
    answer = format_.answer(envelope.body, issues)
    destination = setup.destinations[channel.answers_to]
    if not answer:
        return []
    return [
        NewDelivery(
            destination=destination.name,
            route="application answer",
            order_key="",
            format=channel.format,
            media_type=format_.media_type,
            suffix=format_.suffixes[0],
            payload=answer,
            lifetime=destination.lifetime,
        )
    ]
