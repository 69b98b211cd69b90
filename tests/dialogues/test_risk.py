"""Risks as people live them: four ways in, one card each, nobody left alone with one."""

from __future__ import annotations

import pytest

from bot.core.events import BotAdded
from tests.chat import GROUP, PEOPLE, Chat, read


async def opened(chat: Chat, text: str = "测试环境还没开通", owner: str = "li") -> None:
    name = f" @{PEOPLE[owner].name}" if owner else ""
    mentions = (owner,) if owner else ()
    await chat.says("pm", f"风险 {text}{name}", mentions=mentions)


async def listening(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 从群聊里发现风险 开")
    chat.platform.shown.clear()


async def test_from_the_typed_command_to_its_end(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "风险 测试环境还没开通 @李雷 周五", mentions=("li",))
    card = chat.last("R1")
    assert "负责人: 李雷" in read(card)
    assert "处理期限: 11月27日（周五）" in read(card)
    assert "待接手" in read(card)
    await chat.presses("li", "我来跟", on=card)
    assert chat.toast == "R1 交给你了"
    assert "已接手" in read(card)
    await chat.presses("li", "关闭", on=card)
    await chat.presses("li", "关闭风险", on=card, reason="环境已开通，部署完成")
    assert "李雷 在 11月24日（周二） 09:00 关闭：环境已开通，部署完成" in read(card)
    assert len([s for s in chat.group if "R1 ·" in read(s)]) == 1


async def test_every_act_has_its_typed_twin(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat)
    await chat.says("li", "风险 R1 我来跟")
    assert "R1 由 李雷 接手" in read(chat.group[-1])
    await chat.says("li", "风险 R1 措施 先用公司的测试机顶上")
    assert "处理中" in read(chat.last("R1 ·"))
    await chat.says("li", "风险 R1 延后 12月1日 等客户信息科排期")
    assert "延后到 12月1日" in read(chat.group[-1])
    await chat.says("pm", "风险 R1 转给 @韩梅梅", mentions=("han",))
    assert "R1 已转给 韩梅梅" in read(chat.group[-1])
    assert "负责人: 韩梅梅" in read(chat.private("han")[-1])
    await chat.says("han", "风险 R1 关闭 环境开通了")
    assert "R1 已关闭" in read(chat.group[-1])
    await chat.says("pm", "风险 R1")
    for done in ("接手", "措施", "延后", "转给", "关闭"):
        assert done in read(chat.group[-1])


async def test_closing_and_postponing_ask_for_what_is_missing(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat)
    await chat.says("li", "风险 R1 关闭")
    asked = chat.group[-1]
    await chat.presses("li", "关闭风险", on=asked, reason="  ")
    assert chat.toast == "还差：原因。没有就写“无”。"
    await chat.says("li", "风险 R1 延后 12月1日")
    await chat.presses("li", "延后", on=chat.group[-1], until="2026-12-01", reason="")
    assert "还差：原因" in chat.toast
    await chat.says("pm", "风险")
    assert "待接手" in read(chat.group[-1])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("风险 R9 我来跟", "没有找到风险“R9”"),
        ("风险 R1 延后 11月1日 忘了", "11月1日（周日） 已经过去了"),
        ("风险 R1 转给 王五", "没有找到“王五”"),
        ("风险 接口没给 @王五 周五", "没有找到“王五”"),
        ("风险 接口没给 2月30日", "日历上没有"),
        ("风险 R1 转给 客户小赵", "不是项目组的人"),
        (f"风险 {'很长' * 160}", "最多 300 个字"),
    ],
)
async def test_what_cannot_be_done_is_said_with_the_remedy(
    chat: Chat, said: str, told: str
) -> None:
    await chat.given_project()
    await opened(chat)
    await chat.says("pm", said)
    assert told in read(chat.group[-1])
    await chat.says("pm", "风险")
    assert "1 个未关闭" in read(chat.group[-1])


async def test_an_owner_who_left_cannot_be_given_anything(chat: Chat) -> None:
    await chat.given_project()
    await chat.leave("han")
    await chat.says("pm", "风险 期初数据对不上 @韩梅梅", mentions=("han",))
    assert "可能已经离开" in read(chat.group[-1])


async def test_one_tap_on_a_blocker(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天：写接口\n今天：联调\n阻碍：客户的接口文档还没给")
    await chat.at("10:30")
    digest = chat.last("站会汇总")
    await chat.presses("pm", "转为风险", on=digest)
    assert chat.toast == "已登记为 R1"
    card = read(chat.last("R1 ·"))
    assert "负责人: 李雷" in card
    assert "处理期限: 11月27日（周五）" in card
    assert "→ R1 待接手" in read(digest)
    assert "转为风险" not in read(digest)
    await chat.presses("li", "我来跟", on=chat.last("R1 ·"))
    assert "→ R1 已接手" in read(digest)


async def test_two_taps_make_one_risk(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天：写接口\n今天：联调\n阻碍：客户的接口文档还没给")
    await chat.at("10:30")
    digest = chat.last("站会汇总")
    button_before = digest.card
    await chat.presses("pm", "转为风险", on=digest)
    digest.card = button_before  # somebody's phone still shows the card as it was
    await chat.presses("boss", "转为风险", on=digest)
    assert chat.toast == "已经是 R1 了"
    await chat.says("pm", "风险")
    assert "1 个未关闭" in read(chat.group[-1])


async def test_the_same_again_is_evidence_and_no_second_card(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat, "客户的接口文档还没给", "")
    await chat.says("han", "风险 接口文档客户还没有给")
    assert "这就是 R1" in read(chat.group[-1])
    card = read(chat.last("R1 ·"))
    assert "韩梅梅 又提到" in card
    await chat.says("pm", "风险")
    assert "1 个未关闭" in read(chat.group[-1])


async def test_a_line_of_the_group_is_proposed_quietly(chat: Chat) -> None:
    await listening(chat)
    await chat.says("han", "客户的接口文档一直没给，联调做不了，已经拖了3天", at_bot=False)
    assert not chat.group
    proposed = chat.private("pm")[-1]
    assert "这句话像是风险" in read(proposed)
    assert "韩梅梅 说：" in read(proposed)
    await chat.presses("pm", "确认是风险", on=proposed)
    assert "已登记为 R1" in read(proposed)
    assert "R1 ·" in read(chat.group[-1])


async def test_a_proposal_can_be_put_right_before_it_counts(chat: Chat) -> None:
    await listening(chat)
    await chat.says("han", "客户的接口文档一直没给，联调做不了，已经拖了3天", at_bot=False)
    proposed = chat.private("pm")[-1]
    await chat.presses("pm", "修改", on=proposed)
    await chat.presses(
        "pm",
        "保存",
        on=proposed,
        text="接口文档缺失",
        owner="",
        category="接口延迟",
        probability="5",
        impact="4",
        due="2026-11-30",
        mitigation="",
        review="",
        shared="no",
    )
    card = read(chat.group[-1])
    assert "接口文档缺失" in card
    assert "高（20 = 可能性 5 × 影响 4）" in card


async def test_what_was_dismissed_comes_back_only_with_new_facts(chat: Chat) -> None:
    await listening(chat)
    line = "客户的接口文档一直没给，联调做不了，已经拖了3天"
    await chat.says("han", line, at_bot=False)
    await chat.presses("pm", "不是风险", on=chat.private("pm")[-1])
    assert "不是风险" in read(chat.private("pm")[-1])
    before = len(chat.private("pm"))
    await chat.says("li", line, at_bot=False)
    assert len(chat.private("pm")) == before
    await chat.says("li", "客户的接口文档一直没给，联调做不了，已经拖了8天", at_bot=False)
    assert len(chat.private("pm")) == before + 1


async def test_without_leave_the_bot_does_not_listen(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("han", "客户的接口文档一直没给，联调做不了", at_bot=False)
    assert not chat.platform.shown


async def test_solved_proposes_to_close_exactly_the_one(chat: Chat) -> None:
    await listening(chat)
    await opened(chat, "客户的接口文档还没给", "li")
    await opened(chat, "测试服务器磁盘满了", "han")
    await chat.says("li", "客户的接口文档已经给了，问题解决了", at_bot=False)
    asked = chat.private("li")[-1]
    assert "R1 解决了吗？" in read(asked)
    assert not [s for s in chat.private("han") if "解决了吗" in read(s)]
    await chat.presses("li", "R1 已解决，关闭", on=asked)
    await chat.says("pm", "风险")
    assert "1 个未关闭" in read(chat.group[-1])
    assert "测试服务器磁盘满了" in read(chat.group[-1])


async def test_a_reply_to_the_card_is_a_word_about_it(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat)
    card = chat.last("R1 ·")
    await chat.says("li", "信息科说要等到下周排期", reply_to=card, at_bot=False)
    assert "信息科说要等到下周排期" in read(card)
    await chat.says("li", "环境已经开通了，问题解决了", reply_to=card, at_bot=False)
    assert "R1 解决了吗？" in read(chat.group[-1])
    await chat.presses("li", "还没有", on=chat.group[-1])
    assert "R1 继续跟" in chat.toast


# --- rights --------------------------------------------------------------------------------------


async def test_who_may_what(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat)
    card = chat.last("R1 ·")
    await chat.presses("han", "关闭", on=card)
    assert "只有负责人和项目经理可以做" in chat.toast
    await chat.presses("user", "我来跟", on=card)
    assert "需要" in chat.toast
    await chat.says("user", "风险 系统太慢了")
    assert "需要" in read(chat.private("user")[-1])
    await chat.says("boss", "风险 R1 关闭 已经不影响")
    assert "R1 已关闭" in read(chat.group[-1])
    async with chat.database.read() as uow:
        project = (await uow.projects.all())[0]
        acts = [(row.action, row.allowed) for row in await uow.audit.of(project.id)]
    assert ("what.close", False) in acts
    assert ("risk.closed", True) in acts


async def test_a_customers_risk_is_a_proposal(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("admin", "风险 审批流程跟我们实际的不一样")
    assert "已转给项目经理确认" in read(chat.group[-1])
    assert "客户王主任 说：" in read(chat.private("pm")[-1])


async def test_customers_see_what_is_marked_for_them(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat, "客户的接口文档还没给")
    await opened(chat, "李雷下周要离职，人手不够", "han")
    card = chat.last("R1 ·")
    await chat.presses("pm", "修改", on=card)
    await chat.presses("pm", "保存", on=card, text="接口文档待提供", shared="yes", owner="")
    await chat.whispers("admin", "风险")
    seen = read(chat.private("admin")[-1])
    assert "接口文档待提供" in seen
    assert "离职" not in seen
    await chat.whispers("admin", "风险 R2")
    assert "没有找到风险" in read(chat.private("admin")[-1])
    await chat.presses("li", "修改", on=card)
    await chat.presses("li", "保存", on=card, text="接口文档待提供", shared="no")
    assert "只有项目经理和主管可以改" in chat.toast


async def test_nothing_internal_reaches_a_group_that_customers_read(chat: Chat) -> None:
    await chat.happens(
        BotAdded("fake", ("x1",), chat.clock.now(), GROUP, "华鼎项目群", True, PEOPLE["pm"])
    )
    await chat.says("pm", "新项目 华鼎ERP 上线 12月25日")
    await chat.join("li", "admin")
    await chat.says("pm", "角色 @李雷 工程师", mentions=("li",))
    chat.platform.shown.clear()
    secret = "客户方负责人不配合，考虑换人"
    await chat.says("pm", f"风险 {secret} @李雷", mentions=("li",))
    await chat.says("li", "风险 R1 我来跟")
    await chat.says("li", "风险 R1")
    await chat.says("pm", "风险")
    await chat.says("pm", "项目")
    await chat.says("pm", "计划")
    await chat.says("pm", "里程碑")
    await chat.says("li", "风险 R1 关闭 换人了")
    await chat.says("li", "风险 R1 关闭 又来")
    said = "\n".join(read(s) for s in chat.group)
    for words in (secret, "换人", "健康度", "需关注", "环境准备"):
        assert words not in said, said
    assert "用户培训" in said
    private = "\n".join(read(s) for s in chat.private("li"))
    assert secret in private


# --- two at once, stale, elsewhere ---------------------------------------------------------------


async def test_two_press_at_once_and_one_takes_it(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat, owner="")
    card = chat.last("R1 ·")
    before = card.card
    await chat.presses("li", "我来跟", on=card)
    card.card = before
    await chat.presses("han", "我来跟", on=card)
    assert chat.toast == "李雷 已经接手 R1"
    assert "负责人: 李雷" in read(card)


async def test_a_form_that_is_out_of_date_changes_nothing(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat)
    card = chat.last("R1 ·")
    await chat.presses("pm", "延后", on=card)
    form = card.card
    await chat.says("li", "风险 R1 我来跟")
    card.card = form
    await chat.presses("pm", "延后", on=card, until="2026-12-01", reason="等")
    assert chat.toast == "李雷 刚改过 R1，请在最新的卡片上再操作一次。"


async def test_a_closed_risk_tells_who_closed_it(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat)
    card = chat.last("R1 ·")
    before = card.card
    await chat.says("li", "风险 R1 关闭 好了")
    card.card = before
    await chat.presses("li", "我来跟", on=card)
    assert chat.toast == "李雷 已经关闭 R1"
    await chat.says("li", "风险 R1 关闭 又好了")
    assert "R1 已由 李雷 关闭：好了" in read(chat.group[-1])


async def test_a_card_that_was_forwarded_does_nothing(chat: Chat) -> None:
    await chat.given_project()
    await opened(chat)
    card = chat.last("R1 ·")
    await chat.given_project("别的项目", group="oc_other")
    await chat.presses("pm", "我来跟", on=card, chat="oc_other")
    assert "另一个群" in chat.toast
    await chat.presses("pm", "我来跟", on=card, chat="oc_unknown")
    assert "另一个群" in chat.toast


# --- the register --------------------------------------------------------------------------------


async def test_the_register_shows_the_worst_and_turns_its_pages(chat: Chat) -> None:
    await chat.given_project()
    troubles = (
        "接口文档没给", "服务器磁盘满", "期初数据对不上", "客户主任出差", "审批流程要改",
        "打印格式不对", "培训室没订到", "合同变更没签",
    )  # fmt: skip
    for text in troubles:
        await opened(chat, text, "")
    await chat.says("pm", "风险")
    card = read(chat.group[-1])
    assert "8 个未关闭" in card
    assert "最要紧的 5 个" in card
    await chat.presses("pm", "全部 8 个", on=chat.group[-1])
    assert "第 1/1 页" in read(chat.group[-1])
    for text in troubles:
        assert text in read(chat.group[-1])


async def test_the_register_in_english(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 语言 English")
    await chat.says("pm", "risk the interface spec is missing @李雷 Friday", mentions=("li",))
    assert "Due: Fri 27 Nov" in read(chat.group[-1])
    await chat.says("li", "risk R1 mine")
    await chat.says("li", "risk R1 postpone to 12/1 because the customer is away")
    await chat.says("li", "risk R1 close the spec has come")
    assert "R1 is closed" in read(chat.group[-1])
