"""From a package's files to a pack, once: packs are kept in the cache by a hash of the package and of the distiller."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conformance import cache as caches
from conformance.catalogue import issue
from conformance.definitions import distil, pack, shape
from conformance.definitions.pack import Entry, Facts, Pack
from conformance.issue import Issue, Result, Where
from conformance.packages import archive

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}")
LOCAL = "local"
_KEPT = ("canonical", "license")
_R4 = ("4.0", "4.0.0", "4.0.1")


def compiled(source: Path, folder: Path | None = None) -> Result[Pack]:
    """The pack of a `.tgz` or folder, from the cache where it was made before; never an exception for bad packages.

    `folder` is the cache to use, by default the user's.
    """
    try:
        digest = _digest(source)
        return _cached(digest, folder or caches.folder(), lambda: _facts(source, digest))
    except archive.RefusedError as error:
        return _failed(source, "PKG-0002", str(error))
    except archive.UnreadableError as error:
        return _failed(source, "PKG-0001", str(error))
    except OSError as error:
        return _failed(source, "PKG-0001", error.strerror or type(error).__name__)


def compiled_files(name: str, files: Sequence[tuple[str, bytes]], folder: Path | None = None) -> Result[Pack]:
    """The pack of resources that are no package: under a name of our own, as version `local`."""
    manifest = json.dumps({"name": name, "version": LOCAL}).encode()
    every = [(archive.ABOUT, manifest), *files]
    digest = _hash(every)
    about = {"sha256": digest, "source": name}
    return _cached(digest, folder or caches.folder(), lambda: pack_of(every, about))


def _failed(source: Path, code: str, problem: str) -> Result[Pack]:
    return Result(value=None, issues=(issue(code, Where(source=source.name), problem=problem),))


@cache
def _distiller() -> str:
    """A hash of what makes packs: another distiller is another cache."""
    state = sha256()
    for module in (distil, pack, shape, archive):
        state.update(Path(module.__file__ or "").read_bytes())
    state.update(Path(__file__).read_bytes())
    return state.hexdigest()[:16]


def _digest(source: Path) -> str:
    if source.is_dir():
        return _hash(archive.files(source))
    if source.stat().st_size > archive.LARGEST_ARCHIVE:
        raise archive.RefusedError(f"it has more than {archive.LARGEST_ARCHIVE} bytes")
    state = sha256()
    with source.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            state.update(chunk)
    return state.hexdigest()


def _hash(files: Iterable[tuple[str, bytes]]) -> str:
    state = sha256()
    for name, content in files:
        state.update(f"{name}\0{len(content)}\0".encode())
        state.update(content)
    return state.hexdigest()


Made = tuple[Facts, list[Entry], list[Issue]]


def _cached(digest: str, folder: Path | None, make: Callable[[], Made]) -> Result[Pack]:
    """Packs are made in a folder of their own and renamed, so that another process never sees half of one."""
    name = f"{digest[:40]}-{_distiller()}.pack"
    if folder is not None and (folder / name).exists():
        held = Pack(folder / name)
        return Result(value=held, issues=tuple(_told(held)))
    about, entries, issues = make()
    about["told"] = [[one.code, one.at.source, one.message] for one in issues]
    with TemporaryDirectory(dir=folder) as made:
        path = Path(made, name)
        pack.write(path, about, entries)
        if folder is not None:
            path = path.replace(folder / name)
        return Result(value=Pack(path), issues=tuple(issues))


def _told(held: Pack) -> Iterator[Issue]:
    """What was said when the pack was made."""
    for code, source, message in held.about.get("told", ()):
        yield Issue(severity="warning", code=code, message=message, at=Where(source=source))


def _facts(source: Path, digest: str) -> Made:
    return pack_of(archive.files(source), {"sha256": digest, "source": source.name})


def pack_of(files: Iterable[tuple[str, bytes]], about: Facts) -> Made:
    """What goes into a package's pack: what is told of it, its definitions, and what was passed over.

    UnreadableError where there is no usable package.json.
    """
    entries: list[Entry] = []
    issues: list[Issue] = []
    described: Facts | None = None
    for name, content in files:
        if name.startswith("."):
            continue
        try:
            resource = json.loads(content)
            if name == archive.ABOUT:
                described = described_by(resource)
            elif isinstance(resource, dict) and resource.get("resourceType") in distil.KINDS:
                entries.extend(_entries(resource))
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError, IndexError) as error:
            if isinstance(error, archive.UnreadableError):
                raise
            issues.append(issue("PKG-0004", Where(source=name), problem=_problem(error)))
    if described is None:
        raise archive.UnreadableError(f"there is no {archive.ABOUT} in it")
    if described["fhirVersions"] and not set(described["fhirVersions"]) & set(_R4):
        issues.append(issue("PKG-0005", Where(source=archive.ABOUT), versions=", ".join(described["fhirVersions"])))
    _without_snapshots(entries)
    return {**about, **described}, entries, issues


def _without_snapshots(entries: list[Entry]) -> None:
    """A snapshot is made here where the base comes in the same package: the published one need not be kept."""
    urls = {entry.url for entry in entries if entry.kind == "StructureDefinition"}
    for entry in entries:
        if "differential" in entry.facts and str(entry.facts.get("baseDefinition", "")).partition("|")[0] in urls:
            entry.facts.pop("snapshot", None)


def _entries(resource: Facts) -> Iterator[Entry]:
    """The definition's entry, where it has a URL; a ValueError where it isn't shaped as R4 says."""
    if place := shape.fault(resource):
        raise _MalformedError(place)
    entry = distil.entry(resource)
    if entry is not None:
        json.dumps(entry.facts, allow_nan=False).encode()
        yield entry


class _MalformedError(ValueError):
    """Where a definition isn't what it says it is."""


def _problem(error: Exception) -> str:
    if isinstance(error, _MalformedError):
        return f"it is malformed at {error}"
    return "it is not JSON" if isinstance(error, (json.JSONDecodeError, UnicodeError)) else "it is malformed"


def described_by(manifest: Any) -> Facts:
    """What a package.json tells that is used; UnreadableError where name or version are missing or no names."""
    if not isinstance(manifest, dict):
        raise archive.UnreadableError(f"{archive.ABOUT} is no object")
    name, version = manifest.get("name"), manifest.get("version")
    if not (isinstance(name, str) and NAME.fullmatch(name) and isinstance(version, str) and VERSION.fullmatch(version)):
        raise archive.UnreadableError(f"{archive.ABOUT} gives no usable name and version")
    needs = manifest.get("dependencies")
    versions = manifest.get("fhirVersions") or manifest.get("fhir-version-list") or []
    return {
        "name": name,
        "version": version,
        "dependencies": {str(key): str(value) for key, value in needs.items()} if isinstance(needs, dict) else {},
        "fhirVersions": [str(one)[:20] for one in versions[:20]] if isinstance(versions, list) else [],
        **{key: manifest[key] for key in _KEPT if isinstance(manifest.get(key), str)},
    }


def missing(held: Pack, here: Iterable[str]) -> Iterator[Issue]:
    """The dependencies of a pack that are not among the packages here, by name."""
    known = frozenset(here)
    for name, version in sorted((held.about.get("dependencies") or {}).items()):
        if name not in known:
            yield issue("PKG-0003", Where(source=held.name), package=held.name, dependency=f"{name}@{version}")


def written(content: bytes, path: Path) -> None:
    """Writes a file at once: whoever looks sees all of it or nothing."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
