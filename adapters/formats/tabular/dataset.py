"""A source as a dataset: its files, what kind they are, which table each is, and their rows."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

from adapters.formats.tabular.columns import Told, columns
from adapters.formats.tabular.dialect import SAMPLE, sniffed
from adapters.formats.tabular.files import File, day, files, is_book
from adapters.formats.tabular.findings import Findings
from adapters.formats.tabular.layout import LOOK, header_at
from adapters.formats.tabular.quarantine import is_ours
from adapters.formats.tabular.reading import Keys, SheetReader, repeated
from adapters.formats.tabular.records import Record, records
from adapters.formats.tabular.report import Report
from adapters.formats.tabular.table import Dataset, KeptOut, Row, Sheet, Table
from adapters.formats.tabular.text import text
from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Result, Where
from conformance.tabular import dates, kinds
from conformance.tabular.schema import Order, Schema

MOST_COLUMNS = 5000
_SMALL = 16 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Source:
    """A sheet before its rows are read. `again` gives its records from the beginning, as often as asked."""

    name: str
    headers: tuple[str, ...]
    at: Record
    again: Callable[[], Iterator[Record]]
    comma: bool = False
    epoch1904: bool = False
    size: int = 0
    """Bytes."""

    def body(self) -> Iterator[Record]:
        """The records below the header."""
        return (each for each in self.again() if each.number > self.at.number)


@dataclass(slots=True)
class Opened:
    """A dataset whose files are known, and whose rows can be read: all at once, or in batches."""

    kind: str
    schema: Schema | None
    sources: list[tuple[Source, str]]
    """Each with the name of the table that it is, parents before children."""
    told: Told
    issues: list[Issue] = field(default_factory=list)

    def is_small(self) -> bool:
        """Whether all rows fit into memory with ease, by the size of the files."""
        return sum(source.size for source, _ in self.sources) < _SMALL

    def batches(
        self, tell: Callable[[Issue], None], keep_out: Callable[[KeptOut], None], *, keeps_rows: bool | None = False
    ) -> Iterator[tuple[str, list[Row]]]:
        """Rows with the name of their table, some hundred at a time; findings as they come. With `keeps_rows` false
        nothing of a row is kept, so that rows which contradict an earlier one are found only at the end; with None
        they aren't looked for."""
        keys = Keys(wanted=_referred(self.schema), keeps_rows=keeps_rows)
        for source, name in self.sources:
            table = self.schema.table(name) if self.schema else None
            sheet = Sheet(source=source.name, row=source.at.number, day=day(source.name))
            told = replace(self.told, epoch1904=self.told.epoch1904 or source.epoch1904)
            made = columns(sheet, source.headers, table, self.schema, told, _orders(source), comma=source.comma,
                           line=source.at.line)  # fmt: skip
            for one in made.issues:
                tell(one)
            if self.schema is not None and self.schema.closed and table is None:
                tell(issue("CSV-0017", Where(source=source.name), kind=self.schema.title))
            keys.there.update({each: set() for each in keys.wanted if each[0] == name and each not in keys.there})
            reader = SheetReader(made, table, name, Report(tell, keep_out), keys, source.headers)
            for rows in reader.rows(source.body()):
                yield name, rows
            keys.sheets.append(sheet)
        for one in repeated(keys, self.schema):
            tell(one)


def opened(source: bytes | Path, name: str = "", told: Told | None = None, schema: Schema | None = None) -> Opened:
    """The files of a source, their kind and tables. Nothing is read but the first lines of each, and its encoding.

    A `schema` that is given is what the tables are read by; without one the shipped kinds are tried.
    """
    told = told or Told()
    found, issues = files(source, name)
    declared = _declared(found, issues)
    all_ = [each for file in found if file.suffix != ".json" for each in _sources(file, told, schema, issues)]
    told, all_ = _dictionary(all_, told)
    kind, tables = _kind(all_, told, schema)
    if kind is None and declared is not None:
        kind, tables = _kind(all_, told, declared)
    if kind is not None and kind.said:
        kind = _version(kind, all_, tables)
    order = _parents_first(kind) if kind else []
    named = [(each, tables.get(number) or _stem(each.name)) for number, each in enumerate(all_)]
    named.sort(key=lambda pair: order.index(pair[1]) if pair[1] in order else len(order))
    if not named and not issues:
        issues.append(issue("CSV-0001", Where(line=1)))
    return Opened(kind.id if kind else "", kind, named, told, issues)


def parse(
    source: bytes | Path, name: str = "", told: Told | None = None, schema: Schema | None = None
) -> Result[Document]:
    """All of a dataset in memory. `source`: content, or the path of a file, folder or archive."""
    reading = opened(source, name, told, schema)
    if not reading.sources:
        return Result(value=None, issues=tuple(reading.issues))
    found = Findings()
    dataset = Dataset(reading.kind, reading.schema)
    for _, table in reading.sources:
        dataset.setdefault(table, Table(table, (), reading.schema.table(table) if reading.schema else None))
    for table, rows in reading.batches(found.add, dataset.kept_out.append, keeps_rows=True):
        dataset[table].extend(rows)
    for rows_ in dataset.values():
        rows_[:] = [row for row in rows_ if row]
        rows_.sheets = list({id(row.sheet): row.sheet for row in rows_}.values())
    return Result(value=Document(format="csv", version=reading.kind, root=dataset), issues=(*reading.issues, *found))


def _sources(file: File, told: Told, schema: Schema | None, issues: list[Issue]) -> Iterator[Source]:
    head = file.head(4096)
    if is_book(head, file.name):
        yield from _book(file, issues)
        return
    try:
        found = text(file, told.encoding or (schema.encoding if schema else ""))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        issues.append(issue("CSV-0005", Where(source=file.name), problem=type(error).__name__))
        return
    issues += found.issues
    first = list(islice(found.lines(), SAMPLE + LOOK))
    dialect = sniffed(first)
    skip = 1 if first and first[0].lower().startswith("sep=") else 0
    start = list(islice(records(first, dialect), LOOK + skip))
    at = header_at(start[skip:])
    if at < 0 or any("\0" in cell for cell in start[skip + at].cells):
        if first:
            issues.append(issue("CSV-0001", Where(source=file.name, line=1)))
        return
    header = start[skip + at]
    width = len(header.cells)
    if width > MOST_COLUMNS:
        issues.append(issue("CSV-0005", Where(source=file.name), problem=f"more than {MOST_COLUMNS} columns"))
        return
    if at:
        issues.append(issue("CSV-0006", Where(source=file.name, line=1), count=header.line - 1 - skip))
    yield Source(
        file.name,
        tuple(header.cells),
        header,
        lambda: records(found.lines(), dialect, width),
        comma=dialect.delimiter == ";",
        size=found.size,
    )


def _book(file: File, issues: list[Issue]) -> Iterator[Source]:
    from adapters.formats.tabular.workbook import sheets

    found, epoch1904, problems = sheets(file)
    issues += problems
    for name, rows in found:
        at = header_at(rows)
        if at >= 0:
            source = f"{file.name}#{name}"
            if at:
                issues.append(issue("CSV-0006", Where(source=source, line=1), count=at))
            yield Source(source, tuple(rows[at].cells), rows[at], partial(_copies, rows), epoch1904=epoch1904)


def _copies(rows: Sequence[Record]) -> Iterator[Record]:
    """Records whose cells may be changed."""
    return (each._replace(cells=list(each.cells)) for each in rows)


def _orders(source: Source) -> Callable[[int], Order]:
    """The order of day and month that a column proves; looked for when the first date needs it."""
    known: dict[int, Order] = {}

    def order(position: int) -> Order:
        if position not in known:
            known[position] = dates.proven(
                each.cells[position] for each in source.body() if position < len(each.cells) and not each.broken
            )
        return known[position]

    return order


def _kind(all_: list[Source], told: Told, schema: Schema | None) -> tuple[Schema | None, dict[int, str]]:
    sheets = [kinds.Sheet(each.name, _named(each, told)) for each in all_]
    if schema is not None:
        tables = {number: kinds.table_of(schema, sheet)[0] for number, sheet in enumerate(sheets)}
        return schema, {number: table.name for number, table in tables.items() if table}
    kind, found = kinds.detect(sheets)
    return (kinds.shipped(kind).value if kind else None), found


def _named(source: Source, told: Told) -> tuple[str, ...]:
    """Headers as they are matched: boxes by their field, questions by what a data dictionary says."""
    from adapters.formats.tabular.columns import field_of
    from conformance.tabular.plain import plain

    fields = ["" if is_ours(header) else field_of(header) for header in source.headers]
    return tuple(told.questions.get(plain(each), each) for each in fields)


def _version(kind: Schema, all_: list[Source], tables: Mapping[int, str]) -> Schema:
    """The version of the kind that a cell of the data names, such as CSVVersion in HMIS's Export."""
    family = kind.id.partition("@")[0]
    for name in kinds.ids():
        other = kinds.shipped(name).value if name.partition("@")[0] == family else None
        for path, starts in (other.said if other else {}).items():
            table, _, column = path.partition(".")
            for number, source in enumerate(all_):
                if other and tables.get(number) == table and column in source.headers:
                    first = next(iter(source.body()), None)
                    at = source.headers.index(column)
                    if first and at < len(first.cells) and first.cells[at].strip().startswith(starts):
                        return other
    return kind


def _dictionary(all_: list[Source], told: Told) -> tuple[Told, list[Source]]:
    """REDCap's data dictionary among the files: what numbers stand for, and which question a field asks."""
    from adapters.formats.tabular.redcap import is_dictionary, read

    rest = [each for each in all_ if not is_dictionary(each.headers)]
    for each in all_:
        if is_dictionary(each.headers) and rest:
            choices, questions = read(each.headers, (record.cells for record in each.body()))
            told = replace(told, choices={**choices, **told.choices}, questions={**questions, **told.questions})
    return told, rest


def _declared(found: list[File], issues: list[Issue]) -> Schema | None:
    """The schema of a `datapackage.json` beside the tables."""
    from conformance.tabular.frictionless import read

    for file in found:
        if file.suffix == ".json":
            result = read(file.whole(), file.name)
            issues += result.issues
            return result.value
    return None


def _parents_first(schema: Schema) -> list[str]:
    """Tables in an order in which each stands behind those that it refers to."""
    found: dict[str, None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        table = schema.table(name)
        if table is None or name in found or name in above:
            return
        for column in table.columns:
            if column.refers:
                visit(column.refers[0], (*above, name))
        found[name] = None

    for table in schema.tables:
        visit(table.name, ())
    return list(found)


def _referred(schema: Schema | None) -> frozenset[tuple[str, str]]:
    return frozenset(
        column.refers for table in (schema.tables if schema else ()) for column in table.columns if column.refers
    )


def _stem(name: str) -> str:
    """A table of no known kind goes by its file's or sheet's name."""
    if "#" in name:
        return name.rpartition("#")[2]
    return name.rpartition(".")[0] or name
