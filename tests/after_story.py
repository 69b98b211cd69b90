"""What comes around go-live, told once and played over HTTP.

The customer votes, the manager decides; a complaint is answered, found wanting and opened again;
two who wish for the same are both told; and the weekly report reaches the customer as it was sent.
"""

from __future__ import annotations

from typing import Protocol

from tests.four_weeks import Stage

WISH = "库存报表能直接导出成 Excel"
COMPLAINT = "打印模板错了三次都没人管"
SECRET = "客户环境的数据库随时会崩"
DONE = "采购接口联调完成，物料已整理"
# What a draft of either face says of itself.
INSIDE, OUTSIDE = "内部版只给团队看", "客户版只有点“发给客户”才会发到群里"
# What is between the team: the risks that complaints became, and one that nobody told.
INTERNAL = (SECRET, "回访反馈", "查库存太慢")


class After(Stage, Protocol):
    """A stage on which cards wander off, people are told by name, and files are handed over."""

    async def shows(self, *words: str, who: str = "") -> int:
        """How many messages hold all of these words: in the group, or to one person alone."""

    async def tells(self, words: str, *people: str) -> int:
        """How many messages with these words were for all of these people, in the group or each
        in private, as the platform can reach them."""

    async def looks(self, who: str, words: str) -> None:
        """See a card as it is now: with these words where it does not change in place."""

    async def strays(self, who: str, action: str, on: str, typed: str) -> None:
        """Press a card of the group in another group, where somebody has forwarded it to."""

    async def steals(self, who: str, whose: str, action: str, on: str, typed: str) -> None:
        """Press a card out of somebody else's private chat."""

    def answered(self) -> str:
        """The words that whoever did the last thing was answered with."""

    def heard(self) -> str:
        """Everything that was ever shown in the group."""

    def files(self, who: str = "") -> list[tuple[str, bytes]]:
        """Names and contents of the files that came to the group, or to one person alone."""


async def play(stage: After) -> None:
    """The whole story, in the morning of a Tuesday, 2026-11-24."""
    await stage.begin()
    await stage.says("pm", "新项目 华鼎ERP")
    await stage.says("pm", "设置 群里有客户 开")
    await stage.says("pm", "角色 @李雷 工程师", ["li"])
    await stage.says("pm", "角色 @客户管理员老王 客户管理员", ["admin"])
    await stage.says("pm", "角色 @客户小赵 客户用户", ["user"])
    await _go_or_no_go(stage)
    await _a_complaint_comes_back(stage)
    await _two_wish_for_the_same(stage)
    await _the_week_is_told(stage)
    assert DONE in stage.heard()
    for words in INTERNAL:
        assert words not in stage.heard(), words


async def _go_or_no_go(stage: After) -> None:
    await stage.says("pm", "上线 12月25日")
    assert await stage.shows("上线评审", "计划上线：12月25日（周五）", "还没有人表决")

    await stage.strays("li", "golive.vote", "上线评审", "同意上线")
    await stage.presses("user", "golive.decide", "上线评审", "决定上线")
    assert "项目经理、主管" in stage.answered()
    await stage.looks("pm", "上线评审")
    assert not await stage.sees("工程师 同意")
    assert not await stage.sees("决定上线。")

    await stage.presses("li", "golive.vote", "上线评审", "同意上线")
    await stage.says("admin", "同意上线")
    await stage.looks("pm", "上线评审")
    votes = ("工程师 同意 李雷", "客户管理员 同意 客户管理员老王")
    assert await stage.shows("上线评审", *votes)
    await stage.presses("pm", "golive.decide", "上线评审", "决定上线")
    await stage.looks("pm", "上线评审")
    assert await stage.shows("上线评审", "陈静 于 11月24日（周二） 09:00 决定上线。", *votes)
    await stage.says("user", "不同意上线 还没培训")
    await stage.says("admin", "不同意上线 还没培训")
    assert await stage.sees("陈静 已经作了决定") == 1
    assert not await stage.sees("不同意 客户管理员老王")


async def _a_complaint_comes_back(stage: After) -> None:
    await stage.says("user", f"投诉 {COMPLAINT}")
    assert await stage.sees("陈静 会在 11月26日（周四） 前答复您") == 1
    task = f"R1 · 回访反馈：客户小赵 投诉、{COMPLAINT}"
    assert await stage.shows(task, "负责人", "陈静", "11月26日（周四）", who="pm") == 1

    await stage.whispers("user", "风险 R1 关闭 不用管了")
    assert not await stage.sees("您反映的问题有结果了"), "customers close nothing"
    await stage.whispers("pm", "风险 R1 关闭 模板已换成新版")
    assert await stage.tells("您反映的问题有结果了", "user") == 1
    assert await stage.tells("模板已换成新版", "user") == 1
    for who in ("admin", "user"):
        await stage.presses(who, "complaint.solved", "您反映的问题有结果了", "问题还没解决")
        assert ("已转回" in stage.answered()) is (who == "user"), "it is for who said it"
    await stage.whispers("pm", "风险 R1")
    again = "客户小赵 又提到“客户说还没解决”"
    assert await stage.shows("R1 ·", again, "待接手", who="pm")
    assert not await stage.sees("客户管理员老王 又提到", "pm")

    await stage.says("admin", "满意度 2 查库存太慢")
    assert await stage.shows("记下了 2 分", "陈静 会在 11月26日（周四） 前答复您") == 1
    task = "R2 · 回访反馈：客户管理员老王 打了 2 分、查库存太慢"
    assert await stage.sees(task, "pm") == 1


async def _two_wish_for_the_same(stage: After) -> None:
    await stage.says("admin", f"建议 {WISH}")
    assert await stage.sees("已记为 S1") == 1
    await stage.says("user", "建议 库存报表可以直接导出成 Excel")
    assert await stage.sees("已经有人提过（S1）") == 1
    await stage.says("user", "建议 S1 采纳 我说了算")
    assert not await stage.sees("有答复了"), "customers answer none"
    await stage.whispers("li", "建议 S1 采纳 12 月的版本里有")
    assert await stage.sees("2 位提出人会收到", "li") == 1
    assert await stage.tells("您的建议已采纳", "admin", "user") == 1
    assert await stage.tells("12 月的版本里有", "admin", "user") == 1


async def _the_week_is_told(stage: After) -> None:
    await stage.whispers("pm", f"风险 {SECRET}")
    assert await stage.sees(f"R3 · {SECRET}", "pm") == 1
    await stage.at("2026-11-24", "09:10")
    await stage.whispers("pm", "周报")
    known = (SECRET, "满意度平均 2.0 分（1 份）", f"{WISH}：已采纳")
    assert await stage.shows(INSIDE, *known, who="pm") == 1

    await stage.says("admin", "周报")
    assert "还没有发布" in stage.answered()
    await stage.whispers("user", "周报 导出 PDF")
    await stage.whispers("pm", f"周报 修改 客户版 本周完成：{DONE}")
    assert await stage.shows(OUTSIDE, DONE, who="pm") == 1
    assert not await stage.shows(OUTSIDE, SECRET, who="pm")
    await stage.steals("user", "pm", "report.send", OUTSIDE, "周报 发送 客户版")
    assert not await stage.sees("项目周报"), "nobody has sent it yet"
    assert not stage.files("user")

    await stage.whispers("pm", "周报 发送 客户版")
    assert await stage.shows("项目周报", DONE) == 1
    await stage.whispers("pm", "周报 发送 客户版")
    assert "之后没有改过" in stage.answered()
    assert await stage.shows("项目周报", DONE) == 1, "the same is not sent twice"

    await stage.whispers("pm", "周报 导出 PDF")
    await stage.says("admin", "周报 导出 PDF")
    assert len(stage.files("pm")) == len(stage.files()) == 1
