"""The Python API: `convert`, `validate`, `explain`. Dicts in and out; the CLI stands on the same calls.

A source is `Path` for a file, `str` or `bytes` for its content, `dict` for a FHIR resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.document import Document
from conformance.issue import Issue, has_errors
from gateway import formats
from gateway.config import Site
from gateway.config import site as load_site
from gateway.sources import AUTO, Part, parts
from gateway.targets import BundleForm, Misuse, Target, target

if TYPE_CHECKING:
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
) -> Converted:
    """One document in another form. Misuse (a ValueError) for a target, map or site that isn't there, and for a source
    that holds several documents: `convert_all` is for these."""
    found = list(convert_all(source, to, from_=from_, as_=as_, map=map, site=site, bundle=bundle, typed=typed))
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
) -> Iterator[Converted]:
    """Every document of a source, a batch or NDJSON, one after the other."""
    from mappings.trees import copied

    wanted = target(to, as_)
    settings = _site(site)
    for part in _parts(source, from_, settings, map):
        made = convert_part(part, wanted, settings, map_id=map, bundle=bundle)
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


def validate(source: Source, profiles: Sequence[str] = (), *, from_: str = AUTO, found: bool = False) -> dict[str, Any]:
    """An OperationOutcome of all that is wrong with a source.

    Without profiles: what `meta.profile` names and the base definition; for HL7 v2 the version's structure. `found`
    adds the offending text, which may be patient data.
    """
    from conformance.render.operation_outcome import operation_outcome
    from gateway.validation import findings

    issues = [one for part in _parts(source, from_) for one in findings(part, profiles)]
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
) -> list[Row]:
    """Where each populated field went: the ledger's rows, by default of the way to FHIR; `values` adds their texts."""
    made = convert(source, to if to or as_ else "fhir", from_=from_, as_=as_, map=map, site=site)
    return made.ledger.rows(values=values) if made.ledger else []


def _parts(source: Source, from_: str, site: Site | None = None, map_id: str | None = None) -> Iterator[Part]:
    if isinstance(source, dict):
        fhir = formats.named("fhir")
        document = Document(format="fhir", version="4.0.1", root=source)
        return iter((Part(raw=b"", format=fhir, document=document),))
    if isinstance(source, Path) and (source.is_dir() or (site is not None and site.overlays and from_ == "csv")):
        from gateway.datasets import parts as tables
        from gateway.datasets import schema_of

        return tables(source, schema=schema_of(source, site, map_id) if site is not None else None)
    raw = source.read_bytes() if isinstance(source, Path) else source
    return parts(raw.encode() if isinstance(raw, str) else raw, from_, source.name if isinstance(source, Path) else "")


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
