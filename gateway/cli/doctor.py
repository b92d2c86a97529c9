"""`sdoh-gateway doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.doctor import examine


@click.command("doctor")
@click.option("--write-docs", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write the pages that are made from the code, and nothing else.")  # fmt: skip
def command(write_docs: Path | None) -> None:
    """Check the installation.

    \b
    Example:
      sdoh-gateway doctor
    """
    if write_docs:
        _write(write_docs)
        return
    findings = list(examine())
    width = max(len(one.name) for one in findings)
    for one in findings:
        mark = click.style("ok", fg="green") if one.ok else click.style("no", fg="red", bold=True)
        click.echo(f"{mark}  {one.name:{width}}  {one.text}")
    if not all(one.ok for one in findings):
        raise SystemExit(1)


def _write(folder: Path) -> None:
    from gateway.pages import pages

    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(folder / name)
