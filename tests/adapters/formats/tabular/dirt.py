"""Spoils a clean table in the ways in which real exports are dirty, and judges what was read of it.

A defect changes a `Spoilt` table; several can be put on top of one another. `judge` holds a reading against the truth:
each row is read right, or something is said at its line.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from adapters.formats.tabular.table import Row
from conformance.issue import Issue

HEADERS = {
    "person_id": "MemberID", "subscriber_id": "SubscriberID", "last_name": "LastName", "first_name": "FirstName",
    "birth_date": "BirthDate", "sex": "Sex", "address": "Address", "city": "City", "zip": "Zip", "phone": "HomePhone",
    "medicare": "Medicare", "opt_out": "OptOut",
}  # fmt: skip
TRUTH: tuple[dict[str, str], ...] = tuple(
    dict(zip(HEADERS, row.split("|"), strict=True))
    for row in (
        "M001|S1|Muñoz|José|1981-03-19|male|22 Fern Hollow|Barre|01005|315-555-0120|false|false",
        "M002|S1|Muñoz|Zoë|2014-05-06|female|22 Fern Hollow|Barre|01005|315-555-0120|false|true",
        "M003|S2|O'Hara|Ann|1979-11-23|female|4 Elm St, Apt 2|Gilbertville|01031|315-555-0121|true|false",
        "M004|S3|van der Berg|Anneke|1957-07-07|female|310 Steuben Park|Utica|13501-2299|315-555-0144|true|false",
        "M005|S4|Null|Jean|1944-02-29|male|1 Rue \"Sud\"|Rome|13440|315-555-0131|false|false",
        "M006|S5|Nan|Le|1990-12-31|female|9 Elm|Utica|13502|315-555-0132|true|true",
        "M007|S6|Brown|Sky|1966-01-15|other|77 Ware Rd|Hardwick|01037|315-555-0133|false|false",
        "M008|S7|Lindqvist|Åsa|1988-10-09|female|5 Mill Race Ln|Cohoes|12047|315-555-0163|true|false",
    )
)  # fmt: skip


@dataclass
class Spoilt:
    """A table as text to be. `cells` are those of the sender; `lines` says where each truth row came to stand."""

    headers: list[str]
    cells: list[list[str]]
    delimiter: str = ","
    line_end: str = "\r\n"
    encoding: str = "utf-8"
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    broken: dict[int, str] = field(default_factory=dict)
    """Rows whose line is to be written as it stands."""
    container: str = ""
    meant: list[dict[str, str]] = field(default_factory=list)
    """What each row says, for those who read it right."""

    def text(self) -> tuple[str, list[int]]:
        """The file, and the physical line on which each row begins."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.line_end)
        for line in self.above:
            out.write(line + self.line_end)
        writer.writerow(self.headers)
        starts = []
        for number, row in enumerate(self.cells):
            starts.append(_lines(out.getvalue()) + 1)
            if number in self.broken:
                out.write(self.broken[number] + self.line_end)
            else:
                writer.writerow(row)
        for line in self.below:
            out.write(line + self.line_end)
        return out.getvalue(), starts

    def content(self) -> bytes:
        raw = self.text()[0].encode(self.encoding)
        if self.container != "zip":
            return raw
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("export/members.csv", raw)
        return packed.getvalue()

    def column(self, name: str) -> int:
        return list(HEADERS).index(name)


def _lines(text: str) -> int:
    return len(io.StringIO(text, newline="").readlines())


def clean() -> Spoilt:
    cells = [[row[name] for name in HEADERS] for row in TRUTH]
    return Spoilt(list(HEADERS.values()), cells, meant=[dict(row) for row in TRUTH])


Defect = Callable[[Spoilt, Random], None]


def _every(column: str, change: Callable[[str], str]) -> Defect:
    def spoil(table: Spoilt, random: Random) -> None:
        at = table.column(column)
        for row in table.cells:
            if len(row) > at:
                row[at] = change(row[at])

    return spoil


def _one(column: str, values: Mapping[str, str | None]) -> Defect:
    """One cell of a column is replaced. Each value with what it means: empty for nothing, None for what only can be
    reported."""

    def spoil(table: Spoilt, random: Random) -> None:
        number = random.randrange(len(table.cells))
        row, at = table.cells[number], table.column(column)
        if len(row) > at:
            row[at] = random.choice(sorted(values))
            table.meant[number][column] = values[row[at]] or ("" if values[row[at]] == "" else _REPORTED)

    return spoil


_REPORTED = "to be reported"


def _set(name: str, values: Sequence[str]) -> Defect:
    def spoil(table: Spoilt, random: Random) -> None:
        setattr(table, name, random.choice(values))

    return spoil


def encoding(table: Spoilt, random: Random) -> None:
    table.encoding = random.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
    if table.encoding == "cp1252":
        table.cells = [[cell.replace("ő", "o") for cell in row] for row in table.cells]


def titles(table: Spoilt, random: Random) -> None:
    wide = table.delimiter * (len(table.headers) - 1)
    table.above = random.sample([f"Members of the plan{wide}", f"Printed 02.04.2026{wide}", wide, "Plan of Utica"], 3)


def totals(table: Spoilt, random: Random) -> None:
    rest = len(table.headers) - 2
    table.below = [table.delimiter.join(["Total", "8 members", *[""] * rest]), ""]


def header_looks(table: Spoilt, random: Random) -> None:
    looks: list[Callable[[str], str]] = [
        str.upper,
        str.lower,
        lambda text: f"  {text} ",
        lambda text: text.replace("ID", " id"),
    ]
    table.headers = [random.choice(looks)(header) for header in table.headers]


def header_aliases(table: Spoilt, random: Random) -> None:
    others = {"LastName": "Family name", "FirstName": "Given Name", "BirthDate": "DOB", "Zip": "Postal code",
              "HomePhone": "Telephone", "Sex": "Gender", "City": "Town", "Address": "Street"}  # fmt: skip
    table.headers = [others.get(header, header) for header in table.headers]


def header_misspelt(table: Spoilt, random: Random) -> None:
    at = table.column("birth_date")
    table.headers[at] = random.choice(["BirhtDate", "BirtDate", "Birthdatte"])


def header_twice(table: Spoilt, random: Random) -> None:
    table.headers.append("Zip")
    for row in table.cells:
        row.append("99999")


def names_in_one_cell(table: Spoilt, random: Random) -> None:
    """`Last, First` in the place of the first name's column; the other is left empty and without a header."""
    last, first = table.column("last_name"), table.column("first_name")
    table.headers[last], table.headers[first] = "Name", "Middle initial"
    for row, meant in zip(table.cells, table.meant, strict=True):
        if len(row) > first:
            meant["last_name"], meant["first_name"] = row[last].strip(), row[first].strip()
            row[last], row[first] = f"{row[last]}, {row[first]}", ""


def trailing(table: Spoilt, random: Random) -> None:
    for row in table.cells:
        row += [""] * 2 * (len(row) == len(table.headers))
    table.headers += ["", ""]


def short_row(table: Spoilt, random: Random) -> None:
    row = random.choice(table.cells)
    del row[random.randint(1, len(row) - 1) :]


def long_row(table: Spoilt, random: Random) -> None:
    random.choice(table.cells).insert(3, "Jr.")


def runaway(table: Spoilt, random: Random) -> None:
    number = random.randrange(len(table.cells))
    row = [cell.replace('"', "") for cell in table.cells[number]]
    at = random.randrange(min(len(row), 8))
    row[at] = '"' + row[at]
    table.broken[number] = table.delimiter.join(row)


def stray_quote(table: Spoilt, random: Random) -> None:
    number = random.randrange(len(table.cells))
    row = [cell.replace('"', "") for cell in table.cells[number]]
    if len(row) > 6:
        row[6] = f'"{row[6]}" east'
        table.broken[number] = table.delimiter.join(row)


def line_in_cell(table: Spoilt, random: Random) -> None:
    number = random.randrange(len(table.cells))
    if len(table.cells[number]) > 6:
        table.cells[number][6] = table.meant[number]["address"] = "9 Tannery Row\nRear cottage"


def again(table: Spoilt, random: Random) -> None:
    number = random.randrange(len(table.cells))
    table.cells.append(list(table.cells[number]))
    table.meant.append(dict(table.meant[number]))


def contradicts(table: Spoilt, random: Random) -> None:
    number = random.randrange(len(table.cells))
    row = list(table.cells[number])
    row[2:3] = ["Someone Else"]
    table.cells.append(row)
    table.meant.append({**table.meant[number], "last_name": "Someone Else"})


def _days(form: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        parts = text.split("-")
        if len(parts) != 3:
            return text
        year, month, day = parts
        return form.format(y=year, yy=year[2:], m=month, d=day)

    return change


DEFECTS: dict[str, Defect] = {
    "encoding": encoding,
    "delimiter": _set("delimiter", [";", "\t", "|"]),
    "line ends": _set("line_end", ["\n", "\r"]),
    "zip": _set("container", ["zip"]),
    "titles above": titles,
    "totals below": totals,
    "case and space of headers": header_looks,
    "other headers": header_aliases,
    "misspelt header": header_misspelt,
    "header twice": header_twice,
    "empty columns behind": trailing,
    "names in one cell": names_in_one_cell,
    "short row": short_row,
    "long row": long_row,
    "quote never closed": runaway,
    "quote out of place": stray_quote,
    "line break in a cell": line_in_cell,
    "row twice": again,
    "rows that contradict": contradicts,
    "month first": _every("birth_date", _days("{m}/{d}/{y}")),
    "day first": _every("birth_date", _days("{d}.{m}.{y}")),
    "two-digit years": _every("birth_date", _days("{m}/{d}/{yy}")),
    "impossible day": _one("birth_date", dict.fromkeys(["1988-02-30", "31/09/1995", "19900230", "13/13/1990", "soon"])),
    "unknown day": _one("birth_date", dict.fromkeys(["0000-00-00", "00/00/0000", "01/01/1900", "N/A", "-"], "")),
    "a spreadsheet's day": _one("birth_date", {"32874": "1990-01-01"}),
    "month in words": _one("birth_date", {"9 Oct 1988": "1988-10-09", "October 9, 1988": "1988-10-09"}),
    "lost zeros": _every("zip", lambda text: text.lstrip("0")),
    "mangled id": _one("person_id", dict.fromkeys(["1.03E+11", "7,001E+11", "1.2345E+15"])),
    "no id": _one("person_id", dict.fromkeys(["", " ", "NULL", "N/A", "-"])),
    "booleans": _every("opt_out", lambda text: {"true": "Y", "false": "n"}.get(text, text)),
    "more booleans": _every("medicare", lambda text: {"true": "x", "false": "0"}.get(text, text)),
    "words for yes": _one("opt_out", {"perhaps": None, "2": None, "yes!": "true"}),
    "stand-ins": _one("phone", dict.fromkeys(["N/A", "NULL", "-", "none", "unknown"], "")),
    "words beside a number": _one(
        "phone",
        {"315-555-0199 ask for Itzel": "315-555-0199", "(315) 555-0199 x12": "(315) 555-0199 x12", "no phone": "",
         "12": None},
    ),
    "letters for sex": _every("sex", lambda text: {"male": "M", "female": "f", "other": "X"}.get(text, text)),
    "a spreadsheet's mistake": _one("last_name", dict.fromkeys(["#REF!", "#VALUE!", "########"])),
    "blanks": _every("city", lambda text: f" {text}\u00a0"),
}  # fmt: skip


def judge(rows: Iterable[Row], issues: Iterable[Issue], spoilt: Spoilt) -> list[str]:
    """What is silently wrong: a cell that isn't what was meant, a row that is missing or made up, with nothing said at
    its line."""
    issues = list(issues)
    told = {one.at.line for one in issues}
    doubled = any(one.code in ("CSV-0012", "CSV-0019") for one in issues)
    meant = dict(zip(spoilt.text()[1], spoilt.meant, strict=True))
    wrong = []
    read = {row.line: row for row in rows}
    for line, row in read.items():
        if line in told:
            continue
        if line not in meant:
            wrong.append(f"line {line}: nobody's row {dict(row)}")
            continue
        for name, value in meant[line].items():
            if row.get(name, "").replace("\r\n", "\n") != value and not (name == "zip" and doubled):
                wrong.append(f"line {line}: {name} {row.get(name)!r} for {value!r}")
    wrong += [f"line {line} is missing" for line in meant if line not in read and line not in told]
    return wrong
