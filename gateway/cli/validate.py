"""`sdoh-gateway validate`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from conformance.catalogue import issue
from conformance.issue import Issue, Severity, at_least
from conformance.render.operation_outcome import operation_outcome
from conformance.render.table import summary
from gateway import formats
from gateway.cli import options, report
from gateway.cli.inputs import Input, inputs
from gateway.sources import parts
from gateway.validation import findings


@click.command("validate")
@options.inputs_argument
@click.option("--profile", "profiles", multiple=True, metavar="ID", help="Profile id, file or URL; may be given again.")
@options.from_option
@click.option("--format", "form", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True,
              help="json: one OperationOutcome; jsonl: one line for each input, clean ones too.")  # fmt: skip
@click.option("--fail-on", type=click.Choice(["error", "warning"]), default="error", show_default=True,
              help="From which severity the status is 1.")  # fmt: skip
@options.values_option
@options.misuse_is_status_2
def command(
    sources: tuple[str, ...], profiles: tuple[str, ...], from_: str, form: str, fail_on: Severity, values: bool
) -> None:
    """Say what is wrong with messages and resources, and where.

    Without --profile: FHIR by meta.profile and its base definition, HL7 v2 by the structure of its version.

    \b
    Examples:
      sdoh-gateway validate discharge.hl7
      sdoh-gateway validate inbox --profile adt-cms-enotification --fail-on warning
      sdoh-gateway validate bundles --format jsonl > outcomes.jsonl
    """
    everything: list[Issue] = []
    count = 0
    for one in report.progress(inputs(sources)):
        found = _findings(one, profiles, from_)
        if found is None:
            continue
        count += 1
        everything.extend(found)
        if form == "jsonl":
            _print({"file": one.name, "outcome": operation_outcome(found, found=values)}, indent=False)
        elif form == "table":
            report.say(found, values=values, err=False)
    if form == "json":
        _print(operation_outcome(everything, found=values), indent=True)
    elif form == "table":
        click.echo(f"{count} source{'' if count == 1 else 's'}: {summary(everything)}", err=True)
    if at_least(fail_on) & {one.severity for one in everything}:
        raise SystemExit(1)


def _findings(source: Input, profiles: tuple[str, ...], from_: str) -> list[Issue] | None:
    """The issues of one input, which name it; None for a file of a folder that is passed over."""
    raw, problems = source.read()
    if problems:
        return list(problems)
    if source.passed_over(raw):
        over = issue("IO-0004", formats=", ".join(formats.names())).within(source.name)
        report.say([over])
        return None
    return list(_of_parts(source, raw, profiles, from_))


def _of_parts(source: Input, raw: bytes, profiles: tuple[str, ...], from_: str) -> Iterator[Issue]:
    for part in parts(raw, from_):
        name = f"{source.name}#{part.number}" if part.count > 1 else source.name
        yield from (one.within(name) for one in findings(part, profiles))


def _print(value: Any, *, indent: bool) -> None:
    from adapters.formats.fhir.writer import write

    content = write(value, indent=indent).value or b""
    click.echo(content if indent else content + b"\n", nl=False)
