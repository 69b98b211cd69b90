"""A database of every schema that was ever released comes to the newest one with all its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bot.core.clock import FrozenClock
from storage.migrate import migrate, newest, revisions
from storage.unit_of_work import Database
from tests.chat import START
from tests.fakes import postgres

ROWS = 3
OLD = sorted(revisions() - {newest()})
Rows = dict[str, list[Mapping[str, Any]]]


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    """A database in which nothing is."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/old.db"
        return
    server = make_url(request.getfixturevalue("postgres_server"))
    name = f"old_{abs(hash(str(tmp_path)))}"
    postgres.administer(server, f"CREATE DATABASE {name}")
    yield server.set(drivername="postgresql+psycopg", database=name).render_as_string(False)
    postgres.administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def plain_engine(url: str) -> sa.Engine:
    bare = make_url(url)
    return sa.create_engine(bare.set(drivername=bare.drivername.replace("+aiosqlite", "")))


def value(column: sa.Column[Any], number: int, *, aware: bool) -> Any:
    """Something of the column's type, another in each row."""
    for key in column.foreign_keys:
        if key.column.table is not column.table:
            return value(key.column, number, aware=aware)
        return None
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return number % 2 == 0
    if isinstance(kind, sa.DateTime):
        moment = START.astimezone(dt.UTC) + dt.timedelta(minutes=number)
        return moment if aware else moment.replace(tzinfo=None)
    if isinstance(kind, sa.Date):
        return START.date() + dt.timedelta(days=number)
    if isinstance(kind, sa.Integer):
        return number + 1
    if isinstance(kind, sa.Float | sa.Numeric):
        return number / 2
    if isinstance(kind, sa.LargeBinary):
        return b'{"n":%d}' % number
    text = f"{column.table.name}.{column.name} {number} 华鼎"
    length = getattr(kind, "length", None)
    return text[-length:] if length else text


def schema(engine: sa.Engine) -> list[sa.Table]:
    metadata = sa.MetaData()
    metadata.reflect(engine)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def fill(engine: sa.Engine) -> None:
    aware = engine.dialect.name != "sqlite"
    with engine.begin() as connection:
        for table in schema(engine):
            for number in range(ROWS):
                row = {c.name: value(c, number, aware=aware) for c in table.columns}
                connection.execute(table.insert().values(row))


def rows(engine: sa.Engine) -> Rows:
    with engine.connect() as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(
                    sa.select(table).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in schema(engine)
        }


@pytest.mark.parametrize("revision", OLD)
def test_every_row_of_an_old_schema_is_there_after_the_upgrade(
    empty_url: str, revision: str
) -> None:
    migrate(empty_url, revision)
    engine = plain_engine(empty_url)
    fill(engine)
    before = rows(engine)
    assert len(before) > 10
    assert all(len(found) == ROWS for found in before.values())
    migrate(empty_url)
    after = rows(engine)
    assert before.keys() <= after.keys(), "no table goes"
    for name, found in before.items():
        kept = [{key: row[key] for key in old} for old, row in zip(found, after[name], strict=True)]
        assert kept == found, name
    engine.dispose()


@pytest.mark.parametrize("revision", OLD)
async def test_the_program_takes_an_upgraded_database_for_its_own(
    empty_url: str, revision: str
) -> None:
    migrate(empty_url, revision)
    database = Database(empty_url, FrozenClock(START))
    assert not await database.is_current()
    migrate(empty_url)
    assert await database.is_current()
    await database.close()


def test_what_the_columns_of_an_upgrade_begin_with(tmp_path: Any) -> None:
    """A milestone's first date is the one that it had; a card hangs since it was last shown."""
    url = f"sqlite+aiosqlite:///{tmp_path}/old.db"
    migrate(url, OLD[OLD.index("0003") - 1] if "0003" in OLD else OLD[1])
    engine = plain_engine(url)
    fill(engine)
    migrate(url)
    after = rows(engine)
    assert all(row["baseline"] == row["due"] for row in after["milestones"])
    assert all(row["hung_at"] == row["shown_at"] for row in after["living_cards"])
    engine.dispose()
