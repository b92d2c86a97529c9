"""The packages that a user added: their archives in one folder, `name@version.tgz`, versions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.definitions.pack import Pack
from conformance.issue import Result
from conformance.packages import archive
from conformance.packages.compiling import compiled, written

_SUFFIX = ".tgz"


@dataclass(frozen=True, slots=True)
class Store:
    """`folder` is made when the first package comes."""

    folder: Path

    def names(self) -> tuple[str, ...]:
        """`name@version` of what is here; of one name the newest version first."""
        found = [path.name.removesuffix(_SUFFIX) for path in self.folder.glob(f"*@*{_SUFFIX}") if path.name[0] != "."]
        return tuple(sorted(sorted(found, key=_rank, reverse=True), key=lambda one: one.partition("@")[0]))

    def path(self, name: str) -> Path | None:
        """The archive of `name@version`, or of the newest version of `name`; None where there is none."""
        found = next((one for one in self.names() if name in (one, one.partition("@")[0])), None)
        return None if found is None else self.folder / f"{found}{_SUFFIX}"

    def packs(self) -> Iterator[Result[Pack]]:
        for name in self.names():
            yield compiled(self.folder / f"{name}{_SUFFIX}")

    def add(self, source: Path) -> Result[Pack]:
        """Keeps a `.tgz` or folder, in place of the same version if there was one; nothing is kept of a bad one."""
        result = compiled(source)
        if result.value is not None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = archive.packed(source) if source.is_dir() else source.read_bytes()
            written(content, self.folder / f"{result.value.name}{_SUFFIX}")
        return result

    def remove(self, name: str) -> tuple[str, ...]:
        """Takes `name@version`, or every version of `name`, away; gives what was."""
        gone = tuple(one for one in self.names() if name in (one, one.partition("@")[0]))
        for one in gone:
            (self.folder / f"{one}{_SUFFIX}").unlink()
        return gone


def rank(version: str) -> tuple[tuple[int, int, str], ...]:
    """Versions in their order: numbers by value, a release after its previews (`1.0.0-ballot` before `1.0.0`)."""
    main, dash, label = version.partition("-")
    parts = [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in main.split(".")]
    return (*parts, (0, 0, label) if dash else (2, 0, ""))


def _rank(name: str) -> tuple[tuple[int, int, str], ...]:
    return rank(name.partition("@")[2])


def gathered(folder: Path) -> list[Path]:
    """The packages in a folder: itself where it is one, else those below it as in `~/.fhir/packages`."""
    if (archive.folder(folder) / archive.ABOUT).is_file():
        return [folder]
    return sorted(one for one in folder.iterdir() if one.is_dir() and (archive.folder(one) / archive.ABOUT).is_file())
