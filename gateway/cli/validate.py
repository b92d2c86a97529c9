"""`sdoh-gateway validate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.catalogue import code, issue
from conformance.issue import Issue, Severity, at_least
from conformance.render.checked import Accepted, Checked, all_issues
from conformance.render.operation_outcome import operation_outcome
from conformance.render.table import summary
from gateway import formats
from gateway.cli import options, report
from gateway.cli.inputs import Input, inputs
from gateway.sources import AUTO
from gateway.targets import Misuse
from gateway.validation import Checks, checks

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from adapters.formats.tabular.quarantine import Writer
    from conformance.baseline import Baseline

FORMS = ("table", "json", "jsonl", "sarif", "junit", "html")


@click.command("validate")
@click.argument("sources", metavar="INPUT...", nargs=-1)
@click.option("--profile", "profiles", multiple=True, metavar="URL|ID|FILE", help="Profile; may be given again.")
@click.option("--package", "packages", multiple=True, metavar="FILE|NAME@VERSION",
              help="FHIR package (or one definition) to validate by; may be given again.")  # fmt: skip
@click.option("--schematron", "schematrons", multiple=True, metavar="FILE",
              help="C-CDA: a Schematron file to judge by too (needs saxonche); may be given again.")  # fmt: skip
@click.option("--xsd", "schemas", multiple=True, metavar="FILE",
              help="C-CDA: an XML Schema (CDA_SDTC.xsd) to judge by too; may be given again.")  # fmt: skip
@options.from_option
@click.option("--format", "form", type=click.Choice(FORMS), default="table", show_default=True,
              help="json: one OperationOutcome; jsonl: one line for each input, clean ones too.")  # fmt: skip
@click.option("--fail-on", type=click.Choice(["error", "warning"]), default="error", show_default=True,
              help="From which severity the status is 1.")  # fmt: skip
@click.option("--baseline", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Findings that are accepted, each with a reason and a last day.")  # fmt: skip
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that the baseline is judged by.")
@click.option("--strict-models", is_flag=True, help="Add the verdict of fhir.resources R4B.")
@click.option("--stdio", is_flag=True, help="Stay, and answer one JSON request a line with an OperationOutcome a line.")
@options.quarantine_option
@options.dates_option
@options.encoding_option
@options.values_option
@options.misuse_is_status_2
def command(
    sources: tuple[str, ...],
    profiles: tuple[str, ...],
    packages: tuple[str, ...],
    schematrons: tuple[str, ...],
    schemas: tuple[str, ...],
    from_: str,
    form: str,
    fail_on: Severity,
    baseline: Path | None,
    today: datetime | None,
    strict_models: bool,
    stdio: bool,
    quarantine: Path | None,
    dates: str | None,
    encoding: str | None,
    values: bool,
) -> None:
    """Say what is wrong with messages and resources, and where.

    Without --profile: FHIR by meta.profile and its base definition, HL7 v2 by the structure of its version, C-CDA by
    its classes, templates and document type, tables by their kind. Profiles of tables are shipped kinds, YAML schemas,
    Frictionless descriptors and JSON Schemas for each row.

    With --stdio a request is {"file": ..., "profile": ..., "profile_url": ..., "igs": [...]}: `profile` is a file with
    a StructureDefinition, `igs` are packages or files; all but `file` may be left out.

    \b
    Examples:
      sdoh-gateway validate discharge.hl7
      sdoh-gateway validate patient.json --profile us-core-patient --package hl7.fhir.us.core@8.0.0
      sdoh-gateway validate summary.xml --schematron CCDA-4.0.sch --xsd CDA_SDTC.xsd
      sdoh-gateway validate inbox --profile adt-cms-enotification --fail-on warning
      sdoh-gateway validate export-folder --quarantine bad-rows --dates DMY
      sdoh-gateway validate bundles --format html --baseline accepted.yaml > report.html
    """
    if stdio:
        _serve(sources, profiles, packages, strict_models, values)
        return
    if not sources:
        raise Misuse("name something to validate: a file, a folder, a pattern or `-`")
    asked = checks(profiles, packages, strict_models=strict_models, schematrons=schematrons, schemas=schemas)
    if profiles or packages or schematrons or schemas:
        report.say(asked.load())
    run = Run(asked, from_, _baseline(baseline, today), options.told(dates, encoding), options.quarantined(quarantine))
    show = Shown(form, values, fail_on)
    for one in report.progress(inputs(sources)):
        checked = run.check(one)
        if checked is not None:
            show.one(checked)
    show.end(run.review(str(baseline)))
    if at_least(fail_on) & {one.severity for one in all_issues(show.checked)}:
        raise SystemExit(1)


def _serve(
    sources: tuple[str, ...], profiles: tuple[str, ...], packages: tuple[str, ...], strict_models: bool, values: bool
) -> None:
    from gateway.cli.stdio import serve

    if sources:
        raise Misuse("with --stdio the files are named by the requests")
    serve(profiles, packages, strict_models=strict_models, found=values)


def _baseline(file: Path | None, today: datetime | None) -> Baseline | None:
    """Misuse, after all its mistakes were shown, for a file that isn't a baseline."""
    if file is None:
        return None
    from conformance.baseline import Baseline, read

    result = read(file.read_bytes(), str(file))
    report.say(result.issues)
    if result.value is None:
        raise Misuse("the baseline has errors; see above")
    return Baseline(result.value, _day(today))


def _day(today: datetime | None) -> date:
    return today.date() if today else datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Run:
    """Checks inputs one after the other, and sorts what is found by the baseline."""

    checks: Checks
    from_: str
    baseline: Baseline | None
    told: Told | None = None
    quarantine: Writer | None = None

    def check(self, source: Input) -> Checked | None:
        """What is found in one input; None for a file of a folder that is passed over."""
        raw, problems = source.read(self.from_)
        if problems:
            return self._sorted(source.name, problems)
        if source.passed_over(raw):
            report.say([issue("IO-0004", formats=", ".join(formats.names())).within(source.name)])
            return None
        found = self._tables(source, raw) if self._is_table(source, raw) else self._found(source, raw)
        return self._sorted(source.name, tuple(found))

    def _is_table(self, source: Input, raw: bytes) -> bool:
        if source.path is not None:
            return source.is_table(self.from_)
        known = formats.recognised(raw) if self.from_ == AUTO else formats.named(self.from_)
        return known is not None and known.name == "csv"

    def _tables(self, source: Input, raw: bytes) -> Iterator[Issue]:
        content = source.path if source.path is not None else raw
        keep_out = self.quarantine.add if self.quarantine else lambda one: None
        for one in self.checks.tables(content, source.below.name, self.told, keep_out, report.rows_read):
            yield source.named(one)

    def _found(self, source: Input, raw: bytes) -> Iterator[Issue]:
        for part in source.parts(raw, self.from_):
            yield from (source.named(one, part) for one in self.checks.findings(part))

    def _sorted(self, name: str, found: tuple[Issue, ...]) -> Checked:
        if self.baseline is None:
            return Checked(source=name, issues=found)
        reasons = [(one, self.baseline.reason(one)) for one in found]
        return Checked(
            source=name,
            issues=tuple(one for one, reason in reasons if reason is None),
            accepted=tuple(Accepted(issue=one, reason=reason) for one, reason in reasons if reason is not None),
        )

    def review(self, name: str) -> Checked | None:
        """What is to be said of the baseline itself, once all is checked."""
        issues = tuple(self.baseline.review()) if self.baseline else ()
        return Checked(source=name, issues=issues) if issues else None


@dataclass(slots=True)
class Shown:
    """The report in the form asked for: table and lines as they come, the others when all is there."""

    form: str
    values: bool
    fail_on: Severity
    checked: list[Checked] = field(default_factory=list)

    def one(self, one: Checked) -> None:
        self.checked.append(one)
        if self.form == "jsonl":
            _print({"file": one.source, "outcome": operation_outcome(one.issues, found=self.values)}, indent=False)
        elif self.form == "table":
            report.say(one.issues, values=self.values, err=False)

    def end(self, review: Checked | None) -> None:
        if self.form == "table":
            for line in self._totals():
                click.echo(line, err=True)
            click.echo(self._counts(), err=True)
        if review is not None:
            self.checked.append(review)
            if self.form in ("table", "jsonl"):
                report.say(review.issues)
        if self.form in _WHOLE:
            _WHOLE[self.form](self)

    def _totals(self) -> Iterator[str]:
        """How often each rule of tables was broken: there are many rows, and few rules."""
        counts = Counter(one.code for one in all_issues(self.checked) if one.code.startswith("CSV-"))
        for name, count in sorted(counts.items()):
            yield f"{count:>8}  {name}  {code(name).title}"

    def _counts(self) -> str:
        count, accepted = len(self.checked), sum(len(one.accepted) for one in self.checked)
        words = f"{count} source{'' if count == 1 else 's'}: {summary(list(all_issues(self.checked)))}"
        return f"{words}, {accepted} accepted" if accepted else words


def _json(shown: Shown) -> None:
    _print(operation_outcome(all_issues(shown.checked), found=shown.values), indent=True)


def _sarif(shown: Shown) -> None:
    from conformance.render.sarif import sarif
    from gateway._version import __version__

    _print(sarif(shown.checked, found=shown.values, version=__version__), indent=True)


def _junit(shown: Shown) -> None:
    from conformance.render.junit import junit

    click.echo(junit(shown.checked, found=shown.values, fail_on=shown.fail_on).encode(), nl=False)


def _html(shown: Shown) -> None:
    from conformance.render.html import page

    click.echo(page(shown.checked, found=shown.values).encode(), nl=False)


_WHOLE: dict[str, Callable[[Shown], None]] = {"json": _json, "sarif": _sarif, "junit": _junit, "html": _html}


def _print(value: Any, *, indent: bool) -> None:
    from adapters.formats.fhir.writer import write

    content = write(value, indent=indent).value or b""
    click.echo(content if indent else content + b"\n", nl=False)
