"""After go-live: customers are asked, what they say counts, a low score is answered."""

from __future__ import annotations

import pytest

from tests.chat import GROUP, Chat, read
from tests.fakes.platform import Shown


async def live(chat: Chat, *, until: str = "2026-11-25") -> Shown:
    """A project that went live on Tuesday the 24th, on the morning of its first follow-up."""
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "设置 群里有客户 开")
    for milestone in ("M4", "M5", "M6"):
        await chat.says("pm", f"里程碑 {milestone} 完成")
    chat.platform.shown.clear()
    await chat.at("10:01", until)
    return chat.last("天回访")


async def test_the_first_question_and_an_answer_by_button(chat: Chat) -> None:
    card = await live(chat)
    assert card.to == GROUP
    assert "大家都能登录吗" in read(card)
    assert "@客户王主任" in read(card)
    assert "@客户小赵" not in read(card)
    await chat.presses("admin", "5 分", on=card)
    assert chat.toast == "谢谢，记下了 5 分。"
    assert "已收到 1 份回答" in read(card)
    await chat.presses("user", "4 分", on=card)
    assert "已收到 2 份回答" in read(card)
    await chat.whispers("pm", "回访")
    shown = read(chat.private("pm")[-1])
    assert "平均 4.5 分（2 份）" in shown
    assert "第 3 天  11月27日（周五）" in shown


async def test_a_low_score_becomes_a_task_and_the_loop_is_closed(chat: Chat) -> None:
    card = await live(chat)
    await chat.presses("user", "2 分", on=card)
    assert "陈静 会在 11月27日（周五） 前答复您" in chat.toast
    assert "选个原因" in chat.toast
    task = chat.private("pm")[-1]
    assert "回访反馈：客户小赵 打了 2 分" in read(task)
    assert "负责人: 陈静" in read(task)
    assert "处理期限: 11月27日（周五）" in read(task)
    assert not [s for s in chat.group if "R1" in read(s)]
    await chat.presses("user", "提交", on=card, reason="slow", text="查库存要等半分钟")
    assert len([s for s in chat.private("pm") if "R1 ·" in read(s)]) == 1
    assert "查库存要等半分钟" in read(task)
    await chat.whispers("pm", "风险 R1 关闭 加了索引，现在 2 秒")
    end = chat.last("您反映的问题有结果了")
    assert end.to == GROUP
    assert "@客户小赵" in read(end)
    assert "加了索引，现在 2 秒" in read(end)
    await chat.presses("admin", "问题解决了", on=end)
    assert "由本人确认" in chat.toast
    await chat.presses("user", "问题还没解决", on=end)
    assert "已转回 陈静 继续处理" in read(end)
    task = chat.private("pm")[-1]
    assert "客户说还没解决" in read(task)
    await chat.whispers("pm", "风险 R1 关闭 换了服务器")
    again = chat.last("您反映的问题有结果了")
    assert "换了服务器" in read(again)
    await chat.says("user", "问题解决了")
    assert "太好了" in read(chat.group[-1])
    assert again.to == GROUP


async def test_words_in_reply_are_a_score_and_a_reason(chat: Chat) -> None:
    card = await live(chat)
    await chat.says("user", "3分，报表打开慢", reply_to=card, at_bot=False)
    assert "记下了 3 分" in read(chat.group[-1])
    await chat.says("user", "改成4分吧，给4分", reply_to=card)
    assert "已改为 4 分" in read(chat.group[-1])
    await chat.whispers("pm", "回访")
    assert "报表打开慢" in read(chat.private("pm")[-1])


async def test_a_complaint_without_a_score_is_answered_too(chat: Chat) -> None:
    await live(chat)
    await chat.says("user", "投诉 打印模板错了三次都没人管")
    assert "会在 11月27日（周五） 前答复您" in read(chat.group[-1])
    assert "投诉、打印模板错了三次都没人管" in read(chat.private("pm")[-1])
    await chat.says("user", "投诉 打印模板错了三次都没人管！")
    assert len([s for s in chat.private("pm") if "R1 ·" in read(s)]) == 1
    assert not [s for s in chat.private("pm") if "R2" in read(s)]


async def test_a_complaint_made_in_private_is_answered_in_private(chat: Chat) -> None:
    await live(chat)
    await chat.whispers("user", "投诉 李雷态度差，王主任也不管")
    await chat.whispers("pm", "风险 R1 关闭 已换人对接")
    end = chat.last("您反映的问题有结果了")
    assert end.to == "p2p_ou_user"
    assert not [s for s in chat.group if "态度差" in read(s)]


async def test_others_read_neither_the_score_nor_the_teams_words(chat: Chat) -> None:
    card = await live(chat)
    await chat.presses("user", "1 分", on=card)
    assert "写的说明会发给 客户小赵" in read(chat.private("pm")[-1])
    await chat.whispers("pm", "风险 R1 关闭 已电话沟通")
    end = read(chat.last("您反映的问题有结果了"))
    assert "1 分" not in end
    assert "您给的分数" in end


async def test_plain_words_of_a_customer_count_too(chat: Chat) -> None:
    await live(chat)
    await chat.says("user", "4分")
    assert "记下了 4 分" in read(chat.group[-1])
    await chat.says("admin", "很失望，打印问题没人理")
    assert "前答复您" in read(chat.group[-1])


async def test_a_question_under_the_card_is_a_question(chat: Chat) -> None:
    card = await live(chat)
    await chat.says("user", "怎么导出 Excel？", reply_to=card)
    assert "谢谢" not in read(chat.group[-1])
    assert "已收到" not in read(card)
    await chat.says("user", "@客户王主任 这个你填吧", reply_to=card, at_bot=False)
    assert "已收到" not in read(card)


async def test_somebody_without_a_role_may_say_how_it_goes(chat: Chat) -> None:
    card = await live(chat)
    await chat.says("pm", "角色 @客户小赵 客户用户", mentions=("user",))
    await chat.presses("user", "5 分", on=card)
    assert "记下了 5 分" in chat.toast


async def test_a_form_that_is_sent_as_it_is_says_nothing(chat: Chat) -> None:
    card = await live(chat)
    await chat.presses("user", "提交", on=card, score="", reason="", text="")
    assert "请选一个分数" in chat.toast
    await chat.presses("user", "提交", on=card, score="-", reason="-", text="挺好")
    assert "已记下" in chat.toast


async def test_the_team_does_not_score_itself(chat: Chat) -> None:
    card = await live(chat)
    await chat.presses("li", "5 分", on=card)
    assert "这是问客户的" in chat.toast
    await chat.says("li", "王主任，登录的事我来看", reply_to=card, at_bot=False)
    assert "已收到" not in read(card)


async def test_nobody_is_asked_twice_in_seven_days(chat: Chat) -> None:
    await live(chat)
    for day in range(26, 31):
        await chat.at("10:01", f"2026-11-{day}")
    for day in range(1, 32):
        await chat.at("10:01", f"2026-12-{day:02}")
    asked = [read(s) for s in chat.group if "天回访" in read(s)]
    titles = [words.split(" · ")[0] for words in asked]
    assert titles == [
        "上线第 1 天回访",
        "上线第 3 天回访",
        "上线第 7 天回访",
        "上线第 14 天回访",
        "上线第 30 天回访",
    ]
    assert "@客户小赵" in asked[1]
    # Each was asked within seven days before: it waits until the first of them may be asked again.
    assert "@客户王主任" in asked[2]
    assert "推荐给同行" in asked[4]
    assert "推荐给同行" not in asked[3]


async def test_an_open_high_risk_holds_it_and_the_manager_hears_once(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "里程碑 M6 完成")
    await chat.says("pm", "风险 数据库崩溃，全员无法开单，非常严重 @李雷", mentions=("li",))
    await chat.presses("pm", "修改", on=chat.last("R1 ·"))
    await chat.presses(
        "pm", "保存", on=chat.last("R1 ·"), text="数据库崩溃", owner="",
        category="质量缺陷", probability="5", impact="5", due="", mitigation="", review="",
        shared="no",
    )  # fmt: skip
    for day in ("25", "26", "27"):
        await chat.at("10:05", f"2026-11-{day}")
    assert not [s for s in chat.group if "天回访" in read(s)]
    held = [s for s in chat.private("pm") if "回访推迟了" in read(s)]
    assert len(held) == 2  # the first and the third day's, each said once
    await chat.says("pm", "风险 R1 关闭 已修复")
    await chat.at("10:05", "2026-11-30")
    card = chat.last("天回访")
    assert "大家都能登录吗" in read(card)
    assert "每天要用的单据" in read(card)


async def test_whoever_waits_for_an_answer_is_left_alone(chat: Chat) -> None:
    card = await live(chat)
    await chat.leave("admin")
    await chat.presses("user", "1 分", on=card)
    await chat.at("10:05", "2026-11-27")
    assert "客户小赵 的投诉还没处理完" in read(chat.last("回访推迟了"))


async def test_in_private_where_the_project_wants_it(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "角色 @韩梅梅 客户用户", mentions=("han",))
    await chat.says("pm", "设置 单独问每位客户 开")
    await chat.says("pm", "里程碑 M6 完成")
    await chat.leave("admin", "user")
    await chat.at("10:01", "2026-11-25")
    card = chat.private("han")[-1]
    assert "上线第 1 天回访" in read(card)
    assert not [s for s in chat.group if "天回访" in read(s)]
    await chat.presses("han", "1 分", on=card)
    await chat.whispers("pm", "风险 R1 关闭 已处理")
    assert "有结果了" in read(chat.private("han")[-1])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("满意度 9", "不在范围里"),
        ("满意度 0", "不在范围里"),
        ("推荐 11", "不在范围里"),
        (f"满意度 3 {'很长' * 1200}", "最多 2000 个字"),
    ],
)
async def test_odd_answers_are_told_what_is_asked(chat: Chat, said: str, told: str) -> None:
    await live(chat)
    await chat.says("user", said)
    assert told in read(chat.group[-1])


async def test_an_answer_after_the_end_is_noted_all_the_same(chat: Chat) -> None:
    card = await live(chat)
    await chat.at("11:00", "2026-12-15")
    await chat.presses("admin", "4 分", on=card)
    assert "这次回访已经结束，您的话仍然记下了" in chat.toast


async def test_a_forwarded_card_counts_nothing(chat: Chat) -> None:
    card = await live(chat)
    await chat.given_project("其他项目", "oc_other")
    await chat.presses("user", "5 分", on=card, chat="oc_other")
    assert "已收到" not in read(card)


async def test_formulas_and_mentions_are_only_words(chat: Chat) -> None:
    card = await live(chat)
    await chat.presses("user", "提交", on=card, text='<at id=all></at> =cmd|"/c calc"!A0')
    await chat.whispers("pm", "回访")
    assert '<at id=all></at> =cmd|"/c calc"!A0' in read(chat.private("pm")[-1])


async def test_a_complaint_is_closed_with_words_for_the_customer_alone(chat: Chat) -> None:
    card = await live(chat)
    await chat.presses("user", "1 分", on=card)
    await chat.whispers("pm", "风险 R1 不是风险 客户无理取闹")
    assert "写的话会发给客户" in read(chat.private("pm")[-1])
    assert not [s for s in chat.group if "无理取闹" in read(s)]
    await chat.says("pm", "风险")
    assert "R1" not in read(chat.group[-1])


async def test_a_double_delivery_counts_once(chat: Chat) -> None:
    card = await live(chat)
    for _ in range(2):
        await chat.presses("user", "1 分", on=card, event_id="twice")
    assert len([s for s in chat.private("pm") if "R1 ·" in read(s)]) == 1


async def test_the_days_are_a_setting(chat: Chat) -> None:
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "设置 回访天数 2、5")
    await chat.says("pm", "里程碑 M6 完成")
    await chat.at("10:01", "2026-11-25")
    assert not [s for s in chat.group if "天回访" in read(s)]
    await chat.at("10:01", "2026-11-26")
    assert "上线第 2 天回访" in read(chat.last("天回访"))
    await chat.says("pm", "设置 回访天数 0、900")
    assert "1 到 365" in read(chat.group[-1])
    await chat.says("pm", "设置 上线回访 关")
    await chat.at("10:01", "2026-12-08")
    assert not [s for s in chat.group if "上线第 5 天" in read(s)]
