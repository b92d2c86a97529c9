"""`sdoh-gateway deliveries`: what goes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gateway.cli import report
from gateway.cli.options import misuse_is_status_2, values_option
from gateway.cli.stores import (
    config_option,
    counted,
    json_option,
    limit_option,
    ordered,
    plain,
    planned,
    reading,
    stamp,
)
from gateway.records import Delivery, issue_to_dict
from gateway.store import Wanted
from gateway.targets import Misuse

_STATES = click.Choice(["held", "queued", "sending", "delivered", "waiting", "dead", "withdrawn"])


@click.group("deliveries", invoke_without_command=True)
@click.option("--state", type=_STATES)
@click.option("--destination")
@click.option("--message", "envelope", metavar="ID")
@limit_option
@json_option
@values_option
@config_option
@click.pass_context
@misuse_is_status_2
def command(
    ctx: click.Context,
    state: Any,
    destination: str | None,
    envelope: str | None,
    limit: int,
    as_json: bool,
    values: bool,
    path: Path,
) -> None:
    """List what goes out, newest first; send again, stop, or switch a destination on again.

    \b
    Example:
      sdoh-gateway deliveries --state dead
      sdoh-gateway deliveries resend --destination hub --state dead
    """
    if ctx.invoked_subcommand is not None:
        return
    wanted = Wanted(state=state, destination=destination, envelope=envelope, newest_first=True, limit=limit)
    with reading(path) as store, store.reading() as connection:
        found = store.deliveries.listed(connection, wanted)
    if as_json:
        for one in found:
            click.echo(json.dumps(as_dict(one, values)))
        return
    head = ("id", "made", "destination", "route", "state", "attempts", "code", "held")
    report.grid(head, [_row(one) for one in found])


def _row(one: Delivery) -> tuple[str, ...]:
    tried = str(one.attempts)
    return (
        *(one.id, stamp(one.created_at), one.destination, one.route, one.state, tried, one.last_code or ""),
        one.held or "",
    )


def _wanted(names: tuple[str, ...], state: Any, destination: str | None) -> Wanted:
    if not (names or state or destination):
        raise Misuse("say which: ids, --state or --destination")
    return Wanted(ids=names or None, state=state, destination=destination)


@command.command("show")
@click.argument("name", metavar="ID")
@json_option
@values_option
@config_option
@misuse_is_status_2
def show(name: str, as_json: bool, values: bool, path: Path) -> None:
    """Show one delivery, with each attempt and what came of it.

    \b
    Example:
      sdoh-gateway deliveries show 7d1f6a3e-51d8-5c0f-8a53-0f4b1c9de2aa
    """
    with reading(path) as store, store.reading() as connection:
        found = store.deliveries.find(connection, name)
        tried = [] if found is None else store.deliveries.attempts(connection, found.seq)
    if found is None:
        raise Misuse(f"there is no delivery {name}")
    attempts = [
        {
            "number": one.number,
            "at": stamp(one.at),
            "milliseconds": round(one.took.total_seconds() * 1000),
            "outcome": one.outcome,
            "code": one.code,
        }
        for one in tried
    ]
    whole = as_dict(found, values)
    if as_json:
        click.echo(json.dumps({**whole, "attempts": attempts}))
        return
    for key, value in whole.items():
        if key != "issue":
            click.echo(f"{key:12} {'' if value is None else value}")
    for one in attempts:
        click.echo(
            f"attempt {one['number']:<4} {one['at']}  {one['milliseconds']} ms  {one['outcome']}  {one['code'] or ''}"
        )
    report.say([found.last_issue] if found.last_issue else [], values=values, err=False)


@command.command("resend")
@click.argument("names", metavar="[ID]...", nargs=-1)
@click.option("--state", type=click.Choice(["held", "delivered", "dead"]))
@click.option("--destination")
@config_option
@misuse_is_status_2
def resend(names: tuple[str, ...], state: Any, destination: str | None, path: Path) -> None:
    """Queue deliveries again under their old keys: dead letters after a correction, held ones to release them.

    \b
    Example:
      sdoh-gateway deliveries resend --state dead --destination hub
    """
    count = ordered(path, "resend", wanted=plain(_wanted(names, state, destination)))
    click.echo(f"{counted(count, 'delivery')} queued")


@command.command("withdraw")
@click.argument("names", metavar="[ID]...", nargs=-1)
@click.option("--state", type=click.Choice(["held", "queued", "waiting", "dead"]))
@click.option("--destination")
@config_option
@misuse_is_status_2
def withdraw(names: tuple[str, ...], state: Any, destination: str | None, path: Path) -> None:
    """Stop deliveries for good.

    \b
    Example:
      sdoh-gateway deliveries withdraw --state held
    """
    count = ordered(path, "withdraw", wanted=plain(_wanted(names, state, destination)))
    click.echo(f"{counted(count, 'delivery')} withdrawn")


@command.command("resume")
@click.argument("destination")
@config_option
@misuse_is_status_2
def resume(destination: str, path: Path) -> None:
    """Switch a destination on again that said it was gone (410).

    \b
    Example:
      sdoh-gateway deliveries resume hub
    """
    if destination not in (known := planned(path).destinations):
        raise Misuse(f"there is no destination {destination!r}; there are {', '.join(known)}")
    was_off = ordered(path, "resume", destination=destination)
    click.echo(f"{destination} is on again" if was_off else f"{destination} was not off")


def as_dict(one: Delivery, values: bool) -> dict[str, Any]:
    """A delivery as a list shows it; what the receiver said only when asked, since it may quote the data."""
    issue = one.last_issue if values or one.last_issue is None else one.last_issue.redacted()
    return {
        "id": one.id,
        "message": one.envelope,
        "destination": one.destination,
        "route": one.route,
        "state": one.state,
        "held": one.held,
        "attempts": one.attempts,
        "created_at": stamp(one.created_at),
        "next_at": stamp(one.next_at),
        "until": stamp(one.until),
        "issue": None if issue is None else issue_to_dict(issue),
    }
