"""What the interpreter knows while it works: what was made, what was noted, what became of each leaf.

Written from the rules of meaning, not from `mappings.run`: nothing is remembered between messages, ids are the standard
library's, and every step is the plainest that does it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mappings.form import Rule
from mappings.run import MOST_MENTIONS, NAMESPACE, Settings

SKIP, NOTHING, KEPT, DROPPED, BLANK, KEYLESS, NOWHERE = (
    "", "MAP-0101", "MAP-0103", "MAP-0102", "MAP-0109", "MAP-0104", "MAP-0108"
)  # fmt: skip
"""What is noted of a rule, by the code of its issue; a rule that was left out has none."""

At = tuple[Any, ...]
Node = dict[str, Any]


@dataclass(slots=True)
class Flag:
    """Something that happens or not."""

    set: bool = False


@dataclass(slots=True)
class Open:
    """A named resource: its URL, or the URLs of all made under the name; its object when it was read."""

    url: str | None = None
    urls: list[str] | None = None
    object: Any = None

    @property
    def last(self) -> str | None:
        if self.urls is None:
            return self.url
        return self.urls[-1] if self.urls else None


@dataclass(slots=True)
class Waiting:
    """A reference that is set when all is made."""

    node: Node
    name: str
    many: bool
    wanted: str
    urls: Any


@dataclass(slots=True)
class Claim:
    """A profile that was claimed under the condition that its references lead to the right resources."""

    node: Node
    profile: str
    refers: dict[str, Any]


def said_at(rule: Rule, side: str) -> str:
    """The path that stands for a rule where nothing of the source does."""
    return rule.path(side) or (rule.key.path(side) if rule.key else "")


@dataclass
class State:
    """One document being mapped; conversions see it as their run."""

    settings: Settings
    message: str
    facility: list[str]
    forward: bool
    said: set[str] = field(default_factory=set)
    fresh: list[tuple[str, str | None]] = field(default_factory=list)
    notes: list[tuple[str, At, str]] = field(default_factory=list)
    """Issue code, place, path of the rule."""
    conflicts: list[str] = field(default_factory=list)
    made: dict[str, Node] = field(default_factory=dict)
    of_type: dict[str, Node] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)
    ordinals: dict[str, int] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    needy: list[tuple[str, list[Any]]] = field(default_factory=list)
    moved: dict[int, tuple[Node, Node]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    recent: dict[str, Node] = field(default_factory=dict)
    followed: dict[Any, Any] = field(default_factory=dict)
    outcomes: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Path of a leaf -> `mapped` or `ignored` -> targets."""

    # ---- notes -----------------------------------------------------------------------------------------------

    def say(self, code: str, found: str | None = None) -> None:
        self.fresh.append((code, found))

    def flush(self, at: At, path: str) -> None:
        self.notes += [(code, at, path) for code, _ in self.fresh]
        self.fresh.clear()

    def note(self, code: str, at: At, rule: Rule, side: str) -> None:
        if code:
            self.notes.append((code, at, said_at(rule, side)))

    # ---- making ----------------------------------------------------------------------------------------------

    def url(self, kind: str, key: str) -> str:
        return f"urn:uuid:{uuid.uuid5(uuid.uuid5(NAMESPACE, self.settings.salt), f'{kind}|{key}')}"

    def natural(self, kind: str, owner: str | None, texts: list[str]) -> str:
        key = f"{owner or self.message}|{'|'.join(texts)}"
        number = self.ordinals[kind + key] = self.ordinals.get(kind + key, 0) + 1
        return key if number == 1 else f"{key}|{number}"

    def open(self, kind: str, url: str) -> Node:
        resource = {"resourceType": kind, "id": url.removeprefix("urn:uuid:")}
        self.made.setdefault(url, resource)
        self.of_type[kind] = resource
        return resource

    def close(self, kind: str, url: str, resource: Node) -> None:
        first = self.made.get(url)
        empty = len(resource) == 2
        if first is None and not empty:
            self.made[url] = resource
        elif first is resource and empty:
            del self.made[url]
            if self.of_type.get(kind) is resource:
                del self.of_type[kind]
        elif first is not None and first is not resource:
            self.of_type[kind] = first
            self.moved[id(resource)] = (resource, first)
            self.merge(first, resource, kind)

    def share(self, kind: str, url: str, content: Node) -> None:
        if url not in self.made:
            self.made[url] = {"resourceType": kind, "id": url.removeprefix("urn:uuid:"), **content}
        else:
            self.merge(self.made[url], content, kind)
        self.of_type[kind] = self.made[url]

    def merge(self, first: Node, other: Node, path: str) -> None:
        for name, value in other.items():
            mine = first.get(name)
            if mine is None:
                first[name] = value
            elif mine == value or name == "id":
                continue
            elif isinstance(mine, list) and isinstance(value, list) and len(mine) < MOST_MENTIONS:
                first[name] = mine + [each for each in value if each not in mine]
            else:
                self.conflicts.append(f"{path}.{name}")

    # ---- profiles --------------------------------------------------------------------------------------------

    def claim(self, node: Node, rule: Rule) -> None:
        for need in rule.needs:
            paths = need if isinstance(need, list) else [need]
            if not any(there(node, path.split(".")) for path in paths):
                self.notes.append(("MAP-0107", (), paths[0].replace("?", "")))
                return
        profiles = node.setdefault("meta", {}).setdefault("profile", [])
        if rule.reason not in profiles:
            profiles.append(rule.reason)
        if rule.refers:
            self.claims.append(Claim(node, rule.reason, rule.refers))

    def _final(self, node: Node) -> Node:
        return self.moved[id(node)][1] if id(node) in self.moved else node

    def _stray(self, claim: Claim) -> str:
        """The first reference that doesn't lead to what the profile asks for."""
        node = self._final(claim.node)
        for path, wanted in claim.refers.items():
            profiles = set(wanted if isinstance(wanted, list) else [wanted])
            for value in values(node, path.split(".")):
                target = value.get("reference") if isinstance(value, dict) else None
                found = self.made.get(target) if isinstance(target, str) else None
                if found is not None and not profiles & set(found.get("meta", {}).get("profile", [])):
                    return path
        return ""

    def _withdraw(self, claim: Claim) -> None:
        node = self._final(claim.node)
        self.notes.append(("MAP-0107", (), self._stray(claim)))
        node["meta"]["profile"].remove(claim.profile)
        prune(node["meta"])
        if not node["meta"]:
            del node["meta"]

    # ---- the end ---------------------------------------------------------------------------------------------

    def finish(self) -> None:
        left = [each for each in self.waiting if self._refer(each)]
        if left:
            for resource in self.made.values():
                prune(resource)
        for url, needs in self.needy:
            if url in self.made and not all(there(self.made[url], path.split(".")) for path in needs):
                del self.made[url]
        changed = True
        while changed:
            changed = False
            for claim in list(self.claims):
                if self._stray(claim):
                    self._withdraw(claim)
                    self.claims.remove(claim)
                    changed = True

    def _refer(self, each: Waiting) -> bool:
        """Sets a reference; True when an empty object is left where it would have stood."""
        node = self._final(each.node)
        if each.wanted == "*":
            urls = [url for url in self.made if url != each.urls]
        elif each.urls is None:
            urls = self.named.get(each.wanted, [])
        else:
            urls = each.urls if isinstance(each.urls, list) else [each.urls]
        references = [{"reference": url} for url in urls if url in self.made]
        if not references:
            return not node
        if each.many:
            listed = node.setdefault(each.name, [])
            listed += [reference for reference in references if reference not in listed]
        else:
            node[each.name] = references[0]
        return False


def there(node: Any, path: list[str]) -> bool:
    """True when a path is there, in every element of the lists on its way; what ends in `?` may be absent."""
    if not path:
        return node not in (None, [])
    value = node.get(path[0].rstrip("?")) if isinstance(node, dict) else None
    if value is None:
        return path[0].endswith("?")
    if isinstance(value, list):
        return bool(value) and (len(path) == 1 or all(there(each, path[1:]) for each in value))
    return there(value, path[1:])


def values(node: Any, path: list[str]) -> Iterator[Any]:
    """All that stands at a path, lists opened."""
    if isinstance(node, list):
        for each in node:
            yield from values(each, path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path[0] in node:
        yield from values(node[path[0]], path[1:])


def prune(node: Any) -> bool:
    """Removes empty objects and lists; True when nothing is left."""
    if isinstance(node, dict):
        for name in list(node):
            if isinstance(node[name], (dict, list)) and prune(node[name]):
                del node[name]
        return not node
    if isinstance(node, list):
        node[:] = [each for each in node if not isinstance(each, (dict, list)) or not prune(each)]
        return not node
    return False
