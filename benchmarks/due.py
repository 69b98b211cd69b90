"""10,000 projects whose stand-up is due at one moment, until all their rows are committed.

`Scheduler.tick()` runs in this process while a second task sleeps a millisecond again and again;
the longest gap between its wake-ups is how long the event loop was blocked. Each project has its
chat, a manager and two engineers, and all of its jobs in the due table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

import uvloop
from sqlalchemy import delete, func, select, update

from benchmarks import given
from benchmarks.databases import ENGINES, fresh
from benchmarks.results import Figure
from bot.core.clock import FrozenClock
from bot.metrics import Metrics
from bot.scheduler import Scheduler
from bot.server import calm_the_collector
from bot.shelf import Shelf
from schedules import JOBS
from storage.tables.living import living
from storage.tables.outbox import outbox
from storage.tables.schedule import schedule
from storage.tables.standups import rounds
from storage.unit_of_work import Database

# A Tuesday, a working day after a working day.
MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
WITHIN = {"SQLite": 1.0, "PostgreSQL": 2.0}


def run(*, quick: bool) -> Iterator[Figure]:
    """The median of several runs, and the worst block of all of them."""
    count = 2_000 if quick else 10_000
    for engine in ENGINES:
        with fresh(engine) as (url, _):
            runs = uvloop.run(_runs(url, count, 2 if quick else 5))
        seconds = median(took for took, _ in runs)
        blocked = max(gap for _, gap in runs)
        within = WITHIN[engine] * count / 10_000
        yield Figure(f"{count:,} projects due at one moment", seconds, "s", engine, at_most=within)
        yield Figure("  event loop blocked, longest", blocked * 1000, "ms", engine, at_most=50)


async def _runs(url: str, count: int, times: int) -> list[tuple[float, float]]:
    database = Database(url, FrozenClock(MOMENT))
    try:
        await given.groups(database, count, given.TEAM, due={"standup.ask": MOMENT})
        scheduler = Scheduler(database, JOBS, Shelf(), database.clock, Metrics())
        Shelf().calendars.of("CN")
        calm_the_collector()  # as the server does when it has started
        return [await _once(database, scheduler, count) for _ in range(times)]
    finally:
        await database.close()


async def _once(database: Database, scheduler: Scheduler, count: int) -> tuple[float, float]:
    gaps = [0.0]
    watch = asyncio.create_task(_watch(gaps))
    await asyncio.sleep(0.01)
    began = perf_counter()
    await scheduler.tick()
    took = perf_counter() - began
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    await _check_and_reset(database, count)
    return took, max(gaps)


async def _watch(gaps: list[float]) -> None:
    last = perf_counter()
    while True:
        await asyncio.sleep(0.001)
        now = perf_counter()
        gaps.append(now - last - 0.001)
        last = now


async def _check_and_reset(database: Database, count: int) -> None:
    async with database.begin() as uow:
        for table in (outbox, living, rounds):
            found = await uow.connection.execute(select(func.count()).select_from(table))
            if (rows := found.scalar_one()) != count:
                msg = f"{rows} rows in {table.name} instead of {count}"
                raise RuntimeError(msg)
            await uow.connection.execute(delete(table))
        again = update(schedule).where(schedule.c.job == "standup.ask").values(next_run_at=MOMENT)
        await uow.connection.execute(again)
