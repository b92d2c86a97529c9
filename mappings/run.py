"""One conversion under way: what generated source writes resources, references and notes into."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha1
from typing import Any

from mappings.notes import AGAIN, HEARD, KEPT, SAID, UNCLAIMED, Note, Said, told
from mappings.source import Source
from mappings.trees import copied, prune, references, targets, there

Later = tuple[dict[str, Any], str, bool, str, Any]
"""A reference to set at the end: object, member, whether it repeats, name, and the URL or URLs that the context around
knows (for `*` the URL of the resource around)."""

Memory = dict[tuple[str, str], Any]
"""What is remembered for one facility and one set of settings: part and text -> what they gave."""

DIRECTORY = frozenset(
    ("Device", "Endpoint", "HealthcareService", "Location", "Organization", "Practitioner", "PractitionerRole")
)
"""What may be remembered by the text that made it: what a directory holds, never what a patient is known by."""

MOST_REMEMBERED = 20_000
LONGEST_REMEMBERED = 250
"""Bounds of a memory: entries, and characters of a text."""

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


_AGENTS = frozenset(("Practitioner", "PractitionerRole", "Organization"))
"""Types of what a document names for what it did, not for itself."""

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def identifier(salt: str, name: str) -> str:
    """The UUIDv5 (RFC 9562) of a name below the salt's namespace, as `uuid.uuid5` gives it, in a sixth of the time."""
    return _uuid(_namespace(salt), name)


def _uuid(namespace: Any, name: str) -> str:
    state = namespace.copy()
    state.update(name.encode())
    digits = state.hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"


class Run(Source):
    """The state of one conversion."""

    __slots__ = (
        "claimed", "conflicts", "entries", "facility", "fates", "followed", "fresh", "later", "lent", "made", "memory",
        "message_key", "moved", "named", "namespace", "needy", "of_type", "ordinals", "origins", "said", "settings",
        "trace", "unplaced",
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
        super().__init__(source, sources, index)
        self.memory: Memory = {} if memory is None else memory
        self.trace: list[Any] | None = None
        self.settings = settings
        self.namespace = _namespace(settings.salt)
        self.message_key = message_key
        self.facility = facility
        self.later: list[Later] = []
        self.made: dict[str, dict[str, Any]] = {}
        """URL -> resource, in the order of making: the entries of the Bundle."""
        self.of_type: dict[str, dict[str, Any]] = {}
        self.entries: tuple[str, ...] = ()
        """The types of which, with what they refer to, the map keeps resources; all when empty."""
        self.fates: dict[str, bool] = {}
        """URL of what rows of tables made: True when the last of them takes it back."""
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
        self.lent: set[str] = set()
        """URLs of resources that are the memory's own objects."""
        self.followed: dict[tuple[str, int], Any] = {}
        """What a part gave for a resource that a reference led to."""
        self.said: set[str] = Said(self.notes)
        """For conversions that say a thing once per document."""
        self.fresh: list[tuple[str, str | None]] = []
        self.conflicts: list[str] = []
        self.unplaced: list[str] = []
        """What was written and has no place in the structure that was asked for."""

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
        return "urn:uuid:" + _uuid(self.namespace, f"{kind}|{key}")

    def begin(self, kind: str, key: str) -> tuple[str, dict[str, Any]]:
        """The URL of the resource of a type and key, and the resource to be written into."""
        name = _uuid(self.namespace, f"{kind}|{key}")
        url = "urn:uuid:" + name
        resource: dict[str, Any] = {"resourceType": kind, "id": name}
        if url not in self.made:
            self.made[url] = resource
        self.of_type[kind] = resource
        return url, resource

    def natural(self, kind: str, owner: str | None, texts: tuple[str, ...]) -> str:
        """A natural key below another resource (or the message), with an ordinal among equals."""
        key = f"{owner or self.message_key}|{'|'.join(texts)}"
        ordinals, name = self.ordinals, kind + key
        if name not in ordinals:
            ordinals[name] = 1
            return key
        number = ordinals[name] = ordinals[name] + 1
        return f"{key}|{number}"

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
            made["coding"] = [*map(dict.copy, codings)]
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
        url, shared, last, notes = found
        if notes:
            self.notes.append((AGAIN, at, 0, notes))
        made = self.made
        if self.trace is not None:
            self._share_again(shared)
        elif url not in made and made.keys().isdisjoint(shared):
            made.update(shared)
            self.lent.update(shared)
            self.of_type.update(last)
        elif made.items() >= shared.items():
            self.of_type.update(last)
        else:
            self._share_again(shared)
        return url  # type: ignore[no-any-return]

    def _share_again(self, shared: dict[str, dict[str, Any]]) -> None:
        """Shares one by one what was remembered, some of which this run has made otherwise."""
        for url, resource in shared.items():
            first, kind = self.made.get(url), resource["resourceType"]
            if self.trace is not None or (first is not None and first is not resource):
                self.share(kind, url, resource)
                continue
            if first is None:
                self.made[url] = resource
                self.lent.add(url)
            self.of_type[kind] = resource

    def remember_shared(self, part: str, text: str, at: tuple[Any, ...], url: str, since: int) -> None:
        """Keeps what was shared while a text was read, with the notes made since."""
        shares = self.trace or []
        notes = self._below(at, since)
        if any(claim[0] is what for claim in self.claimed for _, _, what in shares):
            return  # whether the claim holds depends on what else this document makes
        if any(kind not in DIRECTORY for kind, _, _ in shares):
            return
        if notes is not None and len(text) <= LONGEST_REMEMBERED:
            shared: dict[str, dict[str, Any]] = {}
            conflicts = len(self.conflicts)
            for kind, each, what in shares:
                self.merge(shared.setdefault(each, _resource(kind, each, {})), copied(what), kind)
            if len(self.conflicts) == conflicts:
                self.memory[(part, text)] = (url, shared, {kind: shared[each] for kind, each, _ in shares}, notes)
            del self.conflicts[conflicts:]

    def own(self, kind: str, url: str) -> dict[str, Any]:
        """The resource that was made at a URL, to be written into."""
        if url in self.lent:
            self.lent.discard(url)
            self.made[url] = self.of_type[kind] = copied(self.made[url])
        return self.made[url]

    def told(self) -> list[Note]:
        """All notes, remembered ones at the places where they were repeated."""
        return list(told(self.notes, ()))

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
        if found is None or kind not in DIRECTORY:
            return found
        return self.own(kind, "urn:uuid:" + found["id"])

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
            known: dict[frozenset[str], dict[str, bool]] = {}
            kept = [claim for claim in waiting if self._refers_well(claim, known)]
            if len(kept) == len(waiting):
                return
            waiting = kept

    def _refers_well(self, claim: tuple[Any, ...], known: dict[frozenset[str], dict[str, bool]]) -> bool:
        node, kind, profile, refers, site = claim
        if self.moved:
            if id(node) in self.moved:
                node = self.moved[id(node)][1]
            if profile not in node.get("meta", {}).get("profile", ()):
                return False  # two that are one, of which the other's claim was taken back
        for path, wanted in refers:
            value = node.get(path[0])
            if value is None:
                continue
            single = type(value) is dict and len(path) == 1
            led = [value.get("reference")] if single else targets(node, path)
            if wanted not in known:
                known[wanted] = {}
            judged = known[wanted]
            for target in led:
                if target not in judged:
                    judged[target] = self._claims_one(target, wanted)
                if not judged[target]:
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
        for node, name, many, wanted, url in self.later:
            if not moved and type(url) is list and len(url) == 1 and (only := url[0]) in made:  # as nearly all are
                reference = {"reference": only}
                if not many:
                    node[name] = reference
                elif name not in node:
                    node[name] = [reference]
                elif reference not in node[name]:
                    node[name].append(reference)
            elif not self._refer(node, name, many, wanted, url):
                empty = empty or not node
        if empty:
            for resource in self.made.values():
                prune(resource)
        lacking = [url for url, paths in self.needy if not all(there(self.made.get(url, {}), path) for path in paths)]
        gone = [self.made.pop(url) for url in lacking if url in self.made]
        if gone:
            self._forsake(gone)
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

    def _forsake(self, gone: list[dict[str, Any]]) -> None:
        """Leaves out people and organizations to whom only resources refer that are gone."""
        waiting = gone
        while waiting:
            loose = {url for each in waiting for url in references(each)} & self.made.keys()
            held = {url for each in self.made.values() for url in references(each)} if loose else set()
            alone = [url for url in loose - held if self.made[url]["resourceType"] in _AGENTS]
            waiting = [self.made.pop(url) for url in sorted(alone)]

    def _reach(self) -> None:
        """Leaves out resources to which no reference leads from those of the wanted types."""
        waiting = [url for url, resource in self.made.items() if resource["resourceType"] in self.entries]
        reached: set[str] = set()
        while waiting:
            url = waiting.pop()
            if url in self.made and url not in reached:
                reached.add(url)
                waiting.extend(references(self.made[url]))
        for url in [url for url in self.made if url not in reached]:
            del self.made[url]

    def _of(self, nodes: Any, kinds: list[str]) -> list[str]:
        """The URLs of resources of these types made of the nodes, or else of what is inside them."""
        found: list[str] = []
        origins = self.origins
        for node in nodes:
            own = self._made_of(node, kinds)
            inside = () if own else [inner for inner in node.within() if id(inner) in origins]
            found += own or [url for inner in inside for url in self._made_of(inner, kinds)]
        return [*dict.fromkeys(found)]

    def _made_of(self, node: Any, kinds: list[str]) -> list[str]:
        """Those of any type are what the node says: a Provenance is about that."""
        made = self.made
        urls = [url for url in self.origins.get(id(node), ()) if url in made]
        if kinds == [""]:
            return [url for url in urls if made[url]["resourceType"] != "Provenance"]
        return [url for url in urls if made[url]["resourceType"] in kinds]


def _resource(kind: str, url: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": kind, "id": url[9:], **content}


def _codings(content: dict[str, Any]) -> list[dict[str, Any]] | None:
    """How content is copied: None when it is flat, its codings when nothing else is deep, empty for all the rest."""
    deep = [name for name, value in content.items() if type(value) in (dict, list)]
    if not deep:
        return None
    codings: list[dict[str, Any]] = content["coding"] if deep == ["coding"] else []
    flat = all(type(each) is dict and not any(type(v) in (dict, list) for v in each.values()) for each in codings)
    return codings if flat else []
