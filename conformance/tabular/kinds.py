"""The kinds of exports that ship, schemas of one's own, and which kind a dataset is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Result, Where
from conformance.tabular.headers import asked, fits
from conformance.tabular.notation import read
from conformance.tabular.plain import plain
from conformance.tabular.schema import Schema, Table

_SHIPPED = Path(__file__).parent.parent / "profiles" / "csv"


@cache
def ids() -> tuple[str, ...]:
    """The kinds that ship, most particular first."""
    from conformance.yaml import load as load_yaml

    return tuple(map(str, load_yaml((_SHIPPED / "kinds.yaml").read_bytes(), "kinds.yaml").value or ()))


@cache
def parts() -> Mapping[str, Any]:
    """The columns that many tables share, by the names of their groups."""
    from conformance.yaml import load as load_yaml

    found: Mapping[str, Any] = load_yaml((_SHIPPED / "parts.yaml").read_bytes(), "parts.yaml").value or {}
    return found


def load(id_or_file: str) -> Result[Schema]:
    """A shipped schema by id, else the file of that name, YAML or Frictionless; never an exception for a bad one."""
    if id_or_file in ids():
        return shipped(id_or_file)
    try:
        raw = Path(id_or_file).read_bytes()
    except (OSError, ValueError):
        return Result(value=None, issues=(issue("PRO-0206", Where(source=id_or_file), ids=", ".join(ids())),))
    return read_any(raw, id_or_file)


def read_any(raw: bytes, source: str) -> Result[Schema]:
    if source.lower().endswith(".json"):
        from conformance.tabular.frictionless import read as read_frictionless

        return read_frictionless(raw, source)
    return read(raw, source, parts(), load)


@cache
def shipped(name: str) -> Result[Schema]:
    path = _SHIPPED / f"{name}.yaml"
    return read(path.read_bytes(), path.name, parts(), shipped)


@cache
def headers() -> frozenset[str]:
    """Every header that some shipped kind knows, simplified."""
    found: set[str] = set()
    for name in ids():
        schema = shipped(name).value
        for table in schema.tables if schema else ():
            for column in table.columns:
                found |= {plain(each) for each in (column.name, *column.also)}
    return frozenset(found - {""})


@lru_cache(maxsize=4096)
def question(text: str, panel: str = "") -> str:
    """LOINC code of the question that words ask, as the headers of the kinds of screenings are read; of several
    instruments the one of `panel`. Empty where none does, or more than one.
    """
    found: dict[str, str] = {}
    for schema in (shipped(name).value for name in ids()):
        if schema is not None and schema.panel:
            columns = (column for table in schema.tables for column in table.columns if column.question)
            held = {column.name: column.question for column in columns}
            codes = [held[name] for table in schema.tables for name in fits(table, (text,)) if name in held]
            if codes:
                found[schema.panel] = codes[0]
    said = {found[panel]} if panel in found else set(found.values())
    return said.pop() if len(said) == 1 else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is known of a table before its rows are read: name of its file or sheet, headers."""

    name: str
    headers: tuple[str, ...]


def detect(sheets: Sequence[Sheet]) -> tuple[str, dict[int, str]]:
    """The kind that most of the sheets are tables of, and which table each is; empty where none fits.

    Versions of one kind are told apart by their columns: the one that knows more of the headers. The caller asks
    `Schema.said` afterwards. Misspelt headers count only where nothing fits without.
    """
    return _best(sheets, near=False) or _best(sheets, near=True) or ("", {})


def _best(sheets: Sequence[Sheet], *, near: bool) -> tuple[str, dict[int, str]] | None:
    best: tuple[float, str, dict[int, str]] = (0.0, "", {})
    for name in ids():
        schema = shipped(name).value
        if schema is not None:
            score, found = _score(schema, sheets, near)
            if score > best[0] + 1e-9:
                best = (score, name, found)
    return (best[1], best[2]) if best[1] else None


def _score(schema: Schema, sheets: Sequence[Sheet], near: bool) -> tuple[float, dict[int, str]]:
    """Share of all headers that the schema's tables know; a standard's are called as it calls them, mostly."""
    found: dict[int, str] = {}
    known = 0.0
    for number, sheet in enumerate(sheets):
        table, count = table_of(schema, sheet, near=near)
        if table is not None:
            found[number] = table.name
            known += count - (_otherwise(table, sheet, near) * _CALLED_OTHERWISE if schema.closed else 0)
    total = sum(len([each for each in sheet.headers if each.strip()]) for sheet in sheets) or 1
    share = known / total
    return (share if share >= _LEAST_SHARE else 0.0), found


def _otherwise(table: Table, sheet: Sheet, near: bool) -> int:
    """How many of the known headers aren't their columns' own names."""
    matched = fits(table, sheet.headers, near=near)
    return sum(plain(sheet.headers[position]) != plain(name) for name, position in matched.items())


def table_of(schema: Schema, sheet: Sheet, *, near: bool = True) -> tuple[Table | None, int]:
    """The table that a sheet is, and how many of its headers that table knows.

    The telling columns must be there; a file's name decides between tables that fit as well. Under another name, a
    table of a standard must have most of its headers known.
    """
    best: tuple[tuple[bool, int], Table | None] = ((False, 0), None)
    filled = sum(1 for each in sheet.headers if each.strip())
    for table in schema.tables:
        matched = fits(table, sheet.headers, near=near)
        named = _named(table, sheet.name)
        if not matched or not (all(name in matched for name in table.telling) or _asks(table, sheet.headers)
                               or (named and _is_mostly(table, matched, filled))):  # fmt: skip
            continue
        rank = (named, len(matched))
        if not rank[0] and len(matched) < filled * (_STRANGE if schema.closed else _LEAST_SHARE):
            continue
        if rank > best[0]:
            best = (rank, table)
    return best[1], best[0][1]


def _is_mostly(table: Table, matched: Mapping[str, int], filled: int) -> bool:
    """Under the table's own name: whether its key and most of its headers are there."""
    return bool(table.key) and all(name in matched for name in table.key) and len(matched) >= filled * _MOSTLY


def _asks(table: Table, headers: tuple[str, ...]) -> bool:
    """Whether the headers are questions of the table's: their LOINC codes, or their words."""
    return asked(table, headers) >= _LEAST_ASKED


_LEAST_ASKED = 2
_CALLED_OTHERWISE = 0.1
_LEAST_SHARE = 0.3
_MOSTLY = 0.6
_STRANGE = 0.8


def _named(table: Table, name: str) -> bool:
    """Whether the file's or sheet's name is the table's."""
    names = {part.lower() for part in name.replace("\\", "/").rsplit("/", 1)[-1].split("#")} | {name.lower()}
    return any(fnmatchcase(each, pattern.lower()) for each in names for pattern in _patterns(table))


def _patterns(table: Table) -> Iterable[str]:
    for pattern in table.files:
        yield pattern
        yield pattern.rsplit(".", 1)[0] + ".*" if "." in pattern else pattern
    yield table.name
