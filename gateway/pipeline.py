"""One envelope worked: validated, converted, seen in the light of what is known, routed, made ready for each receiver.

A pure function of the envelope, the settings and what is known of persons; it runs in a worker process and never sends.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.catalogue import issue
from conformance.document import Document, Glancing
from conformance.issue import Issue, Where, has_errors
from gateway import formats, patch, persons
from gateway.conversion import convert
from gateway.original import attached
from gateway.plan import Channel, Destination, Work
from gateway.records import Envelope, NewDelivery, Person, Visit
from gateway.routing import Choice, Routing, route
from gateway.routing.clearance import cleared
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A message before its deliveries are made: what routing is explained from."""

    part: Part
    known: persons.Known
    routing: Routing
    issues: tuple[Issue, ...]
    ledger: Ledger | None = None


def work(envelope: Envelope, setup: Work, memory: persons.Memory) -> Worked:
    """Everything that happens between storing and sending."""
    channel = setup.channels.get(envelope.channel)
    if channel is None:
        return _stopped((issue("GW-0104"),))
    prepared = prepare(envelope.body, channel, setup, memory)
    first = tuple(one for one in envelope.issues if one.code == "GW-0004")
    if isinstance(prepared, tuple):
        return _stopped((*first, *prepared))
    known, issues = prepared.known, [*first, *prepared.issues]
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
        visits=known.visits,
    )


def prepare(body: bytes, channel: Channel, setup: Work, memory: persons.Memory) -> Prepared | tuple[Issue, ...]:
    """Up to the decision of who is told; the issues alone when the message stops here."""
    part = next(parts(body, channel.format))
    accepted = findings(part, channel.accept) if channel.accept or part.document is None else part.issues
    if part.document is None or (channel.accept and has_errors(accepted)):
        return accepted
    made = convert(part.document, PIVOT, setup.site, channel.map)
    found = (*accepted, *made.issues)
    if made.document is None:
        return (*found, issue("GW-0103"))
    known = persons.apply(made.document, memory)
    found = (*found, *known.issues)
    emitted = profile_findings(known.pivot, channel.emit) if channel.emit else ()
    if has_errors(emitted):
        return (*found, *emitted)
    routing = route(setup.rules, setup.destinations, part.document, known.pivot)
    return Prepared(part=part, known=known, routing=routing, issues=(*found, *emitted), ledger=made.ledger)


def warm(setup: Work) -> None:
    """Loads what the first messages would otherwise wait for: samples go all the way, and nothing is kept of them."""
    plain = Channel(name="", transport="", format="hl7v2")
    for channel in (plain, *setup.channels.values()):
        for name in _SAMPLES if channel.format == "hl7v2" else ():
            prepared = prepare(sample(name), channel, setup, _Nobody())
            if channel is plain and isinstance(prepared, Prepared):
                for one in setup.destinations.values():
                    deliver(Choice(destination=one.name, rule=""), one, setup, prepared.known)
    gc.collect()
    gc.freeze()


_SAMPLES = ("admission-a01.hl7", "discharge-a03.hl7")


class _Nobody:
    """A memory without anybody in it."""

    def person(self, name: str) -> Person | None:
        return None

    def visit(self, name: str) -> Visit | None:
        return None


def accepted(body: bytes, channel: Channel) -> tuple[Issue, ...]:
    """The findings of the accept profiles alone: for a channel that acknowledges only what meets them."""
    return findings(next(parts(body, channel.format)), channel.accept)


def profile_findings(document: Document, profiles: Sequence[str]) -> tuple[Issue, ...]:
    """Findings of these profiles alone, on a document that was made, not read."""
    from conformance.fhir.validate import validate
    from conformance.profile import check, load

    format_ = formats.named(document.format)
    found: list[Issue] = []
    for name in profiles:
        if "://" in name:
            found.extend(validate(document.root, profiles=[name]))
        elif (profile := load(name).value) is not None:
            found.extend(check(profile, document, format_))
    return tuple(found)


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
    """What one destination gets. Nothing when its map makes nothing of this event, which is said by the map."""
    found: list[Issue] = []
    source = whole if whole is not None and destination.as_ == PIVOT else known.pivot
    if source.format == "fhir" and source.root.get("type") == "collection":  # of tables, which speak of many people
        source = replace(source, root=cleared(source.root, destination.cleared))
    made = convert(source, destination.as_, setup.site)
    if made.document is None:
        found += [one.within(destination.name) for one in made.issues]
        if has_errors(made.issues) or not made.issues:
            found.append(issue("GW-0302", target=destination.wanted, destination=destination.name))
        return None, found
    gaps = profile_findings(made.document, destination.profiles) if destination.profiles else ()
    held = choice.held
    if has_errors(gaps):
        found += [one.within(destination.name) for one in gaps]
        found.append(_gap(destination))
        held = held or ("gap" if destination.on_gap == "hold" else None)
    return _delivery(choice, destination, made.document, known.key, held, found), found


def _gap(destination: Destination) -> Issue:
    profiles = ", ".join(destination.profiles)
    return issue("GW-0301", Where(source=destination.name), destination=destination.name, profile=profiles)


def _delivery(
    choice: Choice,
    destination: Destination,
    document: Document,
    person: str | None,
    held: str | None,
    found: list[Issue],
) -> NewDelivery | None:
    format_ = formats.named(document.format)
    rendered = format_.render(document) if format_ else None
    if format_ is None or rendered is None or rendered.value is None:
        found.append(issue("GW-0302", target=destination.wanted, destination=destination.name))
        return None
    return NewDelivery(
        destination=destination.name,
        route=choice.rule,
        order_key=_order_key(destination, person),
        format=document.format,
        media_type=format_.media_type,
        suffix=format_.suffixes[0],
        payload=rendered.value,
        held=held,
        lifetime=destination.lifetime,
    )


def _order_key(destination: Destination, person: str | None) -> str:
    """Empty: it waits for no other."""
    return {"strict": "all", "none": "", "person": person or ""}[destination.order]


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
