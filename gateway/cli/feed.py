"""`sdoh-gateway feed`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import options, report
from gateway.cli.inputs import inputs
from gateway.cli.stores import limit_option, planned, reading
from gateway.config.site import FILE_NAME
from gateway.feeds import STATUSES, Feed, Feeds

if TYPE_CHECKING:
    from conformance.issue import Issue


@click.command("feed")
@click.argument("sources", metavar="[INPUT]...", nargs=-1)
@options.from_option
@options.site_options
@click.option("--channel", help="Of a running gateway: only this channel.")
@limit_option
@click.option("--all", "every", is_flag=True, help="Every field that is filled, not only those that nothing maps.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@options.misuse_is_status_2
def command(
    sources: tuple[str, ...], from_: str, site: Path | None, channel: str | None, limit: int, every: bool, form: str
) -> None:
    """Say which fields a sender fills that nothing maps, over many messages: paths and counts, no values.

    INPUT is files or folders; without any, the last messages that a gateway received (--limit), by its settings
    (--config, by default gateway.yaml).

    \b
    Examples:
      sdoh-gateway feed inbox --site our-site
      sdoh-gateway feed --config gateway.yaml --channel adt --limit 1000 --format json
    """
    issues: list[Issue] = []
    found = _of_files(sources, from_, site, issues) if sources else _received(_settings(site), channel, limit)
    if form == "json":
        click.echo(json.dumps([one.plain(every=every) for one in found], ensure_ascii=False, indent=2))
    else:
        for one in found:
            _table(one, every)
    report.say(issues)
    options.finish(issues)


def _settings(site: Path | None) -> Path:
    return Path(FILE_NAME) if site is None else site / FILE_NAME if site.is_dir() else site


def _of_files(sources: tuple[str, ...], from_: str, site: Path | None, issues: list[Issue]) -> list[Feed]:
    feeds = Feeds(options.settings(site))
    for one in report.progress(inputs(sources)):
        raw, problems = one.read(from_)
        issues.extend(problems)
        for part in one.parts(raw, from_) if not problems else ():
            feeds.add(part)
    return feeds.all()


def _received(settings: Path, channel: str | None, limit: int) -> list[Feed]:
    from gateway.sources import parts

    plan = planned(settings)
    feeds = Feeds(plan.site)
    for name, body in _bodies(settings, channel, limit):
        known = plan.channels.get(name)
        if known is not None:
            for part in parts(body, known.format):
                feeds.add(part, name, known.map)
    return feeds.all()


def _bodies(settings: Path, channel: str | None, limit: int) -> Iterator[tuple[str, bytes]]:
    """Channel and body of the last messages."""
    from gateway.store import Filter

    with reading(settings) as store, store.reading() as connection:
        for one in store.envelopes.listed(connection, Filter(channel=channel, newest_first=True, limit=limit)):
            whole = store.envelopes.find(connection, one.id)
            if whole is not None:
                yield one.channel, whole.body


def _table(feed: Feed, every: bool) -> None:
    where = f"{feed.channel}, {feed.sender}" if feed.channel else feed.sender
    click.echo(f"{where or 'without a sender'}: {feed.messages} messages")
    cells = [
        [one.path, str(one.messages), *(str(one.counts[name] or "") for name in STATUSES), one.reason]
        for one in feed.sorted(every=every)
    ]
    if cells:
        report.grid(["field", "messages", *STATUSES, "reason"], cells)
    else:
        click.echo("Every field has its place.")
