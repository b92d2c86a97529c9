"""`sdoh-gateway explain`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.api import convert_part
from gateway.cli import options, report
from gateway.cli.inputs import Input, inputs
from gateway.cli.ledgers import STATUSES, counts
from gateway.columns import Columns, of_tables
from gateway.targets import target

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from conformance.issue import Issue
    from gateway.config import Site
    from gateway.sources import Part
    from mappings import Row

_EXTENSION = re.compile(r"\([^()]*/([^()/]*)\)")
"""An extension's URL in a path, of which people read the end."""


@click.command("explain")
@options.file_argument
@options.to_option
@options.as_option
@options.from_option
@options.map_option
@options.site_options
@click.option("--unmapped", is_flag=True, help="Only fields that went nowhere.")
@options.dates_option
@options.encoding_option
@options.values_option
@options.misuse_is_status_2
def command(
    source: str, to: str | None, as_: str | None, from_: str, map_id: str | None, site: Path | None, unmapped: bool,
    dates: str | None, encoding: str | None, values: bool,
) -> None:  # fmt: skip
    """Show where each field of a message goes, and which rule sends it there.

    By default on the way to FHIR. A field is mapped, ignored (with the reason), unmapped, or an explicit null.
    Of tables each column is summed up too; those of more than 10,000 rows are told by column alone.

    \b
    Examples:
      sdoh-gateway explain discharge.hl7
      sdoh-gateway explain discharge.hl7 --as alerts --unmapped
    """
    from gateway.conversion import check_target

    wanted = target(to if to or as_ else "fhir", as_)
    settings = options.settings(site)
    check_target(wanted, settings)
    told = options.told(dates, encoding)
    issues: list[Issue] = []
    for one in inputs([source]):
        raw, problems = one.read(from_)
        issues.extend(problems)
        columns: Columns | None = None
        for part in _parts(one, raw, from_, told, settings, map_id) if not problems else ():
            made = convert_part(part, wanted, settings, map_id=map_id)
            issues.extend(made.issues)
            if made.ledger is not None and of_tables(made.ledger):
                columns = columns or Columns()
                columns.add(made.ledger, values=values)
                continue
            if part.count > 1:
                click.echo(f"{one.name}#{part.number}")
            rows = made.ledger.rows(values=values) if made.ledger else []
            show(_wanted(rows, unmapped), values=values)
            if made.ledger:
                click.echo(counted(rows))
            elif made.value is not None:
                click.echo("Source and target have the same form; nothing was mapped.")
        if columns is not None:
            show(_wanted(columns.cells or [], unmapped), values=values)
            _show_columns(columns, unmapped)
    report.say(issues, values=values)
    options.finish(issues)


def _parts(one: Input, raw: bytes, from_: str, told: Told | None, settings: Site, map_id: str | None) -> Iterator[Part]:
    """The documents of a source; large tables as shares."""
    from gateway.datasets import is_large, schema_of, shares

    if one.path is not None and one.is_table(from_) and is_large(one.path):
        return shares(one.path, told, schema_of(one.path, settings, map_id))
    return one.parts(raw, from_, told, settings, map_id)


def _wanted(rows: Sequence[Row], unmapped: bool) -> Sequence[Row]:
    return [row for row in rows if row.status == "unmapped"] if unmapped else rows


def _show_columns(columns: Columns, unmapped: bool) -> None:
    """What became of each column, with the first reason for which cells went nowhere."""
    found = [each for each in columns if each.counts["unmapped"] or not unmapped]
    if columns.cells:
        click.echo()
    report.grid(
        ["column", "filled", "mapped", "ignored", "unmapped", "to", "why not"],
        [
            [
                each.path,
                str(each.filled),
                *(str(each.counts[status] or "") for status in ("mapped", "ignored", "unmapped")),
                next(iter(sorted(each.targets)), ""),
                next((reason for reason, _ in each.reasons.most_common(1)), ""),
            ]
            for each in found
        ],
    )
    click.echo(f"{columns.rows} rows, {_told(columns.counts())}")


def show(rows: Sequence[Row], *, values: bool) -> None:
    """The rows as a table: where, what became of it, by which rule or why not, and where to, a line for each target."""
    head = ["field", *(["value"] if values else []), "status", "by", "to"]
    cells = [line for row in rows for line in _lines(row, values)]
    if cells:
        report.grid(head, cells)


def _lines(row: Row, values: bool) -> Iterator[list[str]]:
    by = row.rule if row.status == "mapped" else row.reason
    first = [row.path, *([str(row.value or "")] if values else []), row.status, by]
    targets = [_EXTENSION.sub(r"(\1)", target) for target in row.targets] or [""]
    yield [*first, targets[0]]
    yield from ([*("" for _ in first), further] for further in targets[1:])


def counted(rows: Sequence[Row]) -> str:
    """`52 fields: 47 mapped, 5 ignored`."""
    return _told(counts(rows))


def _told(found: Mapping[str, int]) -> str:
    told = [f"{found[status]} {status}" for status in STATUSES if found.get(status)]
    return f"{sum(found.values())} fields: {', '.join(told)}"
