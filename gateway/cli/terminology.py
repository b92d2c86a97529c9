"""`sdoh-gateway terminology`."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.issue import Issue
from gateway import guides
from gateway.cli import options, report
from gateway.targets import Misuse


@click.group("terminology")
def command() -> None:
    """Add, list and remove code systems and value sets of your own to validate by.

    They are kept in the folder SDOH_GATEWAY_DATA, or `sdoh-gateway` in your data folder.

    \b
    Example:
      sdoh-gateway terminology add homelessness.csv
    """


@command.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True,
                type=click.Path(exists=True, dir_okay=False, path_type=Path))  # fmt: skip
@click.option("--url", default="", metavar="URL", help="Canonical URL of the value set, where the file names none.")
@click.option("--system", default="", metavar="URI", help="The code system of the codes, where the file names none.")
@click.option("--version", default="", metavar="VERSION", help="Its version.")
@click.option("--complete", is_flag=True, help="Every code of the system is in the file: others don't exist.")
@options.misuse_is_status_2
def add(files: tuple[Path, ...], url: str, system: str, version: str, complete: bool) -> None:
    """Add FHIR CodeSystems and ValueSets (JSON, XML), tables of codes (CSV), or VSAC expansions (text, XML, FHIR).

    A table has a column Code; codes of one --system without a value set become a CodeSystem, else a ValueSet.

    \b
    Examples:
      sdoh-gateway terminology add expansion.json
      sdoh-gateway terminology add codes.csv --system https://example.org/codes --complete
      sdoh-gateway terminology add list.csv --system http://loinc.org --url https://example.org/ValueSet/ours
    """
    from conformance.terminology.added import Naming, read

    for name, given in (("--url", url), ("--system", system)):
        if given and not ("://" in given or given.startswith("urn:")):
            raise Misuse(f"{name} takes an absolute URI")
    naming = Naming(url=url, system=system, version=version, complete=complete)
    issues: list[Issue] = []
    for file in files:
        result = read(file.read_bytes(), str(file), naming)
        report.say(result.issues)
        issues.extend(result.issues)
        for canonical in guides.vocabulary().add(result.value or ()):
            click.echo(f"added {canonical}")
    options.finish(issues)


@command.command("list")
@options.misuse_is_status_2
def list_() -> None:
    """List what was added.

    \b
    Example:
      sdoh-gateway terminology list
    """
    cells = [[one.kind, one.canonical, str(one.codes)] for one in guides.vocabulary().held()]
    report.grid(["kind", "canonical", "codes"], cells)


@command.command()
@click.argument("canonicals", metavar="URL[|VERSION]...", nargs=-1, required=True)
@options.misuse_is_status_2
def remove(canonicals: tuple[str, ...]) -> None:
    """Remove code systems and value sets that were added.

    \b
    Example:
      sdoh-gateway terminology remove 'https://example.org/codes|2026'
    """
    held = guides.vocabulary()
    known = {name for one in held.held() for name in (one.canonical, one.url)}
    for canonical in canonicals:
        if canonical not in known:
            raise Misuse(f"{canonical!r} was not added; see `sdoh-gateway terminology list`")
    for gone in (one for canonical in canonicals for one in held.remove(canonical)):
        click.echo(f"removed {gone}")
