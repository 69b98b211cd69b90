"""The migrations make exactly the tables that the program knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from bot.core.clock import FrozenClock
from storage.migrate import is_current, migrate
from storage.unit_of_work import Database, metadata

Shape = dict[str, Any]


def sync_engine(url: str) -> Engine:
    parsed = make_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return create_engine(parsed.set(drivername=driver), poolclass=NullPool)


def shape(connection: Connection) -> Shape:
    """All that makes a schema: columns, keys, uniques, indexes with their conditions."""
    found = inspect(connection)
    return {
        table: {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(table)
            },
            "primary": found.get_pk_constraint(table)["constrained_columns"],
            "uniques": sorted(
                tuple(u["column_names"]) for u in found.get_unique_constraints(table)
            ),
            "indexes": sorted(
                (
                    str(i["name"]),
                    tuple(i["column_names"]),
                    bool(i["unique"]),
                    _condition(i.get("dialect_options", {})),
                )
                for i in found.get_indexes(table)
            ),
            "foreign": sorted(
                (
                    tuple(f["constrained_columns"]),
                    f["referred_table"],
                    tuple(f["referred_columns"]),
                    f["options"].get("ondelete"),
                )
                for f in found.get_foreign_keys(table)
            ),
        }
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def _condition(options: dict[str, Any]) -> str:
    """A partial index's condition as text; each engine has its own way to write it down."""
    return str(options.get("sqlite_where", options.get("postgresql_where", "")))


def test_the_migrated_schema_is_the_one_that_the_program_knows(any_url: str) -> None:
    migrated = sync_engine(any_url)
    with migrated.connect() as connection:
        by_migrations = shape(connection)
    with migrated.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
        by_metadata = shape(connection)
    assert set(by_migrations) == set(metadata.tables)
    for table in metadata.tables:
        assert by_migrations[table] == by_metadata[table], table


def test_alembic_finds_nothing_to_add(any_url: str) -> None:
    with sync_engine(any_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_outbox_has_its_partial_indexes(any_url: str) -> None:
    with sync_engine(any_url).connect() as connection:
        found = {i[0]: i for i in shape(connection)["outbox"]["indexes"]}
    assert "pending" in found["uq_outbox_merge"][3]
    assert found["uq_outbox_merge"][2]
    assert "sending" in found["ix_outbox_lane"][3]


def test_migrating_twice_changes_nothing(any_url: str) -> None:
    with sync_engine(any_url).connect() as connection:
        before = shape(connection)
    migrate(any_url)
    assert is_current(any_url)
    with sync_engine(any_url).connect() as connection:
        assert shape(connection) == before


@pytest.mark.parametrize("count", [2])
async def test_two_processes_may_migrate_at_once(postgres_url: str, count: int) -> None:
    with sync_engine(postgres_url).begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
    await asyncio.gather(*(asyncio.to_thread(migrate, postgres_url) for _ in range(count)))
    assert is_current(postgres_url)


async def test_the_database_knows_that_it_is_current(any_database: Database) -> None:
    assert await any_database.answers()
    assert await any_database.is_current()


async def test_an_empty_database_is_not_current(clock: FrozenClock) -> None:
    database = Database("sqlite+aiosqlite:///:memory:", clock)
    assert await database.answers()
    assert not await database.is_current()
    await database.close()
