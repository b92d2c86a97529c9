"""`sdoh-gateway migrate`, `backup`, `restore`: the store itself."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.options import misuse_is_status_2
from gateway.cli.stores import config_option, planned
from gateway.store import SchemaError, StoreLockedError, file_of
from gateway.store import migrate as migrate_store
from gateway.store.lock import Lock
from gateway.targets import Misuse


def _file(path: Path) -> Path:
    found = file_of(planned(path).store)
    if found is None:
        raise Misuse("this store is a server's: use its own tools for backups")
    return found


@click.command("migrate")
@config_option
@misuse_is_status_2
def migrate(path: Path) -> None:
    """Make the store, or bring it to this version's schema. The gateway must not run on it.

    \b
    Example:
      sdoh-gateway migrate --config gateway.yaml
    """
    url = planned(path).store
    found = file_of(url)
    try:
        if found is not None:
            found.parent.mkdir(parents=True, exist_ok=True)
            lock = Lock(found)
        before, after = migrate_store(url)
        if found is not None:
            lock.release()
    except (SchemaError, StoreLockedError) as error:
        raise Misuse(str(error)) from None
    click.echo(f"schema {after}" if before == after else f"schema {before or 'none'} to {after}")


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@config_option
@misuse_is_status_2
def backup(target: Path, path: Path) -> None:
    """Copy the store to a file, while the gateway runs or not. The copy is checked.

    \b
    Example:
      sdoh-gateway backup gateway-monday.db
    """
    from gateway.store.backup import BackupError
    from gateway.store.backup import backup as copy

    try:
        size = copy(_file(path), target)
    except (BackupError, OSError) as error:
        raise Misuse(str(error)) from None
    click.echo(f"{target}: {size} bytes")


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@misuse_is_status_2
def restore(source: Path, path: Path) -> None:
    """Put a backup in the store's place. The gateway must not run; the old store is kept beside it.

    \b
    Example:
      sdoh-gateway restore gateway-monday.db
    """
    from gateway.store.backup import BackupError
    from gateway.store.backup import restore as put_back

    try:
        put_back(source, _file(path))
    except (BackupError, StoreLockedError, OSError) as error:
        raise Misuse(str(error)) from None
    click.echo(f"restored from {source}")
