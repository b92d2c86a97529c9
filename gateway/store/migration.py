"""From one version of the schema to the next, and what is said when a store has another than this code needs."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from gateway.store.engine import writing
from gateway.store.schema import REVISION

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The store has another schema than this version needs; the text says what to do."""


def revision(connection: Connection) -> str | None:
    """The schema's version; None for a store in which nothing has been made yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check(connection: Connection) -> None:
    """SchemaError unless the schema is the one that this code needs."""
    found = revision(connection)
    if found is None:
        raise SchemaError("the store is empty; make it with: sdoh-gateway migrate")
    if found > REVISION:
        raise SchemaError(
            f"the store has schema {found}, which a newer version made; this one needs {REVISION}: "
            "install that newer version, or restore a backup from before it"
        )
    if found < REVISION:
        raise SchemaError(
            f"the store has schema {found}, this version needs {REVISION}; "
            "make a backup (sdoh-gateway backup), then run: sdoh-gateway migrate"
        )


def migrate(url: str) -> tuple[str | None, str]:
    """Brings a store to this code's schema, making it where there is none; from which version to which."""
    from alembic import command
    from alembic.config import Config

    engine = writing(url)
    try:
        with engine.connect() as connection:
            before = revision(connection)
            if before is not None and before > REVISION:
                check(connection)
            connection.rollback()
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()
    return before, REVISION
