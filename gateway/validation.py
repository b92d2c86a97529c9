"""What is wrong with one document: the codec's findings, the standard's, and those of the profiles asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.document import Document
from conformance.issue import Issue
from gateway.guides import KEPT, home
from gateway.sources import Part, parts, placed
from gateway.targets import Misuse

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from adapters.formats.tabular.table import KeptOut
    from conformance.ccda.referee import Referee
    from conformance.fhir import Validator
    from conformance.profile import Profile
    from conformance.tabular.json_rows import Check
    from conformance.tabular.schema import Schema
    from conformance.terminology import Terminology
    from gateway.guides import Guides


def findings(part: Part, profiles: Sequence[str] = ()) -> tuple[Issue, ...]:
    """All findings, each with its place. Misuse for a profile that isn't there.

    Without profiles: FHIR by `meta.profile` and the base definition, HL7 v2 by its version's structure, C-CDA by its
    templates.
    """
    return checks(profiles).findings(part)


def checks(
    profiles: Sequence[str] = (),
    packages: Sequence[str] = (),
    *,
    strict_models: bool = False,
    schematrons: Sequence[str] = (),
    schemas: Sequence[str] = (),
) -> Checks:
    """What is asked for, made ready once. Misuse for what isn't there.

    `schematrons` and `schemas` (XML Schemas) are files that clinical documents are judged by too.

    A profile is a canonical URL, the id of a shipped one or of a definition that is here, or a file. A package is a
    file, a folder or `name@version`; a file with one definition will do too.
    """
    kept = (home() / name for name in KEPT)
    stamps = tuple(_stamp(str(name)) for name in (*profiles, *packages, *schematrons, *schemas, *kept))
    return _checks(tuple(profiles), tuple(packages), strict_models, tuple(schematrons), tuple(schemas), stamps)


def _stamp(name: str) -> tuple[int, int]:
    """What tells whether a file or folder has changed; zeros for what is none."""
    if is_canonical(name):
        return 0, 0
    try:
        held = Path(name).stat()
    except (OSError, ValueError):
        return 0, 0
    return held.st_mtime_ns, held.st_size


@lru_cache(maxsize=8)
def _checks(
    profiles: tuple[str, ...],
    packages: tuple[str, ...],
    strict: bool,
    schematrons: tuple[str, ...],
    schemas: tuple[str, ...],
    _: object,
) -> Checks:
    return Checks(profiles=profiles, packages=packages, strict_models=strict, schematrons=schematrons, schemas=schemas)


def is_canonical(profile: str) -> bool:
    """FHIR profiles are asked for by URL, ours by id or file."""
    return "://" in profile or profile.startswith("urn:")


@dataclass(frozen=True)
class Checks:
    """What documents are to be checked by. Everything is loaded when the first document needs it."""

    profiles: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    strict_models: bool = False
    schematrons: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()

    def findings(self, part: Part) -> tuple[Issue, ...]:
        if part.document is None:
            return part.issues
        found = list(part.issues)
        if part.document.format == "fhir":
            found.extend(self._fhir(part.document.root))
        elif part.document.format == "hl7v2" and not self.profiles:
            found.extend(_hl7v2(part.document))
        elif part.document.format == "ccda" and not self.profiles:
            found.extend(self._ccda(part.document))
        for profile in self._ours:
            found.extend(_profile(part, part.document, profile))
        return placed(tuple(found), part)

    def tables(
        self,
        source: bytes | Path,
        name: str,
        told: Told | None = None,
        keep_out: Callable[[KeptOut], None] = lambda one: None,
        progress: Callable[[int], None] = lambda rows: None,
    ) -> Iterator[Issue]:
        """All findings of a dataset: a file's content, or the path of a file or folder. Rows that can't be used go to
        `keep_out`."""
        from gateway.tables import findings

        for profile in self._ours:
            raise Misuse(f"{profile.id} is no schema of tables")
        yield from findings(source, name, self._table_schemas, told, keep_out, progress)

    def load(self) -> tuple[Issue, ...]:
        """Loads everything; what was to be said of packages. Misuse for what isn't there."""
        _ = self._ours, self._judges
        if self.profiles and not self.packages and len(self._table_schemas) == len(self.profiles):
            return ()
        return self._guides.issues

    def _ccda(self, document: Document) -> Iterator[Issue]:
        from adapters.formats.ccda import FORMAT

        own = FORMAT.check(document, self._terminology)
        yield from own
        if self._judges:
            from conformance.ccda.referee import judged

            yield from judged(document.root.element, own, self._judges)

    @property
    def _terminology(self) -> Terminology | None:
        """What the user has added to the terminology that ships; None where that is nothing."""
        added = bool(self.packages) or any(_stamp(str(home() / name))[1] for name in KEPT)
        return self.validator.terminology if added else None

    @cached_property
    def _judges(self) -> tuple[Referee, ...]:
        """Made ready; Misuse for a file that can't be used, or where what runs it isn't installed."""
        from conformance.ccda.referee import Schema, Schematron
        from conformance.ccda.schematron import SchematronError
        from conformance.xml import SchemaError

        try:
            schemas = [Schema(Path(name)) for name in self.schemas]
            return (*(Schematron(Path(name)) for name in self.schematrons), *schemas)
        except (SchemaError, SchematronError) as error:
            raise Misuse(str(error)) from error
        except OSError as error:
            raise Misuse(f"{error.filename} can't be read: {error.strerror or type(error).__name__}") from error

    def _fhir(self, root: Any) -> Iterator[Issue]:
        yield from self.validator.validate(root, profiles=self._canonicals)
        if self.strict_models:
            from conformance.fhir_models import refusals

            yield from refusals(root)

    @property
    def validator(self) -> Validator:
        return self._guides.validator

    @cached_property
    def _guides(self) -> Guides:
        from gateway.guides import guides

        packages = [name for name in self.packages if not _is_fhir_file(name)]
        others = [_resource(name) for name in self.packages if _is_fhir_file(name)]
        return guides(packages, [*others, *self._definitions.values()])

    @cached_property
    def _definitions(self) -> dict[str, dict[str, Any]]:
        """The StructureDefinitions among the profiles that are files, by the file's name."""
        return {name: _definition(name) for name in self.profiles if self._is_definition(name)}

    def _is_definition(self, name: str) -> bool:
        return not is_canonical(name) and _is_fhir_file(name) and not self._is_schema(name)

    @cached_property
    def _ours(self) -> tuple[Profile, ...]:
        """The YAML profiles among those asked for."""
        return tuple(_loaded(name) for name in self.profiles if self._is_ours(name))

    def _is_ours(self, name: str) -> bool:
        if is_canonical(name) or self._is_schema(name):
            return False
        return name not in self._definitions and not self._by_id(name)

    def _is_schema(self, name: str) -> bool:
        from gateway.tables import is_schema

        return is_schema(name)

    @cached_property
    def _table_schemas(self) -> tuple[Schema | Check, ...]:
        """The schemas of tables among the profiles."""
        from gateway.tables import loaded

        return tuple(loaded(name) for name in self.profiles if not is_canonical(name) and self._is_schema(name))

    @cached_property
    def _canonicals(self) -> tuple[str, ...]:
        found = (
            name if is_canonical(name) else self._definitions.get(name, {}).get("url") or self._by_id(name)
            for name in self.profiles
            if is_canonical(name) or not self._is_schema(name)
        )
        return tuple(one for one in found if one)

    def _by_id(self, name: str) -> str:
        """The canonical of a definition that is here, by the end of its URL: `us-core-patient`. Empty for others."""
        from conformance.profile import ids

        if name in ids() or "." in name or "/" in name or Path(name).exists():
            return ""
        registry = self.validator.registry
        return next((url for url in registry.urls("StructureDefinition") if url.endswith(f"/{name}")), "")


def _is_fhir_file(name: str) -> bool:
    return name.lower().endswith((".json", ".xml")) and Path(name).is_file()


def _definition(name: str) -> dict[str, Any]:
    """The StructureDefinition in a file; Misuse where there is none."""
    root = _resource(name)
    if root.get("resourceType") != "StructureDefinition":
        raise Misuse(f"{name} holds no StructureDefinition")
    return root


def _resource(name: str) -> dict[str, Any]:
    """The definition in a file, of any kind with a URL; Misuse where there is none."""
    from conformance.definitions.shape import fault

    try:
        raw = Path(name).read_bytes()
    except OSError as error:
        raise Misuse(f"{name} can't be read: {error.strerror or type(error).__name__}") from error
    document = next((part.document for part in parts(raw, "fhir")), None)
    root = document.root if document is not None else None
    if root is None or not isinstance(root.get("url"), str):
        raise Misuse(f"{name} holds no definition with a url")
    if place := fault(root):
        raise Misuse(f"{name} is malformed at {place}")
    return dict(root)


def _loaded(name: str) -> Profile:
    from conformance.profile import load

    loaded = load(name)
    if loaded.value is None:
        raise Misuse("; ".join(f"{str(one.at)!r}: {one.message}" for one in loaded.issues))
    return loaded.value


def _profile(part: Part, document: Document, profile: Profile) -> Iterator[Issue]:
    from conformance.profile import check

    yield from check(profile, document, part.format)


def _hl7v2(document: Document) -> Iterator[Issue]:
    from functools import partial

    from adapters.formats.hl7v2.places import locate
    from conformance.hl7v2.structure import check

    yield from check(document.root, partial(locate, document.root))
