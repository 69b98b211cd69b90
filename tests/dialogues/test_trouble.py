"""When something goes wrong: nothing is lost, nothing is done twice, and somebody is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.core.events import ChatKind, Message
from bot.dispatcher import MOST_ATTEMPTS
from bot.platforms.port import DeliveryError, Trouble
from storage.tables.outbox import State
from tests.chat import GROUP, PEOPLE, Chat, read


async def _owed(chat: Chat, *states: State) -> int:
    async with chat.database.read() as uow:
        return len(await uow.outbox.list(states))


async def test_a_busy_platform_gets_it_later_and_once(chat: Chat) -> None:
    await chat.given_project()
    chat.platform.failures = [DeliveryError(Trouble.BUSY, "slow down", timedelta(seconds=20))] * 2
    await chat.says("li", "帮助")
    assert chat.group == []
    chat.clock.move_to(chat.clock.now() + timedelta(seconds=30))
    await chat.settle()
    chat.clock.move_to(chat.clock.now() + timedelta(seconds=60))
    await chat.settle()
    assert [read(s).splitlines()[0] for s in chat.group] == [
        "我能帮你做什么 · 华鼎ERP · 你是工程师"
    ]


async def test_order_in_a_chat_holds_while_the_first_message_waits(chat: Chat) -> None:
    await chat.given_project()
    chat.platform.failures = [DeliveryError(Trouble.PASSING, "502", timedelta(seconds=20))]
    await chat.says("li", "帮助")
    await chat.says("li", "项目")
    assert chat.group == []
    chat.clock.move_to(chat.clock.now() + timedelta(minutes=1))
    await chat.settle()
    assert [s.card.title for s in chat.group if s.card] == ["我能帮你做什么", "华鼎ERP"]


async def test_a_refused_card_is_sent_as_text(chat: Chat) -> None:
    await chat.given_project()
    chat.platform.failures = [DeliveryError(Trouble.CONTENT, "230099")]
    await chat.says("li", "帮助")
    assert "我能帮你做什么" in chat.group[-1].text


async def test_what_may_not_be_sent_is_kept_as_dead(chat: Chat) -> None:
    await chat.given_project()
    chat.platform.failures = [DeliveryError(Trouble.DENIED, "no scope")]
    await chat.says("li", "帮助")
    assert await _owed(chat, State.DEAD) == 1
    async with chat.database.begin() as uow:
        dead = await uow.outbox.list([State.DEAD])
        assert "no scope" in (dead[0].error or "")
        assert await uow.outbox.again([dead[0].key], uow.now) == 1
    await chat.settle()
    assert "我能帮你做什么" in read(chat.group[-1])


async def test_after_a_day_nobody_waits_any_more(chat: Chat) -> None:
    await chat.given_project()
    chat.platform.failures = [DeliveryError(Trouble.PASSING, "down", timedelta(hours=1))] * 2
    await chat.says("li", "帮助")
    chat.clock.move_to(chat.clock.now() + timedelta(hours=25))
    await chat.settle()
    assert await _owed(chat, State.DEAD) == 1


async def test_a_chat_that_is_gone_rests(chat: Chat) -> None:
    await chat.given_project()
    chat.platform.failures = [DeliveryError(Trouble.GONE, "230002")]
    await chat.at("09:30")
    await chat.at("10:30", day="2026-11-25")
    assert chat.group == []


async def test_an_event_that_always_fails_is_parked_and_the_rest_goes_on(chat: Chat) -> None:
    await chat.given_project()
    async with chat.database.engine.begin() as raw:
        await raw.execute(text("ALTER TABLE milestones RENAME TO lost"))
    message = Message(
        "fake",
        ("poison",),
        chat.clock.now(),
        GROUP,
        ChatKind.GROUP,
        "m-poison",
        PEOPLE["li"],
        "项目",
        addressed=True,
    )
    for _ in range(MOST_ATTEMPTS - 1):
        with pytest.raises(Exception, match="milestones"):
            await chat.dispatcher.handle(message)
        await chat.says("li", "帮助")
    await chat.happens(message)
    await chat.happens(message)
    async with chat.database.read() as uow:
        parked = await uow.inbox.parked()
    assert [row.key for row in parked] == ["poison"]
    assert len(chat.group) == MOST_ATTEMPTS - 1


async def test_a_failing_neighbour_does_not_take_a_batch_with_it(chat: Chat) -> None:
    import asyncio

    await chat.given_project()
    await chat.at("09:30")
    async with chat.database.engine.begin() as raw:
        await raw.execute(text("ALTER TABLE milestones RENAME TO lost"))

    async def say(who: str, words: str, number: int) -> object:
        event = Message(
            "fake",
            (f"b{number}",),
            chat.clock.now(),
            GROUP,
            ChatKind.GROUP,
            f"mb{number}",
            PEOPLE[who],
            words,
            addressed=True,
        )
        return await chat.dispatcher.handle(event)

    outcomes = await asyncio.gather(
        say("li", "日报 昨天：a 今天：b", 1),
        say("pm", "项目", 2),
        say("han", "日报 昨天：c 今天：d", 3),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
    await chat.settle()
    assert "全部填完" in read(chat.last("每日站会"))
