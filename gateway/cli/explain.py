"""`sdoh-gateway explain`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.api import convert_part
from gateway.cli import options, report
from gateway.cli.inputs import inputs
from gateway.cli.ledgers import counts
from gateway.sources import parts
from gateway.targets import target

if TYPE_CHECKING:
    from conformance.issue import Issue
    from mappings import Row


@click.command("explain")
@options.file_argument
@options.to_option
@options.as_option
@options.from_option
@options.map_option
@options.site_options
@click.option("--unmapped", is_flag=True, help="Only fields that went nowhere.")
@options.values_option
@options.misuse_is_status_2
def command(
    source: str, to: str | None, as_: str | None, from_: str, map_id: str | None, site: Path | None, unmapped: bool,
    values: bool,
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
    issues: list[Issue] = []
    for one in inputs([source]):
        raw, problems = one.read()
        issues.extend(problems)
        for part in parts(raw, from_) if not problems else ():
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
    """The rows as a table: where, what became of it, where to, by which rule or why not."""
    head = ["field", *(["value"] if values else []), "status", "to", "by"]
    cells = [
        [row.path, *([row.value or ""] if values else []), row.status, " ".join(row.targets), row.rule or row.reason]
        for row in rows
    ]
    if cells:
        report.grid(head, cells)


def counted(rows: Sequence[Row]) -> str:
    """`52 fields: 47 mapped, 5 ignored`."""
    told = [f"{number} {status}" for status, number in counts(rows).items() if number]
    return f"{len(rows)} fields: {', '.join(told)}"
