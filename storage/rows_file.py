"""Rows as a file: gzipped JSON lines, of which backups and projects' exports are made.

A head with the schema's revision, then each table's name and columns with its rows, parents before
children, then an end with the count of all rows, so that a file that was cut off is known as one.
Values are those of Python's side, so that they fit the other engine.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Date, LargeBinary, Table, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from storage.base import Json, Moment, metadata
from storage.connection import chunks
from storage.migrate import newest, revisions
from storage.tables.projects import StoredSettings

FORMAT = 1


class FileError(RuntimeError):
    """What is wrong with a file or the database, as one sentence."""


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows, of how many tables that have any."""

    tables: int
    rows: int


class Writer:
    """Writes tables, each after those that it refers to."""

    def __init__(self, file: gzip.GzipFile, head: Mapping[str, Any]) -> None:
        self._file = file
        self._rows = 0
        self._tables: set[str] = set()
        self._line({"golive": FORMAT, **head})

    def table(self, table: Table) -> None:
        columns = [str(column.name) for column in table.columns]
        self._line({"table": str(table.name), "columns": columns})

    def row(self, table: Table, row: Sequence[Any]) -> None:
        kinds = [column.type for column in table.columns]
        self._line([outward(kind, value) for kind, value in zip(kinds, row, strict=True)])
        self._rows += 1
        self._tables.add(table.name)

    def end(self) -> Done:
        self._line({"end": self._rows})
        return Done(len(self._tables), self._rows)

    def _line(self, value: object) -> None:
        self._file.write(msgspec.json.encode(value) + b"\n")


@contextmanager
def written(path: Path) -> Iterator[gzip.GzipFile]:
    """A file that appears under its name only when it is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        with gzip.open(part, "wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def check(path: Path) -> dict[str, Any]:
    """The head of a whole file; read once before anything is written. Raises `FileError`."""
    head: dict[str, Any] = {}
    rows, end = 0, None
    try:
        for line in lines(path):
            match line:
                case list():
                    rows += 1
                case {"golive": _, "revision": str()}:
                    head = line
                case {"end": int(said)}:
                    end = said
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        msg = f"{path.name} is no backup of Golive, or it is damaged"
        raise FileError(msg) from error
    revision = str(head.get("revision", ""))
    if not revision or end != rows:
        msg = f"{path.name} is cut off or no backup of Golive"
        raise FileError(msg)
    if revision > newest():
        msg = f"{path.name} was made by a newer Golive (schema {revision}, this has {newest()})"
        raise FileError(msg)
    if revision not in revisions():
        msg = f"{path.name} names schema {revision!r}, which no Golive has had"
        raise FileError(msg)
    return head


def lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def rows(path: Path) -> Iterator[tuple[Table | None, dict[str, Any]]]:
    """Each row with its table, by column; a table that this program does not know is `None`."""
    table: Table | None = None
    columns: list[str] = []
    for line in lines(path):
        if isinstance(line, dict) and "table" in line:
            table, columns = metadata.tables.get(line["table"]), line["columns"]
        elif isinstance(line, list):
            kinds = [table.columns[name].type for name in columns] if table is not None else []
            values = [inward(k, v) for k, v in zip(kinds, line, strict=True)] if kinds else []
            yield table, dict(zip(columns, values, strict=False))


async def put_in(
    connection: AsyncConnection, found: Iterable[tuple[Table | None, dict[str, Any]]], some: int
) -> Done:
    """Insert rows, `some` at once, as long as they are of one table."""
    tables: set[str] = set()
    count = 0
    now: Table | None = None
    waiting: list[dict[str, Any]] = []
    for table, row in found:
        if table is not now or len(waiting) >= some:
            await _insert(connection, now, waiting)
            now, waiting = table, []
        if table is not None:
            tables.add(table.name)
            waiting.append(row)
        count += 1
    await _insert(connection, now, waiting)
    return Done(len(tables), count)


async def _insert(
    connection: AsyncConnection, table: Table | None, rows: Sequence[dict[str, Any]]
) -> None:
    if table is None or not rows:
        return
    for part in chunks(rows):
        await connection.execute(insert(table), list(part))


def outward(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Json | StoredSettings):
        return msgspec.to_builtins(value, str_keys=True)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date | datetime) else value


def inward(kind: TypeEngine[Any], value: Any) -> Any:
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


async def revision_of(connection: AsyncConnection) -> str:
    """The schema, which must be this program's. Raises `FileError`."""
    found = await connection.execute(text("SELECT version_num FROM alembic_version"))
    revision: str | None = found.scalar_one_or_none()
    if revision is None:
        msg = "the database has no schema yet, so there is nothing to back up"
        raise FileError(msg)
    if revision != newest():
        msg = (
            f"the database is at schema {revision}, this program at {newest()}; "
            "run `golive serve` once first"
        )
        raise FileError(msg)
    return revision
