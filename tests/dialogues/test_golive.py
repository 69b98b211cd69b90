"""Going live: the votes, the decision, and that it has happened."""

from __future__ import annotations

import pytest

from bot.domain.followup import FollowUp
from tests.chat import PEOPLE, Chat, read


async def planned(chat: Chat, day: str = "12月4日") -> None:
    await chat.given_project(extra=f"上线 {day} 模板 四周")


async def test_the_date_brings_the_card_and_votes_are_counted_by_role(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "上线 12月25日")
    card = chat.last("上线评审")
    assert "计划上线：12月25日（周五）" in read(card)
    assert "还没有人表决" in read(card)
    assert "☐" in read(card)
    await chat.presses("li", "同意上线", on=card)
    await chat.presses("admin", "同意上线", on=card)
    await chat.says("han", "不同意上线 期初数据还没核对完")
    shown = read(card)
    # Customers are in the group: why somebody of the team is against it is not for them.
    assert "工程师  同意 李雷、不同意 韩梅梅" in shown
    assert "期初数据" not in shown
    await chat.whispers("pm", "上线评审")
    assert "不同意 韩梅梅（期初数据还没核对完）" in read(chat.private("pm")[-1])
    assert "客户管理员  同意 客户王主任" in shown


async def test_the_decision_says_who_and_when(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "上线评审")
    card = chat.last("上线评审")
    await chat.presses("li", "决定上线", on=card)
    assert "项目经理、主管" in chat.toast
    await chat.presses("pm", "决定不上线", on=card)
    await chat.presses("pm", "决定不上线", on=card, reason="")
    assert "请写明原因" in chat.toast
    await chat.presses("pm", "决定不上线", on=card, reason="接口还没通")
    assert "陈静 于 11月24日（周二） 09:00 决定不上线。" in read(card)
    await chat.whispers("boss", "上线评审")
    assert "决定不上线：接口还没通" in read(chat.private("boss")[-1])
    await chat.says("admin", "同意上线")
    assert "陈静 已经作了决定" in read(chat.group[-1])


async def test_a_moved_date_takes_the_votes_back(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "上线评审")
    old = chat.last("上线评审")
    await chat.presses("li", "同意上线", on=old)
    before = old.card
    await chat.says("pm", "上线 12月11日")
    await chat.presses("pm", "确认改上线", on=chat.last("确认改上线"))
    assert "还没有人表决" in read(chat.last("计划上线：12月11日"))
    old.card = before  # somebody's phone still shows the card as it was
    await chat.presses("han", "同意上线", on=old)
    assert "已改为 12月11日" in chat.toast


async def test_customers_see_no_risks_and_no_internal_points(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "设置 群里有客户 开")
    await chat.says("pm", "风险 客户环境数据库随时会崩 @李雷", mentions=("li",))
    await chat.says("pm", "风险 R1 修改")
    await chat.says("pm", "上线评审")
    card = read(chat.group[-1])
    assert "数据库随时会崩" not in card
    assert "环境就绪" not in card
    await chat.whispers("pm", "上线评审")
    assert "环境" in read(chat.private("pm")[-1])


async def test_two_days_before_everybody_is_asked_again(chat: Chat) -> None:
    await planned(chat)
    chat.platform.shown.clear()
    await chat.at("09:05", "2026-12-02")
    assert "计划上线：12月4日" in read(chat.last("上线评审"))


async def test_on_the_day_the_manager_says_whether_it_happened(chat: Chat) -> None:
    await planned(chat)
    await chat.at("17:01", "2026-12-04")
    asked = chat.last("今天上线了吗")
    assert asked.to == PEOPLE["pm"].id
    await chat.presses("pm", "已上线", on=asked)
    assert "12月4日（周五） 已上线" in read(asked)
    await chat.says("pm", "里程碑 M6")
    assert "已完成" in read(chat.group[-1])


async def test_a_decision_is_not_yet_a_go_live(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "决定上线")
    await chat.at("17:01", "2026-12-04")
    assert "还没有人确认" in read(chat.last("今天上线了吗"))


async def test_a_milestone_opened_again_was_no_go_live(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M6 完成")
    await chat.says("pm", "里程碑 M6 重新打开")
    await chat.at("10:05", "2026-11-25")
    assert not [s for s in chat.group if "天回访" in read(s)]


async def test_a_milestone_done_early_moves_the_follow_ups(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M6 完成")
    assert "回访安排：11月25日（周三）、11月27日（周五）、12月1日（周二）" in read(chat.group[-1])
    await chat.at("10:01", "2026-11-25")
    assert "上线第 1 天回访" in read(chat.group[-1])


@pytest.mark.parametrize(
    ("who", "said", "told"),
    [
        ("user", "同意上线", "需要工程师、项目经理"),
        ("li", "决定上线", "项目经理、主管"),
        ("pm", "已上线", "还没到"),
        ("pm", "不同意上线", "请写明原因"),
        ("pm", "决定不上线", "请写明原因"),
    ],
)
async def test_who_may_not_is_told_why(chat: Chat, who: str, said: str, told: str) -> None:
    await planned(chat)
    await chat.says(who, said)
    assert told in read(chat.platform.shown[-1])


async def test_without_a_date_there_is_nothing_to_vote_on(chat: Chat) -> None:
    await chat.given_project()
    for said in ("上线评审", "同意上线", "决定上线", "已上线"):
        await chat.says("pm", said)
        assert "还没有上线日期" in read(chat.group[-1])


async def test_no_go_holds_the_follow_ups_until_there_is_a_new_date(chat: Chat) -> None:
    await planned(chat)
    for milestone in ("M4", "M5"):
        await chat.says("pm", f"里程碑 {milestone} 完成")
    await chat.says("pm", "决定不上线 数据没核对完")
    await chat.at("10:05", "2026-12-07")
    assert not [s for s in chat.group if "天回访" in read(s)]
    assert "等新的上线日期" in read(chat.private("pm")[-1])
    await chat.says("pm", "上线 12月9日")
    await chat.presses("pm", "确认改上线", on=chat.last("确认改上线"))
    await chat.at("10:05", "2026-12-10")
    assert "上线第 1 天回访" in read(chat.last("天回访"))
    async with chat.database.read() as uow:
        (project,) = await uow.projects.all()
        known: list[FollowUp] = await uow.followups.of(project.id)
    assert [one.step for one in known if one.asked] == [1]
