"""What is internal stays inside, wherever it is asked for or pressed."""

from __future__ import annotations

from datetime import timedelta

from bot.core.events import BotAdded
from tests.chat import GROUP, PEOPLE, Chat, read

SECRET = "客户方负责人不配合，考虑换人"


async def open_group(chat: Chat) -> None:
    """A group that customers read; M2 (环境准备) is not for them, M4 (用户培训) is."""
    await chat.happens(
        BotAdded("fake", ("x1",), chat.clock.now(), GROUP, "华鼎项目群", True, PEOPLE["pm"])
    )
    await chat.says("pm", "新项目 华鼎ERP 上线 12月25日")
    await chat.join("li", "han", "admin")
    await chat.says("pm", "角色 @李雷 @韩梅梅 工程师", mentions=("li", "han"))
    await chat.says("pm", "角色 @客户王主任 客户管理员", mentions=("admin",))
    chat.platform.shown.clear()


def group(chat: Chat) -> str:
    return "\n".join(read(s) for s in chat.group)


async def test_a_press_in_the_group_is_answered_in_private(chat: Chat) -> None:
    await open_group(chat)
    await chat.says("pm", f"风险 {SECRET} @李雷", mentions=("li",))
    await chat.says("admin", "里程碑")
    shown = chat.group[-1]
    for who in ("pm", "li"):
        await chat.presses(who, "计划", on=shown)
        await chat.presses(who, "打开 M1", on=shown)
    assert "基础配置" in read(chat.private("pm")[-2])
    assert SECRET not in group(chat)
    assert "环境准备" not in group(chat)


async def test_a_customer_sees_no_hidden_step_inside_a_shown_one(chat: Chat) -> None:
    await open_group(chat)
    await chat.says("admin", "里程碑 M4")
    said = read(chat.group[-1])
    assert "用户培训" in said
    for words in ("基础配置", "检查清单", "[完成]"):
        assert words not in said


async def test_a_customers_same_words_bring_no_internal_ones_back(chat: Chat) -> None:
    await open_group(chat)
    await chat.says("pm", "风险 客户的审批流程一直没有定下来，拖累配置")
    await chat.says("admin", "风险 审批流程一直没有定下来，拖累了配置")
    assert "已转给项目经理确认" in read(chat.group[-1])
    assert "原来的记录" not in group(chat)


async def test_cards_of_before_become_poorer_when_the_group_is_opened(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", f"风险 {SECRET} @李雷", mentions=("li",))
    card = chat.last("R1 ·")
    await chat.says("pm", "设置 群里有客户 开")
    assert SECRET not in read(card)
    assert SECRET in read(chat.private("li")[-1])
    await chat.says("li", "风险 R1 措施 先谈一次")
    assert "先谈一次" not in group(chat)
    await chat.says("pm", "设置 群里有客户 关")
    assert SECRET in read(card)


async def test_whoever_has_left_reads_nothing_new(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    await chat.at("12:00", day="2026-11-25")
    told = chat.last("没有人接手")
    await chat.leave("li")
    await chat.says("pm", "风险 R1 措施 换供应商，不告诉李雷")
    assert "处理中" not in read(told)


async def test_a_draft_is_for_whoever_was_shown_it(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月25日")
    await chat.says("pm", "里程碑 M3 负责人 @韩梅梅", mentions=("han",))
    await chat.says("han", "里程碑 M3 延期 12月15日 客户没时间")
    asked = chat.group[-1]
    await chat.presses("li", "一起顺延", on=asked)
    assert "这个确认是给别人的" in chat.toast
    await chat.presses("han", "一起顺延", on=asked)
    assert "改上线日期" in chat.toast, "go-live is among what would move, and is the managers'"
    await chat.presses("pm", "一起顺延", on=asked)
    await chat.says("pm", "项目")
    assert "上线日期: 12月29日" in read(chat.group[-1])


async def test_an_old_card_is_not_sent_anew_by_a_change(chat: Chat) -> None:
    chat.platform.card_life = timedelta(days=14)
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天：写接口\n今天：联调\n阻碍：客户的接口文档还没给")
    await chat.at("10:31")
    await chat.says("pm", "设置 站会开关 关")
    await chat.presses("pm", "转为风险", on=chat.last("站会汇总"))
    await chat.at("12:00", day="2026-12-15")
    before = [read(s) for s in chat.platform.shown]
    await chat.says("li", "风险 R1 关闭 给了")
    fresh = [read(s) for s in chat.platform.shown[len(before) :]]
    assert not [words for words in fresh if "站会汇总" in words]
    assert not [words for words in fresh if "要你处理" in words]


async def test_a_proposal_that_was_dismissed_rests(chat: Chat) -> None:
    chat.platform.card_life = timedelta(days=14)
    await chat.given_project()
    await chat.says("pm", "设置 从群聊里发现风险 开")
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("han", "客户的接口文档一直没给，联调做不了，已经拖了3天", at_bot=False)
    await chat.presses("pm", "不是风险", on=chat.private("pm")[-1])
    await chat.at("12:00", day="2027-01-15")
    assert len([s for s in chat.private("pm") if "像是风险" in read(s)]) == 1


async def test_two_rungs_that_reach_one_person_at_once_are_one_line(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("pm", "风险 测试环境还没开通")
    chat.clock.move_to(chat.clock.now() + timedelta(days=6, hours=3))  # nobody ticked meanwhile
    await chat.tick()
    told = [read(s) for s in chat.reminders("pm") if "R1" in read(s)]
    assert len(told) == 1
    assert "1 件事要你处理" in told[0]


async def test_postponing_the_risk_of_a_late_milestone_pauses_its_ladder(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月25日")
    await chat.says("pm", "设置 站会开关 关")
    await chat.at("12:00", day="2026-12-01")
    await chat.says("pm", "风险 R1 延后 12月15日 客户年底封账")
    await chat.at("12:00", day="2026-12-10")
    assert not [s for s in chat.reminders("boss") if "M1" in read(s)]


async def test_a_word_about_a_risk_does_not_make_it_worse(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    card = chat.last("R1 ·")
    score = read(card).split("级别: ")[1].split("\n")[0]
    for words in ("已经联系供应商了", "他们说下周二"):
        await chat.says("li", words, reply_to=card, at_bot=False)
    assert score in read(card)


async def test_a_shared_risk_shows_customers_no_more_than_is_theirs(chat: Chat) -> None:
    await open_group(chat)
    await chat.says("pm", "风险 接口文档待客户提供 @李雷", mentions=("li",))
    await chat.says("li", "风险 R1 措施 背地里先用旧接口")
    card = chat.last("R1 ·")
    await chat.presses("pm", "修改", on=card)
    await chat.presses("pm", "保存", on=chat.last("R1 ·"), text="接口文档待客户提供", shared="yes")
    for words in ("R1", "风险", "风险 第1页", "项目"):
        await chat.says("admin", words)
        await chat.whispers("admin", words)
    seen = group(chat) + "\n".join(read(s) for s in chat.private("admin"))
    assert "接口文档待客户提供" in seen
    for words in ("旧接口", "可能性", "级别", "我来跟", "经过"):
        assert words not in seen, words
    assert "旧接口" in read(card)


async def test_a_new_plan_is_told_to_customers_in_part(chat: Chat) -> None:
    await chat.happens(
        BotAdded("fake", ("x1",), chat.clock.now(), GROUP, "华鼎项目群", True, PEOPLE["pm"])
    )
    await chat.says("pm", "新项目 华鼎ERP 上线 12月25日 模板 四周")
    assert "用户培训" in group(chat)
    assert "环境准备" not in group(chat)


async def test_whoever_has_no_role_sees_no_internals_where_customers_read(chat: Chat) -> None:
    await open_group(chat)
    await chat.says("pm", f"风险 {SECRET} @李雷", mentions=("li",))
    await chat.says("boss", "风险")  # nobody has said who this is
    assert SECRET not in "\n".join(read(s) for s in chat.private("boss"))
    assert SECRET not in group(chat)


async def test_a_reply_under_an_old_card_is_answered_aside(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "风险 甲方主任不签字 @李雷", mentions=("li",))
    card = chat.last("R1 ·")
    await chat.says("pm", "设置 群里有客户 开")
    before = len(chat.group)
    await chat.says("li", "甲方主任已经签字，问题解决了", reply_to=card)
    assert not [s for s in chat.group[before:] if "解决了吗" in read(s)]


async def test_customers_do_not_open_risks_by_a_tap(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天：写接口\n今天：联调\n阻碍：客户的接口文档还没给")
    await chat.at("10:30")
    await chat.presses("admin", "转为风险", on=chat.last("站会汇总"))
    assert chat.toast == "已转给项目经理确认"
    await chat.says("pm", "风险")
    assert "0 个未关闭" in read(chat.group[-1])


async def test_an_engineer_does_not_decide_what_customers_see(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月25日")
    await chat.says("pm", "里程碑 M2 负责人 @李雷", mentions=("li",))
    await chat.says("li", "里程碑 M2 负责人 @客户小赵", mentions=("user",))
    assert "只有项目经理和主管可以改" in read(chat.group[-1])


async def test_the_second_manager_cannot_dismiss_what_the_first_confirmed(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 从群聊里发现风险 开")
    await chat.says("han", "客户的接口文档一直没给，联调做不了，已经拖了3天", at_bot=False)
    proposed = chat.private("pm")[-1]
    before = proposed.card
    await chat.presses("pm", "确认是风险", on=proposed)
    proposed.card = before
    await chat.presses("pm", "不是风险", on=proposed)
    assert "已记住" not in chat.toast
    await chat.says("pm", "风险")
    assert "1 个未关闭" in read(chat.group[-1])


async def test_a_rung_on_which_nobody_is_there_is_tried_again(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    for who in ("li", "pm", "boss"):
        await chat.whispers(who, "请假 11月25日到11月27日")
    await chat.at("12:00", day="2026-11-27")
    assert not [s for s in chat.platform.shown if "没有人接手" in read(s)]
    await chat.at("12:00", day="2026-11-30")
    assert [s for s in chat.private("boss") if "没有人接手" in read(s)]


async def test_a_delay_that_somebody_answered_for_stays_answered(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月25日")
    await chat.says("pm", "设置 站会开关 关")
    await chat.at("12:00", day="2026-12-01")
    await chat.says("pm", "风险 R1 关闭 已和客户说好晚一周")
    await chat.at("12:00", day="2026-12-10")
    assert not [s for s in chat.reminders("boss") if "M1" in read(s)]
    await chat.says("pm", "风险")
    shown = read(chat.group[-1])
    assert "M1" not in shown
    assert "1 个未关闭" in shown, "M2 is another delay"
