"""What repositories need of a database connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import Table
from sqlalchemy.sql.dml import UpdateBase

T = TypeVar("T")

# SQLite takes 32,766 parameters in a statement and PostgreSQL 65,535; rows here have up to 20.
AT_ONCE = 500


class Connection:
    """One transaction's connection; repositories share it."""

    def __init__(self, inner: AsyncConnection) -> None:
        self.inner = inner
        self.is_sqlite = inner.dialect.name == "sqlite"
        self.writes = 0

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        self.writes += isinstance(statement, UpdateBase)
        return await self.inner.execute(statement, parameters)

    def upsert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that knows `on_conflict_do_…`, in the engine's own dialect."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)


def chunks(items: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """The items in parts that one statement can take."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
