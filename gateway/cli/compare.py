"""`sdoh-gateway compare`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gateway.cli import report
from gateway.cli.options import from_option, misuse_is_status_2
from gateway.targets import Misuse

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("compare")
@click.argument("first", type=_FILE, metavar="A")
@click.argument("second", type=_FILE, metavar="B")
@click.option("--ignore", multiple=True, metavar="PATH", help="A place that may differ: MSH-7, timestamp.")
@from_option
@misuse_is_status_2
def command(first: Path, second: Path, ignore: tuple[str, ...], from_: str) -> None:
    """Show what differs between two messages, place by place: fields of HL7 v2, elements of FHIR.

    Status 0 when nothing differs, else 1.

    \b
    Example:
      sdoh-gateway compare sent.hl7 came-back.hl7 --ignore MSH-7
    """
    before, after = _places(first, from_), _places(second, from_)
    rows = []
    for place in dict.fromkeys((*before, *after)):
        a, b = before.get(place, ""), after.get(place, "")
        if a != b and not any(place == one or place.startswith((f"{one}.", f"{one}[")) for one in ignore):
            rows.append((place, a, b))
    if not rows:
        click.echo("nothing differs")
        return
    report.grid(("place", str(first), str(second)), rows)
    raise SystemExit(1)


def _places(source: Path, from_: str) -> dict[str, str]:
    from gateway.sources import parts

    found: dict[str, str] = {}
    for part in parts(source.read_bytes(), from_):
        if part.document is None:
            report.say(part.issues)
            raise Misuse(f"{source} can't be read")
        prefix = f"#{part.number} " if part.count > 1 else ""
        walk = _fields if part.document.format == "hl7v2" else _elements
        found.update({prefix + place: text for place, text in walk(part.document.root)})
    return found


def _fields(message: Any) -> Iterator[tuple[str, str]]:
    from gateway.cli.er7 import fields

    for segment in message.segments:
        same = message.all(segment.name)
        name = f"{segment.name}[{same.index(segment) + 1}]" if len(same) > 1 else segment.name
        for field, repetition, text in fields(message, segment):
            yield f"{name}-{field}" + (f"[{repetition}]" if repetition > 1 else ""), text


def _elements(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _elements(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _elements(item, f"{path}[{number}]")
    else:
        yield path, "true" if node is True else "false" if node is False else str(node)
