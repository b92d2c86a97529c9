"""Code systems of the loaded packages: which codes there are, how they hang together, what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.definitions.pack import Facts


class Concept:
    """A code with its displays, parents' codes and properties."""

    __slots__ = ("code", "displays", "parents", "properties")

    def __init__(self, row: list[Any], parent: str) -> None:
        self.code = str(row[0])
        others = [str(each[1]) for each in row[4]] if len(row) > 4 else []
        self.displays: tuple[str, ...] = tuple(name for name in (*map(str, row[1:2]), *others) if name)
        self.properties: dict[str, list[Any]] = row[3] if len(row) > 3 and row[3] else {}
        self.parents = {str(each) for name in ("parent", "subsumedBy") for each in self.properties.get(name, ())}
        if parent:
            self.parents.add(parent)


class CodeSystem:
    """Facts of a CodeSystem, read once. `complete` says that a code that isn't here doesn't exist."""

    def __init__(self, facts: Facts, origin: str = "") -> None:
        self.url = str(facts.get("url", ""))
        self.version = str(facts.get("version", ""))
        self.content = str(facts.get("content", ""))
        self.complete = self.content == "complete"
        self.case_sensitive = facts.get("caseSensitive") is not False
        self.property_types = {each.get("code"): each.get("type") for each in facts.get("property", ())}
        self.filters: tuple[str, ...] = tuple(facts.get("filter", ()))
        self.concepts: dict[str, Concept] = {}
        for row, parent in _rows(facts.get("concept", ()), ""):
            concept = Concept(row, parent)
            known = self.concepts.setdefault(self._key(concept.code), concept)
            known.parents |= concept.parents
        self._ancestors: dict[str, frozenset[str]] = {}

    def _key(self, code: str) -> str:
        return code if self.case_sensitive else code.lower()

    def find(self, code: str) -> Concept | None:
        return self.concepts.get(self._key(code))

    def has(self, code: str) -> bool | None:
        """None where the content that is here is a part."""
        return True if self.find(code) is not None else False if self.complete else None

    def ancestors(self, code: str) -> frozenset[str]:
        """The codes above a code, by hierarchy and by parent properties; itself not."""
        if code not in self._ancestors:
            self._ancestors[code] = frozenset()
            concept = self.find(code)
            parents = concept.parents if concept is not None else set()
            self._ancestors[code] = frozenset(parents).union(*(self.ancestors(parent) for parent in parents))
        return self._ancestors[code]


def _rows(rows: Any, parent: str) -> Iterator[tuple[list[Any], str]]:
    stack = [(row, parent) for row in reversed(list(rows))]
    while stack:
        row, above = stack.pop()
        yield row, above
        if len(row) > 2:
            stack += [(child, str(row[0])) for child in reversed(row[2])]
