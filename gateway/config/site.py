"""What a conversion needs to know of the site: salt, zones and authorities per sender, overlay folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from conformance.issue import Result

if TYPE_CHECKING:
    from gateway.config.load import Loaded

FILE_NAME = "gateway.yaml"
OVERLAYS = ("maps", "tables")
"""The folders of a site whose maps and tables override shipped ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One sending system. `match`: path to the texts that may stand there; all must hold."""

    name: str = ""
    match: Mapping[str, Sequence[str]] = field(default_factory=dict)
    zone: str | None = None
    authorities: Mapping[str, str] = field(default_factory=dict)
    overlays: tuple[Path, ...] = ()
    attach_original: bool = False
    """Whether what was received goes with the FHIR that was made of it."""
    updates: Literal["snapshot", "patch"] = "snapshot"
    """What an update message says: all that is known, or what changes."""

    def is_of(self, read: Callable[[str], Sequence[str]]) -> bool:
        """Whether a source is this sender's; `read` gives the texts at a path of it."""
        return all(set(texts) & set(read(path)) for path, texts in self.match.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Settings in force. The default is a site without a `gateway.yaml`."""

    salt: str = ""
    """Empty: the documented default, `mappings.Settings.salt`, with which ids are the same everywhere."""
    default_zone: str | None = None
    authorities: Mapping[str, str] = field(default_factory=dict)
    senders: tuple[Sender, ...] = ()
    overlays: tuple[Path, ...] = ()
    package_registry: str = ""
    """Empty where none is configured: none is asked then."""

    def sender(self, read: Callable[[str], Sequence[str]]) -> Sender:
        """The first sender that matches, with the authorities known for all; an unnamed one when none does."""
        found = next((sender for sender in self.senders if sender.is_of(read)), Sender())
        return replace(found, authorities={**self.authorities, **found.authorities})


def site(path: Path | None) -> Result[Site]:
    """Of a folder (`--site`), a file (`--config`), or the default. No value when the settings have an error."""
    if path is None:
        return Result(value=Site())
    from gateway.config.load import load

    if not path.is_dir():
        loaded = load(path)
        return Result(value=site_of(loaded.value, path.parent) if loaded.value else None, issues=loaded.issues)
    folders = tuple(path / name for name in OVERLAYS if (path / name).is_dir())
    if not (path / FILE_NAME).exists():
        return Result(value=Site(overlays=folders))
    loaded = load(path / FILE_NAME)
    return Result(value=site_of(loaded.value, path, folders) if loaded.value else None, issues=loaded.issues)


def site_of(loaded: Loaded, folder: Path, overlays: tuple[Path, ...] = ()) -> Site:
    config = loaded.config
    salt = config.tenant.salt
    senders = (
        Sender(
            name=name,
            match=sender.match,
            zone=sender.zone,
            authorities=sender.authorities,
            overlays=tuple(folder / each for each in sender.overlays),
            attach_original=sender.attach_original,
            updates=sender.updates,
        )
        for name, sender in config.senders.items()
    )
    return Site(
        salt=salt.get_secret_value() if salt else "",
        default_zone=config.default_zone,
        authorities=config.authorities,
        senders=tuple(senders),
        overlays=(*overlays, *(folder / name for name in config.overlays)),
        package_registry=config.package_registry or "",
    )
