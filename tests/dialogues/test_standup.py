"""Stand-ups as people live them."""

from __future__ import annotations

from dataclasses import replace

from bot.core.events import Press
from cards.elements import Form, TextInput
from tests.chat import GROUP, PEOPLE, Chat, read


async def test_a_round_from_prompt_to_digest(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    prompt = chat.last("每日站会")
    assert "已填 0/2" in read(prompt)
    assert "还没填：李雷、韩梅梅" in read(prompt)

    await chat.presses(
        "li", "提交", on=prompt, done="接口联调", plan="写培训手册", blockers="测试环境没开"
    )
    assert chat.toast == "已提交"
    assert "已填 1/2" in read(prompt)

    await chat.at("10:15")
    assert "站会还差你一份" in read(chat.private("han")[-1])
    assert not chat.private("li")

    await chat.whispers("han", "昨天：期初数据导入\n今天：对账\n阻碍：无")
    assert "已记录" in read(chat.private("han")[-1])
    assert "已收到，谢谢" in read(chat.private("han")[0])
    assert "全部填完" in read(prompt)

    await chat.at("10:30")
    digest = read(chat.last("站会汇总"))
    assert "2/2 人" in digest
    assert digest.index("阻碍（1）") < digest.index("接口联调")
    assert "李雷  测试环境没开" in digest
    assert "本轮已截止" in read(prompt)
    assert len(chat.group) == 2


async def test_answers_come_by_reply_by_mention_and_by_command(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    prompt = chat.last("每日站会")
    await chat.says("li", "昨天写完接口，今天联调", reply_to=prompt, at_bot=False)
    assert chat.platform.reactions[-1][1] == "DONE"
    await chat.says("han", "昨天：导数据 今天：对账")
    assert "全部填完" in read(prompt)
    await chat.says("pm", "日报 昨天：写方案\n今天：评审")
    await chat.at("10:30")
    digest = read(chat.last("站会汇总"))
    for words in ("昨天写完接口", "对账", "评审"):
        assert words in digest


async def test_chatter_in_the_group_is_not_an_answer(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.says("li", "昨天的会议纪要谁有？", at_bot=False)
    await chat.says("li", "今天食堂有红烧肉")
    assert "已填 0/2" in read(chat.last("每日站会"))
    assert "没太听懂" in read(chat.group[-1])


async def test_sending_again_edits(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天：a\n今天：b")
    await chat.whispers("li", "昨天：a\n今天：改成 c")
    assert "已更新" in read(chat.private("li")[-1])
    await chat.at("10:30")
    digest = read(chat.last("站会汇总"))
    assert "改成 c" in digest
    assert "改过" in digest
    assert "1/2 人" in digest


async def test_a_late_answer_joins_the_digest(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("10:30")
    digest = chat.last("站会汇总")
    assert "这一轮没有人填" in read(digest)
    await chat.says("han", "昨天：导入完成\n今天：对账", reply_to=digest, at_bot=False)
    assert "导入完成" in read(digest)
    assert "补交" in read(digest)
    assert "还没填：李雷" in read(digest)
    await chat.at("11:00")
    await chat.whispers("li", "日报 昨天：修了三个问题 今天：回归")
    assert "已补交" in read(chat.private("li")[-1])
    assert "修了三个问题" in read(digest)


async def test_an_answer_can_be_withdrawn_by_its_author_only(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天：a\n今天：b")
    receipt = chat.private("li")[-1]
    await chat.presses("han", "撤回", on=receipt, chat="p2p_ou_li")
    assert chat.toast == "没有可撤回的内容。"
    await chat.presses("li", "撤回", on=receipt)
    assert "已撤回" in read(receipt)
    assert "已填 0/2" in read(chat.last("每日站会"))


async def test_same_as_yesterday_carries_the_last_answer_over(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.presses("li", "同昨")
    assert "没有找到" in chat.toast
    await chat.whispers("li", "昨天：配流程\n今天：继续配流程\n阻碍：账号没下来")
    await chat.at("09:30", day="2026-11-25")
    await chat.says("li", "同昨")
    await chat.at("10:30", day="2026-11-25")
    digest = read(chat.last("站会汇总 · 11月25日"))
    assert "继续配流程" in digest
    assert "账号没下来" in digest


async def test_somebody_on_leave_is_not_asked(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("li", "请假")
    await chat.at("09:30")
    prompt = chat.last("每日站会")
    assert "请假：李雷" in read(prompt)
    assert "已填 0/1" in read(prompt)
    await chat.at("10:15")
    assert not chat.private("li")
    await chat.at("10:30")
    assert "请假：李雷" in read(chat.last("站会汇总"))


async def test_leave_from_the_card_can_be_undone(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    prompt = chat.last("每日站会")
    await chat.presses("han", "今天请假", on=prompt)
    assert "请假：韩梅梅" in read(prompt)
    await chat.presses("han", "撤销请假", on=chat.private("han")[-1])
    assert "还没填：李雷、韩梅梅" in read(prompt)


async def test_a_half_filled_form_names_the_field(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.presses("li", "提交", done="写完了", plan="  ")
    assert chat.toast == "还差：今天计划。没有就写“无”。"
    assert "已填 0/2" in read(chat.last("每日站会"))


async def test_customers_may_not_answer_and_are_told_so_alone(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.presses("user", "提交", done="a", plan="b")
    assert "客户用户" in chat.toast
    before = len(chat.group)
    await chat.says("admin", "站会时间 10:00")
    assert len(chat.group) == before
    assert "修改设置" in read(chat.private("admin")[-1])


async def test_one_person_in_two_projects_gets_one_reminder(chat: Chat) -> None:
    await chat.given_project()
    await chat.given_project("瑞康HR", group="oc_other")
    await chat.at("10:15")
    reminders = [s for s in chat.private("li") if "还差你一份" in read(s)]
    assert len(reminders) == 1
    assert "华鼎ERP" in read(reminders[0])
    assert "瑞康HR" in read(reminders[0])

    await chat.whispers("li", "昨天：配流程 今天：培训")
    which = chat.private("li")[-1]
    assert "这是哪个项目的" in read(which)
    await chat.presses("li", "瑞康HR · 站会", on=which)
    assert "瑞康HR" in read(which)
    assert "华鼎ERP" in read(reminders[0])
    assert "瑞康HR" not in read(reminders[0])
    await chat.whispers("li", "昨天：对账 今天：收尾")
    assert "已收到，谢谢" in read(reminders[0])


async def test_a_text_that_names_its_project_needs_no_question(chat: Chat) -> None:
    await chat.given_project()
    await chat.given_project("瑞康HR", group="oc_other")
    await chat.at("09:30")
    await chat.whispers("li", "瑞康HR：\n昨天：配流程\n今天：培训")
    assert "已记录" in read(chat.private("li")[-1])
    assert "瑞康HR" in read(chat.private("li")[-1])


async def test_a_card_that_was_forwarded_does_nothing(chat: Chat) -> None:
    await chat.given_project()
    await chat.given_project("瑞康HR", group="oc_other")
    await chat.at("09:30")
    prompt = next(s for s in chat.platform.shown if s.to == GROUP)
    for elsewhere in ("oc_other", "oc_unknown"):
        await chat.presses("li", "提交", on=prompt, chat=elsewhere, done="a", plan="b")
        assert "另一个群" in chat.toast
    copied = replace(prompt, message="om_copied")
    await chat.presses("li", "提交", on=copied, chat="oc_forwarded", done="a", plan="b")
    assert "另一个群" in chat.toast
    assert "已填 0/2" in read(prompt)


async def test_a_button_that_is_not_ours_is_refused(chat: Chat) -> None:
    await chat.given_project()
    press = Press("fake", ("x1",), chat.clock.now(), GROUP, "om_1", PEOPLE["li"], None)
    await chat.happens(press)
    assert "过期" in chat.toast


async def test_the_daily_report_runs_in_the_evening_where_it_is_on(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "日报时间 17:30")
    await chat.at("17:30")
    prompt = chat.last("每日日报")
    assert "今天完成" in read(prompt)
    await chat.says("li", "日报 今天：配完流程\n明天：培训")
    await chat.at("18:30")
    digest = read(chat.last("每日日报汇总"))
    assert "今天完成  配完流程" in digest
    assert "明天计划  培训" in digest


async def test_who_is_missing(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "谁没填")
    assert "没有正在进行的站会" in read(chat.group[-1])
    await chat.at("09:30")
    await chat.whispers("li", "昨天：a 今天：b")
    await chat.says("pm", "还有谁没交？")
    assert "还没填：韩梅梅" in read(chat.group[-1])


async def test_a_round_by_hand_runs_for_an_hour_and_is_summed_up(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "站会时间 09:30")
    await chat.at("09:00", day="2026-11-28")
    await chat.says("pm", "站会")
    assert "每日站会 · 11月28日（周六）" in read(chat.group[-1])
    await chat.says("pm", "站会")
    assert len([s for s in chat.group if "每日站会 · 11月28日" in read(s)]) == 2
    await chat.at("10:30", day="2026-11-28")
    assert "汇总 · 11月28日" in read(chat.group[-1])
    await chat.says("pm", "站会")
    assert "已经汇总过了" in read(chat.group[-1])


async def test_whoever_asks_for_the_form_gets_it_alone(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.says("li", "填站会")
    assert "站会还差你一份" in read(chat.private("li")[-1])
    await chat.presses("li", "提交", on=chat.private("li")[-1], done="接口联调", plan="写手册")
    await chat.says("li", "填站会")
    again = chat.private("li")[-1]
    assert again.card
    form = next(element for element in again.card.elements if isinstance(element, Form))
    assert isinstance(form.fields[0], TextInput)
    assert form.fields[0].value == "接口联调"
    await chat.says("pm", "填站会")
    assert "每日站会" in read(chat.private("pm")[-1])
    await chat.presses("pm", "提交", on=chat.private("pm")[-1], done="客户沟通", plan="排期")
    assert "陈静" in read(chat.group[-1]) or "陈静" in "".join(read(s) for s in chat.group)


async def test_a_reply_to_the_card_that_sounds_like_a_command_is_an_answer(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    prompt = chat.last("每日站会")
    for text in ("站会太早了，往后挪半小时的事跟客户说好了，今天继续联调", "风险：VPN 断了"):
        await chat.says("li", text, reply_to=prompt)
        assert "已填 1/2" in read(chat.last("每日站会"))
    await chat.says("li", "谁没填", reply_to=prompt)
    assert "还没填：韩梅梅" in read(chat.group[-1])


async def test_prose_is_taken_apart_and_shown(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    await chat.whispers("li", "昨天把期初导完了，今天对账，就是银行接口还没人回我")
    receipt = read(chat.private("li")[-1])
    assert "昨天把期初导完了" in receipt
    assert "银行接口还没人回我" in receipt
    await chat.whispers("han", "昨天的会议纪要谁有？发我一份")
    assert "已填 1/2" in read(chat.last("每日站会"))
    await chat.at("10:30")
    digest = read(chat.last("每日站会汇总"))
    assert "李雷  银行接口还没人回我" in digest
