"""`sdoh-gateway`: the command line. Status 0 fine, 1 at least one error, 2 misuse.

Each command is a module that is imported when it is called, so that `--help` is quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

import click

COMMANDS: Mapping[str, tuple[str, str]] = {
    "convert": ("gateway.cli.convert", "Turn messages and documents into another format."),
    "validate": ("gateway.cli.validate", "Say what is wrong, and where."),
    "explain": ("gateway.cli.explain", "Show where each field goes, and by which rule."),
    "show": ("gateway.cli.show", "Show a message with its field names, or a Bundle."),
    "maps": ("gateway.cli.maps", "List, check and test maps."),
    "packages": ("gateway.cli.packages", "Add, list and remove FHIR packages to validate by."),
    "terminology": ("gateway.cli.terminology", "Add, list and remove code systems and value sets."),
    "config": ("gateway.cli.config", "Check and show a site's settings."),
    "doctor": ("gateway.cli.doctor", "Check the installation."),
    "serve": ("gateway.cli.serve", "Run the gateway."),
    "alive": ("gateway.cli.alive", "Ask the running gateway whether it lives."),
    "messages": ("gateway.cli.messages:messages", "List what came in."),
    "quarantine": ("gateway.cli.messages:quarantine", "List what was set aside, with the reasons."),
    "replay": ("gateway.cli.messages:replay", "Work messages again, in their order."),
    "deliveries": ("gateway.cli.deliveries", "List what goes out; send again, stop, resume."),
    "routes": ("gateway.cli.routes", "Say who would be told of a message, and why."),
    "feed": ("gateway.cli.feed", "Say which fields a sender fills that nothing maps."),
    "send": ("gateway.cli.send", "Send messages to a gateway or any other receiver."),
    "listen": ("gateway.cli.listen", "Receive as a test: store, and answer as told."),
    "compare": ("gateway.cli.compare", "Show what differs between two messages."),
    "scrub": ("gateway.cli.scrub", "Replace identities, to share a message that fails."),
    "migrate": ("gateway.cli.store:migrate", "Make the store, or bring it to this version."),
    "backup": ("gateway.cli.store:backup", "Copy the store to a file."),
    "restore": ("gateway.cli.store:restore", "Put a backup in the store's place."),
    "demo": ("gateway.cli.demo", "Show a hospital's discharge on its way to a hub."),
}
"""Name to module (which has `command`, or what stands after the colon) and the line that `--help` shows."""


class Commands(click.Group):
    """Knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        return cast("click.Command", getattr(import_module(module), attribute or "command"))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" There are {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(None, "-V", "--version", package_name="sdoh-gateway", message="sdoh-gateway %(version)s")
def main() -> None:
    """An open-source gateway for health and social-care data.

    \b
    Example:
      sdoh-gateway convert discharge.hl7 --to fhir
      sdoh-gateway demo
    """
