"""`sdoh-gateway scrub`."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

import click

from gateway.cli.options import misuse_is_status_2
from gateway.targets import Misuse


@click.command("scrub")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True), metavar="FILE")
@click.option(
    "-o", "output", type=click.Path(path_type=Path), metavar="FILE", help="Where to; by default standard output."
)
@click.option("--key", help="The same key gives the same invented identities again.")
@misuse_is_status_2
def command(source: Path, output: Path | None, key: str | None) -> None:
    """Replace names, identifiers, addresses, birth dates and free text by invented ones of the same form.

    Look at the result before you share it: a sender may have put names into fields that hold none.

    \b
    Example:
      sdoh-gateway scrub failing.hl7 -o to-share.hl7
    """
    from gateway import formats, scrub

    raw = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    invent = scrub.inventor(key.encode() if key else secrets.token_bytes(32))
    format_ = formats.recognised(raw)
    if format_ is not None and format_.name == "fhir":
        parsed = format_.parse(raw).value
        if parsed is None:
            raise Misuse("this FHIR can't be read, so it can't be scrubbed either")
        made = json.dumps(scrub.fhir(parsed.root, invent), indent=2, ensure_ascii=False, default=str).encode() + b"\n"
    elif b"MSH" in raw:
        made = scrub.hl7v2(raw, invent)
    else:
        raise Misuse("this is neither HL7 v2 nor FHIR")
    if output is None:
        sys.stdout.buffer.write(made)
    else:
        output.write_bytes(made)
