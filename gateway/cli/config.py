"""`sdoh-gateway config`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from conformance.render.table import summary
from gateway.cli import options, report
from gateway.config.site import FILE_NAME
from gateway.targets import Misuse


@click.group("config")
def command() -> None:
    """Check and show a site's settings, gateway.yaml.

    \b
    Example:
      sdoh-gateway config check our-site
    """


@command.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="DIR|FILE")
@options.misuse_is_status_2
def check(path: Path) -> None:
    """Report every mistake in the settings, with line and column.

    \b
    Example:
      sdoh-gateway config check our-site/gateway.yaml
    """
    from gateway.config.plan import plan

    result = plan(_file(path))
    report.say(result.issues, err=False)
    click.echo(f"{_file(path)}: {summary(result.issues)}", err=True)
    options.finish(list(result.issues))


@command.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="DIR|FILE")
@options.misuse_is_status_2
def show(path: Path) -> None:
    """Show the settings in force, defaults too, without secrets.

    \b
    Example:
      sdoh-gateway config show our-site
    """
    import yaml

    from gateway.config.load import load, shown

    result = load(_file(path))
    if result.value is None:
        report.say(result.issues)
        options.finish(list(result.issues))
        return
    click.echo(yaml.safe_dump(shown(result.value), sort_keys=False, allow_unicode=True), nl=False)


@command.command()
def schema() -> None:
    """Print the JSON Schema of gateway.yaml, for editors.

    \b
    Example:
      sdoh-gateway config schema > gateway.schema.json
    """
    from gateway.config.file import Config

    click.echo(json.dumps(Config.model_json_schema(), indent=2))


def _file(path: Path) -> Path:
    if not path.exists():
        raise Misuse(f"there is no file or folder {str(path)!r}")
    return path / FILE_NAME if path.is_dir() else path
