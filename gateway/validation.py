"""What is wrong with one document: the codec's findings, the standard's, and those of the profiles asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.document import Document
from conformance.issue import Issue
from gateway.sources import Part, placed
from gateway.targets import Misuse


def findings(part: Part, profiles: Sequence[str] = ()) -> tuple[Issue, ...]:
    """All findings, each with its place. Misuse for a profile that isn't there.

    Without profiles: FHIR by `meta.profile` and the base definition, HL7 v2 by its version's structure.
    """
    if part.document is None:
        return part.issues
    found = list(part.issues)
    if part.document.format == "fhir":
        found.extend(_fhir(part.document, [one for one in profiles if _is_canonical(one)]))
    elif part.document.format == "hl7v2" and not profiles:
        found.extend(_hl7v2(part.document))
    for profile in profiles:
        if not _is_canonical(profile):
            found.extend(_profile(part, part.document, profile))
    return placed(tuple(found), part)


def _is_canonical(profile: str) -> bool:
    """FHIR profiles are asked for by URL, ours by id or file."""
    return "://" in profile or profile.startswith("urn:")


def _profile(part: Part, document: Document, name: str) -> Iterator[Issue]:
    from conformance.profile import check, load

    loaded = load(name)
    if loaded.value is None:
        raise Misuse("; ".join(f"{one.at}: {one.message}" for one in loaded.issues))
    yield from check(loaded.value, document, part.format.values if part.format else None)


def _fhir(document: Document, profiles: Sequence[str]) -> Iterator[Issue]:
    from conformance.fhir.validate import validate

    yield from validate(document.root, profiles=profiles)


def _hl7v2(document: Document) -> Iterator[Issue]:
    from functools import partial

    from adapters.formats.hl7v2.places import locate
    from conformance.hl7v2.structure import check

    yield from check(document.root, partial(locate, document.root))
