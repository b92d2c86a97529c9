"""One conversion under way: what generated source writes resources, references and notes into."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha1
from typing import Any

SKIP, TOOK, NOTHING, KEPT, DROPPED, BLANK, SAID, CONFLICT, KEYLESS, NOWHERE, UNCLAIMED, HEARD, AGAIN = range(13)
"""Kinds of notes: a rule left out, a case or item taken, a conversion or a table that gave nothing (or kept the code),
an issue said by a conversion, two values for one place, no identity, a reference that leads nowhere, a profile that is
not claimed, an issue that a conversion didn't say again, remembered notes at a place."""

Note = tuple[int, tuple[Any, ...], int, Any]
"""Kind, place, number of the rule's site, what was found."""

Later = tuple[dict[str, Any], str, bool, str, Any]
"""A reference to set at the end: object, member, whether it repeats, name, and the URL or URLs that the context around
knows (for `*` the URL of the resource around)."""

Memory = dict[tuple[str, str], Any]
"""What is remembered for one facility and one set of settings: part and text -> what they gave."""

MOST_REMEMBERED = 20_000
LONGEST_REMEMBERED = 250
"""Bounds of a memory: entries, and characters of a text."""

DIRECTORY = frozenset(("Device", "Location", "Organization", "Practitioner", "PractitionerRole"))
"""Types that are reached by references, and shared by them."""

MOST_MENTIONS = 100
"""How many different values of one element several mentions of a resource may add up to."""

DEFAULT_SALT = "sdoh-gateway"
"""Without a tenant's salt ids are the same everywhere: fine for a trial, guessable from identifiers in production."""

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sdoh-gateway:ids")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a site knows of a sender. `authorities`: name or OID of an assigning authority -> URI."""

    salt: str = DEFAULT_SALT
    zone: str | None = None
    default_zone: str | None = None
    authorities: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    target: str = ""
    """The version (and structure) to write, where the target has several: `ADT_A03@2.5.1`."""

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """All that a conversion's result can depend on, as a key of what is remembered."""
        return (self.salt, self.zone, self.default_zone, self.sender, tuple(sorted(self.authorities.items())))


@lru_cache(maxsize=64)
def _namespace(salt: str) -> Any:
    return sha1(uuid.uuid5(NAMESPACE, salt).bytes, usedforsecurity=False)


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def identifier(salt: str, name: str) -> str:
    """The UUIDv5 (RFC 9562) of a name below the salt's namespace, as `uuid.uuid5` gives it, in a sixth of the time."""
    state = _namespace(salt).copy()
    state.update(name.encode())
    digits = state.hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"


class _Said(set[str]):
    """The codes that conversions said once per document. Asking for one that was said leaves a note, so that what was
    converted in its silence isn't remembered for other documents."""

    def __init__(self, notes: list[Note]) -> None:
        super().__init__()
        self._notes = notes

    def __contains__(self, code: object) -> bool:
        found = super().__contains__(code)
        if found:
            self._notes.append((HEARD, (), 0, None))
        return found


class Run:
    """The state of one conversion."""

    __slots__ = (
        "_about", "_bundle", "_index", "_sources", "claimed", "conflicts", "entries", "facility", "fates", "followed",
        "fresh", "later", "lent", "listed", "made", "memory", "message_key", "moved", "named", "needy", "notes",
        "of_type", "ordinals", "origins", "recent", "said", "salt", "settings", "source", "stood", "taken", "trace",
        "unplaced",
    )  # fmt: skip

    def __init__(
        self,
        settings: Settings,
        source: Any,
        message_key: str,
        facility: list[str],
        sources: Callable[[Any], Iterator[dict[str, Any]]] | None = None,
        index: Callable[[Any], dict[str, dict[str, Any]]] | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.memory: Memory = {} if memory is None else memory
        self.trace: list[Any] | None = None
        self.settings = settings
        self.salt = settings.salt
        self.source = source
        self.message_key = message_key
        self.facility = facility
        self.notes: list[Note] = []
        self.later: list[Later] = []
        self.made: dict[str, dict[str, Any]] = {}
        """URL -> resource, in the order of making: the entries of the Bundle."""
        self.of_type: dict[str, dict[str, Any]] = {}
        self.entries: tuple[str, ...] = ()
        """The types of which, with what they refer to, the map keeps resources; all when empty."""
        self.recent: dict[str, dict[str, Any]] = {}
        """Going back, by type: the resource that a reference was followed to last, in the context that is read."""
        self.fates: dict[str, bool] = {}
        """URL of what rows of tables made: True when the last of them takes it back."""
        self._about: dict[int, list[dict[str, Any]]] | None = None
        self.claimed: list[tuple[Any, ...]] = []
        """Claims that depend on what references lead to."""
        self.moved: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        """By object id: a resource that turned out to be one with an earlier one, and that one."""
        self.named: dict[str, list[str]] = {}
        self.ordinals: dict[str, int] = {}
        self.needy: list[tuple[str, tuple[tuple[str, ...], ...]]] = []
        """Resources that are nothing without what stands at these paths: URL and paths."""
        self.origins: dict[int, list[str]] = {}
        """By object id of what was read: the URLs of what was made of it."""
        self.taken: set[int] = set()
        self.stood: set[int] = set()
        """Going back to a tree, by object id: resources that elements stand for, and those not to be written."""
        self.listed: dict[int, dict[str, Any]] | None = None
        """By object id of a resource: the section of a Composition that lists it."""
        self.lent: set[str] = set()
        """URLs of resources that are the memory's own objects."""
        self.followed: dict[tuple[str, int], Any] = {}
        """What a part gave for a resource that a reference led to."""
        self.said: set[str] = _Said(self.notes)
        """For conversions that say a thing once per document."""
        self.fresh: list[tuple[str, str | None]] = []
        self.conflicts: list[str] = []
        self.unplaced: list[str] = []
        """What was written and has no place in the structure that was asked for."""
        self._bundle = sources
        self._index = index
        self._sources: tuple[list[dict[str, Any]], dict[str, dict[str, Any]]] | None = None

    # ---- what conversions may call ---------------------------------------------------------------------------

    def say(self, code: str, found: str | None = None) -> None:
        """Record an issue of the catalogue at the place that is being converted."""
        self.fresh.append((code, found))

    # ---- notes -----------------------------------------------------------------------------------------------

    def unknown(self, at: tuple[Any, ...], site: int, found: Any) -> None:
        """A code table has no row for this text."""
        self.notes.append((KEPT, at, site, found))

    def flush(self, at: tuple[Any, ...], site: int) -> None:
        """Give what conversions said its place."""
        self.notes.extend((SAID, at, site, said) for said in self.fresh)
        self.fresh.clear()

    def conflict(self, path: str) -> None:
        self.conflicts.append(path)

    # ---- making ----------------------------------------------------------------------------------------------

    def url(self, kind: str, key: str) -> str:
        """The full URL of the resource of a type and key."""
        return "urn:uuid:" + identifier(self.salt, f"{kind}|{key}")

    def begin(self, kind: str, key: str) -> tuple[str, dict[str, Any]]:
        """The URL of the resource of a type and key, and the resource to be written into."""
        name = identifier(self.salt, f"{kind}|{key}")
        url = "urn:uuid:" + name
        resource: dict[str, Any] = {"resourceType": kind, "id": name}
        if url not in self.made:
            self.made[url] = resource
        self.of_type[kind] = resource
        return url, resource

    def natural(self, kind: str, owner: str | None, texts: tuple[str, ...]) -> str:
        """A natural key below another resource (or the message), with an ordinal among equals."""
        key = f"{owner or self.message_key}|{'|'.join(texts)}"
        number = self.ordinals[kind + key] = self.ordinals.get(kind + key, 0) + 1
        return key if number == 1 else f"{key}|{number}"

    def open(self, kind: str, url: str) -> dict[str, Any]:
        """A resource to be written into; its place among the entries is taken now."""
        resource: dict[str, Any] = {"resourceType": kind, "id": url[9:]}
        if url not in self.made:
            self.made[url] = resource
        self.of_type[kind] = resource
        return resource

    def same(self, source: dict[str, Any]) -> str:
        """The URL that a resource of the source has, so that references to it hold in the target."""
        for url, resource in self._read()[1].items():
            if resource is source:
                return url
        return self.url(str(source.get("resourceType")), str(source.get("id") or self.message_key))

    def reopen(self, source: dict[str, Any], url: str) -> dict[str, Any]:
        """The target's resource for one of the source, with its identity."""
        resource: dict[str, Any] = {"resourceType": source["resourceType"], "id": source.get("id") or url[9:]}
        self.made.setdefault(url, resource)
        self.of_type[source["resourceType"]] = resource
        return resource

    def close(self, kind: str, url: str, resource: dict[str, Any]) -> None:
        """Keeps what was written; one without content leaves no trace."""
        first = self.made.get(url)
        if first is resource:
            if len(resource) == 2:
                del self.made[url]
                if self.of_type.get(kind) is resource:
                    del self.of_type[kind]
        elif first is None:
            if len(resource) > 2:
                self.made[url] = resource
        else:
            first = self.of_type[kind] = self.own(kind, url)
            self.moved[id(resource)] = (resource, first)
            self.merge(first, resource, kind)

    def share(self, kind: str, url: str, content: dict[str, Any]) -> None:
        """A resource that several mentions may make: the first is kept, later ones add what it lacks."""
        if self.trace is not None:
            self.trace.append((kind, url, content))
        first = self.made.get(url)
        if first is None:
            first = self.made[url] = _resource(kind, url, content)
        else:
            if url in self.lent:  # merging changes the resource, not its elements
                first = self.made[url] = first.copy()
            self.merge(first, content, kind)
        self.of_type[kind] = first

    # ---- remembering -----------------------------------------------------------------------------------------
    # What a directory resource or a code is made of depends on nothing but its text, the settings and the facility.
    # Documents share what is remembered of directory resources: a converted document is read, never written into.

    def recall(self, part: str, text: str, at: tuple[Any, ...]) -> dict[str, Any] | None:
        """What the part gives for a text that was met before, as a new object; None when it wasn't."""
        found = self.memory.get((part, text))
        if found is None:
            return None
        content, codings, notes = found
        if notes:
            self.notes.append((AGAIN, at, 0, notes))
        made: dict[str, Any] = content.copy()
        if codings is None:
            return made
        if codings:
            made["coding"] = [codings[0].copy()] if len(codings) == 1 else [each.copy() for each in codings]
            return made
        return {name: copied(value) for name, value in content.items()}

    def remember(self, part: str, text: str, target: dict[str, Any], at: tuple[Any, ...], since: int) -> None:
        """Keeps what a part gave for a text, with the notes made since."""
        notes = self._below(at, since)
        if notes is not None and len(text) <= LONGEST_REMEMBERED:
            content = {name: copied(value) for name, value in target.items()}
            self.memory[(part, text)] = (content, _codings(content), notes)

    def recall_shared(self, part: str, text: str, at: tuple[Any, ...]) -> str | None:
        """The URL of a shared resource met before (empty: the text gives none), with all it refers to among what is
        made. These are the memory's own objects: `last` and `own` give the run one that it may write into."""
        found = self.memory.get((part, text))
        if found is None:
            return None
        url, shares, notes = found
        if notes:
            self.notes.append((AGAIN, at, 0, notes))
        made = self.made
        for kind, each, resource in shares:
            first = made.get(each)
            if self.trace is not None or (first is not None and first is not resource):
                self.share(kind, each, resource)
                continue
            if first is None:
                made[each] = resource
                self.lent.add(each)
            self.of_type[kind] = resource
        return str(url)

    def remember_shared(self, part: str, text: str, at: tuple[Any, ...], url: str, since: int) -> None:
        """Keeps what was shared since `start`."""
        shares = self.trace or []
        notes = self._below(at, since)
        if any(claim[0] is what for claim in self.claimed for _, _, what in shares):
            return  # whether the claim holds depends on what else this document makes
        if notes is not None and len(text) <= LONGEST_REMEMBERED:
            whole = [(kind, each, copied(_resource(kind, each, what))) for kind, each, what in shares]
            self.memory[(part, text)] = (url, whole, notes)

    def own(self, kind: str, url: str) -> dict[str, Any]:
        """The resource that was made at a URL, to be written into."""
        if url in self.lent:
            self.lent.discard(url)
            self.made[url] = self.of_type[kind] = copied(self.made[url])
        return self.made[url]

    def told(self) -> list[Note]:
        """All notes, remembered ones at the places where they were repeated."""
        return list(_told(self.notes, ()))

    def _below(self, at: tuple[Any, ...], since: int) -> list[Note] | None:
        """The notes since, their places relative to `at`; None when one can't be repeated elsewhere."""
        depth = len(at)
        notes: list[Note] = []
        for kind, place, site, what in self.notes[since:]:
            if kind in (SAID, HEARD) or (place and place[:depth] != at):
                return None
            notes.append((kind, place[depth:], site, what))
        return notes

    def merge(self, first: dict[str, Any], other: dict[str, Any], path: str) -> None:
        """Adds what is missing; a different value for one place is a conflict, and the first stays."""
        for name, value in other.items():
            mine = first.get(name)
            if mine is None:
                first[name] = value
            elif mine != value and name != "id":
                if type(mine) is list and type(value) is list and len(mine) < MOST_MENTIONS:
                    first[name] = mine + [each for each in value if each not in mine]
                elif name == "meta" and type(mine) is dict and type(value) is dict:
                    first[name] = mine = dict(mine)
                    self.merge(mine, value, path + ".meta")
                else:
                    self.conflicts.append(f"{path}.{name}")

    def put(self, node: dict[str, Any], name: str, value: Any, path: str) -> None:
        """Writes where another rule may have written: the first value stays."""
        if node.setdefault(name, value) != value:
            self.conflicts.append(path)

    def last(self, kind: str) -> dict[str, Any] | None:
        """The resource of a type that was made or opened last, to be written into."""
        found = self.of_type.get(kind)
        return self.own(kind, "urn:uuid:" + found["id"]) if self.lent and found is not None else found

    def claim(
        self,
        node: dict[str, Any],
        kind: str,
        profile: str,
        needs: tuple[tuple[tuple[str, ...], ...], ...],
        refers: tuple[tuple[tuple[str, ...], frozenset[str]], ...],
        site: int,
    ) -> None:
        """Names a profile in meta.profile when what it needs was written, else notes what stood in the way."""
        for alternatives in needs:
            if not any(there(node, path) for path in alternatives):
                missing = " or ".join(".".join(path) for path in alternatives)
                self.notes.append((UNCLAIMED, (), site, (kind, profile, missing)))
                return
        self.grant(node, kind, profile, refers, site)

    def grant(
        self,
        node: dict[str, Any],
        kind: str,
        profile: str,
        refers: tuple[tuple[tuple[str, ...], frozenset[str]], ...],
        site: int,
    ) -> None:
        """Names a profile whose needs were written; what its references lead to is seen at the end."""
        if "meta" not in node:
            node["meta"] = {"profile": [profile]}
        else:
            profiles = node["meta"].setdefault("profile", [])
            if profile not in profiles:
                profiles.append(profile)
        if refers:
            self.claimed.append((node, kind, profile, refers, site))

    def _unclaim(self) -> None:
        """Takes back claims whose references lead to resources that don't claim what the profile asks of them."""
        waiting = self.claimed
        while True:
            known: dict[tuple[str, frozenset[str]], bool] = {}
            kept = [claim for claim in waiting if self._refers_well(claim, known)]
            if len(kept) == len(waiting):
                return
            waiting = kept

    def _refers_well(self, claim: tuple[Any, ...], known: dict[tuple[str, frozenset[str]], bool]) -> bool:
        node, kind, profile, refers, site = claim
        if self.moved and id(node) in self.moved:
            node = self.moved[id(node)][1]
        if profile not in node.get("meta", {}).get("profile", ()):
            return False  # two that are one, of which the other's claim was taken back
        for path, wanted in refers:
            value = node.get(path[0])
            single = len(path) == 1 and type(value) is dict
            for target in (value.get("reference"),) if single else _targets(node, path) if value else ():
                well = known.get((target, wanted))
                if well is None:
                    well = known[(target, wanted)] = self._claims_one(target, wanted)
                if not well:
                    self.notes.append((UNCLAIMED, (), site, (kind, profile, ".".join(path) + " of the right profile")))
                    node["meta"]["profile"].remove(profile)
                    prune(node["meta"])
                    if not node["meta"]:
                        del node["meta"]
                    return False
        return True

    def _claims_one(self, url: str, wanted: frozenset[str]) -> bool:
        """True unless something was made at a URL that claims none of the profiles."""
        found = self.made.get(url)
        return found is None or not wanted.isdisjoint(found.get("meta", {}).get("profile", ()))

    def finish(self) -> None:
        """Sets the references that waited until all was made; one whose resource wasn't made is left out."""
        empty, made, moved = False, self.made, self.moved
        for waiting in self.later:
            node, name, many, _, url = waiting
            if type(url) is list and len(url) == 1 and not moved and url[0] in made:  # what nearly all references are
                reference = {"reference": url[0]}
                if not many:
                    node[name] = reference
                elif name not in node:
                    node[name] = [reference]
                elif reference not in node[name]:
                    node[name].append(reference)
            elif not self._refer(*waiting):
                empty = empty or not node
        if empty:
            for resource in self.made.values():
                prune(resource)
        for url, paths in self.needy:
            if url in self.made and not all(there(self.made[url], path) for path in paths):
                del self.made[url]
        if self.claimed:
            self._unclaim()
        if self.entries:
            self._reach()

    def _refer(self, node: dict[str, Any], name: str, many: bool, wanted: str, url: Any) -> bool:
        """Sets a reference that waited; False when nothing was made that it could lead to."""
        if id(node) in self.moved:
            node = self.moved[id(node)][1]
        if wanted[:1] == "@":
            urls = self._of(url, wanted[1:].split("|"))
        elif wanted == "*":
            urls = [each for each in self.made if each != url]
        elif url is None:
            urls = self.named.get(wanted, [])
        else:
            urls = url if isinstance(url, list) else [url]
        references = [{"reference": each} for each in urls if each in self.made]
        if references and many:
            listed = node.setdefault(name, [])
            listed.extend(each for each in references if each not in listed)
        elif references:
            node[name] = references[0]
        return bool(references)

    def _reach(self) -> None:
        """Leaves out resources to which no reference leads from those of the wanted types."""
        waiting = [url for url, resource in self.made.items() if resource["resourceType"] in self.entries]
        reached: set[str] = set()
        while waiting:
            url = waiting.pop()
            if url in self.made and url not in reached:
                reached.add(url)
                waiting.extend(_references(self.made[url]))
        for url in [url for url in self.made if url not in reached]:
            del self.made[url]

    def _of(self, nodes: Any, kinds: list[str]) -> list[str]:
        """The URLs of resources of these types made of the nodes, or else of what is inside them."""
        found: list[str] = []
        for node in nodes:
            own = self._made_of(node, kinds)
            found += own or [url for inner in node.within() for url in self._made_of(inner, kinds)]
        return [*dict.fromkeys(found)]

    def _made_of(self, node: Any, kinds: list[str]) -> list[str]:
        urls = self.origins.get(id(node), ())
        return [url for url in urls if url in self.made and (kinds == [""] or self.made[url]["resourceType"] in kinds)]

    # ---- reading FHIR ----------------------------------------------------------------------------------------

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

    def about(self, kind: str, owner: dict[str, Any] | None) -> list[dict[str, Any]]:
        """The source's resources of a type that refer to another one, whether taken or not."""
        if self._about is None:
            self._about = {}
            for each in self._read()[0]:
                for target in dict.fromkeys(_references(each)):
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
            for target in _targets(holder, path)
        )

    def leads(self, reference: Any, holder: Any, kind: str) -> bool:
        """True when a reference leads to a resource of a type, as far as it can be followed or says."""
        found = self.resolve(reference, holder)
        if found is not None:
            return bool(found["resourceType"] == kind)
        target = reference.get("reference") if type(reference) is dict else None
        said = target.rpartition("/")[0].rpartition("/")[2] if type(target) is str else ""
        return not said.isalpha() or said == kind


def there(node: Any, path: tuple[str, ...]) -> bool:
    """True when a path is there, in every element of the lists on its way; what ends in `?` may be absent."""
    for depth, name in enumerate(path, 1):
        if type(node) is not dict:
            return name[-1] == "?"
        value = node.get(name)
        if value is None:
            if name[-1] != "?":
                return False
            value = node.get(name[:-1])
            if value is None:
                return True
        if type(value) is list:
            if len(value) != 1:
                rest = path[depth:]
                return bool(value) and (not rest or all(there(each, rest) for each in value))
            value = value[0]
        node = value
    return True


def _references(node: Any) -> Iterator[str]:
    """All `Reference.reference` inside a resource."""
    if type(node) is list:
        for each in node:
            yield from _references(each)
    elif type(node) is dict:
        found = node.get("reference")
        if type(found) is str:
            yield found
        for each in node.values():
            if type(each) in (dict, list):
                yield from _references(each)


def _told(notes: list[Note], at: tuple[Any, ...]) -> Iterator[Note]:
    for note in notes:
        kind, below, site, what = note
        if kind == AGAIN:
            yield from _told(what, at + below)
        else:
            yield (kind, at + below, site, what) if at and kind != UNCLAIMED else note


def _targets(node: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    """What the references at a path say."""
    nodes: list[Any] = [node]
    for name in path:
        found: list[Any] = []
        for each in nodes:
            value = each.get(name) if type(each) is dict else None
            if type(value) is list:
                found += value
            elif value is not None:
                found.append(value)
        if not found:
            return []
        nodes = found
    said = [each.get("reference") for each in nodes if type(each) is dict]
    return [each for each in said if type(each) is str]


def _resource(kind: str, url: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": kind, "id": url[9:], **content}


def copied(value: Any) -> Any:
    """A copy that shares no object with the original."""
    if type(value) is dict:
        return {name: copied(each) for name, each in value.items()}
    if type(value) is list:
        return [copied(each) for each in value]
    return value


def _codings(content: dict[str, Any]) -> list[dict[str, Any]] | None:
    """How content is copied: None when it is flat, its codings when nothing else is deep, empty for all the rest."""
    deep = [name for name, value in content.items() if type(value) in (dict, list)]
    if not deep:
        return None
    codings: list[dict[str, Any]] = content["coding"] if deep == ["coding"] else []
    flat = all(type(each) is dict and not any(type(v) in (dict, list) for v in each.values()) for each in codings)
    return codings if flat else []


def prune(node: Any) -> bool:
    """Removes empty objects and lists in place; True when nothing is left."""
    if type(node) is dict:
        for name in [name for name, value in node.items() if type(value) in (dict, list) and prune(value)]:
            del node[name]
        return not node
    if type(node) is list:
        node[:] = [each for each in node if type(each) not in (dict, list) or not prune(each)]
        return not node
    return False
