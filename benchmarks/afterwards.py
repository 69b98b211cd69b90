"""After go-live: 10,000 follow-ups due on one day, and the weekly report of a large project.

The report is of 20 people, 300 milestones, 500 risks and ten weeks of stand-ups: read, drafted and
written down in one transaction; then printed from what stands there, with the start of the child.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import median
from time import perf_counter

import uvloop
from sqlalchemy import delete, func, select, update

from benchmarks import given
from benchmarks.cards import fill
from benchmarks.databases import ENGINES, fresh
from benchmarks.due import MOMENT
from benchmarks.results import Figure
from bot.archive import paper_of
from bot.context import Context
from bot.core.clock import FrozenClock
from bot.core.ids import new_id
from bot.documents import printed
from bot.domain.people import Role
from bot.domain.project import RoundKind
from bot.domain.report import Face
from bot.domain.standup import Answer, Entry, Round
from bot.metrics import Metrics
from bot.reports import report_of
from bot.scheduler import Scheduler
from bot.server import calm_the_collector
from bot.shelf import Shelf
from cards.document import Paper
from schedules import JOBS
from storage.tables.followups import followup_people, followups
from storage.tables.living import living
from storage.tables.outbox import outbox
from storage.tables.projects import projects
from storage.tables.reports import reports
from storage.tables.schedule import schedule
from storage.unit_of_work import Database

TEN = MOMENT.replace(hour=10, minute=0)
PEOPLE = (Role.MANAGER, Role.ENGINEER, Role.CUSTOMER_ADMIN, Role.CUSTOMER_USER)
LARGE = (Role.MANAGER, *[Role.ENGINEER] * 16, Role.SUPERVISOR, Role.CUSTOMER_ADMIN,
         Role.CUSTOMER_USER)  # fmt: skip
WITHIN = {"SQLite": 1.0, "PostgreSQL": 2.0}
DAYS = 50


def run(*, quick: bool) -> Iterator[Figure]:
    """Medians of several runs."""
    count = 2_000 if quick else 10_000
    for engine in ENGINES:
        with fresh(engine) as (url, _):
            took = uvloop.run(_followups(url, count, 2 if quick else 5))
        within = WITHIN[engine] * count / 10_000
        what = f"{count:,} follow-ups due on one day"
        yield Figure(what, median(took), "s", engine, at_most=within)
    with fresh("SQLite") as (url, _):
        drafts, paper = asyncio.run(_report(url, 5 if quick else 15))
    yield Figure("weekly report drafted", median(drafts) * 1000, "ms", "SQLite", at_most=300)
    for kind, most in (("docx", 1.0), ("pdf", 2.0), ("xlsx", 2.0)):
        times = [_print(paper, kind) for _ in range(3 if quick else 7)]
        yield Figure(f"  printed as {kind}", median(times), "s", at_most=most)


async def _followups(url: str, count: int, times: int) -> list[float]:
    database = Database(url, FrozenClock(TEN))
    try:
        await given.groups(database, count, PEOPLE, due={"followup.ask": TEN})
        async with database.begin() as uow:
            went_live = TEN.date() - timedelta(days=1)
            await uow.connection.execute(update(projects).values(golive=went_live))
            other = schedule.c.job != "followup.ask"
            await uow.connection.execute(update(schedule).where(other).values(next_run_at=None))
        scheduler = Scheduler(database, JOBS, Shelf(), database.clock, Metrics())
        Shelf().calendars.of("CN")
        calm_the_collector()
        return [await _once(database, scheduler, count) for _ in range(times)]
    finally:
        await database.close()


async def _once(database: Database, scheduler: Scheduler, count: int) -> float:
    began = perf_counter()
    await scheduler.tick()
    took = perf_counter() - began
    async with database.begin() as uow:
        for table in (followups, followup_people, outbox, living):
            found = await uow.connection.execute(select(func.count()).select_from(table))
            if (rows := found.scalar_one()) != count:
                msg = f"{rows} rows in {table.name} instead of {count}"
                raise RuntimeError(msg)
            await uow.connection.execute(delete(table))
        again = update(schedule).where(schedule.c.job == "followup.ask").values(next_run_at=TEN)
        await uow.connection.execute(again)
    return took


async def _report(url: str, times: int) -> tuple[list[float], Paper]:
    database = Database(url, FrozenClock(MOMENT + timedelta(days=3)))
    try:
        await given.groups(database, 1, LARGE)
        async with database.begin() as uow:
            (project,) = await uow.projects.all()
            await fill(uow, project)
            members = await uow.members.of(project.id)
            past, said = _standups(project.id, [m.person.id for m in members])
            await uow.standups.import_(past, said)
        took = []
        for _ in range(times):
            async with database.begin() as uow:
                await uow.connection.execute(delete(reports))
            began = perf_counter()
            async with database.begin() as uow:
                ctx = Context(uow, Shelf()).for_project(project)
                report = await report_of(ctx, project, ctx.today(project))
            took.append(perf_counter() - began)
        async with database.read() as uow:
            ctx = Context(uow, Shelf()).for_project(project)
            return took, await paper_of(ctx, project, report, Face.INTERNAL)
    finally:
        await database.close()


def _standups(project_id: str, people: list[str]) -> tuple[list[Round], list[Answer]]:
    """Ten weeks in which everybody answers on every working day."""
    past, said = [], []
    day: date = MOMENT.date() + timedelta(days=3)
    for _ in range(DAYS):
        opened = datetime.combine(day, MOMENT.timetz())
        round_ = Round(new_id(), project_id, RoundKind.STANDUP, day, opened, opened, opened)
        past.append(round_)
        entry = Entry(
            (f"{day:%m-%d} 核对期初余额", "联调采购接口", "整理物料编码"),
            ("导入库存余额", "准备培训材料"),
            ("客户的测试库还没开通",),
        )
        said += [
            Answer(round_.id, person, entry, "…", "form", opened, late=False) for person in people
        ]
        day -= timedelta(days=3 if day.weekday() == 0 else 1)
    return past, said


def _print(paper: Paper, kind: str) -> float:
    began = perf_counter()
    asyncio.run(printed(paper, kind))
    return perf_counter() - began
