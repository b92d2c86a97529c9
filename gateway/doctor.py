"""Whether this installation is sound: what is installed, and that it is ours that gets imported."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import Distribution, PackageNotFoundError, distribution, entry_points, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

DISTRIBUTION = "sdoh-gateway"
PACKAGES = ("adapters", "conformance", "gateway", "mappings")
LIBRARIES = ("click", "fhir.resources", "orjson", "pydantic", "PyYAML", "rich", "tzdata")
GROUPS = ("sdoh_gateway.formats", "sdoh_gateway.transports", "sdoh_gateway.destinations")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    name: str
    text: str


def examine() -> Iterator[Finding]:
    """Everything, in the order in which one thing stands on another."""
    yield Finding(True, "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    try:
        ours = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        yield Finding(False, DISTRIBUTION, "not installed here: pip install sdoh-gateway")
        return
    yield Finding(True, DISTRIBUTION, f"{ours.version}{', editable' if _root(ours) else ''}")
    yield from (_package(ours, name) for name in PACKAGES)
    yield from (_library(name) for name in LIBRARIES)
    yield from _entry_points()
    yield _zones()
    yield _cache()


def _package(ours: Distribution, name: str) -> Finding:
    """Other distributions install packages of these names too; whichever comes first on the path gets imported."""
    try:
        file = import_module(name).__file__
    except ImportError as error:
        return Finding(False, name, f"can't be imported: {error}")
    if file and is_from(ours, Path(file)):
        return Finding(True, name, os.path.dirname(file))
    return Finding(False, name, f"is imported from {file}, which is not ours; use an environment of its own")


def is_from(ours: Distribution, file: Path) -> bool:
    """Whether a module's file was installed by the distribution, or lies in the folder of its editable install."""
    root = _root(ours)
    if root:
        return file.resolve().is_relative_to(root)
    return file.resolve() in {Path(str(one.locate())).resolve() for one in ours.files or ()}


def _root(ours: Distribution) -> Path | None:
    """The folder of an editable install (PEP 610)."""
    origin = json.loads(ours.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(origin["url"]).path)).resolve()


def _library(name: str) -> Finding:
    try:
        return Finding(True, name, version(name))
    except PackageNotFoundError:
        return Finding(False, name, "not installed")


def _entry_points() -> Iterator[Finding]:
    for group in GROUPS:
        kind = group.rpartition(".")[2].removesuffix("s")
        for entry in sorted(entry_points(group=group), key=lambda one: one.name):
            source = entry.dist.name if entry.dist else "?"
            try:
                entry.load()
            except Exception as error:  # noqa: BLE001 (anything may be wrong with what others installed: it is named)
                yield Finding(False, f"{kind} {entry.name}", f"from {source}: {type(error).__name__}: {error}")
            else:
                yield Finding(True, f"{kind} {entry.name}", f"from {source}")


def _zones() -> Finding:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return Finding(False, "time zones", "no data; install tzdata")
    return Finding(True, "time zones", "the IANA database is here")


def _cache() -> Finding:
    from conformance.cache import folder

    where = folder()
    return Finding(
        True, "cache", str(where) if where else "no folder of our own: maps and packages are compiled each time"
    )
