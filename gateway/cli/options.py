"""Options that several commands share, and how misuse becomes status 2."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from conformance.issue import Issue, has_errors
from gateway.cli.report import say
from gateway.config import Site
from gateway.config import site as load_site
from gateway.sources import AUTO
from gateway.targets import FORMATS, KINDS, PLANNED, Misuse

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from adapters.formats.tabular.quarantine import Writer

P = ParamSpec("P")
R = TypeVar("R")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

inputs_argument = click.argument("sources", metavar="INPUT...", nargs=-1, required=True)
file_argument = click.argument("source", metavar="FILE")
from_option = click.option(
    "--from", "from_", default=AUTO, show_default=True, metavar="FORMAT", help="Format of the input."
)
to_option = click.option("--to", metavar="|".join((*FORMATS, *PLANNED)), help="Format to make.")
as_option = click.option(
    "--as", "as_", metavar="KIND[@VERSION]", help=f"Form to make: {', '.join(KINDS)}, adt, ADT_A03@2.5.1."
)
map_option = click.option("--map", "map_id", metavar="ID", help="Map to use in place of the one that would be chosen.")
quarantine_option = click.option(
    "--quarantine", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Tables: write rows that can't be used there, to be mended and converted again.",
)  # fmt: skip
dates_option = click.option(
    "--dates", type=click.Choice(["MDY", "DMY"]), help="Tables: the sender's order of month and day in dates."
)
encoding_option = click.option("--encoding", metavar="NAME", help="Tables: their encoding where it isn't UTF-8.")


def quarantined(folder: Path | None) -> Writer | None:
    """What writes rows that can't be used into a folder; closed when the command ends."""
    if folder is None:
        return None
    from adapters.formats.tabular.quarantine import Writer

    return click.get_current_context().with_resource(Writer(folder))


def told(dates: str | None, encoding: str | None) -> Told | None:
    """What the sender of tables has said of them."""
    from gateway.datasets import told as declared

    return declared(dates, encoding)


values_option = click.option("--values", is_flag=True, help="Show what was found in the data: may be patient data.")


def site_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--site DIR` and `--config FILE`, given to the command as `site`, a path or None."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    file = click.Path(exists=True, dir_okay=False, path_type=Path)

    @click.option("--site", type=folder, metavar="DIR", help="Folder with gateway.yaml, maps and tables of a site.")
    @click.option("--config", type=file, metavar="FILE", help="Settings file alone.")
    @wraps(function)
    def with_site(*args: Any, site: Path | None, config: Path | None, **options: Any) -> Any:
        if site and config:
            raise click.UsageError("--site and --config say the same thing; give one of them.")
        return function(*args, site=site or config, **options)

    return with_site


def misuse_is_status_2(function: Callable[P, R]) -> Callable[P, R]:
    """Misuse is told like a wrong option: one line, where to look, status 2."""

    @wraps(function)
    def told(*args: P.args, **options: P.kwargs) -> R:
        try:
            return function(*args, **options)
        except Misuse as misuse:
            text = str(misuse)
            raise click.UsageError(f"{text[:1].upper()}{text[1:].removesuffix('.')}.") from None

    return told


def settings(path: Path | None) -> Site:
    """The site's settings; what is wrong with them is shown, and an error is misuse."""
    result = load_site(path)
    say(one for one in result.issues if one.severity != "information")
    if result.value is None:
        raise Misuse("the settings have errors; see above")
    return result.value


def finish(issues: list[Issue]) -> None:
    """Ends the command: status 1 when there is an error among the issues."""
    if has_errors(issues):
        raise SystemExit(1)
