"""Clocks that step, days that are missing or doubled, and events that come late or disordered."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

from bot.core.events import ChatKind, Message
from bot.domain.project import RoundKind
from tests.chat import GROUP, PEOPLE, START, ZONE, Chat, read

LATE = timedelta(hours=7, minutes=30)


def at(day: str, wall: str) -> datetime:
    return datetime.fromisoformat(f"{day} {wall}").replace(tzinfo=ZONE)


async def prompts(chat: Chat) -> Counter[str]:
    """Rounds by their day."""
    async with chat.database.read() as uow:
        (project,) = await uow.projects.all()
        rounds = await uow.standups.recent(project.id, RoundKind.STANDUP, START.date())
    return Counter(str(each.day) for each in rounds)


@pytest.mark.parametrize(
    ("first", "days"),
    [("2026-12-29", 9), ("2027-02-25", 7), ("2028-02-25", 7), ("2026-11-27", 6)],
    ids=["year end", "28 February", "29 February", "month end"],
)
async def test_a_clock_that_steps_opens_each_days_round_once(
    chat: Chat, first: str, days: int
) -> None:
    """As when a clock is set by hand or by the network: back and forth by up to an hour."""
    chat.clock.move_to(at(first, "08:00"))
    await chat.given_project()
    chance = random.Random(first)
    morning = at(first, "07:00")
    quarters = [
        morning + timedelta(days=day, minutes=15 * quarter)
        for day in range(days)
        for quarter in range(4, 20)
    ]
    for now in quarters:
        step = timedelta(minutes=chance.choice((0, 0, 0, 0, -61, -16, -1, 1, 20)))
        chat.clock.move_to(now + step)
        await chat.tick()
    calendar = chat.shelf.calendars.of("CN")
    start = at(first, "08:00").date()
    expected = {
        str(day) for day in (start + timedelta(days=n) for n in range(days)) if calendar.works(day)
    }
    found = await prompts(chat)
    assert set(found.values()) == {1}
    # A clock that jumps over the whole window skips that day's prompt, and the group is told.
    told = [shown for shown in chat.group if "我刚才离线，错过了今天" in read(shown)]
    assert len(expected - set(found)) == len(told) <= 1


async def test_an_event_that_comes_seven_and_a_half_hours_late_still_counts(chat: Chat) -> None:
    """Feishu's last delivery comes 7.1 hours after the first."""
    await chat.given_project()
    await chat.at("09:31")
    answer = said("li", "日报 昨天：装好了服务器\n今天：装数据库", chat.clock.now(), "late")
    await chat.at("17:00")
    assert chat.clock.now() - answer.at >= timedelta(hours=7)
    await chat.happens(answer)
    assert chat.last("装好了服务器").to == GROUP, "it stands in the group's digest"


async def test_an_event_repeated_after_seven_and_a_half_hours_is_not_done_again(
    chat: Chat,
) -> None:
    await chat.given_project()
    risk = said("pm", "风险 接口文档还没给", chat.clock.now(), "again")
    await chat.happens(risk)
    before = len(chat.platform.shown)
    chat.clock.move_to(chat.clock.now() + LATE)
    await chat.happens(risk)
    assert len(chat.platform.shown) == before


def said(who: str, text: str, when: datetime, key: str) -> Message:
    return Message(
        "fake", (key,), when, GROUP, ChatKind.GROUP, f"m-{key}", PEOPLE[who], text, (), True, ()
    )
