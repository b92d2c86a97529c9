"""`sdoh-gateway convert`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from conformance.catalogue import issue
from conformance.issue import Issue
from conformance.render.table import summary
from gateway import formats
from gateway.api import Converted, convert_part
from gateway.cli import options, report
from gateway.cli.inputs import STDIN, Input, inputs, is_many
from gateway.cli.ledgers import Ledgers
from gateway.cli.outputs import Output, is_folder, suffix
from gateway.config import Site
from gateway.sources import Part
from gateway.targets import BUNDLE_FORMS, BundleForm, Misuse, Target, target

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from adapters.formats.tabular.quarantine import Writer


@click.command("convert")
@options.inputs_argument
@options.to_option
@options.as_option
@options.from_option
@options.map_option
@options.site_options
@click.option("--bundle", type=click.Choice(BUNDLE_FORMS), default="message", show_default=True, help="Form of FHIR.")
@click.option("--raw", is_flag=True, help="Tables for machines: no escapes for spreadsheets, no byte order mark.")
@click.option("-o", "output", metavar="FILE|DIR|-", default=STDIN, help="Where to write; by default standard output.")
@click.option(
    "--ledger", metavar="FILE|-", help="Write where each field went, one JSON object a line for each document."
)
@options.quarantine_option
@options.dates_option
@options.encoding_option
@options.values_option
@options.misuse_is_status_2
def command(
    sources: tuple[str, ...],
    to: str | None,
    as_: str | None,
    from_: str,
    map_id: str | None,
    site: Path | None,
    bundle: BundleForm,
    raw: bool,
    output: str,
    ledger: str | None,
    quarantine: Path | None,
    dates: str | None,
    encoding: str | None,
    values: bool,
) -> None:
    """Turn messages and documents into another format.

    INPUT is a file, a folder, a glob in quotes, or - for standard input. Issues go to standard error. With -o DIR each
    result is named after its source: a/x.hl7 of the folder a becomes DIR/x.hl7.json, the second message of a batch
    DIR/x.hl7.2.json. Results of an earlier run are replaced; an input never is. Several results in one stream stand
    one on a line.

    \b
    Examples:
      sdoh-gateway convert discharge.hl7 --to fhir
      sdoh-gateway convert inbox --to fhir -o out --ledger ledger.jsonl
      sdoh-gateway convert discharge.hl7 --as alerts@1.1.0 -o notice.json
      sdoh-gateway convert hmis-export.zip --to fhir -o out
      sdoh-gateway convert discharge.hl7 --as worklist -o today.csv
      sdoh-gateway convert 'in/**/*.hl7' --to fhir --bundle transaction --site our-site -o out
    """
    wanted = target(to, as_)
    if wanted.label and bundle != "message":
        raise Misuse(f"--as {as_} is a message by its definition; leave --bundle {bundle} out")
    from gateway.conversion import check_target

    if output == ledger == STDIN:
        raise Misuse("result and ledger can't both go to standard output; name a file for one of them: -o FILE")
    known = options.settings(site)
    check_target(wanted, known)
    many = is_many(sources)
    out = Output(output, is_folder(output, many), suffix(wanted, bundle))
    found = inputs(sources)
    out.begin(found)
    told = options.told(dates, encoding)
    ledgers = Ledgers(ledger, values)
    kept = options.quarantined(quarantine)
    run = Run(wanted, known, bundle, map_id, from_, out, many, ledgers, told, kept, raw)
    for one in report.progress(found):
        report.say(run.convert(one), values=values)
    report.say(run.end(), values=values)
    if many:
        click.echo(run.summary(), err=True)
    options.finish(run.issues)


MOST_ROWS = 10_000
"""Of a dataset that becomes one Bundle; larger ones are written as NDJSON, a file for each type."""


@dataclass(slots=True)
class Run:
    """One call of the command over all its inputs."""

    target: Target
    site: Site
    bundle: BundleForm
    map_id: str | None
    from_: str
    output: Output
    many: bool
    ledgers: Ledgers
    told: Told | None = None
    quarantine: Writer | None = None
    raw: bool = False
    issues: list[Issue] = field(default_factory=list)
    documents: int = 0
    made: int = 0

    def convert(self, source: Input) -> list[Issue]:
        """Converts one source; its issues, which name it."""
        raw, problems = source.read(self.from_)
        if problems:
            found = list(problems)
        elif self._is_shared(source):
            found = list(self._shares(source))
        elif source.passed_over(raw):
            found = [issue("IO-0004", formats=", ".join(formats.names()))]
        else:
            found = [one for part in self._parts(source, raw) for one in self._part(source, part)]
        found = [one if one.at.source else one.within(source.name) for one in found]
        self.issues.extend(found)
        return found

    def _parts(self, source: Input, raw: bytes) -> Iterator[Part]:
        return source.parts(raw, self.from_, self.told, self.site, self.map_id)

    def _is_shared(self, source: Input) -> bool:
        """Tables that are too large for one document."""
        from gateway.datasets import TOO_LARGE, is_large

        if source.path is None or not source.is_table(self.from_):
            return False
        if not self.output.folder and is_large(source.path, TOO_LARGE):
            raise Misuse(f"{source.name} is too large for one document; name a folder: -o DIR/")
        if not self.output.folder or self.target.format != "fhir" or self.target.label:
            return False
        return is_large(source.path)

    def _shares(self, source: Input) -> Iterator[Issue]:
        """Large tables, a share after the other, into one file for each type of resource."""
        from gateway.cli.types import Types
        from gateway.datasets import schema_of, shares

        path = cast("Path", source.path)
        types = Types(self.output.types_folder(source), partial(_json, indent=False))
        told: set[tuple[str, str]] = set()  # what is said of the whole is said once
        for part in report.counted(shares(path, self.told, schema_of(path, self.site, self.map_id))):
            made = convert_part(part, self.target, self.site, map_id=self.map_id, bundle="ndjson")
            new = [one for one in made.issues if one.at.line or (one.code, one.message) not in told]
            told |= {(one.code, one.message) for one in new}
            yield from (source.named(one) for one in new)
            self.ledgers.add(source.name, made.ledger)
            self._keep_out(part)
            for resource in made.value or ():
                types.add(resource)
        self.documents += 1
        self.made += bool(types.count)
        types.end()

    def _part(self, source: Input, part: Part) -> Iterator[Issue]:
        self.documents += 1
        form = "ndjson" if self._is_large(part) else self.bundle
        made = convert_part(part, self.target, self.site, map_id=self.map_id, bundle=form, raw=self.raw)
        name = f"{source.name}#{part.number}" if part.count > 1 else source.name
        yield from (source.named(one, part) for one in made.issues)
        self.ledgers.add(name, made.ledger)
        self._keep_out(part)
        if made.value is not None:
            self.made += 1
            if self._is_large(part):
                problem = self.output.write_types(source, _by_type(made.value))
            else:
                problem = self.output.write(source, part, self._bytes(made, part))
            yield from [problem] if problem else []

    def _is_large(self, part: Part) -> bool:
        """Tables of so many rows that a folder gets a file for each type of resource."""
        document = part.document
        if document is None or document.format != "csv" or self.target.format != "fhir" or not self.output.folder:
            return False
        return sum(map(len, document.root.values())) > MOST_ROWS

    def _keep_out(self, part: Part) -> None:
        """Rows of tables that couldn't be used, into files that can be mended and converted again."""
        if self.quarantine is not None and part.document is not None and part.document.format == "csv":
            for one in part.document.root.kept_out:
                self.quarantine.add(one)

    def _bytes(self, made: Converted, part: Part) -> bytes:
        if isinstance(made.value, bytes):
            return made.value
        lines = made.value if isinstance(made.value, list) else None
        alone = self.output.folder or (not self.many and part.count == 1)
        if lines is None and alone:
            return _json(made.value, indent=True)
        return b"".join(_json(one, indent=False) for one in lines or [made.value])

    def end(self) -> list[Issue]:
        """Writes what is written once."""
        problems = [one for one in (self.output.end(), self.ledgers.end()) if one]
        self.issues.extend(problems)
        return problems

    def summary(self) -> str:
        one = "" if self.documents == 1 else "s"
        return f"{self.documents} document{one}, {self.made} converted: {summary(self.issues)}"


def _by_type(resources: list[dict[str, Any]]) -> dict[str, bytes]:
    found: dict[str, list[bytes]] = {}
    for resource in resources:
        found.setdefault(str(resource["resourceType"]), []).append(_json(resource, indent=False))
    return {name: b"".join(lines) for name, lines in found.items()}


def _json(value: Any, *, indent: bool) -> bytes:
    from adapters.formats.fhir.writer import write

    result = write(value, indent=indent)
    if result.value is None:
        raise ValueError(result.issues[0].message)
    return result.value if indent else result.value + b"\n"
