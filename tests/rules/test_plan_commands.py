"""What is said of milestones and risks, and what it must not be taken for."""

from __future__ import annotations

import pytest

from bot.language.commands import understand

NOT_DONE = (
    "里程碑 M6 没有完成", "里程碑 M6 还没完成", "M4 没做完", "M2 不能按时完成",
    "里程碑 M6 不能完成了",
    "M6 完成不了", "M2 完成一半了", "里程碑 M6 完成 50%", "M6 搞定80%了", "M3 的东西做完一部分",
    "里程碑 M6 快完成了", "里程碑 M6 要完成了", "里程碑 M6 完成后通知我", "M6 完成情况",
)  # fmt: skip
NOT_AN_ACT = (
    "风险R1谁来跟", "R1 明天能解决", "R1 出口走", "关闭 R1 之前先问我", "R1 不能关闭",
    "R1 还没解决", "R1 没解决", "上线不改到1月8日", "上线改到1月8日不行",
    "我觉得上线改到1月8日比较好", "没有风险", "风险不大", "里程碑会议几点开",
)  # fmt: skip


@pytest.mark.parametrize("text", [*NOT_DONE, *NOT_AN_ACT])
def test_what_says_the_opposite_is_no_command(text: str) -> None:
    assert understand(text).intent == "none"


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("里程碑 M2 完成", "milestone.done", {"id": "M2"}),
        ("M3 搞定了", "milestone.done", {"id": "M3"}),
        ("里程碑 M2", "milestone.show", {"id": "M2"}),
        (
            "里程碑 添加 春节前冻结 2月1日",
            "milestone.add",
            {"title": "春节前冻结", "date": "2月1日"},
        ),
        ("里程碑 添加 今天发布 12月4日", "milestone.add", {"title": "今天发布", "date": "12月4日"}),
        (
            "里程碑 环境准备 延期 12月12日 服务器没到货",
            "milestone.postpone",
            {"title": "环境准备", "date": "12月12日", "reason": "服务器没到货"},
        ),
        (
            "里程碑 M2 延期 12月8日 客户没时间",
            "milestone.postpone",
            {"id": "M2", "date": "12月8日", "reason": "客户没时间"},
        ),
        ("里程碑 M2 勾 3", "milestone.check", {"id": "M2", "item": "3"}),
        ("里程碑 M2 负责人 @李雷", "milestone.assign", {"id": "M2", "owner": "@李雷"}),
        ("风险 R1 我来跟", "risk.assign", {"id": "R1"}),
        ("风险 R1 转给", "risk.handover", {"id": "R1"}),
        (
            "风险 R1 关闭 明天对方补发，不能再拖了",
            "risk.close",
            {"id": "R1", "reason": "明天对方补发，不能再拖了"},
        ),
        ("风险 R1 关闭 " + "原因很长" * 60, "risk.close", {"id": "R1", "reason": "原因很长" * 60}),
        (
            "风险 客户方负责人不配合，考虑换人 @李雷",
            "risk.open",
            {"text": "客户方负责人不配合，考虑换人", "owner": "李雷"},
        ),
        ("风险 第2页", "risk.list", {"page": "2"}),
        ("#3", "risk.show", {"id": "#3"}),
        ("risk R3 mine", "risk.assign", {"id": "R3"}),
        ("golive 2027-01-08", "project.golive", {"date": "2027-01-08"}),
        ("计划", "plan.show", {}),
        ("项目组合", "portfolio.show", {}),
        ("一起顺延", "draft.follow", {"yes": "一起顺延"}),
        ("放弃导入", "draft.import", {"no": "放弃导入"}),
    ],
)
def test_what_is_typed_and_what_buttons_type(text: str, intent: str, slots: dict[str, str]) -> None:
    command = understand(text)
    assert (command.intent, dict(command.slots)) == (intent, slots)


def test_a_pasted_table_stays_as_it_is() -> None:
    table = "里程碑\t日期\n数据 迁移\t2026-12-10"
    assert understand(f"导入计划\n{table}").slots == {"text": table}


def test_a_stand_up_that_begins_with_a_risk_is_no_risk_command() -> None:
    assert understand("风险：接口文档没给\n今天：联调").intent != "risk.open"
    assert understand("风险 客户 今天说：不签了").intent == "risk.open"
