"""Is it there? And what it missed while it was not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.events import CaughtUp
from tests.chat import GROUP, Chat, read


@pytest.mark.parametrize("said", ["状态", "在吗", "你在吗？", "bot status"])
async def test_everybody_can_ask_whether_it_is_there(chat: Chat, said: str) -> None:
    await chat.given_project()
    await chat.says("user", said)
    told = read(chat.last("我在"))
    assert "下一次站会：11月24日（周二） 09:30" in told
    assert "本群没有积压的消息" in told


async def test_a_group_without_a_project_and_a_private_chat_are_answered_too(chat: Chat) -> None:
    await chat.added()
    await chat.says("li", "状态")
    assert "运行正常" in read(chat.last("我在"))
    await chat.whispers("li", "在吗")
    assert "运行正常" in read(chat.private("li")[-1])


async def test_what_was_missed_is_said_once_in_the_group(chat: Chat) -> None:
    await chat.given_project()
    now = chat.clock.now()
    event = CaughtUp("fake", ("gap",), now, GROUP, now - timedelta(hours=2), 14)
    for _ in range(2):
        await chat.happens(event)
    told = [read(shown) for shown in chat.group if "我回来了" in read(shown)]
    assert len(told) == 1
    assert "我离线了 2 小时 0 分钟，期间的 14 条消息已补收并处理。" in told[0]
