"""What can be asked of Golive, in words or by a button, each as it is done to a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from bot.core.actions import _BY_NAME, Action
from bot.core.events import Event, Someone
from tests.access.world import Side, World

# By intent, what is typed; `{…}` are the project's own words.
LINES: Mapping[str, str] = {
    "help": "帮助",
    "status": "状态",
    "doctor": "诊断",
    "project.create": "新项目 {open}二号",
    "project.show": "项目",
    "portfolio.show": "项目组合",
    "project.archive": "项目归档",
    "project.golive": "上线 12月28日",
    "role.list": "角色",
    "role.assign": "角色 @{engineer} 主管",
    "member.import": "成员 13800000000 工程师",
    "settings": "设置",
    "settings.more": "设置 回访",
    "settings.set": "设置 群里有客户 关",
    "standup.time": "站会时间 09:40",
    "daily.time": "日报时间 17:40",
    "leave": "请假 11月27日",
    "leave.cancel": "撤销请假",
    "standup.open": "站会",
    "daily.open": "日报",
    "standup.missing": "谁没填",
    "standup.fill": "填站会",
    "answer": "站会 昨天：测接口 今天：测报表 阻碍：无",
    "answer.withdraw": "撤回",
    "risk.list": "风险",
    "risk.show": "风险 R1",
    "risk.open": "风险 打印服务器三天两头断开",
    "risk.confirm": "确认风险 {open}审批流程",
    "risk.dismiss": "风险 R1 不是风险 查过了",
    "risk.assign": "风险 R1 我来跟",
    "risk.handover": "风险 R1 转给",
    "risk.close": "关闭 R1 换了机器",
    "risk.postpone": "风险 R1 延后 12月10日 等机器",
    "risk.treat": "风险 R1 措施 换一台机器",
    "risk.edit": "风险 R1 修改",
    "milestone.list": "里程碑",
    "milestone.show": "里程碑 M7",
    "milestone.add": "里程碑 添加 再看一遍 12月11日",
    "milestone.done": "里程碑 M7 完成",
    "milestone.reopen": "里程碑 M7 重新打开",
    "milestone.postpone": "里程碑 M7 延期 12月11日 等机器",
    "milestone.check": "里程碑 M1 勾 1",
    "milestone.edit": "里程碑 M7 修改",
    "milestone.assign": "里程碑 M7 负责人 @{engineer}",
    "plan.show": "计划",
    "plan.import": "导入计划\n名称\t日期\n验一遍\t12月14日",
    "draft.follow": "一起顺延",
    "draft.golive": "确认改上线",
    "draft.import": "确认导入",
    "golive.gate": "上线评审",
    "golive.vote": "同意上线",
    "golive.decide": "决定上线",
    "golive.happened": "已上线",
    "followup.list": "回访",
    "feedback.give": "满意度 4 还不错",
    "feedback.complain": "投诉 报表打开要等半分钟",
    "complaint.judge": "问题还没解决",
    "suggestion.add": "建议 首页可以换成蓝色",
    "suggestion.list": "建议",
    "suggestion.show": "建议 S1",
    "suggestion.answer": "建议 S1 采纳 下个版本",
    "report.weekly": "周报",
    "report.face": "周报 客户版",
    "report.edit": "周报 修改 内部版 风险：都在控制中",
    "report.redraw": "周报 重新生成 内部版 风险",
    "report.send": "周报 发送 客户版",
    "report.export": "周报 导出 PDF",
    "growth.show": "我的成长",
    "growth.export": "我的成长 导出 Word",
    "faq.list": "FAQ",
    "faq.show": "FAQ F2",
    "faq.add": "FAQ 添加 问：怎么年结 答：先备份。",
    "faq.edit": "FAQ 修改 F1 答：点右上角。",
    "faq.remove": "FAQ 删除 F1",
    "faq.settings": "FAQ 设置",
    "faq.synonyms": "FAQ 同义词 出库单=发货单",
    "faq.claim": "我来答 Q2",
    "faq.answer": "回答 Q2 先清缓存。",
    "faq.keep": "存 Q1",
    "faq.useful": "有用",
    "faq.useless": "没用",
    "faq.person": "转人工",
}

# What is written under a card that waits for an answer, by its drawing.
REPLIES: Mapping[str, str] = {
    "standup.prompt": "昨天：测接口 今天：测报表 阻碍：无",
    "standup.digest": "昨天：测接口 今天：测报表 阻碍：无",
    "standup.reminder": "昨天：测接口 今天：测报表 阻碍：无",
    "risk.card": "已经联系供应商了",
    "risk.private": "已经联系供应商了",
    "followup.card": "4 分",
    "faq.open": "先清缓存再试一次。",
    "faq.asked": "先清缓存再试一次。",
}

# What is typed into the forms, where a button sends one.
FORMS: Mapping[str, Mapping[str, Any]] = {
    "project.create": {"name": "二号", "golive": "12月28日"},
    "settings.save": {"guests": "off", "listen": "on"},
    "standup.submit": {"done": "测接口", "plan": "测报表", "blockers": ""},
    "risk.close": {"reason": "换了机器"},
    "risk.assign": {"due": "12月10日"},
    "risk.snooze": {"until": "12月10日", "reason": "等机器"},
    "risk.save": {"text": "换一台机器", "shared": "yes"},
    "milestone.postpone": {"until": "2026-12-11", "reason": "等机器"},
    "milestone.check": {"item": "0"},
    "milestone.save": {"name": "再看一遍", "shared": "yes"},
    "golive.decide": {"reason": "都好了"},
    "followup.send": {"score": "4", "text": "还不错"},
    "suggestion.answer": {"note": "下个版本"},
    "report.pick": {"part": "risks"},
    "report.save": {"text0": "都在控制中"},
    "report.redraw": {"part": "all"},
    "faq.answer": {"answer": "先清缓存。"},
    "faq.keep": {"question": "怎么合并抵消", "answer": "二期才有。", "readers": "all"},
    "faq.edit": {"question": "怎么打印", "answer": "点右上角。", "readers": "all"},
    "faq.settings": {"replies": "private", "synonyms": "出库单=发货单"},
}

# What a button carries that is not an id of the project's.
_CARRIED: Mapping[str, Mapping[str, Any]] = {
    "risk.ask": {"form": "close"},
    "milestone.ask": {"form": "edit"},
    "golive.ask": {"form": "no"},
    "report.ask": {"form": "edit"},
    "suggestion.ask": {"state": "planned"},
    "suggestion.answer": {"state": "planned"},
    "report.save": {"part": "risks"},
}
_USUAL: Mapping[str, Any] = {
    "face": "internal", "kind": "docx", "page": 1, "line": 0, "score": 4, "yes": True, "go": True,
    "solved": False, "useful": True, "takes": True, "text": "昨天：测接口\n今天：测报表",
}  # fmt: skip


def button(name: str, side: Side, **other: Any) -> Action:
    """The action of a button of a project, as its cards carry it."""
    kind = _BY_NAME[name]
    given = {field.name: _value(name, field.name, side) for field in fields(kind)} | other
    if "version" in given:
        mine = next(value for key, value in given.items() if key.endswith("_id"))
        given["version"] = other.get("version", side.ids["versions"].get(mine, 1))
    return kind(**given)


def _value(name: str, of: str, side: Side) -> Any:
    ids = side.ids
    if name in ("risk.confirm", "risk.dismiss") and of == "risk_id":
        return ids["proposal"]
    if name == "complaint.solved" and of == "risk_id":
        return ids["complaint"]
    if name in ("faq.keep", "faq.wording") and of == "draft_id":
        return "" if name == "faq.keep" else ids["faq_draft"]
    if (
        name in ("faq.rate", "faq.pick", "faq.keep", "faq.wording", "faq.take")
        and of == "question_id"
    ):
        return ids["asked"]
    if name == "milestone.check" and of == "milestone_id":
        return ids["first_milestone"]
    if name == "leave.cancel":
        leave = ids["leave"]
        return {"person_id": leave.person_id, "first": str(leave.first), "last": str(leave.last)}[
            of
        ]
    carried = _CARRIED.get(name, {})
    if of in carried:
        return carried[of]
    return ids.get(of, _USUAL.get(of, 1))


def line(world: World, intent: str, side: Side, who: Someone, room: str) -> Event:
    """A command as `who` types it about a project."""
    named = side.someone("engineer")
    text = LINES[intent].format(open=side.open, engineer=named.name)
    return world.message(who, text, room, [named] if "@" in text else ())


def press(world: World, name: str, side: Side, who: Someone, room: str) -> Event:
    action = button(name, side)
    owner = {"owner": side.ids["owner"]} if name == "risk.assign" else {}
    return world.press(who, action, room, **FORMS.get(name, {}), **owner)


def reply(world: World, drawing: str, side: Side, who: Someone, room: str) -> Event:
    return world.message(who, REPLIES[drawing], room, parents=(side.ids["hung"][drawing],))


def ask(world: World, _: Side, who: Someone, room: str) -> Event:
    """A question whose answer is for administrators."""
    return world.message(who, "管理口令在哪里？", room)


def send_file(world: World, _: Side, who: Someone, room: str) -> Event:
    return world.message(who, "", room, file=("code", "计划.xlsx"), medium="file", trouble="medium")


Act = Callable[[World, Side, Someone, str], Event]


BUTTONS = tuple(sorted(name for name in _BY_NAME if name != "say"))


def acts() -> dict[str, Act]:
    """All of them: a command by its intent, a button in brackets, a reply by the card's drawing."""

    def bound(do: Callable[..., Event], name: str) -> Act:
        return lambda world, side, who, room: do(world, name, side, who, room)

    return (
        {intent: bound(line, intent) for intent in LINES}
        | {f"[{name}]": bound(press, name) for name in BUTTONS}
        | {f"<{drawing}>": bound(reply, drawing) for drawing in REPLIES}
        | {"<ask>": ask, "<file>": send_file}
    )
