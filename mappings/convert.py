"""A compiled map at work: `Converter` takes a document and gives the other format's, with issues and the ledger."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

from conformance.catalogue import issue
from conformance.collecting import uncollected
from conformance.document import Document
from conformance.issue import Issue, Where
from mappings import cache
from mappings.coding import back_code, back_key, fitting
from mappings.compiled import Compiled, Site
from mappings.ledger import Coverage, Ledger
from mappings.notes import BLANK, CONFLICT, DROPPED, HEARD, KEPT, KEYLESS, NOTHING, NOWHERE, SAID, TOOK, UNCLAIMED, Note
from mappings.run import MOST_REMEMBERED, Memory, Run, Settings
from mappings.trees import there

MOST_FACILITIES = 64
"""How many facilities' directories are remembered at once."""

_CODES = {
    KEPT: "MAP-0103",
    DROPPED: "MAP-0102",
    BLANK: "MAP-0109",
    NOTHING: "MAP-0101",
    NOWHERE: "MAP-0108",
    KEYLESS: "MAP-0104",
}


class Conversion:
    """What a conversion gave: the target document (None when the map doesn't apply), issues, and the ledger.

    The document is for reading: directory resources (organizations, practitioners, places) are objects that documents
    share. `mappings.run.copied` makes a tree that may be written into.

    Issues and ledger are made of the run's notes when they are first asked for.
    """

    __slots__ = ("_converter", "_issues", "_ledger", "_run", "document")

    def __init__(self, converter: Converter, run: Run, document: Document | None) -> None:
        self.document = document
        self._converter = converter
        self._run = run
        self._issues: tuple[Issue, ...] | None = None
        self._ledger: Ledger | None = None

    @property
    def issues(self) -> tuple[Issue, ...]:
        if self._issues is None:
            self._issues = self._converter.issues(self._run, applied=self.document is not None)
        return self._issues

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = self._converter.ledger(self._run)
        return self._ledger


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def matches(pattern: str, text: str) -> bool:
    """True when a whole text matches a pattern of a map."""
    return len(text) <= 10_000 and _pattern(pattern).fullmatch(text) is not None


class Converter:
    """One map in one direction. Thread-safe: what a conversion knows is in its Run."""

    def __init__(
        self, map_id: str, reading: Any, writing: Any, root: str, compiled: Compiled, conversions: Any
    ) -> None:
        self.map_id = map_id
        self._reading = reading
        self._writing = writing
        self._root = root
        self._compiled = compiled
        self._conversions = conversions
        self._templates: dict[tuple[int, int], Issue] = {}
        self._memories: dict[tuple[Any, ...], Memory] = {}
        self._functions: dict[str, Callable[[Any, Run, Any], bool]] = {}

    def __call__(self, document: Document, settings: Settings = Settings()) -> Conversion:  # noqa: B008 (immutable)
        root = document.root
        with uncollected():
            return self._converted(root, settings)

    def _converted(self, root: Any, settings: Settings) -> Conversion:
        name, facility = self._reading.origin(root)
        memory = self._memories.get((settings.key, *facility))
        if memory is None or len(memory) > MOST_REMEMBERED:
            memory = self._forget(settings, facility)
        run = Run(
            settings,
            root,
            f"{settings.sender}|{name}",
            facility,
            getattr(self._reading, "resources", None),
            getattr(self._reading, "index", None),
            memory,
        )
        target = self._writing.start(self._root)
        variant = self._reading.variant(root)
        function = self._functions.get(variant) or self._load(variant)
        if not function(root, run, target):
            return Conversion(self, run, None)
        run.finish()
        return Conversion(self, run, self._writing.finish(target, run))

    def _forget(self, settings: Settings, facility: list[str]) -> Memory:
        """A new memory for a facility; all are dropped when there are too many."""
        if len(self._memories) >= MOST_FACILITIES:
            self._memories.clear()
        memory: Memory = {}
        self._memories[(settings.key, *facility)] = memory
        return memory

    def ledger(self, run: Run) -> Ledger:
        """The account of a run."""
        return Ledger(run.source, self._coverage, run.told())

    @cached_property
    def _coverage(self) -> Coverage:
        return Coverage(self._compiled, self._reading)

    def _load(self, variant: str) -> Callable[[Any, Run, Any], bool]:
        source = self._compiled.sources[variant]
        filename = f"<map {self.map_id} {self._reading.name} to {self._writing.name} {variant}>"
        namespace: dict[str, Any] = {
            **self._writing.runtime,
            **self._reading.runtime,
            "matches": matches,
            "there": there,
            "back_key": back_key,
            "fitting": fitting,
            "back_code": back_code,
            "NONE": frozenset(),
        }
        for name in self._compiled.conversions:
            plain = name.replace("-", "_")
            namespace["F_" + plain] = self._conversions[name].forward
            namespace["B_" + plain] = self._conversions[name].backward
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(cache.code(self.map_id, source, filename), namespace)  # noqa: S102 (our own generated source)
        function: Callable[[Any, Run, Any], bool] = namespace["run"]
        self._functions[variant] = function
        return function

    # ---- issues ----------------------------------------------------------------------------------------------

    def issues(self, run: Run, *, applied: bool) -> tuple[Issue, ...]:
        """What a run met, in the order of its rules."""
        if not applied:
            return (issue("MAP-0105", Where(), map=self.map_id),)
        locate = self._reading.locator(run.source)
        notes = [note for note in run.told() if note[0] > TOOK]
        said = {note[1:3] for note in notes if note[0] == SAID}
        notes = [note for note in notes if note[0] != NOTHING or note[1:3] not in said]  # the conversion said why
        found = [each for note in notes if (each := self._issue(note, locate)) is not None]
        found += [issue("MAP-0106", Where(), target=path) for path in dict.fromkeys(run.conflicts)]
        found += [issue("MAP-0110", Where(), target=name) for name in dict.fromkeys(run.unplaced)]
        return tuple(dict.fromkeys(found))

    def _issue(self, note: Note, locate: Callable[[tuple[Any, ...], str], Where]) -> Issue | None:
        kind, at, number, found = note
        site = self._compiled.sites[number]
        if kind == UNCLAIMED:
            return _unclaimed(found[0], found[1], found[2])
        if kind == HEARD or (kind == NOTHING and (site.quiet or found is None)):
            return None
        where = locate(at, site.path)
        if kind == SAID:
            return issue(found[0], where, found=found[1])
        return replace(self._template(kind, number), at=where, found=_text(found))

    def _template(self, kind: int, number: int) -> Issue:
        """What a kind of note says of a rule, apart from the place and what was found."""
        made = self._templates.get((kind, number))
        if made is None:
            made = self._templates[(kind, number)] = issue(
                _CODES[kind], Where(), **_words(self._compiled.sites[number])
            )
        return made


@lru_cache(maxsize=1024)
def _unclaimed(kind: str, profile: str, needs: str) -> Issue:
    """What stood in the way of a profile: the same of many resources of a run, which say it once."""
    element = needs.partition(" ")[0].replace("?", "")
    return issue("MAP-0107", Where(path=f"{kind}.{element}"), type=kind, profile=profile, needs=needs)


def _words(site: Site) -> dict[str, str]:
    words = {"table": "", "kind": "", "type": "", "target": ", ".join(site.targets), **dict(site.words)}
    return {name: value or "a value" for name, value in words.items()}


def _text(found: Any) -> str | None:
    if found is None:
        return None
    return " ".join(str(part) for part in found if part) if isinstance(found, list) else str(found)


__all__ = ["CONFLICT", "Conversion", "Converter", "matches"]
