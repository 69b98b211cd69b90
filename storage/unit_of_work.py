"""One transaction: the repositories over it, and the only commit in Golive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.engine import make_url
from sqlalchemy.event import listens_for
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.core.clock import Clock
from bot.core.errors import Conflict
from storage.base import metadata
from storage.connection import Connection
from storage.migrate import newest
from storage.sqlite import READ_ONLY, sqlite_engine
from storage.tables import (
    archive,
    audit,
    drafts,
    faq,
    followups,
    golives,
    inbox,
    links,
    living,
    milestones,
    notices,
    outbox,
    people,
    playground,
    projects,
    reports,
    risks,
    schedule,
    standups,
    suggestions,
)

__all__ = ["Database", "UnitOfWork", "metadata"]


# PostgreSQL: serialization failure, deadlock. Doing it again is right.
_MET = frozenset({"40001", "40P01"})
# Between two statements of a transaction (PostgreSQL); a busy process needs a part of a second.
LONGEST_PAUSE = "5s"


class UnitOfWork:
    """What a handler or job reads and writes through; it is over when its block ends."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.people = people.People(connection)
        self.members = people.Members(connection)
        self.leaves = people.Leaves(connection)
        self.chats = projects.Chats(connection)
        self.projects = projects.Projects(connection)
        self.milestones = milestones.Milestones(connection)
        self.risks = risks.Risks(connection)
        self.notices = notices.Notices(connection)
        self.drafts = drafts.Drafts(connection)
        self.faq = faq.Faq(connection)
        self.golives = golives.GoLives(connection)
        self.followups = followups.FollowUps(connection)
        self.suggestions = suggestions.Suggestions(connection)
        self.reports = reports.Reports(connection)
        self.archive = archive.Archive(connection)
        self.standups = standups.Standups(connection)
        self.inbox = inbox.Inbox(connection)
        self.outbox = outbox.Outbox(connection)
        self.living = living.LivingCards(connection)
        self.links = links.FormLinks(connection)
        self.schedule = schedule.Schedule(connection)
        self.audit = audit.Audit(connection)
        self.playground = playground.PlaygroundMessages(connection)

    @property
    def effects(self) -> int:
        """Grows with everything that is written or collected for writing."""
        return (
            self.connection.writes
            + self.outbox.collected
            + self.standups.collected
            + self.living.collected
        )

    async def flush(self) -> None:
        """Write what the repositories collected."""
        await self.standups.flush()
        await self.living.flush()
        await self.outbox.flush(self.now)
        await self.audit.flush()


class Database:
    """The engine and its transactions.

    On SQLite the writers of this process queue at a lock of ours, first come first served, instead
    of polling the file's; other processes still meet the file's own lock.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.engine = _engine(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writing = asyncio.Lock() if self.is_sqlite else None
        self._current = False
        self.on_owed: Callable[[set[str]], None] = lambda _: None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        """A transaction that writes. Leaving the block commits, an error rolls all of it back."""
        if self._writing is None:
            async with self._transaction() as uow:
                yield uow
        else:
            async with self._writing, self._transaction() as uow:
                yield uow
        if uow.outbox.touched:
            self.on_owed(uow.outbox.touched)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[UnitOfWork]:
        try:
            async with self.engine.begin() as connection:
                uow = UnitOfWork(Connection(connection), self.clock.now())
                yield uow
                await uow.flush()
        except IntegrityError as error:
            msg = "two changes met"
            raise Conflict(msg) from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _MET:
                msg = "two transactions met"
                raise Conflict(msg) from error
            raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[UnitOfWork]:
        """A transaction that only reads; what is written in it is lost."""
        async with self.engine.connect() as bare:
            connection = await bare.execution_options(**{READ_ONLY: True})
            yield UnitOfWork(Connection(connection), self.clock.now())
            await connection.rollback()

    async def answers(self) -> bool:
        """Whether the database can be reached."""
        try:
            async with self.read() as uow:
                await uow.connection.execute(text("SELECT 1"))
        except Exception:  # noqa: BLE001  (whatever it is, the database does not answer)
            return False
        return True

    async def is_current(self) -> bool:
        """Whether the schema is the one that this program knows."""
        if self._current:
            return True
        try:
            async with self.read() as uow:
                found = await uow.connection.execute(
                    text("SELECT version_num FROM alembic_version")
                )
                self._current = found.scalar_one_or_none() == newest()
        except (SQLAlchemyError, OSError):
            return False
        return self._current

    async def clear(self) -> None:
        """Delete every row. For the playground's reset."""
        async with self.begin() as uow:
            for table in reversed(metadata.sorted_tables):
                await uow.connection.execute(delete(table))

    async def close(self) -> None:
        await self.engine.dispose()


def _engine(url: str) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.drivername == "sqlite+aiosqlite":
        return sqlite_engine(url, parsed.database or ":memory:")
    engine = create_async_engine(url, pool_size=8, max_overflow=8)

    @listens_for(engine.sync_engine, "connect")
    def bound(connection: Any, _: object) -> None:
        """Whoever is cut off in a transaction without a word lets go of its rows, so that the next
        leader can send them. Set by a statement, since poolers refuse it at the connection."""
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{LONGEST_PAUSE}'")
        cursor.close()
        connection.commit()

    return engine
