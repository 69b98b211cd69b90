"""An event counts once, however often and in whatever order it is delivered."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.core.actions import unpack
from bot.core.clock import FrozenClock
from bot.core.events import ChatKind, Event, Message, Press, Someone
from storage.tables.inbox import inbox
from storage.tables.standups import answers
from storage.unit_of_work import Database
from tests.chat import GROUP, Chat, find_button

PEOPLE, EVENTS, AT_ONCE = 50, 100, 8


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=pytest.mark.slow)])
async def test_a_hundred_events_are_a_hundred_effects_however_often_they_come(
    any_database: Database, clock: FrozenClock, times: int
) -> None:
    chat = Chat(any_database, clock)
    await chat.dispatcher.start()
    try:
        await play(chat, any_database, times)
    finally:
        await chat.dispatcher.stop()


async def play(chat: Chat, database: Database, times: int) -> None:
    """Fifty engineers answer by message and once more by the form; each comes so many times."""
    await chat.given_project()
    team = [Someone(f"ou_e{n}", f"工程师{n}") for n in range(PEOPLE)]
    named = " ".join("@" + one.name for one in team)
    await chat.happens(
        Message(
            "fake", ("roles",), chat.clock.now(), GROUP, ChatKind.GROUP, "m_roles",
            Someone("ou_pm", "陈静"), f"角色 {named} 工程师", tuple(team), addressed=True,
        )
    )  # fmt: skip
    await chat.at("09:30")
    events = said_by(team, chat)
    assert len(events) == EVENTS
    before = await claimed(database)

    chance = random.Random(20261124)
    deliveries = [event for event in events for _ in range(times)]
    chance.shuffle(deliveries)
    left = iter(deliveries)

    async def deliver() -> None:
        for event in left:
            await chat.dispatcher.handle(event)

    await asyncio.gather(*(deliver() for _ in range(AT_ONCE)))

    assert await claimed(database) - before == sum(len(event.keys) for event in events)
    async with database.read() as uow:
        rows = (await uow.connection.execute(select(answers))).all()
    assert len(rows) == PEOPLE
    assert Counter(row.edits for row in rows) == {1: PEOPLE}
    await chat.settle()
    assert f"已填 {PEOPLE}/" in str(chat.last("每日站会").card)
    outcomes = chat.metrics.text().decode()
    assert f'outcome="duplicate",platform="fake"}} {(times - 1) * EVENTS}' in outcomes


def said_by(team: list[Someone], chat: Chat) -> list[Event]:
    prompt = chat.last("每日站会")
    action = unpack(find_button(prompt, "提交").action)
    events: list[Event] = []
    for number, someone in enumerate(team):
        at = chat.clock.now() + timedelta(seconds=number)
        events += [
            Message(
                "fake", (f"d{number}", f"message:d{number}"), at, GROUP, ChatKind.GROUP,
                f"m_d{number}", someone, f"昨天：事{number}\n今天：事{number}\n阻碍：无", (),
                addressed=True, parents=(prompt.message,),
            ),
            Press(
                "fake", (f"p{number}",), at, GROUP, prompt.message, someone, action,
                {"done": f"表{number}", "plan": f"表{number}", "blockers": ""},
            ),
        ]  # fmt: skip
    return events


async def claimed(database: Database) -> int:
    async with database.read() as uow:
        counted = await uow.connection.execute(select(func.count()).select_from(inbox))
        return int(counted.scalar_one())
