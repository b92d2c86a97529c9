"""The guides that validation stands on: the packages and terminology that a user added, and those named for one run.

Added ones live in a folder of the user's, `SDOH_GATEWAY_DATA` or `sdoh-gateway` in the user's data folder, and come
before the shipped ones when a canonical names no version; those named for a run come before both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.issue import Issue, Result, has_errors
from gateway.targets import Misuse

if TYPE_CHECKING:
    from conformance.definitions.pack import Pack
    from conformance.fhir import Validator
    from conformance.packages import Store
    from conformance.terminology.vocabulary import Vocabulary


KEPT = ("packages", "terminology")
"""The folders below `home` in which added packages and terminology are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guides:
    """A validator over everything that was asked for; `issues` is what was to be said while loading it."""

    validator: Validator
    issues: tuple[Issue, ...] = ()


def home() -> Path:
    """Where what a user adds is kept; it need not be there yet."""
    base = os.environ.get("SDOH_GATEWAY_DATA") or os.path.join(
        os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "sdoh-gateway"
    )
    return Path(base)


def store() -> Store:
    from conformance.packages import Store

    return Store(home() / KEPT[0])


def vocabulary() -> Vocabulary:
    from conformance.terminology.vocabulary import Vocabulary

    return Vocabulary(home() / KEPT[1])


def guides(packages: Sequence[str] = (), resources: Iterable[dict[str, Any]] = ()) -> Guides:
    """Over the named packages, the added ones and the shipped ones. Misuse for a package that isn't there or is none.

    `resources`: definitions that come before every package.
    """
    from conformance.fhir import Validator, default_validator

    resources = tuple(resources)
    named = list(_named(packages))
    loaded = [*named, *_added()]
    packs = [result.value for result in loaded if result.value is not None]
    told = (one for result in loaded for one in result.issues)
    issues = (*told, *missing([result.value for result in named if result.value is not None]))
    if not packs and not resources:
        return Guides(validator=default_validator(), issues=issues)
    from conformance.definitions.registry import Registry

    return Guides(validator=Validator(Registry(packs, resources)), issues=issues)


def missing(packs: Sequence[Pack]) -> Iterator[Issue]:
    """What packages depend on that is not here: tolerated, and told."""
    if not packs:
        return
    from conformance.packages import missing as missing_from

    known = {name.partition("@")[0] for name in (*shipped(), *store().names(), *(pack.name for pack in packs))}
    for pack in packs:
        yield from missing_from(pack, known)


def _named(packages: Sequence[str]) -> Iterator[Result[Pack]]:
    from conformance.packages import compiled

    for name in packages:
        place = located(name)
        if place is None:
            continue
        result = compiled(place)
        if has_errors(result.issues):
            raise Misuse("; ".join(f"{one.at}: {one.message}" for one in result.issues))
        yield result


def _added() -> Iterator[Result[Pack]]:
    """What can't be read any more is told and left out."""
    packages, terminology = ((home() / name).is_dir() for name in KEPT)
    if packages:
        yield from store().packs()
    if terminology and (words := vocabulary().pack()) is not None:
        yield words


def located(name: str) -> Path | None:
    """A package's archive or folder: a path, or `name@version` among the added ones or in `~/.fhir/packages`.

    None for a shipped one, Misuse for one that is nowhere.
    """
    path = Path(name)
    if path.exists():
        return path
    if (held := store().path(name)) is not None:
        return held
    if is_shipped(name):
        return None
    package, _, version = name.partition("@")
    cached = Path.home() / ".fhir" / "packages" / f"{package}#{version}"
    if version and "/" not in name and cached.is_dir():
        return cached
    raise Misuse(f"there is no package {name!r}: no such file, and none added; see `sdoh-gateway packages list`")


def is_shipped(name: str) -> bool:
    return name in shipped()


def shipped() -> tuple[str, ...]:
    """`name@version` of the packages that come with us."""
    from conformance.definitions.registry import Registry

    return tuple(pack.name for pack in Registry().packs)
