"""The whole database as one file, from any supported engine to any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import rows_file
from storage.base import metadata
from storage.migrate import migrate
from storage.rows_file import Done, FileError
from storage.sqlite import READ_ONLY
from storage.tables.outbox import State, outbox
from storage.unit_of_work import Database

# Rows read and written at once.
PAGE, SOME = 5_000, 500


async def back_up(database: Database, path: Path) -> Done:
    """Write everything to a file as it is at one moment, while others go on writing."""
    with rows_file.written(path) as file:
        async with database.engine.connect() as bare:
            options: dict[str, Any] = {READ_ONLY: True}
            if not database.is_sqlite:
                options["isolation_level"] = "REPEATABLE READ"
            connection = await bare.execution_options(**options)
            revision = await rows_file.revision_of(connection)
            writer = rows_file.Writer(file, {"revision": revision})
            for table in metadata.sorted_tables:
                writer.table(table)
                async for row in _rows(connection, table):
                    writer.row(table, row)
            return writer.end()


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence[Any]]:
    """All rows, so many at once that memory does not grow with the table."""
    ordered = select(table).order_by(*table.primary_key.columns).limit(PAGE)
    start = 0
    while True:
        found = (await connection.execute(ordered.offset(start))).all()
        for row in found:
            yield row
        if len(found) < PAGE:
            return
        start += PAGE


async def restore(url: str, database: Database, path: Path) -> Done:
    """Put a backup into an empty database, which is given the backup's schema and then the newest.

    Nothing that was owed when it was made is sent: it may have been sent since. Such rows stand as
    dropped in `golive outbox list`. Raises `FileError`, and then nothing has been written.
    """
    head = rows_file.check(path)
    if "project" in head:
        msg = f"{path.name} holds one project; take it in with `golive import`"
        raise FileError(msg)
    migrate(url, head["revision"])
    async with database.engine.begin() as connection:
        await _must_be_empty(connection)
        done = await rows_file.put_in(connection, rows_file.rows(path), SOME)
        await connection.execute(
            update(outbox)
            .where(outbox.c.state.in_([State.PENDING, State.SENDING]))
            .values(state=State.DROPPED, error="restored from a backup")
        )
        await _count_on(connection)
    migrate(url)
    return done


async def _must_be_empty(connection: AsyncConnection) -> None:
    for name in ("projects", "people", "outbox"):
        found = await connection.execute(select(func.count()).select_from(metadata.tables[name]))
        if found.scalar_one():
            msg = "the database that DATABASE_URL names is not empty; restore into a new one"
            raise FileError(msg)


async def _count_on(connection: AsyncConnection) -> None:
    """PostgreSQL's counters stand behind the rows that were put in with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if "seq" in table.columns:
            await connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'seq'), "  # noqa: S608
                    f"(SELECT COALESCE(MAX(seq), 0) + 1 FROM {table.name}), false)"
                )
            )
