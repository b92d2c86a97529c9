"""`sdoh-gateway demo`: a hospital's discharge, from what it sent to what a community hub gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.issue import Issue, has_errors
from gateway.api import Converted, convert_part
from gateway.cli import er7, options, outline, report
from gateway.cli.demo_gateway import show as show_gateway
from gateway.cli.explain import counted
from gateway.cli.ledgers import STATUSES, Ledgers
from gateway.cli.outputs import replace_file
from gateway.config import Site
from gateway.samples import sample
from gateway.sources import Part, parts
from gateway.targets import target
from gateway.validation import findings

if TYPE_CHECKING:
    from mappings import Ledger

SAMPLE = "discharge-a03.hl7"
PROFILE = "adt-cms-enotification"
_WIDTH = 110


@click.command("demo")
@click.option("-o", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("out"), show_default=True,
              metavar="DIR", help="Where the files go.")  # fmt: skip
@options.misuse_is_status_2
def command(folder: Path) -> None:
    """Show a hospital's discharge on its way to a hub: what it sent, what is wrong with it, what it becomes, and where
    each field went. The people in it are invented.

    \b
    Example:
      sdoh-gateway demo -o out
    """
    raw = sample(SAMPLE)
    (part,) = parts(raw)
    page = Page(folder)
    page.title("A discharge on its way from a hospital to a community hub")
    _sent(page, part, raw)
    fhir = convert_part(part, target("fhir"), Site())
    alerts = convert_part(part, target(None, "alerts"), Site())
    _found(page, part, [*fhir.issues, *alerts.issues])
    _made(page, "3. What it became: FHIR R4", fhir, "discharge.json",
          "Every later form is made from this Bundle, and every format is read into one like it.")  # fmt: skip
    _made(page, "4. What the hub gets: Da Vinci Alerts 1.1.0", alerts, "notice.json",
          "The notification that a hub's software understands, made from the Bundle by a second map.")  # fmt: skip
    if fhir.ledger:
        _accounted(page, fhir.ledger)
    show_gateway(page)
    page.heading("Your own messages")
    for line in (
        "convert message.hl7 --to fhir",
        "validate folder --profile adt-cms-enotification",
        "explain message.hl7",
        "serve --config gateway.yaml",
    ):
        click.echo(f"  sdoh-gateway {line}")
    options.finish([one for made in (fhir, alerts) for one in made.issues])


@dataclass(frozen=True, slots=True)
class Page:
    """What the demo prints, and where it puts files."""

    folder: Path

    def title(self, text: str) -> None:
        click.echo(click.style(f"\n{text}", bold=True))
        click.echo("=" * len(text))

    def heading(self, text: str, words: str = "") -> None:
        click.echo(click.style(f"\n{text}", bold=True, fg="cyan"))
        if words:
            click.echo(words)
        click.echo()

    def lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            click.echo(f"  {line if len(line) <= _WIDTH else line[: _WIDTH - 1] + '…'}")

    def file(self, name: str, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        place = self.folder / name
        replace_file(place, [content])
        click.echo(f"\n  in full: {place}")


def _sent(page: Page, part: Part, raw: bytes) -> None:
    page.heading(
        "1. What the hospital sent",
        "An ADT^A03 of HL7 v2.5.1: Ms. Reyes goes home after four days, to a house without heat and little to eat.",
    )
    if part.document:
        page.lines(line for line in er7.lines(part.document.root) if "Set ID" not in line)
    page.file(SAMPLE, raw)


def _found(page: Page, part: Part, issues: list[Issue]) -> None:
    page.heading(
        "2. What was found in it",
        "By the structure of its version, by the notification rule of 42 CFR 482.24(d), and on the way.",
    )
    everything = [*findings(part), *findings(part, [PROFILE]), *issues]
    unique = list(dict.fromkeys(everything))
    if not unique:
        click.echo("  nothing")
    report.say(unique, err=False)
    if not has_errors(unique):
        click.echo("\n  No errors: what a notification must hold is there.")


def _made(page: Page, title: str, made: Converted, name: str, words: str) -> None:
    from adapters.formats.fhir.writer import write

    page.heading(title, words)
    if made.value is None:
        click.echo("  nothing was made; the reason stands under 2.")
        return
    page.lines(outline.lines(made.value))
    page.file(name, write(made.value, indent=True).value or b"")


def _accounted(page: Page, ledger: Ledger) -> None:
    page.heading("5. Where each field went", "Nothing is lost without a word: what no rule takes is named.")
    rows = ledger.rows()
    by_segment: Counter[tuple[str, str]] = Counter((row.path[:3], row.status) for row in rows)
    segments = dict.fromkeys(row.path[:3] for row in rows)
    for segment in segments:
        told = [f"{by_segment[segment, status]} {status}" for status in STATUSES if by_segment[segment, status]]
        click.echo(f"  {segment}  {', '.join(told)}")
    click.echo(f"\n  {counted(rows)}; those that went nowhere:\n")
    report.grid(["  field", "why"], [[f"  {row.path}", row.reason] for row in rows if row.status == "unmapped"])
    place = page.folder / "ledger.jsonl"
    ledgers = Ledgers(str(place), values=False)
    ledgers.add(SAMPLE, ledger)
    ledgers.end()
    click.echo(f"\n  in full: {place}")
