"""The maps there are: the shipped folder and a site's overlay folders, linked and compiled when asked for.

An overlay is a folder of the same YAML and CSV. A file with the id of a shipped one overrides its names, tables and
parts one by one; a key that ends in `+` (`parts: {pv1+: [...]}`, `rules+: [...]`) adds rules behind the shipped ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance import yaml
from conformance.catalogue import issue
from conformance.issue import Issue, Where
from conformance.yaml import Fields, place
from mappings import cache
from mappings.compiled import Compiled
from mappings.convert import Converter
from mappings.form import Library, Map
from mappings.read import Reader

SHIPPED = Path(__file__).parent / "shipped"

Syntaxes = Callable[[str], Any]
"""Gives a format's path syntax by its name in maps: `v2`, `fhir`."""


@dataclass(slots=True)
class Source:
    """A file that was read: its kind (`map` or `library`), its id and its YAML."""

    path: Path
    kind: str
    id: str
    root: Fields


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a map without linking it."""

    id: str
    path: Path
    sides: tuple[str, str]
    roots: Mapping[str, tuple[str, ...]]
    spec: str = ""
    title: str = ""
    reads: str = ""
    """The one side that the map reads; both when empty."""


def files(folder: Path) -> list[Path]:
    """The YAML files of maps in a folder and below, in the order of their paths; their tests, and the columns of tables
    that stand beside them, left out."""
    return sorted(path for path in folder.rglob("*.yaml") if not path.name.endswith((".test.yaml", ".columns.yaml")))


@dataclass
class Catalog:
    """All maps of a site. Overlays later in the sequence win."""

    overlays: tuple[Path, ...] = ()
    shipped: Path = SHIPPED
    issues: list[Issue] = field(default_factory=list)
    _converters: dict[tuple[str, str, str], Converter | None] = field(default_factory=dict)

    # ---- reading ---------------------------------------------------------------------------------------------

    @cached_property
    def digest(self) -> str:
        """A hash of every file that could change what a map does."""
        state = hashlib.sha256()
        for folder in (self.shipped, *self.overlays):
            for path in sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".csv")):
                if not path.name.endswith(".test.yaml"):
                    state.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
        return state.hexdigest()

    @cached_property
    def heads(self) -> dict[str, Head]:
        """The maps by id. Kept in the cache, so that finding one needs no YAML."""
        stored = cache.load(f"heads-{self.digest}")
        if not (isinstance(stored, dict) and isinstance(stored.get("heads"), list)):
            heads = [self._head(sources[-1]) for sources in self._sources.values() if sources[0].kind == "map"]
            stored = {"heads": heads}
            cache.store(f"heads-{self.digest}", stored)
        return {
            name: Head(name, Path(path), (sides[0], sides[1]), dict(roots), spec, title, reads)
            for name, path, sides, roots, spec, title, reads in stored["heads"]
        }

    def _head(self, source: Source) -> tuple[Any, ...]:
        first = self._sources[source.id][0]
        between = first.root.get("between", Fields())
        roots = [
            (str(side), tuple(map(str, node)) if isinstance(node, list) else (str(node),))
            for side, node in between.items()
        ]
        text = {key: str(first.root.get(key, "")) for key in ("spec", "title", "reads")}
        sides = ([str(side) for side in between] + ["", ""])[:2]
        return source.id, str(first.path), tuple(sides), tuple(roots), text["spec"], text["title"], text["reads"]

    @cached_property
    def _sources(self) -> dict[str, list[Source]]:
        """By id: the shipped file, then the overlays of it."""
        found: dict[str, list[Source]] = {}
        for folder in (self.shipped, *self.overlays):
            seen: set[str] = set()
            for path in files(folder):
                source = self._source(path)
                if source is None:
                    continue
                if source.id in seen:
                    self.issues.append(issue("MAP-0012", Where(source=str(path)), id=source.id))
                seen.add(source.id)
                found.setdefault(source.id, []).append(source)
        return found

    def _source(self, path: Path) -> Source | None:
        read = yaml.load(path.read_bytes(), str(path))
        self.issues.extend(read.issues)
        if not isinstance(read.value, Fields):
            return None
        for kind in ("map", "library"):
            if kind in read.value:
                return Source(path, kind, str(read.value[kind]), read.value)
        self.issues.append(
            issue("MAP-0001", place(read.value, str(path)), what="a map file", shape="a map or a library")
        )
        return None

    # ---- linking ---------------------------------------------------------------------------------------------

    def ids(self) -> list[str]:
        return sorted(self.heads)

    def concerned(self) -> list[str]:
        """The maps that the overlays make or change, also through a library; without overlays all maps."""
        if not self.overlays:
            return self.ids()
        ours = {
            name
            for name, sources in self._sources.items()
            if any(not source.path.is_relative_to(self.shipped) for source in sources)
        }
        return [map_id for map_id in self.ids() if ours & self._reach(map_id, set())]

    def _reach(self, name: str, seen: set[str]) -> set[str]:
        """A file's id with those of all libraries below it."""
        if name not in seen:
            seen.add(name)
            for inner in self._uses(self._sources[name], []):
                self._reach(inner, seen)
        return seen

    def find(self, source: str, target: str, structure: str = "") -> str | None:
        """The map from one side to another, for a message structure or a kind of document; a site's own maps before
        the shipped ones."""
        for head in reversed(self.heads.values()):
            leads = {source, target} == set(head.sides) and head.reads in ("", source)
            if leads and (not structure or any(structure in roots for roots in head.roots.values())):
                return head.id
        return None

    def link(self, map_id: str) -> tuple[Map, tuple[Issue, ...]]:
        """A map with everything it uses, and what is wrong with it."""
        issues: list[Issue] = []
        names: dict[str, Any] = {}
        used: dict[str, Library] = {}
        sources = self._sources[map_id]
        for library in self._uses(sources, issues):
            self._library(library, names, used, issues)
        own = self._merged(sources, names, issues)
        assert isinstance(own, Map)
        tables = {name: table for library in used.values() for name, table in library.tables.items()}
        parts = {name: part for library in used.values() for name, part in library.parts.items()}
        return replace(own, tables=tables | own.tables, parts=parts | own.parts), tuple(issues)

    def _uses(self, sources: Sequence[Source], issues: list[Issue]) -> Iterator[str]:
        for source in sources:
            for node in source.root.get("uses", ()):
                if str(node) in self._sources:
                    yield str(node)
                else:
                    where = place(node, str(source.path))
                    issues.append(issue("MAP-0003", where, kind="library", name=str(node)))

    def _library(self, name: str, names: dict[str, Any], used: dict[str, Library], issues: list[Issue]) -> None:
        if name in used:
            return
        sources = self._sources[name]
        used[name] = Library(id=name, source="")  # a circle of libraries ends here
        for inner in self._uses(sources, issues):
            self._library(inner, names, used, issues)
        del used[name]
        used[name] = self._merged(sources, names, issues)

    def _merged(self, sources: Sequence[Source], names: dict[str, Any], issues: list[Issue]) -> Library:
        """The shipped file with its overlays."""
        first, *overlays = sources
        overriding: dict[str, Any] = {}
        for source in overlays:
            reader = Reader(str(source.path), source.path.parent, {**names, **overriding}, issues)
            overriding |= {str(key): reader.value(node) for key, node in source.root.get("names", Fields()).items()}
        known = {**names, **overriding}
        reader = Reader(str(first.path), first.path.parent, known, issues, overriding=overriding)
        merged = reader.map(first.root) if first.kind == "map" else reader.library(first.root)
        for source in overlays:
            merged = self._overlaid(merged, source, reader, issues)
        names.update({**merged.names, **overriding})
        return merged

    def _overlaid(self, merged: Library, source: Source, before: Reader, issues: list[Issue]) -> Library:
        reader = Reader(str(source.path), source.path.parent, before.names, issues, before.sides)
        root = source.root
        for name, node in root.get("tables", Fields()).items():
            table = reader.table(str(name).removesuffix("+"), node)
            if str(name).endswith("+") and table.name in merged.tables:
                table = replace(merged.tables[table.name], rows=table.rows + merged.tables[table.name].rows)
            merged.tables[table.name] = table
        for name, node in root.get("parts", Fields()).items():
            rules = reader.rules(node)
            key = str(name).removesuffix("+")
            merged.parts[key] = merged.parts.get(key, []) + rules if str(name).endswith("+") else rules
        if isinstance(merged, Map):
            for key in ("rules", "rules+"):
                if key in root:
                    rules = reader.rules(root[key])
                    merged.rules = merged.rules + rules if key == "rules+" else rules
        return merged

    # ---- compiling -------------------------------------------------------------------------------------------

    def converter(self, map_id: str, read: str, write: str, syntaxes: Syntaxes) -> Converter | None:
        """The compiled map in one direction; None when it has errors (which `lint` tells)."""
        key = (map_id, read, write)
        if key not in self._converters:
            self._converters[key] = self._compiled(map_id, read, write, syntaxes)
        return self._converters[key]

    def _compiled(self, map_id: str, read: str, write: str, syntaxes: Syntaxes) -> Converter | None:
        from mappings.conversions import REGISTRY

        by_side = {side: syntaxes(side.partition("-")[0]) for side in (read, write)}
        name = f"map-{self.digest}-{map_id}-{read}-{write}"
        compiled = cache.load(name)
        if not isinstance(compiled, Compiled):
            linked, issues = self.link(map_id)
            from mappings.compiler import compile_map  # of no use where all is kept compiled

            compiled, found = compile_map(linked, read, write, by_side, REGISTRY)
            if any(each.severity == "error" for each in (*issues, *found)):
                self.issues.extend((*issues, *found))
                return None
            cache.store(name, compiled)
        head = self.heads[map_id]
        return Converter(map_id, by_side[read], by_side[write], head.roots[write][0], compiled, REGISTRY)
