"""`sdoh-gateway show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from conformance.issue import Issue
from gateway.cli import options, report
from gateway.cli.inputs import inputs

if TYPE_CHECKING:
    from conformance.document import Document


@click.command("show")
@options.file_argument
@options.from_option
@options.misuse_is_status_2
def command(source: str, from_: str) -> None:
    """Show a message with its field names, or what a Bundle holds.

    HL7 v2 is shown as it was sent: an explicit null as "", escapes undecoded with their text in brackets. The output
    holds patient data.

    \b
    Examples:
      sdoh-gateway show discharge.hl7
      cat notice.json | sdoh-gateway show -
    """
    issues: list[Issue] = []
    for one in inputs([source]):
        raw, problems = one.read(from_)
        issues.extend(problems)
        for part in one.parts(raw, from_) if not problems else ():
            if part.count > 1:
                click.echo(f"{one.name}#{part.number}")
            issues.extend(part.issues)
            if part.document is not None:
                show(part.document)
    report.say(issues)
    options.finish(issues)


def show(document: Document) -> None:
    """For people, by format."""
    from gateway.cli import er7, outline, tables

    shown = {"hl7v2": er7.lines, "csv": tables.lines}.get(document.format, outline.lines)
    found = shown(document.root)
    for line in found:
        click.echo(line)
