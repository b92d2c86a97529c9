"""The side of a run that reads FHIR: resources, and what their references lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mappings.notes import SAID, Note
from mappings.trees import references, targets

DIRECTORY = frozenset(("Device", "Location", "Organization", "Practitioner", "PractitionerRole"))
"""Types that are reached by references, and shared by them."""


class Source:
    """The document that is read, with what rules have taken of it."""

    __slots__ = (
        "_about", "_bundle", "_index", "_sources", "_spoken", "listed", "notes", "recent", "source", "stood", "taken",
    )  # fmt: skip

    def __init__(
        self,
        source: Any,
        sources: Callable[[Any], Iterator[dict[str, Any]]] | None,
        index: Callable[[Any], dict[str, dict[str, Any]]] | None,
    ) -> None:
        self.source = source
        self.notes: list[Note] = []
        self.recent: dict[str, dict[str, Any]] = {}
        """Going back, by type: the resource that a reference was followed to last, in the context that is read."""
        self._about: dict[int, list[dict[str, Any]]] | None = None
        self._spoken: dict[tuple[int, str], dict[str, Any]] = {}
        """Going back, by object id of a reference and type: what it says itself of what it doesn't lead to."""
        self.taken: set[int] = set()
        self.stood: set[int] = set()
        """Going back to a tree, by object id: resources that elements stand for, and those not to be written."""
        self.listed: dict[int, dict[str, Any]] | None = None
        """By object id of a resource: the section of a Composition that lists it."""
        self._bundle = sources
        self._index = index
        self._sources: tuple[list[dict[str, Any]], dict[str, dict[str, Any]]] | None = None

    def _read(self) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
        if self._sources is None:
            assert self._bundle is not None
            assert self._index is not None
            self._sources = list(self._bundle(self.source)), self._index(self.source)
        return self._sources

    def resources(self, kind: str) -> list[dict[str, Any]]:
        """The source's resources of a type that no rule has taken."""
        gone = self.taken | self.stood if self.stood else self.taken
        return [each for each in self._read()[0] if each["resourceType"] == kind and id(each) not in gone]

    def only(self, patient: dict[str, Any], site: int) -> None:
        """A document is about one patient: resources that say they are about another one are left out."""
        for each in self._read()[0]:
            if any(self._another(each, each.get(name), patient) for name in ("subject", "patient", "beneficiary")):
                self.stood.add(id(each))
                self.notes.append((SAID, (id(each),), site, ("MAP-0112", None)))

    def _another(self, holder: dict[str, Any], reference: Any, patient: dict[str, Any]) -> bool:
        """True for a reference to another patient, in the Bundle or, by what it says, elsewhere."""
        found = self.resolve(reference, holder)
        if found is not None:
            return found["resourceType"] == "Patient" and found is not patient
        target = reference.get("reference") if type(reference) is dict else None
        kind, _, name = target.rpartition("/") if type(target) is str else ("", "", "")
        return kind.rpartition("/")[2] == "Patient" and name != patient.get("id")

    def section_of(self, resource: dict[str, Any]) -> dict[str, Any] | None:
        """The section of the source's Composition that lists a resource first."""
        if self.listed is None:
            self.listed = {}
            for each in self._read()[0]:
                if each["resourceType"] == "Composition":
                    self._list(each, each)
        return self.listed.get(id(resource))

    def _list(self, holder: dict[str, Any], composition: dict[str, Any], depth: int = 0) -> None:
        assert self.listed is not None
        sections = holder.get("section")
        for section in sections if type(sections) is list and depth < 20 else ():
            entries = section.get("entry") if type(section) is dict else None
            for reference in entries if type(entries) is list else ():
                found = self.resolve(reference, composition)
                if found is not None:
                    self.listed.setdefault(id(found), section)
            if type(section) is dict:
                self._list(section, composition, depth + 1)

    def near(self, kind: str) -> dict[str, Any] | None:
        """The resource that a foreign path (`Organization.address`) means: of those that a Bundle has many of, the one
        that a reference of this context led to; of others the Bundle's first."""
        return self.recent.get(kind) if kind in DIRECTORY else self.resource(kind)

    def resource(self, kind: str) -> dict[str, Any] | None:
        return next((each for each in self._read()[0] if each["resourceType"] == kind), None)

    def resolve(self, reference: Any, holder: Any = None) -> dict[str, Any] | None:
        """The resource that a Reference of the source points to, in the Bundle or contained; None when elsewhere."""
        target = reference.get("reference") if type(reference) is dict else None
        if type(target) is not str:
            return None
        if target.startswith("#") and type(holder) is dict:
            inner = holder.get("contained")
            known = inner if type(inner) is list else []
            found = next((each for each in known if type(each) is dict and each.get("id") == target[1:]), None)
        else:
            found = self._read()[1].get(target)
        return found if found is not None and type(found.get("resourceType")) is str else None

    def follow(self, reference: Any, holder: Any, kind: str) -> dict[str, Any] | None:
        """The resource that a reference leads to; where it leads nowhere, what it says itself of one of this type."""
        found = self.resolve(reference, holder)
        if found is not None or type(reference) is not dict or not self.leads(reference, holder, kind):
            return found
        known = self._spoken.get((id(reference), kind))
        if known is None:
            known = self._spoken[(id(reference), kind)] = _spoken(reference, kind)
        return known if len(known) > 1 else None

    def about(self, kind: str, owner: dict[str, Any] | None) -> list[dict[str, Any]]:
        """The source's resources of a type that refer to another one, whether taken or not."""
        if self._about is None:
            self._about = {}
            for each in self._read()[0]:
                for target in dict.fromkeys(references(each)):
                    found = self._read()[1].get(target)
                    if found is not None:
                        self._about.setdefault(id(found), []).append(each)
        return [each for each in self._about.get(id(owner), ()) if each["resourceType"] == kind]

    def pointed(self, holder: Any, steps: tuple[tuple[str, int, str], ...], kind: str) -> list[dict[str, Any]]:
        """The resources of a type that the references at a path of another one lead to."""
        nodes = [holder]
        for name, _, _ in steps:
            values = [node.get(name) for node in nodes if type(node) is dict]
            nodes = [item for value in values for item in (value if type(value) is list else (value,))]
        found = [self.resolve(node, holder) for node in nodes]
        return [each for each in found if each is not None and each["resourceType"] == kind]

    def points(
        self, holder: dict[str, Any], steps: tuple[tuple[str, int, str], ...], wanted: Any, strict: bool = False
    ) -> bool:
        """True unless a reference of the holder leads to another resource than the one wanted; of several references
        one must, or none to another of its type. `strict`: one must."""
        nodes: list[Any] = [holder] if wanted is not None else []
        several = False
        for name, _, _ in steps:
            values = [node.get(name) for node in nodes if type(node) is dict]
            several = several or any(type(value) is list for value in values)
            nodes = [item for value in values for item in (value if type(value) is list else (value,))]
        found = [resource for node in nodes if (resource := self.resolve(node, holder)) is not None]
        if strict:
            return any(each is wanted for each in found)
        if several:
            found = [each for each in found if each["resourceType"] == wanted["resourceType"]]
        return not found or any(each is wanted for each in found)

    def referred(self, resource: dict[str, Any], kind: str, path: tuple[str, ...]) -> bool:
        """True when a resource of the source, of a type, refers to this one by a path."""
        return any(
            self.resolve({"reference": target}, holder) is resource
            for holder in self._read()[0]
            if holder["resourceType"] == kind
            for target in targets(holder, path)
        )

    def leads(self, reference: Any, holder: Any, kind: str) -> bool:
        """True when a reference leads to a resource of a type, as far as it can be followed or says."""
        found = self.resolve(reference, holder)
        if found is not None:
            return bool(found["resourceType"] == kind)
        plain = reference if type(reference) is dict else {}
        target, said = plain.get("reference"), plain.get("type")
        if type(target) is str and target.rpartition("/")[0].rpartition("/")[2].isalpha():
            said = target.rpartition("/")[0].rpartition("/")[2]
        return type(said) is not str or said == kind


def _spoken(reference: dict[str, Any], kind: str) -> dict[str, Any]:
    """A resource of a type with the identifier and the name (`display`) that a reference has; its type alone where that
    type has no name."""
    made: dict[str, Any] = {"resourceType": kind}
    display, identifier = reference.get("display"), reference.get("identifier")
    if type(display) is str and display.strip():
        if kind in ("Organization", "Location"):
            made["name"] = display
        elif kind in ("Practitioner", "RelatedPerson"):
            made["name"] = [{"text": display}]
    if type(identifier) is dict:
        made["identifier"] = [identifier]
    return made
