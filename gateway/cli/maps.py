"""`sdoh-gateway maps`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.render.table import summary
from gateway import formats
from gateway.cli import options, report
from gateway.config.site import OVERLAYS
from gateway.targets import Misuse

if TYPE_CHECKING:
    from mappings import Catalog

_folders = click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[DIR]...")

_only = click.option("--map", "only", multiple=True, metavar="ID", help="Only this map: quicker while you write.")


@click.group("maps")
def command() -> None:
    """List, check and test maps.

    DIR is a folder of maps of your own, or a site's folder with maps and tables; without one the shipped maps are
    meant alone.

    \b
    Example:
      sdoh-gateway maps lint our-site
    """


@command.command("list")
@_folders
@options.misuse_is_status_2
def list_(folders: tuple[Path, ...]) -> None:
    """List the maps: id, the two sides, message structures, and the table that each follows.

    \b
    Example:
      sdoh-gateway maps list
    """
    heads = _catalog(folders).heads
    cells = [
        [head.id, " and ".join(head.sides), " ".join(head.roots.get("v2", ())), head.spec] for head in heads.values()
    ]
    report.grid(["map", "between", "structures", "follows"], cells)


@command.command()
@_folders
@_only
@click.option("--ways", is_flag=True, help="Say of each rule that isn't two-way why.")
@options.misuse_is_status_2
def lint(folders: tuple[Path, ...], only: tuple[str, ...], ways: bool) -> None:
    """Report what is wrong with maps, with file and line, and how many rules work in both directions.

    With DIR only the maps that its files make or change, without one the shipped maps.

    \b
    Example:
      sdoh-gateway maps lint our-site --ways
    """
    from mappings.lint import lint as lint_maps

    catalog = _catalog(folders)
    _known(catalog, only)
    issues = lint_maps(_overlays(folders), formats.syntax, only=only)
    report.say(issues, err=False)
    _judge(catalog, only, ways)
    click.echo(summary(issues), err=True)
    options.finish(list(issues))


def _known(catalog: Catalog, names: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in catalog.heads]
    if unknown:
        raise Misuse(f"there is no map {unknown[0]!r}; see `sdoh-gateway maps list`")


def _judge(catalog: Catalog, only: tuple[str, ...], ways: bool) -> None:
    from mappings.conversions import REGISTRY
    from mappings.lint import chosen, judge

    for map_id in chosen(catalog, only):
        judged = judge(catalog.link(map_id)[0], REGISTRY)
        counts = Counter(one.ways for one in judged)
        click.echo(f"{map_id}: {', '.join(f'{number} {way}' for way, number in counts.items()) or 'no rules'}")
        for one in judged if ways else ():
            if one.why:
                click.echo(f"  {one.line}  {one.ways}: {one.why}")


@command.command()
@_folders
@_only
@options.misuse_is_status_2
def test(folders: tuple[Path, ...], only: tuple[str, ...]) -> None:
    """Run the tests that stand beside maps, NAME.test.yaml.

    With DIR its own and those of the maps that its files change, without one the shipped maps'.

    \b
    Example:
      sdoh-gateway maps test our-site
    """
    from mappings.trial import trial

    _known(_catalog(folders), only)
    outcomes, issues = trial(_overlays(folders), formats.syntax, formats.of_side, only=only)
    report.say(issues, err=False)
    for one in outcomes:
        for failure in one.failures:
            click.echo(f"{one.source}:{one.line}: {one.name}: {report.printable(failure)}")
    failed = sum(1 for one in outcomes if one.failures)
    click.echo(f"{len(outcomes)} tests, {failed} failed", err=True)
    if failed:
        raise SystemExit(1)
    options.finish(list(issues))


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@click.option("--name", help="What the export is called; by default the file's name.")
@click.option("-o", "output", type=click.Path(path_type=Path), metavar="DIR", help="A site's folder for the draft.")
@options.misuse_is_status_2
def suggest(file: Path, name: str | None, output: Path | None) -> None:
    """Draft a schema, a map and a test for an export that no shipped map reads.

    Shows what each column holds: how many cells are filled, how many values differ, their type, and what the column may
    be, with a figure from 0 to 1 for how sure that is. With -o writes DIR/maps/NAME.columns.yaml, NAME.yaml and
    NAME.test.yaml: mend what is wrong, then run `maps test DIR` and `convert FILE --to fhir --site DIR`. Files that are
    there are not replaced.

    \b
    Example:
      sdoh-gateway maps suggest clients.csv -o our-site
    """
    from gateway.suggestion import suggested

    draft = suggested(file, name or file.stem)
    report.grid(["column", "filled", "different", "type", "may be", "sure", "why"], [list(row) for row in draft.table])
    if draft.known:
        click.echo(f"the shipped kind {draft.known} reads this file as it is", err=True)
    for path, text in draft.files.items() if output else ():
        place = Path(output or "") / "maps" / path
        if place.exists():
            raise Misuse(f"{str(place)!r} is there already; take it away or choose another --name")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        click.echo(f"wrote {place}", err=True)


@command.command()
def schema() -> None:
    """Print the JSON Schema of map files, for editors.

    \b
    Example:
      sdoh-gateway maps schema > map.schema.json
    """
    from mappings.schema import schema as map_schema

    click.echo(json.dumps(map_schema(), indent=2))


def _overlays(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """A site's folder stands for the maps and tables in it."""
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            raise Misuse(f"there is no folder {str(folder)!r}")
        inside = [folder / name for name in OVERLAYS if (folder / name).is_dir()]
        found.extend(inside or [folder])
    return tuple(found)


def _catalog(folders: tuple[Path, ...]) -> Catalog:
    from mappings import Catalog

    return Catalog(overlays=_overlays(folders))
