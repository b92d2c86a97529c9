"""Who a Bundle made of tables is about: each resource's people, and the Bundle taken apart by person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.document import Document
from gateway.routing.bundle import Resource
from mappings.trees import references

ADD, UPDATE = "A28", "A31"
"""Events of HL7 v2 that tell of a person: added, updated (HL7 v2.9 chapter 3.3.28 and 3.3.31)."""

STRUCTURE = "ADT_A05"
"""The message structure of both."""

PEOPLE = frozenset(("Patient", "RelatedPerson"))

_V2_EVENTS = "http://terminology.hl7.org/CodeSystem/v2-0003"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a Bundle says of one person: the person, what is about them, and what that refers to. What is about nobody,
    such as the organizations of a directory, is a share each, where it is in no person's."""

    at: int
    """The place of the person, or the thing, in the Bundle."""
    subject: str
    """Its id."""
    entries: tuple[int, ...]
    """The places of all of it, in their order."""
    root: Resource

    @property
    def is_of_person(self) -> bool:
        return _type(self._first) == "Patient"

    @property
    def is_deleted(self) -> bool:
        """Whether the person's row was deleted."""
        return self._first["resource"].get("active") is False

    @property
    def _first(self) -> Resource:
        entry: Resource = self.root["entry"][self.entries.index(self.at)]
        return entry


class People:
    """The entries of a Bundle, and for each the people it is about (their places)."""

    def __init__(self, root: Resource) -> None:
        self.root = root
        self.entries = [each for each in root.get("entry", ()) if isinstance(each, dict)]
        self._place = {name: at for at, each in enumerate(self.entries) for name in _names(each)}
        self._refers = [self._referred(each) for each in self.entries]
        self.about = self._judged()

    def _referred(self, entry: Resource) -> list[int]:
        found = (self._place.get(name) for name in references(entry.get("resource")))
        return [at for at in dict.fromkeys(found) if at is not None]

    def _judged(self) -> list[frozenset[int]]:
        """Whom each entry names; where it names nobody, whom those are about that it refers to."""
        about = [self._named(at) for at in range(len(self.entries))]
        asked: dict[int, list[int]] = {}
        """Place -> those that name nobody themselves and refer to it."""
        for at, people in enumerate(about):
            for other in () if people else self._refers[at]:
                asked.setdefault(other, []).append(at)
        waiting = [at for at, people in enumerate(about) if people]
        while waiting:
            at = waiting.pop()
            for other in asked.get(at, ()):
                if not about[at] <= about[other]:
                    about[other] |= about[at]
                    waiting.append(other)
        return about

    def _named(self, at: int) -> frozenset[int]:
        named = {other for other in self._refers[at] if _type(self.entries[other]) in PEOPLE}
        return frozenset((*named, at) if _type(self.entries[at]) in PEOPLE else named)

    def without(self, people: Collection[int]) -> Resource:
        """The Bundle without these people and all that is about one of them."""
        kept = [at for at in range(len(self.entries)) if self.about[at].isdisjoint(people)]
        return self.of(kept) if "entry" in self.root else self.root

    def shares(self) -> Iterator[Share]:
        """One for each Patient, in their order; then what is about nobody."""
        own: dict[int, list[int]] = {}
        for at, people in enumerate(self.about):
            for person in people:
                own.setdefault(person, []).append(at)
        told: set[int] = set()
        for at, entry in enumerate(self.entries):
            if _type(entry) == "Patient":
                told.update(found := self._with_context(at, own[at]))
                yield self._share(at, found)
        for at, people in enumerate(self.about):
            if not people and at not in told:
                yield self._share(at, self._with_context(at, [at]))

    def _with_context(self, at: int, own: list[int]) -> list[int]:
        """What is about a person, without other patients, and with what it refers to that is about nobody."""
        found = {other for other in own if other == at or _type(self.entries[other]) != "Patient"}
        waiting = list(found)
        while waiting:
            for other in self._refers[waiting.pop()]:
                if other not in found and not self.about[other]:
                    found.add(other)
                    waiting.append(other)
        return sorted(found)

    def _share(self, at: int, places: list[int]) -> Share:
        subject = str(self.entries[at].get("resource", {}).get("id", ""))
        return Share(at=at, subject=subject, entries=tuple(places), root=self.of(places))

    def of(self, places: Iterable[int]) -> Resource:
        """The Bundle with these entries alone."""
        return {**self.root, "entry": [self.entries[at] for at in places]}


def each(root: Resource) -> Iterator[Resource]:
    """A Bundle for each Patient, in their order. A person whose row was deleted has none."""
    yield from (one.root for one in People(root).shares() if one.is_of_person and not one.is_deleted)


def _type(entry: Resource) -> str:
    resource = entry.get("resource")
    return str(resource.get("resourceType", "")) if isinstance(resource, dict) else ""


def _names(entry: Resource) -> Iterator[str]:
    """What references to an entry's resource may say."""
    if isinstance(entry.get("fullUrl"), str):
        yield entry["fullUrl"]
    if isinstance(resource := entry.get("resource"), dict) and "id" in resource:
        yield f"{resource.get('resourceType')}/{resource['id']}"


def announced(root: Resource, event: str, salt: str) -> Document:
    """The Bundle as a message that tells of its one person, known by what it says and when it was changed."""
    from mappings.run import identifier

    entry = next(each for each in root["entry"] if each["resource"]["resourceType"] == "Patient")
    changed = entry["resource"].get("meta", {}).get("lastUpdated", "")
    name = identifier(salt, f"MessageHeader|{event}|{entry['fullUrl']}|{changed}")
    header = {
        "resourceType": "MessageHeader",
        "id": name,
        "eventCoding": {"system": _V2_EVENTS, "code": event},
        "source": {"_endpoint": {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}},
        "focus": [{"reference": entry["fullUrl"]}],
    }
    message: dict[str, Any] = {"resourceType": "Bundle", "type": "message", "identifier": {"value": name[:20]}}
    if changed:
        message["timestamp"] = changed
    message["entry"] = [{"fullUrl": f"urn:uuid:{name}", "resource": header}, *root["entry"]]
    return Document(format="fhir", version="4.0.1", root=message)
