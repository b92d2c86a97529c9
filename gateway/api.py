"""The Python API: `convert`, `validate`, `explain`. Dicts in and out; the CLI stands on the same calls.

A source is `Path` for a file or folder, `str` or `bytes` for its content, `dict` for a FHIR resource. What is said of
tables is what the command line takes: `dates` (DMY, MDY, YMD) is the order of day and month where the data leaves it
open, `encoding` that of what is neither marked nor UTF-8, `quarantine` a folder for rows that couldn't be used; `raw`
writes tables for machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from conformance.document import Document
from conformance.issue import Issue, has_errors
from gateway import formats
from gateway.config import Site
from gateway.config import site as load_site
from gateway.datasets import told
from gateway.sources import AUTO, Part, parts
from gateway.targets import BUNDLE_FORMS, BundleForm, Misuse, Target, target

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from adapters.formats.tabular.table import KeptOut
    from mappings import Ledger, Row

Source = Path | str | bytes | dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What became of one document.

    `value`: for FHIR a dict, with `bundle='ndjson'` a list of them, with `typed=True` objects; else bytes. None where
    nothing could or should be made: the issues say which.
    """

    value: Any
    issues: tuple[Issue, ...] = ()
    ledger: Ledger | None = None

    @property
    def ok(self) -> bool:
        """Whether there was no error; a value may be there all the same, or none be wanted."""
        return not has_errors(self.issues)


def convert(
    source: Source,
    to: str | None = None,
    *,
    from_: str = AUTO,
    as_: str | None = None,
    map: str | None = None,
    site: Path | str | None = None,
    bundle: BundleForm = "message",
    typed: bool = False,
    raw: bool = False,
    dates: str | None = None,
    encoding: str | None = None,
    quarantine: Path | str | None = None,
) -> Converted:
    """One document in another form. Misuse (a ValueError) for a target, map or site that isn't there, and for a source
    that holds several documents: `convert_all` is for these."""
    found = list(
        convert_all(
            source, to, from_=from_, as_=as_, map=map, site=site, bundle=bundle, typed=typed, raw=raw, dates=dates,
            encoding=encoding, quarantine=quarantine,
        )
    )  # fmt: skip
    if len(found) > 1:
        raise Misuse(f"this source holds {len(found)} documents; use convert_all")
    return found[0]


def convert_all(
    source: Source,
    to: str | None = None,
    *,
    from_: str = AUTO,
    as_: str | None = None,
    map: str | None = None,
    site: Path | str | None = None,
    bundle: BundleForm = "message",
    typed: bool = False,
    raw: bool = False,
    dates: str | None = None,
    encoding: str | None = None,
    quarantine: Path | str | None = None,
) -> Iterator[Converted]:
    """Every document of a source, a batch or NDJSON, one after the other."""
    from gateway.conversion import check_target
    from mappings.trees import copied

    wanted = target(to, as_)
    settings = _site(site)
    check_target(wanted, settings)
    if bundle not in BUNDLE_FORMS:
        raise Misuse(f"there is no form of bundle {bundle!r}; there are {', '.join(BUNDLE_FORMS)}")
    with _keeping_out(quarantine) as keep_out:
        for part in _parts(source, from_, settings, map, told(dates, encoding)):
            made = convert_part(part, wanted, settings, map_id=map, bundle=bundle, raw=raw)
            for one in part.document.root.kept_out if part.document and part.document.format == "csv" else ():
                keep_out(one)
            yield _typed(made) if typed and wanted.format == "fhir" else replace(made, value=copied(made.value))


def convert_part(
    part: Part,
    to: Target,
    site: Site,
    *,
    map_id: str | None = None,
    bundle: BundleForm = "message",
    raw: bool = False,
) -> Converted:
    """One parsed part of a source."""
    from gateway import patch
    from gateway.conversion import convert as convert_document
    from gateway.original import attached
    from gateway.sources import placed

    if part.document is None:
        return Converted(value=None, issues=part.issues)
    made = convert_document(part.document, to, site, map_id)
    issues = placed((*part.issues, *made.issues), part)
    if made.document is None:
        return Converted(value=None, issues=issues, ledger=made.ledger)
    document = made.document
    if to.format == "fhir" and not to.label:
        document = attached(part.document, part.raw, document, site)
        if bundle in ("message", "transaction") and patch.wanted(part.document, site):
            patched = patch.patch(part.document, document, site, map_id)
            return Converted(value=patched.root, issues=issues, ledger=made.ledger)
    value, more = _value(document, to, bundle, raw=raw)
    for document in made.more:
        further, found = _value(document, to, bundle, raw=raw)
        value, more = value + (further or b""), (*more, *found)
    return Converted(value=value, issues=(*issues, *more), ledger=made.ledger)


def validate(
    source: Source,
    profiles: Sequence[str] = (),
    *,
    from_: str = AUTO,
    found: bool = False,
    dates: str | None = None,
    encoding: str | None = None,
    quarantine: Path | str | None = None,
) -> dict[str, Any]:
    """An OperationOutcome of all that is wrong with a source.

    Without profiles: what `meta.profile` names and the base definition; for HL7 v2 the version's structure; tables by
    their kind. `found` adds the offending text, which may be patient data.
    """
    from conformance.render.operation_outcome import operation_outcome
    from gateway.validation import checks

    asked = checks(profiles)
    if isinstance(source, dict) or not _is_table(source, from_):
        issues = [one for part in _parts(source, from_) for one in asked.findings(part)]
    else:
        with _keeping_out(quarantine) as keep_out:
            issues = list(asked.tables(_content(source), "", told(dates, encoding), keep_out))
    return operation_outcome(issues, found=found)


def explain(
    source: Source,
    to: str | None = None,
    *,
    from_: str = AUTO,
    as_: str | None = None,
    map: str | None = None,
    site: Path | str | None = None,
    values: bool = False,
    dates: str | None = None,
    encoding: str | None = None,
) -> list[Row]:
    """Where each populated field went: the ledger's rows, by default of the way to FHIR; `values` adds their texts."""
    wanted = to if to or as_ else "fhir"
    made = convert(source, wanted, from_=from_, as_=as_, map=map, site=site, dates=dates, encoding=encoding)
    return made.ledger.rows(values=values) if made.ledger else []


def _parts(
    source: Source, from_: str, site: Site | None = None, map_id: str | None = None, told: Told | None = None
) -> Iterator[Part]:
    if isinstance(source, dict):
        fhir = formats.named("fhir")
        document = Document(format="fhir", version="4.0.1", root=source)
        return iter((Part(raw=b"", format=fhir, document=document),))
    if _is_table(source, from_):
        from gateway.datasets import parts as tables
        from gateway.datasets import schema_of

        content = _content(source)
        schema = schema_of(content, site, map_id) if site is not None else None
        return tables(content, told=told, schema=schema)
    raw = source.read_bytes() if isinstance(source, Path) else _content(source)
    return parts(cast("bytes", raw), from_, source.name if isinstance(source, Path) else "")


def _content(source: Path | str | bytes) -> Path | bytes:
    return source.encode() if isinstance(source, str) else source


def _is_table(source: Path | str | bytes, from_: str) -> bool:
    """A folder, or what is (said to be) of tables."""
    if isinstance(source, Path) and source.is_dir():
        return True
    if from_ != AUTO:
        return from_ == "csv"
    if isinstance(source, Path):
        with source.open("rb") as stream:
            head = stream.read(formats.HEAD)
    else:
        head = source[: formats.HEAD].encode() if isinstance(source, str) else source[: formats.HEAD]
    format_ = formats.recognised(head)
    return format_ is not None and format_.name == "csv"


@contextmanager
def _keeping_out(folder: Path | str | None) -> Iterator[Callable[[KeptOut], None]]:
    """What takes rows that couldn't be used, into files of a folder if there is one."""
    if folder is None:
        yield lambda one: None
        return
    from adapters.formats.tabular.quarantine import Writer

    with Writer(Path(folder)) as writer:
        yield writer.add


def _site(path: Path | str | None) -> Site:
    result = load_site(None if path is None else Path(path))
    if result.value is None:
        raise Misuse("; ".join(f"{one.at}: {one.message}" for one in result.issues))
    return result.value


def _value(document: Document, to: Target, bundle: BundleForm, *, raw: bool) -> tuple[Any, tuple[Issue, ...]]:
    if to.format == "fhir":
        from gateway.bundle import in_form

        result = in_form(document.root, bundle)
        value: Any = result.value
        if value and bundle != "ndjson":
            (value,) = value
        return value, result.issues
    if to.format == "csv":
        from adapters.formats.tabular.write import render

        written = render(document, raw=raw)
        return written.value, written.issues
    format_ = formats.named(to.format)
    rendered = format_.render(document) if format_ else None
    return (rendered.value, rendered.issues) if rendered else (None, ())


def _typed(made: Converted) -> Converted:
    from conformance.fhir_models import typed

    value = [typed(one) for one in made.value] if isinstance(made.value, list) else made.value and typed(made.value)
    return Converted(value=value, issues=made.issues, ledger=made.ledger)
