"""Whether what Golive asks its database again and again stays cheap when the tables are large.

10,000 projects with all of their jobs, then twice the same queries: with ten thousand rows of the
past in the outbox, the inbox and the rounds, and with a million. Queries are the repositories' own;
what they write is rolled back. A query whose time grows with the past is one that has no index.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

import uvloop
from sqlalchemy import bindparam, text

from benchmarks import given
from benchmarks.databases import ENGINES, fresh
from benchmarks.results import Figure
from bot.core.clock import FrozenClock
from schedules import JOBS
from storage.base import Moment
from storage.privacy import purge
from storage.unit_of_work import Database, UnitOfWork

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
PLATFORM = given.PLATFORM
PADDED = {"SQLite": "printf('%032d', n)", "PostgreSQL": "lpad(n::text, 32, '0')"}
# What the outbox owes while the past is looked at: one message to each of so many chats.
CALM, RUSH = 100, 10_000
Query = Callable[[UnitOfWork], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is: projects, rows of the past, rows that are owed."""

    projects: int
    past: int
    owed: int


@dataclass(frozen=True, slots=True)
class Took:
    """What one query took, in milliseconds."""

    query: str
    size: Size
    ms: float


def run(*, quick: bool) -> Iterator[Figure]:
    """Each query at three sizes, and by how much the past and the debt make it dearer."""
    projects, small, large = (1_000, 2_000, 50_000) if quick else (10_000, 10_000, 1_000_000)
    sizes = [Size(projects, small, CALM), Size(projects, large, CALM), Size(projects, large, RUSH)]
    for engine in ENGINES:
        with fresh(engine) as (url, _):
            found = uvloop.run(measured(url, engine, sizes, 3 if quick else 7))
        for took in found:
            size = f"past {took.size.past:,}, owed {took.size.owed:,}"
            yield Figure(f"{took.query}, {size}", took.ms, "ms", engine)


async def measured(url: str, engine: str, sizes: list[Size], times: int) -> list[Took]:
    """The queries at each size; sizes may only grow."""
    database = Database(url, FrozenClock(NOW))
    found: list[Took] = []
    had = Size(0, 0, 0)
    try:
        await given.groups(database, sizes[0].projects, given.TEAM, due={"standup.ask": NOW})
        for size in sizes:
            await grow(database, engine, had, size)
            had = size
            for name, query in QUERIES.items():
                taken = [await _timed(database, query) for _ in range(times)]
                found.append(Took(name, size, median(taken)))
    finally:
        await database.close()
    return sorted(found, key=lambda took: list(QUERIES).index(took.query))


async def _timed(database: Database, query: Query) -> float:
    """Milliseconds of one query; rolled back, whatever it has written."""
    async with database.read() as uow:
        await uow.connection.execute(text("SELECT 1"))
        began = perf_counter()
        await query(uow)
        return (perf_counter() - began) * 1000


async def _claim(uow: UnitOfWork) -> object:
    return await uow.inbox.claim([(PLATFORM, f"new{n}") for n in range(64)], NOW)


async def _rounds(uow: UnitOfWork) -> object:
    found = await uow.schedule.due(NOW, 500)
    await uow.standups.warm([due.project_id for due in found])
    return found


QUERIES: dict[str, Query] = {
    "relay: next_due": lambda uow: uow.outbox.next_due([PLATFORM]),
    "relay: heads of 100": lambda uow: uow.outbox.heads([PLATFORM], NOW, 100),
    "relay: unfinished (a takeover)": lambda uow: uow.outbox.unfinished(
        PLATFORM, NOW, repeats_safely=True
    ),
    "metrics: depth": lambda uow: uow.outbox.depth(),
    "tidy: purge": lambda uow: purge(uow.connection, NOW - timedelta(days=99), timedelta()),
    "inbox: claim 64": _claim,
    "scheduler: next_due": lambda uow: uow.schedule.next_due(),
    "scheduler: due 500": lambda uow: uow.schedule.due(NOW, 500),
    "scheduler: unarranged": lambda uow: uow.schedule.unarranged(JOBS),
    "rounds: latest of 500": _rounds,
}


async def grow(database: Database, engine: str, had: Size, size: Size) -> None:
    """Add what is missing; rows of the past are sent, and lie in 10,000 lanes."""
    async with database.begin() as uow:
        key = PADDED[engine]
        await _fill(uow, _OUTBOX.format(key=key, state="sent", lane="n % 10000", sent=":at"),
                    had.past, size.past, NOW - timedelta(days=7))  # fmt: skip
        await _fill(uow, _OUTBOX.format(key=f"'o' || substr({key}, 2)", state="pending", lane="n",
                    sent="NULL"), had.owed, size.owed, NOW - timedelta(seconds=9))  # fmt: skip
        await _fill(uow, _INBOX.format(key=key), had.past, size.past, NOW - timedelta(hours=9))
        per_project = size.past // size.projects - had.past // size.projects if had.past else 1
        first = had.past // size.projects
        for number in range(max(0, per_project)):
            day = (NOW - timedelta(days=1 + first + number)).date()
            await uow.connection.execute(
                text(_ROUNDS.format(key=f"'{first + number:05d}' || substr(id, 6)")).bindparams(
                    bindparam("at", NOW - timedelta(days=1 + first + number), type_=Moment),
                    bindparam("day", day.isoformat() if engine == "SQLite" else day),
                )
            )
    async with database.begin() as uow:
        await uow.connection.execute(text("ANALYZE"))


async def _fill(uow: UnitOfWork, insert: str, first: int, last: int, at: datetime) -> None:
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM numbers"
    if last > first:
        head, _, rest = insert.partition("SELECT")
        said = f"{head}{numbers.format(first)} WHERE n < {last - 1}) SELECT{rest}"
        await uow.connection.execute(text(said).bindparams(bindparam("at", at, type_=Moment)))


_OUTBOX = """INSERT INTO outbox (key, platform, lane, kind, to_kind, "to", payload, state, attempts,
 created_at, not_before, sent_at, message)
 SELECT {key}, 'feishu', 'feishu:oc_' || ({lane}), 'show', 'chat', 'oc_' || (n % 10000),
 '{{"living":"0123456789abcdef0123456789abcdef"}}', '{state}', 1, :at, :at, {sent}, 'om_' || {key}
 FROM numbers"""
_INBOX = "INSERT INTO inbox (platform, key, at) SELECT 'feishu', {key}, :at FROM numbers"
_ROUNDS = """INSERT INTO rounds (id, project_id, kind, day, opens_at, closes_at, closed_at)
 SELECT {key}, id, 'standup', :day, :at, :at, :at FROM projects"""
