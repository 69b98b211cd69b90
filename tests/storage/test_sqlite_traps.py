"""Where SQLite's usual driver loses updates without a word, and ours does not."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.exc import StatementError

from bot.core.clock import FrozenClock
from storage.tables.inbox import inbox, troubles
from storage.tables.outbox import Owed
from storage.unit_of_work import Database
from tests.chat import START

KEY = ("fake", "counter")


async def put_counter(database: Database) -> None:
    async with database.begin() as uow:
        values = {"platform": KEY[0], "key": KEY[1], "attempts": 0, "error": "", "event": ""}
        await uow.connection.execute(insert(troubles), [{**values, "at": uow.now}])


async def count_up(database: Database, times: int) -> None:
    """Read the number, let others go first, write one more."""
    for _ in range(times):
        async with database.begin() as uow:
            found = await uow.connection.execute(select(troubles.c.attempts))
            number: int = found.scalar_one()
            await asyncio.sleep(0)
            await uow.connection.execute(update(troubles).values(attempts=number + 1))


async def counted(database: Database) -> int:
    async with database.read() as uow:
        found = await uow.connection.execute(select(troubles.c.attempts))
        number: int = found.scalar_one()
        return number


async def test_600_read_modify_writes_of_four_tasks_are_600(database: Database) -> None:
    await put_counter(database)
    await asyncio.gather(*(count_up(database, 150) for _ in range(4)))
    assert await counted(database) == 600


async def test_600_read_modify_writes_of_four_event_loops_are_600(
    database: Database, sqlite_url: str
) -> None:
    await put_counter(database)

    async def work() -> None:
        own = Database(sqlite_url, FrozenClock(START))
        try:
            await count_up(own, 150)
        finally:
            await own.close()

    with ThreadPoolExecutor(4) as pool:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(pool, asyncio.run, work()) for _ in range(4)))
    assert await counted(database) == 600


async def test_a_savepoint_before_the_first_write_cannot_escape_a_rollback(
    any_database: Database,
) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012  (the block is the transaction)
        async with any_database.begin() as uow:
            async with uow.connection.inner.begin_nested():
                await uow.inbox.claim([KEY], uow.now)
            raise RuntimeError
    async with any_database.read() as uow:
        assert (await uow.connection.execute(select(inbox))).all() == []


async def test_a_reader_during_a_write_sees_what_was_there_before(
    any_database: Database,
) -> None:
    async with any_database.begin() as writer:
        await writer.inbox.claim([KEY], writer.now)
        async with any_database.read() as reader:
            assert (await reader.connection.execute(select(inbox))).all() == []
    async with any_database.read() as reader:
        assert len((await reader.connection.execute(select(inbox))).all()) == 1


async def test_what_is_written_in_a_reading_transaction_is_lost(database: Database) -> None:
    async with database.read() as uow:
        await uow.inbox.claim([KEY], uow.now)
    async with database.read() as uow:
        assert (await uow.connection.execute(select(inbox))).all() == []


async def test_a_moment_without_a_zone_is_refused(any_database: Database) -> None:
    naive = datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001  (that is the point)
    with pytest.raises(StatementError, match="a moment needs its zone"):
        async with any_database.begin() as uow:
            uow.outbox.owe(Owed("fake", "card", "chat", "oc_1", {}, naive, "lane"))


async def test_moments_come_back_aware_and_in_utc(any_database: Database) -> None:
    async with any_database.begin() as uow:
        uow.outbox.owe(Owed("fake", "card", "chat", "oc_1", {}, START, "lane"))
    async with any_database.read() as uow:
        assert await uow.outbox.next_due() == START
        due = await uow.outbox.next_due()
    assert due is not None
    assert due.tzname() == "UTC"


async def test_a_cancelled_write_leaves_the_way_free_for_the_next(database: Database) -> None:
    inside = asyncio.Event()

    async def stall() -> None:
        async with database.begin() as uow:
            await uow.inbox.claim([KEY], uow.now)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stall())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.begin() as uow:
        assert await uow.inbox.claim([KEY], uow.now) == {KEY}


async def test_the_file_is_in_wal_mode_with_foreign_keys_on(
    database: Database, tmp_path: Path
) -> None:
    async with database.read() as uow:
        for pragma, wanted in (("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2)):
            found = await uow.connection.execute(text(f"PRAGMA {pragma}"))
            assert found.scalar_one() == wanted


async def test_every_writing_transaction_takes_the_lock_at_once(database: Database) -> None:
    said: list[str] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: said.append(statement),
    )
    async with database.begin() as uow:
        await uow.connection.execute(text("SELECT 1"))
    assert await database.answers()
    assert [s for s in said if s.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


async def test_a_cancelled_writer_leaves_its_connection_only_when_its_thread_has(
    database: Database,
) -> None:
    async def write(number: int) -> None:
        async with database.begin() as uow:
            await uow.connection.execute(text(f"CREATE TABLE t{number} (n INTEGER)"))

    for number in range(60):
        task = asyncio.create_task(write(number))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await write(99)
