"""Finds definitions by canonical URL over several packs, versions side by side.

Order: resources handed in, packs handed in, then the shipped ones. A reference without a version that is made inside
a pack is looked up there first, then in the versions that the pack declares as its dependencies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from conformance.definitions import distil
from conformance.definitions.pack import Facts, Pack
from conformance.definitions.r4 import CANONICAL, DATA

SHIPPED = (
    "hl7.fhir.r4.core-4.0.1",
    "hl7.fhir.us.core-7.0.0",
    "hl7.fhir.us.sdoh-clinicalcare-3.0.0",
    "hl7.fhir.us.davinci-alerts-1.1.0",
    "hl7.fhir.us.core-6.1.0",
    "hl7.fhir.uv.extensions.r4-5.3.0-subset",
    "hl7.fhir.uv.sdc-4.0.0-ci-build-subset",
    "hl7.terminology.r4-7.0.1",
)
"""The packs that come with us, in the order in which an unversioned canonical is looked up."""

_CORE = SHIPPED[0]


_IMPOSES = "http://hl7.org/fhir/StructureDefinition/structuredefinition-imposeProfile"


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A definition's facts and the package it came from; `origin` is empty for a resource handed in."""

    facts: Facts
    origin: str = ""
    url: str = field(init=False)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.facts.get("url", ""))
        object.__setattr__(self, "version", self.facts.get("version", ""))

    @property
    def canonical(self) -> str:
        return f"{self.url}|{self.version}" if self.version else self.url


@cache
def _shipped(name: str) -> Pack | None:
    path = DATA / f"{name}.pack"
    return Pack(path) if path.exists() else None


class Registry:
    """`packs` are looked up before the shipped ones; `resources` (whole FHIR resources) before everything."""

    def __init__(
        self, packs: Iterable[Pack] = (), resources: Iterable[Facts] = (), *, shipped: Iterable[str] = SHIPPED
    ) -> None:
        self._packs: dict[str, Pack] = {pack.name: pack for pack in packs}
        self.handed_in = frozenset(self._packs)
        for name in shipped:
            pack = _shipped(name)
            if pack is not None:
                self._packs.setdefault(pack.name, pack)
        self._own: dict[tuple[str, str], list[Definition]] = {}
        self._found: dict[tuple[str, str, str], Definition | None] = {}
        self._globals: dict[str, list[str]] | None = None
        for resource in resources:
            self.add(resource)

    def add(self, resource: Facts) -> None:
        """A resource of the user's, before every pack; those that it contains too."""
        entry = distil.entry(resource)
        if entry is not None:
            facts = {**entry.facts, "version": entry.version}
            self._own.setdefault((entry.kind, entry.url), []).append(Definition(facts))
            self._found.clear()
            self._globals = None

    @property
    def packs(self) -> tuple[Pack, ...]:
        return tuple(self._packs.values())

    def find(self, kind: str, canonical: str, near: str = "") -> Definition | None:
        """The definition of a canonical, with or without `|version`; `near` is the package that asks."""
        key = (kind, canonical, near)
        if key not in self._found:
            url, _, version = canonical.partition("#")[0].partition("|")
            self._found[key] = self._find(kind, url, version, near)
        return self._found[key]

    def _find(self, kind: str, url: str, version: str, near: str) -> Definition | None:
        own = self._own.get((kind, url), [])
        for definition in reversed(own):
            if not version or _matches(definition.version, version):
                return definition
        for pack in self._order(near):
            for place in reversed(pack.index(kind).get(url, ())):
                if not version or _matches(str(place[0]), version):
                    facts = pack.read(kind, url, place[0])
                    return Definition(facts, pack.name) if facts is not None else None
        return None

    def _order(self, near: str) -> Iterator[Pack]:
        """The asking pack, those of its dependencies that are here, then all in order."""
        first = self._packs.get(near)
        if first is not None:
            yield first
            for name, version in (first.about.get("dependencies") or {}).items():
                pack = self._packs.get(f"{name}@{version}")
                if pack is not None:
                    yield pack
        yield from self._packs.values()

    def known(self, kind: str, url: str) -> bool:
        """True when any version of the canonical is here."""
        return self.find(kind, url.partition("|")[0]) is not None

    def imposed(self, canonicals: Iterable[str], near: str = "") -> list[str]:
        """The profiles that these profiles, those they build on, and those they impose say a resource must meet too.
        https://hl7.org/fhir/extensions/StructureDefinition-structuredefinition-imposeProfile.html
        """
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [(canonical, near) for canonical in canonicals]
        while waiting:
            canonical, origin = waiting.pop()
            definition = self.find("StructureDefinition", canonical, origin)
            if definition is None or definition.url in seen or definition.facts.get("derivation") != "constraint":
                continue
            seen.add(definition.url)
            asked = [
                str(each["valueCanonical"])
                for each in definition.facts.get("extension") or ()
                if each.get("url") == _IMPOSES and "valueCanonical" in each
            ]
            found.update(dict.fromkeys(asked))
            waiting += [(url, definition.origin) for url in (*asked, str(definition.facts.get("baseDefinition", "")))]
        return list(found)

    def all(self, kind: str) -> Iterator[Definition]:
        """Every definition of a kind, the user's first; reads them all."""
        for (each, _), definitions in self._own.items():
            if each == kind:
                yield from definitions
        for pack in self._packs.values():
            for facts in pack.all(kind):
                yield Definition(facts, pack.name)

    def urls(self, kind: str) -> Iterator[str]:
        for each, url in self._own:
            if each == kind:
                yield url
        for pack in self._packs.values():
            yield from pack.index(kind)

    def globals(self, type_: str) -> list[str]:
        """The profiles that a guide handed in (not one that ships) makes the default for a type."""
        if self._globals is None:
            self._globals = {}
            for definition in self._guides():
                for each in definition.facts.get("global", ()):
                    self._globals.setdefault(str(each.get("type")), []).append(str(each.get("profile")))
        return self._globals.get(type_, [])

    def _guides(self) -> Iterator[Definition]:
        for (kind, _), definitions in self._own.items():
            if kind == "ImplementationGuide":
                yield from definitions
        for name in self.handed_in:
            pack = self._packs[name]
            yield from (Definition(facts, name) for facts in pack.all("ImplementationGuide"))

    def type(self, name: str) -> Definition | None:
        """R4's own definition of a type, whatever was handed in."""
        pack = self._packs.get("hl7.fhir.r4.core@4.0.1")
        facts = pack.read("StructureDefinition", CANONICAL + name) if pack is not None else None
        return Definition(facts, pack.name) if facts is not None and pack is not None else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that a pack handed in depends on and that are not here, in any version."""
        here = {pack.about["name"] for pack in self._packs.values()}
        wanted = [name for pack in self._packs.values() for name in pack.about.get("dependencies") or {}]
        return tuple(sorted({name for name in wanted if name not in here}))


def _matches(held: str, wanted: str) -> bool:
    """`4.0` asks for any `4.0.x` (canonical matching of partial versions)."""
    return held == wanted or held.startswith(wanted + ".")
