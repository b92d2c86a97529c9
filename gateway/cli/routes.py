"""`sdoh-gateway routes explain`: who would be told of a message, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.issue import Issue
from gateway.cli import report
from gateway.cli.options import finish, misuse_is_status_2, values_option
from gateway.cli.stores import config_option, json_option, planned
from gateway.plan import Channel, Plan
from gateway.records import NewDelivery
from gateway.targets import Misuse

if TYPE_CHECKING:
    from gateway.exports import Export
    from gateway.routing import Routing


@click.group("routes")
def command() -> None:
    """Ask the routing rules about a message.

    \b
    Example:
      sdoh-gateway routes explain discharge.hl7 --config gateway.yaml
    """


@command.command("explain")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--channel", "name", help="The channel it would come by; by default the first that takes its format.")
@json_option
@values_option
@config_option
@misuse_is_status_2
def explain(source: Path, name: str | None, as_json: bool, values: bool, path: Path) -> None:
    """Say which rule sends a message where, which did not match and why, and what each destination would get.

    Of tables it says for how many people each rule holds.

    \b
    Example:
      sdoh-gateway routes explain discharge.hl7 --config gateway.yaml
    """
    from gateway.persons import Nobody
    from gateway.pipeline import deliver, prepare

    plan = planned(path)
    body = source.read_bytes()
    prepared = prepare(body, _channel(plan, body, name), plan.work, Nobody())
    if isinstance(prepared, tuple):
        report.say(prepared, values=values, err=False)
        click.echo("quarantined: no rule is asked")
        finish(list(prepared))
        return
    if prepared.export is not None:
        _explain_export(prepared.export, plan, as_json)
        return
    told = [_verdict(verdict, values) for verdict in prepared.routing.verdicts]
    chosen: list[dict[str, Any]] = []
    for choice in prepared.routing.choices:
        made: NewDelivery | None = None
        found: list[Issue] = []
        if choice.stopped is None:
            made, found = deliver(choice, plan.destinations[choice.destination], plan.work, prepared.known)
        chosen.append(
            {
                "destination": choice.destination,
                "rule": choice.rule,
                "stopped_by": choice.stopped,
                "held_by": made.held if made else choice.held,
                "bytes": len(made.payload) if made else 0,
                "issues": [f"{one.severity} {one.code} {one.message}" for one in found],
            }
        )
    if as_json:
        click.echo(json.dumps({"rules": told, "destinations": chosen}))
    else:
        _show(told, chosen)


def _explain_export(export: Export, plan: Plan, as_json: bool) -> None:
    """Of tables: for how many people, and things about nobody, each rule holds, and what each destination would get."""
    from gateway.exports import tell
    from gateway.persons import Nobody

    kinds = {True: "people", False: "others"}
    asked = [
        (kinds[share.is_of_person], routing) for share, routing in zip(export.shares, export.routings, strict=True)
    ]
    rules: list[dict[str, Any]] = [
        {"rule": rule.name, "to": list(rule.to), "stop": list(rule.stop), "hold": list(rule.hold)}
        | {kind: _matched(rule.name, kind, asked) for kind in kinds.values()}
        for rule in plan.rules
    ]
    told = tell(export, "", "", plan.work, Nobody())
    destinations: list[dict[str, Any]] = [
        {"destination": name}
        | {"deliveries": [_sent(one) for one in told.deliveries if one.destination == name]}
        | {"issues": [f"{one.severity} {one.code} {one.message}" for one in told.issues if one.at.source == name]}
        for name in plan.destinations
    ]
    if as_json:
        click.echo(json.dumps({"rules": rules, "destinations": destinations}))
        return
    for rule in rules:
        click.echo(f"{rule['rule']}: {rule['people']} people, {rule['others']} others  ({_does(rule)})")
    click.echo()
    for one in destinations:
        for made in one["deliveries"]:
            click.echo(f"{one['destination']}: {_outcome(made)}  (chosen by {made['rule']})")
        if not one["deliveries"]:
            click.echo(f"{one['destination']}: nothing")
        for line in one["issues"]:
            click.echo(f"              {line}")


def _matched(rule: str, kind: str, asked: list[tuple[str, Routing]]) -> str:
    """`9 of 10`."""
    verdicts = [each for one, routing in asked if one == kind for each in routing.verdicts if each.rule.name == rule]
    return f"{sum(each.matched for each in verdicts)} of {len(verdicts)}"


def _sent(one: NewDelivery) -> dict[str, Any]:
    return {"rule": one.route, "held_by": one.held, "bytes": len(one.payload)}


def _channel(plan: Plan, body: bytes, name: str | None) -> Channel:
    from gateway import formats

    if name is not None and name not in plan.channels:
        raise Misuse(f"there is no channel {name!r}; there are {', '.join(plan.channels)}")
    if name is not None:
        return plan.channels[name]
    format_ = formats.recognised(body)
    found = next((one for one in plan.channels.values() if format_ and one.format == format_.name), None)
    if found is None:
        raise Misuse("no channel takes this format; name one with --channel")
    return found


def _verdict(verdict: Any, values: bool) -> dict[str, Any]:
    return {
        "rule": verdict.rule.name,
        "matched": verdict.matched,
        "conditions": [
            {"test": one.text, "holds": one.holds, **({"found": list(one.found)} if values else {})}
            for one in verdict.conditions
        ],
        "to": list(verdict.rule.to),
        "stop": list(verdict.rule.stop),
        "hold": list(verdict.rule.hold),
    }


def _does(rule: dict[str, Any]) -> str:
    return "; ".join(f"{word} {', '.join(rule[word])}" for word in ("to", "stop", "hold") if rule[word])


def _outcome(one: dict[str, Any]) -> str:
    return f"{one['bytes']} bytes, " + (f"held: {one['held_by']}" if one["held_by"] else "sent")


def _show(told: list[dict[str, Any]], chosen: list[dict[str, Any]]) -> None:
    for rule in told:
        click.echo(f"{'matched    ' if rule['matched'] else 'not matched'} {rule['rule']}  ({_does(rule)})")
        for one in rule["conditions"]:
            found = f"  (found: {', '.join(one['found']) or 'nothing'})" if "found" in one else ""
            click.echo(f"              {'yes' if one['holds'] else 'no '} {one['test']}{found}")
    click.echo()
    for one in chosen:
        if one["stopped_by"]:
            outcome = f"nothing: stopped by {one['stopped_by']}"
        elif not one["bytes"]:
            outcome = "nothing is made of this event for it"
        else:
            outcome = _outcome(one)
        click.echo(f"{one['destination']}: {outcome}  (chosen by {one['rule']})")
        for issue in one["issues"]:
            click.echo(f"              {issue}")
    if not chosen:
        click.echo("nobody is told")
