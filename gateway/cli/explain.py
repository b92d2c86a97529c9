"""`sdoh-gateway explain`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.api import convert_part
from gateway.cli import options, report
from gateway.cli.inputs import inputs
from gateway.cli.ledgers import counts
from gateway.targets import target

if TYPE_CHECKING:
    from conformance.issue import Issue
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

    \b
    Examples:
      sdoh-gateway explain discharge.hl7
      sdoh-gateway explain discharge.hl7 --as alerts --unmapped
    """
    wanted = target(to if to or as_ else "fhir", as_)
    settings = options.settings(site)
    told = options.told(dates, encoding)
    issues: list[Issue] = []
    for one in inputs([source]):
        raw, problems = one.read(from_)
        issues.extend(problems)
        for part in one.parts(raw, from_, told, settings, map_id) if not problems else ():
            made = convert_part(part, wanted, settings, map_id=map_id)
            issues.extend(made.issues)
            if part.count > 1:
                click.echo(f"{one.name}#{part.number}")
            rows = made.ledger.rows(values=values) if made.ledger else []
            show([row for row in rows if row.status == "unmapped"] if unmapped else rows, values=values)
            if made.ledger:
                click.echo(counted(rows))
            elif made.value is not None:
                click.echo("Source and target have the same form; nothing was mapped.")
    report.say(issues, values=values)
    options.finish(issues)


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
    told = [f"{number} {status}" for status, number in counts(rows).items() if number]
    return f"{len(rows)} fields: {', '.join(told)}"
