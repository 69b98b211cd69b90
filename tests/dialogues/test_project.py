"""Projects, roles, settings, help: how a group becomes a project and stays one."""

from __future__ import annotations

from datetime import date

import pytest

from tests.chat import GROUP, Chat, read


async def test_the_welcome_says_what_the_bot_reads_and_how_to_silence_it(chat: Chat) -> None:
    await chat.added()
    welcome = read(chat.group[-1])
    for words in ("我读什么", "我存什么", "谁能看到", "让我安静", "新建项目"):
        assert words in welcome


async def test_the_welcome_form_makes_the_project(chat: Chat) -> None:
    await chat.added()
    await chat.presses("pm", "新建项目", name="华鼎ERP", golive="2026-12-25", template="four_weeks")
    created = read(chat.group[-1])
    assert "你现在是项目经理" in created
    assert "M6 正式上线 · 12月25日（周五）" in created
    assert "M5 上线演练 · 12月23日（周三）" in created
    await chat.presses("li", "新建项目", on=chat.group[0], name="再来", golive="", template="blank")
    assert "已经是项目" in chat.toast


async def test_a_project_by_text_with_date_and_template(chat: Chat) -> None:
    await chat.added()
    await chat.says("pm", "新项目 华鼎ERP 上线 12月25日 模板 两周迭代")
    assert "客户验收 · 12月24日（周四）" in read(chat.group[-1])
    await chat.says("li", "项目")
    overview = read(chat.group[-1])
    assert "陈静" in overview
    assert "还没有设置工程师" in overview


async def test_dates_that_cannot_be_are_refused_with_a_remedy(chat: Chat) -> None:
    await chat.added()
    await chat.says("pm", "新项目 华鼎ERP 上线 很快")
    assert "没看懂日期“很快”" in read(chat.group[-1])
    await chat.says("pm", "新项目 华鼎ERP 上线 2026-11-01")
    assert "已经过去了" in read(chat.group[-1])
    await chat.says("pm", "新项目")
    assert "需要一个名称" in read(chat.group[-1])


async def test_people_outside_the_organisation_cannot_take_the_group(chat: Chat) -> None:
    await chat.added()
    await chat.says("admin", "新项目 我们的项目")
    assert "组织内的同事" in read(chat.private("admin")[-1])
    assert len(chat.group) == 1


async def test_a_year_that_is_not_announced_is_said(chat: Chat) -> None:
    await chat.added()
    await chat.says("pm", "新项目 华鼎ERP 上线 2027-03-01")
    assert "2027 年调休安排尚未公布" in read(chat.group[-1])


async def test_roles_decide_what_people_may_do(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("li", "角色 @韩梅梅 主管", mentions=("han",))
    assert "需要项目经理、主管来做" in read(chat.private("li")[-1])
    await chat.says("pm", "角色 @客户王主任 工程师", mentions=("admin",))
    assert "组织外的人" in read(chat.group[-1])
    await chat.says("boss", "角色 @陈静 工程师", mentions=("pm",))
    assert "陈静 → 工程师" in read(chat.group[-1])
    await chat.says("boss", "角色 @周总 工程师", mentions=("boss",))
    assert "唯一能管理项目的人" in read(chat.group[-1])
    await chat.says("boss", "角色 李雷 工程师")
    assert "没太听懂" in read(chat.group[-1]) or "没认出" in read(chat.group[-1])


async def test_settings_change_times_and_the_next_round_follows(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置")
    card = chat.group[-1]
    await chat.presses(
        "pm", "保存", on=card, standup_ask="10:00", standup_remind="10:30", standup_close="11:00"
    )
    assert chat.toast == "已保存"
    await chat.at("09:59")
    assert not any("每日站会" in read(s) for s in chat.group)
    await chat.at("10:00")
    assert "11:00 截止" in read(chat.last("每日站会"))


async def test_settings_that_contradict_are_refused(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置")
    card = chat.group[-1]
    await chat.presses("pm", "保存", on=card, standup_ask="11:00")
    assert "发起 < 提醒 < 截止" in chat.toast
    await chat.presses("pm", "保存", on=card, quiet_until="10:00")
    assert "免打扰" in chat.toast
    await chat.says("pm", "站会时间 7点")
    assert "免打扰" in read(chat.group[-1])
    await chat.says("pm", "站会时间 25:00")
    assert "没看懂时间" in read(chat.group[-1])
    await chat.presses("li", "保存", on=card, standup_ask="09:00")
    assert "项目经理、主管" in chat.toast


async def test_english_speaks_english_everywhere(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置")
    await chat.presses("pm", "保存", on=chat.group[-1], language="en")
    await chat.at("09:30")
    prompt = chat.last("Stand-up · Tue 24 Nov")
    await chat.presses("li", "Submit", on=prompt, done="API", plan="tests", blockers="none")
    await chat.whispers("han", "yesterday: import\ntoday: checks\nblockers: VPN is down")
    assert "Recorded" in read(chat.private("han")[-1])
    await chat.at("10:30")
    assert "Blockers (1)" in read(chat.last("Stand-up digest"))
    await chat.says("li", "help")
    assert "What I can do" in read(chat.group[-1])


async def test_help_shows_only_what_this_person_may_do(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("user", "帮助")
    assert "设置谁是谁" not in read(chat.group[-1])
    assert "填站会" not in read(chat.group[-1])
    await chat.says("pm", "")
    assert "设置谁是谁" in read(chat.group[-1])
    await chat.whispers("li", "帮助")
    assert "填站会" in read(chat.private("li")[-1])


async def test_an_unclear_command_offers_what_it_may_mean(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "谁没填的提醒一遍")
    unclear = chat.group[-1]
    assert "你是想" in read(unclear)
    await chat.at("09:30")
    await chat.presses("pm", "谁没填", on=unclear)
    assert "还没填：李雷、韩梅梅" in read(chat.group[-1])


async def test_hostile_words_are_shown_as_words(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    nasty = "<at id=all></at> @所有人 [点我](https://evil.example) \x00\x1b[31m" + "长" * 100_000
    await chat.presses("li", "提交", done=nasty, plan=nasty)
    assert chat.toast == "已提交"
    await chat.at("10:30")
    assert "@所有人" in read(chat.last("站会汇总"))


async def test_a_group_that_the_bot_has_left_gets_nothing(chat: Chat) -> None:
    await chat.given_project()
    await chat.removed()
    await chat.at("10:30")
    assert chat.group == []
    await chat.added()
    await chat.at("09:30", day="2026-11-25")
    assert "每日站会" in read(chat.group[-1])


async def test_whoever_leaves_the_group_is_not_asked_any_more(chat: Chat) -> None:
    await chat.given_project()
    await chat.leave("li")
    await chat.at("09:30")
    assert "还没填：韩梅梅" in read(chat.last("每日站会"))


async def test_no_rounds_on_holidays_but_on_make_up_days(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("12:00", day="2026-11-29")
    days = [read(s).splitlines()[0] for s in chat.group if "每日站会 ·" in read(s)]
    assert [d.split("（")[1][:2] for d in days] == ["周二", "周三", "周四", "周五"]


async def test_after_an_outage_a_stale_prompt_is_skipped_and_said(chat: Chat) -> None:
    await chat.given_project()
    chat.clock.move_to(chat.clock.now().replace(hour=3))  # 11:00 in Shanghai, nothing ran
    await chat.tick()
    assert "错过了今天 09:30 的站会" in read(chat.group[-1])
    assert not any("汇总" in read(s).splitlines()[0] for s in chat.group)


async def test_after_a_night_away_nothing_disturbs_the_quiet_hours(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "日报时间 17:30")
    await chat.at("17:30")
    chat.platform.shown.clear()
    chat.clock.move_to(chat.clock.now().replace(hour=14))  # 22:00: reminder and closing are late
    await chat.tick()
    assert chat.platform.shown == []
    await chat.at("08:30", day="2026-11-25")
    assert "日报汇总" in read(chat.group[-1])


async def test_no_project_yet(chat: Chat) -> None:
    await chat.added()
    await chat.says("li", "站会")
    assert "还没有项目" in read(chat.group[-1])
    await chat.whispers("li", "谁没填")
    assert "还没有加入任何项目" in read(chat.private("li")[-1])
    assert chat.group[-1].to == GROUP


async def test_the_standup_is_moved_in_the_words_that_people_use(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "站会太早了，往后挪半小时")
    assert "10:00" in read(chat.group[-1])
    await chat.says("pm", "麻烦把站会时间调整为工作日上午9点40，谢谢")
    assert "09:40" in read(chat.group[-1])
    await chat.says("pm", "站會提前十分鐘")
    assert "09:30" in read(chat.group[-1])
    await chat.says("pm", "从下周一起站会9点半")
    assert "马上生效" in read(chat.group[-1])
    told = len(chat.group)
    await chat.says("pm", "站会时间大家觉得几点合适？")
    assert "没太听懂" in read(chat.group[told])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("国庆后第一个工作日", "2027-10-06"),
        ("2月30号", "日历上没有"),
        ("尽快", "说的是哪一天"),
        ("上线后一个月", "还没定上线日期"),
    ],
)
async def test_a_go_live_date_is_echoed_or_asked_back(chat: Chat, said: str, answer: str) -> None:
    await chat.added()
    await chat.says("pm", f"新项目 华鼎ERP 上线 {said}")
    told = read(chat.group[-1])
    if answer[0].isdigit():
        day = date.fromisoformat(answer)
        assert f"{day.month}月{day.day}日" in told
    else:
        assert answer in told
