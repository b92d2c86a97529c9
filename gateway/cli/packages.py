"""`sdoh-gateway packages`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from conformance.issue import Result
from gateway import guides
from gateway.cli import options, report
from gateway.targets import Misuse

if TYPE_CHECKING:
    from conformance.definitions.pack import Pack


@click.group("packages")
def command() -> None:
    """Add, list and remove the FHIR packages (implementation guides) to validate by.

    Added packages are kept in the folder SDOH_GATEWAY_DATA, or `sdoh-gateway` in your data folder; versions stand side
    by side.

    \b
    Example:
      sdoh-gateway packages add package.tgz
    """


@command.command()
@click.argument("sources", metavar="FILE|FOLDER|NAME@VERSION...", nargs=-1, required=True)
@click.option("--registry", metavar="URL", help="Where to fetch from, in place of `package_registry` in the settings.")
@options.site_options
@options.misuse_is_status_2
def add(sources: tuple[str, ...], registry: str | None, site: Path | None) -> None:
    """Add packages: `.tgz` files, folders, a `~/.fhir/packages` folder, or NAME@VERSION from a registry.

    \b
    Examples:
      sdoh-gateway packages add hl7.fhir.us.core-8.0.0.tgz
      sdoh-gateway packages add ~/.fhir/packages
      sdoh-gateway packages add hl7.fhir.us.core@8.0.x --registry https://registry.example.org
    """
    results = [result for source in sources for result in _told(source, registry, site)]
    report.say(guides.missing([result.value for result in results if result.value is not None]))
    options.finish([one for result in results for one in result.issues])


def _told(source: str, registry: str | None, site: Path | None) -> Iterator[Result[Pack]]:
    for result in _added(source, registry, site):
        report.say(result.issues)
        if result.value is not None:
            click.echo(f"added {result.value.name}: {_counts(result.value)}")
        yield result


def _added(source: str, registry: str | None, site: Path | None) -> Iterator[Result[Pack]]:
    from conformance.packages.store import gathered

    path = Path(source)
    if path.is_dir():
        found = gathered(path)
        if not found:
            raise Misuse(f"there is no package in the folder {source!r}")
        yield from (guides.store().add(one) for one in found)
    elif path.exists() or "/" in source or source.endswith(".tgz"):
        yield guides.store().add(path)
    else:
        yield _fetched(source, registry or options.settings(site).package_registry)


def _fetched(source: str, registry: str) -> Result[Pack]:
    """A package from a registry, under the version that this means by what was asked for."""
    from conformance.packages.compiling import NAME

    name, _, version = source.partition("@")
    if not NAME.fullmatch(name):
        raise Misuse(f"{source!r} is neither a file nor NAME@VERSION")
    if not registry.startswith(("http://", "https://")):
        raise Misuse(f"{source!r} is no file here, and no registry is named: --registry URL, or package_registry in "
                     "the settings")  # fmt: skip
    from adapters.package_registry import PackageRegistry

    fetched = PackageRegistry(url=registry).fetch(name, version)
    if fetched.value is None:
        return Result(value=None, issues=fetched.issues)
    version, raw = fetched.value
    with TemporaryDirectory() as folder:
        path = Path(folder, "fetched.tgz")
        path.write_bytes(raw)
        return guides.store().add(path)


def _counts(pack: Pack) -> str:
    """`59 profiles and extensions, 3 code systems, 20 value sets`."""
    counts = [(len(pack.index(kind)), word) for kind, word in _WORDS.items()]
    words = [f"{count} {word if count != 1 else one}" for count, (one, word) in counts if count]
    return ", ".join(words) or "no definitions that validation uses"


_WORDS = {
    "StructureDefinition": ("profile or extension", "profiles and extensions"),
    "CodeSystem": ("code system", "code systems"),
    "ValueSet": ("value set", "value sets"),
    "Questionnaire": ("questionnaire", "questionnaires"),
    "Measure": ("measure", "measures"),
}


@command.command("list")
@options.misuse_is_status_2
def list_() -> None:
    """List the packages: those that come with the gateway, and those added.

    \b
    Example:
      sdoh-gateway packages list
    """
    from conformance.definitions.registry import Registry

    shipped = [(pack, "shipped") for pack in Registry().packs]
    added = list(guides.store().packs())
    packs = [*((result.value, "added") for result in added if result.value is not None), *shipped]
    cells = [[pack.name, origin, _counts(pack)] for pack, origin in packs]
    report.grid(["package", "from", "holds"], cells)
    issues = [one for result in added for one in result.issues]
    report.say([*issues, *guides.missing([pack for pack, origin in packs if origin == "added"])])
    options.finish(issues)


@command.command()
@click.argument("names", metavar="NAME[@VERSION]...", nargs=-1, required=True)
@options.misuse_is_status_2
def remove(names: tuple[str, ...]) -> None:
    """Remove added packages: one version, or all versions of a name.

    \b
    Example:
      sdoh-gateway packages remove hl7.fhir.us.core@8.0.0
    """
    held = guides.store()
    for name in names:
        if held.path(name) is None:
            raise Misuse(
                f"{name} comes with the gateway" if name in _shipped() else f"there is no package {name!r} added"
            )
    for gone in (one for name in names for one in held.remove(name)):
        click.echo(f"removed {gone}")


def _shipped() -> frozenset[str]:
    """With and without versions."""
    return frozenset(part for name in guides.shipped() for part in (name, name.partition("@")[0]))
