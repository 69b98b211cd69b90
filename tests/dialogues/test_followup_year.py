"""A year of follow-ups: projects go live, move, stop; people come, go and are away; the bot is down
for days. Each follow-up is asked once, nobody twice in seven days, never on a day off."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random

import pytest

from bot import complaints
from bot.calendars import Calendars
from bot.core.clock import FrozenClock
from bot.core.events import ChatKind, Someone
from bot.core.ids import new_id
from bot.domain.followup import APART, Feedback, customers_of
from bot.domain.people import Role
from bot.domain.project import Project
from bot.domain.risk import Risk, RiskState, closed
from bot.domain.schedule import WHEN
from bot.domain.standup import Leave
from bot.metrics import Metrics
from bot.scheduler import Scheduler
from bot.shelf import Shelf
from schedules import followup
from storage.unit_of_work import Database, UnitOfWork
from tests.chat import ZONE

CALENDAR = Calendars().of("CN")
FIRST = date(2026, 1, 5)
DAYS = 365
PROJECTS = 4


@dataclass
class Year:
    """What the simulation knows besides the database."""

    database: Database
    dice: Random
    projects: list[str] = field(default_factory=list)
    risks: dict[str, str] = field(default_factory=dict)
    angry: dict[str, str] = field(default_factory=dict)
    goals: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))


def at(day: date, clock: time = time(10)) -> datetime:
    return datetime.combine(day, clock, tzinfo=ZONE)


async def begin(year: Year) -> None:
    async with year.database.begin() as uow:
        shared = await uow.people.meet("fake", Someone("ou_shared", "共同客户"))
        for n in range(PROJECTS):
            chat = await uow.chats.meet("fake", f"oc_{n}", ChatKind.GROUP)
            golive = FIRST + timedelta(days=year.dice.randrange(5, 200))
            project = Project(new_id(), f"项目{n}", chat.id, golive=golive, created_at=uow.now)
            await uow.projects.add(project)
            year.projects.append(project.id)
            year.goals[project.id].append(golive)
            manager = await uow.people.meet("fake", Someone(f"ou_pm{n}", f"经理{n}"))
            await uow.members.join(project.id, manager, uow.now, Role.MANAGER)
            for k in range(year.dice.randrange(0, 6)):
                role = Role.CUSTOMER_ADMIN if k == 0 else Role.CUSTOMER_USER
                person = await uow.people.meet("fake", Someone(f"ou_{n}_{k}", f"客户{n}{k}"))
                await uow.members.join(project.id, person, uow.now, role)
            if n < 2:
                await uow.members.join(project.id, shared, uow.now, Role.CUSTOMER_USER)
            await arrange(uow, project)


async def arrange(uow: UnitOfWork, project: Project) -> None:
    when = WHEN["followup.ask"](project, uow.now, CALENDAR)
    await uow.schedule.set([("followup.ask", project.id, when)])


async def happens(year: Year, day: date) -> None:
    """Something that changes what is due, on about every third day."""
    id_ = year.dice.choice(year.projects)
    async with year.database.begin() as uow:
        project = await uow.projects.get(id_)
        assert project
        match year.dice.randrange(12):
            case 0:
                later = day + timedelta(days=year.dice.randrange(1, 40))
                moved = await uow.projects.save(replace(project, golive=later))
                year.goals[id_].append(later)
                await arrange(uow, moved)
            case 1:
                people = customers_of(await uow.members.of(id_))
                if people:
                    gone = year.dice.choice(people).person.id
                    await uow.members.leave(id_, [gone], uow.now)
            case 2:
                name = new_id()[:8]
                person = await uow.people.meet("fake", Someone(f"ou_{name}", name))
                await uow.members.join(id_, person, uow.now, Role.CUSTOMER_USER)
            case 3:
                people = customers_of(await uow.members.of(id_))
                if people:
                    away = Leave(year.dice.choice(people).person.id, day, day + timedelta(days=5))
                    await uow.leaves.take(away)
            case 4:
                await open_risk(year, uow, id_, "typed", 25)
            case 5:
                people = customers_of(await uow.members.of(id_))
                if people:
                    risk = await open_risk(year, uow, id_, complaints.SOURCE, 12)
                    person = year.dice.choice(people).person
                    said = Feedback(new_id(), id_, person.id, uow.now, risk_id=risk.id)
                    await uow.followups.say(said)
                    year.angry[person.id] = risk.id


async def open_risk(year: Year, uow: UnitOfWork, id_: str, source: str, score: int) -> Risk:
    big, small = (5, 5) if score == 25 else (4, 3)
    risk = Risk(new_id(), id_, 0, "麻烦", "质量缺陷", big, small, RiskState.OPEN, uow.now, uow.now,
                source=source)  # fmt: skip
    risk = await uow.risks.add(risk)
    year.risks[risk.id] = id_
    return risk


async def settle(year: Year) -> None:
    """Troubles end after some days."""
    async with year.database.begin() as uow:
        for id_ in [id_ for id_ in year.risks if year.dice.random() < 0.2]:
            risk = await uow.risks.get(id_)
            assert risk
            await uow.risks.save(closed(risk, None, "好了", uow.now))
            del year.risks[id_]


async def troubled(uow: UnitOfWork, year: Year) -> tuple[set[str], set[str]]:
    """Projects with an open high risk, and people who wait for an answer."""
    high, angry = set(), set()
    for risk in await uow.risks.live_of(year.projects):
        if risk.score >= 15:
            high.add(risk.project_id)
        if risk.source == complaints.SOURCE:
            angry |= {person for person, id_ in year.angry.items() if id_ == risk.id}
    return high, angry


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 40))]
)
async def test_a_year_of_follow_ups(database: Database, clock: FrozenClock, seed: int) -> None:
    dice = Random(seed)
    year = Year(database, dice)
    clock.move_to(at(FIRST, time(9)))
    await begin(year)
    jobs = {job.name: job for job in followup.JOBS}
    scheduler = Scheduler(database, jobs, Shelf(), clock, Metrics())
    asked: dict[str, list[date]] = defaultdict(list)
    put: Counter[tuple[str, int, date]] = Counter()
    down = 0
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        clock.move_to(at(day, time(9)))
        if dice.random() < 0.35:
            await happens(year, day)
        await settle(year)
        if down or dice.random() < 0.03:
            down = down - 1 if down else dice.randrange(0, 3)
            continue
        clock.move_to(at(day, time(10)))
        async with database.read() as uow:
            high, angry = await troubled(uow, year)
        await scheduler.tick()
        await count(year, day, high, angry, asked, put)
    assert sum(put.values()) > PROJECTS
    assert max(put.values()) == 1
    for person, days in asked.items():
        for one, other in pairwise(days):
            assert (other - one).days >= APART, (person, one, other)


async def count(
    year: Year,
    day: date,
    high: set[str],
    angry: set[str],
    asked: dict[str, list[date]],
    put: Counter[tuple[str, int, date]],
) -> None:
    """What was asked today, and that it might be."""
    async with year.database.read() as uow:
        for id_, known in (await uow.followups.of_many(year.projects)).items():
            today = [one for one in known if one.asked_at == at(day)]
            project = await uow.projects.get(id_)
            assert project
            for one in today:
                put[id_, one.step, one.golive] += 1
                assert CALENDAR.works(day), day
                assert id_ not in high
                assert project.golive
                assert day >= project.golive + timedelta(days=one.step)
            for ask_id in {one.ask_id for one in today if one.ask_id}:
                (first, *_rest) = await uow.followups.asked_with(ask_id)
                assert first.people
                for person in first.people:
                    assert person not in angry
                    leaves = await uow.leaves.on([person], day)
                    assert not leaves
                    asked[person].append(day)
