"""The tests that stand beside maps: `adt-a01.test.yaml`, run by the command that users have.

A test gives a document on one side and says what the other side must hold:

    - name: a discharge home
      give: {v2: "MSH|^~\\&|..."}
      expect: {fhir: {Patient.birthDate: 1980-02-03, "Encounter.status": finished}}
      absent: [Encounter.period.end]
      back: [PID-3, PV1-19]          # fields that come back unchanged; true: every mapped field
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from conformance import yaml
from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Result, Where
from conformance.yaml import Fields, Items, place
from mappings.catalog import SHIPPED, Catalog, Syntaxes
from mappings.run import Settings

KEYS = ("name", "map", "give", "expect", "absent", "back", "issues", "settings", "note")


class Codec(Protocol):
    """What a test needs of a format."""

    def parse(self, raw: bytes) -> Result[Document]: ...

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]: ...


Codecs = Callable[[str], Codec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One test: where it stands, its name, and what was not as it says (empty: it passed)."""

    source: str
    line: int
    name: str
    failures: tuple[str, ...] = ()


def trial(
    overlays: Sequence[Path],
    syntaxes: Syntaxes,
    codecs: Codecs,
    shipped: Path = SHIPPED,
    only: Collection[str] = (),
) -> tuple[list[Outcome], tuple[Issue, ...]]:
    """Runs the tests of the overlays and, beside the shipped maps, of those that the overlays concern; without
    overlays every test. `only`: of these maps alone."""
    catalog = Catalog(tuple(overlays), shipped)
    concerned = set(catalog.concerned())
    outcomes: list[Outcome] = []
    issues: list[Issue] = []
    for folder in (shipped, *overlays):
        for path in sorted(folder.rglob("*.test.yaml")):
            read = yaml.load(path.read_bytes(), str(path))
            issues += read.issues
            for node in read.value or ():
                if not isinstance(node, Fields) or (only and _map_id(path, node) not in only):
                    continue
                if folder != shipped or _map_id(path, node) in concerned:
                    outcomes.append(_Trial(catalog, syntaxes, codecs, path, node, issues).run())
    return outcomes, tuple(issues)


def _map_id(path: Path, node: Fields) -> str:
    """The map that a test is of: named, or the one beside it."""
    return str(node.get("map", path.name.removesuffix(".test.yaml")))


@dataclass(slots=True)
class _Trial:
    catalog: Catalog
    syntaxes: Syntaxes
    codecs: Codecs
    path: Path
    node: Fields
    issues: list[Issue]

    def run(self) -> Outcome:
        for key in self.node:
            if key not in KEYS:
                self.issues.append(issue("MAP-0002", place(key, str(self.path)), key=key, what="a map test"))
        failures = tuple(self._failures())
        name = str(self.node.get("name", ""))
        return Outcome(source=str(self.path), line=self.node.line, name=name, failures=failures)

    def _failures(self) -> list[str]:
        give = self.node.get("give", Fields())
        if not isinstance(give, Fields) or len(give) != 1:
            return ["`give` names one side and its document"]
        side, text = next(iter(give.items()))
        map_id = _map_id(self.path, self.node)
        head = self.catalog.heads.get(map_id)
        if head is None or side not in head.sides:
            return [f"there is no map `{map_id}` with a side `{side}`"]
        other = head.sides[1] if head.sides[0] == side else head.sides[0]
        document = self._document(str(side), str(text))
        converter = self.catalog.converter(map_id, str(side), other, self.syntaxes)
        if document is None or converter is None:
            return ["the document can't be read" if document is None else "the map has errors: run lint"]
        made = converter(document, self._settings())
        return self._judge(document, made, str(side), other, map_id)

    def _settings(self) -> Settings:
        given = self.node.get("settings", Fields())
        words: dict[str, Any] = {
            str(key): dict(value) if isinstance(value, Fields) else str(value) for key, value in given.items()
        }
        return Settings(**words)

    def _document(self, side: str, text: str) -> Document | None:
        raw = text.strip("\n").replace("\n", "\r") if side.startswith("v2") else text
        codec = self.codecs(side.partition("-")[0])
        columns = self._columns() if side == "csv" else None
        if columns is not None:
            return codec.read(raw.encode(), schema=columns).value  # type: ignore[attr-defined, no-any-return]
        return codec.parse(raw.encode()).value

    def _columns(self) -> Any:
        """The schema of an own kind of tables, beside its map."""
        from conformance.tabular import kinds

        head = self.catalog.heads[_map_id(self.path, self.node)]
        found = (head.path.with_name(f"{kind}.columns.yaml") for kind in head.roots["csv"])
        return next((kinds.load(str(path)).value for path in found if path.is_file()), None)

    def _judge(self, source: Document, made: Any, side: str, other: str, map_id: str) -> list[str]:
        failures: list[str] = []
        expected = self.node.get("expect", Fields())
        if made.document is None:
            return [] if expected.get(other) == "nothing" else ["the map gave no document"]
        codec = self.codecs(other.partition("-")[0])
        for path, wanted in expected.get(other, Fields()).items():
            found = [_text(value) for value, _ in codec.values(made.document, str(path))]
            texts = [str(each) for each in wanted] if isinstance(wanted, Items) else [str(wanted)]
            if found != texts:
                failures.append(f"{path}: {found} instead of {texts}")
        for path in self.node.get("absent", ()):
            if there := codec.values(made.document, str(path)):
                failures.append(f"{path}: {[_text(value) for value, _ in there]} instead of nothing")
        codes = sorted({each.code for each in made.issues})
        if "issues" in self.node and codes != sorted(map(str, self.node["issues"])):
            failures.append(f"issues {codes} instead of {sorted(map(str, self.node['issues']))}")
        return failures + self._back(source, made.document, side, other, map_id, made.ledger)

    def _back(self, source: Document, made: Document, side: str, other: str, map_id: str, ledger: Any) -> list[str]:
        wanted = self.node.get("back")
        converter = self.catalog.converter(map_id, other, side, self.syntaxes) if wanted is not None else None
        if wanted is None:
            return []
        if converter is None:
            return ["the map has errors on the way back: run lint"]
        again = converter(made, self._settings()).document
        codec = self.codecs(side.partition("-")[0])
        if isinstance(wanted, Items):
            paths = [str(path) for path in wanted]
        else:
            paths = list(dict.fromkeys(row.path for row in ledger.rows() if row.status == "mapped"))
        failures = []
        for path in paths:
            before = [_text(value) for value, _ in codec.values(source, path)]
            after = [_text(value) for value, _ in codec.values(again, path)] if again is not None else []
            if before != after:
                failures.append(f"back at {path}: {after} instead of {before}")
        return failures


def _text(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)
