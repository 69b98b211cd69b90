"""Suggestions: said by anybody, joined when alike, answered to all who made them."""

from __future__ import annotations

import pytest

from tests.chat import Chat, read


async def test_from_two_wishes_to_one_answer(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("admin", "建议 库存报表能直接导出成 Excel")
    assert "已记为 S1" in read(chat.group[-1])
    await chat.says("user", "希望库存报表可以直接导出成 Excel")
    assert "已经有人提过（S1）" in read(chat.group[-1])
    await chat.says("li", "建议")
    assert "2 人提出" in read(chat.group[-1])
    await chat.says("li", "建议 S1")
    card = chat.group[-1]
    await chat.presses("li", "采纳", on=card)
    await chat.presses("li", "采纳", on=card, note="12 月的版本里有")
    assert "2 位提出人会收到" in chat.toast
    told = [s for s in chat.group if "您的建议已采纳" in read(s)]
    assert ["@客户王主任" in read(s) for s in told] == [True, False]
    assert "希望库存报表可以" in read(told[1])
    assert all("12 月的版本里有" in read(s) for s in told)
    await chat.says("li", "建议 S1 已完成")
    assert "您的建议已完成" in read(chat.last("有答复了"))


async def test_a_wish_in_a_follow_up_is_a_suggestion_besides(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "里程碑 M6 完成")
    await chat.at("10:01", "2026-11-25")
    card = chat.last("天回访")
    await chat.presses("admin", "提交", on=card, score="4", text="希望库存报表可以直接导出")
    assert "已记为 S1" in chat.toast
    await chat.says("li", "建议")
    assert "希望库存报表可以直接导出" in read(chat.group[-1])


async def test_what_was_suggested_in_private_is_answered_there(chat: Chat) -> None:
    await chat.given_project()
    await chat.whispers("user", "建议 首页换成蓝色，领导的审美真差")
    await chat.says("pm", "建议 S1 采纳 下个版本")
    assert not [s for s in chat.group if "审美" in read(s) and "您的建议" in read(s)]
    assert "您的建议已采纳" in read(chat.private("user")[-1])


async def test_declining_needs_a_reason(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("admin", "建议 首页换成蓝色")
    await chat.says("pm", "建议 S1 不采纳")
    assert "请写明原因" in read(chat.group[-1])
    await chat.says("pm", "建议 S1 不采纳 下个版本统一换主题")
    assert "这次不采纳" in read(chat.last("有答复了"))


async def test_customers_see_their_own_and_answer_none(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("admin", "建议 首页换成蓝色")
    await chat.says("user", "建议")
    assert "首页换成蓝色" not in read(chat.group[-1])
    await chat.says("user", "建议 S1 采纳")
    assert "S1 已答复" not in read(chat.platform.shown[-1])


async def test_a_question_is_no_suggestion(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("user", "怎么导出库存报表？")
    assert "S1" not in read(chat.group[-1])


@pytest.mark.parametrize(
    ("said", "told"),
    [("建议 S9 采纳", "没有找到建议"), (f"建议 {'很长' * 300}", "最多 500 个字")],
)
async def test_what_cannot_be_done_is_said(chat: Chat, said: str, told: str) -> None:
    await chat.given_project()
    await chat.says("pm", said)
    assert told in read(chat.group[-1])


async def test_saying_it_twice_is_saying_it_once(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("admin", "建议 库存报表能直接导出成 Excel")
    await chat.says("admin", "建议 库存报表能直接导出成 Excel")
    await chat.says("li", "建议")
    assert "1 人提出" in read(chat.group[-1])
