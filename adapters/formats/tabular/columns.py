"""A sheet's headers as columns of its table: which is which, how each is read, which boxes are ticked together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.formats.tabular.quarantine import is_ours
from adapters.formats.tabular.table import Head, Sheet, letter
from conformance.catalogue import issue
from conformance.issue import Issue, Where
from conformance.tabular import schema
from conformance.tabular.headers import is_far, known_as, match
from conformance.tabular.plain import plain
from conformance.tabular.values import Cell, Reader, at_once, cleaned, reader

_BOX = re.compile(r"(.{1,80}?)(?:___(-?\w{1,40})| ?\(choice=(.{1,200})\))")
"""REDCap's ticked boxes: `field___2`, with labels `Field (choice=Food)`."""
_MOST_KEPT = 5_000


class Memo(dict[str, str]):
    """What a column's reader made of each text. `flagged`: the texts that a finding or a further cell came with."""

    __slots__ = ("at_once", "flagged", "read")

    def __init__(self, read: Reader, at_once: Callable[[str], str] | None = None) -> None:
        """`at_once` gives the value of most texts of the type without further ado, and else nothing."""
        super().__init__()
        self.read = read
        self.at_once = at_once
        self.flagged: dict[str, Cell] = {}

    def __missing__(self, text: str) -> str:
        if self.at_once is not None and (value := self.at_once(text)):
            self[text] = value
            return value
        cell = self.read(text)
        if cell.code or cell.more:
            self.flagged[text] = cell
        self[text] = cell.value
        return cell.value

    def trim(self) -> None:
        """Forgets all when it is much: a column of names has few texts that come again. Between batches only, so that
        no finding is lost."""
        if len(self) > _MOST_KEPT:
            self.clear()
            self.flagged.clear()


@dataclass(slots=True)
class Read:
    """A column that is read: its place among the cells, its name, and its memory."""

    name: str
    position: int
    memo: Memo
    column: schema.Column | None
    boxes: tuple[tuple[int, str], ...] = ()
    """Positions of ticked boxes with what each stands for."""


@dataclass(slots=True)
class Columns:
    """All columns of a sheet, and what was to be said of its headers."""

    sheet: Sheet
    reads: list[Read] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    width: int = 0
    mended: bool = False
    """A file of rows that were kept out before: they must be whole now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sender said beside the data: order of day and month, encoding, 1904 days, meaning of numbers."""

    order: schema.Order = ""
    encoding: str = ""
    epoch1904: bool = False
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Column (simplified header) to number to text: a data dictionary."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """Column (simplified header) to the LOINC code of its question."""


def columns(
    sheet: Sheet,
    headers: Sequence[str],
    table: schema.Table | None,
    kind: schema.Schema | None,
    told: Told,
    order: Callable[[int], schema.Order],
    *,
    comma: bool,
    line: int,
) -> Columns:
    """The columns of a sheet by its table's schema; without one, each by its header as text."""
    made = Columns(sheet, width=len(headers))
    made.width = max((number for number, header in enumerate(headers, 1) if header.strip()), default=0)
    boxes = _boxes(headers, table)
    named = tuple(_meant(header, boxes.get(number), told) for number, header in enumerate(headers))
    found = match(table, named) if table else {}
    heads: list[Head] = []
    seen: dict[str, int] = {}
    for position, header in enumerate(headers):
        column = found.get(position)
        name = column.name if column else ""
        if is_ours(header):
            made.mended = True
            heads.append(Head(name="", header=header.strip(), position=position))
            continue
        if position in boxes and not column:
            heads.append(Head(name="", header=header.strip(), position=position))
            continue
        if not column:
            name = _free(header, position, seen, table)
            made.issues += _unknown(sheet, header, position, plain(header) in seen, found, table, kind, line)
        elif _far(header, column, told) and position not in boxes:
            made.issues.append(_said(sheet, "CSV-0014", line, position, header, column=column.name))
        seen.setdefault(plain(header), position)
        heads.append(Head(name=name, header=header.strip(), position=position))
        if position < made.width:
            made.reads.append(_read(name, position, column, kind, told, header, order, comma, boxes))
    sheet.heads = tuple(heads)
    sheet.by_name = {head.name: head for head in reversed(heads) if head.name}
    for each in made.reads:
        for at, choice in each.boxes:
            sheet.by_name[f"{each.name}={each.memo[choice]}"] = heads[at]
    made.issues += _missing(sheet, table, {read.name for read in made.reads}, line)
    return made


def _boxes(headers: Sequence[str], table: schema.Table | None) -> dict[int, tuple[str, str]]:
    """Position to the field and the choice of a ticked box; only of fields that the table has as choices."""
    fields = {
        plain(name) for column in (table.columns if table else ()) if column.type == "choices"
        for name in (column.name, *column.also)
    }  # fmt: skip
    found = {}
    for position, header in enumerate(headers):
        box = _BOX.fullmatch(header.strip())
        if box is not None and plain(box[1]) in fields:
            found[position] = (box[1], box[2] or box[3])
    return found


def _meant(header: str, box: tuple[str, str] | None, told: Told) -> str:
    """The header that a column is found by: a box's field; the question that a data dictionary names for it."""
    name = box[0] if box else header
    return told.questions.get(plain(name), name)


def _far(header: str, column: schema.Column, told: Told) -> bool:
    """Whether the header is none of the names that the column goes by."""
    return plain(header) not in told.questions and is_far(header, column)


def _free(header: str, position: int, seen: Mapping[str, int], table: schema.Table | None) -> str:
    """A column that no schema knows goes by its header; a second one of a header with its letter, one without a header
    by its letter."""
    text = " ".join(header.split()) or f"column {letter(position)}"
    taken = plain(text) in seen or (table is not None and table.column(text) is not None)
    return f"{text} ({letter(position)})" if taken and header.strip() else text


def _unknown(
    sheet: Sheet,
    header: str,
    position: int,
    twice: bool,
    found: Mapping[int, schema.Column],
    table: schema.Table | None,
    kind: schema.Schema | None,
    line: int,
) -> Iterator[Issue]:
    """What is to be said of a column that isn't one of the table's."""
    if not header.strip():
        return
    other = next((each for each in found.values() if plain(header) in known_as(each)), None)
    if twice:
        yield _said(sheet, "CSV-0012", line, position, header)
    elif other is not None:
        yield _said(sheet, "CSV-0019", line, position, header, column=other.name)
    elif kind is not None and table and kind.closed:
        yield _said(sheet, "CSV-0013", line, position, header, kind=kind.title)


def _read(
    name: str,
    position: int,
    column: schema.Column | None,
    kind: schema.Schema | None,
    told: Told,
    header: str,
    order: Callable[[int], schema.Order],
    comma: bool,
    boxes: Mapping[int, tuple[str, str]],
) -> Read:
    if column is None:
        return Read(name, position, Memo(_plain_text), None)
    declared = column.order or told.order or _order(header) or (kind.order if kind else "")
    mine = boxes.get(position)
    choices = told.choices.get(plain(mine[0] if mine else header), {})
    read = reader(
        column,
        lambda: declared if declared in ("DMY", "MDY") else order(position),
        kind.unknown if kind else frozenset(),
        comma=comma,
        epoch1904=told.epoch1904,
        choices=choices,
        panel=kind.panel if kind else "",
    )
    if column.type in ("date", "datetime") and not (kind and kind.offsets):
        read = _without_offset(read)
    ticked = tuple((at, box[1]) for at, box in boxes.items() if mine and box[0] == mine[0])
    unknown = bool(column.unknown or (kind and kind.unknown) or column.pattern or column.shortest or column.longest)
    return Read(name, position, Memo(read, None if unknown else at_once(column)), column, ticked)


def _order(header: str) -> schema.Order:
    """The order that a header declares: `DOB (MM/DD/YYYY)`."""
    text = plain(header)
    return "MDY" if "mmddyy" in text else "DMY" if "ddmmyy" in text else ""


def _plain_text(text: str) -> Cell:
    return Cell(cleaned(text))


def _without_offset(read: Reader) -> Reader:
    """The same, where times may come without an offset."""

    def reading(text: str) -> Cell:
        cell = read(text)
        return Cell(cell.value) if cell.code == "CSV-0105" else cell

    return reading


def _said(sheet: Sheet, code: str, line: int, position: int, header: str, **words: str) -> Issue:
    head = Head(name="", header=header.strip(), position=position)
    where = Where(source=sheet.source, path=f"row {sheet.row}, {head}", line=line)
    return issue(code, where, **words)


def _missing(sheet: Sheet, table: schema.Table | None, there: set[str], line: int) -> Iterator[Issue]:
    for column in table.columns if table else ():
        if (column.required or column.key) and column.name not in there:
            where = Where(source=sheet.source, path=f"row {sheet.row}", line=line)
            yield issue("CSV-0015", where, column=column.name, table=table.name if table else "")


def field_of(header: str) -> str:
    """The field of a ticked box; any other header itself."""
    box = _BOX.fullmatch(header.strip())
    return box[1] if box else header
