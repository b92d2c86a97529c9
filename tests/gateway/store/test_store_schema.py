"""The schema equals the sum of its migrations, and a store with another one is refused with what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.store import SchemaError, Store, StoreLockedError, migrate, migration
from gateway.store.schema import METADATA, REVISION


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.db'}"


def made(path: Path) -> dict[str, list[str]]:
    """What SQLite has: for each table and index its parts, whatever their order and spacing."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    engine.dispose()
    parts = {name: sorted(re.sub(r"[\s\"]+", " ", sql).removesuffix(")").split(",")) for name, sql in rows}
    return {name: [part.strip() for part in found] for name, found in parts.items() if name != "alembic_version"}


def test_the_schema_is_the_sum_of_the_migrations(tmp_path: Path) -> None:
    migrate(url(tmp_path))
    at_once = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    METADATA.create_all(at_once)
    at_once.dispose()
    assert made(tmp_path / "store.db") == made(tmp_path / "other.db")
    engine = create_engine(url(tmp_path))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_the_code_needs_the_newest_migration_and_there_is_one_line_of_them() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_every_table_can_be_written_for_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in METADATA.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=dialect))
        assert all("CREATE" in str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)


def test_every_table_has_its_tenant_or_hangs_on_one_that_has() -> None:
    for table in METADATA.tables.values():
        assert "tenant" in table.c or any("tenant" in key.column.table.c for key in table.foreign_keys)


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    assert migrate(url(tmp_path)) == (None, REVISION)
    before = made(tmp_path / "store.db")
    assert migrate(url(tmp_path)) == (REVISION, REVISION)
    assert made(tmp_path / "store.db") == before


@pytest.mark.parametrize(
    ("version", "advice"), [("0000", "sdoh-gateway backup.*sdoh-gateway migrate"), ("9999", "newer version")]
)
def test_another_schema_is_refused_with_what_to_do(tmp_path: Path, version: str, advice: str) -> None:
    migrate(url(tmp_path))
    engine = create_engine(url(tmp_path))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()
    with pytest.raises(SchemaError, match=advice):
        Store(url(tmp_path), write=True)
    with pytest.raises(SchemaError, match=advice):
        Store(url(tmp_path))


def test_an_empty_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="sdoh-gateway migrate"):
        Store(url(tmp_path), write=True)


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    migrate(url(tmp_path))
    first = Store(url(tmp_path), write=True)
    assert first.lock is not None
    first.lock.tell("/run/control.sock")
    with pytest.raises(StoreLockedError, match="in use by process") as refused:
        Store(url(tmp_path), write=True)
    assert refused.value.control == "/run/control.sock"
    reader = Store(url(tmp_path))
    with reader.reading() as connection:
        assert reader.envelopes.counts(connection) == {}
    reader.close()
    first.close()
    Store(url(tmp_path), write=True).close()


def test_the_writer_is_durable_and_the_readers_cannot_write(tmp_path: Path) -> None:
    migrate(url(tmp_path))
    store = Store(url(tmp_path), write=True)

    def pragmas(connection: object, items: object) -> list[dict[str, object]]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [{name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}]  # type: ignore[attr-defined]

    assert store.writer.now(pragmas, None) == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1
    store.close()
