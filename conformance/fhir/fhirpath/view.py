"""Reads many paths of one resource, as profiles and routes do: what several begin with is evaluated once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from conformance.fhir import native
from conformance.fhir.fhirpath import syntax
from conformance.fhir.fhirpath.evaluate import LONGEST, Compiled, Env, build, step
from conformance.fhir.fhirpath.node import Collection, Node, root
from conformance.fhir.fhirpath.references import resolver
from conformance.fhir.fhirpath.syntax import Call, Name, Operation
from conformance.issue import Where

Resolve = Callable[[str, Node], Node | None]


class View:
    """A resource, or a part of one; `base` is the part's path, empty for the whole."""

    def __init__(self, node: Node, resolve: Resolve, base: str = "") -> None:
        self._resolve, self.base = resolve, base
        self._focus = [node]
        self._env = Env(resource=node, root=node, context=node, resolve=resolve)
        self._found: dict[str, Collection] = {}
        self._begun: dict[str, Collection] = {}

    @classmethod
    def of(cls, resource: Any) -> View:
        start = root(resource)
        return cls(start, resolver(start))

    def values(self, path: str) -> list[Any]:
        surely_none = native.NOTHING.get(path)
        if surely_none is not None and not self.base and surely_none(self._focus[0].value):
            return []
        return [_value(item) for item in self._at(path)]

    def places(self, path: str) -> list[tuple[Any, Where]]:
        """Every value at a path, with its place; results that are no part of the resource stand at `base`."""
        nowhere = Where(path=self.base)
        return [(_value(item), Where(path=item.path) if type(item) is Node else nowhere) for item in self._at(path)]

    def parts(self, path: str) -> Iterator[View]:
        for item in self._at(path):
            if type(item) is Node:
                yield View(item, self._resolve, item.path)

    def _at(self, path: str) -> Collection:
        if path not in self._found:
            self._found[path] = self._evaluated(path)
        return self._found[path]

    def _evaluated(self, path: str) -> Collection:
        env = self._env
        env.this, env.left, env.variables = self._focus, LONGEST, {}
        found = self._focus
        for key, then in _steps(path):
            known = self._begun.get(key) if key else None
            if known is None:
                known = then(found, env)
                if key:
                    self._begun[key] = known
            found = known
        return found


def _value(item: Any) -> Any:
    """A plain value; of a primitive with extensions only, these."""
    if type(item) is not Node:
        return item
    return item.extra if item.value is None else item.value


@lru_cache(maxsize=4096)
def _steps(expression: str) -> tuple[tuple[str, Compiled], ...]:
    """A path's steps from left to right; those that begin it by names and types have a key, the text of all up to
    them."""
    links: list[syntax.Node] = []
    tree = syntax.parse(expression)
    while isinstance(tree, Operation) and tree.operator == ".":
        links.insert(0, tree.parts[1])
        tree = tree.parts[0]
    key = repr(tree) if _leads(tree) else ""
    steps = [(key, build(tree))]
    for link in links:
        key = f"{key}.{link!r}" if key and _leads(link) else ""
        steps.append((key, step(link)))
    return tuple(steps)


def _leads(tree: syntax.Node) -> bool:
    return (isinstance(tree, Name) and tree.text[:1] not in "$%") or (isinstance(tree, Call) and tree.name == "ofType")
