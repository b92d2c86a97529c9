"""Issues and tables on the terminal; plain text in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import click

from conformance.issue import Issue
from conformance.render.table import aligned, rows

T = TypeVar("T")

_COLOURS = {"fatal": "red", "error": "red", "warning": "yellow", "information": "cyan"}
_MANY_ROWS = 20_000
_MANY = 20
"""From so many inputs on a terminal is shown how far it has come."""


def say(issues: Iterable[Issue], *, values: bool = False, err: bool = True) -> None:
    """One line for each issue; the severity coloured on a terminal."""
    issues = list(issues)
    if not issues:
        return
    text = aligned(rows(issues, found=values))
    for line, one in zip(text.splitlines(), issues, strict=False):
        word = click.style(one.severity, fg=_COLOURS[one.severity], bold=True)
        click.echo(word + printable(line[len(one.severity) :]), err=err)


def printable(text: str) -> str:
    """Text of a message without what would steer a terminal."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)


def progress(things: Sequence[T]) -> Iterator[T]:
    """The things one after the other, with a bar on standard error where that is a terminal and there are many."""
    if len(things) < _MANY or not sys.stderr.isatty():
        yield from things
        return
    with click.progressbar(things, file=sys.stderr, show_pos=True) as bar:
        yield from bar


def counted(things: Iterable[T]) -> Iterator[T]:
    """Things that nobody has counted, one after the other; on a terminal with how many there were so far."""
    shown = sys.stderr.isatty()
    for number, thing in enumerate(things, 1):
        if shown:
            click.echo(f"\rpart {number}", err=True, nl=False)
        yield thing
    if shown:
        click.echo(err=True)


def rows_read(count: int) -> None:
    """How many rows of a table were read so far, on a terminal and for large ones."""
    if count >= _MANY_ROWS and sys.stderr.isatty():
        click.echo(f"\r{count:,} rows\r", err=True, nl=False)


def grid(head: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """A table with a heading: with rules on a terminal, in plain columns in a pipe."""
    shown = [[printable(cell) for cell in row] for row in cells]
    if not sys.stdout.isatty():
        click.echo(aligned([[word.upper() for word in head], *shown]), nl=False)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=None, pad_edge=False, header_style="bold")
    for row in shown:
        table.add_row(*(_plain(cell) for cell in row))
    Console().print(table)


def _plain(cell: str) -> str:
    from rich.markup import escape

    return escape(cell)
