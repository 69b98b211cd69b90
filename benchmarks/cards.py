"""The largest cards: a register of 500 risks and a plan of 300 milestones.

From the question to the card as Feishu and DingTalk take it: rows are read, people named, rules
applied, the card drawn. The reader is a project manager who may see all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from statistics import median
from time import perf_counter

from benchmarks import given
from benchmarks.databases import fresh
from benchmarks.due import MOMENT
from benchmarks.results import Figure
from bot.context import Context, Reply
from bot.core.clock import FrozenClock
from bot.core.events import ChatKind, Message, Someone
from bot.core.ids import new_id
from bot.domain.milestone import Milestone
from bot.domain.project import Project
from bot.domain.risk import Risk, RiskState
from bot.language.commands import Command
from bot.language.risk import CATEGORIES
from bot.router import Said
from bot.shelf import Shelf
from cards.elements import Card
from cards.render import dingtalk, feishu
from handlers import ROUTER
from storage.unit_of_work import Database, UnitOfWork

RISKS, MILESTONES, WITHIN = 500, 300, 50
ASKED = {
    "register of 500 risks": Command("risk.list"),
    "its third page": Command("risk.list", {"page": "3"}),
    "plan of 300 milestones": Command("plan.show"),
    "its fifth page": Command("plan.show", {"page": "5"}),
}


def run(*, quick: bool) -> Iterator[Figure]:
    """The median of several cards of each kind."""
    with fresh("SQLite") as (url, _):
        found = asyncio.run(_all(url, 3 if quick else 15))
    for what, seconds in found.items():
        yield Figure(f"{what}, drawn", seconds * 1000, "ms", "SQLite", at_most=WITHIN)


async def _all(url: str, times: int) -> dict[str, float]:
    database = Database(url, FrozenClock(MOMENT))
    try:
        (group,) = await given.groups(database, 1, given.TEAM)
        async with database.begin() as uow:
            project = (await uow.projects.all())[0]
            await fill(uow, project)
        found = {}
        for what, command in ASKED.items():
            took = []
            for _ in range(times):
                async with database.read() as uow:
                    took.append(await _once(uow, project, group.people[0], command))
            found[what] = median(took)
        return found
    finally:
        await database.close()


async def fill(uow: UnitOfWork, project: Project) -> None:
    now = uow.now
    people = [member.person.id for member in await uow.members.of(project.id)]
    for n in range(RISKS):
        when = now - timedelta(hours=n)
        await uow.risks.add(
            Risk(
                new_id(), project.id, 0, f"第{n}件：旧系统编码重复，期初余额对不上",
                CATEGORIES[n % 9], 1 + n % 5, 1 + n // 5 % 5, RiskState.OPEN, when, when,
                people[n % len(people)],
            )
        )  # fmt: skip
    day = now.date()
    await uow.milestones.add(
        [
            Milestone(
                new_id(), project.id, n, f"第{n}步 数据核对", day + timedelta(days=n - 100),
                baseline=day + timedelta(days=n - 101), after=(n - 1,) if n > 1 else (),
            )
            for n in range(1, MILESTONES + 1)
        ]
    )  # fmt: skip


async def _once(uow: UnitOfWork, project: Project, account: str, command: Command) -> float:
    began = perf_counter()
    person = await uow.people.find(given.PLATFORM, account)
    member = await uow.members.find(project.id, person.id) if person else None
    ctx = Context(uow, Shelf(), person=person).for_project(project, member)
    message = Message(
        given.PLATFORM, ("e",), uow.now, "c", ChatKind.PRIVATE, "m", Someone(account), "?"
    )
    handle: Callable[..., Awaitable[Said]] = ROUTER.commands[command.intent].handler
    said = await handle(message, command, ctx)
    card = said.card if isinstance(said, Reply) else said
    if not isinstance(card, Card):
        raise TypeError
    feishu.render(card)
    dingtalk.render(card)
    return perf_counter() - began
