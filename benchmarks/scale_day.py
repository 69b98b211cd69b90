"""One working day of a few groups, lived through in this process: what a group costs.

Ten people a group. The stand-up at 09:30, six of eight answer by 10:15 (form and text in turn), one
of the two others after the reminder; digest at 10:30; two commands and, in every other group, a
customer's question; a milestone to be reminded of in every fifth; the weekly report, since the day
is a Friday. Everything is real but platform and clock; the platform has no limits, so that every
call that a day asks for is counted. Then the rows of that day are counted and weighed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

import uvloop
from sqlalchemy import func, insert, select, text

from benchmarks import given
from benchmarks.databases import ENGINES, fresh
from benchmarks.results import Figure
from bot import logs
from bot.core.clock import FrozenClock
from bot.core.events import ChatKind, Event, Message, Press, Someone
from bot.core.ids import new_id
from bot.dispatcher import Dispatcher
from bot.domain.people import Role
from bot.metrics import Metrics
from bot.platforms.port import Delivery, DeliveryError
from bot.relay import Relay
from bot.routing import Routing
from bot.scheduler import Scheduler
from bot.shelf import Shelf
from cards.standup import SubmitAnswer
from handlers import ROUTER
from schedules import JOBS
from storage.base import metadata
from storage.tables.milestones import milestones
from storage.tables.projects import projects
from storage.tables.standups import rounds
from storage.unit_of_work import Database, UnitOfWork
from tests.fakes.platform import FakePlatform

# Friday 2026-11-27, 08:00 in Shanghai.
MORNING = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)
HERE = timedelta(hours=8)
EVENING = MORNING + timedelta(hours=11)
TEAM = (Role.MANAGER, *[Role.ENGINEER] * 7, *[Role.CUSTOMER_USER] * 2)
ON_TIME, LATE = range(1, 7), (7,)
# What people owe at once goes out together where a platform can: twenty a call on DingTalk.
TOGETHER = 20


class Counted(FakePlatform):
    """Edits cards in place, as Feishu does, and counts its calls by kind."""

    name = given.PLATFORM
    most_together = 1

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    async def deliver(self, delivery: Delivery) -> str:
        self.calls[delivery.kind] += 1
        return delivery.message or f"om_{self.calls.total():031d}"

    async def deliver_together(
        self, deliveries: Sequence[Delivery]
    ) -> Sequence[str | DeliveryError]:
        self.calls["together"] += 1
        return [f"om_{self.calls.total():025d}{n:06d}" for n, _ in enumerate(deliveries)]


class Unedited(Counted):
    """Says what is new in a message of its own, gathers a minute's, as DingTalk's adapter does."""

    edits = False
    settling = timedelta(minutes=1)
    most_together = TOGETHER


@dataclass(frozen=True, slots=True)
class Day:
    """What the day of one group costs: events, calls by kind, rows and their bytes by table, and
    seconds of the ticks by wall clock."""

    groups: int
    events: int
    calls: Mapping[str, int]
    rows: Mapping[str, int]
    weight: Mapping[str, float]
    ticks: Mapping[str, float]

    def per_group(self, number: float) -> float:
        return number / self.groups


def run(*, quick: bool) -> Iterator[Figure]:
    """Calls on either platform, rows and bytes on either engine, for a group and a day."""
    logs.set_up("CRITICAL", "text", [])
    groups = 10 if quick else 50
    for engine in ENGINES:
        with fresh(engine) as (url, _):
            day = uvloop.run(lived(url, groups, Counted()))
        if engine == ENGINES[0]:
            yield from _calls("edits in place", day)
        yield Figure("a group's day: events", day.per_group(day.events), "", engine)
        for table in sorted(day.weight, key=lambda name: -day.rows[name] * day.weight[name]):
            if day.rows[table]:
                yield Figure(f"  {table}: rows", day.per_group(day.rows[table]), "", engine)
                yield Figure(f"  {table}: bytes a row", day.weight[table], "B", engine)
        for at in ("09:00", "09:30", "10:15", "10:30", "17:00"):
            took = day.per_group(day.ticks[at]) * 1000
            yield Figure(f"  what falls due at {at}, a group", took, "ms", engine)
        size = sum(day.rows[name] * day.weight[name] for name in day.weight)
        yield Figure("  all tables", day.per_group(size) / 1024, "KiB", engine)
    with fresh("SQLite") as (url, _):
        yield from _calls("messages only", uvloop.run(lived(url, groups, Unedited())))


def _calls(platform: str, day: Day) -> Iterator[Figure]:
    yield Figure(f"a group's Friday, {platform}: calls", day.per_group(sum(day.calls.values())), "")
    for kind, count in sorted(day.calls.items()):
        yield Figure(f"  {kind}", day.per_group(count), "")


async def lived(url: str, count: int, platform: Counted) -> Day:
    """Live through the day."""
    clock = FrozenClock(MORNING)
    database, metrics, shelf = Database(url, clock), Metrics(), Shelf()
    dispatcher = Dispatcher(database, Routing(ROUTER, shelf), metrics)
    served = {given.PLATFORM: platform}
    relay = Relay(database, served, ROUTER, shelf, clock, metrics, dispatcher.handle)
    scheduler = Scheduler(database, JOBS, shelf, clock, metrics)
    try:
        groups = await given.groups(database, count, TEAM)
        await _milestones(database)
        before, _ = await _weighed(database)
        await dispatcher.start()
        spoken = sorted(_spoken(groups), key=lambda one: one[0])
        moments = sorted({*_minutes(), *(at for at, *_ in spoken)})
        said = iter(spoken)
        ahead = next(said, None)
        ticks: defaultdict[str, float] = defaultdict(float)
        for moment in moments:
            clock.move_to(moment)
            began = perf_counter()
            await scheduler.tick()
            ticks[f"{moment + HERE:%H:%M}"] += perf_counter() - began
            while ahead and ahead[0] <= moment:
                await dispatcher.handle(await _event(database, clock.now(), *ahead[1:]))
                ahead = next(said, None)
            while await relay.idle():
                pass
        await dispatcher.stop()
        after, weight = await _weighed(database)
        rows = {name: after[name] - before[name] for name in after}
        return Day(count, len(spoken), dict(platform.calls), rows, weight, ticks)
    finally:
        await database.close()


def _minutes() -> Iterator[datetime]:
    moment = MORNING
    while moment < EVENING:
        yield moment
        moment += timedelta(minutes=1)


def _spoken(groups: Sequence[given.Group]) -> Iterator[tuple[datetime, given.Group, str, str]]:
    """When somebody of which group says what; an empty text is an answer by the form."""
    asked = MORNING + timedelta(minutes=90)
    for number, group in enumerate(groups):
        for turn, seat in enumerate(ON_TIME):
            at = asked + timedelta(seconds=60 + turn * 420 + number * 4)
            said = f"昨天：配置完成第 {number} 项 今天：供应商主数据模板，第 {seat} 版 阻碍：无"
            yield at, group, group.people[seat], said if turn % 2 else ""
        for seat in LATE:
            yield asked + timedelta(minutes=47, seconds=number), group, group.people[seat], ""
        manager, customer = group.people[0], group.people[-1]
        yield MORNING + timedelta(hours=3, seconds=number), group, manager, "谁没填"
        yield MORNING + timedelta(hours=6, seconds=number), group, manager, "项目"
        if number % 2:
            yield (
                MORNING + timedelta(hours=7, seconds=number),
                group,
                customer,
                "采购入库单怎么导入期初库存？",
            )


async def _event(
    database: Database, now: datetime, group: given.Group, who: str, said: str
) -> Event:
    """As the platform tells it, with the two keys that a push has."""
    keys = (new_id(), new_id())
    if said:
        message, sender = f"om_{new_id()}", Someone(who, who)
        return Message(
            given.PLATFORM, keys, now, group.chat, ChatKind.GROUP, message, sender, said,
            addressed=True,
        )  # fmt: skip
    async with database.read() as uow:
        found = await uow.connection.execute(
            select(rounds.c.id)
            .join(projects, projects.c.id == rounds.c.project_id)
            .where(projects.c.name == _name(group), rounds.c.day == now.date())
        )
        action = SubmitAnswer(found.scalar_one())
    fields = {"done": "采购审批流配置完成", "plan": "供应商主数据模板", "blockers": ""}
    return Press(
        given.PLATFORM, keys, now, group.chat, "", Someone(who, who), action, fields
    )  # fmt: skip


def _name(group: given.Group) -> str:
    return f"华鼎ERP {int(group.chat.removeprefix('oc_bench'))}期"


async def _milestones(database: Database) -> None:
    """Ten a project; in every fifth project one is due in three working days."""
    async with database.begin() as uow:
        ids = (await uow.connection.execute(select(projects.c.id))).scalars().all()
        rows = []
        for number, id_ in enumerate(ids):
            first = 3 if number % 5 == 0 else 30
            for one in range(10):
                due = (MORNING + timedelta(days=2 + first + 20 * one)).date()
                rows.append(
                    {"id": new_id(), "project_id": id_, "number": one + 1, "name": "数据迁移",
                     "due": due, "after": [], "checklist": []}
                )  # fmt: skip
        await uow.connection.execute(insert(milestones), rows)


async def _weighed(database: Database) -> tuple[dict[str, int], dict[str, float]]:
    """Rows of each table, and what one weighs with its part of the indexes."""
    rows: dict[str, int] = {}
    weight: dict[str, float] = {}
    async with database.read() as uow:
        for table in metadata.sorted_tables:
            counted = await uow.connection.execute(select(func.count()).select_from(table))
            rows[table.name] = int(counted.scalar_one())
            if rows[table.name]:
                size = await _bytes(uow, table.name, sqlite=database.is_sqlite)
                weight[table.name] = size / rows[table.name]
    return rows, weight


async def _bytes(uow: UnitOfWork, table: str, *, sqlite: bool) -> float:
    """SQLite: the used bytes of all pages; PostgreSQL: all pages of table and indexes."""
    query = (
        "SELECT sum(d.pgsize - d.unused) FROM sqlite_schema s JOIN dbstat d ON d.name = s.name"
        " WHERE s.tbl_name = :table"
        if sqlite
        else "SELECT pg_total_relation_size(CAST(:table AS regclass))"
    )
    found = await uow.connection.execute(text(query), {"table": table})
    return float(found.scalar_one())
