"""`sdoh-gateway messages`, `quarantine`, `replay`: what came in."""

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
    moment,
    ordered,
    plain,
    planned,
    reading,
    stamp,
)
from gateway.records import Envelope, issues_to_dicts
from gateway.store import Filter, Wanted
from gateway.targets import Misuse


@click.command("messages")
@click.argument("name", metavar="[ID]", required=False)
@click.option("--state", type=click.Choice(["received", "routed", "quarantined", "failed"]))
@click.option("--channel")
@click.option("--patient", metavar="ID", help="A person's id, as the list shows it.")
@click.option("--since", metavar="TIME")
@limit_option
@json_option
@values_option
@config_option
@misuse_is_status_2
def messages(
    name: str | None,
    state: Any,
    channel: str | None,
    patient: str | None,
    since: str | None,
    limit: int,
    as_json: bool,
    values: bool,
    path: Path,
) -> None:
    """List what came in, newest first, or show one with its issues and deliveries.

    \b
    Example:
      sdoh-gateway messages --state failed --json
    """
    if name is not None:
        _one(path, name, as_json, values)
        return
    wanted = Filter(state=state, channel=channel, person=patient, since=moment(since), newest_first=True, limit=limit)
    _list(path, wanted, as_json, values)


@click.command("quarantine")
@click.argument("name", metavar="[ID]", required=False)
@click.option(
    "-o", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Write the rows that were kept out of this message's tables, with where they stood and why.",
)  # fmt: skip
@limit_option
@json_option
@values_option
@config_option
@misuse_is_status_2
def quarantine(
    name: str | None, folder: Path | None, limit: int, as_json: bool, values: bool, path: Path
) -> None:  # fmt: skip
    """List what was set aside, with the reasons: messages, and tables some of whose rows were kept out.

    `replay` works a message again after a correction of the settings. Rows are mended in the files that -o writes, and
    handed to the same channel; they may hold patient data.

    \b
    Examples:
      sdoh-gateway quarantine
      sdoh-gateway quarantine 01a201ba-60e0-77e7-bbef-78a77b498f41 -o mend
    """
    if (name is None) != (folder is None):
        raise Misuse("to write the rows of a message give its ID and -o DIR")
    if name is not None and folder is not None:
        _write_rows(path, name, folder)
        return
    _list(path, Filter(is_set_aside=True, newest_first=True, limit=limit), as_json, values)


def _write_rows(path: Path, name: str, folder: Path) -> None:
    """The rows kept out of one message, read again from what was stored."""
    from adapters.formats.tabular.quarantine import Writer
    from gateway.pipeline import read

    plan = planned(path)
    found = _found(path, name)
    channel = plan.channels.get(found.channel)
    if channel is None or channel.format != "csv":
        raise Misuse(f"message {name} has no tables")
    part = read(found.body, channel, plan.work)
    with Writer(folder) as writer:
        for one in part.document.root.kept_out if part.document else ():
            writer.add(one)
    click.echo(f"{counted(writer.count, 'row')} written to {folder}")


@click.command("replay")
@click.argument("names", metavar="[ID]...", nargs=-1)
@click.option("--channel")
@click.option("--patient", metavar="ID")
@click.option("--since", metavar="TIME")
@click.option("--before", metavar="TIME")
@click.option("--state", type=click.Choice(["routed", "quarantined", "failed"]))
@click.option("--as-new", is_flag=True, help="Under new keys: receivers won't take it for a repetition.")
@json_option
@config_option
@misuse_is_status_2
def replay(
    names: tuple[str, ...],
    channel: str | None,
    patient: str | None,
    since: str | None,
    before: str | None,
    state: Any,
    as_new: bool,
    as_json: bool,
    path: Path,
) -> None:
    """Work messages again, in the order in which they came: by id, channel, patient or time.

    \b
    Example:
      sdoh-gateway replay --channel adt --since 2026-11-01T08:00
    """
    if not (names or channel or patient or since or before or state):
        raise Misuse("say what to replay: ids, --channel, --patient, --since, --before or --state")
    wanted = Filter(
        ids=names or None,
        channel=channel,
        person=patient,
        since=moment(since),
        before=moment(before),
        state=state,
    )
    count = ordered(path, "replay", wanted=plain(wanted), as_new=as_new)
    click.echo(json.dumps({"replayed": count}) if as_json else f"{counted(count, 'message')} worked again")
    if names and not count:
        raise SystemExit(1)


def _list(path: Path, wanted: Filter, as_json: bool, values: bool) -> None:
    with reading(path) as store, store.reading() as connection:
        found = store.envelopes.listed(connection, wanted)
    if as_json:
        for one in found:
            click.echo(json.dumps(as_dict(one, values)))
        return
    head = ("id", "received", "channel", "event", "state", "reason", "patient")
    report.grid(
        head,
        [
            (
                one.id,
                stamp(one.received_at),
                one.channel,
                one.event or "",
                one.state,
                one.reason or "",
                one.person or "",
            )
            for one in found
        ],
    )


def _found(path: Path, name: str) -> Envelope:
    with reading(path) as store, store.reading() as connection:
        found = store.envelopes.find(connection, name)
    if found is None:
        raise Misuse(f"there is no message {name}")
    return found


def _one(path: Path, name: str, as_json: bool, values: bool) -> None:
    from gateway.cli.deliveries import as_dict as delivery_as_dict

    found = _found(path, name)
    with reading(path) as store, store.reading() as connection:
        deliveries = store.deliveries.listed(connection, Wanted(envelope=name))
    whole = {**as_dict(found, values), "deliveries": [delivery_as_dict(one, values) for one in deliveries]}
    if as_json:
        click.echo(json.dumps(whole))
        return
    for key, value in whole.items():
        if key not in ("issues", "deliveries"):
            click.echo(f"{key:12} {'' if value is None else value}")
    for one in deliveries:
        click.echo(f"{'delivery':12} {one.id} to {one.destination} by {one.route}: {one.state} {one.held or ''}")
    report.say(found.issues, values=values, err=False)


def as_dict(one: Envelope, values: bool) -> dict[str, Any]:
    """A message as a list shows it; what was found in the data only when asked."""
    issues = one.issues if values else [issue.redacted() for issue in one.issues]
    return {
        "id": one.id,
        "received_at": stamp(one.received_at),
        "channel": one.channel,
        "format": one.format,
        "control_id": one.control_id,
        "event": one.event,
        "state": one.state,
        "reason": one.reason,
        "person": one.person,
        "size": one.size,
        "repeats": one.repeats,
        "issues": issues_to_dicts(issues),
    }
