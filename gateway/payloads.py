"""What one destination gets: the pivot in the form that it wants, checked against its profiles, as bytes."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where, has_errors
from gateway import formats
from gateway.conversion import Conversion
from gateway.plan import Destination
from gateway.records import NewDelivery
from gateway.routing import Choice


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


def payload(
    choice: Choice, destination: Destination, made: Conversion, order_key: str, name: str = ""
) -> tuple[NewDelivery | None, list[Issue]]:
    """The delivery of what was made for a destination, held where it misses its profiles. None, with the reason, where
    nothing was made or it can't be written. `name` tells it from others of the same envelope (`NewDelivery.name`)."""
    found: list[Issue] = []
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
    format_ = formats.named(made.document.format)
    rendered = format_.render(made.document) if format_ else None
    if format_ is None or rendered is None or rendered.value is None:
        found.append(issue("GW-0302", target=destination.wanted, destination=destination.name))
        return None, found
    delivery = NewDelivery(
        destination=destination.name,
        route=choice.rule,
        order_key=_order_key(destination, order_key),
        format=made.document.format,
        media_type=format_.media_type,
        suffix=format_.suffixes[0],
        payload=rendered.value,
        held=held,
        lifetime=destination.lifetime,
        name=name,
    )
    return delivery, found


def _gap(destination: Destination) -> Issue:
    profiles = ", ".join(destination.profiles)
    return issue("GW-0301", Where(source=destination.name), destination=destination.name, profile=profiles)


def _order_key(destination: Destination, key: str) -> str:
    """Empty: it waits for no other."""
    return {"strict": "all", "none": "", "person": key}[destination.order]
