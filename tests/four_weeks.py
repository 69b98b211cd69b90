"""Four weeks of a project, from 新项目 to go-live, told once and played on every platform.

A milestone slips and climbs the ladder, a blocker becomes a risk that is closed with its reason,
and go-live moves with all that hangs on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

TEAM = {"pm": "陈静", "li": "李雷", "han": "韩梅梅", "boss": "周总"}


class Stage(Protocol):
    """A chat platform with a clock in our hand."""

    async def begin(self) -> None:
        """The bot joins a group in which the team is."""

    async def says(self, who: str, text: str, mentions: Sequence[str] = ()) -> None:
        """Write to the bot in the group."""

    async def whispers(self, who: str, text: str) -> None:
        """Write to the bot in private."""

    async def presses(self, who: str, action: str, on: str, typed: str) -> None:
        """Press the button of `action` on the newest card with the words `on`, or type its twin."""

    async def at(self, day: str, wall: str = "18:00") -> None:
        """Move the clock, doing on the way what falls due."""

    async def sees(self, words: str, who: str = "") -> int:
        """How many messages show these words: in the group, or to one person alone."""


async def play(stage: Stage) -> None:
    """The whole story. 2026-11-24 is a Tuesday; 2027-01-01 is a holiday."""
    await _first_week(stage)
    await _a_blocker_becomes_a_risk(stage)
    await _a_milestone_slips(stage)
    await _go_live_moves_and_comes(stage)


async def _first_week(stage: Stage) -> None:
    await stage.begin()
    await stage.says("pm", "新项目 华鼎ERP 上线 12月25日 模板 四周")
    assert await stage.sees("按工作日从上线日倒排的里程碑") == 1
    await stage.says("pm", "角色 @李雷 @韩梅梅 工程师", ["li", "han"])
    await stage.says("pm", "角色 @周总 主管", ["boss"])
    await stage.says("pm", "里程碑 M2 负责人 @李雷", ["li"])
    await stage.says("pm", "里程碑 M3 负责人 @韩梅梅", ["han"])
    await stage.at("2026-11-26", "09:30")
    assert await stage.sees("M1 项目启动", "pm") == 1, "one working day before"
    assert await stage.sees("今天的里程碑") == 1
    await stage.at("2026-11-27", "15:00")
    await stage.says("pm", "里程碑 M1 完成")
    assert await stage.sees("M1 已完成")


async def _a_blocker_becomes_a_risk(stage: Stage) -> None:
    await stage.at("2026-11-30", "09:35")
    said = "昨天：装好了应用服务器\n今天：装数据库\n阻碍：客户的数据库服务器还没到货"
    await stage.whispers("li", said)
    await stage.at("2026-11-30", "10:31")
    await stage.presses("pm", "risk.of_blocker", "每日站会汇总", "风险 客户的数据库服务器还没到货")
    assert await stage.sees("R1 · 客户的数据库服务器还没到货") == 1
    await stage.says("pm", "设置 站会开关 关")
    await stage.says("pm", "风险 R1 转给 @李雷", ["li"])
    assert await stage.sees("R1 · 客户的数据库服务器还没到货", "li") == 1
    await stage.at("2026-12-01", "11:00")
    assert await stage.sees("没有人接手，请先看一下", "li") == 1
    await stage.says("li", "风险 R1 我来跟")
    await stage.at("2026-12-08", "09:20")
    assert await stage.sees("升级给项目经理", "pm") == 0, "an answered risk climbs no further"


async def _a_milestone_slips(stage: Stage) -> None:
    # M2 was due on Friday 4 December; nobody said a word.
    await stage.at("2026-12-08", "10:30")
    assert await stage.sees("逾期 2 个工作日，升级给项目经理", "pm") == 1
    assert await stage.sees("R2 · 里程碑 M2 环境准备逾期 2 个工作日")
    assert await stage.sees("升级给主管", "boss") == 0
    await stage.at("2026-12-10", "10:30")
    assert await stage.sees("逾期 4 个工作日，升级给主管", "boss") == 1
    await stage.says("boss", "项目")
    assert await stage.sees("里程碑“环境准备”逾期 4 个工作日")
    assert await stage.sees("按现在的进度，上线预计")
    await stage.says("li", "风险 R1 关闭 服务器到货，数据库已部署")
    assert await stage.sees("R1 已关闭")
    await stage.says("li", "里程碑 M2 完成")
    await stage.says("pm", "风险 R2")
    assert await stage.sees("关闭：里程碑 M2 已完成")


async def _go_live_moves_and_comes(stage: Stage) -> None:
    before = await stage.sees("升级给主管", "boss")
    await stage.says("pm", "上线 12月30日")
    assert await stage.sees("上线从 12月25日（周五） 改到 12月30日（周三）")
    await stage.presses("pm", "plan.answer", "改上线日期，请确认", "确认改上线")
    assert await stage.sees("M6 正式上线 · 12月30日（周三）")
    for number, day, who in ((3, "16", "han"), (4, "23", "pm"), (5, "28", "pm"), (6, "30", "pm")):
        await stage.at(f"2026-12-{day}", "17:00")
        await stage.says(who, f"里程碑 M{number} 完成")
        assert await stage.sees(f"M{number} 已完成")
    await stage.at("2026-12-31", "18:00")
    assert await stage.sees("升级给主管", "boss") == before, "nothing climbs when all is done"
    await stage.says("pm", "风险")
    assert await stage.sees("没有未关闭的风险")
    await stage.says("pm", "计划")
    assert await stage.sees("完成 6/6")
