"""SQLite without losing updates and without paying for threads.

Two things the stock asynchronous driver does are changed here.

*Transactions.* The driver's own transaction handling opens a transaction only at the first write,
which loses concurrent read-modify-writes without an error and lets a savepoint escape a rollback.
It is switched off (`isolation_level=None`); SQLAlchemy's `begin` event says `BEGIN IMMEDIATE`, or
plain `BEGIN` for a transaction that only reads.

*Threads.* The driver sends every call through a thread, which costs several times what the
statement itself does (`python -m benchmarks sqlite_driver`: 0.20 ms against 0.03 ms). Only two
statements can wait: the one that takes the write lock and the one that forces the disk. Those two
go to a thread, and so does writing many rows; everything else between them holds the lock already
and runs where it is called.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "temp_store=MEMORY",
    "cache_size=-16384",
)
READ_ONLY = "golive_read_only"
# More rows than this take longer to write than a thread costs.
MANY = 100


class _Cursor:
    """What SQLAlchemy's adapter asks of an aiosqlite cursor."""

    def __init__(self, owner: _Connection, inner: sqlite3.Cursor) -> None:
        self._owner = owner
        self._inner = inner

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._inner.close()

    @property
    def description(self) -> Any:
        return self._inner.description

    @property
    def rowcount(self) -> int:
        return self._inner.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._inner.lastrowid

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        if statement.startswith("BEGIN IMMEDIATE"):
            await self._owner.in_thread(self._inner.execute, statement)
        else:
            self._inner.execute(statement, parameters)

    async def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) > MANY:
            await self._owner.in_thread(self._inner.executemany, statement, rows)
        else:
            self._inner.executemany(statement, rows)

    async def fetchone(self) -> Any:
        return self._inner.fetchone()

    async def fetchmany(self, size: int = 1) -> list[Any]:
        return self._inner.fetchmany(size)

    async def fetchall(self) -> list[Any]:
        return self._inner.fetchall()

    async def close(self) -> None:
        self._inner.close()


class _Connection:
    """What SQLAlchemy's adapter asks of an aiosqlite connection."""

    isolation_level = None

    def __init__(self, inner: sqlite3.Connection, waiting: ThreadPoolExecutor) -> None:
        self._conn = self._connection = inner
        self._waiting = waiting

    async def in_thread(self, call: Callable[..., object], *arguments: object) -> None:
        """Run a call that may wait. A cancelled caller still waits for its end: the connection
        must not be used, let alone closed, while a thread is inside it."""
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._waiting, call, *arguments)
        cancelled: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled:
            raise cancelled
        running.result()

    def cursor(self) -> _Cursor:
        return _Cursor(self, self._conn.cursor())

    async def commit(self) -> None:
        if self._conn.in_transaction:
            await self.in_thread(self._conn.commit)

    async def rollback(self) -> None:
        self._conn.rollback()

    async def create_function(self, *arguments: Any, **named: Any) -> None:
        self._conn.create_function(*arguments, **named)

    async def close(self) -> None:
        self._conn.close()

    def stop(self) -> None:
        self._conn.close()


def sqlite_engine(url: str, path: str) -> AsyncEngine:
    """An engine on the database file at `path` (or `:memory:`)."""
    waiting = ThreadPoolExecutor(4, thread_name_prefix="sqlite-wait")

    async def connect(*_: object, **__: object) -> _Connection:
        inner = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for pragma in PRAGMAS:
            inner.execute(f"PRAGMA {pragma}")
        return _Connection(inner, waiting)

    engine = create_async_engine(url, async_creator=connect)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
