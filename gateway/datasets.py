"""Tables as sources: which folders are one dataset, and its one document.

A folder with `Export.csv` or `datapackage.json`, or whose tables are all of one known kind, is a dataset as a whole; so
are a workbook and an archive. Any other CSV file is one by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from conformance.issue import Issue
from gateway.sources import Part
from gateway.targets import Misuse

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from adapters.formats.tabular.table import KeptOut
    from conformance.tabular.schema import Order, Schema
    from gateway.config import Site

NAME = "csv"
_TABLES = (".csv", ".tsv", ".tab", ".psv", ".xlsx", ".xlsm", ".xls", ".zip")
_OTHERS = (".hl7", ".json", ".ndjson", ".xml", ".ccda", ".ccd", ".cda")
_MARKS = ("export.csv", "datapackage.json")


def is_dataset(folder: Path) -> bool:
    """Whether a folder's own files are one dataset."""
    names = [path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    tables = [name for name in names if name.lower().endswith(_TABLES)]
    if not tables:
        return False
    if any(name.lower() in _MARKS for name in names):
        return True
    return not any(name.lower().endswith(_OTHERS) for name in names) and _of_one_kind(folder)


def _of_one_kind(folder: Path) -> bool:
    from adapters.formats.tabular.dataset import opened

    found = opened(folder)
    return found.schema is not None and all(found.schema.table(name) for _, name in found.sources)


def parts(
    source: bytes | Path, name: str = "", told: Told | None = None, schema: Schema | None = None
) -> Iterator[Part]:
    """The one document of a dataset, in a file's content, a file or a folder."""
    from adapters.formats.tabular import FORMAT

    result = FORMAT.read(source, name, told, schema)
    yield Part(raw=b"", format=FORMAT, document=result.value, issues=result.issues)


ORDERS = ("DMY", "MDY", "YMD")


def told(dates: str | None, encoding: str | None) -> Told | None:
    """What is declared of tables: the order of day and month (of `ORDERS`), the encoding. None where nothing is; Misuse
    for an order that isn't one, or an encoding that Python doesn't know."""
    if not dates and not encoding:
        return None
    import codecs

    from adapters.formats.tabular.columns import Told

    if dates and dates not in ORDERS:
        raise Misuse(f"there is no order of dates {dates!r}; there are {', '.join(ORDERS)}")
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise Misuse(f"there is no encoding {encoding!r}") from error
    return Told(order=cast("Order", dates or ""), encoding=encoding or "")


def schema_of(source: bytes | Path, site: Site, map_id: str | None = None) -> Schema | None:
    """The site's own schema of a source: that beside the map that is named, else the first whose tables it has.

    A map `between: {csv: shelter, fhir: Bundle}` has it in `shelter.columns.yaml` beside it.
    """
    from gateway.conversion import catalog_of

    heads = catalog_of(site).heads if site.overlays else {}
    for head in heads.values():
        if "csv" not in head.sides or (map_id and head.id != map_id):
            continue
        for kind in head.roots["csv"]:
            schema = _beside(head.path, kind)
            if schema is not None and (map_id or _fits(source, schema)):
                return schema
    return None


def _beside(path: Path, kind: str) -> Schema | None:
    from conformance.tabular import kinds

    columns = path.with_name(f"{kind}.columns.yaml")
    return kinds.load(str(columns)).value if columns.is_file() else None


def _fits(source: bytes | Path, schema: Schema) -> bool:
    from adapters.formats.tabular.dataset import opened

    found = opened(source, schema=schema)
    return bool(found.sources) and all(schema.table(name) for _, name in found.sources)


LARGE = 8 * 1024 * 1024
"""Bytes of tables from which on they are converted share by share."""


TOO_LARGE = 16 * LARGE
"""The same that no document can hold: in memory they are some fifty times as much."""


def is_large(source: Path, most: int = 0) -> bool:
    """Whether the tables of a file or folder are too large to be converted as one document."""
    files = [source] if source.is_file() else [path for path in source.iterdir() if path.is_file()]
    return sum(path.stat().st_size for path in files if path.suffix.lower() in _TABLES) > (most or LARGE)


def shares(source: Path, told: Told | None = None, schema: Schema | None = None) -> Iterator[Part]:
    """The dataset as several documents of whole persons or things, each with the findings since the one before; one
    document where nothing says what its rows belong to."""
    from adapters.formats.tabular import FORMAT
    from adapters.formats.tabular.dataset import opened
    from adapters.formats.tabular.findings import Findings
    from adapters.formats.tabular.shares import is_shareable
    from adapters.formats.tabular.shares import shares as taken_apart
    from conformance.document import Document

    reading = opened(source, "", told, schema)
    if not is_shareable(reading):
        yield from parts(source, told=told, schema=schema)
        return
    found = Findings()
    out: list[KeptOut] = []
    for issue in reading.issues:
        found.add(issue)
    for dataset in taken_apart(reading, found.add, out.append):
        dataset.kept_out = [*out]
        out.clear()
        document = Document(format=NAME, version=reading.kind, root=dataset)
        yield Part(raw=b"", format=FORMAT, document=document, issues=found.taken())
    if rest := found.rest():
        yield Part(raw=b"", issues=rest)


def named(one: Issue, source: str, file: str) -> Issue:
    """The issue in its source as it was named: `in/clients.csv`, `in/book.xlsx#Visits`, `in/hmis/Client.csv`. `file` is
    the source's own name."""
    inner = one.at.source
    if not inner or inner == file:
        return one.within(source)
    return one.within(source + inner[len(file) :] if inner.startswith(f"{file}#") else f"{source}/{inner}")
