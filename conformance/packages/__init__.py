"""FHIR NPM packages: read, distilled once, kept in a cache by hash, listed and removed.

A package is a `.tgz`, a folder (its `package/` or that itself), or `name@version` in a `~/.fhir/packages` layout or, by a `fetch`
that the caller hands in (this package opens no sockets), of a registry.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from conformance.catalogue import issue
from conformance.definitions import distil
from conformance.definitions.pack import Entry, Facts, Pack, write
from conformance.issue import Issue, Result, Where

Fetch = Callable[[str, str], bytes]
"""Name and version to the bytes of the `.tgz`; raises OSError where there is none."""

LARGEST = 512 * 1024 * 1024
MOST_FILES = 50_000
_FORMAT = "2"
"""Changes when packs or what is distilled change, so that older ones in a cache are made again."""


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/sdoh-gateway/packages`, by default below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "sdoh-gateway" / "packages"


def installed(cache: Path | None = None) -> tuple[Pack, ...]:
    """The packs in a cache that can be read, by name."""
    folder = cache or default_cache()
    found = []
    for path in sorted(folder.glob("*.pack")) if folder.is_dir() else ():
        try:
            found.append(Pack(path))
        except ValueError:
            continue
    return tuple(sorted(found, key=lambda pack: pack.name))


def remove(name: str, cache: Path | None = None) -> tuple[Issue, ...]:
    """Removes `name@version` (or every version of `name`) from a cache."""
    wanted = [pack for pack in installed(cache) if name in (pack.name, pack.about["name"])]
    for pack in wanted:
        pack.path.unlink()
    return () if wanted else (issue("FHIR-0203", Where(source=name)),)


def add(what: str | Path, cache: Path | None = None, fetch: Fetch | None = None) -> Result[Pack]:
    """The pack of a package, from the cache when it was made before; issues tell of what it lacks."""
    path = Path(what)
    try:
        if path.is_dir():
            return _from_folder(path, cache or default_cache())
        if path.is_file():
            if path.stat().st_size > LARGEST:
                return _failed(str(what), "it is too large")
            return _from_archive(path.read_bytes(), path.name, cache or default_cache())
        name, _, version = str(what).partition("@")
        local = Path.home() / ".fhir" / "packages" / f"{name}#{version}"
        if version and local.is_dir():
            return _from_folder(local, cache or default_cache())
        if version and fetch is not None:
            return _from_archive(fetch(name, version), f"{name}-{version}.tgz", cache or default_cache())
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        return _failed(str(what), type(error).__name__)
    return _failed(str(what), "there is no such file, folder or package")


def _failed(what: str, problem: str) -> Result[Pack]:
    return Result(value=None, issues=(issue("FHIR-0201", Where(source=what), problem=problem),))


def _from_archive(raw: bytes, source: str, cache: Path) -> Result[Pack]:
    digest = hashlib.sha256(raw).hexdigest()
    return _made(digest, source, cache, lambda: archive(raw))


def _from_folder(folder: Path, cache: Path) -> Result[Pack]:
    """A folder's hash is that of its files' names and contents."""
    inner = folder / "package" if (folder / "package").is_dir() else folder
    digest = hashlib.sha256()
    files = sorted(inner.glob("*.json"))
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return _made(digest.hexdigest(), folder.name, cache, lambda: ((path.name, _json(path.read_bytes())) for path in files))


def _made(digest: str, source: str, cache: Path, read: Callable[[], Iterable[tuple[str, Any]]]) -> Result[Pack]:
    path = cache / f"{digest[:32]}-{_FORMAT}.pack"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        compile_(read(), {"sha256": digest, "source": source}, path)
    pack = Pack(path)
    return Result(value=pack, issues=tuple(_missing(pack, cache)))


def _missing(pack: Pack, cache: Path) -> Iterator[Issue]:
    """Dependencies that neither ship nor are in the cache, in any version."""
    from conformance.definitions.registry import Registry

    here = {each.about["name"] for each in (*Registry().packs, *installed(cache))}
    for name, version in sorted((pack.about.get("dependencies") or {}).items()):
        if name not in here:
            yield issue("FHIR-0202", Where(source=pack.name), name=f"{name}@{version}")


def compile_(files: Iterable[tuple[str, Any]], about: Facts, path: Path) -> None:
    """A pack of a package's files; what isn't readable or isn't a definition is left out."""
    entries: list[Entry] = []
    about = {"name": "unnamed", "version": "0", **about}
    for name, resource in files:
        if not isinstance(resource, dict):
            continue
        if name == "package.json":
            about |= {key: resource.get(key) for key in ("name", "version", "dependencies", "canonical", "license")}
        elif (entry := distil.entry(resource)) is not None:
            entries.append(entry)
    write(path, about, entries)


def archive(raw: bytes) -> Iterator[tuple[str, Any]]:
    """The JSON files right in a package's `package/` folder: name and content, None where that is no JSON."""
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        total = 0
        for number, member in enumerate(tar):
            total += member.size
            if number > MOST_FILES or total > LARGEST:
                raise ValueError("the package is too large")
            name = member.name.removeprefix("./").removeprefix("package/")
            if member.isfile() and name.endswith(".json") and "/" not in name:
                file = tar.extractfile(member)
                if file is not None:
                    yield name, _json(file.read())


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
