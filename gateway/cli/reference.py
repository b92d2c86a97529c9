"""The reference page of commands, `docs/commands.md`, made from their help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from gateway.cli import main

_HEAD = """\
# Commands

What `sdoh-gateway COMMAND --help` says. This page is made from the commands themselves.

Status 0 is fine, 1 at least one error, 2 misuse. Issues and progress go to standard error, results to standard output
or `-o`. Reports leave out what was found in the data unless `--values` asks for it.
"""


def commands_page() -> str:
    """Markdown: one section a command, those of a group below it."""
    settings = {**main.context_settings, "max_content_width": 100, "terminal_width": 100}
    context = click.Context(main, info_name="sdoh-gateway", **settings)
    return "\n".join([_HEAD, *_sections(main, context, 2)])


def _sections(group: click.Group, context: click.Context, level: int) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield f"{'#' * min(level, 3)} {inner.command_path}\n\n```text\n{_help(command, inner)}\n```\n"
        if isinstance(command, click.Group):
            yield from _sections(command, inner, level + 1)


def _help(command: click.Command, context: click.Context) -> str:
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
