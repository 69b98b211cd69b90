"""Plans as people live them: made, moved with what hangs on it, imported, reminded of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.chat import PEOPLE, Chat, read


async def planned(chat: Chat) -> None:
    """Go-live on 25 December; M3 (configuration) is due on 11 December."""
    await chat.given_project(extra="上线 12月25日")


async def test_a_plan_from_each_template(chat: Chat) -> None:
    await chat.added()
    await chat.says("pm", "新项目 华鼎ERP 上线 12月25日 模板 两周迭代")
    made = read(chat.last("按工作日从上线日倒排"))
    assert "M1 迭代计划 · 12月11日（周五）" in made
    assert "M4 正式上线 · 12月25日（周五）" in made


async def test_an_unknown_template_names_those_that_there_are(chat: Chat) -> None:
    await chat.added()
    await chat.says("pm", "新项目 华鼎ERP 上线 12月25日 模板 八周")
    assert "没有叫“八周”的模板。可以用：四周、两周迭代、空白" in read(chat.group[-1])


async def test_the_plan_and_its_picture(chat: Chat) -> None:
    await planned(chat)
    await chat.says("li", "计划")
    shown = chat.group[-1]
    assert shown.card
    assert "gantt" in [type(e).__name__.lower() for e in shown.card.elements]
    assert "完成 0/6" in read(shown)


async def test_adding_completing_and_reopening(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 添加 历史数据迁移 12月10日 @李雷", mentions=("li",))
    assert "已添加 M7" in read(chat.group[-1])
    await chat.says("li", "里程碑 M7 完成")
    assert "M7 已完成" in read(chat.group[-1])
    await chat.says("li", "里程碑 M7 完成")
    assert "M7 在 11月24日（周二） 已经完成" in read(chat.group[-1])
    await chat.says("li", "里程碑 M7 重新打开")
    assert "还有 12 个工作日" in read(chat.group[-1])
    await chat.says("li", "里程碑 历史数据迁移 完成")
    assert "M7 已完成" in read(chat.group[-1])


async def test_completing_warns_of_what_was_left_open(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M2 完成")
    said = read(chat.group[-1])
    assert "前置的 M1 还没有完成" in said
    assert "检查清单还有 5 项没勾" in said


async def test_the_checklist_is_ticked_by_card_and_by_text(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M1")
    card = chat.group[-1]
    assert "检查清单 0/4" in read(card)
    await chat.presses("pm", "勾一项", on=card)
    await chat.presses("pm", "勾上", on=card, item="0")
    assert "检查清单 1/4" in read(card)
    await chat.says("pm", "里程碑 M1 勾 2")
    assert "检查清单 2/4" in read(chat.group[-1])
    await chat.says("pm", "里程碑 M1 勾 9")
    assert "有 4 项" in read(chat.group[-1])


async def test_postponing_asks_once_whether_the_rest_follows(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M3 延期 12月15日 客户没时间确认流程")
    asked = chat.group[-1]
    assert "M4 用户培训  12月18日（周五） → 12月22日（周二）（+2 个工作日）" in read(asked)
    assert "M6 正式上线" in read(asked)
    await chat.presses("pm", "一起顺延", on=asked)
    plan = read(chat.group[-1])
    assert "M6 正式上线 · 12月29日（周二）" in plan
    assert "比最初晚 2 个工作日（原 12月25日（周五））" in plan
    assert "上线日期: 12月29日（周二）" in plan


async def test_only_this_one_leaves_the_rest_and_foretells_the_delay(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M3 延期 3天 客户没时间")
    await chat.presses("pm", "只改这一个")
    await chat.says("pm", "计划")
    assert "M3 基础配置 · 12月14日（周一）" in read(chat.group[-1])
    assert "M4 用户培训 · 12月18日（周五）" in read(chat.group[-1])


async def test_an_answer_counts_once_and_not_after_a_change(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M3 延期 12月15日 客户没时间")
    first = chat.group[-1]
    await chat.says("pm", "里程碑 M4 延期 12月21日 讲师生病")
    await chat.presses("pm", "一起顺延", on=first)
    assert "计划刚被改过" in chat.toast
    await chat.presses("pm", "只改这一个", on=chat.last("M4 从"))
    await chat.says("pm", "一起顺延")
    assert "计划刚被改过" in read(chat.group[-1])


async def test_moving_go_live_shows_the_difference_first(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "上线 12月30日")
    asked = chat.group[-1]
    assert "上线从 12月25日（周五） 改到 12月30日（周三）（+3 个工作日）" in read(asked)
    await chat.says("pm", "项目")
    assert "上线日期: 12月25日（周五）" in read(chat.group[-1])
    await chat.says("pm", "确认改上线")
    assert "上线日期: 12月30日（周三）" in read(chat.group[-1])
    assert "M1 项目启动 · 12月2日（周三）" in read(chat.group[-1])


async def test_the_first_go_live_plans_at_once(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "上线 12月25日")
    assert "M6 正式上线 · 12月25日（周五）" in read(chat.group[-1])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("上线 11月1日", "11月1日（周日） 已经过去了"),
        ("里程碑 添加 数据迁移 11月1日", "已经过去了"),
        ("里程碑 M9 完成", "没有找到里程碑“M9”"),
        ("里程碑 M2 延期 11月2日 忘了", "已经过去了"),
        ("里程碑 M2 负责人 王五", "没有找到“王五”"),
        ("里程碑 添加 环境准备 12月10日", "计划里已有 M2“环境准备”"),
        ("里程碑 M2 延期 12月4日 没变", "M2 本来就是 12月4日"),
    ],
)
async def test_what_cannot_be_done_is_said_with_the_remedy(
    chat: Chat, said: str, told: str
) -> None:
    await planned(chat)
    await chat.says("pm", said)
    assert told in read(chat.group[-1])
    await chat.says("pm", "计划")
    assert "完成 0/6" in read(chat.group[-1])


async def test_dependencies_are_edited_and_a_circle_is_named(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M1")
    card = chat.group[-1]
    await chat.presses("pm", "修改", on=card)
    form = {"name": "项目启动", "owner": "", "shared": "yes"}
    await chat.presses("pm", "保存", on=card, after="M3", **form)
    assert "M1 → M3 → M2 → M1" in chat.toast
    await chat.presses("pm", "保存", on=card, after="M77", **form)
    assert "没有找到里程碑“M77”" in chat.toast


async def test_who_may_what(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M2 负责人 @李雷", mentions=("li",))
    await chat.says("han", "里程碑 M2 完成")
    assert "只有负责人和项目经理可以做" in read(chat.private("han")[-1])
    await chat.says("user", "里程碑 M2 完成")
    assert "需要" in read(chat.private("user")[-1])
    await chat.says("li", "上线 12月30日")
    assert "需要" in read(chat.private("li")[-1])
    await chat.whispers("admin", "里程碑")
    seen = read(chat.private("admin")[-1])
    assert "用户培训" in seen
    assert "环境准备" not in seen


# --- importing -----------------------------------------------------------------------------------

TABLE = (
    "里程碑\t日期\t负责人\t前置\n历史数据迁移\t2026-12-10\t李雷\t\n"
    "接口联调\t12月14日\t\t历史数据迁移"
)


async def test_a_pasted_table_is_shown_before_it_counts(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", f"导入计划\n{TABLE}")
    shown = chat.group[-1]
    assert "会添加 2 个里程碑" in read(shown)
    await chat.says("pm", "计划")
    assert "0/6" in read(chat.group[-1])
    await chat.presses("pm", "确认导入", on=shown)
    assert "M8 接口联调" in read(chat.group[-1])
    await chat.says("pm", "里程碑 M8")
    assert "前置  M7 历史数据迁移" in read(chat.group[-1])
    await chat.says("pm", "确认导入")
    assert "已经处理过" in read(chat.group[-1])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("任务\t谁\n迁移\t李雷", "没找到“日期”列"),
        ("里程碑\t日期\n迁移\t某一天", "第 2 行：没看懂日期“某一天”"),
        ("里程碑\t日期\n迁移\t=TODAY()", "第 2 行"),
        ("里程碑\t日期\n环境准备\t12月10日", "第 2 行：“环境准备”已经是计划里的 M2"),
        ("里程碑\t日期\t前置\n甲\t12月10日\t乙\n乙\t12月11日\t甲", "互相等待"),
        ("里程碑\t日期\t前置\n甲\t12月10日\t丙", "第 2 行：没有找到前置“丙”"),
        ("里程碑\t日期\n甲\t12月10日\n甲\t12月11日", "名称都是“甲”"),
    ],
)
async def test_a_wrong_table_is_refused_as_a_whole(chat: Chat, rows: str, told: str) -> None:
    await planned(chat)
    await chat.says("pm", f"导入计划\n{rows}\n好的一行\t12月12日")
    assert told in read(chat.group[-1])
    assert "一行都没有导入" in read(chat.group[-1])
    await chat.says("pm", "计划")
    assert "0/6" in read(chat.group[-1])


# --- reminders and the ladder --------------------------------------------------------------------


async def test_reminders_go_to_the_owner_and_once_a_day_to_the_group(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("pm", "里程碑 M1 负责人 @李雷", mentions=("li",))
    chat.platform.shown.clear()
    told = {}
    for day in ("24", "25", "26", "27", "28", "29", "30"):
        await chat.at("18:00", day=f"2026-11-{day}")
        told[day] = len(chat.private("li"))
    # Due on Friday the 27th: three working days before it is the 24th, which had passed 09:00.
    assert [told[d] for d in ("24", "25", "26", "27", "28", "29", "30")] == [0, 0, 1, 2, 2, 2, 3]
    assert "M1 项目启动" in read(chat.private("li")[0])
    assert "已逾期 1 个工作日" in read(chat.private("li")[-1])
    group = [read(s) for s in chat.group if "今天的里程碑" in read(s)]
    assert len(group) == 3


async def test_overdue_climbs_and_becomes_a_risk(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("pm", "设置 周报草稿 关")
    await chat.says("pm", "里程碑 M1 负责人 @李雷", mentions=("li",))
    chat.platform.shown.clear()
    await chat.at("12:00", day="2026-12-01")
    to_pm = read(chat.private("pm")[-1])
    assert "逾期 2 个工作日，升级给项目经理" in to_pm
    assert "R1 · 里程碑 M1 项目启动逾期 2 个工作日" in read(chat.last("R1 ·"))
    assert not chat.reminders("boss")
    await chat.at("12:00", day="2026-12-03")
    assert "逾期 4 个工作日，升级给主管" in read(chat.private("boss")[-1])
    await chat.says("li", "里程碑 M1 完成")
    assert "已关闭" in read(chat.last("R1 ·"))
    assert "里程碑 M1 已完成" in read(chat.last("R1 ·"))
    before = len(chat.platform.shown)
    await chat.at("12:00", day="2026-12-08")
    late = [s for s in chat.platform.shown[before:] if "M1" in read(s)]
    assert not late


async def test_acknowledging_the_risk_stops_the_milestones_ladder(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "里程碑 M1 负责人 @李雷", mentions=("li",))
    await chat.at("12:00", day="2026-12-01")
    await chat.says("li", "风险 R1 我来跟")
    await chat.at("12:00", day="2026-12-15")
    assert not [s for s in chat.reminders("boss") if "M1" in read(s)]


async def test_a_risk_climbs_until_somebody_answers(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    await chat.at("12:00", day="2026-11-25")
    asked = chat.last("1 个工作日没有人接手")
    assert asked.to == PEOPLE["li"].id
    await chat.at("12:00", day="2026-11-26")
    assert "升级给项目经理" in read(chat.private("pm")[-1])
    await chat.at("12:00", day="2026-11-30")
    assert "4 个工作日没有人接手，升级给主管" in read(chat.private("boss")[-1])
    people = {name: len(chat.private(name)) for name in PEOPLE}
    card = chat.private("boss")[-1]
    await chat.presses("li", "我来跟", on=asked)
    await chat.says("pm", "设置 站会开关 关")
    await chat.at("12:00", day="2026-12-31")
    after = {name: len([s for s in chat.private(name) if "R1" in read(s)]) for name in PEOPLE}
    assert sum(after.values()) <= sum(people.values())
    assert "已接手" in read(card)


async def test_putting_off_a_risk_pauses_the_ladder_until_that_day(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    await chat.says("li", "风险 R1 延后 12月7日 信息科排期")
    await chat.at("12:00", day="2026-12-04")
    assert not chat.private("li")
    await chat.at("12:00", day="2026-12-07")
    assert "R1" in read(chat.private("li")[-1])
    await chat.at("12:00", day="2026-12-08")
    assert "升级给项目经理" in read(chat.private("pm")[-1])


async def test_an_empty_rung_falls_to_the_next_and_says_so(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "风险 测试环境还没开通")
    await chat.at("12:00", day="2026-11-25")
    assert "没有负责人，所以找到你" in read(chat.private("pm")[-1])


async def test_somebody_on_leave_is_stood_in_for(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 站会开关 关")
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    await chat.whispers("li", "请假 11月25日")
    before = len(chat.private("li"))
    await chat.at("12:00", day="2026-11-25")
    assert "负责人今天请假，所以找到你" in read(chat.private("pm")[-1])
    assert len(chat.private("li")) == before


async def test_all_that_is_due_to_one_person_is_one_message(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "设置 站会开关 关")
    await chat.given_project("博远HR", group="oc_second", extra="上线 12月25日")
    await chat.says("pm", "设置 站会开关 关", group="oc_second")
    await chat.says("pm", "设置 里程碑提醒时间 09:08", group="oc_second")
    chat.platform.shown.clear()
    await chat.at("12:00", day="2026-11-26")
    mine = [s for s in chat.private("pm") if "M1" in read(s)]
    assert len(mine) == 1
    assert "华鼎ERP" in read(mine[0])
    assert "博远HR" in read(mine[0])
    assert "2 件事快到期" in read(mine[0])


async def test_the_last_rung_rings_where_that_is_switched_on(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 升级给主管时加急 开")
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    await chat.at("12:00", day="2026-11-30")
    assert [to for to, _ in chat.platform.rung] == [PEOPLE["boss"].id]


async def test_nothing_is_said_on_days_off_or_after_an_outage_over_a_weekend(chat: Chat) -> None:
    await planned(chat)
    await chat.says("pm", "设置 站会开关 关")
    chat.platform.shown.clear()
    await chat.at("08:00", day="2026-11-26")
    chat.clock.move_to(chat.clock.now().replace(day=28, hour=3))  # down from Thursday to Saturday
    await chat.tick()
    assert not chat.platform.shown
    await chat.at("10:00", day="2026-11-30")
    assert len([s for s in chat.reminders("pm") if "M1" in read(s)]) == 1


async def test_the_card_of_a_long_risk_is_sent_anew_before_it_dies(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 站会开关 关")
    await opened_and_taken(chat)
    chat.platform.card_life = timedelta(days=14)
    before = [s for s in chat.group if "R1 ·" in read(s)]
    await chat.at("12:00", day="2026-12-10")
    after = [s for s in chat.group if "R1 ·" in read(s)]
    assert len(after) == len(before) + 1
    await chat.presses("li", "关闭", on=after[-1])
    await chat.presses("li", "关闭风险", on=after[-1], reason="好了")
    assert "已关闭" in read(after[-1])


async def opened_and_taken(chat: Chat) -> None:
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    await chat.says("li", "风险 R1 我来跟")


# --- settings ------------------------------------------------------------------------------------


async def test_distances_and_times_are_settings(chat: Chat) -> None:
    await chat.given_project()
    await chat.says("pm", "设置 几天升级给主管 1")
    assert "天数要写" in read(chat.group[-1])
    await chat.says("pm", "设置 升级时间 21:00")
    assert "免打扰" in read(chat.group[-1])
    await chat.says("pm", "设置 几天升级给项目经理 1")
    await chat.says("pm", "风险 测试环境还没开通 @李雷", mentions=("li",))
    await chat.at("12:00", day="2026-11-25")
    assert "升级给项目经理" in read(chat.private("pm")[-1])


# --- health --------------------------------------------------------------------------------------


async def test_silence_is_never_green(chat: Chat) -> None:
    await planned(chat)
    for day in ("2026-11-24", "2026-11-25", "2026-11-26"):
        await chat.at("11:00", day=day)
    await chat.says("boss", "项目")
    card = read(chat.group[-1])
    assert "2 人 3 天未更新：李雷、韩梅梅" in card
    assert "需关注" in card


async def test_a_slip_foretells_the_delay_with_its_reason(chat: Chat) -> None:
    await planned(chat)
    await chat.at("12:00", day="2026-12-01")
    await chat.says("boss", "项目")
    card = read(chat.group[-1])
    assert "里程碑“项目启动”逾期 2 个工作日" in card
    assert "按现在的进度，上线预计" in card
    assert "M1 项目启动" in card
    await chat.says("boss", "项目组合")
    assert "华鼎ERP" in read(chat.private("boss")[-1])


async def test_the_portfolio_is_for_those_who_answer_for_projects(chat: Chat) -> None:
    await planned(chat)
    await chat.says("li", "项目组合")
    assert "你还没有作为项目经理或主管" in read(chat.group[-1])
