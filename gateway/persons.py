"""What one message can't know: who was merged into whom, and whether something newer has come already.

Applied after conversion, to the FHIR form. Our own ids stand for people and visits; beside them keyed hashes of
identifiers are kept, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where
from gateway.identities import hashes, linked, mark
from gateway.records import Identity, Person, Visit
from gateway.routing.bundle import Pivot, Resource, at

LATE = {"system": "urn:sdoh-gateway:event", "code": "late", "display": "A later event was worked before"}
"""The tag in Bundle.meta of a message that came after a newer one."""

_LONGEST_CHAIN = 20


class Memory(Protocol):
    """What is known so far."""

    def person(self, name: str) -> Person | None: ...

    def visit(self, name: str) -> Visit | None: ...

    def holders(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        """Who is known by which identifiers (`gateway.identities`)."""
        ...

    def told(self, channel: str, destination: str) -> Mapping[str, bytes]:
        """What a destination was last told of each person by this channel's tables (`Told`): digests by subject."""
        ...


class Nobody:
    """A memory without anybody in it: a message is worked by itself."""

    def person(self, name: str) -> Person | None:
        return None

    def visit(self, name: str) -> Visit | None:
        return None

    def holders(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        return {}

    def told(self, channel: str, destination: str) -> Mapping[str, bytes]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A message in the light of those before it. `key`: whom its deliveries are ordered by, None without a patient."""

    pivot: Document
    key: str | None
    event: str | None
    issues: tuple[Issue, ...] = ()
    persons: tuple[Person, ...] = ()
    visits: tuple[Visit, ...] = ()
    identities: tuple[Identity, ...] = ()


def apply(
    pivot: Document,
    memory: Memory,
    former: str | None = None,
    salt: str = "",
    visits: Mapping[str, str] = MappingProxyType({}),
) -> Known:
    """Resolves merged patients, marks what comes late, and says what is to be remembered. `former`: the id of the
    patient under an identifier that this message changes; whoever comes under it later is this patient. `visits`: by
    the id of a visit under a number that this message changes or retires, the id that it has now. `salt`: of the hashes
    of identifiers."""
    bundle = Pivot(pivot.root)
    event, happened = _event(bundle), _happened(bundle)
    merged = dict(_merges(bundle))
    if bundle.first("MessageHeader") is None and (
        pivot.root.get("type") == "collection" or len(bundle.all("Patient")) > 1
    ):
        return _people(pivot, bundle, merged, memory, salt)
    patient = _subject(bundle)
    if patient is None:
        return Known(pivot=pivot, key=None, event=event, persons=tuple(_remember(merged, memory)))
    here = str(patient.get("id", ""))
    if former is not None and former != here:
        merged[former] = here
    recall = partial(_recalled, memory, here, former)
    key, issues = _survivor(here, merged, recall)
    person = recall(key) or Person(id=key)
    told = _visit(bundle, key, event, happened)
    visit = None if told is None else replace(told, id=_present(told, visits, memory, recall))
    if visit != told:
        issues.append(issue("GW-0205", Where(path="Encounter")))
    known = None if visit is None else memory.visit(visit.id)
    late = _older(happened, known.event_at if known else person.event_at if visit is None else None)
    if late:
        issues.append(issue("GW-0201", Where(path="Bundle.timestamp"), what="visit" if known else "person"))
    persons = {one.id: one for one in _remember(merged, memory)}
    if not late and not _older(happened, person.event_at):
        persons[key] = replace(persons.get(key, person), event=event, event_at=happened)
    known_by = hashes(patient, salt)
    if known_by and mark(known_by) != person.known_by:
        persons[key] = replace(persons.get(key, person), known_by=mark(known_by))
    else:
        known_by = ()
    return Known(
        pivot=_tagged(pivot) if late else pivot,
        key=key,
        event=event,
        issues=tuple(issues),
        persons=tuple(persons.values()),
        visits=(*_renamed(bundle, visits, memory, recall), *(() if visit is None or late else (visit,))),
        identities=tuple(Identity(hash=one, person=key) for one in known_by),
    )


def _people(pivot: Document, bundle: Pivot, merged: dict[str, str], memory: Memory, salt: str) -> Known:
    """The people of an export, each by the id that its identifiers give: known ones are found, new ones remembered, and
    those that are known elsewhere by one of their identifiers are linked. Its deliveries are about all of them, and so
    are ordered by none."""
    persons = {one.id: one for one in _remember(merged, memory)}
    issues: list[Issue] = []
    identities: list[Identity] = []
    known_by = {str(each.get("id", "")): hashes(each, salt) for each in bundle.all("Patient")}
    for name, found in known_by.items():
        key, problems = _survivor(name, merged, memory.person)
        issues += [replace(one, at=Where(path=f"Patient/{name}")) for one in problems]
        known = persons.get(key) or memory.person(key)
        if known is None or (found and known.known_by != mark(found)):
            persons[key] = replace(known or Person(id=key), known_by=mark(found))
            identities += (Identity(hash=one, person=key) for one in found)
    others = _known_elsewhere(known_by, memory)
    if others:
        issues.append(issue("GW-0204", count=len(others)))
    return Known(
        pivot=_linked(pivot, others),
        key=None,
        event=None,
        issues=tuple(issues),
        persons=tuple(persons.values()),
        identities=tuple(identities),
    )


def _known_elsewhere(known_by: Mapping[str, Sequence[bytes]], memory: Memory) -> dict[str, list[str]]:
    """By person of an export those, of other sources, who are known by one of the same identifiers. Two people of one
    export are two people, whatever they share."""
    holders = memory.holders([*{each for found in known_by.values() for each in found}])
    others: dict[str, list[str]] = {}
    for name, found in known_by.items():
        held = {who for each in found for who in holders.get(each, ())}
        survivors = {_survivor(who, {}, memory.person)[0] for who in held} - known_by.keys()
        if survivors:
            others[name] = sorted(survivors)
    return others


def _linked(pivot: Document, others: Mapping[str, list[str]]) -> Document:
    """The export with a link from each person to the same one elsewhere."""
    if not others:
        return pivot
    entries = [
        {**each, "resource": linked(each["resource"], others[each["resource"]["id"]])}
        if each["resource"].get("resourceType") == "Patient" and each["resource"].get("id") in others
        else each
        for each in pivot.root.get("entry", ())
    ]
    return replace(pivot, root={**pivot.root, "entry": entries})


def _event(bundle: Pivot) -> str | None:
    header = bundle.first("MessageHeader")
    return next((str(code) for code in at(header, "eventCoding.code")), None)


def _happened(bundle: Pivot) -> datetime | None:
    """When the event was recorded (EVN-2, kept in Provenance), else when the message was made."""
    stamps = [*(text for one in bundle.all("Provenance") for text in at(one, "recorded")), bundle.root.get("timestamp")]
    return next((time for text in stamps if (time := _instant(text)) is not None), None)


def _instant(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else None


def _older(time: datetime | None, than: datetime | None) -> bool:
    return time is not None and than is not None and time < than


def _subject(bundle: Pivot) -> Resource | None:
    """The patient that the message is about: the visit's, else the one that isn't retired, else the first."""
    for encounter in bundle.all("Encounter"):
        patient = bundle.resolved(encounter.get("subject"))
        if patient is not None and patient.get("resourceType") == "Patient":
            return patient
    patients = bundle.all("Patient")
    return next((one for one in patients if "replaced-by" not in at(one, "link.type")), next(iter(patients), None))


def _merges(bundle: Pivot) -> Iterator[tuple[str, str]]:
    """(retired, survivor) as Patient.link says it, from either side."""
    for patient in bundle.all("Patient"):
        for link in at(patient, "link"):
            other = bundle.resolved(link.get("other")) if isinstance(link, dict) else None
            here, there = str(patient.get("id", "")), str((other or {}).get("id", ""))
            if other is None or not here or not there or here == there:
                continue
            if link.get("type") == "replaced-by":
                yield here, there
            elif link.get("type") == "replaces":
                yield there, here


def _remember(merged: dict[str, str], memory: Memory) -> Iterator[Person]:
    for retired, survivor in merged.items():
        known = memory.person(retired) or Person(id=retired)
        if known.survivor != survivor:
            yield replace(known, survivor=survivor)


def _recalled(memory: Memory, here: str, former: str | None, name: str) -> Person | None:
    """Who is known under a name; whose old identifier comes back is no longer the one who had it meanwhile."""
    known = memory.person(name)
    back = known is not None and name == here and former is not None and known.survivor == former
    return replace(known, survivor=None) if known is not None and back else known


def _survivor(name: str, merged: dict[str, str], recall: Callable[[str], Person | None]) -> tuple[str, list[Issue]]:
    """Follows the chain of merges to its end; a circle ends where it closes."""
    seen, at_ = {name}, name
    for _ in range(_LONGEST_CHAIN):
        known = recall(at_)
        following = merged.get(at_) or (known.survivor if known else None)
        if following is None:
            break
        if following in seen:
            return at_, [issue("GW-0203", Where(path="Patient.link"))]
        seen.add(following)
        at_ = following
    return at_, [] if at_ == name else [issue("GW-0202", Where(path="Patient"))]


def _visit(bundle: Pivot, person: str, event: str | None, happened: datetime | None) -> Visit | None:
    encounter = bundle.first("Encounter")
    if encounter is None or not encounter.get("id"):
        return None
    status = str(encounter.get("status", "unknown"))
    return Visit(id=str(encounter["id"]), person=person, status=status, event=event, event_at=happened)


def _present(visit: Visit, renamed: Mapping[str, str], memory: Memory, recall: Callable[[str], Person | None]) -> str:
    """The id that a visit has by its present number. One that this message gives it is no old one, and one that another
    person's visit has got since is that one's."""
    name, seen = visit.id, {visit.id}
    if name in renamed.values():
        return name
    for _ in range(_LONGEST_CHAIN):
        known = memory.visit(name)
        if known is None or known.survivor is None or known.survivor in seen:
            break
        if _survivor(known.person, {}, recall)[0] != visit.person:
            break
        seen.add(name := known.survivor)
    return name


def _renamed(
    bundle: Pivot, visits: Mapping[str, str], memory: Memory, recall: Callable[[str], Person | None]
) -> Iterator[Visit]:
    """The visits under their old numbers, each with the one that it is now."""
    present = {str(each.get("id")): each for each in bundle.all("Encounter")}
    for before, now in visits.items():
        owner = bundle.resolved(present.get(now, {}).get("subject"))
        if owner is not None:
            person = _survivor(str(owner.get("id", "")), {}, recall)[0]
            known = memory.visit(before) or Visit(id=before, person=person, status="unknown")
            yield replace(known, person=person, survivor=now)


def _tagged(pivot: Document) -> Document:
    meta: dict[str, Any] = pivot.root.get("meta", {})
    tags = [*meta.get("tag", []), LATE]
    return replace(pivot, root={**pivot.root, "meta": {**meta, "tag": tags}})
