"""The whole database as one file, from any supported engine to any other.

A file is gzipped JSON lines: a head with the schema's revision, then each table's name and columns
with its rows, parents before children, then an end with the count of all rows, so that a file that
was cut off is known as one. Values are those of Python's side, so that they fit the other engine.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Date, LargeBinary, Table, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from storage.base import Json, Moment, metadata
from storage.connection import chunks
from storage.migrate import migrate, newest
from storage.sqlite import READ_ONLY
from storage.tables.outbox import State, outbox
from storage.tables.projects import StoredSettings
from storage.unit_of_work import Database

FORMAT = 1
# Rows read and written at once.
PAGE, SOME = 5_000, 500


class BackupError(RuntimeError):
    """What is wrong with a file or the database, as one sentence."""


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows of how many tables."""

    tables: int
    rows: int


async def back_up(database: Database, path: Path) -> Done:
    """Write everything to a file as it is at one moment, while others go on writing.

    The file appears under its name only when it is whole.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        async with database.engine.connect() as bare:
            options: dict[str, Any] = {READ_ONLY: True}
            if not database.is_sqlite:
                options["isolation_level"] = "REPEATABLE READ"
            connection = await bare.execution_options(**options)
            revision = await _revision(connection)
            with gzip.open(part, "wb") as file:
                done = await _write(connection, file, revision)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return done


async def _revision(connection: AsyncConnection) -> str:
    found = await connection.execute(text("SELECT version_num FROM alembic_version"))
    revision: str | None = found.scalar_one_or_none()
    if revision is None:
        msg = "the database has no schema yet, so there is nothing to back up"
        raise BackupError(msg)
    if revision != newest():
        msg = (
            f"the database is at schema {revision}, this program at {newest()}; "
            "run `golive serve` once first"
        )
        raise BackupError(msg)
    return revision


async def _write(connection: AsyncConnection, file: gzip.GzipFile, revision: str) -> Done:
    rows = 0
    _line(file, {"golive": FORMAT, "revision": revision})
    for table in metadata.sorted_tables:
        columns = [str(column.name) for column in table.columns]
        _line(file, {"table": str(table.name), "columns": columns})
        async for row in _rows(connection, table):
            values = [_out(c.type, value) for c, value in zip(table.columns, row, strict=True)]
            _line(file, values)
            rows += 1
    _line(file, {"end": rows})
    return Done(len(metadata.sorted_tables), rows)


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


def _line(file: gzip.GzipFile, value: object) -> None:
    file.write(msgspec.json.encode(value) + b"\n")


def _out(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Json | StoredSettings):
        return msgspec.to_builtins(value, str_keys=True)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date | datetime) else value


# --- restoring -----------------------------------------------------------------------------------


async def restore(url: str, database: Database, path: Path) -> Done:
    """Put a backup into an empty database, which is given the backup's schema and then the newest.

    Nothing that was owed when it was made is sent: it may have been sent since. Such rows stand as
    dropped in `golive outbox list`. Raises `BackupError`, and then nothing has been written.
    """
    revision = _check(path)
    migrate(url, revision)
    async with database.engine.begin() as connection:
        await _must_be_empty(connection)
        done = await _read(connection, path)
        await connection.execute(
            update(outbox)
            .where(outbox.c.state.in_([State.PENDING, State.SENDING]))
            .values(state=State.DROPPED, error="restored from a backup")
        )
        await _count_on(connection)
    migrate(url)
    return done


def _check(path: Path) -> str:
    """The schema of a whole backup; read once before anything is written."""
    revision, rows, end = "", 0, None
    try:
        for line in _lines(path):
            if isinstance(line, list):
                rows += 1
            elif "golive" in line:
                revision = str(line["revision"])
            elif "end" in line:
                end = line["end"]
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name} is no backup of Golive, or it is damaged"
        raise BackupError(msg) from error
    if not revision or end != rows:
        msg = f"{path.name} is cut off or no backup of Golive"
        raise BackupError(msg)
    if revision > newest():
        msg = f"{path.name} was made by a newer Golive (schema {revision}, this has {newest()})"
        raise BackupError(msg)
    return revision


def _lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


async def _must_be_empty(connection: AsyncConnection) -> None:
    for name in ("projects", "people", "outbox"):
        found = await connection.execute(select(func.count()).select_from(metadata.tables[name]))
        if found.scalar_one():
            msg = "the database that DATABASE_URL names is not empty; restore into a new one"
            raise BackupError(msg)


async def _read(connection: AsyncConnection, path: Path) -> Done:
    """Insert every row, with the columns that the file has."""
    tables, rows = 0, 0
    table: Table | None = None
    columns: list[str] = []
    waiting: list[dict[str, Any]] = []
    for line in _lines(path):
        if isinstance(line, list) and table is not None:
            kinds = [table.columns[name].type for name in columns]
            values = [_in(kind, value) for kind, value in zip(kinds, line, strict=True)]
            waiting.append(dict(zip(columns, values, strict=True)))
            rows += 1
        if len(waiting) >= SOME or not isinstance(line, list):
            await _insert(connection, table, waiting)
            waiting = []
        if isinstance(line, dict) and "table" in line:
            table, columns = metadata.tables.get(line["table"]), line["columns"]
            tables += 1
    return Done(tables, rows)


async def _insert(
    connection: AsyncConnection, table: Table | None, rows: Sequence[dict[str, Any]]
) -> None:
    if table is None:
        return
    for part in chunks(rows):
        await connection.execute(insert(table), list(part))


def _in(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, StoredSettings):
        return kind.read(value)
    if isinstance(kind, Json):
        return value
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value


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
