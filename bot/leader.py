"""Who of several replicas relays and ticks.

PostgreSQL: whoever holds the session's advisory lock on a connection of its own. A dead leader's
connection drops and with it the lock. One that is cut off without closing steps down itself when
its heartbeat does not come back, and the server drops it: by keepalive where it can tell, and
otherwise (behind a proxy that keeps its own end open) because a session without a heartbeat is idle
for longer than it may. The same connection listens for `NOTIFY`, by which any replica wakes the
leader's relay.

SQLite: whoever holds a lock on a file beside the database.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg
from sqlalchemy.engine import URL

from bot import logs

log = logs.get(__name__)

# Any number that nothing else in the database uses: "golive" read as base 36.
LOCK = 1_000_892_426
CHANNEL = "golive_owed"
# A lost leader is replaced within HEARTBEAT + TAKE seconds and the server's notice of the loss.
HEARTBEAT = 1.5
TAKE = 1.0
# The heartbeat comes at least every second and a half; twice that without one is silence.
LONGEST_SILENCE = "3s"


class FileLeader:
    """Leads while it holds the lock file of an SQLite database."""

    def __init__(self, path: str) -> None:
        self._path = Path(path + ".leader")

    @asynccontextmanager
    async def lead(self, _: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
        """Wait for leadership; the event is set if it is lost (which a file lock never is)."""
        with self._path.open("w", encoding="ascii") as file:
            while not _lock(file):
                await asyncio.sleep(TAKE)
            yield asyncio.Event()

    async def taken(self) -> bool:
        """Whether anybody leads now."""
        if not self._path.exists():
            return False
        with self._path.open("r", encoding="ascii") as file:
            return not _lock(file)

    async def tell(self) -> None:
        """Nobody else to tell: one process writes to an SQLite file."""

    async def stop(self) -> None: ...


def _lock(file: IO[str]) -> bool:
    if os.name == "nt":
        return True
    import fcntl  # noqa: PLC0415  (POSIX only)

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class PostgresLeader:
    """Leads while it holds the advisory lock."""

    def __init__(self, url: URL) -> None:
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._telling: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        self._talk = asyncio.Lock()

    @asynccontextmanager
    async def lead(self, wake: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
        """Wait for leadership. The event is set when it is lost; leaving gives it up."""
        connection = await self._take()
        lost = asyncio.Event()
        watch = asyncio.create_task(self._watch(connection, wake, lost), name="leader-watch")
        try:
            yield lost
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            with suppress(psycopg.Error, OSError):
                await asyncio.wait_for(connection.close(), 2)

    async def _take(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        while True:
            try:
                connection = await self._connect()
                try:
                    while True:
                        found = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
                        row = await found.fetchone()
                        if row and row[0]:
                            await connection.execute(f"LISTEN {CHANNEL}")
                            with suppress(psycopg.Error):  # servers before 14 have only keepalive
                                await connection.execute(
                                    f"SET idle_session_timeout = '{LONGEST_SILENCE}'"
                                )
                            return connection
                        await asyncio.sleep(TAKE)
                except BaseException:
                    await connection.close()
                    raise
            except (psycopg.Error, OSError) as error:
                log.warning("no leader connection", why=type(error).__name__)
                await asyncio.sleep(TAKE)

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        connection = await psycopg.AsyncConnection.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=3,
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=2,
            tcp_user_timeout=4000,
        )
        # The server's side of the same: without it a leader that vanished holds the lock for hours.
        for setting in ("idle = 2", "interval = 1", "count = 2"):
            with suppress(psycopg.Error):
                await connection.execute(f"SET tcp_keepalives_{setting}")
        return connection

    async def _watch(
        self,
        connection: psycopg.AsyncConnection[tuple[object, ...]],
        wake: Callable[[], None],
        lost: asyncio.Event,
    ) -> None:
        try:
            while True:
                async for _ in connection.notifies(timeout=HEARTBEAT, stop_after=1):
                    wake()
                await asyncio.wait_for(connection.execute("SELECT 1"), HEARTBEAT)
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("leadership lost", why=type(error).__name__)
            lost.set()

    async def taken(self) -> bool:
        """Whether anybody leads now."""
        connection = await self._connect()
        try:
            found = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
            row = await found.fetchone()
            return not (row and row[0])
        finally:
            await connection.close()

    async def tell(self) -> None:
        """Wake the leader, wherever it runs; if that fails its poll finds the rows."""
        async with self._talk:
            try:
                if self._telling is None or self._telling.closed:
                    self._telling = await self._connect()
                await self._telling.execute(f"NOTIFY {CHANNEL}")
            except (psycopg.Error, OSError):
                self._telling = None

    async def stop(self) -> None:
        if self._telling:
            with suppress(psycopg.Error, OSError):
                await self._telling.close()


Leader = FileLeader | PostgresLeader


def leader_for(url: URL) -> Leader:
    if url.get_backend_name() == "sqlite":
        return FileLeader(url.database or "golive")
    return PostgresLeader(url)
